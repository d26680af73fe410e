"""The example backend as a process that is killed over and over: ``python -m tests.example.killed_worker FOLDER ADDRESS``.

It loads everything once. For each line that it reads it begins a backend as a child, says its process identification,
and then how it has ended. A line with a number lets the child kill itself right after so many of its postings are
written, and before they are committed; an empty one leaves it to whoever has asked.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from datetime import date, datetime, timedelta
from itertools import count
from pathlib import Path
from random import Random
from typing import Final

import structlog

import ediel
from ediel.hub import SERVICES, Keyring, Seed
from ediel.transport import Client, Courier, Environment
from supplier import campaigns, handlers, orders
from supplier.backend import Backend
from supplier.forms import OrderForm
from supplier.tables import Order
from tests.support.forking import serve
from tests.support.hub_market import NEW, THIRD_PARTY, at

PARTIES: Final = (ediel.Party(NEW, "DDQ"), ediel.Party(THIRD_PARTY, "AG"))
BEGIN: Final = at("2026-11-27 09:00")
_ORDERS: Final = 2
"""That are placed before each cycle."""


class Clock:
    """The market's clock, which whoever has begun this process moves."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "clock"

    def __call__(self) -> datetime:
        return BEGIN + timedelta(seconds=float(self._file.read_text()))


def form(seed: Seed, number: int, today: date) -> OrderForm:
    """Order number so many; each is of a point of its own."""
    point = seed.metering_points[number]
    resident = point.end_users[0]
    return OrderForm.model_validate(
        {
            "number": f"web-{number}", "customer": f"c-{number}", "metering_point": point.identification,
            "start": today + timedelta(days=7), "settlement": "interval", "addresses": resident.addresses,
            "person": {
                "identification": resident.identification, "identification_scheme": resident.scheme,
                "given_name": resident.given_name, "family_name": resident.family_name, "extended_storage": False,
            },
        }
    )  # fmt: skip


def shop(backend: Backend, seed: Seed, clock: Clock) -> None:
    """A few orders that are not placed yet; every fifth is cancelled again, and access is asked for as well."""
    with backend.sessions.begin() as session:
        first = session.query(Order).count()
    last = min(first + _ORDERS, len(seed.metering_points))
    for number in range(first, last):
        with backend.sessions.begin() as session:
            orders.place(session, backend.engine, form(seed, number, clock().date()))
        if number % 5 == 4:
            with backend.sessions.begin() as session:
                orders.cancel(session, backend.engine, f"web-{number}")
    points = [point.identification for point in seed.metering_points[:last]]
    campaigns.ask(backend.engine, backend.sessions, "spring", points, waiting=5)


def dies_in_a_handler(after: int) -> None:
    """Let this process end as by a kill, between the rows of a handler and their commit."""
    real, done = handlers._post, count(1)

    def post(event: ediel.events.Event, tx: ediel.Transaction) -> None:
        real(event, tx)
        if next(done) == after:
            os.kill(os.getpid(), signal.SIGKILL)

    handlers._post = post


def work(folder: Path, address: str, dies: int | None) -> int:
    """Orders and cycles until killed; once the folder says that it is calm, until nothing is left to be done."""
    seed, ring, clock = Seed.read(folder / "seed.json"), Keyring(folder / "keys"), Clock(folder)
    if dies is not None:
        dies_in_a_handler(dies)
    backend = Backend(ediel.Engine.open(f"sqlite:///{folder / 'shop.db'}", party=PARTIES, clock=clock))
    where = Environment("local", f"{address}{SERVICES}")
    organisations = {party.gln: str(party.organisation) for party in seed.parties}
    clients = {gln: Client(where, ring.identity(organisations[gln]), ring.trust) for gln in (NEW, THIRD_PARTY)}
    courier = Courier(backend.engine, clients.__getitem__, chance=Random(1), monotonic=lambda: time.monotonic() * 1000)
    quiet = 0
    while quiet < 2:
        calm = (folder / "calm").is_file()
        shop(backend, seed, clock)
        with (folder / "beat").open("a") as beat:
            beat.write(".")
        cycle = courier.cycle()
        idle = not (cycle.sent or cycle.received or cycle.fired or cycle.problems)
        quiet = quiet + 1 if calm and idle else 0
    backend.close()
    return 0


if __name__ == "__main__":
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    place = Path(sys.argv[1])
    serve(lambda line: work(place, sys.argv[2], int(line) if line.strip() else None))
