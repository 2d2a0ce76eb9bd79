"""The pages hold together: README is short, links lead somewhere, the glossary is sorted, messages are the code's."""

import ast
import re

import pytest
from command_lines import PAGES
from imports import PACKAGES, ROOT

README = PAGES["README.md"]
LINK = re.compile(r"\]\(([^)\s]+)\)")
MOST_WORDS = 900
OF_MAKE = {"psl needs Python 3.11 or newer"}  # the sentence of the Makefile


def headings(text):
    """The anchors of a page, as GitHub makes them."""
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def sentences():
    """Every text in the code, with … for what is filled in."""
    for path in [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.JoinedStr):
                yield "".join(part.value if isinstance(part, ast.Constant) else "…" for part in node.values)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


def told(text):
    """What the first columns of the tables of a page quote."""
    rows = [row for row in text.splitlines() if row.startswith("| ") and "you see" not in row]
    return [quoted for row in rows for quoted in re.findall(r"`([^`]+)`", row.split(" | ")[0])]


def test_the_readme_is_short():
    words = [word for line in README.splitlines() if not line.startswith("|") for word in line.split()]
    assert 300 < len(words) < MOST_WORDS


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page):
    for link in [link for link in LINK.findall(PAGES[page]) if "://" not in link]:
        path, _, anchor = link.partition("#")
        target = (ROOT / page).parent / path if path else ROOT / page
        assert target.exists(), link
        assert not anchor or anchor in headings(target.read_text()), link


@pytest.mark.parametrize("page", PAGES)
def test_nothing_is_left_to_fill_in(page):
    assert not re.search("@@|TODO|XXX", PAGES[page])


def test_the_readme_leads_to_every_page():
    assert {page for page in PAGES if page != "README.md"} - {*LINK.findall(README)} == set()


def test_the_readme_says_what_was_not_run():
    said = README.partition("## What was run, and what was not")[2].partition("\n## ")[0]
    assert all(word in said for word in ("AudioSet", "`paper`", "`best`", "GPU"))


def test_the_glossary_is_in_alphabetical_order():
    rows = re.findall(r"^\| ([^|]+) \| [^|]+ \|$", PAGES["docs/glossary.md"], re.MULTILINE)[1:]
    assert len(rows) > 35 and rows == sorted(rows, key=lambda word: re.sub(r"\W", "", word.lower()))


def test_troubles_are_told_in_the_words_of_the_code():
    quoted, code = told(PAGES["docs/troubles.md"]), "\n".join(sentences())
    assert len(quoted) > 25
    assert [text for text in quoted if text not in OF_MAKE and text not in code] == []


def test_what_make_says_is_in_the_makefile():
    assert all(text in (ROOT / "Makefile").read_text() for text in OF_MAKE)
