"""The page needs no other file, and shows names as they are."""

import re
from dataclasses import replace

from test_report import FOUND, PNG

from psl.report.page import write_page
from psl.report.pictures import data_uri
from psl.report.results import headline
from psl.report.sections import Section


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
    assert not re.search(r'(src|href)="(?!#|data:)', text) and "@import" not in text
