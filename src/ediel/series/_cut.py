"""A document cut into tags and texts, and what its distinct tags say."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np
import pyarrow as pa


class Refused(Exception):
    """The fast way is not sure; the text says of what."""


_TAG: Final = re.compile(
    r"<(?P<close>/?)(?:(?P<prefix>[A-Za-z_][A-Za-z0-9_.-]*):)?(?P<name>[A-Za-z_][A-Za-z0-9_.-]*)"
    r"(?P<attributes>(?:[ \t\r\n]+[A-Za-z_][A-Za-z0-9_.:-]*=(?:\"[^\"<&]*\"|'[^'<&]*'))*)[ \t\r\n]*(?P<empty>/?)>"
)
_ATTRIBUTE: Final = re.compile(r"([A-Za-z_][A-Za-z0-9_.:-]*)=(?:\"([^\"<&]*)\"|'([^'<&]*)')")


@dataclass(frozen=True, slots=True)
class Tag:
    """A distinct tag.

    Attributes:
        close: whether it is an end tag.
        qualified: its name with the prefix, as written.
        name: its name.
        declares: the namespace that it declares for its own prefix, if it does.
        attributes: its other attributes.
    """

    close: bool
    qualified: str
    name: str
    declares: str | None
    attributes: dict[str, str]


@lru_cache(maxsize=20_000)
def tag_of(text: bytes) -> Tag | None:
    found = _TAG.fullmatch(text.decode("ascii"))
    if found is None or found["empty"]:
        return None
    prefix, attributes, declares = found["prefix"], {}, None
    own = "xmlns" if prefix is None else f"xmlns:{prefix}"
    for name, double, single in _ATTRIBUTE.findall(found["attributes"]):
        if name in attributes or (name == own and declares is not None):
            return None
        if name == own:
            declares = double or single
        elif name.startswith("xmlns"):
            return None
        else:
            attributes[name] = double or single
    if found["close"] and (attributes or declares):
        return None
    qualified = found["name"] if prefix is None else f"{prefix}:{found['name']}"
    return Tag(bool(found["close"]), qualified, found["name"], declares, attributes)


@dataclass(frozen=True, slots=True)
class Cut:
    """A document cut into tags.

    Attributes:
        data: the bytes.
        buffer: the same, as numbers.
        opens, closes: where each tag begins, and where it ends (after the last byte).
        code: of each tag, its place among the distinct ones.
        tags: the distinct ones, as bytes.
    """

    data: bytes
    buffer: Any
    opens: Any
    closes: Any
    code: Any
    tags: list[bytes]


def cut_apart(data: bytes) -> Cut:
    if not data.isascii() or b"&" in data or b"\x00" in data:
        raise Refused("something else than plain elements")
    buffer = np.frombuffer(data, "u1")
    opens, closes = np.flatnonzero(buffer == 60), np.flatnonzero(buffer == 62) + 1
    if data[:2] == b"<?":
        opens, closes = opens[1:], closes[1:]
    if len(opens) != len(closes) or len(opens) < 8 or len(data) >= 2**31:
        raise Refused("something else than plain elements")
    if (opens >= closes).any() or (opens[1:] < closes[:-1]).any():
        raise Refused("a bracket in a text")
    if np.isin(buffer[opens + 1], (33, 63)).any():
        raise Refused("a comment, a section or an instruction")
    count = 2 * len(opens)
    offsets = np.empty(count + 1, "i4")
    offsets[0:-1:2], offsets[1::2] = opens, closes
    offsets[-1] = len(data)
    # tags and texts by turns; the texts are marked as absent, so that nobody looks at them
    present = pa.py_buffer(b"\x55" * (count // 8 + 1))
    pieces = pa.Array.from_buffers(pa.binary(), count, [present, pa.py_buffer(offsets), pa.py_buffer(data)])
    encoded = pieces.dictionary_encode()
    code = np.frombuffer(encoded.indices.buffers()[1], "i4")[:count:2]
    return Cut(data, buffer, opens, closes, np.ascontiguousarray(code), encoded.dictionary.to_pylist())
