"""Where the files of a values store are: a folder, or object storage by URL. A file is written once, whole, to stay."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Protocol
from uuid import uuid4

from ediel.store._file import to_stay
from ediel.values.errors import ValuesError

__all__ = ["Folder", "folder"]


class Folder(Protocol):
    """Files by their names, which have slashes between their parts."""

    @property
    def place(self) -> str:
        """The folder as a path or a URL; the same for the same folder."""

    def write(self, name: str, data: bytes) -> None:
        """Write a file that is not there: it is whole, and stays after a power cut, when this returns."""

    def read(self, name: str) -> bytes:
        """The bytes of a file.

        Raises:
            FileNotFoundError: there is none.
        """

    def open(self, name: str) -> AbstractContextManager[IO[bytes]]:
        """A file, to read parts of it.

        Raises:
            FileNotFoundError: there is none.
        """

    def address(self, name: str) -> str:
        """What DuckDB, Polars and pyarrow find a file by."""

    def remove(self, name: str) -> None:
        """Remove a file; nothing where there is none."""

    def names(self) -> Iterator[tuple[str, datetime]]:
        """Every Parquet file that is there, and when it was written."""


def folder(place: str | Path) -> Folder:
    """A folder by its path, or object storage by its URL, such as ``s3://bucket/values`` (needs ``fsspec``).

    Raises:
        ValuesError: nothing is installed that knows such a URL.
    """
    text = str(place)
    if "://" not in text:
        return _Local(Path(place).absolute())
    try:
        import fsspec  # noqa: PLC0415 - only object storage needs it

        system, root = fsspec.core.url_to_fs(text)
    except (ImportError, ValueError) as error:
        raise ValuesError(
            f"{text}: the values cannot be kept there: {error}. Install the extra ediel[values]"
        ) from None
    return _Remote(text.rstrip("/"), system, str(root).rstrip("/"))


class _Local:
    """A folder on a disk."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.place = str(root)

    def write(self, name: str, data: bytes) -> None:
        path = self._root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.{uuid4().hex[:8]}.new")
        try:
            # who reads it may read it: the values of metering points are about people
            with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        for parent in (path.parent, *path.parent.parents):
            to_stay(parent)
            if parent == self._root:
                break

    def read(self, name: str) -> bytes:
        return (self._root / name).read_bytes()

    def open(self, name: str) -> AbstractContextManager[IO[bytes]]:
        return (self._root / name).open("rb")

    def address(self, name: str) -> str:
        return str(self._root / name)

    def remove(self, name: str) -> None:
        (self._root / name).unlink(missing_ok=True)

    def names(self) -> Iterator[tuple[str, datetime]]:
        for path in sorted(self._root.glob("**/*.parquet*")):
            try:
                written = path.stat().st_mtime
            except FileNotFoundError:
                continue
            yield path.relative_to(self._root).as_posix(), datetime.fromtimestamp(written, UTC)


class _Remote:
    """Object storage: what is written there appears whole."""

    def __init__(self, place: str, system: Any, root: str) -> None:
        self.place = place
        self._system = system
        self._root = root

    def write(self, name: str, data: bytes) -> None:
        path = f"{self._root}/{name}"
        self._system.makedirs(path.rpartition("/")[0], exist_ok=True)
        self._system.pipe_file(path, data)

    def read(self, name: str) -> bytes:
        return bytes(self._system.cat_file(f"{self._root}/{name}"))

    def open(self, name: str) -> AbstractContextManager[IO[bytes]]:
        opened: AbstractContextManager[IO[bytes]] = self._system.open(f"{self._root}/{name}", "rb")
        return opened

    def address(self, name: str) -> str:
        return f"{self.place}/{name}"

    def remove(self, name: str) -> None:
        try:
            self._system.rm_file(f"{self._root}/{name}")
        except FileNotFoundError:
            return

    def names(self) -> Iterator[tuple[str, datetime]]:
        self._system.invalidate_cache()
        for path in sorted(self._system.glob(f"{self._root}/**/*.parquet")):
            moment = self._system.modified(path)
            yield str(path)[len(self._root) + 1 :].lstrip("/"), moment if moment.tzinfo else moment.replace(tzinfo=UTC)
