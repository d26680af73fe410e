"""A worker of the soak with many: it may be killed at any moment, and another one goes on with what it had.

``python tests/workers/soak_many_worker.py FOLDER URL ADDRESS``
"""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # it is run by its path

import structlog
from sqlalchemy import text

from ediel import events
from ediel.calendar import OSLO
from ediel.engine import Engine, Transaction
from ediel.hub import SERVICES, Keyring, Seed
from ediel.store import StoreError
from ediel.transport import Client, ClientSettings, Environment
from ediel.transport._road import road_to
from ediel.workers import QUEUES, Done, Work, WorkerSettings, runner_for

STOP = threading.Event()
SPEED = 30
"""How much faster the parties' clock goes, so that delays between tries and claims do not take long."""
LEASE = 6.0
DEADLINE = 8.0
"""Seconds of a call; in the parties' clock less than a claim holds."""


def clock(folder: Path) -> Callable[[], datetime]:
    """The parties' clock: it goes fast, and jumps to the day of supply once the driver says so."""

    def now() -> datetime:
        second = folder / "second"
        began = float((second if second.is_file() else folder / "began").read_text())
        base = datetime(2026, 12, 1, tzinfo=OSLO) if second.is_file() else datetime(2026, 11, 27, 9, tzinfo=OSLO)
        return base + timedelta(seconds=(time.time() - began) * SPEED)

    return now


def subscribe(engine: Engine) -> None:
    """One handler that writes into the transaction of its event."""

    @engine.subscribe("soak", events.Event)
    def hear(event: events.Event, tx: Transaction) -> None:
        tx.execute(text("INSERT INTO soak_heard VALUES (:id)"), {"id": event.id})


def opened(folder: Path, url: str) -> Engine:
    while True:  # until the server is there
        try:
            return Engine.open(url, clock=clock(folder), check=False)
        except StoreError:
            time.sleep(0.5)


def work(folder: Path, url: str, address: str) -> None:
    signal.signal(signal.SIGTERM, lambda *_: STOP.set())
    print("ready", flush=True)
    seed, ring = Seed.read(folder / "seed.json"), Keyring(folder / "keys")
    organisations = {party.gln: str(party.organisation) for party in seed.parties}
    where = Environment("local", f"{address}{SERVICES}")
    engine = opened(folder, url)
    listener = Engine(engine.store, clock=engine.clock)
    subscribe(listener)
    with road_to(where.base, proxy="direct").open() as http:
        clients = {
            gln: Client(
                where, ring.identity(organisation), ring.trust, http=http, stop=STOP.is_set,
                settings=ClientSettings(deadline=DEADLINE),
            )
            for gln, organisation in organisations.items()
        }  # fmt: skip
        settings = WorkerSettings(interval=1, tick=1, lease=LEASE, slice=5, chores=5)
        doing = Work(engine, clients.__getitem__, settings=settings, stop=STOP.is_set, handlers=listener)
        runner_for(doing, QUEUES, concurrency=12, on_done=said).run(STOP)
    engine.close()


def said(done: Done) -> None:
    for problem in done.problems:
        print(problem[:300], flush=True)


if __name__ == "__main__":
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    work(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
