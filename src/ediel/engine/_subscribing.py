"""Subscribing: functions that hear the events of an engine."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

from ediel.engine import events
from ediel.engine._acting import NOBODY, acting
from ediel.engine._messages import Messages
from ediel.engine._results import EventSource, Process
from ediel.engine._subscriptions import HANDLERS, Handler, Subscriptions
from ediel.store import Delivery, moment_of

if TYPE_CHECKING:
    from ediel.values import ValuesStore

__all__ = ["Subscribing"]

E = TypeVar("E", bound=events.Event)
H = TypeVar("H", bound=Handler)


class Subscribing:
    """How functions hear the events of an engine; its methods are those of ``Engine``."""

    clock: Callable[[], datetime]
    process: Callable[[str], Process]
    subscriptions: Subscriptions
    _messages: Messages
    _values: ValuesStore | None

    def subscribe(
        self,
        name: str,
        *kinds: type[events.Event],
        attempts: int = 8,
        lease: timedelta = timedelta(minutes=1),
        since: datetime | None = None,
    ) -> Callable[[H], H]:
        """Let a function hear events, under a name that outlives this process.

        ::

            @engine.subscribe("billing", ediel.events.SupplyConfirmed)
            def bill(event: ediel.events.SupplyConfirmed, tx: ediel.Transaction) -> None: ...

        Each event comes once to a subscription, also with several workers, and in order for each process. A handler
        with a second argument gets the transaction in which the event is settled: what it writes there, and what it
        does with the engine, is committed with that or not at all. One without is called at least once, outside of
        any transaction. An ``async def`` is awaited. A handler that fails is tried again later; only its own
        process waits for it.

        Args:
            name: of the subscription. The database remembers which events it has not handled yet.
            kinds: kinds of events; every kind when none is given.
            attempts: how often it may fail before the event is set aside as dead; see ``subscriptions.deliveries``.
            lease: how long no other worker gets an event when this one is silent.
            since: deliver what has happened from this moment on; when not given, what happens after the database first
                knows the subscription.

        Raises:
            EngineError: the name has another handler for one of the kinds.
            StoreError: the database refuses.
        """

        def add(handler: H) -> H:
            self.subscriptions.add(name, kinds, handler, self.clock(), attempts=attempts, lease=lease, since=since)
            return handler

        return add

    def on(self, event: type[E], handler: Callable[[E], object]) -> None:
        """Call a handler for each event of a kind; of every kind for ``Event`` itself.

        The handlers that are given here share one subscription: an event counts as handled when all of them have
        returned. ``subscribe`` gives each a name of its own.
        """
        self.subscriptions.add(
            HANDLERS, (event,), handler, self.clock(), attempts=8, lease=timedelta(minutes=1), since="beginning"
        )

    def deliver(self, *, now: datetime | None = None, only: str | None = None, seconds: float | None = None) -> int:
        """Deliver events to subscriptions; returns how many deliveries were settled. Called after every commit.

        Args:
            now: the moment; the clock's when not given.
            only: name of a subscription; all when not given.
            seconds: after which no further batch is begun.
        """
        if not self.subscriptions:
            return 0
        with acting(NOBODY):
            return self.subscriptions.deliver(now or self.clock(), only=only, seconds=seconds)

    def _event(self, item: Delivery) -> events.Event:
        kind = events.BY_NAME.get(item.name, events.Event)
        return kind(
            item.id,
            item.process_id,
            item.party,
            moment_of(item.at),
            item.data,
            item.event,
            item.version,
            EventSource(self.process, self._messages, None if self._values is None else self._values.arrival),
        )
