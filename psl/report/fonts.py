"""The font of the pictures: the one inside vl-convert, so that their bytes do not depend on the fonts of the system.

vl-convert's wheel holds Liberation Sans (SIL Open Font License), but prefers a font of the system that is called so, or
Arial. It looks for them once, by fontconfig: that search is led to an empty folder.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import vl_convert

from psl.runtime.progress import log

FONT = "Liberation Sans"
COVERED = (  # characters that it has: Latin, Greek, Cyrillic; others may be there, too
    *(range(0x20, 0x370), range(0x384, 0x3CF), range(0x400, 0x514), range(0x1E00, 0x1E9C), range(0x1EA0, 0x1EFA)),
    *(range(0x2012, 0x2023), range(0x2026, 0x2027), range(0x2190, 0x2196)),
    *(range(code, code + 1) for code in (0x0A, 0x20AC, 0x2122, 0x2212, 0x221E, 0x2248, 0x2260, 0x2264, 0x2265)),
)
SYSTEM_FONTS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.local/share/fonts", "~/.fonts")
CONFIG = "FONTCONFIG_FILE"  # environment, as vl-convert reads it
ONLY = "<fontconfig><dir>{folder}</dir></fontconfig>"


def prepare_fonts(spec: Any) -> None:
    """Let vl-convert draw `spec` with FONT. Only characters that it lacks come from fonts of the system."""
    _leave_system_fonts_out()
    characters = set().union(*_texts(spec))
    if lacking := sorted(character for character in characters if not _is_covered(character)):
        _add_system_fonts("".join(lacking[:8]))


@cache
def _leave_system_fonts_out() -> None:
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "fonts.conf"
        config.write_text(ONLY.format(folder=folder))
        with _environment(CONFIG, str(config)):
            vl_convert.register_font_directory(folder)  # now it searches, and never again


@cache
def _add_system_fonts(lacking: str) -> None:
    """They come behind FONT, which stays what all else is drawn with."""
    log(f"pictures: {FONT} lacks {lacking}, which come from fonts of this system: elsewhere they may look different")
    for folder in SYSTEM_FONTS:
        if (path := Path(folder).expanduser()).is_dir():
            vl_convert.register_font_directory(str(path))


@contextmanager
def _environment(name: str, value: str) -> Iterator[None]:
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        del os.environ[name]
        os.environ.update({} if before is None else {name: before})


def _texts(value: Any) -> Iterator[str]:
    """All texts in a specification."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _texts(part)


def _is_covered(character: str) -> bool:
    return any(ord(character) in codes for codes in COVERED)
