"""What the hub says against what is known here; only what is certain changes, and only when asked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import ediel
from ediel.calendar import midnight
from ediel.codes import BusinessProcess
from ediel.engine import Difference, EngineError, InvalidPortfolio
from ediel.engine.portfolio import Access, Contract, Point, Row, UnderWay
from tests.engine.test_supply import notice
from tests.support.world import GRID, NEW, OLD, POINT, POINT_2, POINT_3, THIRD_PARTY, World, start


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.close()


def contract(day: date | None, point: str = POINT, party: str = NEW, **more: Any) -> Contract:
    return Contract(party=party, metering_point=point, start=day, **more)


def access(day: date, point: str = POINT, **more: Any) -> Access:
    return Access(party=THIRD_PARTY, metering_point=point, start=day, **more)


def short(found: tuple[Difference, ...]) -> list[tuple[str, str, str, bool]]:
    return [(item.kind, item.what, item.metering_point, item.certain) for item in found]


OURS: list[Row] = [
    contract(date(2024, 3, 1)),
    contract(date(2025, 1, 1), POINT_2),
    contract(None, POINT_3, GRID, supplier=OLD),
    access(date(2026, 1, 1)),
    Point(party=NEW, metering_point=POINT, settlement="profiled"),
]
CASES: list[tuple[str, Row, tuple[str, str, str, bool]]] = [
    ("the end", contract(date(2024, 3, 1), end=date(2027, 1, 1)), ("other end", "contract", POINT, True)),
    ("an end that has passed", contract(date(2024, 3, 1), end=date(2026, 1, 1)), ("other end", "contract", POINT, True)),
    ("another start", contract(date(2024, 4, 1)), ("other start", "contract", POINT, False)),
    ("another supplier", contract(date(2024, 3, 1), supplier=OLD), ("other party", "contract", POINT, False)),
    ("a contract that is not here", contract(date(2024, 3, 1), POINT_3), ("only theirs", "contract", POINT_3, True)),
    ("a start that nobody knew", contract(date(2020, 1, 1), POINT_3, GRID, supplier=OLD), ("other start", "contract", POINT_3, True)),
    ("a level", access(date(2026, 1, 1), level="full"), ("other data", "access", POINT, True)),
    ("an end of access", access(date(2026, 1, 1), end=date(2027, 1, 1)), ("other end", "access", POINT, False)),
    ("another start of access", access(date(2026, 2, 1)), ("other start", "access", POINT, False)),
    ("an access that is not here", access(date(2026, 2, 1), POINT_2), ("only theirs", "access", POINT_2, True)),
    ("a settlement", Point(party=NEW, metering_point=POINT, settlement="interval"), ("other data", "point", POINT, True)),
    ("a point that is not here", Point(party=NEW, metering_point=POINT_2), ("only theirs", "point", POINT_2, True)),
]  # fmt: skip


@pytest.mark.parametrize(("said", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_what_is_otherwise(world: World, said: Row, expected: tuple[str, str, str, bool]) -> None:
    """Reported and left alone; changed when it is certain and one asks; and then it is as the hub says."""
    engine = world.parties
    assert engine.adopt(OURS).counts["adopted"] == len(OURS)
    before = known(world)
    found = engine.reconcile([said])
    assert short(found.differences) == [expected]
    assert known(world) == before
    (done,) = engine.reconcile([said], apply=True).differences
    assert done.applied is expected[3]
    if done.applied:
        assert engine.reconcile([said]).differences == ()
        assert known(world) != before
    else:
        assert done.why
        assert known(world) == before


def known(world: World) -> list[Any]:
    browse = world.parties.browse
    return [
        *browse.contracts(),
        *browse.accesses(),
        *browse.points(),
        *sorted((it.id, it.state) for it in world.parties.find()),
    ]


def test_as_the_hub_says(world: World) -> None:
    world.parties.adopt(OURS)
    found = world.parties.reconcile(OURS, complete=True)
    assert (found.compared, found.differences, dict(found.counts)) == (len(OURS), (), {})


def test_what_only_we_know_is_told_and_stays(world: World) -> None:
    """In a complete view, or beside what it says of the same point; nothing is ended for it."""
    world.parties.adopt([*OURS, contract(date(2010, 1, 1), end=date(2012, 1, 1))])
    partial = world.parties.reconcile([Point(party=NEW, metering_point=POINT, settlement="profiled")])
    assert partial.differences == ()
    whole = world.parties.reconcile([contract(date(2025, 1, 1), POINT_2)], complete=True, apply=True)
    assert short(whole.differences) == [
        ("only ours", "contract", POINT, False),
        ("only ours", "point", POINT, False),
    ]
    assert "no proof" in whole.differences[0].why


def test_a_process_that_is_under_way_may_explain_it(world: World) -> None:
    world.parties.adopt([contract(date(2024, 3, 1), POINT, OLD)])
    switch = world.parties.start(start(), party=NEW)
    said = contract(date(2026, 12, 1))
    (found,) = world.parties.reconcile([said], apply=True).differences
    assert (found.kind, found.certain, found.applied) == ("only theirs", False, False)
    assert switch.id in found.why


def test_an_end_that_is_learnt_becomes_a_process(world: World) -> None:
    world.parties.adopt([contract(date(2024, 3, 1))])
    world.events.clear()
    world.parties.reconcile([contract(date(2024, 3, 1), end=date(2026, 12, 24))], apply=True)
    assert world.state("supply/leaver", NEW) == "ending"
    world.time("2026-12-24 00:00")
    assert world.heard(NEW)[-1] == "SupplyEnded"


def test_a_level_that_is_learnt_is_told(world: World) -> None:
    world.parties.adopt([access(date(2026, 1, 1))])
    world.events.clear()
    world.parties.reconcile([access(date(2026, 1, 1), level="full")], apply=True)
    assert world.events == [(THIRD_PARTY, "AccessLevelChanged")]
    (row,) = world.parties.browse.accesses()
    assert (row["level"], row["start"]) == ("full", "2026-01-01")
    (process,) = world.parties.find(party=THIRD_PARTY)
    assert process.facts["level"] == "full"


def told(point: str, supplier: str) -> bytes:
    made = ediel.read(notice(BusinessProcess.BRS_NO_305, "NotifyMeteringPointCharacteristics", NEW, "DDQ"))
    assert isinstance(made, ediel.messages.NotifyMeteringPointCharacteristics)
    payload = made.payloads[0].model_copy(
        update={
            "metering_point": point,
            "balance_supplier": supplier,
            "start_of_occurrence": midnight(date(2026, 11, 1)),
        }
    )
    return ediel.write(made.model_copy(update={"payloads": (payload,)}))


@pytest.mark.parametrize(
    ("ours", "kinds"),
    [
        ([contract(date(2024, 3, 1))], []),
        ([], ["only theirs"]),
        ([contract(date(2024, 3, 1), supplier=OLD)], ["other party"]),
        ([contract(date(2024, 3, 1), end=date(2026, 11, 1))], ["only theirs"]),
        ([contract(date(2024, 3, 1), end=date(2026, 11, 2))], []),
        ([contract(date(2026, 11, 2))], ["only theirs"]),
        ([contract(date(2026, 11, 1))], []),
    ],
)
def test_what_came_in_messages(world: World, ours: list[Row], kinds: list[str]) -> None:
    """The supplier on the day that the latest answer is about."""
    world.parties.adopt(ours)
    world.parties.receive(told(POINT, NEW))
    found = world.parties.reconcile()
    assert found.compared == 1
    assert [item.kind for item in found.differences] == kinds
    assert not any(item.certain for item in found.differences)


def test_a_notice_that_could_not_be_handled_is_a_difference(world: World) -> None:
    made = ediel.read(notice(BusinessProcess.BRS_NO_214, "NotifyEndOfSupply", OLD, "DDQ", balance_supplier=OLD))
    context = made.process.model_copy(update={"business_process": BusinessProcess.BRS_NO_212})
    (received,) = world.parties.receive(ediel.write(made.model_copy(update={"process": context})))
    assert received.outcome == "dead"
    (found,) = world.parties.reconcile().differences
    assert (found.kind, found.what, found.party) == ("only theirs", "notice", OLD)
    assert found.source == f"dead letter {received.dead_letter}"


def test_what_cannot_be_compared(world: World) -> None:
    with pytest.raises(EngineError, match="need a view"):
        world.parties.reconcile(apply=True)
    row = UnderWay(
        order=start(),
        state="accepted",
        request="5f0a3c1e-7d0f-4f2e-9c62-3a4f1f1f7b11",
        asked=date(2026, 11, 20),
        party=NEW,
    )
    with pytest.raises(InvalidPortfolio, match="found under way; expected contract, access or point"):
        world.parties.reconcile([row])
