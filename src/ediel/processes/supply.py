"""The switch and its relatives: start and end of supply, for every role in them."""

from __future__ import annotations

from typing import Final

from ediel.processes._supply_grid import GRID
from ediel.processes._supply_hub import END_HUB, START_HUB
from ediel.processes._supply_parties import END, LAST_RESORT, LEAVER, START, requester

__all__ = [
    "END_HUB",
    "END_REQUESTER",
    "GRID",
    "LAST_RESORT",
    "LEAVER",
    "START_HUB",
    "START_REQUESTER",
]

START_REQUESTER: Final = requester(
    "supply",
    START,
    ("DDQ", "DDM"),
    "a supplier (or a grid access provider, by BRS-NO-123) that asks for a start of supply",
)
END_REQUESTER: Final = requester(
    "end of supply",
    END,
    ("DDQ", "DDM"),
    "a supplier (or a grid access provider, by BRS-NO-211) that ends a supply",
)
