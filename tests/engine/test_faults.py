"""Kills, and several at once: every message archived once, every effect once, nothing lost and nothing doubled."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
import warnings
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID, uuid5

import pytest
from sqlalchemy import select

from ediel.engine import Engine, Opinion, Party
from ediel.messages import Message
from ediel.processes import Instance
from ediel.store import _schema as schema
from tests.support.databases import postgresql
from tests.support.places import FIXTURES
from tests.support.world import AREA, GRID, HUB, OLD, at

NOW = at("2026-11-27 09:00")
DEADLINE = at("2026-12-01 00:00")
SPACE = UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")
TEMPLATE = (FIXTURES / "valid" / "RequestStartOfSupply-101.xml").read_bytes()
FIRST_ID, FIRST_POINT = b"ac95cf3e-fe88-5504-8c73-e6915051a5a1", b"707057542000000117"


def requests(count: int) -> list[bytes]:
    """Requests for a start of supply, one on each of many points; each asks for a positive answer."""
    assert TEMPLATE.count(FIRST_ID) == TEMPLATE.count(FIRST_POINT) == 1
    return [
        TEMPLATE.replace(FIRST_ID, str(uuid5(SPACE, str(number))).encode()).replace(
            FIRST_POINT, f"70705754{number:010d}".encode()
        )
        for number in range(count)
    ]


def decisions(message: Message | None, now: datetime) -> Opinion:
    return Opinion(lambda instance: advice(message, instance, now))


def advice(message: Message | None, instance: Instance, now: datetime) -> dict[str, Any]:
    """Every third request is refused."""
    if message is None:
        return {}
    refused = int(str(message.payload.metering_point)) % 3 == 0  # type: ignore[attr-defined]
    return {
        "verdict": "refused" if refused else "accepted", "reasons": ["E17"] if refused else [], "grid": GRID,
        "leaver": OLD, "grid_area": AREA, "cancellation": "2026-11-30",
    }  # fmt: skip


def open_hub(url: str) -> Engine:
    """Without the check of stored processes: most of the moments of a child that lives for a tenth of a second."""
    return Engine.open(url, party=Party(HUB, "DDZ"), clock=lambda: NOW, decisions=decisions, check=False)


TABLES = (
    schema.ARCHIVE, schema.INBOX, schema.INSTANCES, schema.TRANSITIONS, schema.OUTBOX, schema.TIMERS, schema.EVENTS,
    schema.DEAD_LETTERS, schema.CONTRACTS,
)  # fmt: skip


def content(engine: Engine) -> dict[str, list[tuple[Any, ...]]]:
    """Everything in the database but the running numbers."""
    found = {}
    with engine.store.engine.connect() as connection:
        for table in TABLES:
            columns = [column for column in table.columns if column.name != "number"]
            rows = [tuple(row) for row in connection.execute(select(*columns))]
            found[table.name] = sorted(rows, key=repr)
    return found


def alone(folder: Path, data: Sequence[bytes], *, timers: bool = False) -> dict[str, list[tuple[Any, ...]]]:
    """The same done by one engine that nobody disturbs."""
    engine = open_hub(f"sqlite:///{folder / 'alone.db'}")
    for first in range(0, len(data), 100):
        engine.receive_many(data[first : first + 100])
    if timers:
        engine.run_due(DEADLINE)
    found = content(engine)
    engine.close()
    return found


def _receive_all(url: str, data: Sequence[bytes], progress: Any, *, timers: bool) -> None:
    engine = open_hub(url)
    for number in range(max(progress.value - 3, 0), len(data)):
        engine.receive(data[number])
        progress.value = number + 1
    if timers:
        engine.run_due(DEADLINE)
    engine.close()
    progress.value = -1


def test_a_hundred_kills(tmp_path: Path) -> None:
    """SIGKILL at random moments while 2,000 messages are received and 1,333 timers fire; begun again until all is done."""
    data = requests(2000)
    url = f"sqlite:///{tmp_path / 'hub.db'}"
    expected = alone(tmp_path, data, timers=True)  # this also loads everything that a child needs
    open_hub(url).close()
    began = time.monotonic()
    open_hub(url).close()
    start_up = time.monotonic() - began  # on a busy machine a child needs longer until it receives anything
    fork = multiprocessing.get_context("fork")
    progress = fork.Value("i", 0, lock=False)
    random = Random(1)
    kills = 0
    deadline = time.monotonic() + 240
    while progress.value >= 0 and time.monotonic() < deadline:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a process with threads is forked; the child opens its own database
            child = fork.Process(target=_receive_all, args=(url, data, progress), kwargs={"timers": True})
            child.start()
        child.join(random.uniform(0.01, 0.1 + 2 * start_up))
        if child.is_alive():
            assert child.pid is not None
            os.kill(child.pid, signal.SIGKILL)
            kills += 1
        child.join()
    assert progress.value == -1
    assert kills >= 100
    engine = open_hub(url)
    found = content(engine)
    for table, rows in expected.items():
        assert found[table] == rows, table
    assert len(found["archive"]) == len(found["inbox"]) == 2000
    assert engine.browse.dead_letters() == []
    engine.close()


def _work(url: str, data: Sequence[bytes]) -> None:
    engine = open_hub(url)
    for first in range(0, len(data), 20):
        engine.receive_many(data[first : first + 20])
    engine.close()


def test_two_processes_on_one_postgresql(tmp_path: Path) -> None:
    """Both receive the same 5,000 messages at once: the same end state as one alone."""
    url = postgresql()
    data = requests(5000)
    open_hub(url).close()
    fork = multiprocessing.get_context("fork")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        workers = [fork.Process(target=_work, args=(url, data)) for _ in range(2)]
        for worker in workers:
            worker.start()
    for worker in workers:
        worker.join(240)
        assert worker.exitcode == 0
    engine = open_hub(url)
    found, expected = content(engine), alone(tmp_path, data)
    engine.close()
    for table, rows in expected.items():
        assert [_plain(row) for row in found[table]] == [_plain(row) for row in rows], table


def _plain(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """SQLite gives bytes, PostgreSQL may give a view of them."""
    return tuple(bytes(value) if isinstance(value, memoryview) else value for value in row)


@pytest.mark.parametrize("batch", [1, 25])
def test_two_threads_on_one_sqlite_file(tmp_path: Path, batch: int) -> None:
    """Two threads with an engine each, on one file."""
    data = requests(5000 if batch > 1 else 1000)
    url = f"sqlite:///{tmp_path / 'hub.db'}"
    open_hub(url).close()
    problems: list[BaseException] = []

    def work() -> None:
        try:
            engine = open_hub(url)
            for first in range(0, len(data), batch):
                engine.receive_many(data[first : first + batch])
            engine.close()
        except BaseException as error:
            problems.append(error)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    engine = open_hub(url)
    found, expected = content(engine), alone(tmp_path, data)
    engine.close()
    assert found == expected


def test_one_engine_shared_by_threads(tmp_path: Path) -> None:
    data = requests(600)
    engine = open_hub(f"sqlite:///{tmp_path / 'hub.db'}")
    threads = [
        threading.Thread(target=lambda part=part: [engine.receive(item) for item in data[part::3]]) for part in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found, expected = content(engine), alone(tmp_path, data)
    engine.close()
    assert found == expected


def test_two_engines_fire_one_timer(tmp_path: Path) -> None:
    """Who comes second finds it fired."""
    url = f"sqlite:///{tmp_path / 'hub.db'}"
    first, second = open_hub(url), open_hub(url)
    first.receive_many(requests(50))
    results: list[int] = []
    threads = [
        threading.Thread(target=lambda engine=engine: results.append(len(engine.run_due(DEADLINE))))
        for engine in (first, second)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    accepted = 50 - len(range(0, 50, 3))
    assert sum(results) == 2 * accepted, "the deadline, then the first day"
    assert first.browse.count(schema.TIMERS, status="set") == 0
    first.close()
    second.close()
