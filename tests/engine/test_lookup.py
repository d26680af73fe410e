"""Looking processes up: by key, tag, point, status and process; what happened at a point; what falls due."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text

import ediel
from ediel.engine import Engine, EngineError, Page, Party, Process, TimelineEntry
from tests.support.databases import KINDS, url
from tests.support.places import FIXTURES
from tests.support.world import GRID, HUB, NEW, OLD, POINT, POINT_2, THIRD_PARTY, World, at, start


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.close()


@pytest.fixture(params=KINDS)
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    moments = iter(range(100_000))
    made = Engine.open(
        url(request.param, tmp_path),
        party=(Party(NEW, "DDQ"), Party(OLD, "DDQ"), Party(THIRD_PARTY, "AG")),
        clock=lambda: at("2026-11-27 09:00") + timedelta(milliseconds=next(moments)),
    )
    yield made
    made.close()


def queries(engine: Engine, count: int, **more: Any) -> list[str]:
    """Queries about one point; any number may be under way."""
    return [engine.start(ediel.MasterDataQuery(metering_point=POINT), party=NEW, **more).id for _ in range(count)]


def values_of(*points: str) -> bytes:
    """Metering values of several points in one message, as the hub sends them to a supplier."""
    message: Any = ediel.read((FIXTURES / "valid" / "NotifyValidatedDataForBillingEnergy-313.xml").read_bytes())
    header = message.header.model_copy(update={"juridical_sender": HUB, "juridical_recipient": NEW})
    context = message.process.model_copy(update={"role": ediel.codes.Role.DDQ})
    series = tuple(message.payloads[0].model_copy(update={"metering_point": point}) for point in points)
    return ediel.write(message.model_copy(update={"header": header, "process": context, "payloads": series}))


def ids(page: Page[Process]) -> list[str]:
    return [item.id for item in page]


def test_everything_that_is_given_must_hold(engine: Engine) -> None:
    asked = queries(engine, 1, key="web-1", tags={"customer": "c1", "campaign": "spring"})[0]
    other = engine.start(ediel.MasterDataQuery(metering_point=POINT_2), party=OLD, key="web-1", tags={"customer": "c1"})
    switch = engine.start(start(), party=NEW, tags={"customer": "c2"})
    engine.command(asked, "give up")
    wanted: list[tuple[dict[str, Any], list[str]]] = [
        ({}, [switch.id, other.id, asked]),
        ({"key": "web-1"}, [other.id, asked]),
        ({"key": "web-1", "party": NEW}, [asked]),
        ({"key": "web-1", "party": NEW, "tags": {"customer": "c1"}}, [asked]),
        ({"key": "web-1", "tags": {"customer": "c2"}}, []),
        ({"key": "web-1", "metering_point": POINT_2}, [other.id]),
        ({"key": "web-1", "status": "open"}, [other.id]),
        ({"key": "web"}, []),
        ({"tags": {"customer": "c1"}}, [other.id, asked]),
        ({"tags": {"customer": "c1", "campaign": "spring"}}, [asked]),
        ({"tags": {"customer": "c1"}, "status": "done"}, [asked]),
        ({"tags": {"customer": "c1"}, "metering_point": POINT_2}, [other.id]),
        ({"tags": {"customer": "c1"}, "party": Party(OLD, "DDQ")}, [other.id]),
        ({"metering_point": POINT}, [switch.id, asked]),
        ({"metering_point": POINT, "process": "BRS-NO-101"}, [switch.id]),
        ({"metering_point": POINT, "status": "closed", "party": NEW}, [asked]),
        ({"metering_point": POINT, "party": OLD}, []),
        ({"process": "BRS-NO-101"}, [switch.id]),
        ({"process": "BRS-NO-303", "status": "open"}, [other.id]),
        ({"status": "open"}, [switch.id, other.id]),
        ({"status": "done"}, [asked]),
        ({"status": "resting"}, []),
        ({"party": NEW}, [switch.id, asked]),
        ({"party": THIRD_PARTY}, []),
    ]
    for given, expected in wanted:
        assert ids(engine.find(**given)) == expected, given
    (found,) = engine.find(metering_point=POINT_2)
    assert (found.status, found.changed_at) == ("open", other.changed_at)


@pytest.mark.parametrize(
    "given", [{}, {"tags": {"a": "b"}}, {"metering_point": POINT}, {"status": "open"}, {"process": "BRS-NO-303"}]
)
def test_pages_are_the_list(engine: Engine, given: dict[str, Any]) -> None:
    """Also where several have begun at the same moment; what begins meanwhile changes no later page."""
    engine.clock = lambda: at("2026-11-27 09:00")
    asked = queries(engine, 5, tags={"a": "b"})
    engine.clock = lambda: at("2026-11-27 09:01")
    asked += queries(engine, 5, tags={"a": "b"})
    found: list[str] = []
    page = engine.find(**given, most=3)
    while True:
        assert len(page) <= 3
        found += ids(page)
        if page.after is None:
            break
        engine.clock = lambda: at("2026-11-27 09:02")
        queries(engine, 1, tags={"a": "b"})
        page = engine.find(**given, most=3, after=page.after)
    assert sorted(found) == sorted(asked)
    assert found[:5] == sorted(asked[5:], reverse=True)


def test_a_page_that_is_just_full_is_the_end(engine: Engine) -> None:
    queries(engine, 3)
    assert engine.find(most=3).after is None
    assert engine.find(most=2).after is not None


def test_a_supply_that_has_begun_is_not_open(world: World) -> None:
    switch = world.parties.start(start(), party=NEW)
    world.deliver()
    assert ids(world.parties.find(party=NEW, status="open")) == [switch.id]
    world.time("2026-12-02 00:00")
    (found,) = world.parties.find(party=NEW, status="done")
    assert (found.id, found.state, found.status) == (switch.id, "supplying", "resting")
    assert ids(world.parties.find(party=NEW, status="open")) == []
    assert ids(world.parties.find(party=NEW, status="closed")) == []


def test_what_cannot_be_asked_is_refused(engine: Engine) -> None:
    refused: list[tuple[dict[str, Any], str]] = [
        ({"status": "running"}, "expected open, done, resting, closed"),
        ({"after": "yesterday"}, r"expected the \.after of a page"),
        ({"after": "2026-11-27T08:00:00.000000Z"}, r"expected the \.after of a page"),
        ({"most": 0}, "expected 1 to 10,000"),
        ({"most": 10_001}, "ask for the next page"),
    ]
    for given, problem in refused:
        with pytest.raises(EngineError, match=problem):
            engine.find(**given)
    with pytest.raises(EngineError, match="18 figures"):
        engine.timeline("7070")
    with pytest.raises(EngineError, match=r"expected the \.after of a page"):
        engine.timeline(POINT, after="2026-11-27T08:00:00.000000Z~a~b")
    with pytest.raises(EngineError, match=r"expected the \.after of a page"):
        engine.due(after="x")


def test_the_timeline_of_a_point_has_all_that_happened_there(world: World) -> None:
    switch = world.parties.start(start(), party=NEW)
    query = world.parties.start(ediel.MasterDataQuery(metering_point=POINT), party=OLD)
    access = world.parties.start(ediel.AccessRequest(metering_point=POINT), party=THIRD_PARTY)
    world.parties.start(ediel.MasterDataQuery(metering_point=POINT_2), party=OLD)
    world.now = at("2026-11-27 10:00")
    (values,) = world.parties.receive(values_of(POINT, POINT_2))
    assert values.outcome == "handled"
    page = world.parties.timeline(POINT)
    assert [(item.what, item.process_id) for item in page] == [
        *sorted([("supply", switch.id), ("query", query.id), ("access", access.id)], key=lambda item: item[1]),
        ("values", values.process_id),
    ]
    last = page.items[-1]
    assert (last.events, last.received, last.brs) == (("ValuesReceived",), values.message_id, "BRS-NO-313")
    assert isinstance(last.message, ediel.messages.NotifyValidatedDataForBillingEnergy)
    begun = next(item for item in page if item.what == "supply")
    assert (begun.trigger, begun.events, begun.sent) == ("command start", ("SupplyRequested",), switch.sent)
    assert begun.message is None
    assert [item.process_id for item in world.parties.timeline(POINT, party=THIRD_PARTY)] == [access.id]
    assert [item.what for item in world.parties.timeline(POINT_2)] == ["query", "values"]


def test_a_timeline_in_pages(world: World) -> None:
    world.parties.start(start(), party=NEW)
    world.deliver()
    world.time("2026-12-02 00:00")
    whole = world.parties.timeline(POINT)
    assert whole.after is None
    assert {item.party for item in whole} == {NEW, OLD, GRID}
    found: list[TimelineEntry] = []
    after = None
    while True:
        page = world.parties.timeline(POINT, after=after, most=1)
        found += page.items
        after = page.after
        if after is None:
            break
    assert found == list(whole.items)
    assert len(found) > 4


def test_deadlines_in_pages(engine: Engine) -> None:
    for number in range(7):
        engine.start(
            start(day=date(2026, 12, 20 + number % 3), metering_point=f"70705754200000{number:04d}"), party=NEW
        )
    whole = [(row["due_at"], row["instance_id"]) for row in engine.due(timedelta(days=40))]
    assert len(whole) == 7
    assert whole == sorted(whole)
    found, after = [], None
    while True:
        page = engine.due(timedelta(days=40), after=after, most=2)
        found += [(row["due_at"], row["instance_id"]) for row in page]
        after = page.after
        if after is None:
            break
    assert found == whole


def test_timers_that_cannot_be_fired_hide_no_others(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """More than one page of timers is left alone, and the next one fires."""
    monkeypatch.setattr("ediel.engine._timers._PAGE", 2)
    for number in range(5):
        world.parties.start(start(metering_point=f"70705754200000{number:04d}"), party=OLD)
    late = world.parties.start(start(day=date(2026, 12, 3)), party=NEW)
    for row in world.parties.outbox.pending():
        world.parties.outbox.sent(row["message_id"])
    fired = world.parties.run_due(at("2026-12-05 00:00"), without={OLD})
    assert [item.id for item in fired] == [late.id]
    assert len(world.parties.run_due(at("2026-12-05 00:00"))) == 5


def test_reading_waits_for_no_writer(tmp_path: Path) -> None:
    engine = Engine.open(f"sqlite:///{tmp_path / 'market.db'}", party=Party(NEW, "DDQ"))
    process = engine.start(ediel.MasterDataQuery(metering_point=POINT), key="k", tags={"a": "b"})
    with closing(sqlite3.connect(tmp_path / "market.db", isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("UPDATE instances SET state = 'nonsense'")
        began = time.monotonic()
        assert engine.process(process.id).state == "asked"
        for given in ({"key": "k"}, {"tags": {"a": "b"}}, {"status": "open"}, {"metering_point": POINT}):
            assert ids(engine.find(**given)) == [process.id]
        assert len(engine.timeline(POINT)) == 1
        assert list(engine.due()) == []
        assert time.monotonic() - began < 5, "the writer's place would be waited for half a minute"
        writer.execute("ROLLBACK")
    engine.close()


@pytest.mark.parametrize("party", [None, NEW])
def test_every_lookup_walks_along_an_index(tmp_path: Path, party: str | None) -> None:
    """No query scans a table or sorts one, whatever is given; the steps of the processes of one point are sorted."""
    engine = Engine.open(f"sqlite:///{tmp_path / 'market.db'}", party=Party(NEW, "DDQ"))
    process = engine.start(ediel.MasterDataQuery(metering_point=POINT), key="k", tags={"a": "b", "c": "d"})
    plans: list[str] = []

    @event.listens_for(engine.store.engine, "before_cursor_execute")
    def explain(connection: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.startswith("SELECT"):
            cursor.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
            plans.extend(f"{row[3]} in {statement}" for row in cursor.fetchall())

    after = engine.find(most=1).after or "2026-11-27T08:00:00.000000Z~x"
    for given in (
        {}, {"key": "k"}, {"tags": {"a": "b"}}, {"tags": {"a": "b", "c": "d"}}, {"metering_point": POINT}, {"status": "open"},
        {"process": "BRS-NO-303"}, {"status": "done", "process": "BRS-NO-303"},
        {"tags": {"a": "b"}, "status": "open", "process": "BRS-NO-303"}, {"metering_point": POINT, "status": "open"},
    ):  # fmt: skip
        engine.find(**given, party=party)
        engine.find(**given, party=party, after=after)
    engine.timeline(POINT, party=party)
    engine.due(timedelta(days=9))
    engine.due(timedelta(days=9), after="2026-11-27T08:00:00.000000Z~x~y")
    assert engine.process(process.id).id == process.id
    assert plans
    scans = [plan for plan in plans if plan.startswith("SCAN") and "COVERING INDEX" not in plan]
    assert scans == []
    sorts = [plan for plan in plans if "TEMP B-TREE" in plan and "FROM transitions JOIN instances" not in plan]
    assert sorts == []
    engine.close()


def test_what_cannot_be_read_is_in_the_list_all_the_same(engine: Engine) -> None:
    (asked,) = queries(engine, 1)
    (other,) = queries(engine, 1)
    with engine.store.connection(write=True) as connection:
        connection.execute(text("UPDATE instances SET machine = 'gone/role' WHERE id = :id"), {"id": asked})
    assert ids(engine.find()) == [other, asked]
    page = engine.find(metering_point=POINT)
    assert page.items[1].facts["problem"].startswith("cannot be read")
    assert (page.items[1].commands, page.items[1].status) == ((), "open")


def test_the_hub_is_a_party_like_others(world: World) -> None:
    world.parties.start(start(), party=NEW)
    world.deliver()
    (found,) = world.hub.find(status="open", metering_point=POINT)
    assert (found.party, found.state) == (HUB, "waiting")
