"""Orders of the shop. Each change is one transaction: the order and its process, or neither."""

from __future__ import annotations

from sqlalchemy.orm import Session

import ediel
from supplier.forms import OrderForm, ValuesForm
from supplier.tables import Order

__all__ = ["NoSuchOrder", "ask_for_point", "ask_for_values", "cancel", "correct", "place"]


class NoSuchOrder(LookupError):
    """The shop has no order of that number."""


def place(session: Session, engine: ediel.Engine, form: OrderForm) -> Order:
    """Take an order, and ask Elhub for the supply. The same number once more gives the order that there is.

    Raises:
        PreflightRefused: the hub would refuse it; nothing is kept.
        CommandRefused: the same is under way for the metering point; nothing is kept.
    """
    known = session.get(Order, form.number)
    if known is not None:
        return known
    process = engine.start(
        form.order(),
        key=form.number,
        tags={"customer": form.customer},
        party=_supplier(engine),
        connection=session.connection(),
    )
    order = Order(
        number=form.number,
        customer=form.customer,
        metering_point=form.metering_point,
        start=form.start,
        process=process.id,
    )
    session.add(order)
    return order


def correct(session: Session, engine: ediel.Engine, form: OrderForm) -> Order:
    """Send an order again, as it should have been, after the hub has refused it or it could not be sent.

    Raises:
        NoSuchOrder: there is no order of that number.
        CommandRefused: the hub has it, or may have it: cancel it, or wait for the answer.
        PreflightRefused: the hub would refuse this one, too; nothing has changed.
    """
    order = _order(session, form.number)
    with engine.store.join(session.connection()):
        order.process = engine.correct(order.process, form.order(), reason=f"order {form.number} corrected").id
    order.customer, order.metering_point, order.start = form.customer, form.metering_point, form.start
    order.state, order.reasons, order.not_sent = "ordered", "", ""
    return order


def cancel(session: Session, engine: ediel.Engine, number: str) -> Order:
    """Ask Elhub to cancel; the order is cancelled when Elhub has confirmed that.

    Raises:
        NoSuchOrder: there is no order of that number.
        CommandRefused: it is too late, or nothing is left to cancel.
    """
    order = _order(session, number)
    with engine.store.join(session.connection()):
        engine.cancel(order.process)
    return order


def ask_for_point(engine: ediel.Engine, metering_point: str) -> str:
    """Ask Elhub for the master data of a metering point; gives the process, whose answer comes to ``handlers``."""
    return engine.start(ediel.MasterDataQuery(metering_point=metering_point), party=_supplier(engine)).id


def ask_for_values(engine: ediel.Engine, metering_point: str, form: ValuesForm) -> str:
    """Ask Elhub for consumption; gives the process, whose answer comes to ``handlers``."""
    query = ediel.ValuesQuery(metering_point=metering_point, start=form.start, end=form.end)
    return engine.start(query, party=_supplier(engine)).id


def _supplier(engine: ediel.Engine) -> ediel.Party:
    """We as balance supplier: a query could be of us as third party, too."""
    return next(party for party in engine.parties if party.role == "DDQ")


def _order(session: Session, number: str) -> Order:
    order = session.get(Order, number)
    if order is None:
        raise NoSuchOrder(f"there is no order {number}")
    return order
