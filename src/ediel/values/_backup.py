"""The files of a values store beside a backup of its database: copied, and compared with their digests."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from ediel.values._folder import Folder

__all__ = ["copy_files", "wrong_files"]


def copy_files(rows: Iterable[Mapping[str, Any]], source: Folder, target: Folder) -> list[str]:
    """Copy files to another folder, those that are whole; what is there already is left.

    A file that a manifest of less than a day ago names is still there, though it may be compacted by now.

    Args:
        rows: of the manifest: ``path``, ``sha256``.
        source: where they are.
        target: where they go.

    Returns:
        What is wrong with those that were not copied.

    Raises:
        OSError: a file cannot be written.
    """
    problems = []
    for row in rows:
        data, problem = _read(row, source)
        if problem is not None:
            problems.append(problem)
        elif data is not None and _read(row, target)[1] is not None:
            target.write(row["path"], data)
    return problems


def wrong_files(rows: Iterable[Mapping[str, Any]], folder: Folder) -> list[str]:
    """What is wrong with files: missing, or other bytes than were written."""
    return [problem for row in rows if (problem := _read(row, folder)[1]) is not None]


def _read(row: Mapping[str, Any], folder: Folder) -> tuple[bytes | None, str | None]:
    """The bytes of a file, and what is wrong with it."""
    address = folder.address(row["path"])
    try:
        data = folder.read(row["path"])
    except FileNotFoundError:
        return None, f"{address} is missing"
    except OSError as error:
        return None, f"{address} cannot be read: {error.strerror or type(error).__name__}"
    found = hashlib.sha256(data).hexdigest()
    if found != row["sha256"]:
        return None, f"{address} is not what was written: its digest is {found}, expected {row['sha256']}"
    return data, None
