"""The fast way with the accelerator: every series is matched by a program from the schema.

The rest of the document (envelope, headers, and the first series of each message) goes through the schema and the
ordinary reader as it stands. They also say which prefixes are in scope where the series begin; the matcher was told
what a look at the text suggested, and what it found counts only if that was right.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa

from ediel.messages import CollectedData, Message
from ediel.messages._base import ENTITIES
from ediel.series._accelerator import MATCHER
from ediel.series._columns import NOTHING, Columns
from ediel.series._cut import Refused
from ediel.series._frame import metering
from ediel.series._program import REGISTERS, Program, program
from ediel.series._texts import NUMBERS

__all__ = ["available", "read"]

_NAME: Final = b"PayloadEnergyTimeSeries"
_TAG: Final = re.compile(rb"<(/?)([^\s<>/]+)([^<>]*?)(/?)>")
_VALUE: Final = re.compile(rb"</(?:[\w.-]+:)?Observation\s*>")
_DECLARED: Final = re.compile(rb"""\sxmlns(?::([^\s=]+))?=(?:"([^"]*)"|'([^']*)')""")
_LEAST_VALUE: Final = 50
"""No value takes fewer bytes than this, and no series fewer than six of them."""
_FEW: Final = 64
"""Up to so many texts are looked at one by one; beyond, columns of texts are faster."""
Scope = dict[bytes, bytes]


def available() -> bool:
    """Whether the accelerator was built."""
    return MATCHER is not None


@dataclass(frozen=True, slots=True)
class _Series:
    """The series of one message.

    Attributes:
        kept: a row of words for each, as the program says.
        program: the program.
        prefixes: of each of its namespaces the prefix that was taken to be in scope.
        rows: where its values begin and end.
    """

    kept: Any
    program: Program
    prefixes: tuple[bytes | None, ...]
    rows: tuple[int, int]


def read(data: bytes) -> Columns:
    """The columns of a document.

    Raises:
        Refused: it is not sure.
    """
    room = len(data) // _LEAST_VALUE + 1
    values = tuple(np.empty(room, kind) for _, kind in REGISTERS)
    found = _match(data, values)
    messages = _messages(data, found)
    columns = Columns()
    _words(columns, data, found, messages)
    rows = found[-1].rows[1]
    first = np.concatenate([item.kept[:, 2] for item in found])
    columns.counts = np.diff(np.append(first, rows))
    kept = dict(zip((name for name, _ in REGISTERS), (column[:rows] for column in values), strict=True))
    columns.sequence, columns.thousandths, columns.kind = [kept["sequence"]], [kept["thousandths"]], [kept["kind"]]
    columns.quality, columns.validation = [kept["quality"]], [kept["validation"]]
    columns.estimation, columns.imbalance = [kept["estimation"]], [kept["imbalance"] > 0]
    for item, message in zip(found, messages, strict=True):
        if isinstance(message, CollectedData):
            _unique(data, item, kept["sequence"])
    return columns


def _match(data: bytes, values: tuple[Any, ...]) -> list[_Series]:
    """The series of each message, one after the other."""
    if MATCHER is None:
        raise Refused("the accelerator was not built")
    found: list[_Series] = []
    stack: list[tuple[bytes, Scope]] = [(b"", {})]
    at = rows = 0
    while (place := data.find(_NAME, at)) >= 0:
        begin = data.rfind(b"<", at, place)
        if begin < 0:
            raise Refused("something else than plain elements")
        _follow(stack, data[at:begin])
        scope = stack[-1][1]
        prefix = data[begin + 1 : place].removesuffix(b":")
        compiled = program(scope.get(prefix, b"").decode("ascii", "replace")) if prefix in scope else None
        if compiled is None:
            raise Refused("series of another message")
        prefixes = (prefix, next((name for name, space in scope.items() if space == ENTITIES.encode()), None))
        kept = np.empty((min(compiled.most + 1, (len(data) - begin) // (6 * _LEAST_VALUE) + 1), len(compiled.blank)))
        kept = kept.view("i8")
        count, until, end, stopped = MATCHER.match(
            data, begin, compiled.words, compiled.texts, compiled.spaces, prefixes, kept, compiled.blank, values, rows
        )
        if not 0 < count <= compiled.most:
            raise Refused(f"a series of another form, at byte {stopped}")
        found.append(_Series(kept[:count], compiled, prefixes, (rows, until)))
        at, rows = end, until
    if not found:
        raise Refused("no series of values")
    return found


def _follow(stack: list[tuple[bytes, Scope]], text: bytes) -> None:
    """Which elements are open after some text, and which prefixes are in scope in each."""
    for closes, name, attributes, empty in _TAG.findall(text):
        if name[:1] in {b"?", b"!"} or empty:
            continue
        if not closes:
            declared = {prefix: double or single for prefix, double, single in _DECLARED.findall(attributes)}
            stack.append((name, {**stack[-1][1], **declared}))
        elif stack[-1][0] == name:
            stack.pop()
        else:
            raise Refused("something else than plain elements")


def _messages(data: bytes, found: list[_Series]) -> list[Message]:
    """The messages of the series: the document with the first series of each, through schema and ordinary reader."""
    parts, at = [], 0
    for item in found:
        begin, end = item.kept[0, :2].tolist()
        first = _VALUE.search(data, begin, end)
        if first is not None:  # of the values, which were all matched, the first stands for the others
            parts.append(data[at : first.end()])
            at = data.rfind(b"</", begin, end)
        parts.append(data[at:end])
        at = int(item.kept[-1, 1])
    parts.append(data[at:])
    frame = b"".join(parts)
    if b"<!" in frame or b"<?" in frame[1:]:
        raise Refused("a comment, a section or an instruction")
    said = metering(frame)
    if [len(message.payloads) for _, message in said] != [1] * len(found):
        raise Refused("series that belong to another message")
    for (element, _), item in zip(said, found, strict=True):
        scope = element.nsmap  # of the parent of its series
        for prefix, space in zip(item.prefixes, item.program.spaces, strict=True):
            if prefix is not None and scope.get(prefix.decode() or None) != space.decode():
                raise Refused("prefixes that are declared in another way")
    return [message for _, message in said]


def _words(columns: Columns, data: bytes, found: list[_Series], messages: list[Message]) -> None:
    """What is said of each series before its values."""
    constant = [(item.kept[1:] == item.kept[:-1]).all(axis=0) for item in found]
    for name in columns.words:
        texts = [_texts(data, item, name, same) for item, same in zip(found, constant, strict=True)]
        columns.words[name] = texts[0] if len(texts) == 1 else _together(texts, found)
    ids = [item.header.identification for item in messages]
    processes = [item.process.business_process.value for item in messages]
    columns.words["message_id"] = ids[0] if len(ids) == 1 else _together(ids, found)
    columns.words["process"] = processes[0] if len(ids) == 1 else _together(processes, found)
    numbers = {name: np.concatenate([_numbers(item, name) for item in found]) for name in NUMBERS}
    columns.start, columns.end = numbers["start"], numbers["end"]
    columns.registered, columns.inserted = numbers["registered"], numbers["inserted"]


def _together(parts: list[Any], found: list[_Series]) -> pa.DictionaryArray:
    """Words of several messages in one list; a word alone is that of all series of its message."""
    arrays = [
        part if isinstance(part, pa.DictionaryArray) else pa.array([part], pa.string()).take(_zeros(item))
        for part, item in zip(parts, found, strict=True)
    ]
    encoded = [part if isinstance(part, pa.DictionaryArray) else part.dictionary_encode() for part in arrays]
    return pa.chunked_array(encoded).unify_dictionaries().combine_chunks()


def _zeros(item: _Series) -> pa.Array:
    return pa.array(np.zeros(len(item.kept), "i4"))


def _numbers(item: _Series, name: str) -> Any:
    place = item.program.columns.get(name)
    return np.full(len(item.kept), NOTHING) if place is None else item.kept[:, place]


def _texts(data: bytes, item: _Series, name: str, constant: Any) -> pa.DictionaryArray | str | None:
    """A text of each series as a place in the list of the distinct ones; or one for all.

    A text that is that of the series before points at the same place, and is looked at once.
    """
    place, count = item.program.columns.get(name), len(item.kept)
    if place is None:
        return None
    if constant[place]:
        begin, end = item.kept[0, place : place + 2].tolist()
        return None if begin < 0 else data[begin:end].decode("ascii")
    begins = item.kept[:, place]
    others = np.append(0, np.flatnonzero(begins[1:] != begins[:-1]) + 1)
    edges = item.kept[others, place : place + 2]
    places, words = (_few if len(others) <= _FEW else _many)(data, edges)
    if len(others) < count:
        places = np.repeat(places, np.diff(np.append(others, count)))
    absent = None if places.min() >= 0 else places < 0
    return pa.DictionaryArray.from_arrays(pa.array(places, mask=absent), words)


def _few(data: bytes, edges: Any) -> tuple[Any, pa.Array]:
    """Some texts, one by one: places in the list of the distinct ones, -1 where there is none; and the list."""
    known: dict[bytes | None, int] = {None: -1}
    places = [known.setdefault(None if begin < 0 else data[begin:end], len(known) - 1) for begin, end in edges.tolist()]
    del known[None]
    return np.array(places, "i4"), pa.array([text.decode("ascii") for text in known if text is not None], pa.string())


def _many(data: bytes, edges: Any) -> tuple[Any, pa.Array]:
    """The same for many, without making an object of each."""
    count = len(edges)
    there = edges[:, 0] >= 0
    # text, gap, text, gap and so on: every other one is a text
    ends = np.maximum.accumulate(np.append(np.maximum(edges, 0), 0)).astype("i4")
    both = pa.Array.from_buffers(pa.string(), 2 * count, [None, pa.py_buffer(ends), pa.py_buffer(data)])
    every = pa.array(np.arange(0, 2 * count, 2, dtype="i4"), mask=None if there.all() else ~there)
    encoded = both.take(every).dictionary_encode()
    return encoded.indices.fill_null(-1).to_numpy(), encoded.dictionary


def _unique(data: bytes, item: _Series, sequence: Any) -> None:
    """The two constraints of CollectedData: identifications of series, and positions of values in a series."""
    count = len(item.kept)
    ids = _texts(data, item, "payload_id", np.zeros(item.kept.shape[1], "?"))
    if not isinstance(ids, pa.DictionaryArray) or len(ids.dictionary) != count:
        raise Refused("an identification of a series stands twice")
    first, last = item.rows
    rising = np.diff(sequence[first:last]) > 0
    edges = item.kept[1:, 2] - first - 1  # from one series to the next; some have no values
    rising[edges[(edges >= 0) & (edges < len(rising))]] = True
    if not rising.all():
        raise Refused("positions that do not rise")
