"""The fast way from bytes to columns. What it accepts, the schema accepts with the same content.

What it is not sure of it refuses, and the ordinary reader says what it is. Tags and texts are cut apart in one pass
over the bytes, and every distinct tag is looked at once. The frame of the document (envelope, headers, and of every
shape of series the first one) goes through the schema as it stands; the other series of that shape must have the very
same tags, and values of the same strict form.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

import numpy as np
import pyarrow as pa

from ediel.codes import BusinessType, Direction, Product, Resolution, Unit
from ediel.messages import CollectedData, NotifyValidatedDataForBillingEnergy
from ediel.messages._base import ENTITIES
from ediel.series._columns import ESTIMATIONS, NOTHING, QUALITIES, VALIDATIONS, Columns, micros
from ediel.xml import inspect

MOST: Final = 9999
_PAYLOAD: Final = "PayloadEnergyTimeSeries"


class Refused(Exception):
    """The fast way is not sure; the text says of what."""


# --- tags

_TAG: Final = re.compile(
    r"<(?P<close>/?)(?:(?P<prefix>[A-Za-z_][A-Za-z0-9_.-]*):)?(?P<name>[A-Za-z_][A-Za-z0-9_.-]*)"
    r"(?P<attributes>(?:[ \t\r\n]+[A-Za-z_][A-Za-z0-9_.:-]*=(?:\"[^\"<&]*\"|'[^'<&]*'))*)[ \t\r\n]*(?P<empty>/?)>"
)
_ATTRIBUTE: Final = re.compile(r"([A-Za-z_][A-Za-z0-9_.:-]*)=(?:\"([^\"<&]*)\"|'([^'<&]*)')")
_SEQUENCE: Final = re.compile(r"0|[1-9][0-9]{0,3}")


@dataclass(frozen=True, slots=True)
class _Tag:
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
def _tag(text: bytes) -> _Tag | None:
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
    return _Tag(bool(found["close"]), qualified, found["name"], declares, attributes)


# --- texts of the frame of a series

_UUID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_MOMENT: Final = re.compile(
    r"[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,3})?(Z|[+-](0[0-9]|1[0-3]):[0-5][0-9])"
)


def _is(pattern: str) -> Callable[[str], str]:
    compiled = re.compile(pattern)

    def read(text: str) -> str:
        if compiled.fullmatch(text) is None:
            raise Refused("a text of another form")
        return text

    return read


def _one_of(codes: Any) -> Callable[[str], str]:
    known = frozenset(code.value for code in codes)

    def read(text: str) -> str:
        if text not in known:
            raise Refused("a code that is not known")
        return text

    return read


@lru_cache(maxsize=50_000)
def _moment(text: str) -> int:
    if _MOMENT.fullmatch(text) is None:
        raise Refused("a moment of another form")
    try:
        return micros(datetime.fromisoformat(text))
    except (ValueError, OverflowError):
        raise Refused("a moment that does not exist") from None


_uuid: Final = _is(_UUID.pattern)
_gln: Final = _is("[0-9]{13}")
_AREA: Final = "Identification"
_LEAVES: Final[dict[str, tuple[str, Callable[[str], Any]]]] = {
    "Identification": ("payload_id", _uuid),
    "RegistrationDateTime": ("registered", _moment),
    "InsertDateTime": ("inserted", _moment),
    "RequestReference": ("request_reference", _uuid),
    "ObservationPeriodTimeSeriesPeriod/ResolutionDuration": ("resolution", _one_of(Resolution)),
    "ObservationPeriodTimeSeriesPeriod/Start": ("start", _moment),
    "ObservationPeriodTimeSeriesPeriod/End": ("end", _moment),
    "ObservationPeriodTimeSeriesPeriod/MeterReadingStart": ("", _is(r"[0-9]{1,12}(\.[0-9]{1,3})?")),
    "ObservationPeriodTimeSeriesPeriod/MeterReadingEnd": ("", _is(r"[0-9]{1,12}(\.[0-9]{1,3})?")),
    "ProductIncludedProductCharacteristics/Identification": ("product", _one_of(Product)),
    "ProductIncludedProductCharacteristics/UnitType": ("unit", _one_of(Unit)),
    "MPDetailMeasurementMeteringPointCharacteristic/Direction": ("direction", _one_of(Direction)),
    "MPDetailMeasurementMeteringPointCharacteristic/BusinessType": ("business_type", _one_of(BusinessType)),
    "MeteringPointUsedDomainLocation/Identification": ("metering_point", _is("[0-9]{18}")),
    "MeteringGridAreaUsedDomainLocation/Identification": ("grid_area", _is("[0-9]{2}Y[0-9A-Z-]{13}")),
    "BalanceResponsibleInvolvedEnergyParty/Identification": ("balance_responsible", _gln),
    "BalanceSupplierInvolvedEnergyParty/Identification": ("balance_supplier", _gln),
}
"""What is read of a series before its values, by the path of names; another path is refused."""
_NUMBERS: Final = ("registered", "inserted", "start", "end")

# --- values

_KINDS: Final = {"Metered": 0, "Estimated": 1, "Temporary": 2, "Calculated": 3}
_MARKS: Final[dict[str, tuple[frozenset[str], frozenset[str]]]] = {
    "Metered": (frozenset(), frozenset()),
    "Estimated": (frozenset({"Quality", "ValidationCode", "EstimationCode"}), frozenset()),
    "Temporary": (frozenset({"ValidationCode"}), frozenset({"EstimationCode"})),
    "Calculated": (frozenset(), frozenset({"ImbalanceSettlement"})),
}
"""Attributes of each kind of value: those that it must have, and those that it may have."""
_CODES: Final = {"Quality": QUALITIES, "ValidationCode": VALIDATIONS, "EstimationCode": ESTIMATIONS}
_LONGEST: Final = 17
_WHOLE: Final = 12


def _values(buffer: Any, first: Any, last: Any, *, signed: Any) -> Any:
    """Decimals as thousandths, exact.

    Args:
        buffer: the document.
        first: where each text begins.
        last: where it ends.
        signed: which of them may begin with a minus.
    """
    lengths = last - first
    if len(lengths) == 0 or lengths.min() < 1 or lengths.max() > _LONGEST:
        raise Refused("a value of another form")
    negative = buffer[first] == 45
    if (negative & ~signed).any():
        raise Refused("a negative value")
    begin = first + negative
    whole = np.zeros(len(first), "i8")
    digits = np.zeros(len(first), "i8")
    decimals = np.full(len(first), -1, "i8")
    for place in range(int(lengths.max())):
        at = begin + place
        inside = at < last
        char = buffer[np.where(inside, at, first)].astype("i8")
        dot = inside & (char == 46)
        number = inside & (char >= 48) & (char <= 57)
        if (inside & ~(dot | number)).any() or (dot & (decimals >= 0)).any():
            raise Refused("a value of another form")
        whole = np.where(number, whole * 10 + (char - 48), whole)
        digits += number & (decimals < 0)
        decimals = np.where(number & (decimals >= 0), decimals + 1, np.where(dot, 0, decimals))
    if (decimals == 0).any() or (decimals > 3).any() or digits.min() < 1 or digits.max() > _WHOLE:
        raise Refused("a value of another form")
    scale = np.array([1000, 100, 10, 1], "i8")
    found = whole * scale[np.maximum(decimals, 0)]
    return np.where(negative, -found, found)


# --- the document


@dataclass(frozen=True, slots=True)
class _Cut:
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


def _cut(data: bytes) -> _Cut:
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
    return _Cut(data, buffer, opens, closes, np.ascontiguousarray(code), encoded.dictionary.to_pylist())


def read(data: bytes) -> Columns:
    """The columns of a document.

    Raises:
        Refused: it is not sure.
    """
    cut = _cut(data)
    tags = [_tag(text) for text in cut.tags]
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
    messages = np.concatenate([[0], np.cumsum(first[1:] != last[:-1] + 1)])
    observed = _where(cut, names, "Observation")
    observed = observed[within[observed]]
    starts = np.searchsorted(observed, first)
    counts = np.searchsorted(observed, last) - starts
    if (counts < 1).any() or counts.max() > MOST or np.bincount(messages).max() > MOST:
        raise Refused("a series without interval values, or too many")
    heads = observed[starts]
    shapes, shown = _shapes(cut, first, heads, messages)
    said = _frame(cut, first, last, shown, messages)
    _blank(cut, first, last)
    columns = Columns()
    _headers(cut, tags, columns, first, heads, shapes, messages, said)
    _observations(cut, tags, columns, observed, last, starts, counts)
    unique_sequence = [isinstance(item, CollectedData) for item in said]
    _check_unique(columns, messages, unique_sequence, counts)
    return columns


def _where(cut: _Cut, names: list[str | None], name: str) -> Any:
    codes = [place for place, found in enumerate(names) if found == name]
    if not codes:
        return np.zeros(0, "i8")
    if len(codes) == 1:
        return np.flatnonzero(cut.code == codes[0])
    wanted = np.zeros(len(names), "?")
    wanted[codes] = True
    return np.flatnonzero(wanted[cut.code])


def _shapes(cut: _Cut, first: Any, heads: Any, messages: Any) -> tuple[list[int], list[int]]:
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


def _frame(cut: _Cut, first: Any, last: Any, shown: list[int], messages: Any) -> list[Any]:
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
    if len(frame) > 5_000_000:
        raise Refused("the frame is too large")
    found = inspect(frame)
    if not found.valid:
        raise Refused("the frame is not valid")
    said = [
        item.message
        for item in found.messages
        if isinstance(item.message, CollectedData | NotifyValidatedDataForBillingEnergy)
    ]
    count = int(messages[-1]) + 1
    of_each = np.bincount(messages[shown], minlength=count)
    if len(said) != count or [len(item.payloads) for item in said] != of_each.tolist():
        raise Refused("series that belong to another message")
    return said


def _blank(cut: _Cut, first: Any, last: Any) -> None:
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
    cut: _Cut,
    tags: list[Any],
    columns: Columns,
    first: Any,
    heads: Any,
    shapes: list[int],
    messages: Any,
    said: list[Any],
) -> None:
    """What is said of each series before its values: leaf by leaf, each distinct text once."""
    count = len(shapes)
    words: dict[str, list[Any]] = {name: [None] * count for name in columns.words}
    numbers: dict[str, list[int]] = {name: [int(NOTHING)] * count for name in _NUMBERS}
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
            if not name:
                continue  # looked at, and not kept
            column = words[name] if name in words else numbers[name]
            if everywhere:
                column[:] = [known[text] for text in texts]
            else:
                for number, text in zip(places, texts, strict=True):
                    column[number] = known[text]
    of_message = messages.tolist()
    ids = [message.header.identification for message in said]
    processes = [message.process.business_process.value for message in said]
    words["message_id"] = [ids[place] for place in of_message]
    words["process"] = [processes[place] for place in of_message]
    columns.words = words
    columns.registered, columns.inserted = numbers["registered"], numbers["inserted"]
    columns.start, columns.end = numbers["start"], numbers["end"]


def _leaves(tags: list[_Tag]) -> list[tuple[str, Callable[[str], Any], int]]:
    """The leaves of a shape: name, how it is read, and the place of its tag after the one of the series."""
    found = []
    path: list[str] = []
    for place, tag in enumerate(tags[1:], 1):
        if not tag.close:
            path.append(tag.name)
            continue
        before = tags[place - 1]
        if not before.close:
            leaf = _LEAVES.get("/".join(path))
            if leaf is None:
                raise Refused("an element that is seldom there")
            found.append((*leaf, place - 1))
        path.pop()
    return found


def _observations(
    cut: _Cut, tags: list[Any], columns: Columns, observed: Any, last: Any, starts: Any, counts: Any
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
        [marks[name][value_code]] for name in ("Quality", "ValidationCode", "EstimationCode")
    )
    columns.imbalance = [marks["ImbalanceSettlement"][value_code] > 0]
    first, after = cut.closes[observed + 1], cut.opens[observed + 2]
    columns.thousandths = [_values(cut.buffer, first, after, signed=kind == 3)]


def _closes(tags: list[Any], inner: Any, outer: Any) -> bool:
    """Whether each end tag is that of its start tag, by the name as written."""
    pairs = np.unique(inner.astype("i8") * len(tags) + outer)
    return all(
        tags[pair // len(tags)].close and tags[pair // len(tags)].qualified == tags[pair % len(tags)].qualified
        for pair in pairs.tolist()
    )


def _read_tags(cut: _Cut, tags: list[Any], observed: Any) -> tuple[Any, Any, dict[str, Any]]:
    """What the distinct tags of observations and values say, by code."""
    sequences = np.full(len(tags), -1, "i8")
    kinds = np.full(len(tags), -1, "i8")
    marks = {name: np.zeros(len(tags), "i8") for name in (*_CODES, "ImbalanceSettlement")}
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
        if not must <= given <= must | may:
            raise Refused("a value with other attributes")
        kinds[code] = _KINDS[tag.name]
        for name, value in tag.attributes.items():
            if name == "ImbalanceSettlement":
                if value != "true":
                    raise Refused("a mark of another form")
                marks[name][code] = 1
            elif value in _CODES[name]:
                marks[name][code] = _CODES[name].index(value) + 1
            else:
                raise Refused("a code that is not known")
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
    if len(set(zip(messages.tolist(), ids, strict=True))) != len(ids):
        raise Refused("an identification of a series stands twice")
    rising = np.diff(columns.sequence[0]) > 0
    edges = np.cumsum(counts)[:-1] - 1
    rising[edges] = True
    if not rising.all():
        raise Refused("positions that do not rise")
