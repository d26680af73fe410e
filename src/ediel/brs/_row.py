"""What a row says of a process, and what it says of each message in it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal

from ediel.codes import BusinessProcess, DocumentType, EndReason, Role, Standing

Family = Literal[
    "supply", "access", "authorisation", "query", "question",
    "master_data", "annual_volume", "metering_values", "shared_production",
]  # fmt: skip
"""A family of processes: the name of its module in every room that has one."""
Way = Literal["to hub", "from hub", "passed on", "either"]
"""Which way a message goes: market parties send it, Elhub sends it, Elhub passes on what a party has sent, or each of
them may send one of its own."""
Channel = Literal["PollMarketProcesses", "PollMeteringValues", "in the call"]
Dates = Literal["ahead", "today or ahead", "today or back"]


@dataclass(frozen=True, slots=True)
class Use:
    """A message as a process uses it.

    Attributes:
        message: name of the message.
        way: which way it goes.
        documents: document types; ``None`` when unknown.
        roles: roles in which a market party sends it, or gets it where only Elhub sends it; ``None`` when unknown.
        source: who says so.
        standing: how sure the message and its document types are: ``published`` where a table of validation rules or
            a page of the business information model prints them.
        rows: number of the row in that table for message, document-type, document-type-agency,
            positive-acknowledgement, role, role-agency; 0 where the table has none, empty where it has no numbers.
        acknowledgement: whether ``RequestPositiveAcknowledgement`` may be given.
        passed_to: roles in which Elhub passes it on; ``None`` where the sender alone tells.
        roles_standing: how sure the roles are; as sure as the rest when not given.
    """

    message: str
    way: Way
    documents: tuple[DocumentType, ...] | None
    roles: tuple[Role, ...] | None
    source: str
    standing: Standing = "inferred"
    rows: tuple[int, ...] = ()
    acknowledgement: bool = True
    passed_to: tuple[Role, ...] | None = None
    roles_standing: Standing | None = None

    @property
    def codes(self) -> Standing:
        """How sure the hub's codes are: a table of validation rules prints them, a page of the model does not."""
        return "published" if self.source.startswith("VAL-") else "inferred"

    @property
    def to_hub(self) -> bool:
        """Whether market parties send it."""
        return self.way != "from hub"

    @property
    def from_hub(self) -> bool:
        """Whether Elhub sends it."""
        return self.way != "to hub"

    @property
    def cancels(self) -> bool:
        """Whether it may come as E02: a cancellation, or a notice that withdraws an earlier one."""
        return self.documents is not None and DocumentType.CANCELLATION in self.documents


ACKNOWLEDGEMENT: Final = Use(
    "Acknowledgement", "from hub", (DocumentType.ACKNOWLEDGEMENT,), None, "BIM acknowledgement"
)
"""Goes with every process of which a message is known; in which role is not published."""


@dataclass(frozen=True, kw_only=True)
class Process:
    """A process.

    Attributes:
        code: its BRS number.
        family: its family; ``None`` where nothing is known but the name.
        messages: the messages that belong to it, without the acknowledgement that goes with every process.
        tables: families whose process tables follow it; its own when not given. Empty: messages are read and judged,
            and no table follows them.
        supply: whether a supply starts or ends in it, or in the process that it rolls back.
        dates: which days a request may name, seen from the day on which it comes; ``None`` when unknown.
        waits: whether the hub waits for a cancellation deadline before anything is changed, or acts at once; ``None``
            when unknown, or when nothing is changed.
        end_user: whether an end user moves in or out by it.
        last_resort: whether supply of last resort begins by it, may be chosen in it, or ends by it.
        end_reason: why the supply of the one who leaves ends; ``None`` when no reason is given.
        names_supplier: whether the request names a balance supplier, or may not; ``None``: it may.
        activates: whether it may be of an inactive metering point, which the grid access provider is then asked to
            activate. The day may become another than was asked for.
        rollback: the process that rolls it back.
        clears: of a change of master data: whether what is left out of a class that is given is cleared.
        channel: where the hub's acknowledgements of it wait.
        source: who says so.
        standing: how sure that is; a message of the process has a standing of its own.
    """

    code: BusinessProcess
    source: str
    family: Family | None = None
    messages: tuple[Use, ...] = ()
    tables: tuple[Family, ...] | None = None
    supply: Literal["start", "end"] | None = None
    dates: Dates | None = None
    waits: bool | None = None
    end_user: Literal["in", "out"] | None = None
    last_resort: Literal["begins", "may begin", "ends"] | None = None
    end_reason: EndReason | None = None
    names_supplier: bool | None = None
    activates: bool = False
    rollback: BusinessProcess | None = None
    clears: bool = True
    channel: Channel = "PollMarketProcesses"
    standing: Standing = "inferred"

    @property
    def number(self) -> str:
        """The last three digits of the BRS number; ``POLL`` for polling."""
        return str(self.code.value).removeprefix("BRS-NO-")

    @property
    def title(self) -> str | None:
        """What it is called, in English; ``None`` when no source gives a name."""
        return self.code.label

    @property
    def title_nb(self) -> str | None:
        """What it is called, in Norwegian, where a source gives it."""
        return self.code.label_nb

    @cached_property
    def uses(self) -> tuple[Use, ...]:
        """Its messages with the acknowledgement; none when no message of it is known."""
        return (*self.messages, ACKNOWLEDGEMENT) if self.messages else ()

    @cached_property
    def followed_by(self) -> tuple[Family, ...]:
        """Families whose process tables follow it."""
        if self.tables is not None:
            return self.tables
        return () if self.family is None or not self.messages else (self.family,)

    @property
    def back_in_time(self) -> bool:
        """Whether it takes effect on a day that has come or gone."""
        return self.dates == "today or back"

    @property
    def with_consent(self) -> bool:
        """Whether a consent of the end user may be given with the request (EI-1363)."""
        return "authorisation" in self.followed_by

    def use(self, message: str) -> Use | None:
        """How it uses a message; ``None`` when it is not known to."""
        return next((item for item in self.uses if item.message == message), None)

    @cached_property
    def requests(self) -> tuple[str, ...]:
        """Names of the messages by which market parties ask or tell something, or answer a question, in it."""
        return tuple(item.message for item in self.messages if item.way in {"to hub", "passed on"})
