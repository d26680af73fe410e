"""Several workers on one database, with poison, kills and slow handlers: each event once, in the order of its process."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
import warnings
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import Column, Integer, MetaData, String, Table, func, insert, select

import ediel
from ediel.engine import Engine, Party
from ediel.store import _schema as schema
from tests.engine.test_subscriptions import THIRD, gsrn
from tests.support.databases import url

COUNT = 40
KILLED = 0.07
LEDGER = Table(
    "handled", MetaData(),
    Column("id", Integer, primary_key=True, autoincrement=True), Column("subscription", String(9)),
    Column("event", String(36)), Column("process", String(36)), Column("version", Integer),
)  # fmt: skip


def number_of(point: str) -> int:
    return int(point[10:17])


def is_poison(event: ediel.events.Event) -> bool:
    """The first event of some processes, and the second of some others."""
    number = number_of(str(event.data["metering_point"]))
    return (number % 10 == 5 and event.version == 1) or (number % 10 == 0 and event.version == 2)


def clock() -> datetime:
    return datetime.now(UTC)


def opened(database: str) -> Engine:
    return Engine.open(database, party=Party(THIRD, "AG"), clock=clock, check=False)


def waiting(engine: Engine) -> int:
    table = schema.DELIVERIES
    with engine.store.connection() as connection:
        return int(
            connection.execute(select(func.count()).select_from(table).where(table.c.status == "waiting")).scalar_one()
        )


def _work(database: str, seed: int) -> None:
    """Handle events until none waits; die at times in the middle of it, before or after what was written."""
    random = Random(seed)
    engine = opened(database)

    def maybe_die() -> None:
        if random.random() < KILLED / 2:
            os.kill(os.getpid(), signal.SIGKILL)

    def handle(name: str, event: ediel.events.Event, connection: ediel.Transaction | None) -> None:
        maybe_die()
        if number_of(str(event.data["metering_point"])) % 7 == 0:
            time.sleep(0.05)
        row = insert(LEDGER).values(subscription=name, event=event.id, process=event.process_id, version=event.version)
        if is_poison(event):
            raise ValueError("poison")
        if connection is not None:
            connection.execute(row)
        else:
            with engine.store.connection(write=True) as own:
                own.execute(row)
        maybe_die()

    def together(event: ediel.events.Event, tx: ediel.Transaction) -> None:
        handle("together", event, tx)

    def leased(event: ediel.events.Event) -> None:
        handle("leased", event, None)

    engine.subscribe("together", attempts=2)(together)
    engine.subscribe("leased", attempts=2, lease=timedelta(seconds=2))(leased)
    while waiting(engine):
        engine.deliver()
        time.sleep(0.05)
    engine.close()


@pytest.fixture(params=[("sqlite", 2), ("postgresql", 3)], ids=["two on SQLite", "three on PostgreSQL"])
def market(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, int]:
    kind, workers = request.param
    return url(kind, tmp_path), workers


def test_each_event_once_and_in_order(market: tuple[str, int]) -> None:
    database, workers = market
    engine = opened(database)
    LEDGER.metadata.create_all(engine.store.engine)
    for name in ("together", "leased"):
        engine.subscriptions.deliveries.register(name, list(ediel.events.BY_NAME), clock())
    for number in range(COUNT):
        engine.decide(engine.start(ediel.AccessRequest(metering_point=gsrn(number))).id, "approve")
    events = engine.browse.events(most=1000)
    assert len(events) == 2 * COUNT
    assert waiting(engine) == 4 * COUNT
    engine.store.engine.dispose()  # a child opens its own
    fork = multiprocessing.get_context("fork")
    random, seeds, kills = Random(7), iter(range(10_000)), 0

    def begin() -> multiprocessing.process.BaseProcess:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a process with threads is forked; the child opens its own database
            child = fork.Process(target=partial(_work, database, next(seeds)))
            child.start()
        return child

    running = [begin() for _ in range(workers)]
    deadline = time.monotonic() + 240
    while running and time.monotonic() < deadline:
        time.sleep(0.1)
        if random.random() < 0.05 and kills < 100:  # from outside, too: at any moment
            os.kill(random.choice(running).pid or 0, signal.SIGKILL)
        for child in list(running):
            if child.exitcode is None:
                continue
            running.remove(child)
            if child.exitcode != 0:
                assert child.exitcode == -signal.SIGKILL
                kills += 1
                running.append(begin())
    for child in running:
        child.kill()
    assert not running, "nothing is stuck"
    assert kills >= 5
    with engine.store.connection() as connection:
        rows = connection.execute(select(LEDGER).order_by(LEDGER.c.id)).all()
        left = connection.execute(select(schema.DELIVERIES)).mappings().all()
    engine.close()
    poison = {
        item["id"]
        for item in events
        if (number_of(item["data"]["metering_point"]) % 10, item["version"]) in {(5, 1), (0, 2)}
    }
    assert len(poison) == COUNT // 5
    assert Counter((row["status"], row["subscription"]) for row in left) == {
        ("dead", "together"): len(poison), ("dead", "leased"): len(poison),
    }  # fmt: skip
    good = {item["id"] for item in events} - poison
    once = Counter(row.event for row in rows if row.subscription == "together")
    assert (set(once), set(once.values())) == (good, {1}), "with the transaction of its event: once, whoever was killed"
    assert {row.event for row in rows if row.subscription == "leased"} == good, "without: at least once"
    for subscription in ("together", "leased"):
        for process in {row.process for row in rows}:
            versions = [row.version for row in rows if (row.subscription, row.process) == (subscription, process)]
            assert versions == sorted(versions), "in the order of the process"
