"""The market parties of the chaos, behind a process that begins them: each of them may be killed at any byte.

``python tests/transport/chaos_worker.py FOLDER ADDRESS`` loads everything once. For every line that it reads it begins
a courier as a child, says its process identification, and then how it has ended.
"""

from __future__ import annotations

import json
import sys
import time
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # it is run by its path

import structlog

import ediel
from ediel.engine import Engine, Party
from ediel.hub import SERVICES, Keyring, Seed
from ediel.processes.errors import CommandRefused
from ediel.transport import Client, ClientSettings, Courier, Environment
from ediel.transport._road import road_to
from tests.support.forking import serve
from tests.support.hub_market import GRID, NEW, OLD, at, hours

PARTIES: Final = (Party(NEW, "DDQ"), Party(OLD, "DDQ"), Party(GRID, "DDM"), Party(GRID, "MDR"), Party(GRID, "DDE"))
DEADLINE: Final = 1.0
"""Seconds of a call: long for a hub on this machine, short for whoever waits for a stalled one."""
_CALM_DEADLINE: Final = 20.0
"""Seconds of a call once nothing happens on the way: a busy machine is no trouble."""
FASTER: Final = 1000
"""How much faster the clock of pauses goes than the wall's."""
_ORDERS: Final = 3
"""That are given before each cycle."""
_MOST_CYCLES: Final = 400
"""After which there is no end in sight, once nothing happens on the way any more."""


class Clock:
    """The parties' clock: it stands still, and is moved when nothing can be done before a later moment."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "clock"
        self._offset = timedelta(seconds=float(self._file.read_text())) if self._file.is_file() else timedelta()

    def __call__(self) -> datetime:
        return at("2026-11-27 09:00") + self._offset

    def forward(self, by: timedelta) -> None:
        self._offset += by
        _write(self._file, str(self._offset.total_seconds()))


def _write(path: Path, text: str) -> None:
    """Whole or not at all."""
    new = path.with_suffix(".new")
    new.write_text(text)
    new.replace(path)


def give_order(engine: Engine, seed: Seed, number: int) -> None:
    """One order, once: its number is its key."""
    points = seed.metering_points
    point = points[number // 4 % len(points)]
    resident = point.end_users[0]
    day = date(2026, 11, 26) - timedelta(days=number // 4 // len(points) % 300)
    whose, order = (
        lambda: (NEW, ediel.ChangeOfSupplier.model_validate({
            "metering_point": point.identification, "start": date(2026, 12, 10), "settlement": "interval",
            "addresses": resident.addresses,
            "customer": {
                "identification": resident.identification, "identification_scheme": resident.scheme,
                "given_name": resident.given_name, "family_name": resident.family_name, "extended_storage": False,
            },
        })),
        lambda: (GRID, ediel.ValuesReport(series=(hours(point.identification, day, number=number),))),
        lambda: (OLD, ediel.PointSearch(metering_point=point.identification)),
        lambda: (OLD, ediel.MasterDataQuery(metering_point=point.identification)),
    )[number % 4]()  # fmt: skip
    try:
        engine.start(order, party=whose, key=f"order {number}")
    except CommandRefused:
        return  # the same is under way for this point


def decide(engine: Engine, folder: Path) -> None:
    """What a person does with a message that the hub has refused by its signed word: send it again."""
    for status in ("failed", "held"):
        for row in engine.browse.outbox(status=status):
            with (folder / "decided").open("a") as file:
                file.write(f"{row['name']}: {row['error']}\n")
            engine.outbox.retry(row["message_id"])


def work(folder: Path, address: str, *, naive: bool = False) -> int:
    """Orders and cycles until nothing more happens on the way; then cycles until everything is settled."""
    seed, ring, clock = Seed.read(folder / "seed.json"), Keyring(folder / "keys"), Clock(folder)
    engine = Engine.open(f"sqlite:///{folder / 'parties.db'}", party=PARTIES, clock=clock)
    organisations = {party.gln: str(party.organisation) for party in seed.parties}
    where = Environment("local", f"{address}{SERVICES}")
    http = road_to(where.base, proxy="direct").open()
    trust = None if naive else ring.trust
    clients = {
        gln: Client(
            where, ring.identity(organisations[gln]), trust, http=http, settings=ClientSettings(deadline=DEADLINE)
        )
        for gln in (NEW, OLD, GRID)
    }
    courier = Courier(
        engine, clients.__getitem__, chance=Random(1), monotonic=lambda: time.monotonic() * FASTER
    )  # fmt: skip
    quiet = cycles = 0
    while quiet < 2:
        calm = (folder / "calm").is_file()
        if not calm:
            counter = folder / "orders"
            number = int(counter.read_text()) if counter.is_file() else 0
            for next_one in range(number, number + _ORDERS):
                give_order(engine, seed, next_one)
                _write(counter, str(next_one + 1))
        cycle = courier.cycle()
        if calm:
            decide(engine, folder)
        waiting = engine.browse.outbox_counts().get("pending", 0)
        if waiting and not cycle.sent:
            clock.forward(timedelta(minutes=5))
        cycles = cycles + 1 if calm else 0
        if calm:
            for client in clients.values():
                client._deadline = _CALM_DEADLINE
        if cycles > _MOST_CYCLES:
            print(
                json.dumps({"no end": cycle.problems, "stopped": courier.stopped, "pending": waiting}), file=sys.stderr
            )
            return 3
        idle = not (cycle.sent or cycle.received or cycle.problems or waiting or courier.stopped)
        quiet = quiet + 1 if calm and idle else 0
    http.close()
    engine.close()
    return 0


if __name__ == "__main__":
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    place = Path(sys.argv[1])
    serve(lambda _: work(place, sys.argv[2], naive="--naive" in sys.argv))
