"""Subscriptions: deliver events to this side's handlers, once each, in order for each process.

A handler that takes a second argument gets the transaction in which its event is settled: what it writes there, and
what it does with the engine, is committed together with that, or not at all. One without is called outside of any
transaction, at least once: the event keeps its ``id`` when it comes again.
"""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import threading
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal, TypeVar
from uuid import uuid4

from sqlalchemy import Connection, CursorResult
from sqlalchemy.sql import Executable

from ediel.engine import events
from ediel.engine.errors import EngineError
from ediel.engine.observe import log, where
from ediel.engine.tracing import NoTracing, Tracing, Value
from ediel.store import DatabaseAway, Deliveries, Delivery, Store

__all__ = ["HANDLERS", "Handler", "Subscriptions", "Transaction", "back_off"]

HANDLERS: Final = "handlers"
"""Name of the subscription of ``Engine.on``."""
_BATCH: Final = 50
_SECONDS: Final = 0.5
"""For how long handlers with a transaction may keep other writers waiting before it is committed."""
_DELIVERING: Final[contextvars.ContextVar[bool]] = contextvars.ContextVar("delivering", default=False)

Handler = Callable[..., object]
E = TypeVar("E", bound=events.Event)


@dataclass(frozen=True, slots=True)
class Transaction:
    """The transaction in which an event is settled.

    Attributes:
        connection: of SQLAlchemy, to the database of the engine. It is committed once the handler returns.
    """

    connection: Connection

    def execute(self, statement: Executable, parameters: Any = None) -> CursorResult[Any]:
        """Run a statement of SQLAlchemy in the transaction."""
        return self.connection.execute(statement, parameters)


@dataclass
class Subscription:
    """Who hears what.

    Attributes:
        name: its name, by which it is known in the database.
        attempts: how often a handler may fail before the event is set aside as dead.
        lease: for how long an event is kept from others without a word; it is renewed while a handler works.
        handlers: by kind of event.
        transactional: whether handlers get the transaction.
    """

    name: str
    attempts: int = 8
    lease: timedelta = timedelta(minutes=1)
    handlers: dict[str, list[Handler]] = field(default_factory=dict)
    transactional: bool = False


def back_off(attempts: int) -> timedelta:
    """How long a handler rests after a failure: a second, then four times as long each time, at most an hour."""
    return timedelta(seconds=min(3600, 4 ** min(attempts, 8)))


class Subscriptions:
    """The subscriptions of an engine, and the delivery of events to them.

    Args:
        store: where the deliveries are.
        event_of: makes the typed event of a delivery.
        tracing: where the spans of handlers go.
    """

    def __init__(
        self, store: Store, event_of: Callable[[Delivery], events.Event], tracing: Tracing | None = None
    ) -> None:
        self._tracing: Tracing = tracing or NoTracing()
        self.deliveries = Deliveries(store)
        self._store = store
        self._event_of = event_of
        self._by_name: dict[str, Subscription] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()

    def add(
        self, name: str, kinds: Sequence[type[events.Event]], handler: Handler, now: datetime, *,
        attempts: int, lease: timedelta, since: datetime | Literal["beginning"] | None,
    ) -> None:  # fmt: skip
        """Add a handler for kinds of events to a subscription.

        Raises:
            EngineError: the name has another handler for one of these kinds already, or a number is wrong.
        """
        if attempts < 1 or lease <= timedelta(0):
            raise EngineError(f"attempts={attempts}, lease={lease}; expected one attempt or more, a lease above zero")
        names = _names(kinds)
        subscription = self._by_name.get(name) or Subscription(name, attempts, lease)
        twice = ", ".join(sorted(set(names) & set(subscription.handlers))) if name != HANDLERS else ""
        if twice:
            raise EngineError(f"the subscription {name} has a handler for {twice} already; give it another name")
        for kind in names:
            subscription.handlers.setdefault(kind, []).append(handler)
        subscription.transactional = subscription.transactional or _wants_transaction(handler)
        self.deliveries.register(name, names, now, since=since)
        self._by_name[name] = subscription

    def __bool__(self) -> bool:
        """Whether there is a handler: mostly a call that receives has nothing to deliver."""
        return bool(self._by_name)

    @property
    def names(self) -> tuple[str, ...]:
        """The subscriptions that have a handler here."""
        return tuple(self._by_name)

    def deliver(self, now: datetime, *, only: str | None = None, seconds: float | None = None) -> int:
        """Deliver events to their handlers, or to those of one subscription; returns how many were settled.

        ``seconds``: after which no further batch is begun.

        Inside a handler, and inside a transaction of the caller, nothing is delivered until that has ended.
        """
        if not self._by_name or _DELIVERING.get() or self._store.joined() is not None:
            return 0
        token = _DELIVERING.set(True)
        try:
            total, began = 0, time.monotonic()
            tried: set[int] = set()
            chosen = [item for item in self._by_name.values() if only in {None, item.name}]
            while settled := sum(self._batch(item, now, tried) for item in chosen):
                total += settled
                if seconds is not None and time.monotonic() - began >= seconds:
                    break
            return total
        finally:
            _DELIVERING.reset(token)

    def _batch(self, subscription: Subscription, now: datetime, tried: set[int]) -> int:
        names = subscription.handlers.keys()
        some = self.deliveries.heads(subscription.name, names, now, most=1, real=_real())
        if not some:
            return 0
        return (self._together if subscription.transactional else self._leased)(subscription, now, tried)

    def _together(self, subscription: Subscription, now: datetime, tried: set[int]) -> int:
        """Handlers with a transaction: a savepoint each, one commit for all."""
        settled, began = 0, time.monotonic()
        with self._store.transaction() as connection:
            while time.monotonic() - began < _SECONDS:
                heads = self.deliveries.heads(
                    subscription.name, subscription.handlers.keys(), now, most=_BATCH, real=_real(), lock=True
                )
                fresh = [item for item in heads if item.number not in tried]
                if not fresh:
                    break
                for item in fresh:
                    try:
                        with connection.begin_nested():
                            self._call(subscription, item, Transaction(connection))
                            self.deliveries.handled([item.number])
                        settled += 1
                    except Exception as error:
                        if connection.invalidated:  # it is not the handler's fault
                            raise DatabaseAway("the connection was lost while a handler worked; try again") from error
                        tried.add(item.number)
                        self._failed(subscription, item, error, now)
                    if time.monotonic() - began >= _SECONDS:
                        break
        return settled

    def _leased(self, subscription: Subscription, now: datetime, tried: set[int]) -> int:
        """Handlers without: leased first, settled in one commit afterwards."""
        owner = str(uuid4())
        claimed = self.deliveries.claim(
            subscription.name, subscription.handlers.keys(), now, most=_BATCH, real=_real(),
            until=_real() + subscription.lease, owner=owner,
        )  # fmt: skip
        numbers = [item.number for item in claimed]
        handled: list[int] = []
        failed: list[int] = []
        try:
            with self._renewing(numbers, owner, subscription.lease):
                for item in claimed:
                    if item.number in tried:
                        continue
                    try:
                        self._call(subscription, item, None)
                        handled.append(item.number)
                    except Exception as error:  # noqa: BLE001 - the handler is the user's
                        tried.add(item.number)
                        failed.append(item.number)
                        self._failed(subscription, item, error, now)
        finally:
            self.deliveries.handled(handled, owner=owner)
            left = set(numbers) - set(handled) - set(failed)
            if left:
                self.deliveries.release(left, owner)
        return len(handled)

    def _call(self, subscription: Subscription, item: Delivery, transaction: Transaction | None) -> None:
        """Call the handlers of an event, in the trace in which it happened."""
        if not self._tracing.is_on:
            return self._handle(subscription, item, transaction)
        about: dict[str, Value] = {
            "subscription": subscription.name, "event": item.name, "event_id": item.id, "process_id": item.process_id,
            "party": item.party, "attempts": item.attempts,
        }  # fmt: skip
        with self._tracing.span("ediel.handle", about, parent=item.trace, kind="consumer"):
            return self._handle(subscription, item, transaction)

    def _handle(self, subscription: Subscription, item: Delivery, transaction: Transaction | None) -> None:
        event = self._event_of(item)
        for handler in subscription.handlers[item.name]:
            given = (event, transaction) if _wants_transaction(handler) else (event,)
            result = handler(*given)
            if inspect.iscoroutine(result):
                self._await(result)

    def _failed(self, subscription: Subscription, item: Delivery, error: Exception, now: datetime) -> None:
        """Of the error its kind and place are kept: its text may hold a person."""
        attempts = item.attempts + 1
        dead = attempts >= subscription.attempts
        log.error(
            "a handler failed", subscription=subscription.name, event_name=item.name, event_id=item.id,
            error=type(error).__name__, at=where(error), attempts=attempts, dead=dead,
        )  # fmt: skip
        self.deliveries.failed(item.number, type(error).__name__, None if dead else now + back_off(item.attempts))

    @contextmanager
    def _renewing(self, numbers: Sequence[int], owner: str, lease: timedelta) -> Iterator[None]:
        """Keeps leases while handlers work, however long they take."""
        done = threading.Event()

        def renew() -> None:
            while not done.wait(lease.total_seconds() / 3):
                try:
                    self.deliveries.renew(numbers, owner, _real() + lease)
                except Exception as error:  # noqa: BLE001 - a lease that could not be renewed runs out, no more
                    log.warning("a lease was not renewed", error=type(error).__name__)

        worker = threading.Thread(target=renew, name="ediel-leases", daemon=True)
        worker.start()
        try:
            yield
        finally:
            done.set()
            worker.join()

    # --- handlers that are coroutines

    def _await(self, coroutine: Coroutine[object, None, object]) -> None:
        """Run a coroutine to its end on a loop of our own: the caller's, where there is one, is waiting here."""
        loop = self._own_loop()
        context = contextvars.copy_context()
        done: threading.Event = threading.Event()
        outcome: list[BaseException | None] = []

        def begin() -> None:
            task = loop.create_task(coroutine, context=context)
            task.add_done_callback(end)

        def end(task: asyncio.Task[object]) -> None:
            outcome.append(_error_of(task))
            done.set()

        loop.call_soon_threadsafe(begin)
        done.wait()
        if outcome[0] is not None:
            raise outcome[0]

    def _own_loop(self) -> asyncio.AbstractEventLoop:
        with self._starting:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(target=self._loop.run_forever, name="ediel-handlers", daemon=True)
                self._thread.start()
            return self._loop

    def close(self) -> None:
        """End the loop of handlers that are coroutines."""
        with self._starting:
            if self._loop is not None:
                self._loop.call_soon_threadsafe(self._loop.stop)
                if self._thread is not None:
                    self._thread.join()
                self._loop.close()
                self._loop = None


def _error_of(task: asyncio.Task[object]) -> BaseException | None:
    return asyncio.CancelledError() if task.cancelled() else task.exception()


def _names(kinds: Sequence[type[events.Event]]) -> list[str]:
    if not kinds or events.Event in kinds:
        return list(events.BY_NAME)
    return [kind.__name__ for kind in kinds]


def _wants_transaction(handler: Handler) -> bool:
    """Whether a handler takes a second argument without a default."""
    try:
        parameters = inspect.signature(handler).parameters.values()
    except (TypeError, ValueError):  # a builtin, such as list.append
        return False
    places = [
        item
        for item in parameters
        if item.kind in {item.POSITIONAL_ONLY, item.POSITIONAL_OR_KEYWORD} and item.default is item.empty
    ]
    return len(places) > 1


def _real() -> datetime:
    """The moment of the system: leases are between processes, whatever clock an engine was given."""
    return datetime.now(UTC)
