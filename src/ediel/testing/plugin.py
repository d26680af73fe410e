"""Fixtures for pytest: ``hub``, ``clock``, ``party`` and ``own_engine``. They cost nothing until they are used."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from ediel.engine import Engine, EngineSettings
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


@pytest.fixture
def own_engine(hub: HubUnderTest) -> Iterator[Callable[..., Engine]]:
    """Opens the engine of your backend on a database of its own: ``own_engine("DDQ", "AG")``.

    It has the market's clock, and ``hub.carry`` and ``hub.move`` carry its messages. Each name is a role or a GLN; a
    pair such as ``("DDQ", 1)`` is the second party with the role. ``url=`` names another database, such as one of
    PostgreSQL; ``settings=`` is for ``Engine.open``.
    """
    from ediel.engine import Engine  # noqa: PLC0415 - heavy, and most tests need none

    opened: list[Engine] = []

    def open_one(
        *names: str | tuple[str, int], url: str | None = None, settings: EngineSettings | None = None
    ) -> Engine:
        parties = [
            party
            for name in names or ("DDQ",)
            for party in (hub.parties_of(name) if isinstance(name, str) else hub.parties_of(*name))
        ]
        engine = Engine.open(url or hub.database(), party=parties, clock=hub.clock, settings=settings)
        opened.append(engine)
        hub.attach(engine)
        return engine

    yield open_one
    for engine in opened:
        engine.close()
