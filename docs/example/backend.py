"""A small backend: what a supplier does when a family asks it for power."""

from __future__ import annotations

from datetime import date
from typing import Any

import ediel


class Backend:
    """Takes orders, and remembers what became of them.

    Args:
        engine: an engine that is open, with this supplier as its party.
    """

    def __init__(self, engine: ediel.Engine) -> None:
        self._engine = engine
        self.told: list[str] = []
        engine.on(ediel.events.SupplyConfirmed, self._confirmed)

    def order(self, metering_point: str, start: date, customer: dict[str, Any], addresses: Any) -> str:
        """Ask Elhub for the supply; gives the number under which the order is followed."""
        order = ediel.ChangeOfSupplier(
            metering_point=metering_point, settlement="interval", start=start, customer=customer, addresses=addresses
        )
        return self._engine.start(order).id

    def stands(self, number: str) -> str:
        """Where an order stands."""
        return self._engine.process(number).state

    def _confirmed(self, event: ediel.events.SupplyConfirmed) -> None:
        """Comes at least once for each order; an event has an identification, to tell them apart."""
        if event.process_id not in self.told:
            self.told.append(event.process_id)
