"""Notices to suppliers who have no part in a start or an end of supply, and whose supply ends or comes back by it."""

from __future__ import annotations

from ediel.codes import DocumentType
from ediel.messages import (
    NotifyEndOfSupply,
    NotifyEndOfSupplyEvent,
    NotifyStartOfSupply,
    NotifyStartOfSupplyEvent,
)
from ediel.processes._build import context, header, moment
from ediel.processes._machine import Draft
from ediel.processes._state import known
from ediel.processes._supply_messages import HubSupply, OtherSupply, rollback_of, starting


def notify_overtaken(draft: Draft[HubSupply]) -> NotifyEndOfSupply:
    """The notice that a supply ends, or will not begin."""
    facts, other = draft.facts, draft.item_as(OtherSupply)
    return NotifyEndOfSupply(
        header=header(draft, DocumentType.END_OF_SUPPLY_NOTIFICATION, recipient=other.supplier),
        process=context(draft, process=rollback_of(facts), role=other.role),
        payload=NotifyEndOfSupplyEvent(
            end_of_occurrence=moment(other.day),
            reason=other.reason,
            metering_point=known(facts.metering_point, "metering_point"),
            balance_supplier=other.supplier,
            customer=other.customer,
            addresses=other.addresses,
        ),
    )


def notify_restored(draft: Draft[HubSupply]) -> NotifyStartOfSupply:
    """The notice that a supply is in force again."""
    facts, other = draft.facts, draft.item_as(OtherSupply)
    return NotifyStartOfSupply(
        header=header(draft, DocumentType.START_OF_SUPPLY_ACKNOWLEDGEMENT, recipient=other.supplier),
        process=context(draft, process=rollback_of(facts), role=other.role),
        payload=NotifyStartOfSupplyEvent(
            start_of_occurrence=moment(other.day),
            metering_point=known(facts.metering_point, "metering_point"),
            grid_area=known(facts.grid_area, "grid_area"),
            balance_supplier=other.supplier,
            customer=starting(other.customer),
            addresses=other.addresses,
            characteristics=facts.characteristics.value if facts.characteristics else None,
        ),
    )
