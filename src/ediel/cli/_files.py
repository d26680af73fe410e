"""Paths on the command line: files, folders, standard input; and writing results without losing what was there."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from ediel.serve.archives import ENDINGS


def expand(
    paths: Iterable[str], *, endings: tuple[str, ...] = ENDINGS, passed: list[str] | None = None
) -> Iterator[str]:
    """The files that paths stand for: a folder stands for the files below it with these endings, in whatever case.

    ``-`` is standard input. Files that are passed over are added to ``passed``; hidden ones are nobody's messages.
    """
    for path in paths:
        folder = Path(path)
        if path == "-" or not folder.is_dir():
            yield path
            continue
        for item in sorted(folder.rglob("*")):
            if any(part.startswith(".") for part in item.relative_to(folder).parts) or not item.is_file():
                continue
            if item.name.lower().endswith(endings):
                yield str(item)
            elif passed is not None:
                passed.append(str(item))


def passed_over(passed: list[str], most: int = 5) -> str:
    """In words, which files were passed over; nothing where there were none."""
    if not passed:
        return ""
    more = f" and {len(passed) - most} more" if len(passed) > most else ""
    return f"passed over {len(passed)} {'file' if len(passed) == 1 else 'files'}: {', '.join(passed[:most])}{more}"


def content(path: str, most: int = 1_000_000_000) -> bytes:
    """The bytes of a file, or of standard input, up to one more than ``most``.

    Raises:
        OSError: it cannot be read.
    """
    if path == "-":
        return sys.stdin.buffer.read(most + 1)
    with Path(path).open("rb") as file:
        return file.read(most + 1)


def shown(name: str) -> str:
    """The name of a file as it may stand in a line: nothing in it begins another line or commands a terminal."""
    return "".join(sign if sign.isprintable() else f"\\x{ord(sign):02x}" for sign in name)


def emit(data: bytes, output: str | None, *, private: bool = False) -> None:
    """To standard output, or to a file that appears whole or not at all; for its owner alone where it is private."""
    if output is None or output == "-":
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    import tempfile

    target = Path(output)
    if target.exists() and not target.is_file():  # a device or a pipe is written to, never replaced
        with target.open("wb") as stream:
            stream.write(data)
        return
    try:
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    except OSError as error:
        raise OSError(error.errno, error.strerror, output) from None
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        if not private:  # what mkstemp makes is for its owner alone
            Path(temporary).chmod(0o666 & ~_umask())
        Path(temporary).replace(target)
    except BaseException as error:
        Path(temporary).unlink(missing_ok=True)
        if isinstance(error, OSError):  # a full disk, for instance; what was there before is still there
            raise OSError(error.errno, error.strerror, output) from None
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
