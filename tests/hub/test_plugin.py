"""The fixtures that the package brings for pytest, as a user's test has them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import ediel
from ediel.calendar import OSLO
from ediel.hub import VirtualClock
from ediel.testing import HubUnderTest, MarketParty


def test_a_search(hub: HubUnderTest, party: Callable[..., MarketParty], clock: VirtualClock) -> None:
    third_party = party("AG")
    point = hub.seed.metering_points[0].identification
    search = third_party.start(ediel.PointSearch(metering_point=point))
    assert third_party.state(search) == "answered"
    assert party("DDQ", 1).gln != party("DDQ").gln
    hub.move(datetime(2026, 12, 1, tzinfo=OSLO))
    assert clock() == datetime(2026, 12, 1, tzinfo=OSLO)
