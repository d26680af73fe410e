"""Fixtures for pytest: ``hub``, ``clock`` and ``party``. They cost nothing until they are used."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from ediel.hub import VirtualClock
    from ediel.hub.local import HubUnderTest, MarketParty


@pytest.fixture
def hub() -> Iterator[HubUnderTest]:
    """A stand-in Elhub in this process, with a market of twenty metering points; see ``ediel.testing.hub``."""
    from ediel.hub.local import hub as made  # noqa: PLC0415 - heavy, and most tests need none

    with made() as market:
        yield market


@pytest.fixture
def clock(hub: HubUnderTest) -> VirtualClock:
    """The market's clock. It stands still until it is moved; ``hub.move`` fires what falls due, too."""
    return hub.clock


@pytest.fixture
def party(hub: HubUnderTest) -> Callable[..., MarketParty]:
    """Gives market parties: ``party("DDQ")``, ``party("DDQ", 1)``, ``party("7080001100018")``."""
    return hub.party
