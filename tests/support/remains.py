"""What a database still says of somebody: its raw files, and every value in it with all packing undone."""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import zstandard
from lxml import etree
from sqlalchemy import inspect, text

from ediel.store import Store
from ediel.store._packing import DICTIONARIES, _dictionary

_FRAME = b"\x28\xb5\x2f\xfd"


def in_files(path: Path, marks: Iterable[str]) -> set[str]:
    """Marks in the bytes of a database's file and of those beside it; what is packed in them is unpacked."""
    found: set[str] = set()
    for file in path.parent.glob(f"{path.name}*"):
        data = file.read_bytes()
        for piece in (data, *_frames(data)):
            found |= {mark for mark in marks if _forms(mark).search(piece)}
    return found


def in_tables(store: Store, marks: Iterable[str]) -> set[tuple[str, str]]:
    """Marks in values of any table, whoever made it, by table: packed, JSON in texts, XML with characters as numbers."""
    found: set[tuple[str, str]] = set()
    with store.engine.connect() as connection:
        for table in inspect(connection).get_table_names():
            for row in connection.execute(text(f'SELECT * FROM "{table}"')):
                for value in row:
                    for form in _all_forms(value):
                        found |= {(table, mark) for mark in marks if _forms(mark).search(form)}
    return found


def _forms(mark: str) -> re.Pattern[bytes]:
    """A mark as it may be written: digits with anything of one character between them; words with any space."""
    if mark.isdigit():
        return re.compile(rb"[ .\t\n-]?".join(digit.encode() for digit in mark))
    return re.compile(rb"\s+".join(re.escape(word.encode()) for word in mark.split()), re.IGNORECASE)


def _all_forms(value: object) -> Iterator[bytes]:
    if isinstance(value, str):
        yield value.encode()
        if value[:1] in "{[" and value:
            try:
                yield json.dumps(json.loads(value), ensure_ascii=False).encode()
            except ValueError:
                return
    elif isinstance(value, (bytes, memoryview)):
        for data in (bytes(value), *_frames(bytes(value))):
            yield data
            plain = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
            yield plain
            try:
                root = etree.fromstring(plain)
            except (etree.XMLSyntaxError, ValueError):
                continue
            yield etree.tostring(root.getroottree(), encoding="utf-8")


def _frames(data: bytes) -> Iterator[bytes]:
    """Whatever can be unpacked in bytes: Zstandard frames with and without a dictionary, gzip members."""
    for place in (match.start() for match in re.finditer(re.escape(_FRAME), data)):
        for dictionary in (None, *DICTIONARIES):
            tool = zstandard.ZstdDecompressor(dict_data=None if dictionary is None else _dictionary(dictionary))
            reader = tool.decompressobj()
            try:
                yield reader.decompress(data[place:])
            except zstandard.ZstdError:
                continue
    for place in (match.start() for match in re.finditer(rb"\x1f\x8b\x08", data)):
        try:
            yield zlib.decompressobj(31).decompress(data[place:])
        except zlib.error:
            continue
