"""Gzip, unpacked in linear time and no further than the limits."""

from __future__ import annotations

import io
import re
import zlib
from mmap import mmap
from typing import Final, Protocol

__all__ = ["Output", "fits", "unpack", "unpack_to"]
from ediel.xml._limits import LIMITS, Limits, Unreadable, no_memory, refuse, too_large


class Output(Protocol):
    """Where unpacked bytes go."""

    def write(self, data: bytes, /) -> object:
        """Take some bytes."""

    def tell(self) -> int:
        """How many were taken."""


def unpack(data: bytes, limits: Limits = LIMITS) -> bytes:
    """The same bytes, or what a gzip file holds.

    Raises:
        Unreadable: the gzip file is broken, or larger than the limits.
    """
    if data[:2] != b"\x1f\x8b":
        return data
    out = io.BytesIO()
    if size := _expected(data, limits):  # in one place from the beginning: a large one that grows leaves holes behind
        out.seek(size - 1)
        out.write(b"\0")
        out.seek(0)
    unpack_to(data, out, limits)
    out.truncate()
    return out.getvalue()


_LARGE: Final = 1_000_000
_GROWTH: Final = 64


def _expected(data: bytes, limits: Limits) -> int:
    """How many bytes a large gzip file says that it holds; 0 where that is not likely."""
    stated = int.from_bytes(data[-4:], "little")
    return stated if _LARGE < stated <= min(limits.size, _GROWTH * len(data)) else 0


def unpack_to(data: bytes | mmap, out: Output, limits: Limits = LIMITS) -> None:
    """Write what a gzip file holds, some of it at a time.

    Raises:
        Unreadable: the gzip file is broken, or larger than the limits.
    """
    if len(data) > limits.packed:
        raise refuse(
            "READ/size",
            f"The gzip file is larger than the limit of {limits.packed} bytes; split the message.",
            found=f"{len(data)} bytes",
            code="Size",
            source="SoapUI 2.3",
        )
    try:
        _inflate(data, out, limits)
    except zlib.error:
        raise refuse(
            "READ/gzip",
            "The input begins like a gzip file but cannot be unpacked; send it again, or send it unpacked.",
            found="broken gzip data",
            expected="a whole gzip file, or XML",
            code="Compression",
            source="XSD",
        ) from None
    except MemoryError:
        raise no_memory() from None
    if out.tell() > limits.size:
        raise too_large(limits, f"more than {limits.size} bytes when unpacked")


def fits(data: bytes, size: int) -> bool:
    """Whether bytes are at most so many, unpacked; little more than that is unpacked to tell. Broken gzip fits."""
    if data[:2] != b"\x1f\x8b":
        return len(data) <= size
    out = io.BytesIO()
    try:
        _inflate(data, out, Limits(size=size))
    except (zlib.error, Unreadable):
        return True
    return out.tell() <= size


_PADDING: Final = re.compile(rb"\0*")
_FIRST_PIECE: Final = 512
_LARGEST_PIECE: Final = 1 << 16
_LARGEST_OUTPUT: Final = 1 << 20
"""Bytes that are unpacked at once: what a bomb unpacks to is never held twice."""


def _inflate(data: bytes | mmap, out: Output, limits: Limits) -> None:
    """Write what the members of a gzip file hold, up to one byte more than the limit.

    A member is given to zlib in pieces that grow: zlib copies what lies behind a member's end, so a whole file of many
    small members would be copied once for each.
    """
    view, place, members = memoryview(data), 0, 0
    while place < len(data) and out.tell() <= limits.size:
        members += 1
        if members > limits.members:
            raise refuse(
                "READ/gzip",
                f"The gzip file has more than {limits.members} members; pack the message as one.",
                found=f"more than {limits.members} gzip members",
                expected="one gzip member",
                code="Compression",
                source="XSD",
            )
        stream, step = zlib.decompressobj(wbits=31), _FIRST_PIECE
        while not stream.eof and out.tell() <= limits.size:
            piece = view[place : place + step]
            if not piece:
                raise zlib.error("truncated")
            out.write(stream.decompress(piece, min(limits.size + 1 - out.tell(), _LARGEST_OUTPUT)))
            place += len(piece) - len(stream.unused_data) - len(stream.unconsumed_tail)
            step = min(2 * step, _LARGEST_PIECE)
        padding = _PADDING.match(data, place)
        place = padding.end() if padding else place
