"""The hash of audio is of its content, in every kind of storage."""

import hashlib

from audio_containers import RATE, encoded, ramp, write_panns, write_parquet, write_passt, write_tar

from psl.audio.hashes import hash_audio


def test_the_hash_is_of_the_content_in_every_kind_of_storage(tmp_path):
    content = encoded(ramp(1))
    (tmp_path / "a.flac").write_bytes(content)
    write_tar(tmp_path / "a.tar", {"a.flac": content})
    write_parquet(tmp_path / "a.parquet", [("a", content)])
    write_passt(tmp_path / "b.h5", [("a.mp3", content)])
    names = ["a.flac", f"a.tar::512+{len(content)}", "a.parquet::0+0", "b.h5::0"]
    hashes = {hash_audio(tmp_path / name) for name in names}
    assert hashes == {hashlib.sha256(content).hexdigest()[:32]}


def test_the_hash_of_samples_depends_on_samples_and_rate(tmp_path):
    one, two = ramp(1), ramp(1, 1.0)
    for name, rate, rows in (("a", RATE, [one, two, one]), ("b", RATE, [one]), ("c", 2 * RATE, [one])):
        write_panns(tmp_path / f"{name}.h5", [(str(row), x_T) for row, x_T in enumerate(rows)], rate)
    a0, a1, a2, b0, c0 = (
        hash_audio(tmp_path / name) for name in ("a.h5::0", "a.h5::1", "a.h5::2", "b.h5::0", "c.h5::0")
    )
    assert a0 == a2 == b0 and len({a0, a1, c0}) == 3
