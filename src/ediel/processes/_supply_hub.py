"""Start and end of supply as the hub lives it. What is found of a request comes with it as a verdict.

The hub's table is the counterpart of the parties' tables; it drives the stand-in hub and the model that holds both sides
together.
"""

from __future__ import annotations

from typing import Final

from ediel.codes import StatusType
from ediel.messages import RejectEndOfSupply, RejectStartOfSupply
from ediel.processes import _upcasts as upcasts
from ediel.processes._build import acknowledgement
from ediel.processes._conditions import VERDICT, beginning_of, end_of
from ediel.processes._machine import Machine
from ediel.processes._rows import (
    BEGIN,
    CancelTimer,
    Row,
    Send,
    SetTimer,
    Write,
    decision,
    ignoring,
    message,
    timer,
)
from ediel.processes._supply_messages import (
    COURSE,
    FOUNDED,
    HubSupply,
    Recipient,
    absorb,
    confirm_end,
    confirm_start,
    end_undone,
    notify_end,
    notify_start,
    reject,
    supply_begins,
    supply_ends,
    supply_undone,
)
from ediel.processes._supply_others import notify_overtaken, notify_restored

_GRID_ON: Final[tuple[Recipient, ...]] = ("grid", "last resort")
_BACK: Final[tuple[Recipient, ...]] = ("grid", "last resort", "leaver")
_CLOSED: Final = ("refused", "cancelled", "superseded", "refused by the grid", "rolled back", "unfounded")
_NOTICES: Final = (
    Send("NotifyStartOfSupply", "requester", only_if="by_supplier"),
    Send("NotifyStartOfSupply", "grid"),
    Send("NotifyStartOfSupply", "last resort", only_if="last_resort"),
    Send("NotifyEndOfSupply", "leaver", only_if="leaver"),
    Send("NotifyEndOfSupply", "overtaken", each="overtaken"),
)
_UNDONE: Final = (
    Send("NotifyStartOfSupply:rollback", "restored", each="restored"),
    Send("NotifyEndOfSupply", "overtaken", each="overtaken"),
)
"""Who else supplies again once it is rolled back, and until when."""
_BIM: Final = "BIM 1; BIM 6; BIM 14"


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
        "contracted": "the contract is written and everybody is notified; the date may lie ahead",
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
            (Send("ConfirmStartOfSupply:request", "requester", "asked"), Write("supply begins", supply_begins), *_NOTICES, SetTimer("date")),
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
            ("waiting",), timer("cancellation"), "contracted", (Write("supply begins", supply_begins), *_NOTICES, SetTimer("date")),
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
            (Send("Acknowledgement:request accepted", "grid", "asked"), Write("supply begins", supply_begins), *_NOTICES, SetTimer("date")),
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
                CancelTimer("date"), Write("supply undone", supply_undone), Send("ConfirmStartOfSupply:rollback", "requester", "asked"),
                Send("NotifyStartOfSupply:rollback", "grid"),
                Send("NotifyStartOfSupply:rollback", "last resort", only_if="last_resort"),
                Send("NotifyStartOfSupply:rollback", "leaver", only_if="leaver"),
                *_UNDONE,
            ),
            VERDICT("accepted"), source="BRS-NO-133; test SYS-DDQ111-01; test SYS-DDM133-01: the grid that has asked is notified, too",
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
    facts=HubSupply,
    resting=("effective",),
    stillborn=("unfounded",),
    receives=(
        "RequestStartOfSupply", "RequestStartOfSupply:cancel", "RequestStartOfSupply:rollback",
        "RequestUpdateMasterDataMeteringPoint", "RejectStartOfSupply:request",
    ),
    build={
        "ConfirmStartOfSupply:request": confirm_start(cancels=False),
        "ConfirmStartOfSupply:cancel": confirm_start(cancels=True),
        "ConfirmStartOfSupply:rollback": confirm_start(cancels=True, rollback=True),
        "RejectStartOfSupply:request": reject(RejectStartOfSupply, cancels=False),
        "RejectStartOfSupply:cancel": reject(RejectStartOfSupply, cancels=True),
        "RejectStartOfSupply:rollback": reject(RejectStartOfSupply, cancels=True, rollback=True),
        **{f"NotifyStartOfSupply to {to}": notify_start(to) for to in ("requester", *_GRID_ON)},
        **{
            f"NotifyStartOfSupply:rollback to {to}": notify_start(to, rollback=True)
            for to in _BACK
        },
        "NotifyEndOfSupply": notify_end("leaver"),
        "NotifyEndOfSupply to overtaken": notify_overtaken,
        "NotifyStartOfSupply:rollback to restored": notify_restored,
        "Acknowledgement:request accepted": acknowledgement(StatusType.ACCEPTED),
        "Acknowledgement:request rejected": acknowledgement(StatusType.REJECTED),
    },
    due={
        "cancellation": lambda facts: end_of(facts.cancellation),
        "date": lambda facts: beginning_of(facts.day),
    },
    absorb=absorb,
    revision=3,
    upcasts={1: upcasts.hub_supply, 2: upcasts.same},
)  # fmt: skip

_END_NOTICES: Final = (
    Send("NotifyEndOfSupply", "requester", only_if="by_supplier"),
    Send("NotifyEndOfSupply", "leaver", only_if="leaver"),
    Send("NotifyStartOfSupply", "last resort", only_if="last_resort"),
    Send("NotifyStartOfSupply", "grid", only_if="last_resort"),
    Send("NotifyEndOfSupply", "overtaken", each="overtaken"),
)
"""A supplier that ends its own supply is notified too (sample message); BRS-NO-202 starts last-resort supply."""

END_HUB: Final = Machine(
    name="end_of_supply",
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
        "contracted": "the end is written and everybody is notified; the date may lie ahead",
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
            ("waiting",), timer("cancellation"), "contracted", (Write("supply ends", supply_ends), *_END_NOTICES, SetTimer("date")),
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
                CancelTimer("date"), Write("end undone", end_undone), Send("ConfirmEndOfSupply:rollback", "requester", "asked"),
                Send("NotifyStartOfSupply:rollback", "leaver", only_if="leaver"),
                Send("NotifyStartOfSupply:rollback", "last resort", only_if="last_resort"),
                Send("NotifyStartOfSupply:rollback", "grid"),
                *_UNDONE,
            ),
            VERDICT("accepted"), source="BRS-NO-222; BIM 6; BIM 14; test SYS-DDM222-01",
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
    facts=HubSupply,
    resting=("effective",),
    stillborn=("unfounded",),
    receives=("RequestEndOfSupply", "RequestEndOfSupply:cancel", "RequestEndOfSupply:rollback"),
    build={
        "ConfirmEndOfSupply:request": confirm_end(cancels=False),
        "ConfirmEndOfSupply:cancel": confirm_end(cancels=True),
        "ConfirmEndOfSupply:rollback": confirm_end(cancels=True, rollback=True),
        "RejectEndOfSupply:request": reject(RejectEndOfSupply, cancels=False),
        "RejectEndOfSupply:cancel": reject(RejectEndOfSupply, cancels=True),
        "RejectEndOfSupply:rollback": reject(RejectEndOfSupply, cancels=True, rollback=True),
        **{f"NotifyStartOfSupply to {to}": notify_start(to) for to in _GRID_ON},
        **{
            f"NotifyStartOfSupply:rollback to {to}": notify_start(to, rollback=True)
            for to in _BACK
        },
        **{f"NotifyEndOfSupply to {to}": notify_end(to) for to in ("requester", "leaver")},
        "NotifyEndOfSupply to overtaken": notify_overtaken,
        "NotifyStartOfSupply:rollback to restored": notify_restored,
    },
    due={
        "cancellation": lambda facts: end_of(facts.cancellation),
        "date": lambda facts: beginning_of(facts.day),
    },
    absorb=absorb,
    revision=3,
    upcasts={1: upcasts.hub_supply, 2: upcasts.same},
)  # fmt: skip
