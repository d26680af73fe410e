"""What bytes hold: a message file is one input, a zip archive one for each message file in it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import zipfile

    from ediel.report import Report

__all__ = ["ENDINGS", "inputs_of", "is_archive", "unreadable"]

ENDINGS: Final = (".xml", ".xml.gz")
"""Endings of the files in an archive that are messages."""
_ZIP: Final = b"PK\x03\x04"
_MEMBERS: Final = 10_000
"""Files of one archive, at the most."""


def is_archive(data: bytes) -> bool:
    """Whether bytes are a zip archive."""
    return data.startswith(_ZIP)


def inputs_of(
    path: str, data: bytes, most: int, *, members: int | None = None, whole: int | None = None
) -> Iterator[tuple[str, bytes] | Report]:
    """The inputs that bytes hold, each with its name and bytes; a report where one cannot be read.

    Args:
        path: what the bytes are called.
        data: a message file, plain or gzip, or a zip archive of such files.
        most: bytes of one input; of a longer one, one byte more.
        members: files of one archive, at the most.
        whole: bytes of all files of an archive together, unpacked; what is above is not unpacked.
    """
    if not is_archive(data):
        yield path, data
        return
    import zipfile

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            yield from _members(path, archive, most, members or _MEMBERS, whole)
    except (zipfile.BadZipFile, NotImplementedError, OSError, RuntimeError) as error:
        words = str(error) or type(error).__name__
        yield unreadable(
            path, "READ/archive", f"The zip archive cannot be read: {words}. Unpack it, and give the files."
        )


def _members(
    path: str, archive: zipfile.ZipFile, most: int, members: int, whole: int | None
) -> Iterator[tuple[str, bytes] | Report]:
    names = [item for item in archive.infolist() if not item.is_dir() and item.filename.lower().endswith(ENDINGS)]
    names = [item for item in names if not any(part.startswith((".", "__MACOSX")) for part in item.filename.split("/"))]
    if not names:
        yield unreadable(path, "READ/archive", f"No file in the archive ends in {' or '.join(ENDINGS)}.")
    elif len(names) > members:
        text = f"The archive holds {len(names)} files, more than {members}. Unpack it, and give the files."
        yield unreadable(path, "READ/archive", text)
        return
    left = whole
    for item in names:
        name = f"{path}!{item.filename}"
        if item.flag_bits & 1:
            yield unreadable(name, "READ/archive", "This file is encrypted. Unpack the archive with its password.")
            continue
        size = most if left is None else min(most, left)
        with archive.open(item) as stream:
            content = stream.read(size + 1)
        if left is not None:
            if len(content) > left:
                text = f"The files of the archive are larger than {whole} bytes together. Send fewer at a time."
                yield unreadable(name, "READ/archive", text)
                return
            left -= len(content)
        yield name, content


def unreadable(path: str, rule: str, text: str) -> Report:
    """The report on an input that cannot be read."""
    from ediel.report import Finding, Report

    return Report(path, findings=(Finding(rule, text),), readable=False)
