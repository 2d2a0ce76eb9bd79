"""What a clone of the repository promises: the same bytes everywhere, and a citation of this version."""

import hashlib
import subprocess

import pytest
from imports import ROOT
from ruamel.yaml import YAML

import psl


def git(*arguments: str) -> str:
    return subprocess.run(["git", "-C", str(ROOT), *arguments], capture_output=True, text=True, check=True).stdout


@pytest.fixture
def checkout():
    """Skip where the sources were unpacked from an archive."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")


@pytest.mark.usefixtures("checkout")
def test_a_clone_that_wants_crlf_has_the_same_bytes(tmp_path):
    digests = []
    for autocrlf in ("true", "false"):
        clone = tmp_path / autocrlf
        git("-c", f"core.autocrlf={autocrlf}", "clone", "--quiet", str(ROOT), str(clone))
        files = [clone / name for name in git("ls-tree", "-r", "--name-only", "-z", "HEAD").split("\0") if name]
        digests.append({str(path.relative_to(clone)): hashlib.md5(path.read_bytes()).hexdigest() for path in files})
    assert digests[0] == digests[1]


def test_the_citation_is_of_this_version():
    citation = YAML(typ="safe").load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert (citation["cff-version"], citation["title"], citation["version"]) == ("1.2.0", "psl", psl.__version__)
    assert [reference["year"] for reference in citation["references"]] == [2022]
