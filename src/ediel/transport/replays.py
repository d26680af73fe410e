"""Which signatures have come before: known until they have expired by every clock, and over a restart where kept."""

from __future__ import annotations

import hashlib
import os
import struct
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

__all__ = ["Replays"]

_ROW: Final = struct.Struct(">32sd")
_OLD: Final = timedelta(days=1).total_seconds()
_MOST_ROWS: Final = 200_000
_AFTER_RESTART: Final = timedelta(minutes=30).total_seconds()
"""Seconds, by a clock that only goes forward, that what is read from the file is kept at least."""


class Replays:
    """Remembers signatures until they have expired, and at the most some minutes longer. Safe for threads.

    A signature is forgotten when the wall clock says that it has expired, and as much time has gone by as it had left:
    a wall clock that is moved forward and back lets nothing in twice.

    Args:
        path: a file that remembers over a restart; only in memory when not given. For one process at a time.
        monotonic: seconds by a clock that only goes forward.
    """

    def __init__(self, path: Path | None = None, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._seen: dict[int, set[bytes]] = {}  # by the minute in which they expire
        self._until: dict[int, float] = {}  # the same minutes, by the clock that only goes forward
        self._lock = threading.Lock()
        self._monotonic = monotonic
        self._path = path
        self._rows = 0
        if path is not None:
            self._load(path)

    def __len__(self) -> int:
        """How many are remembered."""
        return sum(map(len, self._seen.values()))

    def first(self, signature: bytes, until: datetime, now: datetime) -> bool:
        """Whether a signature comes for the first time.

        Args:
            signature: what it is known by.
            until: when it has expired.
            now: the moment by the wall clock.
        """
        key = hashlib.sha256(signature).digest()
        with self._lock:
            self._forget(now.timestamp())
            if any(key in minute for minute in self._seen.values()):
                return False
            expires = until.timestamp()
            self._remember(key, expires, self._monotonic() + max(0.0, expires - now.timestamp()) + 60)
            if self._path is not None:
                self._write(self._path, key, expires)
            return True

    def _remember(self, key: bytes, expires: float, forget_at: float) -> None:
        minute = int(expires // 60)
        self._seen.setdefault(minute, set()).add(key)
        self._until[minute] = max(forget_at, self._until.get(minute, forget_at))

    def _forget(self, wall: float) -> None:
        passed = self._monotonic()
        for minute in [minute for minute, last in self._until.items() if (minute + 1) * 60 < wall and last < passed]:
            del self._seen[minute], self._until[minute]

    def _load(self, path: Path) -> None:
        data = path.read_bytes() if path.is_file() else b""
        oldest, keep_until = time.time() - _OLD, self._monotonic() + _AFTER_RESTART
        for place in range(0, len(data) - _ROW.size + 1, _ROW.size):
            key, expires = _ROW.unpack_from(data, place)
            if expires > oldest:
                self._remember(key, expires, keep_until)
        self._rewrite(path)

    def _rewrite(self, path: Path) -> None:
        temporary = path.with_name(f".{path.name}.new")
        rows = [_ROW.pack(key, minute * 60.0 + 59) for minute, keys in self._seen.items() for key in keys]
        with suppress(FileNotFoundError):
            temporary.unlink()
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(b"".join(rows))
        temporary.replace(path)
        self._rows = len(rows)

    def _write(self, path: Path, key: bytes, expires: float) -> None:
        """Write it to the file before the answer, so that a process that is killed has not forgotten."""
        if self._rows >= _MOST_ROWS and self._rows > 2 * len(self):
            self._rewrite(path)  # what is new stands in it already
            return
        with path.open("ab") as file:
            file.write(_ROW.pack(key, expires))
        self._rows += 1
