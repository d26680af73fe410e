"""One party's view of an engine that acts for several: what is another's does not exist for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from ediel.engine._lookup import TimelineEntry
from ediel.engine._many import Order, Started
from ediel.engine._page import Page
from ediel.engine._party import Party
from ediel.engine._results import Process
from ediel.engine.commands import Command
from ediel.engine.errors import EngineError
from ediel.messages import Message
from ediel.store import Values

if TYPE_CHECKING:
    from ediel.engine._engine import Engine

__all__ = ["PartyView"]


class PartyView:
    """An engine as one party sees it: it finds, begins and changes only its own processes, in its one role.

    The identification of a process or a message of somebody else is answered as one that does not exist. The methods
    are those of ``Engine``, without those about parties, transport, subscriptions and the database itself.

    Attributes:
        party: whose view it is.
    """

    def __init__(self, engine: Engine, party: Party) -> None:
        self._engine = engine
        self.party = party

    # --- finding

    def process(self, process_id: str) -> Process:
        """A process as it stands; see ``Engine.process``."""
        found = self._engine.process(process_id)
        if not self._is_own(found):
            raise EngineError(f"there is no process {process_id}")
        return found

    def find(
        self,
        *,
        key: str | None = None,
        tags: Mapping[str, str] | None = None,
        metering_point: str | None = None,
        status: str | None = None,
        process: str | None = None,
        after: str | None = None,
        most: int = 100,
    ) -> Page[Process]:
        """Processes for which everything holds that is given; see ``Engine.find``.

        A page may hold fewer than ``most`` where the party has another role beside; ``.after`` alone tells the end.
        """
        page = self._engine.find(
            key=key, tags=tags, metering_point=metering_point, status=status, process=process, party=self.party,
            after=after, most=most,
        )  # fmt: skip
        return Page(tuple(item for item in page if self._is_own(item)), page.after)

    def timeline(self, metering_point: str, *, after: str | None = None, most: int = 100) -> Page[TimelineEntry]:
        """What happened at a metering point in processes of the party; see ``Engine.timeline`` and ``find``."""
        page = self._engine.timeline(metering_point, party=self.party, after=after, most=most)
        own = self._own_of({item.process_id for item in page})
        return Page(tuple(item for item in page if item.process_id in own), page.after)

    def due(
        self,
        within: timedelta = timedelta(days=5),
        *,
        now: datetime | None = None,
        after: str | None = None,
        most: int = 1000,
    ) -> Page[Values]:
        """Timers of the party that fall due within a time; see ``Engine.due`` and ``find``."""
        page = self._engine.due(within, now=now, after=after, most=most)
        own = self._own_of({row["instance_id"] for row in page if row["party"] == self.party.gln})
        return Page(tuple(row for row in page if row["instance_id"] in own), page.after)

    def message(self, message_id: str, *, sender: str | None = None) -> Message:
        """A message that the party received or sent; see ``Engine.message``."""
        browse, own = self._engine.browse, (self.party.gln, self.party.role)
        rows = [row for row in browse.received(message_id) if sender in {None, row["sender"]}]
        senders = {row["sender"] for row in rows if (row["party"], row["role"]) == own}
        if len(senders) == 1:
            return self._engine.message(message_id, sender=senders.pop())
        sent = self._engine.outbox.find(message_id)
        if senders or rows or sent is None or (sent["party"], sent["role"]) != own:
            raise EngineError(f"there is no message {message_id} here, neither received nor sent")
        return self._engine.message(message_id)

    # --- beginning and changing

    def start(
        self,
        order: Command,
        *,
        now: datetime | None = None,
        key: str | None = None,
        tags: Mapping[str, str] | None = None,
        connection: Connection | None = None,
    ) -> Process:
        """Begin a process; see ``Engine.start``.

        Raises:
            EngineError: the order is for another role.
        """
        self._check_role(order)
        made = self._engine.start(order, party=self.party, now=now, key=key, tags=tags, connection=connection)
        if not self._is_own(made):  # begun with the same key in another role of the party
            raise EngineError(f"the key {key!r} is that of a process of {self.party.gln} in another role")
        return made

    def start_many(
        self, orders: Iterable[Order | Command], *, now: datetime | None = None, batch: int = 500,
        waiting: int | None = None,
    ) -> list[Started]:  # fmt: skip
        """Begin many processes; see ``Engine.start_many``. A party that an order names is passed over.

        Raises:
            EngineError: an order is for another role.
        """
        own = [
            replace(item, party=self.party) if isinstance(item, Order) else Order(item, party=self.party)
            for item in orders
        ]
        for item in own:
            self._check_role(item.order)
        results = self._engine.start_many(own, now=now, batch=batch, waiting=waiting)
        return [self._result(item, order.key) for item, order in zip(results, own, strict=True)]

    def _result(self, item: Started, key: str | None) -> Started:
        if item.process is None or self._is_own(item.process):
            return item
        error = EngineError(f"the key {key!r} is that of a process of {self.party.gln} in another role")
        return Started(item.place, "refused", error=error)

    def command(self, process_id: str, name: str, *, now: datetime | None = None, **data: Any) -> Process:
        """Do something with a process; see ``Engine.command``."""
        self.process(process_id)
        return self._engine.command(process_id, name, now=now, **data)

    def cancel(self, process_id: str, *, now: datetime | None = None) -> Process:
        """Cancel a request; see ``Engine.cancel``."""
        return self.command(process_id, "cancel", now=now)

    def roll_back(self, process_id: str, *, now: datetime | None = None) -> Process:
        """Roll a start or an end of supply back; see ``Engine.roll_back``."""
        return self.command(process_id, "roll back", now=now)

    def decide(self, process_id: str, name: str, *, now: datetime | None = None, **data: Any) -> Process:
        """Tell a process what was decided outside the messages; see ``Engine.decide``."""
        self.process(process_id)
        return self._engine.decide(process_id, name, now=now, **data)

    def abandon(self, process_id: str, *, reason: str, now: datetime | None = None) -> Process:
        """Give a process up where it stands; see ``Engine.abandon``."""
        self.process(process_id)
        return self._engine.abandon(process_id, reason=reason, now=now)

    def settle(self, process_id: str, state: str, *, reason: str, now: datetime | None = None, **data: Any) -> Process:
        """Say what has become of a process; see ``Engine.settle``."""
        self.process(process_id)
        return self._engine.settle(process_id, state, reason=reason, now=now, **data)

    def resend(self, process_id: str) -> tuple[str, ...]:
        """Send what a process could not send again; see ``Engine.resend``."""
        self.process(process_id)
        return self._engine.resend(process_id)

    def correct(
        self, process_id: str, order: Command, *, reason: str = "corrected", now: datetime | None = None
    ) -> Process:
        """Begin a process anew with an order that is right; see ``Engine.correct``."""
        self.process(process_id)
        self._check_role(order)
        return self._engine.correct(process_id, order, reason=reason, now=now)

    def acting(self, actor: str, reason: str | None = None) -> AbstractContextManager[None]:
        """Let somebody act; see ``Engine.acting``."""
        return self._engine.acting(actor, reason)

    # --- inside

    def _is_own(self, process: Process) -> bool:
        return (process.party, process.role) == (self.party.gln, self.party.role)

    def _own_of(self, ids: Iterable[str]) -> set[str]:
        return {item for item in ids if self._is_own(self._engine.process(item))}

    def _check_role(self, order: Command) -> None:
        if self.party.role not in order.roles:
            raise EngineError(
                f"{type(order).__name__} is for {' or '.join(order.roles)}; this is the view of {self.party.gln} as "
                f"{self.party.role}"
            )
