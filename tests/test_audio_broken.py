"""Broken audio files and containers: each ends in one sentence that names the file and the cause, and the others go on."""

import gzip
import os
import re
import sys
import tarfile

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from audio_containers import (
    DECODES,
    FAILS,
    HANGS,
    RATE,
    encoded,
    fake_ffmpeg,
    movie,
    ramp,
    write_panns,
    write_parquet,
    write_passt,
    write_tar,
)

from psl.audio import read_clip
from psl.audio_places import ffmpeg, hdf5
from psl.audio_places.contents import read_contents
from psl.audio_places.index import find_places
from psl.audio_places.names import Clip
from psl.errors import PslError

CLIP = Clip("-broken0000", 5000, 6000)
WELL = Clip("_well000000", 5000, 6000)
NAME = f"{CLIP.name}_5.000_6.000"
FLAC, WAV = encoded(ramp(1)), encoded(ramp(1), "WAV")


def told(folder) -> list[str]:
    """All sentences about CLIP, from looking for it to reading it; WELL, which lies beside it, is read whatever happens."""
    (folder / f"{WELL.name}_5.000_6.000.flac").write_bytes(FLAC)
    places = find_places(folder, [CLIP, WELL])
    contents, faults = list(read_contents([CLIP, WELL], places).rows()), list(places.faults)
    for content in filter(None, contents):
        try:
            x_T = read_clip(content.path, content.start_s, content.end_s, RATE)
            assert len(x_T) == RATE and content is contents[1]
        except PslError as error:
            assert content is contents[0]
            faults.append(str(error))
    assert not any("\n" in fault for fault in faults)
    return faults


def nan_file() -> bytes:
    return encoded(np.array([0.0, np.nan] * RATE), "WAV", "FLOAT")


FILES = {
    "no bytes": (f"{NAME}.wav", b"", "is empty"),
    "header without samples": (f"{NAME}.wav", encoded(np.zeros(0), "WAV"), "is empty"),
    "half a header": (f"{NAME}.wav", WAV[:20], "cannot be read: .*Malformed"),
    "text": (f"{NAME}.wav", b"<html>403 Forbidden</html>\n" * 9, "cannot be read: Format not recognised"),
    "text named mp3": (f"{NAME}.mp3", b"<html>403 Forbidden</html>\n" * 9, "cannot be read"),
    "text named ogg": (f"{NAME}.ogg", b"video unavailable", "cannot be read"),
    "header that promises more": (f"{NAME}.wav", WAV[:9000], "damaged: its header promises 16000 bytes of samples, and 8956 are there"),
    "cut FLAC": (f"{NAME}.flac", FLAC[: len(FLAC) // 2], "cannot be read|is damaged"),
    "FLAC of zeros": (f"{NAME}.flac", FLAC[:200] + bytes(len(FLAC) - 200), "cannot be read|is damaged"),
    "cut Ogg": (f"{NAME}.ogg", encoded(ramp(1), "OGG")[:200], "cannot be read|is empty"),
    "NaN": (f"{NAME}.wav", nan_file(), "NaN or infinite"),
    "infinite": (f"{NAME}.wav", encoded(np.array([0.0, np.inf] * RATE), "WAV", "FLOAT"), "NaN or infinite"),
}


@pytest.mark.parametrize("put", ["file", "tar", "parquet", "passt"])
@pytest.mark.parametrize("kind", FILES)
def test_a_broken_file_alone_and_in_each_container(tmp_path, kind, put):
    name, content, cause = FILES[kind]
    if put == "file":
        (tmp_path / name).write_bytes(content)
    elif put == "tar":
        write_tar(tmp_path / "a.tar", {name: content})
    elif put == "parquet":
        write_parquet(tmp_path / "a.parquet", [(NAME, content)])
    else:
        write_passt(tmp_path / "a.h5", [("Y" + CLIP.name, content)])
    (sentence,) = told(tmp_path)
    assert str(tmp_path / (name if put == "file" else "a.")) in sentence
    assert re.search(cause, sentence), sentence


def cut_tar(folder, bytes_left: int) -> None:
    """A member of another clip, then CLIP's."""
    whole = write_tar(folder / "a.tar", {"other.flac": FLAC, f"{NAME}.flac": FLAC}).read_bytes()
    (folder / "a.tar").write_bytes(whole[:bytes_left])


def scratch_tar(folder) -> None:
    """The second member's header is damaged."""
    cut_tar(folder, 10**6)
    content = bytearray((folder / "a.tar").read_bytes())
    second = content.index(NAME.encode())
    content[second : second + 100] = b"x" * 100
    (folder / "a.tar").write_bytes(content)


def tar_of_links(folder) -> None:
    with tarfile.open(folder / "a.tar", "w") as tar:
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.CHRTYPE):
            member = tarfile.TarInfo(f"{NAME}.flac")
            member.type, member.linkname = kind, f"../{WELL.name}_5.000_6.000.flac"
            tar.addfile(member)


def parquet_of(folder, **columns) -> None:
    pq.write_table(pa.table(columns), folder / "a.parquet")


def scratch_parquet(folder) -> None:
    """The pages are damaged, the footer is whole."""
    path = write_parquet(folder / "a.parquet", [(NAME, FLAC)])
    content = bytearray(path.read_bytes())
    content[4:-2000] = b"\xff" * len(content[4:-2000])
    path.write_bytes(content)


def hdf5_of(folder, rate=None, **columns) -> None:
    import h5py

    with h5py.File(folder / "a.h5", "w") as file:
        for name, values in columns.items():
            file.create_group(name) if values is None else file.create_dataset(name, data=values)
        if rate is not None:
            file.attrs["sample_rate"] = rate


def panns_of(folder, **changed) -> None:
    """As PANNs has it, but for what is changed."""
    columns = {"rate": RATE, "audio_name": [b"Y" + CLIP.name.encode()], "waveform": np.zeros((1, 8), np.int16)}
    hdf5_of(folder, **columns | changed)


def panns_of_rows_of_any_length(folder) -> None:
    import h5py

    hdf5_of(folder, rate=RATE, audio_name=[b"Y" + CLIP.name.encode()])
    with h5py.File(folder / "a.h5", "a") as file:
        file.create_dataset("waveform", (1,), h5py.vlen_dtype(np.int16))[0] = np.zeros(8, np.int16)


def parquet_of_names(folder, names: pa.Array) -> None:
    parquet_of(folder, video_id=names, audio=[{"bytes": None}])


def scratch_hdf5(folder) -> None:
    """The rows are damaged, which their check sums tell."""
    import h5py

    noise = np.random.default_rng(1).integers(-9999, 9999, (1, RATE), np.int16)
    with h5py.File(folder / "a.h5", "w") as file:
        file["audio_name"] = [b"Y" + CLIP.name.encode()]
        file.create_dataset("waveform", data=noise, chunks=(1, RATE), fletcher32=True)
        file.attrs["sample_rate"] = RATE
    content = (folder / "a.h5").read_bytes()
    assert noise.tobytes() in content
    (folder / "a.h5").write_bytes(content.replace(noise.tobytes(), noise.tobytes()[::-1]))


PADDED = np.zeros(RATE, np.float32)
FLAC_ROWS = [(NAME, FLAC)] * 3
CONTAINERS = {
    "tar without bytes": (lambda f: (f / "a.tar").write_bytes(b""), "cannot be read beyond its first 0 members"),
    "tar of text": (lambda f: (f / "a.tar").write_bytes(b"Not found" * 200), "cannot be read beyond its first 0 members"),
    "tar cut in a member": (lambda f: cut_tar(f, 512 + 1024 + (len(FLAC) // 512 + 1) * 512), "is cut off after its first 1 members"),
    "tar cut in a header": (lambda f: cut_tar(f, 512 + 100 + -(-len(FLAC) // 512) * 512), "its first 1 members|is cut off"),
    "tar cut between members": (lambda f: cut_tar(f, 512 + -(-len(FLAC) // 512) * 512), "is cut off after its first 1 members"),
    "tar with a damaged header": (scratch_tar, "is damaged after its first 1 members"),
    "compressed tar": (lambda f: (f / "a.tar.gz").write_bytes(gzip.compress(FLAC)), "is compressed"),
    "compressed tar that does not say so": (lambda f: (f / "a.tar").write_bytes(gzip.compress(FLAC)), "cannot be read beyond"),
    "Parquet without bytes": (lambda f: (f / "a.parquet").write_bytes(b""), "cannot be read"),
    "Parquet of text": (lambda f: (f / "a.parquet").write_bytes(b"Not found" * 99), "cannot be read"),
    "Parquet that is cut": (
        lambda f: (p := write_parquet(f / "a.parquet", FLAC_ROWS)).write_bytes(p.read_bytes()[:-500]),
        "cannot be read",
    ),
    "Parquet with damaged pages": (scratch_parquet, "cannot be read"),
    "Parquet without audio": (lambda f: parquet_of(f, video_id=[NAME]), "no column with the bytes of audio files .*it has video_id"),
    "Parquet with paths only": (lambda f: parquet_of(f, video_id=[NAME], audio=["a.flac"]), "no column with the bytes"),
    "Parquet without names": (lambda f: parquet_of(f, flac=[FLAC], label=["x"]), "no column that names its clips"),
    "Parquet with null audio": (
        lambda f: parquet_of(f, video_id=[NAME], audio=pa.array([None], pa.struct({"bytes": pa.binary()}))),
        "null",
    ),
    "Parquet with null bytes": (lambda f: write_parquet(f / "a.parquet", [(NAME, None)]), "holds no audio: it is null"),
    "HDF5 without bytes": (lambda f: (f / "a.h5").write_bytes(b""), "cannot be read"),
    "HDF5 of text": (lambda f: (f / "a.h5").write_bytes(b"Not found" * 99), "cannot be read"),
    "HDF5 that is cut": (
        lambda f: (p := write_panns(f / "a.h5", [("Y" + CLIP.name, ramp(1))])).write_bytes(p.read_bytes()[:4000]),
        "cannot be read",
    ),
    "HDF5 of PANNs' index": (lambda f: hdf5_of(f, audio_name=[b"x"], index_in_hdf5=[0]), "does not hold audio_name with waveform or mp3"),
    "HDF5 without names": (lambda f: hdf5_of(f, waveform=np.zeros((2, 8), np.int16)), "does not hold audio_name"),
    "HDF5 with damaged rows": (scratch_hdf5, "cannot be read"),
    "HDF5 without a rate": (
        lambda f: write_panns(f / "a.h5", [("Y" + CLIP.name, PADDED)], rate_hz=None),
        "does not say its sample_rate",
    ),
    "HDF5 of rate 0": (lambda f: panns_of(f, rate=0), "its sample_rate is 0, which is no number of samples a second"),
    "HDF5 of rate 8k": (lambda f: panns_of(f, rate="8k"), "its sample_rate is 8k, which is no"),
    "HDF5 of two rates": (lambda f: panns_of(f, rate=[8000, 16_000]), r"its sample_rate is \[ 8000 16000\], which is no"),
    "HDF5 of an endless rate": (lambda f: panns_of(f, rate=np.inf), "its sample_rate is inf, which is no"),
    "HDF5 with a group of names": (lambda f: panns_of(f, audio_name=None), "its audio_name must be a list of names"),
    "HDF5 with one name": (lambda f: panns_of(f, audio_name=b"x"), "its audio_name must be a list of names"),
    "HDF5 with a group of MP3": (lambda f: hdf5_of(f, audio_name=[b"x"], mp3=None), "its mp3 must be a list of files"),
    "HDF5 of more names than rows": (lambda f: panns_of(f, audio_name=[b"x", b"y"]), "it has 2 of audio_name and 1 of waveform"),
    "HDF5 of unsigned samples": (lambda f: panns_of(f, waveform=np.zeros((1, 8), np.uint8)), "its waveform must be a table, .* signed"),
    "HDF5 of channels": (lambda f: panns_of(f, waveform=np.zeros((1, 1, 8), np.int16)), "its waveform must be a table"),
    "HDF5 of rows of any length": (panns_of_rows_of_any_length, "its waveform must be a table, clips by samples"),
    "Parquet with names as bytes": (lambda f: parquet_of_names(f, pa.array([NAME.encode()])), "holds no audio: it is null"),
    "Parquet with names of a dictionary": (
        lambda f: parquet_of_names(f, pa.array([NAME]).dictionary_encode()),
        "holds no audio: it is null",
    ),
}


@pytest.mark.parametrize("kind", CONTAINERS)
def test_a_broken_container_is_one_sentence_and_the_others_go_on(tmp_path, kind):
    make, cause = CONTAINERS[kind]
    make(tmp_path)
    (sentence,) = told(tmp_path)
    assert str(tmp_path / "a.") in sentence
    assert re.search(cause, sentence), sentence


def test_a_name_that_is_not_utf_8_is_another_clips(tmp_path):
    texts = pa.array([b"\xff\xfe", NAME.encode()]).view(pa.string())
    parquet_of(tmp_path, video_id=texts, audio=[FLAC, FLAC])
    places = find_places(tmp_path, [CLIP])
    assert places.faults == [] and places.locators == [f"{tmp_path}/a.parquet::0+1"]


def test_whole_members_of_a_cut_tar_are_used(tmp_path):
    other = Clip("other", 0, 1000)
    cut_tar(tmp_path, 512 + 1024 + (len(FLAC) // 512 + 1) * 512)
    places = find_places(tmp_path, [other, CLIP])
    assert [place is None for place in places.found] == [False, True]
    assert len(read_clip(places.found[0].locator, 0.0, None, RATE)) == RATE


def test_only_files_of_a_tar_are_members_and_nothing_is_unpacked(tmp_path):
    (tmp_path / "audio").mkdir()
    tar_of_links(tmp_path / "audio")
    assert told(tmp_path / "audio") == [] and find_places(tmp_path / "audio", [CLIP]).found == [None]
    write_tar(tmp_path / "audio/a.tar", {f"../../{NAME}.flac": FLAC, f"/{WELL.name}.flac": FLAC})
    (place,) = find_places(tmp_path / "audio", [CLIP]).found
    assert len(read_clip(place.locator, 0.0, None, RATE)) == RATE
    assert sorted(path.name for path in tmp_path.rglob("*.flac")) == [f"{WELL.name}_5.000_6.000.flac"]


def test_missing_clips_of_panns_are_no_clips(tmp_path):
    write_panns(tmp_path / "a.h5", [("", PADDED)] * 3)
    assert find_places(tmp_path, [CLIP, Clip("", 0, 1000)]).found == [None, None]


SECOND = 512 + -(-len(FLAC) // 512) * 512 + 512  # where the second of two members begins
CHANGES = {
    "other members": lambda path: write_tar(path, {"a.flac": FLAC[:600], "b.flac": FLAC * 2}),
    "another second": lambda path: write_tar(path, {"a.flac": FLAC, "b.flac": FLAC * 2}),
    "fewer": lambda path: write_tar(path, {"a.flac": FLAC}),
    "cut": lambda path: path.write_bytes(write_tar(path, {"a.flac": FLAC, "b.flac": FLAC}).read_bytes()[: SECOND + 99]),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_tar_that_changed_since_it_was_listed(tmp_path, change):
    CHANGES[change](tmp_path / "a.tar")
    with pytest.raises(PslError, match=r"a\.tar is not the one that was listed: run the stage metadata again"):
        read_clip(tmp_path / f"a.tar::{SECOND}+{len(FLAC)}", 0.0, None, RATE)


@pytest.mark.parametrize("place", ["b.parquet::2+0", "c.parquet::0+2", "d.h5::2"])
def test_tables_that_became_shorter_since_they_were_listed(tmp_path, place):
    write_parquet(tmp_path / "b.parquet", FLAC_ROWS[:2], group=1)
    write_parquet(tmp_path / "c.parquet", FLAC_ROWS[:2], group=3)
    write_panns(tmp_path / "d.h5", [("x", PADDED)])
    with pytest.raises(PslError, match=f"{place.split('::')[0]} has .*: run the stage metadata again"):
        read_clip(tmp_path / place, 0.0, None, RATE)


@pytest.mark.parametrize("place", ["a.tar::512+9", "a.parquet::0+0", "a.h5::0", "a.wav"])
def test_a_place_that_is_gone(tmp_path, place):
    with pytest.raises(PslError, match=f"{tmp_path}/{place.split('::')[0]} does not exist"):
        read_clip(tmp_path / place, 0.0, None, RATE)


def test_a_clip_beyond_the_end_is_told_wherever_it_lies(tmp_path, monkeypatch):
    fake_ffmpeg(tmp_path, monkeypatch, DECODES)
    (tmp_path / "a.flac").write_bytes(FLAC)
    (tmp_path / "a.m4a").write_bytes(movie(ramp(1)))
    write_tar(tmp_path / "a.tar", {"a.flac": FLAC})
    write_parquet(tmp_path / "a.parquet", [("a", FLAC)])
    write_panns(tmp_path / "a.h5", [("a", ramp(1))])
    for place in ("a.flac", "a.m4a", f"a.tar::512+{len(FLAC)}", "a.parquet::0+0", "a.h5::0"):
        with pytest.raises(PslError, match=f"{place.replace('+', '.')} ends .*before the clip's start at 3.0 s"):
            read_clip(tmp_path / place, 3.0, 4.0, RATE)


def test_a_file_for_ffmpeg_where_there_is_none(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / f"{NAME}.m4a").write_bytes(movie(ramp(20)))
    (sentence,) = told(tmp_path)
    assert f"{NAME}.m4a needs FFmpeg to be read" in sentence and "install FFmpeg" in sentence


def test_without_ffmpeg_no_stretch_is_guessed_for_a_name_without_times(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / f"{CLIP.name}.m4a").write_bytes(movie(ramp(1)))
    with pytest.raises(PslError, match=rf"{CLIP.name}\.m4a has no times in its name.*install FFmpeg"):
        told(tmp_path)


@pytest.mark.parametrize(
    ("body", "cause"), [(FAILS, "cannot be read by FFmpeg: Error opening input files: Invalid data found"), (HANGS, "in 1 s")]
)
def test_ffmpeg_that_fails_or_hangs(tmp_path, monkeypatch, body, cause):
    fake_ffmpeg(tmp_path, monkeypatch, body)
    monkeypatch.setattr(ffmpeg, "LONGEST_S", 1.0)
    (tmp_path / f"{NAME}.webm").write_bytes(b"\x1aE\xdf\xa3 cut")
    (sentence,) = told(tmp_path)
    assert cause in sentence and f"{NAME}.webm" in sentence


def test_of_unknown_duration_a_bare_name_is_never_read_at_another_stretch(tmp_path, monkeypatch):
    (tmp_path / f"{CLIP.name}.webm").write_bytes(movie(ramp(20)))
    fake_ffmpeg(tmp_path, monkeypatch, FAILS)
    (content,) = list(read_contents([CLIP], find_places(tmp_path, [CLIP])).rows())
    assert (content.start_s, content.end_s) == (5.0, 6.0)


def test_unreadable_clips_have_a_hash_each_so_that_each_is_tried(tmp_path, monkeypatch):
    clips = [Clip(f"{n}", 0, 1000) for n in range(3)]
    write_parquet(tmp_path / "a.parquet", [(clip.name, None) for clip in clips])
    contents = list(read_contents(clips, find_places(tmp_path, clips)).rows())
    assert len({content.audio_hash for content in contents}) == 3


def test_hdf5_without_h5py_names_the_extra(tmp_path, monkeypatch):
    write_panns(tmp_path / "a.h5", [("Y" + CLIP.name, ramp(1))])
    hdf5._open.cache_clear()
    monkeypatch.setitem(sys.modules, "h5py", None)
    (sentence,) = told(tmp_path)
    assert f"{tmp_path}/a.h5 needs the package h5py" in sentence and ".[hdf5]" in sentence


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read_is_told(tmp_path):
    for name in ("closed", "a.tar", "a.parquet", "a.h5"):
        (tmp_path / name).mkdir() if name == "closed" else (tmp_path / name).write_bytes(b"x")
        (tmp_path / name).chmod(0)
    faults = told(tmp_path)
    assert len(faults) == 4 and "closed cannot be listed (Permission denied)" in "".join(faults)


def test_a_folder_whose_name_is_not_text_is_left_out_aloud(tmp_path, capsys):
    folder = os.path.join(os.fsencode(tmp_path), b"\xff")
    os.mkdir(folder)
    with open(os.path.join(folder, NAME.encode() + b".flac"), "wb") as file:
        file.write(FLAC)
    (sentence,) = told(tmp_path)
    assert "is not UTF-8" in sentence and sentence in capsys.readouterr().err


def test_many_faults_are_counted(tmp_path, capsys):
    for n in range(8):
        (tmp_path / f"{n}.parquet").write_bytes(b"")
    assert len(find_places(tmp_path, [CLIP]).faults) == 8
    assert "and 3 more such faults" in capsys.readouterr().err
