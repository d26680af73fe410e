"""The switch and its relatives: start and end of supply, for every role in them."""

from __future__ import annotations

from ediel.processes._supply_grid import GRID
from ediel.processes._supply_hub import END_HUB, START_HUB
from ediel.processes._supply_messages import HubSupply, OtherSupply, absorb
from ediel.processes._supply_notices import ELSEWHERE, LAST_RESORT, LEAVER, SupplyNotices
from ediel.processes._supply_parties import END_REQUESTER, START_REQUESTER, EndRequest, StartRequest

__all__ = [
    "ELSEWHERE",
    "END_HUB",
    "END_REQUESTER",
    "GRID",
    "LAST_RESORT",
    "LEAVER",
    "START_HUB",
    "START_REQUESTER",
    "EndRequest",
    "HubSupply",
    "OtherSupply",
    "StartRequest",
    "SupplyNotices",
    "absorb",
]
