"""Downloads from a faulty server: each ends in the file, or in one message that names address and cause."""

import errno
import hashlib
import random
import socket
from pathlib import Path

import pytest
from web import serve

from psl.corpora.download import http_file
from psl.corpora.download.http_file import Unreachable, fetch_file
from psl.corpora.download.retries import Retries
from psl.corpora.download.sources import Source
from psl.runtime.errors import PslError

DATA = random.Random(1).randbytes(300_000)
MD5 = hashlib.md5(DATA).hexdigest()
NAME = "list.csv"


@pytest.fixture
def site():
    with serve({NAME: DATA}) as site:
        yield site


@pytest.fixture
def pauses():
    return []


@pytest.fixture
def fetch(site, tmp_path, pauses, monkeypatch):
    monkeypatch.setattr(http_file, "TIMEOUT_S", (1.0, 0.3))
    retries = Retries(tries=3, sleep=pauses.append)
    return lambda name=NAME, md5=MD5: fetch_file(Source(site.url + name, md5), tmp_path, retries)


@pytest.mark.parametrize(
    ("faults", "ranges"),
    [
        ([], [None]),
        (["500"], [None, None]),
        (["503", "429"], [None, None, None]),
        (["cut"], [None, "bytes=150000-"]),
        (["no length"], [None]),
        (["cut", "range ignored"], [None, "bytes=150000-"]),
        (["cut", "another range"], [None, "bytes=150000-", None]),
        (["cut", "500"], [None, "bytes=150000-", "bytes=150000-"]),
        (["silent"], [None, None]),
        (["stall"], [None, "bytes=131072-"]),  # whole chunks
    ],
)
def test_transient_faults_are_retried_from_where_they_stopped(site, fetch, faults, ranges):
    site.faults[NAME] = faults
    assert fetch().read_bytes() == DATA
    assert site.requests == [(NAME, bytes_range) for bytes_range in ranges]


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("404", "list.csv is not there .*404"),
        ("410", "list.csv is not there .*410"),
        ("403", "list.csv is refused .*403"),
        ("web page", "is a web page instead"),
        ("compressed", "is sent compressed"),
        ("wrong bytes", f"holds other bytes than were published .*{MD5}"),
        ("ftp://127.0.0.1/list.csv", "cannot be fetched .*ftp"),
        ("http://[::1/list.csv", "list.csv leads nowhere .*check the address"),
        ("odd length", "announces a length of '300000, 300000' bytes"),
    ],
)
def test_permanent_faults_are_reported_at_once(site, fetch, tmp_path, pauses, fault, message):
    site.faults[NAME] = [fault]
    with pytest.raises(PslError, match=message):
        fetch()
    assert pauses == [] and not (tmp_path / NAME).exists()


@pytest.mark.parametrize(
    ("fault", "message"),
    [("502", "3 tries in a row .*502"), ("silent", "3 tries in a row .*timed out"), (f"/{NAME}", "redirects")],
)
def test_it_gives_up_with_a_sentence(site, fetch, fault, message):
    site.faults[NAME] = [fault] * 60
    with pytest.raises(PslError, match=message):
        fetch()


def test_an_unreachable_server_is_refused_with_its_name(tmp_path, pauses):
    with socket.create_server(("127.0.0.1", 0)) as free:
        place = f"127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(Unreachable, match=f"{place} cannot be reached .*refused.*check the network"):
        fetch_file(Source(f"http://{place}/x", None), tmp_path, Retries(tries=3, sleep=pauses.append))
    assert len(pauses) == 2


def test_the_wait_doubles_with_a_bounded_seeded_jitter():
    pauses = []
    retries = Retries(sleep=pauses.append)
    for failed in range(1, 9):
        retries.pause(failed, "x")
    assert all(min(2 ** (n - 1), 60) / 2 <= pause <= min(2 ** (n - 1), 60) for n, pause in enumerate(pauses, 1))
    retries.pause(1, "x")
    retries.pause(1, "x", retry_after_s=7.0)
    retries.pause(1, "x", retry_after_s=1e9)
    assert pauses[8:] == [pauses[0], 7.0, 300.0]


def test_a_server_is_given_the_time_it_asks_for(site, fetch, pauses):
    site.faults[NAME] = ["429"]
    fetch()
    assert pauses == [7.0]


def test_a_redirect_is_followed(site, fetch):
    site.faults["old.csv"] = [f"/{NAME}"]
    assert fetch("old.csv").read_bytes() == DATA


def test_a_later_run_goes_on(site, fetch):
    site.faults[NAME] = ["cut", "404"]
    with pytest.raises(PslError):
        fetch()
    fetch()
    assert [bytes_range for _, bytes_range in site.requests] == [None, "bytes=150000-", "bytes=150000-"]


def test_a_later_run_begins_anew_when_the_file_has_changed(site, fetch):
    site.faults[NAME] = ["cut", "404"]
    with pytest.raises(PslError):
        fetch(md5=None)
    site.files[NAME], site.etag = DATA[::-1], '"two"'
    assert fetch(md5=None).read_bytes() == DATA[::-1]


def test_a_part_that_nothing_vouches_for_is_not_continued(site, fetch):
    site.faults[NAME] = ["without validator"]
    assert fetch(md5=None).read_bytes() == DATA
    assert [bytes_range for _, bytes_range in site.requests] == [None, None]


def test_what_is_there_is_not_fetched_and_what_is_damaged_is(site, fetch, tmp_path):
    fetch()
    fetch()
    assert len(site.requests) == 1
    (tmp_path / NAME).write_bytes(b"damaged")
    assert fetch().read_bytes() == DATA


def test_what_somebody_changed_is_moved_aside_and_reported(site, fetch, tmp_path, capsys):
    for number in range(2):
        (tmp_path / NAME).write_bytes(b"a week of work %d" % number)
        assert fetch().read_bytes() == DATA
        assert (
            f"{NAME} held other bytes than are published: they are in {NAME}.old{number or ''} now"
            in capsys.readouterr().err
        )
    assert [path.read_bytes() for path in sorted(tmp_path.glob("*.old*"))] == [b"a week of work 0", b"a week of work 1"]


def test_what_somebody_changed_stays_when_the_fetch_fails(site, fetch, tmp_path):
    (tmp_path / NAME).write_bytes(b"a week of work")
    site.faults[NAME] = ["404"]
    with pytest.raises(PslError, match="is not there"):
        fetch()
    assert (tmp_path / NAME).read_bytes() == b"a week of work" and not [*tmp_path.glob("*.old*")]


def test_a_complete_part_is_asked_once_more(site, fetch, tmp_path):
    site.faults[NAME] = ["cut", "404"]
    with pytest.raises(PslError):
        fetch()
    (tmp_path / f".{NAME}.part").write_bytes(DATA + b"too much")
    assert fetch().read_bytes() == DATA


def test_an_unknown_checksum_is_reported(fetch, capsys):
    fetch(md5=None)
    assert f"no checksum is published; its md5 here is {MD5}" in capsys.readouterr().err


def test_a_full_disk_is_reported_before_and_while_it_fills(fetch, tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(http_file.shutil, "disk_usage", lambda _: type("", (), {"free": 10}))
        with pytest.raises(PslError, match=r"no space left .*0 MB are needed"):
            fetch()
    real = Path.open

    def full(path, *args, **kwargs):
        if path.name.endswith(".part"):
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(path, *args, **kwargs)

    monkeypatch.setattr(Path, "open", full)
    with pytest.raises(PslError, match=f"no space left on the disk of {tmp_path} .*free some"):
        fetch()


def test_tries_are_counted_anew_when_something_came(site, fetch):
    site.faults[NAME] = ["502", "502", "cut", "502"]
    assert fetch().read_bytes() == DATA


def test_nothing_is_left_beside_the_file(site, fetch, tmp_path):
    site.faults[NAME] = ["cut"]
    fetch()
    assert [path.name for path in tmp_path.iterdir()] == [NAME]
