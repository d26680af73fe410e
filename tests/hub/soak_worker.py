"""The market parties of the soak, as a process that may be killed at any moment: it goes on where it was."""

from __future__ import annotations

import sys
import time
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # it is run by its path

import httpx2

import ediel
from ediel.engine import Engine, Party
from ediel.hub import SERVICES, Keyring, Seed
from ediel.transport import Client, Courier, Environment
from tests.support.hub_market import GRID, NEW, OLD, at, hours

PARTIES = (Party(NEW, "DDQ"), Party(OLD, "DDQ"), Party(GRID, "DDM"), Party(GRID, "MDR"), Party(GRID, "DDE"))
SPEED = 120
"""How much faster the parties' clock goes, so that delays between tries do not take long."""


def clock(folder: Path, phase: int) -> Any:
    began = float((folder / "began").read_text())
    base = at("2026-11-27 09:00") if phase == 1 else at("2026-12-01 00:00")

    def now() -> datetime:
        return base + timedelta(seconds=(time.time() - began) * SPEED)

    return now


def work(folder: Path, address: str, phase: int) -> None:
    seed = Seed.read(folder / "seed.json")
    engine = Engine.open(f"sqlite:///{folder / 'parties.db'}", party=PARTIES, clock=clock(folder, phase))
    ring = Keyring(folder / "keys")
    organisations = {party.gln: str(party.organisation) for party in seed.parties}
    with httpx2.Client(timeout=2) as http:
        clients = {
            gln: Client(Environment("local", f"{address}{SERVICES}"), ring.identity(organisations[gln]), ring.trust, http=http)
            for gln in (NEW, OLD, GRID)
        }  # fmt: skip
        courier = Courier(engine, clients.__getitem__)
        if phase == 1:
            begin(engine, seed, courier)
        settle(engine, courier)
    engine.close()


def begin(engine: Engine, seed: Seed, courier: Courier) -> None:
    """Every order once, though the process may have been killed in the middle."""
    known = {row["metering_point"]: row for row in engine.browse.processes(party=NEW, most=1_000_000)}
    for number, point in enumerate(seed.metering_points):
        row: Any = known.get(point.identification)
        if row is None:
            resident = point.end_users[0]
            begun = engine.start(
                ediel.ChangeOfSupplier.model_validate(
                    {
                        "metering_point": point.identification, "start": date(2026, 12, 1), "settlement": "interval",
                        "addresses": resident.addresses,
                        "customer": {
                            "identification": resident.identification, "identification_scheme": resident.scheme,
                            "given_name": resident.given_name, "family_name": resident.family_name,
                            "extended_storage": False,
                        },
                    }
                ),
                party=NEW,
            )  # fmt: skip
            row = {"id": begun.id, "state": begun.state}
        if number % 4 == 0 and row["state"] in {"requested", "accepted"}:
            engine.cancel(row["id"])
        if number % 100 == 99:
            courier.cycle()
    sent = len(
        [
            row
            for row in engine.browse.processes(party=GRID, most=1_000_000)
            if row["machine"] == "metering_values/collector"
        ]
    )
    groups = [seed.metering_points[first : first + 5] for first in range(0, len(seed.metering_points), 20)]
    for group in groups[sent:]:
        series = tuple(hours(point.identification, date(2026, 11, 26)) for point in group)
        engine.start(ediel.ValuesReport(series=series), party=GRID)


def settle(engine: Engine, courier: Courier) -> None:
    quiet = 0
    while quiet < 3:
        cycle = courier.cycle()
        waiting = engine.browse.outbox_counts().get("pending", 0)
        quiet = 0 if cycle.sent or cycle.received or cycle.problems or waiting else quiet + 1
        if not cycle.sent and waiting:
            time.sleep(0.05)


if __name__ == "__main__":
    work(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
