"""The market that the tests of the stand-in hub share; whatever the hub has sent is held against the schemas at the end."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ediel.testing import HubUnderTest, hub
from tests.support.hub_market import MARKET, every_message_is_valid


@pytest.fixture
def market() -> Iterator[HubUnderTest]:
    """Three suppliers, two grid companies, a third party and a few metering points."""
    with hub(MARKET) as found:
        yield found
        every_message_is_valid(found)
