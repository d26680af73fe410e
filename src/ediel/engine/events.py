"""Domain events: what happened, delivered to subscriptions after the commit, in order for each process.

``engine.subscribe("billing", ediel.events.SupplyConfirmed)`` decorates a handler. An event keeps its ``id``
when it comes again. It is long because it is one table: a class for each event.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Protocol

from ediel.engine.errors import EngineError

if TYPE_CHECKING:
    import pyarrow as pa

    from ediel.engine._results import Process
    from ediel.messages import Message

__all__ = [
    "BY_NAME",
    "AccessAsked",
    "AccessChangeRejected",
    "AccessChanged",
    "AccessEnded",
    "AccessGranted",
    "AccessLapsed",
    "AccessLevelChanged",
    "AccessPending",
    "AccessRefused",
    "ActivationAccepted",
    "ActivationAsked",
    "ActivationRejected",
    "AnnualVolumeRejected",
    "AnnualVolumesAccepted",
    "AnnualVolumesChanged",
    "AnnualVolumesRejected",
    "AnnualVolumesSent",
    "AnswerAccepted",
    "AnswerRejected",
    "ConsentAsked",
    "ConsentExpired",
    "ConsentGranted",
    "ConsentRejected",
    "ConsentRevoked",
    "ConsentUsed",
    "CustomerChanged",
    "EndOfSupplyAccepted",
    "EndOfSupplyCancellationRejected",
    "EndOfSupplyCancelled",
    "EndOfSupplyConfirmed",
    "EndOfSupplyEffective",
    "EndOfSupplyRejected",
    "EndOfSupplyRequested",
    "EndOfSupplyRollbackRejected",
    "EndOfSupplyRolledBack",
    "EndOfSupplyUnanswered",
    "Event",
    "LastResortSupplyConfirmed",
    "LastResortSupplyEnded",
    "LastResortSupplyEnding",
    "LastResortSupplyWithdrawn",
    "MasterDataAccepted",
    "MasterDataChanged",
    "MasterDataRejected",
    "MessageNotSent",
    "NoticesDisagree",
    "ProcessAbandoned",
    "ProcessAdopted",
    "QueryAccepted",
    "QueryAnswered",
    "QueryPartAnswered",
    "QueryRejected",
    "QuestionAccepted",
    "QuestionAnswered",
    "QuestionCame",
    "QuestionRejected",
    "RefusalAccepted",
    "RefusalRejected",
    "SeriesRejected",
    "SharedProductionActive",
    "SharedProductionAsked",
    "SharedProductionEnded",
    "SharedProductionRejected",
    "SupplyAccepted",
    "SupplyCancellationRejected",
    "SupplyCancelled",
    "SupplyConfirmed",
    "SupplyEnded",
    "SupplyEnding",
    "SupplyFound",
    "SupplyNotified",
    "SupplyRejected",
    "SupplyRequested",
    "SupplyRestored",
    "SupplyRollbackRejected",
    "SupplyRolledBack",
    "SupplyStarted",
    "SupplyUnanswered",
    "SupplyWithdrawn",
    "ValuesAccepted",
    "ValuesMissing",
    "ValuesReceived",
    "ValuesRejected",
    "ValuesSent",
    "ValuesWithdrawn",
]


class Source(Protocol):
    """Where an event finds what belongs to it."""

    def process(self, process_id: str) -> Process:
        """The process as it stands."""

    def of_step(self, process_id: str, version: int) -> Message | None:
        """The message that made a step."""

    def arrived(self, cursor: int) -> pa.Table | None:
        """The values of an arrival."""


@dataclass(frozen=True)
class Event:
    """Something that happened in a process.

    Attributes:
        id: UUID, the same each time the event is delivered.
        process_id: the process.
        party: GLN of the party.
        at: when.
        data: its content: process, metering point, day, reasons, state. Nothing about people.
        number: its place in the one running order of all events of a database.
        version: which step of the process it comes from.
    """

    id: str
    process_id: str
    party: str
    at: datetime
    data: Mapping[str, Any]
    number: int = 0
    version: int = 0
    source: Source | None = field(default=None, repr=False, compare=False)

    @property
    def name(self) -> str:
        """Name of the event."""
        return type(self).__name__

    @property
    def metering_point(self) -> str | None:
        """GSRN, where the event is about one metering point."""
        return self.data.get("metering_point")

    @property
    def brs(self) -> str | None:
        """BRS number of the process, such as BRS-NO-101."""
        return self.data.get("process")

    @property
    def state(self) -> str | None:
        """State of the process after the step."""
        return self.data.get("state")

    @property
    def day(self) -> date | None:
        """The Norwegian day that it is about: of the start or the end, the first day of validity."""
        text = self.data.get("day")
        return None if text is None else date.fromisoformat(text)

    @property
    def message_id(self) -> str | None:
        """Identification of the message that made the step; ``None`` where a command, a deadline or a decision did."""
        return self.data.get("message_id")

    @property
    def reasons(self) -> tuple[str, ...]:
        """The hub's codes, where it has refused."""
        return tuple(self.data.get("reasons") or ())

    @cached_property
    def message(self) -> Message | None:
        """The message that made the step, typed; ``None`` where a command, a deadline or a decision did.

        It may hold people; read from the archive at first use.
        """
        return None if self.source is None else self.source.of_step(self.process_id, self.version)

    @property
    def process(self) -> Process:
        """The process as it now stands.

        Raises:
            EngineError: the event does not come from an engine.
        """
        if self.source is None:
            raise EngineError(f"the event {self.id} does not come from an engine")
        return self.source.process(self.process_id)


class SupplyRequested(Event):
    """A request for a start of supply is ready to be sent."""


class SupplyAccepted(Event):
    """The hub has accepted a request for a start of supply."""


class SupplyRejected(Event):
    """The hub has refused a start of supply; ``data["reasons"]`` holds its codes."""


class SupplyConfirmed(Event):
    """The hub has confirmed the contract: the supply is certain."""


class SupplyFound(Event):
    """The hub has notified of a supply that was begun elsewhere, in the portal or by another system: it is adopted."""


class SupplyStarted(Event):
    """The first day of a supply has come."""


class SupplyUnanswered(Event):
    """The first day has come without a notification from the hub: a person must check."""


class SupplyCancelled(Event):
    """A start of supply is cancelled; nothing has changed."""


class SupplyCancellationRejected(Event):
    """The hub has refused a cancellation."""


class SupplyRolledBack(Event):
    """A start of supply is rolled back."""


class SupplyRollbackRejected(Event):
    """The hub has refused a rollback."""


class SupplyEnding(Event):
    """Another supplier, or a move, takes the point: the supply ends on ``data["day"]``."""


class SupplyEnded(Event):
    """The day on which a supply ends has come."""


class SupplyRestored(Event):
    """A rollback has set a supply back in force."""


class LastResortSupplyConfirmed(Event):
    """The hub has notified that last-resort supply begins."""


class LastResortSupplyEnding(Event):
    """The hub has notified that last-resort supply ends."""


class LastResortSupplyEnded(Event):
    """Last-resort supply has ended."""


class LastResortSupplyWithdrawn(Event):
    """A rollback has undone last-resort supply."""


class SupplyNotified(Event):
    """A grid access provider is notified of a start of supply."""


class ActivationAsked(Event):
    """A move-in waits for the grid access provider to activate the point, or to refuse."""


class ActivationAccepted(Event):
    """The hub has accepted an activation."""


class ActivationRejected(Event):
    """The hub has refused an activation."""


class RefusalAccepted(Event):
    """The hub has accepted the refusal to activate a point."""


class RefusalRejected(Event):
    """The hub has rejected the refusal to activate a point."""


class SupplyWithdrawn(Event):
    """A grid access provider is notified that a start of supply is undone."""


class EndOfSupplyRequested(Event):
    """A request for an end of supply is ready to be sent."""


class EndOfSupplyAccepted(Event):
    """The hub has accepted a request for an end of supply."""


class EndOfSupplyRejected(Event):
    """The hub has refused an end of supply; ``data["reasons"]`` holds its codes."""


class EndOfSupplyConfirmed(Event):
    """The hub has confirmed the end of supply."""


class EndOfSupplyEffective(Event):
    """The day of the end has come."""


class EndOfSupplyUnanswered(Event):
    """The day of the end has come without a notification from the hub: a person must check."""


class EndOfSupplyCancelled(Event):
    """An end of supply is cancelled; nothing has changed."""


class EndOfSupplyCancellationRejected(Event):
    """The hub has refused a cancellation."""


class EndOfSupplyRolledBack(Event):
    """An end of supply is rolled back."""


class EndOfSupplyRollbackRejected(Event):
    """The hub has refused a rollback."""


class AccessAsked(Event):
    """A request for third-party access is ready to be sent."""


class AccessPending(Event):
    """The hub has accepted the request; the end user has three working days."""


class AccessRefused(Event):
    """The hub, or the end user, has refused access."""


class AccessGranted(Event):
    """The third party has access."""


class AccessLapsed(Event):
    """The end user did not answer in time: that is a refusal."""


class AccessChanged(Event):
    """The end of an access, or its storage, is changed."""


class AccessChangeRejected(Event):
    """The hub has refused to change or to end an access."""


class AccessEnded(Event):
    """An access is over."""


class AccessLevelChanged(Event):
    """The end user has made an access full, or limited."""


class ConsentAsked(Event):
    """The end user is asked for consent."""


class ConsentGranted(Event):
    """The end user has consented: there is a grant."""


class ConsentRejected(Event):
    """The end user has refused consent."""


class ConsentExpired(Event):
    """A request for consent, or a grant, has run out."""


class ConsentUsed(Event):
    """A completed switch has used up a grant."""


class ConsentRevoked(Event):
    """A grant is revoked."""


class AnnualVolumesSent(Event):
    """Annual volumes are ready to be sent."""


class AnnualVolumesAccepted(Event):
    """The hub has accepted annual volumes."""


class AnnualVolumesRejected(Event):
    """The hub has refused a message with annual volumes."""


class AnnualVolumeRejected(Event):
    """The hub has refused one annual volume of a message; ``data["failed"]`` names its payload."""


class AnnualVolumesChanged(Event):
    """The hub has sent new annual volumes."""


class MasterDataAccepted(Event):
    """The hub has accepted a change of master data."""


class MasterDataRejected(Event):
    """The hub refuses a change of master data; ``data["reasons"]`` has its codes."""


class MasterDataChanged(Event):
    """The hub has sent changed master data of a metering point."""


class CustomerChanged(Event):
    """The hub has sent changed master data of an end user."""


class QuestionAccepted(Event):
    """The hub has accepted a question; the answer may take days."""


class QuestionRejected(Event):
    """The hub refuses a question; ``data["reasons"]`` has its codes."""


class QuestionAnswered(Event):
    """A question in words is answered; the answer stands in the message, for it may be about a person."""


class QuestionCame(Event):
    """A question in words waits for an answer of this grid access provider."""


class AnswerAccepted(Event):
    """The hub has passed an answer on."""


class AnswerRejected(Event):
    """The hub refuses an answer; another one may be given."""


class QueryAnswered(Event):
    """A query is answered."""


class MessageNotSent(Event):
    """A message has not been sent, and will not be without a decision: it was refused for good, or tried too often.

    ``data``: ``message_id``, ``name``, ``status`` (``failed`` or ``held``), ``attempts``, ``error``. ``ediel outbox``
    tries a message that is held again, or gives it up.
    """


class ProcessAbandoned(Event):
    """A person has given a process up where it stands. What still comes for it takes it up again."""


class ProcessAdopted(Event):
    """A process that another system has begun was taken over, in the state that ``data["state"]`` names."""


class QueryPartAnswered(Event):
    """A part of the answer to a query has come."""


class QueryRejected(Event):
    """The hub has refused a query."""


class QueryAccepted(Event):
    """A hub has accepted a query, and must answer it."""


class ValuesSent(Event):
    """Metering values are ready to be sent."""


class ValuesAccepted(Event):
    """The hub has acknowledged metering values."""


class ValuesRejected(Event):
    """The hub has refused a message with metering values."""


class SeriesRejected(Event):
    """The hub has refused one series of a message; ``data["failed"]`` names its payload."""


class ValuesReceived(Event):
    """Metering values have come.

    With a values store (``EngineSettings.values``), ``data["arrival"]`` says how many ``values`` and ``points``; what
    came before the store was there has no ``cursor``.
    """

    @property
    def cursor(self) -> int | None:
        """Number of the arrival in the values store: ``engine.values.changes(after=cursor)`` gives what came later."""
        found = (self.data.get("arrival") or {}).get("cursor")
        return None if found is None else int(found)

    @property
    def period(self) -> tuple[datetime, datetime] | None:
        """The earliest start and the latest end of the intervals, in UTC; ``None`` where it is not known."""
        arrival = self.data.get("arrival") or {}
        start, end = arrival.get("start"), arrival.get("end")
        return None if start is None or end is None else (datetime.fromisoformat(start), datetime.fromisoformat(end))

    @cached_property
    def table(self) -> pa.Table | None:
        """The values that came, by ``ediel.series.SCHEMA``, every one as it came; ``None`` without a values store.

        Raises:
            ValuesError: a file of the values store is missing or damaged.
        """
        return None if self.source is None or self.cursor is None else self.source.arrived(self.cursor)

    @property
    def points(self) -> frozenset[str]:
        """The metering points whose values came; empty without a values store. Read at first use."""
        if self.table is None:
            return frozenset()
        return frozenset(str(point) for point in self.table["metering_point"].unique().to_pylist() if point is not None)


class ValuesWithdrawn(Event):
    """Earlier metering values do not hold."""


class ValuesMissing(Event):
    """The hub reminds of missing metering values."""


class SharedProductionAsked(Event):
    """A set-up of shared production is ready to be sent."""


class SharedProductionRejected(Event):
    """The hub has refused to set up, change or end shared production."""


class SharedProductionActive(Event):
    """The hub has sent a calculation of shared production as it now stands."""


class SharedProductionEnded(Event):
    """A calculation of shared production is deactivated."""


class NoticesDisagree(Event):
    """A notice says otherwise than an earlier one: a supply ends on another day than was notified before.

    The later one counts, by the moment at which each was created; ``day`` is what it says.
    """

    @property
    def earlier(self) -> date:
        """The day that the earlier notice named."""
        return date.fromisoformat(self.data["earlier"])


BY_NAME: Final[dict[str, type[Event]]] = {kind.__name__: kind for kind in Event.__subclasses__()}
"""Every event by its name."""
