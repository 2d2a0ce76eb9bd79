"""Archives that tests make, split ones included: parts with the disk numbers that the zip format asks for."""

import io
import struct
import tarfile
import zipfile

from psl.corpora.download.split_zip import END, END_64, ENTRY, LOCATOR_64, MAX_16, MAX_32, ZIP_64

SPLIT_MARK = b"PK\7\x08"  # what the first part of a split archive begins with


def zip_bytes(members, method=zipfile.ZIP_DEFLATED):
    """A zip archive of (name or ZipInfo, bytes) pairs."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return stream.getvalue()


def tar_bytes(members, mode="w:gz"):
    """A tar archive of (TarInfo, bytes) pairs."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode=mode) as archive:
        for info, data in members:
            info.size = len(data) if info.isreg() else 0
            archive.addfile(info, io.BytesIO(data))
    return stream.getvalue()


def write_parts(folder, stem, data, size, wide=False):
    """The paths of a zip archive split into parts of `size` bytes, .z01 … .zip; `wide` writes the 64-bit forms."""
    whole = split_form(SPLIT_MARK + data, lambda offset: divmod(offset + len(SPLIT_MARK), size), wide)
    cuts = [whole[at : at + size] for at in range(0, len(whole), size)]
    paths = [folder / f"{stem}.z{number:02}" for number in range(1, len(cuts))] + [folder / f"{stem}.zip"]
    for path, cut in zip(paths, cuts, strict=True):
        path.write_bytes(cut)
    return paths


def split_form(whole, place, wide):
    """The archive with (part, offset in it) by `place` for offsets. `whole` may have bytes before the archive."""
    end = list(END.unpack_from(whole, whole.rfind(b"PK\5\6")))
    entries, directory = end[4], whole[-END.size - end[5] : -END.size]
    moved, at = b"", 0
    for _ in range(entries):
        fields = list(ENTRY.unpack_from(directory, at))
        name = directory[at + ENTRY.size : at + ENTRY.size + fields[12]]
        at += ENTRY.size + sum(fields[12:15])
        (fields[15], fields[18]), extra = place(fields[18]), struct.pack("<HHL", 0x7075, 4, 0)
        if wide:
            extra += struct.pack("<HHQQQL", ZIP_64, 28, fields[11], fields[10], fields[18], fields[15])
            fields[10], fields[11], fields[18], fields[15] = MAX_32, MAX_32, MAX_32, MAX_16
        fields[13:15] = [len(extra), 0]
        moved += ENTRY.pack(*fields) + name + extra
    part, offset = place(end[6])
    body = whole[: -END.size - end[5]] + moved
    if wide:
        end_part, end_offset = place(end[6] + len(moved))
        last = place(end[6] + len(moved) + END_64.size + LOCATOR_64.size)[0]
        body += END_64.pack(b"PK\6\6", END_64.size - 12, 45, 45, last, part, entries, entries, len(moved), offset)
        body += LOCATOR_64.pack(b"PK\6\7", end_part, end_offset, last + 1)
        return body + END.pack(b"PK\5\6", MAX_16, MAX_16, MAX_16, MAX_16, MAX_32, MAX_32, 0)
    last = place(end[6] + len(moved) + END.size - 1)[0]
    return body + END.pack(b"PK\5\6", last, part, entries, entries, len(moved), offset, 0)
