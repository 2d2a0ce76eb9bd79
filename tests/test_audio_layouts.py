"""Headers that say other than what is there: sound that is there is read, and sound that is missing is told."""

import io
import re
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from audio_containers import RATE, encoded, write_tar
from odd_audio import (
    FLAC,
    MP3,
    OPUS,
    SECONDS,
    VORBIS,
    WAV,
    flac_in_ogg,
    flac_samples,
    layer_ii,
    mp3_counts,
    mp3_without_count,
    noise,
    ogg_samples,
    rifx_head,
    wav_sizes,
    with_damaged_page,
    without_page,
)

from psl.audio.decode import duration_s, read_clip
from psl.audio.layouts import flac
from psl.audio.places.locators import format_locator
from psl.runtime.errors import PslError

N_FRAMES = int.from_bytes(MP3[MP3.index(b"Xing") + 8 :][:4])
UNKNOWN = {f"WAV of size {size:#x}": wav_sizes(min(size + 36, 2**32 - 1), size) for size in (0, 2**31, 2**32 - 1)}
UNKNOWN |= {"WAV by SoX": wav_sizes(0x7FFFF024, 0x7FFFF000), "WAV by arecord": wav_sizes(2**31 - 1, 2**31 - 1)}
UNKNOWN |= {"WAV with a right file size": wav_sizes(len(WAV) - 8, 0), "WAV never closed": wav_sizes(0, 0)}
UNKNOWN |= {f"FLAC of {n} samples": flac_samples(n) for n in (0, 1, RATE * SECONDS - 1)}
UNKNOWN |= {f"MP3 of {n} frames": mp3_counts(n) for n in (0, 7, N_FRAMES - 1, N_FRAMES + 1, 9999, 2**32 - 1)}
UNKNOWN |= {"MP3 without a count": mp3_without_count(), "MP3 before junk": MP3 + b"TAG".ljust(5000, b"\0")}

SIZED = {form: encoded(noise(), form) for form in ("AIFF", "AU", "CAF", "W64", "RF64")}
RIFX = b"RIFX" + rifx_head(48_044, RATE)[4:] + WAV[44:]
SIZE_AT = {form: content.index(b"data") for form, content in SIZED.items() if form not in ("AIFF", "AU")}
UNSTATED = {
    f"{form} of {size:#x}": content[:at] + size.to_bytes(n_bytes, order) + content[at + n_bytes :]
    for form, at, n_bytes, order, sizes in [
        ("AIFF", SIZED["AIFF"].index(b"SSND") + 4, 4, "big", (0, 0x7F000008, 2**32 - 1)),
        ("AU", 8, 4, "big", (0, 2**31 - 1, 2**32 - 1)),
        ("CAF", SIZE_AT["CAF"] + 4, 8, "big", (0, 2**64 - 1)),
        ("W64", SIZE_AT["W64"] + 16, 8, "little", (0, 24, 2**63 - 1)),
        ("RF64", SIZED["RF64"].index(b"ds64") + 16, 8, "little", (0, 2**63 - 1, 2**64 - 1)),
    ]
    for content, size in [(SIZED[form], size) for size in sizes]
}


@pytest.mark.parametrize("kind", UNSTATED)
def test_a_file_of_another_format_that_states_no_size_is_read_to_its_end(tmp_path: Path, kind: str) -> None:
    right_T = whole(tmp_path, SIZED[kind.split()[0]])
    path = written(tmp_path, UNSTATED[kind])
    assert duration_s(path) == SECONDS
    np.testing.assert_array_equal(read_clip(path, 0.0, None, RATE), right_T)


def test_bw64_and_a_size_that_counts_the_byte_of_padding_are_read(tmp_path: Path) -> None:
    for content in (b"BW64" + SIZED["RF64"][4:], wav_sizes(len(WAV) - 7, len(WAV) - 43)):
        np.testing.assert_array_equal(whole(tmp_path, content), whole(tmp_path, WAV))


GSM = encoded(noise(), "WAV", "GSM610")


def written(folder: Path, content: bytes, container: str = "file") -> str:
    if container == "tar":
        return format_locator(str(write_tar(folder / "a.tar", {"a.bin": content})), 512, len(content))
    (folder / "a.bin").write_bytes(content)
    return str(folder / "a.bin")


def whole(folder: Path, content: bytes) -> np.ndarray:
    return read_clip(written(folder, content), 0.0, None, RATE)


@pytest.mark.parametrize("container", ["file", "tar"])
@pytest.mark.parametrize("kind", UNKNOWN)
def test_a_file_whose_header_has_another_length_is_read_to_its_end(tmp_path: Path, kind: str, container: str) -> None:
    right_T = whole(tmp_path, {"W": WAV, "F": FLAC, "M": MP3}[kind[0]])
    path = written(tmp_path, UNKNOWN[kind], container)
    assert duration_s(path) == len(right_T) / RATE == SECONDS
    np.testing.assert_allclose(read_clip(path, 0.0, None, RATE), right_T, atol=1e-6)
    np.testing.assert_allclose(read_clip(path, 9.0, SECONDS, RATE), right_T[9 * RATE :], atol=1e-4)


CUT = {
    "WAV": WAV[: len(WAV) // 2],
    "extensible WAV": (ext := encoded(noise(), "WAVEX", "PCM_24"))[: len(ext) // 2],
    **{form: content[: len(content) // 2] for form, content in SIZED.items()},
    "BW64": b"BW64" + SIZED["RF64"][4 : len(SIZED["RF64"]) // 2],
    "FLAC in Ogg": flac_in_ogg()[: len(FLAC) // 2],
    "FLAC in Ogg without a page": without_page(flac_in_ogg()),
    "GSM": GSM[: len(GSM) // 2],
    "FLAC": FLAC[: len(FLAC) // 2],
    "FLAC of 2^36 - 1 samples": flac_samples(2**36 - 1),
    "FLAC of too many samples": flac_samples(RATE * SECONDS * 2),
    "MP3": MP3[: len(MP3) // 2],
    "MP3 of impossible counts": mp3_counts(2**32 - 1, 2**32 - 1),
    "Vorbis": VORBIS[: len(VORBIS) * 6 // 10],
    "Opus": OPUS[: len(OPUS) * 6 // 10],
    "Vorbis of 2^62 samples": ogg_samples(2**62, VORBIS),
    "Opus of 2^62 samples": ogg_samples(2**62, OPUS),
    "Vorbis without a page": without_page(VORBIS),
    "Opus without a page": without_page(OPUS),
}


@pytest.mark.parametrize("kind", CUT)
def test_a_cut_file_is_read_up_to_the_cut_and_told_beyond_it(tmp_path: Path, kind: str) -> None:
    path = written(tmp_path, CUT[kind])
    assert len(read_clip(path, 1.0, 2.0, RATE)) == RATE
    for end_s in (None, SECONDS + 1.0):
        with pytest.raises(PslError, match=r"a\.bin (is damaged|cannot be read): ") as caught:
            read_clip(path, 0.0, end_s, RATE)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [WAV, FLAC, MP3, VORBIS, OPUS], ids=["WAV", "FLAC", "MP3", "Vorbis", "Opus"])
@pytest.mark.parametrize("container", ["file", "tar"])
def test_joined_files_are_read_as_one(tmp_path: Path, content: bytes, container: str) -> None:
    first_T, path = whole(tmp_path, content), written(tmp_path, content + content, container)
    both_T = read_clip(path, 0.0, None, RATE)
    encoder_delay = 0.2 * RATE if content is MP3 else 0
    assert 0 <= len(both_T) - 2 * len(first_T) <= encoder_delay
    assert duration_s(path) == len(both_T) / RATE
    np.testing.assert_allclose(both_T[: 9 * RATE], first_T[: 9 * RATE], atol=1e-6)
    np.testing.assert_allclose(read_clip(path, 9.0, 12.0, RATE), both_T[9 * RATE : 12 * RATE], atol=1e-4)
    assert both_T[-8 * RATE :].std() > 0.05


OTHER = noise(2, 2)


@pytest.mark.parametrize(("content", "form"), [(WAV, "WAV"), (FLAC, "FLAC"), (MP3, "MP3"), (VORBIS, "OGG")])
def test_files_joined_to_others_in_another_form_are_told(tmp_path: Path, content: bytes, form: str) -> None:
    path = written(tmp_path, content + encoded(OTHER, form))
    assert len(read_clip(path, 0.0, 9.0, RATE)) == 9 * RATE
    with pytest.raises(PslError, match=r"a\.bin goes on with .*channel.*anew"):
        read_clip(path, 0.0, None, RATE)


@pytest.mark.parametrize("content", [VORBIS, OPUS], ids=["Vorbis", "Opus"])
@pytest.mark.parametrize("damage", [without_page, with_damaged_page])
def test_a_page_that_is_missing_is_told_of_the_clips_that_need_it(
    tmp_path: Path, content: bytes, damage: Callable[[bytes], bytes]
) -> None:
    right_T, path = whole(tmp_path, content), written(tmp_path, damage(content))
    for start_s, end_s in ((0.0, None), (4.5, 5.5), (5.0, SECONDS)):
        with pytest.raises(PslError, match=r"a\.bin is damaged: sound is missing somewhere from [34]\.\d+ s to"):
            read_clip(path, start_s, end_s, RATE)
    for start_s, end_s in ((0.0, 3.0), (7.5, SECONDS)):
        part_T = right_T[int(start_s * RATE) : int(end_s * RATE)]
        np.testing.assert_allclose(read_clip(path, start_s, end_s, RATE), part_T, atol=0.02)


def test_a_cut_link_of_a_chain_is_told_where_it_is_read(tmp_path: Path) -> None:
    path = written(tmp_path, VORBIS[: len(VORBIS) * 6 // 10] + VORBIS)
    with pytest.raises(PslError, match="is damaged: its last page does not say that it is the last"):
        read_clip(path, 0.0, 9.0, RATE)
    assert len(read_clip(path, 7.0, None, RATE)) > 6 * RATE


@pytest.mark.parametrize("subtype", ["GSM610", "G721_32", "NMS_ADPCM_24", "IMA_ADPCM", "MS_ADPCM", "ULAW"])
def test_every_coding_in_wav_is_read_from_anywhere(tmp_path: Path, subtype: str) -> None:
    path = written(tmp_path, encoded(noise(), "WAV", subtype))
    whole_T = read_clip(path, 0.0, None, RATE)
    assert abs(len(whole_T) - RATE * SECONDS) < 0.1 * RATE
    np.testing.assert_array_equal(read_clip(path, 3.0, 4.0, RATE), whole_T[3 * RATE : 4 * RATE])


@pytest.mark.parametrize("stated", ["wrapped", "unknown"])
def test_a_wav_over_4_gib_is_read_at_the_right_place(tmp_path: Path, stated: str) -> None:
    n_bytes, at_s = 14 * 3600 * 96_000, 20_000
    size = n_bytes % 2**32 if stated == "wrapped" else 2**32 - 1
    sound = struct.pack("<IHHIIHH", 16, 1, 1, 48_000, 96_000, 2, 16)
    with open(tmp_path / "a.wav", "wb") as file:
        file.write(b"RIFF" + bytes(4) + b"WAVEfmt " + sound + b"data" + struct.pack("<I", size))
        file.truncate(44 + n_bytes)  # a sparse file: it takes no space
        file.seek(44 + at_s * 96_000)
        file.write(b"\1\2" * 48_000)
    assert duration_s(tmp_path / "a.wav") == 14 * 3600
    assert set(read_clip(tmp_path / "a.wav", at_s, at_s + 1, 48_000)) == {0x201 / 32_768}


@pytest.mark.parametrize("stated", ["wrapped", "unknown", "none"])
def test_a_big_endian_wav_over_4_gib_is_read_at_the_right_place(tmp_path: Path, stated: str) -> None:
    n_bytes, at_s = 14 * 3600 * 96_000, 20_000
    size = {"wrapped": n_bytes % 2**32, "unknown": 2**32 - 1, "none": 0}[stated]
    with open(tmp_path / "a.wav", "wb") as file:
        file.write(rifx_head(size, 48_000))
        file.truncate(44 + n_bytes)  # a sparse file: it takes no space
        file.seek(44 + at_s * 96_000)
        file.write(b"\1\2" * 48_000)
    assert duration_s(tmp_path / "a.wav") == 14 * 3600
    assert set(read_clip(tmp_path / "a.wav", at_s, at_s + 1, 48_000)) == {0x102 / 32_768}


def test_what_no_header_can_state_is_told(tmp_path: Path) -> None:
    with open(tmp_path / "a.wav", "wb") as file:
        file.write(rifx_head(0, 48_000, coding=6))
        file.truncate(44 + 5 * 2**30)
    with pytest.raises(PslError, match=r"a\.wav is over 4 GiB, big-endian .*: write it anew"):
        read_clip(tmp_path / "a.wav", 89_470, 89_480, 48_000)  # A-law: a byte a sample


LAYER_II = {
    "constant": layer_ii([128] * 300),
    "first frame large": layer_ii([192] + [64] * 299),
    "first frame small": layer_ii([64] + [192] * 299),
    "behind a tag": b"ID3\3\0\0\0\0\x10\0" + bytes(2048) + layer_ii([128] * 300),
    "before a tag": layer_ii([128] * 300) + b"TAG" + bytes(125),
    "around junk": layer_ii([128] * 150) + bytes(5000) + layer_ii([128] * 150),
}


@pytest.mark.parametrize("kind", LAYER_II)
def test_layer_ii_is_as_long_as_its_frames(tmp_path: Path, kind: str) -> None:
    path = written(tmp_path, LAYER_II[kind])
    assert duration_s(path) == 300 * 1152 / 32_000
    assert len(read_clip(path, 0.0, None, 32_000)) == 300 * 1152


def test_layer_ii_that_is_cut_or_changes_its_rate_is_told(tmp_path: Path) -> None:
    for content, cause in (
        (LAYER_II["constant"][:-99], "is damaged: its last frame is incomplete"),
        (layer_ii([128] * 150) + layer_ii([128] * 150, rate=1), "goes on with frames of another sample rate"),
    ):
        path = written(tmp_path, content)
        assert len(read_clip(path, 0.0, 5.0, 32_000)) == 5 * 32_000
        with pytest.raises(PslError, match=rf"a\.bin {cause}"):
            read_clip(path, 0.0, None, 32_000)


@pytest.mark.parametrize("times", [1, 2])
def test_flac_in_ogg_is_read(tmp_path: Path, times: int) -> None:
    right_T, path = whole(tmp_path, FLAC), written(tmp_path, flac_in_ogg() * times)
    assert duration_s(path) == times * SECONDS
    np.testing.assert_array_equal(read_clip(path, 0.0, None, RATE), np.tile(right_T, times))
    np.testing.assert_array_equal(read_clip(path, 9.0, 10.0, RATE), right_T[9 * RATE :])


def test_an_empty_wav_with_a_comment_is_empty(tmp_path: Path) -> None:
    comment = b"LIST" + struct.pack("<I", 4) + b"INFO"
    with pytest.raises(PslError, match="is empty"):
        whole(tmp_path, wav_sizes(48, 0)[:44] + comment)


CASES = Path(__file__).parents[2] / "shared" / "cases"
SECONDS_OF = {
    "flac_total_samples_0.flac": 2.0,
    "wav_from_a_pipe.wav": 1.818,
    "mp3_xing_0_frames.mp3": 6.0,
    "ogg_cut_at_60_percent.ogg": 5.4,
    "ogg_two_links.ogg": 20.0,
    "wav_gsm610.wav": 4.0,
}


@pytest.mark.skipif(not CASES.is_dir(), reason=f"{CASES} is not here")
@pytest.mark.parametrize("name", SECONDS_OF)
def test_files_as_people_have_them(name: str) -> None:
    assert round(duration_s(CASES / name), 1) == round(SECONDS_OF[name], 1)
    if "cut" in name:
        with pytest.raises(PslError, match="is damaged"):
            read_clip(CASES / name, 0.0, None, 16_000)
    else:
        assert len(read_clip(CASES / name, 0.0, None, 16_000)) == round(duration_s(CASES / name) * 16_000)


@pytest.mark.parametrize("length", [3, 7, 16, 61])
def test_every_flac_in_a_file_is_found_across_the_blocks_that_are_read(monkeypatch, length):
    monkeypatch.setattr(flac, "BLOCK_BYTES", 16)
    parts = (b"fLaC\0\0\0\x22", b"fLaC\x80\0\0\x22", b"fLaC", b"fLa", b"x")
    content = b"".join(parts[number] for number in np.random.default_rng(length).integers(5, size=length))
    expected = [found.start() for found in re.finditer(rb"fLaC[\0\x80]\0\0\x22", content)]
    assert flac._starts(io.BytesIO(content)) == expected
