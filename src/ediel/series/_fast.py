"""The fast way from bytes to columns. What it accepts, the schema accepts with the same content.

What it is not sure of it refuses, and the ordinary reader says what it is. Tags and texts are cut apart in one pass
over the bytes, and every distinct tag is looked at once. The frame of the document (envelope, headers, and of every
shape of series the first one) goes through the schema as it stands; the other series of that shape must have the very
same tags, and values of the same strict form.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from ediel.messages import CollectedData
from ediel.messages._base import ENTITIES
from ediel.messages.series_layout import INTERVAL_FORMS, MOST_OBSERVATIONS, MOST_SERIES, OBSERVATION, SERIES
from ediel.series._columns import NOTHING, SERIES_WORDS, Columns, Words
from ediel.series._cut import Cut, Refused, Tag, cut_apart, tag_of
from ediel.series._frame import metering, series_of
from ediel.series._texts import LEAVES, NUMBERS, thousandths
from ediel.xml import Head

__all__ = ["Refused", "read"]

_PAYLOAD: Final = SERIES
_SEQUENCE: Final = re.compile(r"0|[1-9][0-9]{0,3}")
_KINDS: Final = {form.element: place for place, form in enumerate(INTERVAL_FORMS)}
_MARKS: Final = {form.element: (form.required, form.allowed) for form in INTERVAL_FORMS}
"""Attributes of each kind of value: those that it must have, and those that it may have."""
_TEXTS: Final = {mark.name: mark.texts for form in INTERVAL_FORMS for mark in form.marks}
_REGISTERS: Final = {mark.field: mark.name for form in INTERVAL_FORMS for mark in form.marks}


def read(data: bytes) -> Columns:
    """The columns of a document.

    Raises:
        Refused: it is not sure.
    """
    cut = cut_apart(data)
    tags = [tag_of(text) for text in cut.tags]
    names = [None if tag is None else f"{'/' if tag.close else ''}{tag.name}" for tag in tags]
    first = _where(cut, names, _PAYLOAD)
    last = _where(cut, names, f"/{_PAYLOAD}")
    if len(first) == 0 or len(first) != len(last) or (first >= last).any() or (first[1:] <= last[:-1]).any():
        raise Refused("no series of values, or one inside another")
    inside = np.zeros(len(cut.code) + 1, "i4")
    inside[first] += 1
    inside[last + 1] -= 1
    within = np.cumsum(inside[:-1]) > 0
    used = np.unique(cut.code[within])
    if any(tags[code] is None for code in used):
        raise Refused("a tag of another form")
    if not _closes(tags, cut.code[last], cut.code[first]):
        raise Refused("a series that is closed by another name")
    messages = np.concatenate([[0], np.cumsum(first[1:] != last[:-1] + 1)])
    observed = _where(cut, names, OBSERVATION)
    observed = observed[within[observed]]
    starts = np.searchsorted(observed, first)
    counts = np.searchsorted(observed, last) - starts
    if (counts < 1).any() or counts.max() > MOST_OBSERVATIONS or np.bincount(messages).max() > MOST_SERIES:
        raise Refused("a series without interval values, or too many")
    heads = observed[starts]
    shapes, shown = _shapes(cut, first, heads, messages)
    heads_read = _frame(cut, first, last, shown, messages)
    _blank(cut, first, last)
    columns = Columns()
    _headers(cut, tags, columns, first, heads, shapes, messages, heads_read)
    _observations(cut, tags, columns, observed, last, starts, counts)
    unique_sequence = [item.model is CollectedData for item in heads_read]
    _check_unique(columns, messages, unique_sequence, counts)
    return columns


def _where(cut: Cut, names: list[str | None], name: str) -> Any:
    codes = [place for place, found in enumerate(names) if found == name]
    if not codes:
        return np.zeros(0, "i8")
    if len(codes) == 1:
        return np.flatnonzero(cut.code == codes[0])
    wanted = np.zeros(len(names), "?")
    wanted[codes] = True
    return np.flatnonzero(wanted[cut.code])


def _shapes(cut: Cut, first: Any, heads: Any, messages: Any) -> tuple[list[int], list[int]]:
    """The shape of each series (its tags before the values), and the first series of each shape of each message."""
    known: dict[tuple[int, bytes], int] = {}
    shapes, shown = [], []
    code = np.ascontiguousarray(cut.code, "i4")
    for number, (begin, end, message) in enumerate(zip(first.tolist(), heads.tolist(), messages.tolist(), strict=True)):
        key = (message, code[begin:end].tobytes())
        if key not in known:
            known[key] = len(known)
            shown.append(number)
        shapes.append(known[key])
    if len(known) > 1000:
        raise Refused("too many shapes")
    return shapes, shown


def _frame(cut: Cut, first: Any, last: Any, shown: list[int], messages: Any) -> list[Head]:
    """The document with one series of each shape, through the schema; gives the messages with values in it."""
    parts, at = [], 0
    keep = set(shown)
    begins, ends = cut.opens[first].tolist(), cut.closes[last].tolist()
    for number, (begin, end) in enumerate(zip(begins, ends, strict=True)):
        if number not in keep:
            parts.append(cut.data[at:begin])
            at = end
    parts.append(cut.data[at:])
    frame = b"".join(parts)
    heads_read = metering(frame)
    count = int(messages[-1]) + 1
    of_each = np.bincount(messages[shown], minlength=count)
    if len(heads_read) != count or [series_of(item) for item in heads_read] != of_each.tolist():
        raise Refused("series that belong to another message")
    return heads_read


def _blank(cut: Cut, first: Any, last: Any) -> None:
    """Between two tags of which the first does not open what the second closes stands nothing but white space.

    Texts of leaves are looked at with their values; here it is all the others.
    """
    begin, end = int(first[0]), int(last[-1])
    lengths = cut.opens[begin + 1 : end + 1] - cut.closes[begin:end]
    closing = cut.buffer[cut.opens[begin : end + 1] + 1] == 47
    leaf = ~closing[:-1] & closing[1:]
    filled = np.flatnonzero((lengths > 0) & ~leaf)
    if len(filled) == 0:
        return
    if lengths[filled].max() > 200:
        raise Refused("text between elements")
    starts = cut.closes[begin:end][filled]
    for place in range(int(lengths[filled].max())):
        inside = place < lengths[filled]
        char = cut.buffer[np.where(inside, starts + place, starts)]
        if not np.isin(char, (32, 9, 10, 13)).all():
            raise Refused("text between elements")


def _headers(
    cut: Cut,
    tags: list[Any],
    columns: Columns,
    first: Any,
    heads: Any,
    shapes: list[int],
    messages: Any,
    heads_read: list[Head],
) -> None:
    """What is said of each series before its values: leaf by leaf, each distinct text once."""
    count = len(shapes)
    words: dict[str, list[Any]] = {}
    numbers: dict[str, list[int]] = {name: [int(NOTHING)] * count for name in NUMBERS}
    of_shape = np.asarray(shapes)
    data = cut.data
    for shape in range(int(of_shape.max()) + 1):
        series = np.flatnonzero(of_shape == shape)
        begins = first[series]
        codes = cut.code[int(begins[0]) : int(heads[series[0]])]
        everywhere = len(series) == count
        places = series.tolist()
        for name, parse, place in _leaves([tags[code] for code in codes]):
            starts, ends = cut.closes[begins + place].tolist(), cut.opens[begins + place + 1].tolist()
            texts = [data[start:end] for start, end in zip(starts, ends, strict=True)]
            known = {text: parse(text.decode("ascii")) for text in set(texts)}
            if name is None:
                continue  # looked at, and not kept
            column = numbers[name] if name in numbers else words.setdefault(name, [None] * count)
            if everywhere:
                column[:] = [known[text] for text in texts]
            else:
                for number, text in zip(places, texts, strict=True):
                    column[number] = known[text]
    columns.words = dict.fromkeys(SERIES_WORDS, Words.same(None))
    columns.words |= {name: Words.of(texts) for name, texts in words.items()}
    ids = Words.of([message.header.identification for message in heads_read])
    processes = Words.of([message.process.business_process.value for message in heads_read])
    columns.words |= {"message_id": ids.at(messages), "process": processes.at(messages)}
    columns.registered, columns.inserted = numbers["registration_time"], numbers["insert_time"]
    columns.start, columns.end = numbers["start"], numbers["end"]


def _leaves(tags: list[Tag]) -> list[tuple[str | None, Callable[[str], Any], int]]:
    """The leaves of a shape: name, how it is read, and the place of its tag after the one of the series."""
    result = []
    path: list[str] = []
    for place, tag in enumerate(tags[1:], 1):
        if not tag.close:
            path.append(tag.name)
            continue
        before = tags[place - 1]
        if not before.close:
            leaf = LEAVES.get("/".join(path))
            if leaf is None:
                raise Refused("an element that is seldom there")
            result.append((*leaf, place - 1))
        path.pop()
    return result


def _observations(
    cut: Cut, tags: list[Any], columns: Columns, observed: Any, last: Any, starts: Any, counts: Any
) -> None:
    """The values: four tags each, one after the other, to the end of the series."""
    ends = np.append(observed[1:], 0)
    closing = starts + counts - 1
    ends[closing] = last
    if (ends - observed != 4).any():
        raise Refused("a value of another form")
    sequences, kinds, marks = _read_tags(cut, tags, observed)
    value_code = cut.code[observed + 1]
    for inner, outer in ((cut.code[observed + 2], value_code), (cut.code[observed + 3], cut.code[observed])):
        if not _closes(tags, inner, outer):
            raise Refused("a value of another form")
    kind = kinds[value_code]
    columns.counts = counts.tolist()
    columns.sequence = [sequences[cut.code[observed]]]
    columns.kind = [kind]
    columns.quality, columns.validation, columns.estimation = (
        [marks[_REGISTERS[name]][value_code]] for name in ("quality", "validation_code", "estimation_code")
    )
    columns.imbalance = [marks[_REGISTERS["imbalance_settlement"]][value_code] > 0]
    first, after = cut.closes[observed + 1], cut.opens[observed + 2]
    columns.thousandths = [thousandths(cut.buffer, first, after, signed=kind == 3)]


def _closes(tags: list[Any], inner: Any, outer: Any) -> bool:
    """Whether each end tag is that of its start tag, by the name as written."""
    pairs = np.unique(inner.astype("i8") * len(tags) + outer)
    return all(
        tags[pair // len(tags)].close and tags[pair // len(tags)].qualified == tags[pair % len(tags)].qualified
        for pair in pairs.tolist()
    )


def _read_tags(cut: Cut, tags: list[Any], observed: Any) -> tuple[Any, Any, dict[str, Any]]:
    """What the distinct tags of observations and values say, by code."""
    sequences = np.full(len(tags), -1, "i8")
    kinds = np.full(len(tags), -1, "i8")
    marks = {name: np.zeros(len(tags), "i8") for name in _TEXTS}
    outer, inner = np.unique(cut.code[observed]), np.unique(cut.code[observed + 1])
    _one_way(tags, outer)
    _one_way(tags, inner)
    for code in outer.tolist():
        tag = tags[code]
        text = tag.attributes.get("Sequence", "")
        if set(tag.attributes) != {"Sequence"} or _SEQUENCE.fullmatch(text) is None:
            raise Refused("an observation of another form")
        sequences[code] = int(text)
    for code in inner.tolist():
        tag = tags[code]
        if tag.close or tag.name not in _KINDS:
            raise Refused("a value of another form")
        must, may = _MARKS[tag.name]
        given = set(tag.attributes)
        if not must <= given <= may:
            raise Refused("a value with other attributes")
        kinds[code] = _KINDS[tag.name]
        for name, value in tag.attributes.items():
            if value not in _TEXTS[name]:
                raise Refused("a code that is not known")
            marks[name][code] = _TEXTS[name].index(value) + 1
    return sequences, kinds, marks


def _one_way(tags: list[Any], codes: Any) -> None:
    """All these tags have the same prefix, and declare it or do not: what is true of one is true of all.

    Raises:
        Refused: they do not.
    """
    ways = {(tags[code].qualified.rpartition(":")[0], tags[code].declares) for code in codes.tolist()}
    if len(ways) != 1 or next(iter(ways))[1] not in {None, ENTITIES}:
        raise Refused("values in several namespaces")


def _check_unique(columns: Columns, messages: Any, collected: list[bool], counts: Any) -> None:
    """The two constraints of CollectedData: identifications of series, and positions of values in a series."""
    if not any(collected):
        return
    ids = columns.words["payload_id"]
    if len(np.unique(messages * len(ids.distinct) + ids.places)) != len(messages):
        raise Refused("an identification of a series stands twice")
    rising = np.diff(columns.sequence[0]) > 0
    edges = np.cumsum(counts)[:-1] - 1
    rising[edges] = True
    if not rising.all():
        raise Refused("positions that do not rise")
