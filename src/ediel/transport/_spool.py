"""Answers that are too large for memory: written to a folder as they come, for their owner alone, up to a bound."""

from __future__ import annotations

import gzip
import os
import secrets
import time
import zlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Final

from ediel.transport.errors import AnswerTooLarge

__all__ = ["LARGEST", "Spool", "Spooled"]

LARGEST: Final = 2_000_000_000
"""Bytes of an answer that are written, at the most."""
_PIECE: Final = 1 << 20
_UNFINISHED: Final = ".part"
_OLD: Final = 86_400.0
"""Seconds after which something unfinished belongs to no process any more."""


@dataclass(frozen=True, slots=True)
class Spool:
    """Where answers are written that are too large for memory.

    Attributes:
        folder: made when the first one comes.
        largest: bytes of an answer, at the most; unpacked, where it comes packed.
    """

    folder: Path
    largest: int = LARGEST

    def begin(self, parts: Sequence[bytes], came: datetime) -> Spooled:
        """A file for an answer, with the parts of it that have come so far, and when it began to come.

        Raises:
            AnswerTooLarge: that is more than the bound already.
            OSError: it cannot be made.
        """
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for left in self.folder.glob(f".*{_UNFINISHED}"):
            with suppress(OSError):
                if time.time() - left.stat().st_mtime > _OLD:
                    left.unlink()
        made = Spooled(self.folder / f".{secrets.token_hex(8)}{_UNFINISHED}", self.largest, came)
        first = next((place for place in range(len(parts)) if sum(map(len, parts[: place + 1])) > 1), len(parts))
        made.write(b"".join(parts[: first + 1]))  # enough to show whether it is packed
        for part in parts[first + 1 :]:
            made.write(part)
        return made


class Spooled:
    """An answer in a file: packed by gzip, as it came or by us.

    Args:
        path: the file.
        largest: bytes of the answer, at the most.
        came: when it began to come.
    """

    def __init__(self, path: Path, largest: int, came: datetime) -> None:
        self.path = path
        self.came = came
        self.largest = largest
        self.size = 0
        self._file: IO[bytes] | None = None
        self._packed: gzip.GzipFile | None = None

    def write(self, data: bytes) -> None:
        """Add what has come; the first piece shows whether it is packed.

        Raises:
            AnswerTooLarge: it is more than the bound; the file is gone then.
            OSError: it cannot be written; the file is gone then.
        """
        self.size += len(data)
        try:
            if self._file is None:
                handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
                self._file = os.fdopen(handle, "w+b")
                if data[:2] != b"\x1f\x8b":
                    self._packed = gzip.GzipFile(fileobj=self._file, mode="wb", compresslevel=1, mtime=0)
            if self.size > self.largest:
                raise AnswerTooLarge(self.largest)
            (self._packed or self._file).write(data)
        except BaseException:
            self.discard()
            raise

    def finish(self) -> None:
        """It is whole: on the disk before anything is acknowledged.

        Raises:
            OSError: it cannot be written; the file is gone then.
        """
        if self._file is None:
            return
        try:
            if self._packed is not None:
                self._packed.close()
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
        except BaseException:
            self.discard()
            raise
        self._file = self._packed = None

    def plain(self) -> Iterator[bytes]:
        """What it holds, unpacked, piece by piece.

        Raises:
            AnswerTooLarge: it is more than the bound when it is unpacked.
            EOFError, OSError, zlib.error: it cannot be unpacked or read.
        """
        left = self.largest
        with gzip.open(self.path) as file:
            while piece := file.read(_PIECE):
                left -= len(piece)
                if left < 0:
                    raise AnswerTooLarge(self.largest)
                yield piece

    def beginning(self, size: int) -> bytes:
        """Its first bytes, unpacked.

        Raises:
            EOFError, OSError, zlib.error: it cannot be unpacked or read.
        """
        with gzip.open(self.path) as file:
            return file.read(size)

    def keep(self, name: str) -> Path:
        """Give the file its name, in place of the same answer that was kept before a crash.

        Raises:
            OSError: that cannot be done.
        """
        target = self.path.with_name(name)
        self.path.replace(target)
        self.path = target
        with suppress(OSError):  # a folder cannot be synchronised on every system
            handle = os.open(target.parent, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
        return target

    def discard(self) -> None:
        """Let go of it; a file that was kept stays."""
        for file in (self._packed, self._file):
            if file is not None:
                with suppress(OSError, ValueError, zlib.error):
                    file.close()
        self._file = self._packed = None
        if self.path.name.endswith(_UNFINISHED):
            self.path.unlink(missing_ok=True)
