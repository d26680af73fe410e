"""The stand-in hub of the room ``hub``, under the name that tests know it by."""

from ediel.hub.local import HubUnderTest, MarketParty, hub

__all__ = ["HubUnderTest", "MarketParty", "hub"]
