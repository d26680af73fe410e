"""How the archive keeps bytes: packed by Zstandard, small ones with a dictionary, and verified when they are read.

A row says how it is packed. A dictionary is never changed nor removed, so that old rows stay readable; a better one
gets a name of its own.
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Final

import zstandard

from ediel.store.errors import ArchiveDamaged, ArchiveRemoved

__all__ = [
    "DICTIONARIES",
    "MASKED",
    "PLAIN",
    "REMOVED",
    "masked",
    "masked_plain",
    "pack",
    "parted",
    "removed",
    "stream",
    "unpack",
    "without_line",
]

PLAIN: Final = ""
"""As they came: what is packed already, and rows of releases that did not pack."""
WHOLE: Final = "zstd"
"""Without a dictionary."""
DICTIONARIES: Final = ("zstd-1",)
"""With a dictionary; the last one is used for what arrives."""

MASKED: Final = "masked"
"""With words about a person masked: a line says since when, and which digest the rest has; the row has that of what
arrived."""
REMOVED: Final = "removed"
"""Nothing but the digest of what arrived, and since when."""
_LINE: Final = re.compile(rb"([0-9T:.Z+-]{20,32}) ([0-9a-f]{64})\n")

_SMALL: Final = 32_768
"""A dictionary helps up to about so many bytes."""
_LEVEL_SMALL: Final = 5
"""A message of 1.7 kB takes 172 bytes and 7 µs; at level 6 the same and 10 µs, at level 4 195 bytes and 3 µs."""
_LEVEL_LARGE: Final = 3
_PIECE: Final = 1 << 20
_LARGEST: Final = 2**31
"""A row that says it holds more than this is damaged."""


class _Tools(threading.local):
    """Packing is quick when its state is made once; no two threads may use the same (slots would be shared)."""

    small: zstandard.ZstdCompressor | None = None
    large: zstandard.ZstdCompressor | None = None


_TOOLS: Final = _Tools()


@cache
def _dictionary(name: str) -> zstandard.ZstdCompressionDict:
    data = files("ediel.store").joinpath("dictionaries", f"{name}.dict").read_bytes()
    found = zstandard.ZstdCompressionDict(data)
    found.precompute_compress(level=_LEVEL_SMALL)
    return found


def pack(data: bytes) -> tuple[str, bytes]:
    """Bytes as a row keeps them, and how they are packed; never larger than they came."""
    if len(data) <= _SMALL:
        name = DICTIONARIES[-1]
        if _TOOLS.small is None:
            _TOOLS.small = zstandard.ZstdCompressor(dict_data=_dictionary(name))
        packed = _TOOLS.small.compress(data)
    else:
        name = WHOLE
        if _TOOLS.large is None:
            _TOOLS.large = zstandard.ZstdCompressor(level=_LEVEL_LARGE)
        packed = _TOOLS.large.compress(data)
    return (name, packed) if len(packed) < len(data) else (PLAIN, data)


def masked(data: bytes, moment: str) -> tuple[str, bytes]:
    """How bytes are packed in which words about a person were masked at a moment, and what their row keeps."""
    return MASKED, _line(data, moment) + zstandard.ZstdCompressor(level=_LEVEL_LARGE).compress(data)


def masked_plain(data: bytes, moment: str) -> bytes:
    """Bytes in which words about a person were masked at a moment, with a line that says so, and not packed."""
    return _line(data, moment) + data


def without_line(data: bytes) -> bytes | None:
    """What ``masked_plain`` was made of; ``None`` of other bytes.

    Raises:
        ArchiveDamaged: it has another digest than then.
    """
    line = _LINE.match(data)
    if line is None:
        return None
    expected, rest = line[2].decode(), data[line.end() :]
    return _verified(rest, hashlib.sha256(rest).hexdigest(), expected)


def _line(data: bytes, moment: str) -> bytes:
    return f"{moment} {hashlib.sha256(data).hexdigest()}\n".encode()


def removed(moment: str) -> bytes:
    """What a row keeps in place of bytes that were removed at a moment."""
    return _line(b"", moment)


def parted(packing: str, data: bytes) -> str | None:
    """Since when a row does not keep what arrived, as stored; ``None`` where it does, or where it is damaged."""
    line = _LINE.match(data) if packing in {MASKED, REMOVED} else None
    return None if line is None else line[1].decode()


def unpack(packing: str, data: bytes, sha256: str) -> bytes:
    """The bytes that a row keeps; with words about a person masked where those were erased.

    Args:
        packing: how they are packed.
        data: as the row has them.
        sha256: their digest, in hexadecimal.

    Raises:
        ArchiveRemoved: they were purged, or erased as a whole.
        ArchiveDamaged: they are not what arrived, or a later release has packed them.
    """
    if packing in {MASKED, REMOVED}:
        sha256, data = _after_line(packing, data, sha256)
        packing = WHOLE
    if packing == PLAIN:
        return _verified(data, hashlib.sha256(data).hexdigest(), sha256)
    unpacker = _unpacker(packing, sha256)
    try:
        size = zstandard.frame_content_size(data)
        if not 0 <= size <= _LARGEST:
            raise ArchiveDamaged(_words(sha256, "its size makes no sense"))
        found = unpacker.decompress(data, max_output_size=size)
    except zstandard.ZstdError as error:
        raise ArchiveDamaged(_words(sha256, f"it cannot be unpacked: {error}")) from None
    return _verified(found, hashlib.sha256(found).hexdigest(), sha256)


def stream(packing: str, data: bytes, sha256: str) -> Iterator[bytes]:
    """The bytes that a row keeps, a piece at a time.

    Raises:
        ArchiveRemoved: they were purged, or erased as a whole.
        ArchiveDamaged: they are not what arrived. It comes at the end: nothing that was given may be believed before.
    """
    digest = hashlib.sha256()
    if packing in {MASKED, REMOVED}:
        sha256, data = _after_line(packing, data, sha256)
        packing = WHOLE
    try:
        for piece in _pieces(packing, data, sha256):
            digest.update(piece)
            yield piece
    except zstandard.ZstdError as error:
        raise ArchiveDamaged(_words(sha256, f"it cannot be unpacked: {error}")) from None
    _verified(b"", digest.hexdigest(), sha256)


def _pieces(packing: str, data: bytes, sha256: str) -> Iterator[bytes]:
    if packing != PLAIN:
        yield from _unpacker(packing, sha256).read_to_iter(data, write_size=_PIECE)
        return
    view = memoryview(data)
    for begin in range(0, len(view), _PIECE):
        yield bytes(view[begin : begin + _PIECE])


def _unpacker(packing: str, sha256: str) -> zstandard.ZstdDecompressor:
    if packing == WHOLE:
        return zstandard.ZstdDecompressor()
    if packing in DICTIONARIES:
        return zstandard.ZstdDecompressor(dict_data=_dictionary(packing))
    known = ", ".join((WHOLE, *DICTIONARIES))
    raise ArchiveDamaged(_words(sha256, f"it is packed as {packing}, and this release knows {known}"))


def _after_line(packing: str, data: bytes, sha256: str) -> tuple[str, bytes]:
    """Digest and bytes of what is kept in place of what arrived."""
    line = _LINE.match(data)
    if line is None:
        raise ArchiveDamaged(_words(sha256, "it does not say since when it is masked or removed"))
    if packing == REMOVED:
        raise ArchiveRemoved(
            f"what arrived with the digest {sha256} was removed at {line[1].decode()}: see ediel db check"
        )
    return line[2].decode(), data[line.end() :]


def _verified(data: bytes, found: str, expected: str) -> bytes:
    if found != expected:
        raise ArchiveDamaged(_words(expected, f"what is there has the digest {found}"))
    return data


def _words(sha256: str, what: str) -> str:
    return (
        f"the archive does not hold what arrived with the digest {sha256}: {what}. Restore the database from a backup, "
        "or fetch the message again"
    )
