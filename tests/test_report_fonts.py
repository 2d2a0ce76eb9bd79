"""Pictures have the same bytes whatever fonts the system has; those serve characters alone that the own font lacks."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from font_files import box_font
from imports import ROOT

DRAW = """
import sys
from pathlib import Path
from psl.report.pictures import empty_chart, write_picture
for name, text in zip(sys.argv[1::2], sys.argv[2::2]):
    write_picture(Path(name), empty_chart(text))
"""
CONFIG = "<fontconfig><dir>{}</dir></fontconfig>"


@pytest.fixture
def other_fonts(tmp_path: Path) -> Path:
    """The configuration of a system whose fonts are called like those of the pictures, and look otherwise."""
    (tmp_path / "fonts").mkdir()
    for family in ("Liberation Sans", "Arial", "sans-serif"):
        (tmp_path / f"fonts/{family}.ttf").write_bytes(box_font(family))
    (tmp_path / "fonts.conf").write_text(CONFIG.format(tmp_path / "fonts"))
    return tmp_path / "fonts.conf"


def draw(folder: Path, fonts: Path | None, *texts: str) -> tuple[list[bytes], str]:
    """The pictures of these texts, drawn by one process that finds `fonts`, and what it logs."""
    folder.mkdir()
    names = [str(folder / f"{number}.png") for number in range(len(texts))]
    words = [word for pair in zip(names, texts, strict=True) for word in pair]
    env = os.environ | {"PYTHONPATH": str(ROOT)} | ({"FONTCONFIG_FILE": str(fonts)} if fonts else {})
    done = subprocess.run([sys.executable, "-c", DRAW, *words], env=env, check=True, capture_output=True, text=True)
    return [Path(name).read_bytes() for name in names], done.stderr


def test_fonts_of_the_system_change_no_picture(tmp_path, other_fonts):
    plain, logged = draw(tmp_path / "plain", None, "Wind, Hügel: 12 % ≥ Ж")
    assert draw(tmp_path / "other", other_fonts, "Wind, Hügel: 12 % ≥ Ж") == (plain, logged) == (plain, "")


def test_characters_that_the_font_lacks_are_told_and_change_no_other_picture(tmp_path, other_fonts):
    plain, _ = draw(tmp_path / "plain", None, "Wind")
    pictures, logged = draw(tmp_path / "other", other_fonts, "犬", "Wind")
    assert pictures[1:] == plain and "lacks 犬, which come from fonts of this system" in logged
