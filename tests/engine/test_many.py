"""Many orders at once: a result for each, resumable by keys, throttled by the outbox; and how far they have come."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import ediel
from ediel.engine import Engine, EngineError, Order, Party
from tests.support.databases import KINDS, url
from tests.support.world import GRID, NEW, POINT, THIRD_PARTY, World, at, start


@pytest.fixture(params=KINDS)
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    made = Engine.open(
        url(request.param, tmp_path),
        party=(Party(THIRD_PARTY, "AG"), Party(NEW, "DDQ")),
        clock=lambda: at("2026-11-27 09:00"),
    )
    yield made
    made.close()


def point(number: int) -> str:
    return f"7070575400{number:08d}"


def requests(count: int, **more: Any) -> list[Order]:
    return [
        Order(ediel.AccessRequest(metering_point=point(number)), f"spring/{number}", {"campaign": "spring"}, **more)
        for number in range(count)
    ]


def test_each_order_has_its_result_and_what_is_refused_stops_nothing(engine: Engine) -> None:
    events: list[str] = []
    engine.on(ediel.events.AccessAsked, lambda event: events.append(event.process_id))
    orders: list[Any] = requests(7)
    orders[3] = Order(ediel.PointSearch(metering_point=POINT, meter="1234"), party=NEW)  # the hub would refuse it
    orders[5] = ediel.GridMoveIn(**start().model_dump(exclude={"consent"}))
    results = engine.start_many(orders, batch=2)
    assert [item.place for item in results] == list(range(7))
    assert [item.outcome for item in results] == ["begun"] * 3 + ["refused", "begun", "refused", "begun"]
    assert isinstance(results[3].error, ediel.PreflightRefused)
    assert "no party here has role DDM" in str(results[5].error)
    begun = [item.process for item in results if item.process is not None]
    assert {item.state for item in begun} == {"asked"}
    assert sorted(events) == sorted(item.id for item in begun)
    assert len(engine.outbox.pending()) == 5
    assert len(engine.find(tags={"campaign": "spring"})) == 5


def test_the_same_orders_again_begin_what_is_left(engine: Engine) -> None:
    first = engine.start_many(requests(5), batch=2)
    again = engine.start_many(requests(8), batch=3)
    assert [item.outcome for item in again] == ["known"] * 5 + ["begun"] * 3
    assert [item.process and item.process.id for item in again[:5]] == [
        item.process and item.process.id for item in first
    ]
    assert len(engine.find()) == 8


def test_what_was_committed_stays_when_the_rest_fails(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    begin = engine._begin
    calls = iter(range(100))

    def failing(*given: Any) -> Any:
        if next(calls) == 5:
            raise RuntimeError("killed")
        return begin(*given)

    monkeypatch.setattr(engine, "_begin", failing)
    with pytest.raises(RuntimeError, match="killed"):
        engine.start_many(requests(8), batch=2)
    assert len(engine.find()) == 4, "two batches, and nothing of the third"
    assert [item.outcome for item in engine.start_many(requests(8), batch=2)] == ["known"] * 4 + ["begun"] * 4


def test_a_full_outbox_takes_no_more(engine: Engine) -> None:
    results = engine.start_many(requests(9), batch=2, waiting=5)
    assert [item.outcome for item in results] == ["begun"] * 5 + ["later"] * 4
    assert {item.outcome for item in engine.start_many(requests(9)[5:], waiting=5)} == {"later"}
    for row in engine.outbox.pending(most=3):
        engine.outbox.sent(row["message_id"])
    results = engine.start_many(requests(9)[5:], waiting=5)
    assert [item.outcome for item in results] == ["begun"] * 3 + ["later"]


def test_what_is_known_takes_no_room_in_the_outbox(engine: Engine) -> None:
    """The same orders, again and again while messages leave: all of them begin in the end, a few at a time."""
    outcomes = []
    for _ in range(5):
        outcomes.append(Counter(item.outcome for item in engine.start_many(requests(9), batch=4, waiting=3)))
        for row in engine.outbox.pending():
            engine.outbox.sent(row["message_id"])
    assert [(item["known"], item["begun"], item["later"]) for item in outcomes] == [
        (0, 3, 6), (3, 3, 3), (6, 3, 0), (9, 0, 0), (9, 0, 0)
    ]  # fmt: skip


def test_the_same_twice_among_many(engine: Engine) -> None:
    one, two = requests(2)
    results = engine.start_many([one, one, Order(one.order), two])
    assert [item.outcome for item in results] == ["begun", "refused", "refused", "begun"]
    assert "its key 'spring/0' is that of another one before it" in str(results[1].error)
    assert isinstance(results[2].error, ediel.CommandRefused)
    for given in ({"batch": 0}, {"batch": 10_001}, {"waiting": 0}):
        with pytest.raises(EngineError, match="expected 1 to 10,000"):
            engine.start_many([], **given)
    assert engine.start_many([]) == []


def test_how_far_a_campaign_has_come(tmp_path: Path) -> None:
    world = World(tmp_path)
    engine = world.parties
    results = engine.start_many(requests(4, party=THIRD_PARTY))
    ids = [item.process.id for item in results if item.process is not None]
    row, *_ = engine.outbox.pending(THIRD_PARTY)
    engine.outbox.failed(row["message_id"], "refused")
    world.deliver()
    engine.decide(ids[1], "approve")
    engine.decide(ids[2], "refuse")
    tally = engine.tally({"campaign": "spring"})
    assert tally.total == 4
    assert tally.states == {
        ("access/third party", "asked"): 1, ("access/third party", "waiting"): 1,
        ("access/third party", "granted"): 1, ("access/third party", "refused"): 1,
    }  # fmt: skip
    assert (tally.statuses, tally.not_sent) == ({"open": 2, "resting": 1, "closed": 1}, 1)
    assert engine.tally({"campaign": "autumn"}).total == 0
    assert engine.tally({"campaign": "spring"}, party=GRID).total == 0
    with pytest.raises(EngineError, match="one tag or more"):
        engine.tally({})
    world.close()
