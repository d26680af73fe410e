"""Hub and parties: once all messages are in, contracts and accesses in a party's own database are those of the hub.

Random orders are given to the engines of parties; their messages go to a stand-in hub and come back, sometimes in another
order or twice. Run it by its path for a long form: ``python tests/hub/party_model.py [MARKETS] [STEPS] [FIRST]``.
"""

from __future__ import annotations

import random
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch
from uuid import UUID

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # it is run by its path

import ediel
from ediel.calendar import market_day
from ediel.engine import Engine, Party, PreflightRefused
from ediel.hub import Hub, HubPoint, HubSettings, Seed, VirtualClock
from ediel.processes import CommandRefused, NoTransition
from tests.hub.market_model import DAY, PEOPLE, POINTS, SEED, SUPPLIERS
from tests.support.hub_market import ADDRESSES, GRID, LAST_RESORT, at

NOW: Final = at("2026-11-27 09:00")
DAYS: Final = [market_day(NOW) + timedelta(days=number) for number in range(-40, 60)]


class PartyModel:
    """A hub, and the engine of all its parties."""

    def __init__(self, folder: Path, seed: int, market: Seed = SEED) -> None:
        self.hub = Hub.open(
            f"sqlite:///{folder / 'hub.db'}", seed=market, clock=VirtualClock(NOW, runs=False),
            settings=HubSettings(strictness="inferred"),
        )  # fmt: skip
        self.engine = Engine.open(f"sqlite:///{folder / 'parties.db'}", clock=self.hub.clock)
        for gln in SUPPLIERS:
            self.engine.add_party(Party(gln, "DDQ", hub=self.hub.gln))
        self.engine.add_party(Party(LAST_RESORT, "SLR", hub=self.hub.gln))
        self.engine.add_party(Party(GRID, "DDM", hub=self.hub.gln))
        self.random = random.Random(seed)
        self.counts: Counter[str] = Counter()
        self.begun: list[str] = []
        self.trail: list[str] = []

    def close(self) -> None:
        self.engine.close()
        self.hub.close()

    def now(self) -> datetime:
        return self.hub.clock()

    def point(self, name: str) -> HubPoint:
        found = self.hub.decisions.view(self.now()).metering_point(name)
        assert found is not None
        return found

    # --- actions

    def _customer(self, name: str, day: date) -> dict[str, Any] | None:
        found = next((item for item in self.point(name).end_users if item.holds_on(day)), None)
        return None if found is None else {
            "identification": found.identification, "identification_scheme": found.scheme,
            "given_name": found.given_name, "family_name": found.family_name,
        }  # fmt: skip

    def _give(self, order: Any, gln: str) -> None:
        with suppress(PreflightRefused, CommandRefused):
            self.begun.append(self.engine.start(order, party=gln).id)
            self.counts["begun"] += 1

    def start(self) -> None:
        name, gln = self.random.choice(POINTS), self.random.choice(SUPPLIERS)
        moves = self.random.random() < 0.5
        today = market_day(self.now())
        day = today + timedelta(days=self.random.randint(-12 if moves else 3, 25))
        customer = self.random.choice(PEOPLE) if moves else self._customer(name, day)
        if customer is None:
            return
        what = ediel.MoveIn if moves else ediel.ChangeOfSupplier
        self.trail.append(f"{gln} {what.__name__} {name} {day} {str(customer['identification'])[:2]}")
        self._give(
            what(
                metering_point=name, start=day, settlement="interval", customer={**customer, "extended_storage": False},
                addresses=ADDRESSES,
            ),
            gln,
        )  # fmt: skip

    def end(self) -> None:
        name = self.random.choice(POINTS)
        day = market_day(self.now()) + timedelta(days=self.random.randint(1, 25))
        supply = next((item for item in self.point(name).contracts if item.holds_on(day - DAY)), None)
        customer = self._customer(name, day - DAY)
        if supply is None or customer is None or supply.supplier not in SUPPLIERS:
            return
        what = self.random.choice((ediel.EndOfSupply, ediel.MoveOut))
        self.trail.append(f"{supply.supplier} {what.__name__} {name} {day}")
        self._give(
            what(metering_point=name, customer=customer, end=day, settlement="interval", addresses=ADDRESSES),
            supply.supplier,
        )

    def undo(self) -> None:
        if not self.begun:
            return
        identification = self.random.choice(self.begun[-6:])
        command = self.random.choice((self.engine.cancel, self.engine.roll_back))
        self.trail.append(f"{command.__name__} {identification[:8]}")
        with suppress(NoTransition, PreflightRefused, CommandRefused):
            command(identification)
            self.counts[command.__name__] += 1

    def wait(self) -> None:
        self.trail.append("wait")
        self.hub.forward(timedelta(hours=self.random.choice((6, 24, 72, 240))))
        self.engine.run_due()

    # --- the wire

    def carry(self) -> None:
        """Every message there and back, until none is left; in another order and twice, now and then."""
        moved = True
        while moved:
            self.hub.run_due()
            moved = False
            for sender, receive in ((self.engine, self._to_hub), (self.hub.engine, self.engine.receive)):
                rows = sender.outbox.pending()
                if self.random.random() < 0.3 and sender is self.hub.engine:
                    rows = sorted(rows, key=lambda _row: self.random.random())
                for row in rows:
                    for _ in range(2 if self.random.random() < 0.1 else 1):
                        receive(row["data"])
                    sender.outbox.sent(row["message_id"])
                    moved = True
        self.engine.run_due()

    def _to_hub(self, data: bytes) -> None:
        document = ediel.Document.read(data)
        self.hub.receive(document)

    # --- what must hold

    def step(self) -> None:
        """One action, and what must hold once all messages are in."""
        self.random.choices((self.start, self.end, self.undo, self.wait), (5, 2, 3, 4))[0]()
        self.carry()
        self.check()

    def check(self) -> None:
        letters = [(row["reason"], row["text"]) for row in self.engine.browse.dead_letters()]
        assert letters == [], letters
        for name in POINTS:
            contracts = self.point(name).contracts
            for gln in (*SUPPLIERS, LAST_RESORT):
                truth = {day for day in DAYS if any(c.supplier == gln and c.holds_on(day) for c in contracts)}
                rows = self.engine.browse.contracts(party=gln, metering_point=name)
                own = [row for row in rows if row["supplier"] == gln and row["status"] == "in force"]
                assert all(row["end"] is None or row["start"] < row["end"] for row in own), "a contract has a day"
                believed = {day for day in DAYS if any(_holds(row, day) for row in own)}
                if not any(row["start"] == "" for row in own):
                    # what began before this database, and has not ended, is not in it
                    believed |= {day for day in truth if any(c.start < DAYS[0] and c.holds_on(day) for c in contracts)}
                assert believed == truth, (gln, name, sorted(believed - truth)[:3], sorted(truth - believed)[:3], own)


def _holds(row: dict[str, Any], day: date) -> bool:
    return bool(row["start"] <= day.isoformat() and (row["end"] is None or day.isoformat() < row["end"]))


def play(seed: int, steps: int, kind: type[PartyModel] = PartyModel) -> tuple[Counter[str], str | None, list[str]]:
    """One random market; the problem when there is one. The same seed gives the same market."""
    numbers = random.Random(seed)
    same = patch("ediel.engine._starting.uuid4", lambda: UUID(int=numbers.getrandbits(128), version=4))
    with tempfile.TemporaryDirectory(prefix="ediel-") as folder, same:
        model = kind(Path(folder), seed)
        try:
            for _ in range(steps):
                model.step()
        except AssertionError as error:
            return model.counts, str(error) or repr(error), model.trail
        finally:
            model.close()
        return model.counts, None, model.trail


def main(kinds: Sequence[type[PartyModel]] = ()) -> int:
    """Many markets, of some kinds in turn; those of suppliers and those with third parties, when none are named."""
    markets, steps, first = (int(item) for item in (sys.argv[1:] + ["50", "40", "0"][len(sys.argv) - 1 :]))
    wrong = 0
    counts: Counter[str] = Counter()
    from tests.hub.access_model import AccessModel

    kinds = kinds or (PartyModel, AccessModel)
    for seed in range(first, first + markets):
        more, problem, trail = play(seed, steps, kinds[seed % len(kinds)])
        counts += more
        if problem is not None:
            wrong += 1
            print(f"{seed}: {problem}\n   " + "\n   ".join(trail[-12:]), flush=True)
    print(f"{markets} markets of {steps} steps: {wrong} went wrong; {dict(counts)}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
