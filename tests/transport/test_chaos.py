"""The chaos in small: trouble at every class of place, kills of the courier, and in the end everybody agrees."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.support import wire
from tests.support.chaos import AT_PLACES, OF_ANSWERS, OF_REQUESTS, PLACES, Rates, every_fate, place_in
from tests.transport.chaos import chaos

ANSWER = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/xml\r\ncontent-length: 300\r\n\r\n"
    b"<s:Envelope><s:Header><w:Security><d:SignatureValue>"
    + b"A"
    * 100
    + b"</d:SignatureValue></w:Security></s:Header>"
    b"<s:Body><b:Answer><b:Inside/></b:Answer></s:Body></s:Envelope>"
)


def test_nothing_is_lost_or_doubled_and_nobody_stops() -> None:
    found = chaos(250, seed=3, points=12, rates=Rates(stalls=6, kills=12))
    assert found.problems == []
    assert found.exchanges >= 250
    assert found.messages >= 30
    assert found.kills >= 1
    assert len(found.fates) >= 12


def test_whoever_believes_everything_loses_messages() -> None:
    """What the chaos is able to find: a client that checks no signature takes what is forged for an answer."""
    forged = [(200, wire.bare())]
    found = chaos(80, seed=3, points=4, rates=Rates(950, 0, 0, ("forged",)), forged=forged, naive=True)
    assert any("lost" in problem for problem in found.problems), found


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("number", [0, 1, 7, 12_345, (1 << 30) - 1])
def test_a_place_is_within_the_bytes(place: str, number: int) -> None:
    at = place_in(ANSWER, place, number)
    head, line = ANSWER.index(b"<s:"), ANSWER.index(b"\r\n")
    limits = {
        "before everything": (0, 0),
        "in the first line": (1, line - 1),
        "in a header": (line + 2, head - 3),
        "between headers": (line + 2, head - 3),
        "after the headers": (head, head),
        "before the last byte": (len(ANSWER) - 1, len(ANSWER) - 1),
        "at the end": (len(ANSWER), len(ANSWER)),
    }
    first, last = limits.get(place, (head + 1, len(ANSWER)))
    assert first <= at <= last


def test_every_kind_happens_at_every_place() -> None:
    """Of ten thousand exchanges; the same ones for the same seed."""
    fates = list(every_fate(1, 10_000, Rates()))
    assert fates == list(every_fate(1, 10_000, Rates()))
    assert fates != list(every_fate(2, 10_000, Rates()))
    kinds = Counter(fate.kind for fate in fates)
    assert set(kinds) == {*AT_PLACES, *OF_REQUESTS, *OF_ANSWERS, "lost answer"}
    at = {(fate.kind, fate.side, fate.place) for fate in fates if fate.kind in AT_PLACES}
    quick = {kind for kind in AT_PLACES if kind not in {"stall", "kill"}}
    assert at >= {(kind, side, place) for kind in quick for side in ("request", "answer") for place in PLACES}
