"""Every case passes against the stand-in hub; and every case notices a hub that does one thing wrong.

By default each case meets two mistakes: a message left out or handed out twice, another code, date, party or metering
point. With ``EDIEL_MUTATIONS=all`` it meets every kind with every message that it expects.
"""

from __future__ import annotations

import os
from collections import Counter
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

import ediel
from ediel import brs
from ediel.codes import DocumentType, ResponseReason, StatusType
from ediel.conformance import Case, CaseResult, case, cases, market, run_case
from ediel.conformance._script import field_of
from ediel.identifiers import Gsrn

GRID = market(date(2026, 11, 27)).parties[4].gln
POINT = "70705750000012345" + Gsrn("707057500000123450").check_digit
"""A party and a metering point that stand in no message as it should be."""


class Recorder:
    """Hands on every message, and remembers to whom it went and as which of its kind."""

    def __init__(self) -> None:
        self.places: dict[str, tuple[str, str, int]] = {}
        self._counts: Counter[tuple[str, str]] = Counter()

    def __call__(self, gln: str, data: bytes) -> list[bytes]:
        self.place(gln, data)
        return [data]

    def place(self, gln: str, data: bytes) -> tuple[str, str, int]:
        message = ediel.read(data)
        use = brs.of(message.process.business_process).use(message.name())
        assert use is not None, f"{message.process.business_process} does not use {message.name()}"
        assert use.from_hub
        assert use.way == "passed on" or use.roles is None or message.process.role in use.roles
        known = self.places.get(message.header.identification)
        if known is None:
            kind = (gln, message.name())
            known = self.places[message.header.identification] = (*kind, self._counts[kind])
            self._counts[kind] += 1
        return known


class Wrong(Recorder):
    """Does one thing wrong with one message: leaves it out, hands it out twice, or says something else in it."""

    def __init__(self, kind: str, target: tuple[str, str, int], field: str | None = None) -> None:
        super().__init__()
        self.kind = kind
        self.target = target
        self.field = field
        self.second = str(uuid4())

    def __call__(self, gln: str, data: bytes) -> list[bytes]:
        if self.place(gln, data) != self.target:
            return [data]
        if self.kind == "missing":
            return []
        message: Any = ediel.read(data)
        if self.kind == "twice":
            return [data, ediel.write(changed(message, "header.identification", self.second), validate=False)]
        assert self.field is not None
        other = something_else(field_of(message, self.field), self.field)
        return [ediel.write(changed(message, self.field, other), validate=False)]


def changed(part: Any, path: str, value: Any) -> Any:
    """A message with another value in a field."""
    name, _, rest = path.partition(".")
    if name.isdecimal():
        return tuple(changed(item, rest, value) if place == int(name) else item for place, item in enumerate(part))
    inner = changed(getattr(part, name), rest, value) if rest else value
    return part.model_copy(update={name: inner})


def something_else(value: Any, path: str) -> Any:
    """Another value of the kind that a field has."""
    if isinstance(value, datetime):
        return value + timedelta(days=1)
    if path.endswith("document_type"):
        return DocumentType.CANCELLATION if value != "E02" else DocumentType.START_OF_SUPPLY_ACKNOWLEDGEMENT
    if path.endswith("status"):
        return StatusType.REJECTED if value == "39" else StatusType.ACCEPTED
    if path.endswith("reasons.0.code"):
        return ResponseReason("E14")
    return {"balance_supplier": GRID, "metering_point": POINT}[path.rpartition(".")[2]]


_FIELDS: dict[str, tuple[str, ...]] = {
    "code": ("payload.reasons.0.code", "payload.status", "header.document_type"),
    "date": ("start_of_occurrence", "end_of_occurrence", "period.start"),
    "party": ("balance_supplier",),
    "point": ("metering_point",),
}
"""What is said wrongly, by kind: the first field of a step that ends so."""
KINDS = ("missing", "code", "twice", "date", "party", "point")


def mistake(case: Case, genuine: CaseResult, recorder: Recorder, place: int, kind: str) -> Wrong:
    """A mistake of the hub with the message that a step expects; left out, where it has nothing to say wrongly."""
    target = recorder.places[genuine.steps[place].messages[0]]
    if kind == "twice" and case.brs == ("611",):
        return Wrong("missing", target)  # an answer in the call can only come once
    if kind in {"missing", "twice"}:
        return Wrong(kind, target)
    wanted = [path for end in _FIELDS[kind] for path in case.steps[place].where if path.endswith(end)]
    return Wrong(kind, target, wanted[0]) if wanted else Wrong("missing", target)


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.id)
def test_a_case_passes_and_can_fail(case: Case) -> None:
    recorder = Recorder()
    genuine = run_case(case, spoil=recorder)
    assert genuine.verdict == "passed", [step for step in genuine.steps if step.verdict != "passed"]
    assert case.expects, "a case that expects nothing cannot fail"
    first = cases().index(case)
    if os.environ.get("EDIEL_MUTATIONS") == "all":
        chosen = [(place, kind) for place in case.expects for kind in KINDS]
    else:  # the last message that is expected is no less important than the first
        places = dict.fromkeys((case.expects[0], case.expects[-1]))
        chosen = [(place, KINDS[(2 * first + number) % len(KINDS)]) for number, place in enumerate(places)]
    for place, kind in chosen:
        wrong = mistake(case, genuine, recorder, place, kind)
        result = run_case(case, spoil=wrong)
        found = result.failed_at
        assert result.verdict == "failed", (place, wrong.kind, wrong.field)
        assert result.fault == "the hub's", (place, wrong.kind, wrong.field)
        assert found is not None
        if wrong.kind == "twice":
            assert found > place
            assert wrong.target[1] in result.steps[-1].text
        elif found != place:  # another message of the kind stood in for it: then that one is missed
            step, missed = case.steps[place], case.steps[found]
            assert (step.expect, step.who) == (missed.expect, missed.who), (place, wrong.kind, wrong.field)
            assert found > place


@pytest.mark.parametrize("name", ["read", "Engine", "Command_", "nothing"])
def test_only_an_order_can_be_started(name: str) -> None:
    """A case is a file of anybody: it names orders, and nothing else of the package."""
    whole = case("AG622-01").model_dump(by_alias=True)
    whole["step"][0]["order"] = name
    result = run_case(Case.model_validate(whole))
    assert (result.verdict, result.failed_at, result.fault) == ("inconclusive", 0, "the case's")
    assert f"there is no order {name}" in result.steps[0].text
