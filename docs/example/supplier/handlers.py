"""What follows when something has happened. Each handler writes in the transaction in which its event is settled.

So each event changes these tables once, whenever a process is killed; and what a handler asks of the engine, such as
the master data of a new point, is asked once as well.
"""

from __future__ import annotations

from datetime import UTC
from typing import Final

from sqlalchemy import delete, insert, select, update

import ediel
from ediel import events
from ediel.calendar import market_day
from ediel.messages import NotifyMeteringPointCharacteristics, NotifyValidatedDataForBillingEnergy
from supplier.tables import Access, Account, Consumption, Order, Point, Posting
from supplier.values import rows_of

__all__ = ["subscribe"]

_ORDERS: Final[dict[type[events.Event], str]] = {
    events.SupplyAccepted: "accepted",
    events.SupplyConfirmed: "confirmed",
    events.SupplyStarted: "supplying",
    events.SupplyRejected: "refused",
    events.SupplyCancelled: "cancelled",
    events.SupplyRolledBack: "undone",
    events.SupplyUnanswered: "unanswered",
}
"""What an event makes of the order of its process. One process at a time, in order: the latest is what holds."""
_ACCESSES: Final[dict[type[events.Event], str]] = {
    events.AccessPending: "waiting",
    events.AccessGranted: "granted",
    events.AccessRefused: "refused",
    events.AccessLapsed: "lapsed",
    events.AccessEnded: "ended",
}


def subscribe(engine: ediel.Engine) -> None:
    """Hear what happens. The names are kept in the database: change one, and its events are heard anew."""

    @engine.subscribe("orders", *_ORDERS)
    def follow(event: events.Event, tx: ediel.Transaction) -> None:
        changed = {"state": _ORDERS[type(event)], "reasons": " ".join(event.reasons)}
        tx.execute(update(Order).where(Order.process == event.process_id).values(changed))

    @engine.subscribe("not sent", events.MessageNotSent)
    def tell(event: events.MessageNotSent, tx: ediel.Transaction) -> None:
        why = str(event.data.get("error") or event.data["status"])
        tx.execute(update(Order).where(Order.process == event.process_id).values(not_sent=why))

    @engine.subscribe("billing", events.SupplyConfirmed)
    def open_account(event: events.SupplyConfirmed, tx: ediel.Transaction) -> None:
        order = _order_of(event, tx)
        if order is None:
            return  # begun elsewhere: in the portal, or before this backend was there
        number, customer, point = order
        row = {"order": number, "customer": customer, "metering_point": point, "start": event.day}
        tx.execute(insert(Account).values(row))
        _post(event, tx)

    @engine.subscribe("billing", events.SupplyStarted)
    def know_the_point(event: events.SupplyStarted, tx: ediel.Transaction) -> None:
        _post(event, tx)
        engine.start(
            ediel.MasterDataQuery(metering_point=event.metering_point),
            party=event.party,
            key=f"master data {event.process_id}",
            connection=tx.connection,
        )

    @engine.subscribe("billing", events.SupplyRolledBack)
    def drop_account(event: events.SupplyRolledBack, tx: ediel.Transaction) -> None:
        order = _order_of(event, tx)
        if order is not None:
            tx.execute(delete(Account).where(Account.order == order[0]))
            _post(event, tx)

    @engine.subscribe("billing", events.SupplyEnding)
    def end_account(event: events.SupplyEnding, tx: ediel.Transaction) -> None:
        """Another supplier, or a move, takes the point. It is a process of its own: the point tells whose it is."""
        own = (Account.metering_point == event.metering_point, Account.end.is_(None), Account.start <= event.day)
        tx.execute(update(Account).where(*own).values(end=event.day))
        _post(event, tx)

    @engine.subscribe("billing", events.SupplyRestored)
    def go_on(event: events.SupplyRestored, tx: ediel.Transaction) -> None:
        ended = (Account.metering_point == event.metering_point, Account.end == event.day)
        tx.execute(update(Account).where(*ended).values(end=None))
        _post(event, tx)

    @engine.subscribe("answers", events.QueryAnswered, events.QueryPartAnswered)
    def keep(event: events.Event, tx: ediel.Transaction) -> None:
        match event.message:
            case NotifyMeteringPointCharacteristics() as answer:
                _keep_points(answer, event, tx)
            case NotifyValidatedDataForBillingEnergy() as answer:
                _keep_values(answer, tx)
            case _:  # a search, or master data of a customer: whoever has asked reads it from `process.messages`
                pass

    @engine.subscribe("accesses", *_ACCESSES)
    def follow_access(event: events.Event, tx: ediel.Transaction) -> None:
        state = _ACCESSES[type(event)]
        tx.execute(update(Access).where(Access.process == event.process_id).values(state=state))


def _order_of(event: events.Event, tx: ediel.Transaction) -> tuple[str, str, str] | None:
    """Number, customer and metering point of the order whose process it is."""
    found = select(Order.number, Order.customer, Order.metering_point).where(Order.process == event.process_id)
    row = tx.execute(found).one_or_none()
    return None if row is None else (row.number, row.customer, row.metering_point)


def _post(event: events.Event, tx: ediel.Transaction) -> None:
    row = {"event": event.id, "name": event.name, "process": event.process_id, "metering_point": event.metering_point}
    tx.execute(insert(Posting).values(row))


def _keep_points(answer: NotifyMeteringPointCharacteristics, event: events.Event, tx: ediel.Transaction) -> None:
    for item in answer.payloads:
        about = item.characteristics
        settlement = None if about is None else about.settlement_method
        status = None if about is None else about.physical_status
        tx.execute(delete(Point).where(Point.metering_point == item.metering_point))
        tx.execute(
            insert(Point).values(
                metering_point=item.metering_point,
                grid_area=item.grid_area,
                settlement=None if settlement is None else settlement.label,
                status=None if status is None else status.label,
                valid_from=market_day(item.start_of_occurrence),
                answered=event.at.astimezone(UTC),
            )
        )


def _keep_values(answer: NotifyValidatedDataForBillingEnergy, tx: ediel.Transaction) -> None:
    for series in answer.payloads:
        rows = rows_of(series)
        if rows:
            first, last = rows[0]["start"], rows[-1]["start"]
            same = (Consumption.metering_point == series.metering_point, Consumption.start.between(first, last))
            tx.execute(delete(Consumption).where(*same))
            tx.execute(insert(Consumption), rows)
