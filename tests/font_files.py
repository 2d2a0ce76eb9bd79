"""A TrueType font of any name, in which every character is a box: as small as programs read it."""

import struct

EM, BOX = 1000, 800
FIRST, LAST = 0x20, 0xFFFF
REGULAR, BASIC, NAMES = 400, 0x40, {1: "{}", 2: "Regular", 4: "{}", 6: "Box"}


def box_font(family: str) -> bytes:
    """The bytes of the file."""
    glyph = struct.pack(">hhhhhHH4B", 1, 0, 0, BOX, BOX, 3, 0, 1, 1, 1, 1) + struct.pack(
        ">8h", 0, BOX, 0, -BOX, 0, 0, BOX, 0
    )
    tables = {
        b"OS/2": _os2(),
        b"cmap": struct.pack(">HHHHI", 0, 1, 3, 10, 12) + struct.pack(">HHIIIIII", 13, 0, 28, 0, 1, FIRST, LAST, 1),
        b"glyf": glyph,
        b"head": struct.pack(
            ">IIIIHHqqhhhhHHhhh", 1 << 16, 1 << 16, 0, 0x5F0F3CF5, 0, EM, 0, 0, 0, 0, BOX, BOX, 0, 8, 2, 1, 0
        ),
        b"hhea": struct.pack(">IhhhHhhhhhh4hhH", 1 << 16, BOX, -200, 0, EM, 0, 0, BOX, 1, 0, 0, 0, 0, 0, 0, 0, 2),
        b"hmtx": struct.pack(">HhHh", EM, 0, EM, 0),
        b"loca": struct.pack(">III", 0, 0, len(glyph)),
        b"maxp": struct.pack(">IH13H", 1 << 16, 2, 4, 1, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0),
        b"name": _names(family),
        b"post": struct.pack(">IIhhIIIII", 3 << 16, 0, 0, 0, 0, 0, 0, 0, 0),
    }
    return _file(tables)


def _file(tables: dict[bytes, bytes]) -> bytes:
    head, body = struct.pack(">IHHHH", 1 << 16, len(tables), 0, 0, 0), b""
    first = len(head) + 16 * len(tables)
    for tag, table in tables.items():
        head += tag + struct.pack(">III", 0, first + len(body), len(table))
        body += table + bytes(-len(table) % 4)
    return head + body


def _names(family: str) -> bytes:
    records, texts = b"", b""
    for number, pattern in NAMES.items():
        text = pattern.format(family).encode("utf-16-be")
        records += struct.pack(">6H", 3, 1, 0x409, number, len(text), len(texts))
        texts += text
    return struct.pack(">3H", 0, len(NAMES), 6 + len(records)) + records + texts


def _os2() -> bytes:
    head = struct.pack(">HhHHH", 4, EM, REGULAR, 5, 0) + bytes(22) + bytes(10) + bytes(16) + b"none"
    return head + struct.pack(">HHHhhhHH", BASIC, FIRST, LAST, BOX, -200, 0, BOX, 200) + bytes(18)
