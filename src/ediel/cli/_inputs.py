"""What paths of ``ediel validate`` hold: a file is one input, a zip archive one for each message file in it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from ediel.cli._files import ENDINGS, content

if TYPE_CHECKING:
    import zipfile

    from ediel.report import Report

INPUTS: Final = (*ENDINGS, ".zip")
"""Endings of the files that a folder stands for."""
_ZIP: Final = b"PK\x03\x04"
_MEMBERS: Final = 10_000
"""Files of one archive, at the most."""


def inputs(path: str, most: int) -> Iterator[tuple[str, bytes] | Report]:
    """The inputs that a path holds, each with its name and bytes; a report where one cannot be read.

    Args:
        path: a file, or ``-``.
        most: bytes of one input; of a longer one, one byte more.
    """
    try:
        data = content(path, most)
    except OSError as error:
        text = f"The file cannot be read: {error.strerror or type(error).__name__}. Give an XML file, a folder, or -."
        yield _unreadable(path, "READ/file", text)
        return
    if not data.startswith(_ZIP):
        yield path, data
        return
    import zipfile

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            yield from _members(path, archive, most)
    except (zipfile.BadZipFile, NotImplementedError, OSError, RuntimeError) as error:
        words = str(error) or type(error).__name__
        yield _unreadable(
            path, "READ/archive", f"The zip archive cannot be read: {words}. Unpack it, and give the files."
        )


def _members(path: str, archive: zipfile.ZipFile, most: int) -> Iterator[tuple[str, bytes] | Report]:
    names = [item for item in archive.infolist() if not item.is_dir() and item.filename.lower().endswith(ENDINGS)]
    names = [item for item in names if not any(part.startswith((".", "__MACOSX")) for part in item.filename.split("/"))]
    if not names:
        yield _unreadable(path, "READ/archive", f"No file in the archive ends in {' or '.join(ENDINGS)}.")
    elif len(names) > _MEMBERS:
        text = f"The archive holds {len(names)} files, more than {_MEMBERS}. Unpack it, and give the files."
        yield _unreadable(path, "READ/archive", text)
        return
    for item in names:
        name = f"{path}!{item.filename}"
        if item.flag_bits & 1:
            yield _unreadable(name, "READ/archive", "This file is encrypted. Unpack the archive with its password.")
            continue
        with archive.open(item) as stream:
            yield name, stream.read(most + 1)


def _unreadable(path: str, rule: str, text: str) -> Report:
    from ediel.report import Finding, Report

    return Report(path, findings=(Finding(rule, text),), readable=False)
