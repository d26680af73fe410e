"""The backend's own tables. They are in the database of the engine, so that both are committed together.

Their names begin with ``shop_``: the engine's own have no prefix. Nothing here is about a person: names, numbers and
addresses of customers are in the messages, where the engine keeps them.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import DateTime, Engine, Numeric, String, create_engine, event, make_url
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """All tables of the backend."""


class Order(Base):
    """What a customer has ordered in the shop.

    ``state`` is the shop's own word: ordered, accepted, confirmed, supplying, refused, cancelled, undone, unanswered.
    """

    __tablename__ = "shop_orders"

    number: Mapped[str] = mapped_column(String(40), primary_key=True)
    customer: Mapped[str] = mapped_column(String(40))
    metering_point: Mapped[str] = mapped_column(String(18), index=True)
    start: Mapped[date]
    process: Mapped[str] = mapped_column(String(36), index=True)
    state: Mapped[str] = mapped_column(String(20), default="ordered")
    reasons: Mapped[str] = mapped_column(default="")
    """The hub's codes, where it has refused."""
    not_sent: Mapped[str] = mapped_column(default="")
    """Why the request has not reached the hub, where it has not."""


class Account(Base):
    """What is billed: a customer at a metering point, from a day on, until a day when there is one."""

    __tablename__ = "shop_accounts"

    order: Mapped[str] = mapped_column(String(40), primary_key=True)
    customer: Mapped[str] = mapped_column(String(40))
    metering_point: Mapped[str] = mapped_column(String(18), index=True)
    start: Mapped[date]
    end: Mapped[date | None]
    """Day from which nothing is billed any more."""


class Posting(Base):
    """The journal of billing: a row for each event that has changed an account, in the order of handling.

    Nothing keeps two rows of one event apart: there are none, for the row and the event are settled together.
    """

    __tablename__ = "shop_postings"

    id: Mapped[int] = mapped_column(primary_key=True)
    event: Mapped[str] = mapped_column(String(36))
    name: Mapped[str] = mapped_column(String(40))
    process: Mapped[str] = mapped_column(String(36))
    metering_point: Mapped[str] = mapped_column(String(18), index=True)


class Point(Base):
    """What Elhub has answered about a metering point (BRS-NO-303)."""

    __tablename__ = "shop_points"

    metering_point: Mapped[str] = mapped_column(String(18), primary_key=True)
    grid_area: Mapped[str | None] = mapped_column(String(16))
    settlement: Mapped[str | None]
    status: Mapped[str | None]
    valid_from: Mapped[date]
    answered: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class Consumption(Base):
    """Consumption of an interval in kWh, as Elhub has answered (BRS-NO-315). A later answer replaces an earlier one."""

    __tablename__ = "shop_consumption"

    metering_point: Mapped[str] = mapped_column(String(18), primary_key=True)
    start: Mapped[datetime] = mapped_column(DateTime(timezone=True), primary_key=True)
    """Beginning of the interval, in UTC."""
    minutes: Mapped[int]
    kwh: Mapped[Decimal] = mapped_column(Numeric(15, 3))


class Access(Base):
    """An access that was asked for in a campaign (BRS-NO-622): asked, waiting, granted, refused, lapsed, ended."""

    __tablename__ = "shop_accesses"

    campaign: Mapped[str] = mapped_column(String(40), primary_key=True)
    metering_point: Mapped[str] = mapped_column(String(18), primary_key=True)
    process: Mapped[str] = mapped_column(String(36), index=True)
    state: Mapped[str] = mapped_column(String(20), default="asked")


def connect(url: str) -> Engine:
    """A pool of connections to the database, with the backend's tables in it."""
    database = create_engine(url, connect_args={"timeout": 60} if make_url(url).get_backend_name() == "sqlite" else {})
    if database.dialect.name == "sqlite":
        _write_from_the_beginning(database)
    Base.metadata.create_all(database)
    return database


def _write_from_the_beginning(database: Engine) -> None:
    """Let each transaction of SQLite wait for its turn when it begins: one that first reads could not write later."""

    @event.listens_for(database, "connect")
    def _leave_transactions_to_us(connection: Any, _record: object) -> None:
        connection.isolation_level = None

    @event.listens_for(database, "begin")
    def _begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
