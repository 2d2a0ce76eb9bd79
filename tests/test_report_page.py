"""The page needs no other file, and shows names as they are."""

import base64
import re
from dataclasses import replace

from test_report import FOUND, PNG

from psl.report.page import write_page
from psl.report.pictures import data_uri, empty_chart, write_picture
from psl.report.results import headline
from psl.report.sections import Pair, Section


def test_page_is_whole_in_itself_and_escapes_names(tmp_path):
    (tmp_path / "one.png").write_bytes(PNG)
    section = Section(
        "Some <Title>", "text", [{"class": "<b>Dog</b>", "AP": "12.5 %"}], tmp_path / "one.png", "a picture"
    )
    write_page(
        tmp_path / "page.html",
        headline([replace(row, name="<i>" + row.name) for row in FOUND]),
        [section],
        {"models": {"a": {"b": (1, 2)}}},
    )
    text = (tmp_path / "page.html").read_text()
    assert "&lt;b&gt;Dog&lt;/b&gt;" in text and "<b>" not in text and "<i>" not in text
    assert '<td class="number">12.5 %</td>' in text and "<code>a.b</code></td><td>1, 2</td>" in text
    assert data_uri(tmp_path / "one.png") in text
    assert not re.search(r'(src|href)="(?!#|data:)', text) and "@import" not in text and "url(" not in text


def test_a_vector_picture_brings_the_letters_that_it_is_drawn_with(tmp_path):
    write_picture(tmp_path / "one.png", {**empty_chart("some words"), "title": "a title"})
    svg = (tmp_path / "one.svg").read_text()
    assert 'font-family="psl Sans, Liberation Sans,' in svg and "some words" in svg and "@font-face" not in svg
    shown = base64.b64decode(data_uri(tmp_path / "one.svg").removeprefix("data:image/svg+xml;base64,")).decode()
    faces = re.findall(r"font-weight:(\w+);src:url\(data:font/woff2;base64,([\w+/=]+)\)", shown)
    assert [weight for weight, _ in faces] == ["normal", "bold"]
    assert all(base64.b64decode(font).startswith(b"wOF2") for _, font in faces)


def test_two_models_can_be_picked_and_all_pairs_read_without_a_script(tmp_path):
    pair = Pair("PSL-5s", "PSL-<2s>", "PSL-<2s> is better.")
    write_page(tmp_path / "page.html", "", [Section("Any", "text", [], None, pairs=[pair])], {})
    text = (tmp_path / "page.html").read_text()
    assert '<li data-first="PSL-5s" data-second="PSL-&lt;2s&gt;">PSL-&lt;2s&gt; is better.</li>' in text
    assert '<h2><a href="#any">Any</a></h2>' in text and "prefers-color-scheme: dark" in text
