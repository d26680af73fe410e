"""The accelerator: what its program says, which prefixes it takes, and that it writes what the other way writes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import xmlschema
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

import ediel
from ediel import series
from ediel.codes import EstimationCode, Quality, ValidationCode
from ediel.identifiers import Gsrn
from ediel.messages import CollectedData, NotifyValidatedDataForBillingEnergy
from ediel.messages._numbers import DecimalType, IntType
from ediel.messages._wire_types import BooleanType, Id, Text, Wire
from ediel.messages.series_layout import Element, element_of
from ediel.series import _matched, _program, _rendering
from ediel.series._cut import Refused
from ediel.xml import packaged
from tests.support.places import FIXTURES

pytestmark = pytest.mark.skipif(not _matched.available(), reason="the accelerator was not built: no C compiler")
ENTITIES = b"urn:no:elhub:emif:common:AggregatedBusinessInformationEntities:v2"
FILES = sorted((FIXTURES / "valid").glob("CollectedData-31*.xml")) + sorted(
    (FIXTURES / "valid").glob("NotifyValidated*.xml")
)


def test_the_program_keeps_what_the_columns_need() -> None:
    for model in (CollectedData, NotifyValidatedDataForBillingEnergy):
        program = _program.program(model.namespace())
        assert program is not None
        assert program.most == 9999
        assert {"payload_id", "registration_time", "metering_point", "start", "end", "product"} <= set(program.columns)
    assert _program.program("urn:no:elhub:emif:marketprocesses:Acknowledgement:v2") is None


def _changed(element: Element, name: str, wire: Wire) -> Element:
    """The same element, with another type of text where a name occurs in it."""
    parts = tuple(tuple(_changed(item, name, wire) for item in part) for part in element.parts)
    marks = tuple(replace(mark, wire=wire) if mark.name == name else mark for mark in element.attributes)
    return replace(element, parts=parts, attributes=marks, wire=wire if element.name == name else element.wire)


@pytest.mark.parametrize(
    ("name", "wire"),
    [
        ("Metered", DecimalType("Finer", 4, 15, least="0", most_exclusive="1000000000000")),
        ("Metered", DecimalType("Smaller", 3, 15, least="0", most_exclusive="5000")),
        ("Metered", DecimalType("From one", 3, 15, least="1", most_exclusive="1000000000000")),
        ("Sequence", IntType("Odd", 5000)),
        ("RequestReference", Text(40)),
        ("RequestReference", Id("Free", Gsrn, "", ("schemeAgencyIdentifier", ("9",)), pattern="[0-9]+")),
        ("Start", BooleanType()),
        ("Start", Text(10)),
        ("Start", IntType("Moment of another kind", 9999)),
    ],
)
def test_what_is_not_understood_makes_no_program(name: str, wire: Wire) -> None:
    """Declarations that say something new are read by the ordinary reader, and never by half."""
    series = element_of(NotifyValidatedDataForBillingEnergy.namespace())
    assert series is not None
    _program._Compiler(series).program()
    with pytest.raises(_program._NotUnderstood):
        _program._Compiler(_changed(series, name, wire)).program()


@pytest.mark.parametrize("model", [CollectedData, NotifyValidatedDataForBillingEnergy])
def test_the_layout_is_what_the_schema_documents_say(model: Any) -> None:
    """Names, order, choices, how often, attributes: the program stands on the declarations, the verdict on the schema."""
    series = element_of(model.namespace())
    assert series is not None
    schema = xmlschema.XMLSchema(packaged().path(model.namespace()))
    _same(series, schema.elements[model.name()].type.content[-1])  # type: ignore[union-attr,index]


def _same(element: Element, declared: Any) -> None:
    assert (element.name, element.namespace) == (declared.local_name, declared.target_namespace)
    attributes = {name: item.use == "required" for name, item in declared.attributes.items()}
    assert {mark.name: mark.required for mark in element.attributes} == attributes
    assert element.fixed == declared.fixed
    groups = [] if declared.type.is_simple() or declared.type.has_simple_content() else [declared.type.content]
    while groups and groups[0].model == "sequence" and any(not hasattr(item, "local_name") for item in groups[0]):
        groups = [*groups[0]]
    if groups and getattr(groups[0], "model", None) == "sequence":
        groups = [*groups[0]]
    assert len(groups) == len(element.parts)
    for part, group in zip(element.parts, groups, strict=True):
        items = [*group] if getattr(group, "model", None) == "choice" else [group]
        assert len(part) == len(items)
        for inner, item in zip(part, items, strict=True):
            assert (inner.least, inner.most) == (item.min_occurs, item.max_occurs)
            _same(inner, item)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_fixture_takes_the_fast_way(path: Path) -> None:
    """Interval values, profiled values, readings, withdrawals and annual volumes."""
    data = path.read_bytes()
    assert _matched.read(data).table().equals(series.read_table(data, quick=False))


RSM = CollectedData.namespace().encode()
DECLARED = b' xmlns:abie="%s"' % ENTITIES
PREFIXES: dict[str, Any] = {
    "default namespace": lambda data: data.replace(b"rsm:", b"").replace(b"xmlns:rsm", b"xmlns"),
    "other prefixes": lambda data: data.replace(b"abie", b"a").replace(b"rsm", b"b-1.x"),
    "the other one is the default": lambda data: data.replace(b"abie:", b"").replace(b"xmlns:abie", b"xmlns"),
    "declared where they are used": lambda data: etree.tostring(etree.fromstring(data), method="c14n", exclusive=True),
    "one thing with two prefixes": lambda data: data.replace(DECLARED, DECLARED + DECLARED.replace(b"abie", b"q"), 1),
    "declared again": lambda data: data.replace(b"<abie:Observation ", b"<abie:Observation%s " % DECLARED),
    "a series says its own": lambda data: data.replace(
        b"<rsm:PayloadEnergyTimeSeries>", b'<rsm:PayloadEnergyTimeSeries xmlns:rsm="%s">' % RSM
    ),
}


@pytest.mark.parametrize("name", PREFIXES)
def test_prefixes(name: str) -> None:
    data = PREFIXES[name]((FIXTURES / "valid" / "CollectedData-313-25-hours.xml").read_bytes())
    assert _matched.read(data).table().equals(series.read_table(data, quick=False))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"<abie:Metered>", b"<rsm:Metered>"),
        (b"<abie:Metered>", b'<abie:Metered xmlns:abie="urn:other">'),
        (b"<abie:Metered>", b'<q:Metered xmlns:q="%s">' % ENTITIES),
        (b'<abie:Observation Sequence="2">', b'<abie:Observation Sequence="2" Sequence="3">'),
        (b'<abie:Observation Sequence="2">', b'<abie:Observation xmlns:q="urn:q" Sequence="2">'),
        (b"</abie:Metered>", b"</Metered>"),
        (b"<abie:Metered>", b"<abie:Metered><!-- x -->"),
        (b"<rsm:Header>", b"<rsm:Header><!-- <rsm:PayloadEnergyTimeSeries> -->"),
        (b"</rsm:PayloadEnergyTimeSeries>", b"</rsm:PayloadEnergyTimeSeries><?x y?>"),
    ],
)
def test_what_it_is_not_sure_of_it_refuses(before: bytes, after: bytes) -> None:
    data = (FIXTURES / "valid" / "CollectedData-313-25-hours.xml").read_bytes()
    assert before in data
    with pytest.raises(Refused):
        _matched.read(data.replace(before, after, 1))


def test_series_in_a_comment_are_no_series() -> None:
    """Found by thinking: the text of a whole series where no series is."""
    data = (FIXTURES / "valid" / "CollectedData-313-25-hours.xml").read_bytes()
    begin = data.index(b"<rsm:PayloadEnergyTimeSeries>")
    end = data.index(b"</rsm:PayloadEnergyTimeSeries>") + 30
    hidden = data[:begin] + b"<!--" + data[begin:end] + b"-->" + data[begin:]
    with pytest.raises(Refused):
        _matched.read(hidden)
    assert series.read_table(hidden).equals(series.read_table(data))


@given(st.integers(0, 2**32), st.integers(1, 60), st.booleans())
@settings(max_examples=40)
def test_it_writes_what_the_other_way_writes(seed: int, rows: int, collected: bool) -> None:
    """Byte for byte, for any values that may be written."""
    chance = Random(seed)
    kinds = ["Metered", "Estimated", "Temporary"] + ([] if collected else ["Calculated"])
    found: list[dict[str, Any]] = []
    for number in range(rows):
        kind = chance.choice(kinds)
        value = chance.choice([0, 1, 999, 1000, 10**15 - 1, chance.randrange(10 ** chance.randrange(1, 16))])
        estimated, temporary = kind == "Estimated", kind == "Temporary"
        found.append(
            {
                "sequence": chance.randrange(10_000), "kind": kind,
                "thousandths": -value if kind == "Calculated" and chance.random() < 0.5 else value,
                "quality": chance.choice(list(Quality)).value if estimated else None,
                "validation_code": chance.choice(list(ValidationCode)).value if estimated or temporary else None,
                "estimation_code": chance.choice(list(EstimationCode)).value
                if estimated or (temporary and number % 2) else None,
                "imbalance_settlement": kind == "Calculated" and chance.random() < 0.5,
            }
        )  # fmt: skip
    table = pa.Table.from_pylist(
        found, schema=pa.schema([series.SCHEMA.field(name) for name in found[0]])
    ).combine_chunks()
    values = _rendering.Values(table, collected=collected)
    starts = np.array(sorted({0, *(chance.randrange(rows) for _ in range(chance.randrange(5)))}))
    heads = pa.array([f"<head {number * '#'}>" for number in range(len(starts))])
    quick, slow = (bytes(values.text(starts, rows, heads, quick=quick)) for quick in (True, False))
    assert quick == slow
    assert quick.startswith(b"<head >")
    assert (quick.count(b"<head"), quick.count(b"</abie:Observation>")) == (len(starts), rows)
    half = values.text(starts[-1:], rows, heads.take(pa.array([len(starts) - 1])))
    assert quick.endswith(half)


def test_arguments_that_do_not_go_together() -> None:
    """The extension is private, but a mistake in its use must not read beyond what it was given."""
    from ediel.series import _matcher

    program = _program.program(CollectedData.namespace())
    assert program is not None
    room = np.zeros((1, len(program.blank)), "i8")
    rest = (room, program.blank, (np.zeros(1, "i4"),), 0)
    with pytest.raises(ValueError, match="do not go together"):
        _matcher.match(b"x", 2, program.words, program.texts, program.spaces, (None, None), *rest)
    with pytest.raises(ValueError, match="do not go together"):
        _matcher.match(b"x", 0, program.words, program.texts, program.spaces, (None,), *rest)
    with pytest.raises(ValueError, match="too many"):
        _matcher.match(
            b"x", 0, program.words, program.texts, program.spaces, (None, None), room, program.blank,
            (np.zeros(1, "i4"),) * 9, 0,
        )  # fmt: skip
    number, one = np.zeros(1, "i4"), np.zeros(1, "i8")
    none = (np.zeros(0, "i8"), number, b"")
    with pytest.raises(ValueError, match="too small"):
        _matcher.render(number, one, number, *none, b"<", (b">",), (b"<",), bytearray(10))
    with pytest.raises(ValueError, match="no tag"):
        _matcher.render(number, one, number + 1, *none, b"<", (b">",), (b"<",), bytearray(200))
    with pytest.raises(ValueError, match="too small"):
        _matcher.render(
            number, one, number, one, np.array([0, 9], "i4"), b"head", b"<", (b">",), (b"<",), bytearray(200)
        )
    with pytest.raises(ValueError, match="do not go together"):
        _matcher.distinct(b"text", np.zeros((2, 2), "i8"), 2, number, number)
    for row in ([0, 5], [3, 2]):
        with pytest.raises(ValueError, match="no texts"):
            _matcher.distinct(b"text", np.array([row], "i8"), 2, number, number.copy())


def test_a_whole_message_is_written_alike() -> None:
    data = (FIXTURES / "valid" / "CollectedData-313-25-hours.xml").read_bytes()
    sample: Any = ediel.read(data)
    table = series.read_table(data)
    both = [
        list(series.write_messages(table, sample.header, sample.process, quick=quick, check="all"))
        for quick in (True, False)
    ]
    assert both[0] == both[1]
