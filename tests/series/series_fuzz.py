"""Differential fuzzing of the two fast ways into columns: whatever one accepts, schema and ordinary reader accept with the same content.

``python tests/series_fuzz.py 100000 [seed]`` mutates so many documents; the tests run a few thousand.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from random import Random
from typing import Any

from lxml import etree

from ediel.errors import EdielError
from ediel.messages import (
    CollectedData,
    NotifyValidatedDataForBillingEnergy,
    Observation,
    ObservationKind,
    Observations,
)
from ediel.series import _fast, _matched, read_table
from ediel.series._cut import Refused
from ediel.testing import Sampler
from ediel.xml import write

NUMBERS = (
    b"+1", b"01", b"1.", b".5", b"1e3", b"1_000", "\u0661".encode(), b"-0", b"-1", b"1.2345", b"999999999999.999",
    b"1000000000000", b"NaN", b"INF", b"", b" 1", b"1 ", b"1\n", b"0x1", b"1,5", b"0.000", b"12", b"1.5", b"007.25",
)  # fmt: skip
PIECES = (
    b"<!-- x -->", b"<![CDATA[1]]>", b"&amp;", b"&#49;", b"\x00", b"\xc3\xa5", b"\xff", b"<?p x?>", b"\r", b"\t", b">", b"<",
    b"/", b'"', b"'", b"=", b" ", b"\n", b"]]>", b"<a/>", b"0", b"x", b":", b"xmlns:q='urn:q'",
)  # fmt: skip
ATTRIBUTES = (
    b' Sequence="1"', b" Sequence='2'", b' Sequence="01"', b' Sequence="10000"', b' Sequence="-1"', b' Quality="56"',
    b' ValidationCode="V001"', b' EstimationCode="E009"', b' ImbalanceSettlement="true"', b' ImbalanceSettlement="1"',
    b' x="1"', b' xmlns:abie="urn:other"', b' xmlns="urn:other"',
)  # fmt: skip


def _observations(chance: Random, count: int, *, notified: bool) -> Observations:
    from decimal import Decimal

    from ediel.codes import EstimationCode, Quality, ValidationCode

    rows: list[Observation] = []
    for number in range(1, count + 1):
        kinds = list(ObservationKind) if notified else list(ObservationKind)[:3]
        kind = chance.choice(kinds)
        if rows and chance.random() < 0.6:  # rows that are alike but for their numbers
            alike = chance.choice(rows[-3:])
            rows.append(replace(alike, sequence=number, value=Decimal(f"{chance.randrange(2_000_000) / 1000:.3f}")))
            continue
        value: Any = f"{chance.randrange(100_000) / 1000:.{chance.randrange(4)}f}"
        if kind is ObservationKind.CALCULATED and chance.random() < 0.3:
            value = f"-{value}"
        estimated, temporary = kind is ObservationKind.ESTIMATED, kind is ObservationKind.TEMPORARY
        rows.append(
            Observation(
                number, Decimal(value), kind,
                chance.choice(list(Quality)) if estimated else None,
                chance.choice(list(ValidationCode)) if estimated or temporary else None,
                chance.choice(list(EstimationCode)) if estimated or (temporary and chance.random() < 0.5) else None,
                kind is ObservationKind.CALCULATED and chance.random() < 0.5,
            )
        )  # fmt: skip
    return Observations.of(rows)


@cache
def documents() -> tuple[bytes, ...]:
    """Valid documents to begin with: both messages, compact and indented, wrapped, canonical, several in one.

    Of every third one, some series have no interval values but the one value of a profiled point, or an annual volume.
    """
    from ediel.messages.services import SERVICES

    chance = Random(11)
    found: list[bytes] = []
    for model in (NotifyValidatedDataForBillingEnergy, CollectedData):
        for number in range(6):
            message: Any = Sampler(chance, most=3).message(model)
            notified = model is NotifyValidatedDataForBillingEnergy
            payloads = []
            for series in message.payloads:
                if number % 3 == 2 and chance.random() < 0.5 and series.observations is None:
                    payloads.append(series)
                    continue
                update: dict[str, Any] = {
                    "observations": _observations(chance, chance.choice((1, 2, 4, 8, 12)), notified=notified),
                    "profiled_observation": None,
                }
                if not notified:
                    update["annual_volume"] = None
                payloads.append(series.model_copy(update=update))
            plain = write(message.model_copy(update={"payloads": tuple(payloads)}))
            root = etree.fromstring(plain)
            found += [plain, etree.tostring(root, pretty_print=True, xml_declaration=True, encoding="UTF-8")]
            found.append(etree.tostring(root, method="c14n", exclusive=True))
    service = next(item for item in SERVICES if item.name == "PollMeteringValues")
    for place in (0, 6):
        poll = etree.Element(f"{{{service.namespace}}}PollForDataResponse", nsmap={"p": service.namespace})
        etree.SubElement(poll, f"{{{service.namespace}}}Identification").text = "123e4567-e89b-12d3-a456-426655440000"
        data = etree.SubElement(poll, f"{{{service.namespace}}}ResultDataSet")
        for text in found[place : place + 9 : 3]:
            data.append(etree.fromstring(text))
        found += [etree.tostring(poll), etree.tostring(poll, method="c14n", exclusive=True)]
    return tuple(found)


def _replace_text(data: bytes, chance: Random) -> bytes:
    """Another number between two tags."""
    places = [place for place in range(len(data)) if data[place : place + 1] == b">"]
    place = chance.choice(places)
    end = data.find(b"<", place)
    return data if end < 0 else data[: place + 1] + chance.choice(NUMBERS) + data[end:]


def _insert(data: bytes, chance: Random) -> bytes:
    place = chance.randrange(len(data))
    return data[:place] + chance.choice(PIECES) + data[place:]


def _insert_between(data: bytes, chance: Random) -> bytes:
    """Something beside a tag."""
    places = [place for place in range(len(data)) if data[place : place + 1] in {b"<", b">"}]
    place = chance.choice(places) + chance.randrange(2)
    return data[:place] + chance.choice(PIECES) + data[place:]


def _delete(data: bytes, chance: Random) -> bytes:
    place = chance.randrange(len(data))
    return data[:place] + data[place + chance.choice((1, 1, 2, 8, 60)) :]


def _byte(data: bytes, chance: Random) -> bytes:
    place = chance.randrange(len(data))
    return data[:place] + bytes([chance.randrange(256)]) + data[place + 1 :]


def _attribute(data: bytes, chance: Random) -> bytes:
    places = [
        place for place in range(1, len(data)) if data[place : place + 1] == b">" and data[place - 1 : place] != b"?"
    ]
    place = chance.choice(places)
    return data[:place] + chance.choice(ATTRIBUTES) + data[place:]


def _block(data: bytes, chance: Random) -> bytes:
    """An element twice, away, or elsewhere."""
    root = etree.fromstring(data)
    elements = [item for item in root.iter() if isinstance(item.tag, str) and item.getparent() is not None]
    item = chance.choice(elements)
    parent = item.getparent()
    assert parent is not None
    what = chance.randrange(3)
    if what == 0:
        parent.insert(parent.index(item), etree.fromstring(etree.tostring(item, with_tail=False)))
    elif what == 1:
        parent.remove(item)
    else:
        chance.choice(elements[: max(1, len(elements) // 2)]).append(
            etree.fromstring(etree.tostring(item, with_tail=False))
        )
    return etree.tostring(root)


def _attribute_order(data: bytes, chance: Random) -> bytes:
    """Attributes in another order, other quotes, white space in tags: the same content."""
    root = etree.fromstring(data)
    for item in root.iter():
        if isinstance(item.tag, str) and len(item.attrib) > 1:
            pairs = list(item.attrib.items())
            chance.shuffle(pairs)
            item.attrib.clear()
            item.attrib.update(pairs)
    text = etree.tostring(root)
    return (
        text.replace(b'"', b"'")
        if chance.random() < 0.5
        else text.replace(b"></", b" ></")
        if chance.random() < 0.3
        else text
    )


def _swap(data: bytes, chance: Random) -> bytes:
    """A prefix, a code or a digit for another, everywhere or once."""
    pairs = [
        (b"abie", b"ab"), (b"rsm", b"abie"), (b"Metered", b"Temporary"), (b"Metered", b"Calculated"), (b"V001", b"V999"),
        (b"kWh", b"kvarh"), (b"Out", b"In"), (b"+01:00", b"Z"), (b"+01:00", b"+14:00"), (b"T00:", b"T24:"), (b"PT1H", b"P1D"),
        (b"UTF-8", b"ISO-8859-1"), (b"utf-8", b"utf-16"), (b"7080", b"8080"), (b'schemeAgencyIdentifier="9"', b""),
    ]  # fmt: skip
    old, new = chance.choice(pairs)
    return data.replace(old, new, chance.choice((1, -1)))


MUTATIONS: tuple[Callable[[bytes, Random], bytes], ...] = (
    _replace_text, _replace_text, _insert, _insert_between, _delete, _byte, _attribute, _block, _attribute_order, _swap,
    lambda data, chance: data[: chance.randrange(len(data))],
    lambda data, chance: data.replace(b">", b"> ", 1) if chance.random() < 0.5 else data.replace(b"<", b"\n<", chance.choice((1, 5, -1))),
)  # fmt: skip


WAYS = {"numpy": _fast.read} | ({"matched": _matched.read} if _matched.available() else {})


def mutated(data: bytes, chance: Random) -> bytes:
    """A document that something, or a few things, happened to."""
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        try:
            data = chance.choice(MUTATIONS)(data, chance)
        except (etree.XMLSyntaxError, IndexError, ValueError):
            break
    return data


def one(number: int, seed: int) -> tuple[str, str | None]:
    """Mutate one document and compare; gives what happened, and a disagreement if there is one."""
    chance = Random(seed * 1_000_003 + number)
    data = mutated(chance.choice(documents()), chance)
    outcomes, slow = [], None
    for name, read in WAYS.items():
        try:
            fast = read(data).table()
        except Refused:
            outcomes.append("refused")
            continue
        except Exception as error:
            return "crashed", f"{name}: {type(error).__name__}: {error}\n{data!r}"
        outcomes.append("accepted")
        try:
            slow = slow or read_table(data, quick=False)
        except EdielError as error:
            return "accepted", f"{name}: the ordinary reader refuses it: {error}\n{data!r}"
        if not fast.equals(slow):
            return "accepted", f"{name}: the content differs\n{data!r}"
    return "+".join(outcomes), None


def fuzz(count: int, seed: int = 1) -> tuple[Counter[str], list[str]]:
    """So many mutated documents; gives how many were accepted and refused, and the disagreements."""
    outcomes: Counter[str] = Counter()
    problems: list[str] = []
    for number in range(count):
        outcome, problem = one(number, seed)
        outcomes[outcome] += 1
        if problem is not None:
            problems.append(problem)
            if len(problems) > 10:
                break
    return outcomes, problems


if __name__ == "__main__":
    began = time.monotonic()
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    counts, wrong = fuzz(wanted, int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    print(dict(counts), f"{time.monotonic() - began:.0f} s", f"{len(wrong)} disagreements")
    for text in wrong[:3]:
        print(text[:3000])
    sys.exit(1 if wrong else 0)
