"""Every case passes against the stand-in hub; and every case notices a hub that does one thing wrong.

By default each case meets two mistakes; with ``EDIEL_MUTATIONS=all``, a mistake with every message that it
expects.
"""

from __future__ import annotations

import os
from collections import Counter
from uuid import uuid4

import pytest

import ediel
from ediel.conformance import Case, CaseResult, cases, run_case


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
        known = self.places.get(message.header.identification)
        if known is None:
            kind = (gln, message.name())
            known = self.places[message.header.identification] = (*kind, self._counts[kind])
            self._counts[kind] += 1
        return known


class Wrong(Recorder):
    """Does one thing wrong with one message: leaves it out, hands it out twice, or says another code."""

    def __init__(self, kind: str, target: tuple[str, str, int], change: tuple[bytes, bytes] | None = None) -> None:
        super().__init__()
        self.kind = kind
        self.target = target
        self.change = change
        self.second = str(uuid4())

    def __call__(self, gln: str, data: bytes) -> list[bytes]:
        if self.place(gln, data) != self.target:
            return [data]
        if self.kind == "missing":
            return []
        if self.kind == "twice":
            own = ediel.read(data).header.identification
            return [data, data.replace(own.encode(), self.second.encode())]
        assert self.change is not None
        assert self.change[0] in data
        return [data.replace(*self.change)]


_OTHER = {"414": "E02", "E02": "414", "406": "E02", "39": "41", "41": "39"}


def mistake(case: Case, genuine: CaseResult, recorder: Recorder, place: int, kind: str) -> Wrong:
    """A mistake of the hub with the message that a step expects; left out, where it has no code to say wrongly."""
    target = recorder.places[genuine.steps[place].messages[0]]
    code = next((str(value) for value in case.steps[place].where.values() if str(value) in _OTHER), None)
    if kind == "twice" and case.brs == ("611",):
        kind = "missing"  # an answer in the call can only come once
    if kind != "wrong":
        return Wrong(kind, target)
    if code is None:
        return Wrong("missing", target)
    return Wrong(kind, target, (f">{code}<".encode(), f">{_OTHER[code]}<".encode()))


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.id)
def test_a_case_passes_and_can_fail(case: Case) -> None:
    recorder = Recorder()
    genuine = run_case(case, spoil=recorder)
    assert genuine.verdict == "passed", [step for step in genuine.steps if step.verdict != "passed"]
    assert case.expects, "a case that expects nothing cannot fail"
    every = os.environ.get("EDIEL_MUTATIONS") == "all"
    first = cases().index(case)
    for number, place in enumerate(case.expects[: None if every else 2], first):
        wrong = mistake(case, genuine, recorder, place, ("missing", "twice", "wrong")[number % 3])
        result = run_case(case, spoil=wrong)
        found = result.failed_at
        assert result.verdict == "failed", (place, wrong.kind)
        assert result.fault == "the hub's"
        assert found is not None
        if wrong.kind == "twice":
            assert found > place
            assert wrong.target[1] in result.steps[-1].text
        elif found != place:  # another message of the kind stood in for it: then that one is missed
            step, missed = case.steps[place], case.steps[found]
            assert (step.expect, step.who) == (missed.expect, missed.who)
            assert found > place
