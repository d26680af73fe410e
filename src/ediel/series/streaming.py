"""Files larger than memory: a poll response is read some messages at a time."""

from __future__ import annotations

import gzip
import re
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final

import pyarrow as pa

from ediel.errors import InvalidMessage
from ediel.report import Finding, Report
from ediel.series._read import read_table
from ediel.xml import LIMITS, Limits

__all__ = ["stream"]

_PIECE: Final = 16_000_000
"""Messages are put together up to about so many bytes; a larger one comes alone."""
_WINDOW: Final = 1_000_000
_SPAN: Final = 100_000
"""How much of what follows a place is at hand: more than a tag, or what stands between two messages."""
_EXPANSION: Final = 200
"""A gzip file that grows by more than this is none of values."""
_NEAR: Final = 100_000
"""Where the messages of a response begin, at the latest."""
_CONTAINER: Final = re.compile(rb"<(?:[\w.-]+:)?ResultDataSet\b[^<>]*[^<>/]>|<(?:[\w.-]+:)?ResultDataSet>")
_TAG: Final = re.compile(rb"\s*<(/?)([\w.:-]+)")


def stream(path: Path | str, *, limits: Limits = LIMITS) -> Iterator[pa.Table]:
    """The metering values of a file, some messages at a time; memory is bounded by the largest message.

    A poll response, bare or in an envelope, may be as large as the disk: each piece of it is read as a response with
    fewer messages, by the same rules. Other documents are read at once, up to the limit of a message.

    Args:
        path: XML, or a gzip file of it, which is unpacked to a temporary file first.
        limits: how large one message may be.

    Yields:
        Tables by ``ediel.series.SCHEMA``, in the order of the file; none for messages without values.

    Raises:
        InvalidMessage: something is not valid. It comes when the reading gets there: what was given before is of
            messages that are valid in themselves, but not of a valid response.
        OSError: the file cannot be read, or there is no room to unpack it.
    """
    file = Path(path)
    with _plain(file) as opened:
        size = opened.seek(0, 2)
        opened.seek(0)
        if size <= _PIECE:
            yield from _some(read_table(opened.read(), limits=limits))
            return
        data = _File(file, opened, size)
        found = _CONTAINER.search(data.part(0, min(_NEAR, size)))
        if found is None or data.declares():  # in a comment or a section, a tag would be no tag
            if size > limits.size:
                raise _not_in_pieces(file, size, limits)
            yield from _some(read_table(data.part(0, size), limits=limits))
            return
        for piece in _pieces(file, data, found.end(), limits):
            try:
                yield from _some(read_table(piece, limits=limits))
            except InvalidMessage as error:
                raise InvalidMessage(f"{file.name}: {error}", error.report) from None


class _File:
    """A file that is read in windows.

    It is not mapped: cut short by somebody else, it would end the process that maps it; here that is a clear error.

    Args:
        path: for errors.
        opened: the file.
        size: how long it was when it was opened.
    """

    def __init__(self, path: Path, opened: IO[bytes], size: int) -> None:
        self._path, self._opened, self.size = path, opened, size
        self._begin, self._window = 0, b""

    def part(self, begin: int, end: int) -> bytes:
        """The bytes from one place to another.

        Raises:
            InvalidMessage: the file is shorter than it was.
        """
        end = min(end, self.size)
        if self._begin <= begin and end <= self._begin + len(self._window):
            return self._window[begin - self._begin : end - self._begin]
        self._opened.seek(begin)
        data = self._opened.read(end - begin)
        if len(data) < end - begin:
            text = "The file became shorter while it was read; read it again when it is whole."
            finding = Finding("READ/file", text, found=f"{begin + len(data)} bytes", expected=f"{self.size} bytes")
            report = Report(str(self._path), findings=(finding,), readable=False)
            raise InvalidMessage(f"{self._path.name}: {text}", report)
        return data

    def near(self, place: int) -> tuple[bytes, int]:
        """A window that holds what follows a place, and where the place is in it."""
        if not (self._begin <= place and min(place + _SPAN, self.size) <= self._begin + len(self._window)):
            window = self.part(place, place + _WINDOW)
            self._begin, self._window = place, window
        return self._window, place - self._begin

    def find(self, text: bytes, at: int) -> int:
        """Where a text stands next; -1 where it does not."""
        while at < self.size:
            window, place = self.near(at)
            found = window.find(text, place)
            if found >= 0:
                return self._begin + found
            at = max(self._begin + len(window) - len(text) + 1, at + 1)
            if self._begin + len(window) >= self.size:
                return -1
        return -1

    def declares(self) -> bool:
        """Whether a comment, a section or a declaration begins anywhere."""
        at = 0
        while (at := self.find(b"!", at)) >= 0:  # one character is quicker to find than two, and this one is rare
            if at and self.part(at - 1, at) == b"<":
                return True
            at += 1
        return False

    def rfind(self, text: bytes, at: int) -> int:
        """Where a text stands last, after a place; it is looked for from the end."""
        end = self.size
        while end > at:
            begin = max(at, end - _SPAN)
            found = self.part(begin, min(end + len(text) - 1, self.size)).rfind(text)
            if found >= 0:
                return begin + found
            end = begin
        return -1


def _some(table: pa.Table) -> Iterator[pa.Table]:
    if table.num_rows:
        yield table


@contextmanager
def _plain(file: Path) -> Iterator[Any]:
    """The file, or what a gzip file holds.

    Raises:
        InvalidMessage: it begins like a gzip file, and is none.
    """
    with file.open("rb") as opened:
        packed = opened.read(2) == b"\x1f\x8b"
        opened.seek(0)
        if not packed:
            yield opened
            return
        with tempfile.TemporaryFile() as unpacked:
            left = file.stat().st_size * _EXPANSION + _PIECE
            try:
                with gzip.open(opened) as inside:
                    while part := inside.read(1 << 20):
                        left -= len(part)
                        if left < 0:
                            raise gzip.BadGzipFile(f"more than {_EXPANSION} times its size when unpacked")
                        unpacked.write(part)
            except (gzip.BadGzipFile, EOFError, zlib.error) as error:
                text = "The file begins like a gzip file but cannot be unpacked; send it again, or send it unpacked."
                finding = Finding("READ/gzip", text, found=str(error), code="Compression", source="XSD")
                report = Report(str(file), findings=(finding,), readable=False)
                raise InvalidMessage(f"{file.name}: {text}", report) from None
            unpacked.seek(0)
            yield unpacked


def _pieces(file: Path, data: _File, begin: int, limits: Limits) -> Iterator[bytes]:
    """The response with some of its messages at a time.

    Where a message ends is where its element is closed for the first time: none has itself inside. Were it otherwise,
    the pieces would not be well-formed, and the reader would say so.
    """
    head, tail = data.part(0, begin), _tail(data, begin)
    first = at = begin
    while (tag := _tag(data, at)) is not None and not tag[0]:
        end = _closed(data, tag[1], tag[2])
        if end is None:
            break
        if end - first > _PIECE and first < at:
            if at - first > limits.size:
                raise _not_in_pieces(file, at - first, limits)
            yield b"".join((head, data.part(first, at), tail))
            first = at
        at = end
    if data.size - first > limits.size:
        raise _not_in_pieces(file, data.size - first, limits)
    yield head + data.part(first, data.size)


def _tag(data: _File, at: int) -> tuple[bytes, bytes, int] | None:
    """The tag that stands next: whether it closes, its name, and where the name ends."""
    window, place = data.near(at)
    found = _TAG.match(window, place)
    return None if found is None else (found[1], found[2], at + found.end() - place)


def _closed(data: _File, name: bytes, at: int) -> int | None:
    """Where an element ends."""
    closing = b"</" + name
    while (place := data.find(closing, at)) >= 0:
        at = place + len(closing)
        end = data.find(b">", at)
        if end >= 0 and not data.part(at, end).strip():
            return end + 1
    return None


def _tail(data: _File, at: int) -> bytes:
    """What closes the response; it stands at the end of the file."""
    place = data.rfind(b"ResultDataSet", at)
    if place < 0:
        return b""
    begin = data.part(max(at, place - _SPAN), place).rfind(b"<")
    return data.part(max(at, place - _SPAN) + begin, data.size) if begin >= 0 else b""


def _not_in_pieces(file: Path, size: int, limits: Limits) -> InvalidMessage:
    text = (
        "A message of that size is more than the hub takes, and only a poll response without comments can be read in "
        "pieces; split it."
    )
    finding = Finding(
        "READ/size",
        text,
        found=f"{size} bytes",
        expected=f"at most {limits.size} bytes",
        code="Size",
        source="SoapUI 2.3",
    )
    return InvalidMessage(f"{file.name}: {text}", Report(str(file), findings=(finding,), readable=False))
