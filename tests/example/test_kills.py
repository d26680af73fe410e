"""Killed at any moment, the example's handlers have changed its own tables exactly once for each event.

``PYTHONPATH=docs/example python -m tests.example.test_kills 100`` is the long form.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Final

from sqlalchemy import select

import ediel
from ediel import events
from ediel.testing import hub
from supplier.tables import Access, Account, Order, Point, Posting
from tests.example.killed_worker import BEGIN, PARTIES, Clock
from tests.support.places import ROOT
from tests.support.serving import on_a_port
from tests.transport.chaos import market

BILLED: Final = (
    events.SupplyConfirmed, events.SupplyStarted, events.SupplyEnding, events.SupplyRestored, events.SupplyRolledBack
)  # fmt: skip
_MORE: Final = 20
"""Lives at the most that are added until one has ended inside a handler."""
_LONGEST: Final = 30.0
STATES: Final = {
    "requested": "ordered", "accepted": "accepted", "cancelling": "accepted", "notified": "confirmed",
    "supplying": "supplying", "rejected": "refused", "cancelled": "cancelled",
}  # fmt: skip
"""What the shop calls a state of the process."""


@dataclass
class Outcome:
    """What a run has done, and what is wrong."""

    kills: int
    in_handlers: int
    orders: int
    postings: int
    seconds: float
    problems: list[str]


class Killer:
    """Begins backends, and kills them."""

    def __init__(self, folder: Path, address: str) -> None:
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(str(ROOT / name) for name in ("src", "docs/example")),
        }
        self._beat = folder / "beat"
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.example.killed_worker", str(folder), address],
            cwd=ROOT, env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip

    def begin(self, how: str = "") -> int:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{how}\n")
        self._process.stdin.flush()
        return int(self._line())

    def end(self) -> int:
        """How the backend has ended."""
        return int(self._line())

    def live(self, dies: int | None, seconds: float) -> bool:
        """A life, and its end by a kill; whether it came from inside a handler.

        Whoever shall die at its posting number ``dies`` has until its tenth cycle; another so long after its first.
        """
        before = _size(self._beat)
        pid = self.begin("" if dies is None else str(dies))

        def cycles() -> int:
            return _size(self._beat) - before if _alive(pid) else 1000

        _until(lambda: cycles() > 0, _LONGEST)
        if dies is None:
            _until(lambda: cycles() == 1000, seconds)
        else:
            _until(lambda: cycles() > 9, _LONGEST)
        died = not _kill(pid)
        assert self.end() == -signal.SIGKILL
        return died

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()


def survives(folder: Path, kills: int, *, points: int, seed: int) -> Outcome:
    """Kill so often, then let everything come to its end, and judge."""
    chance, began, done, in_handlers = Random(seed), time.monotonic(), 0, 0
    seeded = market(points)
    (folder / "seed.json").write_text(seeded.to_json(), encoding="utf-8")
    with hub(seeded, now=BEGIN, keys=folder / "keys") as found, on_a_port(found) as address:

        def move(by: timedelta) -> None:
            found.hub.forward(by)
            (folder / "clock").write_text(str((found.clock() - BEGIN).total_seconds()))

        move(timedelta())
        killer = Killer(folder, address)
        while done < kills or (not in_handlers and done < kills + _MORE):
            move(timedelta(hours=chance.choice((24, 72, 96))))
            # the first dies at its first posting: later ones may find that everything has been posted already
            itself = chance.random() < 0.4 or done == 0 or done >= kills
            dies = chance.randrange(1, 4) if 0 < done < kills else 1
            died = killer.live(dies if itself else None, chance.random() * 0.6)
            done, in_handlers = done + 1, in_handlers + died
        (folder / "calm").touch()
        for _ in range(4):
            killer.begin()
            assert killer.end() == 0
            move(timedelta(days=4))
        killer.close()
        return _judged(folder, Outcome(done, in_handlers, 0, 0, time.monotonic() - began, []))


def _alive(pid: int) -> bool:
    """Whether a backend runs; whoever has begun it notices its end at once."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _kill(pid: int) -> bool:
    """Kill a backend; false where it was dead already."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def _until(true: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not true() and time.monotonic() < end:
        time.sleep(0.005)


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _judged(folder: Path, outcome: Outcome) -> Outcome:
    """Hold the backend's own tables against what the engine knows."""
    from sqlalchemy.orm import Session

    from supplier.tables import connect

    url = f"sqlite:///{folder / 'shop.db'}"
    engine = ediel.Engine.open(url, party=PARTIES, clock=Clock(folder))
    happened: list[events.Event] = []
    engine.subscribe("judge", since=datetime(2026, 1, 1, tzinfo=BEGIN.tzinfo))(happened.append)
    engine.deliver()
    wrong = outcome.problems
    dead = engine.subscriptions.deliveries.waiting("dead")
    if dead:
        wrong.append(f"dead events: {Counter((item.subscription, item.error) for item in dead)}")
    processes = {item.id: item for item in _every(engine)}
    started = {item.process_id for item in happened if isinstance(item, events.SupplyStarted)}
    with Session(connect(url)) as session:
        orders = session.scalars(select(Order)).all()
        postings = session.scalars(select(Posting).order_by(Posting.id)).all()
        accounts = session.scalars(select(Account)).all()
        accesses = session.scalars(select(Access)).all()
        known = session.scalars(select(Point)).all()
    outcome.orders, outcome.postings = len(orders), len(postings)
    due = Counter(item.id for item in happened if isinstance(item, BILLED))
    handled = Counter(item.event for item in postings)
    if due != handled:
        wrong.append(f"events that are not handled once: {dict((due - handled) + (handled - due))}")
    by_process = defaultdict(list)
    for item in postings:
        by_process[item.process].append(item.name)
    if any(names != ["SupplyConfirmed", "SupplyStarted"] for names in by_process.values()):
        wrong.append(f"postings out of order: {dict(by_process)}")
    for order in orders:
        if STATES.get(processes[order.process].state) != order.state:
            wrong.append(f"{order.number} is {order.state}, and its process {processes[order.process].state}")
    if {order.process for order in orders} != {
        key for key, item in processes.items() if item.machine == "supply/requester"
    }:
        wrong.append("an order without its process, or a process without its order")
    if {(item.order, str(item.start)) for item in accounts} != {
        (order.number, str(order.start)) for order in orders if order.process in started
    }:
        wrong.append("the accounts are not those of the supplies")
    if {item.metering_point for item in known} != {processes[item].facts["metering_point"] for item in started}:
        wrong.append("what Elhub has answered is not there for each supply")
    if {item.process: item.state for item in accesses} != {
        key: item.state for key, item in processes.items() if item.machine == "access/third party"
    }:
        wrong.append("the accesses are not those of the engine")
    queries = [item for item in processes.values() if item.machine == "query/asker"]
    if len(queries) != len(started):
        wrong.append(f"{len(queries)} queries for {len(started)} supplies")
    engine.close()
    return outcome


def _every(engine: ediel.Engine) -> list[ediel.engine.Process]:
    page = engine.find(most=1000)
    found = list(page)
    while page.after is not None:
        page = engine.find(most=1000, after=page.after)
        found += page
    return found


def test_handlers_are_exactly_once_when_killed(tmp_path: Path) -> None:
    found = survives(tmp_path, 5, points=10, seed=2)
    assert found.problems == []
    assert found.kills >= 5
    assert found.orders == 10
    assert found.in_handlers > 0
    assert found.postings > 0


if __name__ == "__main__":
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    with TemporaryDirectory() as place:
        outcome = survives(
            Path(place), wanted, points=max(20, 3 * wanted), seed=int(sys.argv[2]) if len(sys.argv) > 2 else 1
        )
    print(outcome)
    sys.exit(1 if outcome.problems else 0)
