"""Start and end of supply at the hub: what it knows of a request, and the messages that it makes of that."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import ClassVar, Final, Literal

from ediel import brs
from ediel.calendar import market_day
from ediel.codes import DocumentType, EndReason, Role
from ediel.messages import (
    AnnualVolumeDetail,
    ConfirmEndOfSupply,
    ConfirmEndOfSupplyEvent,
    ConfirmStartOfSupply,
    ConfirmStartOfSupplyEvent,
    CustomerAddress,
    EndOfSupplyCustomer,
    Message,
    MeteringPointCharacteristics,
    NotifyEndOfSupply,
    NotifyEndOfSupplyEvent,
    NotifyStartOfSupply,
    NotifyStartOfSupplyEvent,
    RejectEndOfSupply,
    RejectEvent,
    RejectStartOfSupply,
    RequestEndOfSupply,
    RequestEndOfSupplyEvent,
    RequestStartOfSupply,
    RequestStartOfSupplyEvent,
    StartOfSupplyCustomer,
)
from ediel.processes._build import AnsweringState, asks, context, header, moment, process_of, reasons, reasons_of
from ediel.processes._changes import BeginContract, ContractChange, EndContract, ReopenContract, UndoContract
from ediel.processes._machine import Build, Draft, keep
from ediel.processes._rows import Condition, Trigger
from ediel.processes._state import Kept, known

Recipient = Literal["requester", "grid", "last resort", "leaver"]


@dataclass(frozen=True, kw_only=True, repr=False)
class OtherSupply:
    """A supply of another supplier that a process ends, or puts in force again, on a day of its own.

    Attributes:
        supplier: GLN.
        role: DDQ, or SLR where it supplies of last resort.
        day: the day.
        reason: why it ends.
        customer, addresses: whom it supplies.
    """

    supplier: str
    role: str
    day: date
    customer: EndOfSupplyCustomer
    addresses: tuple[CustomerAddress, ...]
    reason: EndReason | None = None


@dataclass(frozen=True, kw_only=True, repr=False)
class HubSupply(AnsweringState):
    """A start or an end of supply at the hub.

    Attributes:
        request: identification of the request.
        requester: GLN of the party that asks.
        by_supplier: whether that is a supplier, and not a grid access provider.
        day: day on which the supply begins or ends.
        payload: what was asked for.
        rollback: BRS number of the rollback that was asked for.
        cancellation: last day of cancellation; ``None`` when unknown.
        supersedes: processes that this one puts aside when it is contracted.
        inactive: whether the metering point must be activated first.
        grid, grid_area: the grid access provider's GLN, and the metering grid area.
        last_resort: GLN of the supplier of last resort, where it begins to supply.
        supplier: GLN of the supplier, where the register names another one than the request.
        leaver, leaver_role: GLN and role of the supplier that loses the point, where there is one.
        leaving_customer, leaving_addresses: whom it supplied.
        characteristics, annual_volume: what the notices tell of the metering point.
        residence: the end user's time at the metering point that it was asked for, as the register names it.
        overtaken, restored: other suppliers whose supply ends, or is in force again, by a step.
        groundless: why a request has nothing to rest on any more.
    """

    passing: ClassVar[tuple[str, ...]] = ("overtaken", "restored", "groundless")

    needs: ClassVar[tuple[str, ...]] = ("process", "metering_point", "request", "requester", "day", "payload")

    request: str | None = None
    requester: str | None = None
    by_supplier: bool = False
    day: date | None = None
    payload: Kept[RequestStartOfSupplyEvent | RequestEndOfSupplyEvent] | None = None
    rollback: str | None = None
    cancellation: date | None = None
    supersedes: tuple[str, ...] = ()
    inactive: bool = False
    grid: str | None = None
    grid_area: str | None = None
    last_resort: str | None = None
    supplier: str | None = None
    leaver: str | None = None
    leaver_role: str | None = None
    leaving_customer: Kept[EndOfSupplyCustomer] | None = None
    leaving_addresses: Kept[tuple[CustomerAddress, ...]] | None = None
    characteristics: Kept[MeteringPointCharacteristics] | None = None
    annual_volume: Kept[AnnualVolumeDetail] | None = None
    residence: str | None = None
    overtaken: tuple[OtherSupply, ...] = ()
    restored: tuple[OtherSupply, ...] = ()
    groundless: tuple[str, ...] = ()

    @property
    def event(self) -> RequestStartOfSupplyEvent | RequestEndOfSupplyEvent:
        """The request."""
        return known(self.payload, "payload").value

    @property
    def new_supplier(self) -> str:
        """Who supplies afterwards: of last resort, as the register has it, or as requested."""
        return self.last_resort or self.supplier or self.event.balance_supplier or known(self.requester, "requester")

    @property
    def old_supplier(self) -> str:
        """Whose supply ends: another one's, or that of the party that asks."""
        return self.leaver or known(self.requester, "requester")

    def recipient(self, to: Recipient) -> str:
        """GLN of a party of the process."""
        found = {
            "requester": self.requester,
            "grid": self.grid,
            "last resort": self.last_resort,
            "leaver": self.leaver,
        }[to]
        return known(found, to)


def _course(facts: HubSupply, _trigger: Trigger, _now: datetime) -> str:
    if facts.verdict != "accepted":
        return "refused"
    process = brs.of(known(facts.process, "process"))
    if facts.inactive and process.activates:
        return "asks the grid"
    return "waits" if process.waits else "at once"


COURSE: Final = Condition(
    "what the hub finds, and which process it is", ("refused", "waits", "at once", "asks the grid"), _course
)


def _founded(facts: HubSupply, _trigger: Trigger, _now: datetime) -> str:
    return "no" if facts.groundless else "yes"


FOUNDED: Final = Condition("what it rests on still holds", ("yes", "no"), _founded)
"""The end user may have left meanwhile, or another may supply by then."""


def absorb(facts: HubSupply, trigger: Trigger, now: datetime) -> HubSupply:
    """Takes a request into the facts, and from whom an answer is awaited."""
    changed, arrived = keep(facts, trigger, now), trigger.message
    if arrived is None:
        return changed
    changed = replace(
        changed,
        rollback=process_of(arrived) if trigger.on.name.endswith(":rollback") else changed.rollback,
        asked=asks(arrived),
        answering=arrived.header.identification,
        answer_to=arrived.header.juridical_sender,
        answer_role=arrived.process.role.value,
        answer_process=process_of(arrived),
    )
    if isinstance(arrived, RejectStartOfSupply):
        return replace(changed, reasons=reasons_of(arrived))
    if isinstance(arrived, RequestStartOfSupply | RequestEndOfSupply) and changed.request is None:
        return replace(
            changed,
            request=arrived.header.identification,
            process=process_of(arrived),
            role=arrived.process.role.value,
            requester=arrived.header.juridical_sender,
            by_supplier=arrived.process.role is not Role.DDM,
            metering_point=str(arrived.payload.metering_point),
            day=market_day(_wanted(arrived.payload)),
            payload=Kept.of(arrived.payload),
        )
    return changed


def _wanted(event: RequestStartOfSupplyEvent | RequestEndOfSupplyEvent) -> datetime:
    return event.start_of_occurrence if isinstance(event, RequestStartOfSupplyEvent) else event.end_of_occurrence


def rollback_of(facts: HubSupply) -> str | None:
    """The requested rollback process; the process itself where a cancellation withdraws a notice."""
    return facts.rollback or facts.process


def confirm_start(*, cancels: bool, rollback: bool = False) -> Build[HubSupply]:
    """The positive answer to a start, its cancellation or its rollback."""
    document = DocumentType.CANCELLATION if cancels else DocumentType.START_OF_SUPPLY_ACKNOWLEDGEMENT

    def build(draft: Draft[HubSupply]) -> ConfirmStartOfSupply:
        facts = draft.facts
        return ConfirmStartOfSupply(
            header=header(draft, document, recipient=facts.requester),
            process=context(draft, process=rollback_of(facts) if rollback else None),
            payload=ConfirmStartOfSupplyEvent(
                start_of_occurrence=moment(facts.day),
                original_reference=known(facts.answering, "answering"),
                metering_point=known(facts.metering_point, "metering_point"),
            ),
        )

    return build


def confirm_end(*, cancels: bool, rollback: bool = False) -> Build[HubSupply]:
    """The positive answer to an end, its cancellation or its rollback."""
    document = DocumentType.CANCELLATION if cancels else DocumentType.END_OF_SUPPLY_NOTIFICATION

    def build(draft: Draft[HubSupply]) -> ConfirmEndOfSupply:
        facts = draft.facts
        return ConfirmEndOfSupply(
            header=header(draft, document, recipient=facts.requester),
            process=context(draft, process=rollback_of(facts) if rollback else None),
            payload=ConfirmEndOfSupplyEvent(
                end_of_occurrence=moment(facts.day),
                original_reference=known(facts.answering, "answering"),
                metering_point=known(facts.metering_point, "metering_point"),
            ),
        )

    return build


def reject(
    kind: type[RejectStartOfSupply | RejectEndOfSupply], *, cancels: bool, rollback: bool = False
) -> Build[HubSupply]:
    """The refusal of a start or an end, of its cancellation or its rollback."""
    ordinary = (
        DocumentType.START_OF_SUPPLY_ACKNOWLEDGEMENT
        if kind is RejectStartOfSupply
        else DocumentType.END_OF_SUPPLY_NOTIFICATION
    )

    def build(draft: Draft[HubSupply]) -> Message:
        facts = draft.facts
        return kind(
            header=header(draft, DocumentType.CANCELLATION if cancels else ordinary, recipient=facts.requester),
            process=context(draft, process=rollback_of(facts) if rollback else None),
            payload=RejectEvent(
                original_reference=known(facts.answering if cancels else facts.request, "request"),
                reasons=reasons(facts.reasons or ("E14",)),
                metering_point=known(facts.metering_point, "metering_point"),
            ),
        )

    return build


def notify_start(to: Recipient, *, rollback: bool = False) -> Build[HubSupply]:
    """The notice to a party of the process; the facts name it, and hold what the register knows.

    A rollback notifies that an earlier supply is in force again; as E02, to the supplier of last resort, that the one
    it was notified of is not.
    """
    roles: dict[Recipient, str] = {"grid": Role.DDM.value, "last resort": Role.SLR.value}

    def build(draft: Draft[HubSupply]) -> NotifyStartOfSupply:
        facts, event = draft.facts, draft.facts.event
        undone = rollback and (to == "last resort" or facts.rollback is None)
        document = DocumentType.CANCELLATION if undone else DocumentType.START_OF_SUPPLY_ACKNOWLEDGEMENT
        role = (facts.leaver_role or Role.DDQ.value) if to == "leaver" else roles.get(to, facts.role)
        supplier_then = facts.last_resort or facts.supplier or event.balance_supplier
        supplier = facts.leaver if rollback and not undone else supplier_then
        earlier = None if facts.by_supplier else supplier_then  # a grid access provider that has asked supplies nobody
        customer, addresses = starting(event.customer), event.addresses
        if rollback and not undone and facts.leaving_customer is not None:
            # who lives there again, and nothing about the one who does not
            customer = starting(facts.leaving_customer.value)
            addresses = facts.leaving_addresses.value if facts.leaving_addresses else addresses
        return NotifyStartOfSupply(
            header=header(draft, document, recipient=facts.recipient(to)),
            process=context(draft, process=rollback_of(facts) if rollback else None, role=role),
            payload=NotifyStartOfSupplyEvent(
                start_of_occurrence=moment(facts.day),
                metering_point=known(facts.metering_point, "metering_point"),
                grid_area=known(facts.grid_area, "grid_area"),
                balance_supplier=supplier or earlier or known(facts.requester, "requester"),
                customer=customer,
                addresses=addresses,
                characteristics=facts.characteristics.value if facts.characteristics else None,
                annual_volume=facts.annual_volume.value if facts.annual_volume else None,
            ),
        )

    return build


def starting(customer: StartOfSupplyCustomer | EndOfSupplyCustomer) -> StartOfSupplyCustomer:
    """An end user as a notice of a start holds it."""
    if isinstance(customer, StartOfSupplyCustomer):
        return customer
    return StartOfSupplyCustomer.model_validate({"extended_storage": False, **customer.model_dump(exclude_none=True)})


def _reason(facts: HubSupply) -> EndReason | None:
    """Why a supply ends: as requested, such as by death; else as the process has it."""
    event = facts.event
    requested = event.reason if isinstance(event, RequestEndOfSupplyEvent) else None
    return requested or brs.of(known(facts.process, "process")).end_reason


def notify_end(to: Recipient) -> Build[HubSupply]:
    """The notice of an end to a party of the process."""
    kept = ("identification", "identification_scheme", "name", "given_name", "family_name")

    def build(draft: Draft[HubSupply]) -> NotifyEndOfSupply:
        facts = draft.facts
        leaving, addresses = facts.leaving_customer, facts.leaving_addresses
        customer = facts.event.customer if leaving is None else leaving.value
        return NotifyEndOfSupply(
            header=header(draft, DocumentType.END_OF_SUPPLY_NOTIFICATION, recipient=facts.recipient(to)),
            process=context(draft, role=facts.leaver_role or Role.DDQ.value),
            payload=NotifyEndOfSupplyEvent(
                end_of_occurrence=moment(facts.day),
                reason=_reason(facts),
                metering_point=known(facts.metering_point, "metering_point"),
                balance_supplier=facts.recipient(to),
                customer=EndOfSupplyCustomer.model_validate({name: getattr(customer, name) for name in kept}),
                addresses=facts.event.addresses if addresses is None else addresses.value,
            ),
        )

    return build


# --- what changes


def supply_begins(facts: HubSupply) -> Iterator[ContractChange]:
    """The end of the contract before, where there is one, and the new contract."""
    day = known(facts.day, "day")
    if facts.leaver:
        yield EndContract(facts.leaver, day)
    yield BeginContract(facts.new_supplier, day)


def supply_undone(facts: HubSupply) -> Iterator[ContractChange]:
    """The contract is undone, and the one before goes on."""
    day = known(facts.day, "day")
    yield UndoContract(facts.new_supplier, day)
    if facts.leaver:
        yield ReopenContract(facts.leaver, day)


def supply_ends(facts: HubSupply) -> Iterator[ContractChange]:
    """The end, and last-resort supply where it follows."""
    day = known(facts.day, "day")
    yield EndContract(facts.old_supplier, day)
    if facts.last_resort:
        yield BeginContract(facts.last_resort, day)


def end_undone(facts: HubSupply) -> Iterator[ContractChange]:
    """The contract goes on, and last-resort supply is undone."""
    day = known(facts.day, "day")
    if facts.last_resort:
        yield UndoContract(facts.last_resort, day)
    yield ReopenContract(facts.old_supplier, day)
