"""Start and end of supply as the hub lives it. What the desk finds of a request comes with it as a verdict.

The hub's table is the counterpart of the parties' tables; it drives the stand-in hub and the model that holds both sides
together.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from ediel import brs
from ediel.calendar import market_day
from ediel.codes import DocumentType, Role, StatusType
from ediel.messages import (
    ConfirmEndOfSupply,
    ConfirmEndOfSupplyEvent,
    ConfirmStartOfSupply,
    ConfirmStartOfSupplyEvent,
    Message,
    NotifyEndOfSupply,
    NotifyEndOfSupplyEvent,
    NotifyStartOfSupply,
    NotifyStartOfSupplyEvent,
    RejectEndOfSupply,
    RejectEvent,
    RejectStartOfSupply,
)
from ediel.processes._build import acknowledgement, context, header, moment, reasons, reasons_of
from ediel.processes._conditions import VERDICT, beginning_of, end_of
from ediel.processes._machine import (
    BEGIN,
    Build,
    CancelTimer,
    Condition,
    Facts,
    Instance,
    Machine,
    Row,
    Send,
    SetTimer,
    Trigger,
    Write,
    decision,
    ignoring,
    keep,
    message,
    timer,
)


def _course(facts: Facts, _trigger: Trigger, _now: datetime) -> str:
    if facts.get("verdict") != "accepted":
        return "refused"
    process = brs.of(facts["process"])
    if facts.get("inactive") and process.activates:
        return "asks the grid"
    return "waits" if process.waits else "at once"


COURSE: Final = Condition(
    "what the hub finds, and which process it is", ("refused", "waits", "at once", "asks the grid"), _course
)


def absorb(facts: Facts, trigger: Trigger) -> dict[str, Any]:
    """Takes a request into the facts, and from whom an answer is awaited."""
    found = keep(facts, trigger)
    arrived: Any = trigger.message
    if arrived is None:
        return found
    if trigger.on.name.endswith(":rollback"):
        found["rollback"] = arrived.process.business_process.value
    found["asked"] = bool(arrived.header.request_positive_acknowledgement)
    found["answering"] = arrived.header.identification
    found["answer_to"] = arrived.header.juridical_sender
    found["answer_role"] = arrived.process.role.value
    found["answer_process"] = arrived.process.business_process.value
    if arrived.name().startswith("Request") and hasattr(arrived, "payload") and "request" not in found:
        payload = arrived.payload
        told: datetime = getattr(payload, "start_of_occurrence", None) or payload.end_of_occurrence
        found |= {
            "request": arrived.header.identification,
            "process": arrived.process.business_process.value,
            "role": arrived.process.role.value,
            "requester": arrived.header.juridical_sender,
            "by_supplier": arrived.process.role is not Role.DDM,
            "metering_point": str(payload.metering_point),
            "day": market_day(told).isoformat(),
            "payload": payload.model_dump(mode="json", exclude_none=True),
        }
    if arrived.name().startswith("Reject"):
        found["reasons"] = reasons_of(arrived)
    return found


def _start(facts: Facts) -> bool:
    return brs.of(facts["process"]).supply == "start"


def _rollback_of(facts: Facts) -> str:
    """The rollback process that was asked for; the process itself where a cancellation withdraws a notice."""
    return str(facts.get("rollback") or facts["process"])


def _confirm(*, cancels: bool, rollback: bool = False) -> Build:
    def build(instance: Instance, identification: str, now: datetime) -> Message:
        facts = instance.facts
        document = (
            DocumentType.CANCELLATION
            if cancels
            else DocumentType.START_OF_SUPPLY_ACKNOWLEDGEMENT
            if _start(facts)
            else DocumentType.END_OF_SUPPLY_NOTIFICATION
        )
        head = header(facts, identification, now, document, recipient=facts["requester"])
        about = context(facts, process=_rollback_of(facts) if rollback else None)
        common = {"original_reference": facts["answering"], "metering_point": facts["metering_point"]}
        if _start(facts):
            event = ConfirmStartOfSupplyEvent(start_of_occurrence=moment(facts["day"]), **common)
            return ConfirmStartOfSupply(header=head, process=about, payload=event)
        end = ConfirmEndOfSupplyEvent(end_of_occurrence=moment(facts["day"]), **common)
        return ConfirmEndOfSupply(header=head, process=about, payload=end)

    return build


def _reject(*, cancels: bool, rollback: bool = False) -> Build:
    def build(instance: Instance, identification: str, now: datetime) -> Message:
        facts = instance.facts
        document = (
            DocumentType.CANCELLATION
            if cancels
            else DocumentType.START_OF_SUPPLY_ACKNOWLEDGEMENT
            if _start(facts)
            else DocumentType.END_OF_SUPPLY_NOTIFICATION
        )
        kind = RejectStartOfSupply if _start(facts) else RejectEndOfSupply
        return kind(
            header=header(facts, identification, now, document, recipient=facts["requester"]),
            process=context(facts, process=_rollback_of(facts) if rollback else None),
            payload=RejectEvent(
                original_reference=facts["answering"] if cancels else facts["request"],
                reasons=reasons(facts.get("reasons") or ["E14"]),
                metering_point=facts["metering_point"],
            ),
        )

    return build


FOUNDED: Final = Condition(
    "whether what it rests on still holds",
    ("yes", "no"),
    lambda facts, _trigger, _now: "no" if facts.get("groundless") else "yes",
)
"""The end user may have left meanwhile, or another may supply by then."""


def _notify_start(to: str, *, rollback: bool = False) -> Build:
    """The notice to a party of the process; ``facts`` name it, and the desk has put in what the register knows.

    A rollback tells that an earlier supply is in force again; as E02, to the supplier of last resort, that the one it was
    told of is not.
    """
    roles = {"grid": Role.DDM.value, "last resort": Role.SLR.value}

    def build(instance: Instance, identification: str, now: datetime) -> Message:
        facts = instance.facts
        payload = facts["payload"]
        given = {"customer": payload["customer"], "addresses": payload["addresses"]}
        undone = rollback and (to == "last resort" or "rollback" not in facts)
        document = DocumentType.CANCELLATION if undone else DocumentType.START_OF_SUPPLY_ACKNOWLEDGEMENT
        role = (facts.get("leaver_role") or Role.DDQ.value) if to == "leaver" else roles.get(to, facts["role"])
        if rollback and not undone and facts.get("leaving_customer"):
            # who lives there again, and nothing about the one who does not
            given = {
                "customer": facts["leaving_customer"],
                "addresses": facts.get("leaving_addresses") or payload["addresses"],
            }
        told = facts.get("last resort") or facts.get("supplier") or payload.get("balance_supplier")
        supplier = facts.get("leaver") if rollback and not undone else told
        return NotifyStartOfSupply(
            header=header(facts, identification, now, document, recipient=facts[to]),
            process=context(facts, process=_rollback_of(facts) if rollback else None, role=role),
            payload=NotifyStartOfSupplyEvent.model_validate(
                {
                    "start_of_occurrence": moment(facts["day"]),
                    "metering_point": facts["metering_point"],
                    "grid_area": facts["grid_area"],
                    "balance_supplier": supplier or facts["requester"],
                    "customer": {"extended_storage": False, **given["customer"]},
                    "addresses": given["addresses"],
                    "characteristics": facts.get("characteristics"),
                    "annual_volume": facts.get("annual_volume"),
                }
            ),
        )

    return build


def _notify_end(to: str) -> Build:
    def build(instance: Instance, identification: str, now: datetime) -> Message:
        facts = instance.facts
        customer = facts.get("leaving_customer") or facts["payload"]["customer"]
        kept = ("identification", "identification_scheme", "name", "given_name", "family_name")
        return NotifyEndOfSupply(
            header=header(facts, identification, now, DocumentType.END_OF_SUPPLY_NOTIFICATION, recipient=facts[to]),
            process=context(facts, role=facts.get("leaver_role") or Role.DDQ.value),
            payload=NotifyEndOfSupplyEvent.model_validate(
                {
                    "end_of_occurrence": moment(facts["day"]),
                    "reason": brs.of(facts["process"]).end_reason,
                    "metering_point": facts["metering_point"],
                    "balance_supplier": facts[to],
                    "customer": {name: customer[name] for name in kept if customer.get(name) is not None},
                    "addresses": facts.get("leaving_addresses") or facts["payload"]["addresses"],
                }
            ),
        )

    return build


def _notify_overtaken(instance: Instance, identification: str, now: datetime) -> Message:
    """The notice to a supplier whose supply ends by this process on another day than that of the process."""
    facts, item = instance.facts, instance.facts["item"]
    return NotifyEndOfSupply(
        header=header(facts, identification, now, DocumentType.END_OF_SUPPLY_NOTIFICATION, recipient=item["recipient"]),
        process=context(facts, process=_rollback_of(facts), role=item["role"]),
        payload=NotifyEndOfSupplyEvent.model_validate(
            {
                "end_of_occurrence": moment(item["day"]),
                "reason": item.get("reason"),
                "metering_point": facts["metering_point"],
                "balance_supplier": item["recipient"],
                "customer": item["customer"],
                "addresses": item["addresses"],
            }
        ),
    )


def _notify_restored(instance: Instance, identification: str, now: datetime) -> Message:
    """The notice to a supplier whose supply is in force again from another day than that of the process."""
    facts, item = instance.facts, instance.facts["item"]
    head = header(facts, identification, now, DocumentType.START_OF_SUPPLY_ACKNOWLEDGEMENT, recipient=item["recipient"])
    return NotifyStartOfSupply(
        header=head,
        process=context(facts, process=_rollback_of(facts), role=item["role"]),
        payload=NotifyStartOfSupplyEvent.model_validate(
            {
                "start_of_occurrence": moment(item["day"]),
                "metering_point": facts["metering_point"],
                "grid_area": facts["grid_area"],
                "balance_supplier": item["recipient"],
                "customer": {"extended_storage": False, **item["customer"]},
                "addresses": item["addresses"],
                "characteristics": facts.get("characteristics"),
            }
        ),
    )


_CLOSED: Final = ("refused", "cancelled", "superseded", "refused by the grid", "rolled back", "unfounded")
_NOTICES: Final = (
    Send("NotifyStartOfSupply", "requester", only_if="by_supplier"),
    Send("NotifyStartOfSupply", "grid"),
    Send("NotifyStartOfSupply", "last resort", only_if="last resort"),
    Send("NotifyEndOfSupply", "leaver", only_if="leaver"),
    Send("NotifyEndOfSupply", "overtaken", each="overtaken"),
)
_UNDONE: Final = (
    Send("NotifyStartOfSupply:rollback", "restored", each="restored"),
    Send("NotifyEndOfSupply", "overtaken", each="overtaken"),
)
"""Who else supplies again once it is rolled back, and until when."""
_BIM: Final = "BIM 1; BIM 6; BIM 14"
_PASSING: Final = ("overtaken", "restored", "groundless")
"""They are about the step alone, and about people."""


def _closed_rows(request: str, reject: str) -> tuple[Row, ...]:
    """What comes when nothing can be done any more is refused."""
    states = ("contracted", "effective", *(state for state in _CLOSED if state != "unfounded"))
    return (
        Row(
            states, message(f"{request}:cancel"), do=(Send(f"{reject}:cancel", "requester"),),
            source="crossing processes: the deadline has passed, or nothing is under way", standing="inferred",
        ),
        Row(
            (*(state for state in _CLOSED if state != "unfounded"), "waiting"), message(f"{request}:rollback"),
            do=(Send(f"{reject}:rollback", "requester"),),
            source="BRS-NO-133: only after the cancellation deadline", standing="inferred",
        ),
        Row(
            (BEGIN,), message(f"{request}:cancel"), "unfounded", (Send(f"{reject}:cancel", "requester"),),
            source="nothing is known of the request", standing="inferred",
        ),
        Row(
            (BEGIN,), message(f"{request}:rollback"), "unfounded", (Send(f"{reject}:rollback", "requester"),),
            source="nothing is known of the request", standing="inferred",
        ),
        *ignoring(("unfounded",), (f"{request}:cancel", f"{request}:rollback"), "it is answered already"),
    )  # fmt: skip


START_HUB: Final = Machine(
    name="supply",
    role="hub",
    title="Elhub, when a start of supply is asked for",
    codes=("DDZ",),
    family="supply",
    states={
        BEGIN: "nothing has come",
        "refused": "the hub has refused the request",
        "waiting": "accepted; no contract is touched before the cancellation deadline",
        "asking the grid": "a move-in on an inactive point waits for the grid access provider",
        "refused by the grid": "the point cannot be activated",
        "cancelled": "cancelled before the deadline",
        "superseded": "another process has crossed it",
        "contracted": "the contract is written and everybody is told; the date may lie ahead",
        "effective": "the date has come",
        "rolled back": "contracts are set back to what they were",
        "unfounded": "a cancellation or rollback of something that is not known",
    },
    rows=(
        Row((BEGIN,), message("RequestStartOfSupply"), "refused", (Send("RejectStartOfSupply:request", "requester"),), COURSE("refused"), source=_BIM),
        Row(
            (BEGIN,), message("RequestStartOfSupply"), "waiting",
            (Send("ConfirmStartOfSupply:request", "requester", "asked"), SetTimer("cancellation")),
            COURSE("waits"), source="crossing processes: life of a pending process",
        ),
        Row(
            (BEGIN,), message("RequestStartOfSupply"), "contracted",
            (Send("ConfirmStartOfSupply:request", "requester", "asked"), Write("supply begins"), *_NOTICES, SetTimer("date")),
            COURSE("at once"), source="crossing processes; test SYS-DDQ201-02",
        ),
        Row(
            (BEGIN,), message("RequestStartOfSupply"), "asking the grid",
            (Send("ConfirmStartOfSupply:request", "requester", "asked"), Send("NotifyStartOfSupply", "grid")),
            COURSE("asks the grid"), source="test SYS-DDM102-03",
        ),
        *ignoring(
            ("waiting", "asking the grid", "contracted", "effective", *_CLOSED), ("RequestStartOfSupply",),
            "another request is another process",
        ),
        Row(
            ("waiting",), message("RequestStartOfSupply:cancel"), "cancelled",
            (CancelTimer("cancellation"), Send("ConfirmStartOfSupply:cancel", "requester", "asked")),
            VERDICT("accepted"), source="test SYS-DDQ201-02",
        ),
        Row(
            ("asking the grid",), message("RequestStartOfSupply:cancel"), "cancelled",
            (Send("ConfirmStartOfSupply:cancel", "requester", "asked"), Send("NotifyStartOfSupply:rollback", "grid")),
            VERDICT("accepted"), source="nothing tells how the grid access provider learns of it", standing="assumed",
        ),
        Row(
            ("waiting", "asking the grid"), message("RequestStartOfSupply:cancel"),
            do=(Send("RejectStartOfSupply:cancel", "requester"),), when=VERDICT("refused"), source=_BIM, standing="inferred",
        ),
        Row(
            ("waiting",), timer("cancellation"), "contracted", (Write("supply begins"), *_NOTICES, SetTimer("date")),
            FOUNDED("yes"), source="BRS-NO-101; crossing processes",
        ),
        Row(
            ("waiting",), timer("cancellation"), "superseded", (Send("RejectStartOfSupply:request", "requester"),),
            FOUNDED("no"), source="crossing processes: who began it gets a refusal", standing="inferred",
        ),
        Row(
            ("waiting",), decision("supersede"), "superseded",
            (CancelTimer("cancellation"), Send("RejectStartOfSupply:request", "requester")),
            source="crossing processes: who began it gets a refusal",
        ),
        Row(
            ("asking the grid",), decision("supersede"), "superseded",
            (Send("RejectStartOfSupply:request", "requester"), Send("NotifyStartOfSupply:rollback", "grid")),
            source="nothing tells how the grid access provider learns of it", standing="assumed",
        ),
        Row(
            ("asking the grid",), message("RequestUpdateMasterDataMeteringPoint"), "contracted",
            (Send("Acknowledgement:request accepted", "grid", "asked"), Write("supply begins"), *_NOTICES, SetTimer("date")),
            VERDICT("accepted"), source="test SYS-DDM102-03",
        ),
        Row(
            ("asking the grid",), message("RequestUpdateMasterDataMeteringPoint"),
            do=(Send("Acknowledgement:request rejected", "grid"),), when=VERDICT("refused"), source="BIM acknowledgement",
        ),
        Row(
            ("asking the grid",), message("RejectStartOfSupply:request"), "refused by the grid",
            (Send("Acknowledgement:request accepted", "grid", "asked"), Send("RejectStartOfSupply:request", "requester")),
            source="test SYS-DDQ102-04",
        ),
        Row(
            ("cancelled", "superseded", "refused by the grid", "contracted", "effective", "rolled back"),
            message("RequestUpdateMasterDataMeteringPoint"), do=(Send("Acknowledgement:request rejected", "grid"),),
            source="the request that it answers is over", standing="inferred",
        ),
        Row(
            ("cancelled", "superseded", "refused by the grid", "contracted", "effective", "rolled back"),
            message("RejectStartOfSupply:request"), do=(Send("Acknowledgement:request rejected", "grid"),),
            source="the request that it answers is over", standing="inferred",
        ),
        *ignoring(
            (BEGIN, "waiting", "refused", "unfounded"), ("RequestUpdateMasterDataMeteringPoint", "RejectStartOfSupply:request"),
            "the grid access provider was asked for nothing",
        ),
        Row(("contracted",), timer("date"), "effective", source="BRS-NO-101"),
        Row(
            ("contracted", "effective"), message("RequestStartOfSupply:rollback"), "rolled back",
            (
                CancelTimer("date"), Write("supply undone"), Send("ConfirmStartOfSupply:rollback", "requester", "asked"),
                Send("NotifyStartOfSupply:rollback", "grid", only_if="by_supplier"),
                Send("NotifyStartOfSupply:rollback", "last resort", only_if="last resort"),
                Send("NotifyStartOfSupply:rollback", "leaver", only_if="leaver"),
                *_UNDONE,
            ),
            VERDICT("accepted"), source="BRS-NO-133; test SYS-DDQ111-01; BIM 14 has no 133: the grid has asked itself",
        ),
        Row(
            ("contracted", "effective"), message("RequestStartOfSupply:rollback"),
            do=(Send("RejectStartOfSupply:rollback", "requester"),), when=VERDICT("refused"), source=_BIM, standing="inferred",
        ),
        Row(
            ("asking the grid",), message("RequestStartOfSupply:rollback"),
            do=(Send("RejectStartOfSupply:rollback", "requester"),),
            source="BRS-NO-133: only after the cancellation deadline", standing="inferred",
        ),
        *_closed_rows("RequestStartOfSupply", "RejectStartOfSupply"),
    ),
    closed=_CLOSED,
    resting=("effective",),
    stillborn=("unfounded",),
    receives=(
        "RequestStartOfSupply", "RequestStartOfSupply:cancel", "RequestStartOfSupply:rollback",
        "RequestUpdateMasterDataMeteringPoint", "RejectStartOfSupply:request",
    ),
    build={
        "ConfirmStartOfSupply:request": _confirm(cancels=False),
        "ConfirmStartOfSupply:cancel": _confirm(cancels=True),
        "ConfirmStartOfSupply:rollback": _confirm(cancels=True, rollback=True),
        "RejectStartOfSupply:request": _reject(cancels=False),
        "RejectStartOfSupply:cancel": _reject(cancels=True),
        "RejectStartOfSupply:rollback": _reject(cancels=True, rollback=True),
        **{f"NotifyStartOfSupply to {to}": _notify_start(to) for to in ("requester", "grid", "last resort")},
        **{
            f"NotifyStartOfSupply:rollback to {to}": _notify_start(to, rollback=True)
            for to in ("grid", "last resort", "leaver")
        },
        "NotifyEndOfSupply": _notify_end("leaver"),
        "NotifyEndOfSupply to overtaken": _notify_overtaken,
        "NotifyStartOfSupply:rollback to restored": _notify_restored,
        "Acknowledgement:request accepted": acknowledgement(StatusType.ACCEPTED),
        "Acknowledgement:request rejected": acknowledgement(StatusType.REJECTED),
    },
    due={
        "cancellation": lambda facts: end_of(facts.get("cancellation")),
        "date": lambda facts: beginning_of(facts["day"]),
    },
    absorb=absorb,
    passing=_PASSING,
)  # fmt: skip

_END_NOTICES: Final = (
    Send("NotifyEndOfSupply", "requester", only_if="by_supplier"),
    Send("NotifyEndOfSupply", "leaver", only_if="leaver"),
    Send("NotifyStartOfSupply", "last resort", only_if="last resort"),
    Send("NotifyStartOfSupply", "grid", only_if="last resort"),
    Send("NotifyEndOfSupply", "overtaken", each="overtaken"),
)
"""A supplier that ends its own supply is told too (sample message); BRS-NO-202 starts last-resort supply."""

END_HUB: Final = Machine(
    name="end of supply",
    role="hub",
    title="Elhub, when an end of supply is asked for",
    codes=("DDZ",),
    family="supply",
    states={
        BEGIN: "nothing has come",
        "refused": "the hub has refused the request",
        "waiting": "accepted; no contract is touched before the cancellation deadline",
        "cancelled": "cancelled before the deadline",
        "superseded": "another process has crossed it",
        "contracted": "the end is written and everybody is told; the date may lie ahead",
        "effective": "the date has come",
        "rolled back": "contracts are set back to what they were",
        "unfounded": "a cancellation or rollback of something that is not known",
    },
    rows=(
        Row((BEGIN,), message("RequestEndOfSupply"), "refused", (Send("RejectEndOfSupply:request", "requester"),), VERDICT("refused"), source="BIM 10"),
        Row(
            (BEGIN,), message("RequestEndOfSupply"), "waiting",
            (Send("ConfirmEndOfSupply:request", "requester", "asked"), SetTimer("cancellation")), VERDICT("accepted"),
            source="BRS-NO-201; BRS-NO-202",
        ),
        *ignoring(
            ("waiting", "contracted", "effective", *(state for state in _CLOSED if state != "refused by the grid")),
            ("RequestEndOfSupply",), "another request is another process",
        ),
        Row(
            ("waiting",), message("RequestEndOfSupply:cancel"), "cancelled",
            (CancelTimer("cancellation"), Send("ConfirmEndOfSupply:cancel", "requester", "asked")),
            VERDICT("accepted"), source="test SYS-DDQ201-02",
        ),
        Row(
            ("waiting",), message("RequestEndOfSupply:cancel"), do=(Send("RejectEndOfSupply:cancel", "requester"),),
            when=VERDICT("refused"), source="BIM 10", standing="inferred",
        ),
        Row(
            ("waiting",), timer("cancellation"), "contracted", (Write("supply ends"), *_END_NOTICES, SetTimer("date")),
            FOUNDED("yes"), source="BRS-NO-201: after the cancellation deadline; of 202 the text is cut", standing="inferred",
        ),
        Row(
            ("waiting",), timer("cancellation"), "superseded", (Send("RejectEndOfSupply:request", "requester"),),
            FOUNDED("no"), source="crossing processes: who began it gets a refusal", standing="inferred",
        ),
        Row(
            ("waiting",), decision("supersede"), "superseded",
            (CancelTimer("cancellation"), Send("RejectEndOfSupply:request", "requester")), source="crossing processes",
        ),
        Row(("contracted",), timer("date"), "effective", source="BRS-NO-201"),
        Row(
            ("contracted", "effective"), message("RequestEndOfSupply:rollback"), "rolled back",
            (
                CancelTimer("date"), Write("end undone"), Send("ConfirmEndOfSupply:rollback", "requester", "asked"),
                Send("NotifyStartOfSupply:rollback", "leaver", only_if="leaver"),
                Send("NotifyStartOfSupply:rollback", "last resort", only_if="last resort"),
                Send("NotifyStartOfSupply:rollback", "grid", only_if="by_supplier"),
                *_UNDONE,
            ),
            VERDICT("accepted"), source="BRS-NO-222; BIM 6; BIM 14 has 221 and no 222",
        ),
        Row(
            ("contracted", "effective"), message("RequestEndOfSupply:rollback"),
            do=(Send("RejectEndOfSupply:rollback", "requester"),), when=VERDICT("refused"), source="BIM 10", standing="inferred",
        ),
        *(
            Row(tuple(state for state in row.at if state != "refused by the grid"), row.on, row.to, row.do, row.when, row.ignored, row.source, row.standing)
            for row in _closed_rows("RequestEndOfSupply", "RejectEndOfSupply")
        ),
    ),
    closed=tuple(state for state in _CLOSED if state != "refused by the grid"),
    resting=("effective",),
    stillborn=("unfounded",),
    receives=("RequestEndOfSupply", "RequestEndOfSupply:cancel", "RequestEndOfSupply:rollback"),
    build={
        "ConfirmEndOfSupply:request": _confirm(cancels=False),
        "ConfirmEndOfSupply:cancel": _confirm(cancels=True),
        "ConfirmEndOfSupply:rollback": _confirm(cancels=True, rollback=True),
        "RejectEndOfSupply:request": _reject(cancels=False),
        "RejectEndOfSupply:cancel": _reject(cancels=True),
        "RejectEndOfSupply:rollback": _reject(cancels=True, rollback=True),
        **{f"NotifyStartOfSupply to {to}": _notify_start(to) for to in ("grid", "last resort")},
        **{
            f"NotifyStartOfSupply:rollback to {to}": _notify_start(to, rollback=True)
            for to in ("grid", "last resort", "leaver")
        },
        **{f"NotifyEndOfSupply to {to}": _notify_end(to) for to in ("requester", "leaver")},
        "NotifyEndOfSupply to overtaken": _notify_overtaken,
        "NotifyStartOfSupply:rollback to restored": _notify_restored,
    },
    due={
        "cancellation": lambda facts: end_of(facts.get("cancellation")),
        "date": lambda facts: beginning_of(facts["day"]),
    },
    absorb=absorb,
    passing=_PASSING,
)  # fmt: skip
