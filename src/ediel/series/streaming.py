"""Files larger than memory: a poll response is read some messages at a time."""

from __future__ import annotations

import gzip
import mmap
import re
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from ediel.errors import InvalidMessage
from ediel.report import Finding, Report
from ediel.series._read import read_table
from ediel.xml import LIMITS, Limits

__all__ = ["stream"]

_PIECE: Final = 16_000_000
"""Messages are put together up to about so many bytes; a larger one comes alone."""
_WINDOW: Final = 16_000_000
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
        with mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as data:
            found = _CONTAINER.search(data, 0, _NEAR)
            if found is None or _holds(data, b"<!"):  # in a comment or a section, a tag would be no tag
                if size > limits.size:
                    raise _not_in_pieces(file, size, limits)
                yield from _some(read_table(data[:], limits=limits))
                return
            for piece in _pieces(file, data, found.end(), limits):
                try:
                    yield from _some(read_table(piece, limits=limits))
                except InvalidMessage as error:
                    raise InvalidMessage(f"{file.name}: {error}", error.report) from None


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


def _pieces(file: Path, data: mmap.mmap, begin: int, limits: Limits) -> Iterator[bytes]:
    """The response with some of its messages at a time.

    Where a message ends is where its element is closed for the first time: none has itself inside. Were it otherwise,
    the pieces would not be well-formed, and the reader would say so.
    """
    head, tail = data[:begin], _tail(data, begin)
    first = at = begin
    while (tag := _TAG.match(data, at)) is not None and not tag[1]:
        end = _closed(data, tag[2], tag.end())
        if end is None:
            break
        if end - first > _PIECE and first < at:
            if at - first > limits.size:
                raise _not_in_pieces(file, at - first, limits)
            yield _joined(head, data, first, at, tail)
            _forget(data, first, at)
            first = at
        at = end
    if len(data) - first > limits.size:
        raise _not_in_pieces(file, len(data) - first, limits)
    yield _joined(head, data, first, len(data), b"")


def _joined(head: bytes, data: mmap.mmap, first: int, last: int, tail: bytes) -> bytes:
    with memoryview(data) as whole, whole[first:last] as part:
        return b"".join((head, part, tail))


def _holds(data: mmap.mmap, text: bytes) -> bool:
    """Whether a text stands anywhere."""
    for begin in range(0, len(data), _WINDOW):
        end = min(begin + _WINDOW + len(text) - 1, len(data))
        if data.find(text, begin, end) >= 0:
            return True
        _forget(data, begin, end)
    return False


def _forget(data: mmap.mmap, begin: int, end: int) -> None:
    """Let go of the pages of a part that is done with; they count as memory of the process until then."""
    if hasattr(mmap, "MADV_DONTNEED"):
        first = -(-begin // mmap.PAGESIZE) * mmap.PAGESIZE
        if end - first >= mmap.PAGESIZE:
            data.madvise(mmap.MADV_DONTNEED, first, end - first)


def _closed(data: mmap.mmap, name: bytes, at: int) -> int | None:
    """Where an element ends."""
    closing = b"</" + name
    while (place := data.find(closing, at)) >= 0:
        at = place + len(closing)
        end = data.find(b">", at)
        if end >= 0 and not data[at:end].strip():
            return end + 1
    return None


def _tail(data: mmap.mmap, at: int) -> bytes:
    """What closes the response; it stands at the end of the file."""
    place = data.rfind(b"ResultDataSet", at)
    begin = data.rfind(b"<", at, place) if place >= 0 else -1
    return data[begin:] if begin >= 0 else b""


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
