"""What the hub says of something that nothing here has begun makes a process, with an event of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ediel.codes import BusinessProcess
from tests.engine.test_supply import notice
from tests.support.world import GRID, LAST_RESORT, NEW, World

END, START = "NotifyEndOfSupply", "NotifyStartOfSupply"
POINT_DATA, CUSTOMER = "NotifyMeteringPointCharacteristics", "NotifyCustomerInformation"
STARTS = ("101", "102", "103", "104", "123")
ROLLBACKS = ("111", "133", "221", "222")
CASES = [
    *((END, number, NEW, "DDQ", "SupplyEnding") for number in (*STARTS, "201", "202", "211", "214", *ROLLBACKS)),
    *((END, number, LAST_RESORT, "SLR", "LastResortSupplyEnding") for number in ("104", "211", "214", "111")),
    *((START, number, NEW, "DDQ", "SupplyFound") for number in (*STARTS, "202")),
    *((START, number, NEW, "DDQ", "SupplyRestored") for number in ROLLBACKS),
    *((START, number, LAST_RESORT, "SLR", "LastResortSupplyConfirmed") for number in ("123", "202")),
    *((START, number, GRID, "DDM", "SupplyNotified") for number in (*STARTS, "202", "305")),
    *((START, number, GRID, "DDM", "SupplyWithdrawn") for number in ROLLBACKS),
    (START, "305", NEW, "DDQ", "SupplyNotified"),
    *((POINT_DATA, number, NEW, "DDQ", "MasterDataChanged") for number in ("121", "302", "305", "402")),
    (POINT_DATA, "317", NEW, "DDQ", "AnnualVolumesChanged"),
    *((CUSTOMER, "301", gln, role, "CustomerChanged") for gln, role in ((NEW, "DDQ"), (GRID, "DDM"))),
]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.close()


@pytest.mark.parametrize(
    ("name", "number", "party", "role", "event"), CASES, ids=[f"{case[0]}-{case[1]}-{case[3]}" for case in CASES]
)
def test_a_notice_of_what_began_elsewhere(
    world: World, name: str, number: str, party: str, role: str, event: str
) -> None:
    """In the portal, by another system, by the end user: never a dead letter."""
    (received,) = world.parties.receive(notice(BusinessProcess(f"BRS-NO-{number}"), name, party, role))
    assert received.outcome == "handled", received.text
    assert world.heard(party)[0] == event
    process = world.parties.process(str(received.process_id))
    assert (process.party, process.role) == (party, role)
    assert world.parties.browse.dead_letters() == []
