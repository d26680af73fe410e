"""The grid access provider's moves, and supply of last resort, beside the suppliers of ``party_model``.

Run it by its path for a long form: ``python tests/hub/grid_model.py [MARKETS] [STEPS] [FIRST]``.
"""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # it is run by its path

import ediel
from ediel.calendar import market_day
from tests.hub.market_model import DAY, PEOPLE, POINTS, SUPPLIERS
from tests.hub.party_model import PartyModel, main
from tests.support.hub_market import ADDRESSES, GRID


class GridModel(PartyModel):
    """Moves that the grid access provider reports (BRS-NO-123, 211), and supply of last resort (103 to it, 104 from it)."""

    def step(self) -> None:
        """One action of any party, and what must hold once all messages are in."""
        if self.random.random() < 0.6:
            super().step()
            return
        actions = (self.grid_in, self.grid_out, self.to_last_resort, self.from_last_resort)
        self.random.choices(actions, (4, 4, 2, 3))[0]()
        self.carry()
        self.check()

    def _started(self, what: Any, gln: str, name: str, day: Any, customer: dict[str, Any], **more: Any) -> None:
        self.trail.append(f"{gln} {what.__name__} {name} {day} {str(customer['identification'])[:2]}")
        order = what(
            metering_point=name, start=day, settlement="interval", customer={**customer, "extended_storage": False},
            addresses=ADDRESSES, **more,
        )  # fmt: skip
        self._give(order, gln)

    def grid_in(self) -> None:
        day = market_day(self.now()) + timedelta(days=self.random.randint(-6, 25))
        self._started(ediel.GridMoveIn, GRID, self.random.choice(POINTS), day, self.random.choice(PEOPLE))

    def grid_out(self) -> None:
        name = self.random.choice(POINTS)
        day = market_day(self.now()) + timedelta(days=self.random.randint(-6, 25))
        customer = self._customer(name, day - DAY)
        if customer is None:
            return
        self.trail.append(f"{GRID} GridMoveOut {name} {day}")
        order = ediel.GridMoveOut(
            metering_point=name, customer=customer, end=day, settlement="interval", addresses=ADDRESSES
        )
        self._give(order, GRID)

    def to_last_resort(self) -> None:
        day = market_day(self.now()) - timedelta(days=self.random.randint(0, 12))
        name, gln, who = self.random.choice(POINTS), self.random.choice(SUPPLIERS), self.random.choice(PEOPLE)
        self._started(ediel.MoveIn, gln, name, day, who, move_in_to_slr=True)

    def from_last_resort(self) -> None:
        """From the day on which a customer came to it."""
        today = market_day(self.now())
        found = [
            (name, item.start)
            for name in POINTS
            for item in self.point(name).contracts
            if item.kind == "last resort" and item.start <= today
        ]
        if not found:
            return
        name, day = self.random.choice(found)
        customer = self._customer(name, day)
        if customer is not None:
            self._started(ediel.ChangeFromLastResort, self.random.choice(SUPPLIERS), name, day, customer)


if __name__ == "__main__":
    sys.exit(main((GridModel,)))
