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

from ediel.messages import CollectedData
from ediel.messages._base import ENTITIES
from ediel.messages.series_layout import OBSERVATION, SERIES
from ediel.series._accelerator import MATCHER
from ediel.series._columns import NOTHING, SERIES_WORDS, Columns, Words, joined
from ediel.series._cut import Refused
from ediel.series._frame import metering, series_of
from ediel.series._program import REGISTERS, Program, program
from ediel.xml import Head

__all__ = ["Matched", "available", "match", "read"]

_NAME: Final = SERIES.encode()
_TAG: Final = re.compile(rb"<(/?)([^\s<>/]+)([^<>]*?)(/?)>")
_VALUE: Final = re.compile(rb"</(?:[\w.-]+:)?%s\s*>" % OBSERVATION.encode())
_DECLARED: Final = re.compile(rb"""\sxmlns(?::([^\s=]+))?=(?:"([^"]*)"|'([^']*)')""")
_LEAST_VALUE: Final = 50
"""No value takes fewer bytes than this, and no series fewer than six of them."""
_NONE: Final = Words.same(None)
Scope = dict[bytes, bytes]


def available() -> bool:
    """Whether the accelerator was built."""
    return MATCHER is not None


@dataclass(frozen=True, slots=True)
class Kept:
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

    def limits(self) -> Any:
        """Where each series begins and ends in the document: a row of two for each."""
        return self.kept[:, :2]


@dataclass(frozen=True, slots=True)
class Matched:
    """What was found in a document.

    Attributes:
        columns: its values.
        series: the series of each message that holds values.
        heads: those messages, in the frame.
        frame: the document with the first series of each message alone, and of its values the first.
        cuts: what of the document is not in the frame: where each piece begins and ends.
    """

    columns: Columns
    series: list[Kept]
    heads: list[Head]
    frame: bytes
    cuts: list[tuple[int, int]]


def read(data: bytes) -> Columns:
    """The columns of a document.

    Raises:
        Refused: it is not sure.
    """
    return match(data).columns


def match(data: bytes) -> Matched:
    """The columns of a document, and where they stand in it.

    Raises:
        Refused: it is not sure.
    """
    room = len(data) // _LEAST_VALUE + 1
    values = tuple(np.empty(room, kind) for _, kind in REGISTERS)
    found = _match(data, values)
    messages, frame, cuts = _messages(data, found)
    columns = Columns()
    _words(columns, data, found, messages)
    rows = found[-1].rows[1]
    first = joined([item.kept[:, 2] for item in found], "i8")
    columns.counts = np.diff(np.append(first, rows))
    kept = dict(zip((name for name, _ in REGISTERS), (column[:rows] for column in values), strict=True))
    columns.sequence, columns.thousandths, columns.kind = [kept["sequence"]], [kept["thousandths"]], [kept["kind"]]
    columns.quality, columns.validation = [kept["quality"]], [kept["validation"]]
    columns.estimation, columns.imbalance = [kept["estimation"]], [kept["imbalance"] > 0]
    series = 0
    for item, message in zip(found, messages, strict=True):
        if message.model is CollectedData:
            _unique(item, columns.words["payload_id"], series, kept["sequence"])
        series += len(item.kept)
    return Matched(columns, found, messages, frame, cuts)


def _match(data: bytes, values: tuple[Any, ...]) -> list[Kept]:
    """The series of each message, one after the other."""
    if MATCHER is None:
        raise Refused("the accelerator was not built")
    result: list[Kept] = []
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
        result.append(Kept(kept[:count], compiled, prefixes, (rows, until)))
        at, rows = end, until
    if not result:
        raise Refused("no series of values")
    return result


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


def _messages(data: bytes, found: list[Kept]) -> tuple[list[Head], bytes, list[tuple[int, int]]]:
    """The messages of the series: the document with the first series of each, through schema and ordinary reader.

    And that document, the frame, and what was cut out for it: two pieces for each message, which may be empty.
    """
    parts, at, cuts = [], 0, []
    for item in found:
        begin, end = item.kept[0, :2].tolist()
        first = _VALUE.search(data, begin, end)
        if first is not None:  # of the values, which were all matched, the first stands for the others
            parts.append(data[at : first.end()])
            at = data.rfind(b"</", begin, end)
        cuts.append((at if first is None else first.end(), at))
        parts.append(data[at:end])
        at = int(item.kept[-1, 1])
        cuts.append((end, at))
    parts.append(data[at:])
    frame = b"".join(parts)
    if b"<!" in frame or b"<?" in frame[1:]:
        raise Refused("a comment, a section or an instruction")
    given = metering(frame)
    if [series_of(item) for item in given] != [1] * len(found):
        raise Refused("series that belong to another message")
    for head, item in zip(given, found, strict=True):
        scope = head.element.nsmap  # of the parent of its series
        for prefix, space in zip(item.prefixes, item.program.spaces, strict=True):
            if prefix is not None and scope.get(prefix.decode() or None) != space.decode():
                raise Refused("prefixes that are declared in another way")
    return given, frame, cuts


def _words(columns: Columns, data: bytes, found: list[Kept], messages: list[Head]) -> None:
    """What is said of each series before its values."""
    counts = [len(item.kept) for item in found]
    texts = [_texts(data, item) for item in found]
    for name in SERIES_WORDS:
        columns.words[name] = Words.together([words.get(name, _NONE) for words in texts], counts)
    ids = Words.of([item.header.identification for item in messages])
    processes = Words.of([item.process.business_process.value for item in messages])
    of_message = np.repeat(np.arange(len(found)), counts) if len(found) > 1 else None
    columns.words |= {"message_id": ids.at(of_message), "process": processes.at(of_message)}
    columns.start, columns.end, columns.registered, columns.inserted = (
        joined([_numbers(item, name) for item in found], "i8")
        for name in ("start", "end", "registration_time", "insert_time")
    )


def _numbers(item: Kept, name: str) -> Any:
    place = item.program.columns.get(name)
    return np.full(len(item.kept), NOTHING) if place is None else item.kept[:, place]


def _texts(data: bytes, item: Kept) -> dict[str, Words]:
    """The texts of the series, by name: each distinct one once."""
    places, kept = item.program.texts_at, item.kept
    out = np.empty((len(places), len(kept)), "i4")
    assert MATCHER is not None
    found = MATCHER.distinct(data, kept, kept.shape[1], np.array([*places.values()], "i4"), out)
    words = {}
    for name, of_each, (absent, offsets, texts) in zip(places, out, found, strict=True):
        count = len(offsets) // 4 - 1
        if not count:
            continue
        listed = pa.Array.from_buffers(pa.string(), count, [None, pa.py_buffer(offsets), pa.py_buffer(texts)])
        words[name] = Words(0 if count == 1 and not absent else of_each, listed)
    return words


def _unique(item: Kept, ids: Words, first: int, sequence: Any) -> None:
    """The two constraints of CollectedData: identifications of series, and positions of values in a series."""
    count = len(item.kept)
    places = ids.places if isinstance(ids.places, int) else ids.places[first : first + count]
    if len(np.unique(places)) != count:
        raise Refused("an identification of a series stands twice")
    begin, end = item.rows
    rising = np.diff(sequence[begin:end]) > 0
    edges = item.kept[1:, 2] - begin - 1  # from one series to the next; some have no values
    rising[edges[(edges >= 0) & (edges < len(rising))]] = True
    if not rising.all():
        raise Refused("positions that do not rise")
