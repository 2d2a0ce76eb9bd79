"""Whole corpora from a server in their official layouts, and what each declares."""

import hashlib
import re
from dataclasses import replace
from pathlib import Path

import pytest
from archives import tar_bytes, write_parts, zip_bytes
from test_download_unpack import tarred
from web import serve

from psl.corpora.download import fetch
from psl.corpora.download.fetch import CORPORA, fetch_corpus
from psl.corpora.download.retries import Retries
from psl.runtime.errors import PslError

SHARED = Path(__file__).parents[2] / "shared/metadata"
QUICK = Retries(tries=2, sleep=lambda _: None)


def official(pieces, folder):
    """What the corpus's server has, small: name -> bytes. Archives have a top folder of their own name."""
    served = {}
    for piece in pieces:
        names = [source.name for source in piece.files]
        inside = [(f"{piece.target}/{number}.wav", bytes([number]) * 100) for number in range(8)]
        if not piece.archive:
            served |= dict.fromkeys(names, f"the list {names[0]}".encode())
        elif names[-1].endswith(".tar.gz"):
            served[names[0]] = tar_bytes([(tarred(name), data) for name, data in inside])
        else:
            data = zip_bytes(inside)
            size = -(-(len(data) + 200) // len(names))
            parts = write_parts(folder, piece.target, data, size) if len(names) > 1 else []
            served |= {part.name: part.read_bytes() for part in parts} or {names[0]: data}
            assert set(names) <= set(served)
    return served


@pytest.fixture
def mirror(tmp_path, monkeypatch):
    """Starts a server of a small `corpus`, whose checksums are then the small files'."""

    def start(corpus):
        (tmp_path / "made").mkdir()
        served = official(CORPORA[corpus], tmp_path / "made")
        summed = [
            replace(
                piece,
                files=tuple(replace(s, md5=s.md5 and hashlib.md5(served[s.name]).hexdigest()) for s in piece.files),
            )
            for piece in CORPORA[corpus]
        ]
        monkeypatch.setattr(fetch, "CORPORA", {corpus: summed})
        return serve(served)

    return start


def files_in(folder):
    return {
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file() and path.name != ".lock"
    }


def expected(corpus):
    """The files that a corpus target."""
    plain = {f"{piece.target}/{piece.files[0].name}" for piece in CORPORA[corpus] if not piece.archive}
    return plain | {f"{piece.target}/{number}.wav" for piece in CORPORA[corpus] if piece.archive for number in range(8)}


@pytest.mark.parametrize("corpus", CORPORA)
def test_a_corpus_is_fetched_once(tmp_path, mirror, corpus):
    with mirror(corpus) as site:
        for _ in range(2):
            fetch_corpus(corpus, tmp_path / "out", site.url, False, retries=QUICK)
    assert files_in(tmp_path / "out") == expected(corpus)
    assert sorted(path for path, _ in site.requests) == sorted(
        source.name for piece in CORPORA[corpus] for source in piece.files
    )


def test_archives_are_kept_when_asked(tmp_path, mirror):
    with mirror("fsdkaggle2018") as site:
        fetch_corpus("fsdkaggle2018", tmp_path / "out", site.url, True, retries=QUICK)
    kept = {f"archives/{piece.files[0].name}" for piece in CORPORA["fsdkaggle2018"]}
    assert files_in(tmp_path / "out") == expected("fsdkaggle2018") | kept


def test_pieces_that_fail_are_reported_together_and_the_others_come(tmp_path, mirror):
    with mirror("fsd50k") as site:
        site.faults["FSD50K.doc.zip"] = ["404"]
        site.faults["FSD50K.dev_audio.z03"] = ["wrong bytes"]
        with pytest.raises(
            PslError,
            match=r"2 of 5 pieces of fsd50k failed: .*doc\.zip is not there.*; .*dev_audio\.z03 holds other bytes",
        ):
            fetch_corpus("fsd50k", tmp_path / "out", site.url, False, retries=QUICK)
        assert "FSD50K.eval_audio/7.wav" in files_in(tmp_path / "out")
        fetch_corpus("fsd50k", tmp_path / "out", site.url, False, retries=QUICK)
    assert files_in(tmp_path / "out") == expected("fsd50k")
    requested = [path for path, _ in site.requests]
    assert (requested.count("FSD50K.dev_audio.z01"), requested.count("FSD50K.dev_audio.z03")) == (1, 2)


def test_a_broken_archive_without_checksum_is_reported(tmp_path, mirror):
    with mirror("fsdkaggle2019") as site:
        site.faults["FSDKaggle2019.audio_test.zip"] = ["wrong bytes"]
        with pytest.raises(PslError, match=r"audio_test\.zip is broken .*delete it"):
            fetch_corpus("fsdkaggle2019", tmp_path / "out", site.url, False, retries=QUICK)


def test_an_unreachable_server_ends_it_at_once(tmp_path):
    pauses = []
    with pytest.raises(PslError, match=r"127\.0\.0\.1:1 cannot be reached"):
        fetch_corpus("audioset", tmp_path, "http://127.0.0.1:1", False, retries=Retries(tries=2, sleep=pauses.append))
    assert len(pauses) == 1


def test_an_unknown_corpus_is_reported(tmp_path):
    with pytest.raises(PslError, match="no corpus esc to fetch: choose one of audioset, fsd50k"):
        fetch_corpus("esc", tmp_path, None, False, retries=QUICK)


@pytest.mark.parametrize("corpus", CORPORA)
def test_what_a_corpus_states_is_well_formed(corpus):
    sources = [source for piece in CORPORA[corpus] for source in piece.files]
    assert len({source.name for source in sources}) == len(sources)
    assert all(re.fullmatch(r"https?://\S+/[\w.]+", source.url) for source in sources)
    assert all(source.md5 is None or re.fullmatch("[0-9a-f]{32}", source.md5) for source in sources)
    for piece in CORPORA[corpus]:
        ends = [source.name.rsplit(".", 1)[1] for source in piece.files]
        assert ends[:-1] == [f"z{part:02}" for part in range(1, len(ends))]


@pytest.mark.skipif(not SHARED.exists(), reason="the official lists are not here")
def test_checksums_are_those_of_the_lists_in_use():
    md5_of = {source.name: source.md5 for pieces in CORPORA.values() for piece in pieces for source in piece.files}
    compared = [path for path in SHARED.glob("*/*") if path.name in md5_of]
    assert len(compared) == 6
    assert [md5_of[path.name] for path in compared] == [hashlib.md5(path.read_bytes()).hexdigest() for path in compared]
