"""What leaves the engine for the hub."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from ediel.store import Browser, Values

__all__ = ["Outbox"]


class Outbox:
    """Messages that wait to be sent."""

    def __init__(self, browser: Browser, clock: Callable[[], datetime]) -> None:
        self._browser = browser
        self._clock = clock

    def pending(self, party: str | None = None, *, most: int = 1000) -> list[Values]:
        """Messages to send, in order; ``data`` is the XML, ``message_id`` its identification."""
        return self._browser.outbox(party=party, most=most)

    def sent(self, message_id: str) -> bool:
        """Say that a message has arrived at the hub."""
        return self._browser.sent(message_id, self._clock())

    def failed(self, message_id: str, error: str, *, again_at: datetime | None = None) -> bool:
        """Say that a message could not be sent; ``again_at`` when it shall be tried again, ``None`` for never."""
        return self._browser.postponed(message_id, error, again_at)
