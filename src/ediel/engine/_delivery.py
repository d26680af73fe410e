"""What leaves the engine: messages for the hub, and events for the handlers of this side."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from ediel.engine import events
from ediel.engine.observe import log
from ediel.store import Browser, Values, moment_of

__all__ = ["E", "Listeners", "Outbox"]

E = TypeVar("E", bound=events.Event)


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


class Listeners:
    """Handlers of events, and what they have not been told yet."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._by_name: dict[str, list[Callable[[Any], object]]] = {}

    def add(self, event: type[E], handler: Callable[[E], object]) -> None:
        """Call a handler for each event of a kind; of every kind for ``Event`` itself."""
        names = list(events.BY_NAME) if event is events.Event else [event.__name__]
        for name in names:
            self._by_name.setdefault(name, []).append(handler)

    def deliver(self, now: datetime) -> int:
        """Tell handlers what they have not been told; gives the number of events told."""
        if not self._by_name:
            return 0
        return sum(self._tell(row, now) for row in self._browser.undelivered(names=frozenset(self._by_name)))

    def _tell(self, row: Values, now: datetime) -> bool:
        kind = events.BY_NAME[row["name"]]
        event = kind(row["id"], row["instance_id"], row["party"], moment_of(row["at"]), row["data"])
        for handler in self._by_name[row["name"]]:
            try:
                handler(event)
            except Exception as error:  # noqa: BLE001 - the handler is the user's
                log.error("a handler failed", event_name=row["name"], event_id=row["id"], error=type(error).__name__)
                self._browser.refused(row, f"{type(error).__name__}: {error}")
                return False
        return self._browser.delivered(row, now)
