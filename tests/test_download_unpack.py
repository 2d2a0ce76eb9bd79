"""Archives of every kind, good, broken and malicious: a whole folder, or one sentence and nothing outside it."""

import random
import shutil
import stat
import subprocess
import tarfile
import tracemalloc
import zipfile

import pytest
from archives import split_form, tar_bytes, write_parts, zip_bytes

from psl.corpora.download import unpack as unpacking
from psl.corpora.download.unpack import unpack
from psl.runtime.errors import PslError

WAVES = {f"set/{number}.wav": random.Random(number).randbytes(30_000 + number) for number in range(9)}
GOOD = zip_bytes(WAVES.items())


def files(folder):
    return {
        path.relative_to(folder.parent).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def special(name, mode):
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    return info


def tarred(name, kind=tarfile.REGTYPE, link=""):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info


def changed(data, old, new):
    assert old in data
    return data.replace(old, new)


@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize("size", [400_000, 100_000, 30_011, 997])
def test_split_archives_unpack_whatever_the_size_of_their_parts(tmp_path, size, wide):
    unpack(write_parts(tmp_path, "set", GOOD, size, wide), tmp_path / "set")
    assert files(tmp_path / "set") == WAVES


@pytest.mark.skipif(shutil.which("zip") is None, reason="zip is not installed")
def test_what_zip_itself_splits_unpacks(tmp_path):
    for name, data in WAVES.items():
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / name).write_bytes(data)
    subprocess.run(["zip", "-q", "-r", "-s", "64k", tmp_path / "set.zip", "set"], cwd=tmp_path / "in", check=True)
    parts = [*sorted(tmp_path.glob("set.z0*")), tmp_path / "set.zip"]
    assert len(parts) == 5
    unpack(parts, tmp_path / "set")
    assert files(tmp_path / "set") == WAVES


def test_parts_behind_four_gigabytes_are_found(tmp_path):
    parts = [tmp_path / "set.z01", tmp_path / "set.zip"]
    with parts[0].open("wb") as hole:
        hole.truncate(5 * 2**30)
    parts[1].write_bytes(split_form(GOOD, lambda offset: (1, offset), wide=False))
    unpack(parts, tmp_path / "set")
    assert files(tmp_path / "set") == WAVES


def test_an_archive_is_never_held_in_memory(tmp_path):
    parts = write_parts(tmp_path, "set", zip_bytes([("zeros.wav", bytes(40_000_000))], zipfile.ZIP_STORED), 10_000_000)
    tracemalloc.start()
    unpack(parts, tmp_path / "set")
    assert tracemalloc.get_traced_memory()[1] < 8_000_000
    tracemalloc.stop()


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ([("set/a.csv", b"1")], ["set/a.csv"]),
        ([("set/", b""), ("set/set/a.csv", b"1")], ["set/set/a.csv"]),
        ([("other/a.csv", b"1")], ["set/other/a.csv"]),
        ([("set/a.csv", b"1"), ("b.csv", b"2")], ["set/b.csv", "set/set/a.csv"]),
        ([("set/a.csv", b"1"), ("__MACOSX/._a.csv", b"2")], ["set/a.csv"]),
    ],
)
def test_a_top_folder_of_the_same_name_is_the_folder_itself(tmp_path, members, expected):
    (tmp_path / "a.zip").write_bytes(zip_bytes(members))
    unpack([tmp_path / "a.zip"], tmp_path / "set")
    assert sorted(files(tmp_path / "set")) == expected


@pytest.mark.parametrize("top", [["set"], [".", "./set"]])
@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_tars_unpack(tmp_path, mode, top):
    folders = [(tarred(name, tarfile.DIRTYPE), b"") for name in top]
    members = [*folders, *((tarred(name), data) for name, data in WAVES.items())]
    (tmp_path / "a.tar").write_bytes(tar_bytes(members, mode))
    unpack([tmp_path / "a.tar"], tmp_path / "set")
    assert files(tmp_path / "set") == WAVES


BAD_ZIPS = {
    "absolute": (zip_bytes([("/etc/x", b"")]), "'/etc/x' has an absolute name"),
    "above": (zip_bytes([("set/../../x", b"")]), r"'set/../../x' would lie outside"),
    "drive": (zip_bytes([("C:/x", b"")]), "'C:/x' has an absolute name"),
    "backslash": (zip_bytes([(special("a\\..\\x", 0), b"")]), "backslash"),
    "newline": (zip_bytes([("a\nb", b"")]), "control character"),
    "no name": (zip_bytes([("./", b"")]), "has no name"),
    "long part": (zip_bytes([("a" * 300, b"")]), "a name of more than 255 bytes"),
    "long name": (zip_bytes([("a/" * 600 + "b", b"")]), "or 1024 with its folders"),
    "symlink": (zip_bytes([(special("x", stat.S_IFLNK | 0o777), b"/etc/passwd")]), "'x' is a symbolic link"),
    "device": (zip_bytes([(special("x", stat.S_IFCHR), b"")]), "'x' is a device"),
    "pipe": (zip_bytes([(special("x", stat.S_IFIFO), b"")]), "'x' is a pipe"),
    "bomb": (zip_bytes([("x", bytes(70 * 2**20))]), "would unpack to more than 67 MB"),
    "twice": (changed(zip_bytes([("x", b"1"), ("y", b"2")]), b"y", b"x"), "holds x twice"),
    "file and folder": (zip_bytes([("x", b"1"), ("x/y", b"2")]), "holds x twice, or as a file and as a folder"),
    "locked": (
        changed(zip_bytes([("x", b"1")]), b"PK\1\2\x14\x03\x14\0\0\0", b"PK\1\2\x14\x03\x14\0\1\0"),
        "locked with a password",
    ),
    "unknown method": (
        changed(zip_bytes([("x", b"1")], zipfile.ZIP_STORED), b"\x14\0\0\0\0\0", b"\x14\0\0\0\x61\0"),
        "is broken",
    ),
    "wrong sum": (changed(zip_bytes([("x", b"12345")], zipfile.ZIP_STORED), b"12345", b"12346"), "is broken .*CRC"),
    "cut off": (GOOD[:-1000], "is broken .*not a zip file"),
    "empty": (b"", "is broken .*not a zip file"),
    "web page": (b"<html>log in</html>" * 99, "is broken .*not a zip file"),
}


@pytest.mark.parametrize("kind", BAD_ZIPS)
def test_a_bad_zip_is_reported_and_leaves_nothing(tmp_path, kind):
    data, message = BAD_ZIPS[kind]
    refused(tmp_path, "bad.zip", data, message)


BAD_TARS = {
    "absolute": (tar_bytes([(tarred("/etc/x"), b"")]), "'/etc/x' has an absolute name"),
    "above": (tar_bytes([(tarred("../x"), b"")]), "would lie outside"),
    "symlink": (tar_bytes([(tarred("x", tarfile.SYMTYPE, "/etc/passwd"), b"")]), "'x' is a symbolic link"),
    "hard link": (tar_bytes([(tarred("x", tarfile.LNKTYPE, "/etc/passwd"), b"")]), "'x' is a hard link"),
    "device": (tar_bytes([(tarred("x", tarfile.BLKTYPE), b"")]), "'x' is a device"),
    "pipe": (tar_bytes([(tarred("x", tarfile.FIFOTYPE), b"")]), "'x' is a device"),
    "bomb": (tar_bytes([(tarred("x"), bytes(70 * 2**20))]), "would unpack to more than 67 MB"),
    "cut off": (tar_bytes([(tarred(name), data) for name, data in WAVES.items()])[:150_000], "is broken"),
}


@pytest.mark.parametrize("kind", BAD_TARS)
def test_a_bad_tar_is_reported_and_leaves_nothing(tmp_path, kind):
    data, message = BAD_TARS[kind]
    refused(tmp_path, "bad.tar.gz", data, message)


PACKED = {
    mode: tar_bytes([(tarred(name), data) for name, data in WAVES.items()], f"w:{mode}")
    for mode in ("", "gz", "bz2", "xz")
}


@pytest.mark.parametrize("at", [0.2, 0.5, 0.9])
@pytest.mark.parametrize("mode", ["gz", "bz2", "xz"])
def test_one_bit_that_fell_over_in_a_packed_tar_is_found(tmp_path, mode, at):
    data = bytearray(PACKED[mode])
    data[int(at * len(data))] ^= 0x10
    refused(tmp_path, f"bad.tar.{mode}", data, "is broken")


def test_a_wrong_check_sum_behind_the_last_member_is_found(tmp_path):
    refused(tmp_path, "bad.tar.gz", PACKED["gz"][:-8] + bytes(4) + PACKED["gz"][-4:], "is broken .*CRC")


def test_a_damaged_header_is_not_the_end(tmp_path):
    data = changed(PACKED[""], b"set/5.wav\0", b"set/6.wav\0")
    refused(tmp_path, "bad.tar", data, "is broken .*behind its last whole member")


def refused(tmp_path, name, data, message):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / name).write_bytes(data)
    with pytest.raises(PslError, match=message) as error:
        unpack([tmp_path / "in" / name], tmp_path / "in/set")
    assert name in str(error.value) and "\n" not in str(error.value)
    assert [path.name for path in tmp_path.rglob("*")] == ["in", name]


@pytest.mark.parametrize(
    ("pick", "message"),
    [
        (lambda parts: parts[1:], "is the last of 4 parts, not of 3"),
        (lambda parts: [parts[1], parts[0], *parts[2:]], "is broken"),
        (lambda parts: [*parts[:-1], parts[0]], "does not end as a zip archive does"),
    ],
)
def test_missing_and_mixed_parts_are_reported(tmp_path, pick, message):
    parts = write_parts(tmp_path, "set", GOOD, 80_000)
    with pytest.raises(PslError, match=message):
        unpack(pick(parts), tmp_path / "set")
    assert not (tmp_path / "set").exists()


def test_too_many_members_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(unpacking, "MAX_MEMBERS", 8)
    refused(tmp_path, "bad.zip", GOOD, "more than .* or 8 files")


@pytest.mark.parametrize("kind", ["zip", "split", "wide", "tar"])
def test_whatever_bytes_are_changed_it_ends_in_a_folder_or_a_sentence(tmp_path, kind):
    small = zip_bytes([(f"set/{n}", bytes(50)) for n in range(3)])
    draw = random.Random(kind)
    for _ in range(60):
        data = bytearray(small if kind != "tar" else tar_bytes([(tarred(f"set/{n}"), bytes(50)) for n in range(3)]))
        parts = [tmp_path / "set.zip"]
        if kind in ("split", "wide"):
            parts = write_parts(tmp_path, "set", bytes(data), 200, kind == "wide")
        else:
            parts[0].write_bytes(data)
        at = draw.choice(parts[-3:])
        data = bytearray(at.read_bytes())
        data[draw.randrange(len(data))] = draw.choice((0, 1, 127, 128, 255))
        at.write_bytes(data)
        try:
            unpack(parts, tmp_path / "inside/set")
        except PslError as error:
            assert "set.zip" in str(error)
        assert {path.name for path in tmp_path.iterdir()} - {part.name for part in parts} <= {"inside"}
        assert {path.name for path in (tmp_path / "inside").iterdir()} <= {"set"}
