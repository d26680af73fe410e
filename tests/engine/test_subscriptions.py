"""Subscriptions: each event once for each of them, in order for each process, whatever handlers do."""

from __future__ import annotations

import asyncio
import multiprocessing
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Column, Integer, MetaData, String, Table, create_engine, insert, select

import ediel
from ediel.engine import Engine, Party
from ediel.engine._subscriptions import back_off
from ediel.store import StoreError
from tests.support.databases import KINDS, url
from tests.support.world import NEW, POINT, World, at, start

NOW = at("2026-11-27 09:00")
THIRD = "7080001300012"
POINTS = [f"7070575420000{number:04}" for number in range(100)]
LEDGER = Table(
    "ledger", MetaData(), Column("event", String(36)), Column("process", String(36)), Column("version", Integer)
)


def gsrn(number: int) -> str:
    body = f"7070575420{number:07}"
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(body))
    return f"{body}{-total % 10}"


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return url(request.param, tmp_path)


@pytest.fixture
def engine(database: str) -> Iterator[Engine]:
    made = Engine.open(database, party=Party(THIRD, "AG"), clock=lambda: NOW)
    LEDGER.metadata.create_all(made.store.engine)
    yield made
    made.close()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.close()


def ask(engine: Engine, number: int) -> str:
    return engine.start(ediel.AccessRequest(metering_point=gsrn(number))).id


def test_a_handler_may_call_the_engine(engine: Engine) -> None:
    """It was told of one event 140 times, because the call inside it told it again."""
    heard: list[str] = []

    @engine.subscribe("queries", ediel.events.AccessAsked)
    def query(event: ediel.events.AccessAsked) -> None:
        heard.append(event.id)
        engine.start(ediel.MasterDataQuery(metering_point=event.metering_point))

    ask(engine, 1)
    assert len(heard) == 1
    assert [row["name"] for row in engine.outbox.pending()] == ["UpdateThirdPartyAccess", "RequestDataFromElhub"]
    assert engine.subscriptions.deliveries.waiting() == []


def test_what_a_handler_does_with_the_engine_is_committed_with_its_event_or_not_at_all(engine: Engine) -> None:
    fail = [True]

    @engine.subscribe("queries", ediel.events.AccessAsked, attempts=3)
    def query(event: ediel.events.AccessAsked, tx: ediel.Transaction) -> None:
        tx.execute(insert(LEDGER).values(event=event.id, process=event.process_id, version=event.version))
        engine.start(ediel.MasterDataQuery(metering_point=event.metering_point))
        if fail[0]:
            raise RuntimeError

    ask(engine, 1)
    assert [row["name"] for row in engine.outbox.pending()] == ["UpdateThirdPartyAccess"]
    fail[0] = False
    assert engine.deliver(now=NOW + timedelta(seconds=1)) == 1
    assert [row["name"] for row in engine.outbox.pending()] == ["UpdateThirdPartyAccess", "RequestDataFromElhub"]
    with engine.store.connection() as connection:
        assert len(connection.execute(select(LEDGER)).all()) == 1


def test_a_coroutine_is_awaited(engine: Engine) -> None:
    heard: list[str] = []

    @engine.subscribe("later", ediel.events.AccessAsked)
    async def later(event: ediel.events.AccessAsked) -> None:
        await asyncio.sleep(0)
        heard.append(event.id)

    ask(engine, 1)
    assert len(heard) == 1

    async def backend() -> None:  # also when the caller stands on a loop of its own
        ask(engine, 2)

    asyncio.run(backend())
    assert len(heard) == 2


def test_a_coroutine_that_fails_is_tried_again(engine: Engine) -> None:
    @engine.subscribe("later", ediel.events.AccessAsked)
    async def later(_event: ediel.events.AccessAsked) -> None:
        raise LookupError

    ask(engine, 1)
    (row,) = engine.subscriptions.deliveries.waiting()
    assert (row.attempts, row.error) == (1, "LookupError")


def test_poison_is_set_aside_and_nobody_waits_for_it(engine: Engine) -> None:
    heard: list[str | None] = []
    poison = [gsrn(number) for number in range(3)]

    @engine.subscribe("billing", ediel.events.AccessAsked, attempts=3)
    def bill(event: ediel.events.AccessAsked) -> None:
        if event.metering_point in poison:
            raise ValueError(event.metering_point)
        heard.append(event.metering_point)

    for number in range(5):
        ask(engine, number)
    assert heard == [gsrn(3), gsrn(4)]
    now = NOW
    for attempt in range(3):
        now += back_off(attempt)
        engine.deliver(now=now)
    dead = engine.subscriptions.deliveries.dead()
    assert [(item.attempts, item.error) for item in dead] == [(3, "ValueError")] * 3
    assert engine.subscriptions.deliveries.waiting() == []
    assert gsrn(0) not in repr([item.error for item in dead])
    poison.clear()
    assert engine.subscriptions.deliveries.again([dead[0].number]) == 1
    assert engine.deliver(now=now) == 1
    assert heard[-1] == gsrn(0)
    assert engine.subscriptions.deliveries.drop([item.number for item in dead[1:]]) == 2
    assert engine.subscriptions.deliveries.dead() == []


def test_a_process_waits_for_its_own_earlier_event(engine: Engine) -> None:
    heard: list[str] = []
    fail = [True]

    @engine.subscribe("billing")
    def bill(event: ediel.events.Event) -> None:
        if fail[0] and event.name == "AccessAsked":
            raise ValueError
        heard.append(event.name)

    one = ask(engine, 1)
    engine.decide(one, "approve")
    assert heard == []
    fail[0] = False
    engine.deliver(now=NOW + timedelta(seconds=1))
    assert heard[0] == "AccessAsked"
    assert len(heard) == len(set(heard)) == 2


def test_events_that_nobody_subscribes_to_cost_nothing(engine: Engine) -> None:
    engine.subscribe("billing", ediel.events.SupplyConfirmed)(lambda event: None)
    for number in range(3):
        ask(engine, number)
    assert engine.subscriptions.deliveries.waiting() == []
    assert len(engine.browse.events()) == 3


def test_a_subscription_may_hear_what_has_happened_before_it(engine: Engine) -> None:
    first = ask(engine, 1)
    heard: dict[str, list[str]] = {"new": [], "all": []}
    engine.subscribe("new", ediel.events.AccessAsked)(lambda event: heard["new"].append(event.process_id))
    engine.subscribe("all", ediel.events.AccessAsked, since=NOW - timedelta(days=1))(
        lambda event: heard["all"].append(event.process_id)
    )
    second = ask(engine, 2)
    assert heard == {"new": [second], "all": [first, second]}


def test_two_handlers_of_one_name_are_a_mistake(engine: Engine) -> None:
    engine.subscribe("billing", ediel.events.AccessAsked)(lambda event: None)
    with pytest.raises(ediel.EngineError, match="billing has a handler for AccessAsked already"):
        engine.subscribe("billing", ediel.events.AccessAsked)(lambda event: None)


def test_an_event_carries_its_content(world: World) -> None:
    heard: list[ediel.events.Event] = []
    world.parties.subscribe("billing", ediel.events.SupplyConfirmed)(heard.append)
    world.parties.start(start(), party=NEW)
    world.deliver()
    world.time("2026-12-01 00:00")
    event = heard[0]
    assert event.metering_point == POINT
    assert event.brs == "BRS-NO-101"
    assert isinstance(event.day, date)
    assert event.process.id == event.process_id
    assert event.message is not None
    assert world.parties.message(event.message.header.identification) == event.message
    assert event.message in [item.message for item in event.process.messages]
    assert [item.direction for item in event.process.messages][:2] == ["sent", "received"]
    assert "Testesen" not in repr(event) + repr(event.process.messages)


def test_own_rows_and_the_process_are_committed_together(engine: Engine) -> None:
    own = create_engine(engine.store.engine.url)
    with own.connect() as connection:
        connection.execute(insert(LEDGER).values(event="mine", process="", version=0))
        engine.start(ediel.AccessRequest(metering_point=gsrn(1)), connection=connection)
        connection.rollback()
    assert engine.browse.processes() == []
    with own.begin() as connection:
        connection.execute(insert(LEDGER).values(event="mine", process="", version=0))
        begun = engine.start(ediel.AccessRequest(metering_point=gsrn(1)), connection=connection)
    assert engine.process(begun.id).state == "asked"
    with own.connect() as connection:
        assert [row.event for row in connection.execute(select(LEDGER))] == ["mine"]
    own.dispose()


def test_a_connection_to_another_database_is_refused(engine: Engine, tmp_path: Path) -> None:
    other = create_engine(f"sqlite:///{tmp_path / 'other.db'}")
    with other.begin() as connection, pytest.raises(StoreError, match="expected one to"):
        engine.start(ediel.AccessRequest(metering_point=gsrn(1)), connection=connection)
    other.dispose()


def test_a_key_begins_one_process(engine: Engine) -> None:
    order = ediel.AccessRequest(metering_point=gsrn(1))
    first = engine.start(order, key="web-4711", tags={"customer": "c1"})
    again = engine.start(order, key="web-4711")
    assert (again.id, again.state, again.sent) == (first.id, "asked", ())
    assert len(engine.outbox.pending()) == 1
    with pytest.raises(ediel.CommandRefused):
        engine.start(order, key="web-4712")
    assert len(engine.browse.processes()) == 1


def _work(database: str, transactional: bool, number: int) -> None:
    engine = Engine.open(database, clock=lambda: NOW)

    def record(event: ediel.events.Event, connection: object) -> None:
        connection.execute(  # type: ignore[attr-defined]
            insert(LEDGER).values(event=event.id, process=event.process_id, version=event.version)
        )

    def together(event: ediel.events.Event, tx: ediel.Transaction) -> None:
        time.sleep(0.002)
        record(event, tx)

    def alone(event: ediel.events.Event) -> None:
        time.sleep(0.002)
        with engine.store.connection(write=True) as connection:
            record(event, connection)

    engine.subscribe("ledger")(together if transactional else alone)
    engine.deliver()
    engine.close()


@pytest.mark.parametrize("transactional", [True, False])
def test_workers_share_a_subscription(engine: Engine, database: str, transactional: bool) -> None:
    """Three engines were told of 200 events 600 times."""
    engine.subscriptions.deliveries.register("ledger", list(ediel.events.BY_NAME), NOW)
    for number in range(30):
        engine.decide(ask(engine, number), "approve")
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_work, args=(database, transactional, number)) for number in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(120)
        assert worker.exitcode == 0
    engine.subscribe("ledger")(lambda event: pytest.fail("it was handled already"))
    assert engine.deliver() == 0
    with engine.store.connection() as connection:
        rows = connection.execute(select(LEDGER)).all()
    counted = Counter(row.event for row in rows)
    assert set(counted.values()) == {1}
    assert len(counted) == len(engine.browse.events(most=1000)) == 60
    for process in {row.process for row in rows}:
        versions = [row.version for row in rows if row.process == process]
        assert versions == sorted(versions)


def test_a_lease_runs_out_with_the_worker_that_held_it(engine: Engine) -> None:
    from datetime import UTC, datetime

    engine.subscriptions.deliveries.register("billing", ["AccessAsked"], NOW)
    ask(engine, 1)
    real = datetime.now(UTC)
    claim = engine.subscriptions.deliveries.claim
    held = claim("billing", ["AccessAsked"], NOW, most=9, real=real, until=real + timedelta(seconds=30), owner="a" * 36)
    assert len(held) == 1
    later = real + timedelta(seconds=31)
    assert claim("billing", ["AccessAsked"], NOW, most=9, real=real, until=later, owner="b" * 36) == []
    again = claim("billing", ["AccessAsked"], NOW, most=9, real=later, until=later, owner="b" * 36)
    assert [item.id for item in again] == [item.id for item in held]
    assert engine.subscriptions.deliveries.handled([held[0].number], owner="a" * 36) == 0  # it comes too late
    assert engine.subscriptions.deliveries.handled([held[0].number], owner="b" * 36) == 1


def test_a_slow_handler_keeps_its_lease(engine: Engine) -> None:
    heard: list[str] = []

    @engine.subscribe("slow", ediel.events.AccessAsked, lease=timedelta(seconds=2))
    def slow(event: ediel.events.AccessAsked) -> None:
        time.sleep(3)
        heard.append(event.id)

    other = Engine(engine.store, clock=lambda: NOW)
    other.subscribe("slow", ediel.events.AccessAsked, lease=timedelta(seconds=2))(lambda event: heard.append(event.id))

    def watch() -> None:
        for _ in range(7):
            time.sleep(0.4)
            other.deliver()

    watcher = threading.Thread(target=watch)
    watcher.start()
    ask(engine, 1)
    watcher.join()
    assert len(heard) == 1
