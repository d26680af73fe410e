"""Queries at the hub: what BRS-NO-303, 315, 324 and 611 are answered with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Final

from ediel.calendar import market_day, midnight
from ediel.codes import EndUserScheme, QueryType, Role
from ediel.hub._register import RegisterStore
from ediel.hub._view import View
from ediel.hub.decisions import _latest
from ediel.hub.decisions._common import Outcome, Sources
from ediel.hub.decisions.master_data import customer, point, resident_on
from ediel.hub.decisions.metering_values import kept
from ediel.hub.seed import HubPoint
from ediel.market import UNKNOWN, Access, Unknown, days_of, may_know
from ediel.market.intervals import Interval, uncovered
from ediel.messages import (
    AnnualVolume,
    CollectedSeries,
    IndustryAndConsumption,
    Message,
    RequestDataFromElhub,
    RequestUpfrontMeteringPointCharacteristics,
    ResponseUpfrontMeteringPointCharacteristicsEvent,
)
from ediel.processes import Instance, known
from ediel.processes.query import Part, Query, Search

_MOST: Final = 99
"""Metering points in one answer to a search (XSD)."""
_NOTHING: Final[Mapping[str, object]] = {"verdict": "refused", "rules": ("nothing was found",)}
"""What Elhub answers to a query that finds nothing is not published: a refusal without a code is assumed."""


def advice(message: Message, _instance: Instance, outcome: Outcome, sources: Sources) -> Mapping[str, object]:
    """The answer to a query that the hub has accepted."""
    if not outcome.accepted:
        return {}
    if isinstance(message, RequestUpfrontMeteringPointCharacteristics):
        found = search(message, sources.view, sources.register_store)
        return {"parts": found} if found else _NOTHING
    assert isinstance(message, RequestDataFromElhub)
    role, asker = message.process.role, str(message.header.juridical_sender)
    return {} if parts(message.header.identification, message.payload, role, sources, asker=asker) else _NOTHING


def parts(identification: str, payload: Query, role: Role, sources: Sources, *, asker: str) -> tuple[Part, ...]:
    """The answer to a query, a part for each message.

    Args:
        identification: identification of the query.
        payload: what was asked.
        role: who asks.
        sources: what is known.
        asker: GLN of who asks.
    """
    if payload.query_type is QueryType.STLM:
        return settlement(identification, payload, role, asker, sources.register_store)
    if payload.query_type in {QueryType.MDMP, QueryType.MDCU}:
        return master_data(identification, payload, role, sources.view, asker=asker)
    return values(identification, payload, role, sources, asker=asker)


# --- BRS-NO-315


def values(identification: str, payload: Query, role: Role, sources: Sources, *, asker: str) -> tuple[Part, ...]:
    """The latest values of exactly the days to which the asker has a right, of those that are asked for."""
    asked_at = sources.view.metering_point(str(payload.metering_point))
    days = UNKNOWN if asked_at is None else days_of(asked_at, asker, role)
    if isinstance(days, Unknown):
        return ()
    asked = known(payload.period, "period")
    found = kept(sources.store, str(payload.metering_point), asked.start, asked.end)
    held = [item for item in found if _is_whole(item[1], days)]
    answers: list[Part] = []
    for period in days:
        first = asked.start if period.start == date.min else max(asked.start, midnight(period.start))
        last = asked.end if period.end is None else min(asked.end, midnight(period.end))
        if first < last:
            series_of_answer = _latest.answer(held, payload.query_type, first, last, identification)
            answers += [Part(series=series) for series in series_of_answer]
    return tuple(answers)


def _is_whole(series: CollectedSeries, days: list[Interval[None]]) -> bool:
    """Whether a series is of intervals, that can be cut; or a volume of days that are all among some."""
    period = series.period
    if series.profiled_observation is None or period is None or period.start is None or period.end is None:
        return True
    last = market_day(period.end - timedelta(seconds=1))
    return not uncovered(market_day(period.start), last + timedelta(days=1), days)


# --- BRS-NO-303


def master_data(message_id: str, payload: Query, role: Role, view: View, *, asker: str) -> tuple[Part, ...]:
    """The answer to a query for master data, or for the customer; none for a day to which the asker has no right.

    What a limited access leaves out is not published: here it is the customer (assumed).

    Args:
        message_id: identification of the query.
        payload: what was asked.
        role: who asks.
        view: the register.
        asker: GLN of who asks.
    """
    found_at = view.metering_point(str(payload.metering_point))
    if found_at is None:
        return ()
    asked = view.now if payload.snapshot is None else payload.snapshot
    day = market_day(asked)
    if may_know(found_at, asker, role, day, day + timedelta(days=1)) is not True:
        return ()
    if payload.query_type is QueryType.MDCU:
        if not _names_people(found_at, asker, role, day, view):
            return ()
        found = customer(found_at, day, asked, reference=message_id)
        return () if found is None else (Part(customer=found),)
    return (Part(points=(point(found_at, day, role, reference=message_id),)),)


def _names_people(asked: HubPoint, asker: str, role: Role, day: date, view: View) -> bool:
    """Whether an answer names the end user: to a third party by a full access alone, of the day and still today."""
    if role is not Role.AG:
        return True
    found = [asked.access_on(asker, each) for each in (day, market_day(view.now))]
    return all(isinstance(item, Access) and item.level == "full" for item in found)


# --- BRS-NO-324

_SEES_ALL: Final = frozenset({Role.DDM, Role.BSL})


def settlement(
    message_id: str, payload: Query, role: Role, asker: str, register_store: RegisterStore
) -> tuple[Part, ...]:
    """Settlement data, as they were seeded: series of the grid area that lie in the period that was asked for.

    Who may see what is not published: here grid companies and BSL see all, others what names them as supplier or
    balance responsible (assumed).
    """
    period = known(payload.period, "period")
    found = tuple(
        series.model_copy(update={"request_reference": message_id})
        for series in register_store.settlement(str(payload.grid_area), period.start, period.end)
        if payload.business_type in {None, series.characteristics.business_type}
        if role in _SEES_ALL or asker in {series.balance_responsible, series.balance_supplier}
    )
    return (Part(series=found),) if found else ()


# --- BRS-NO-611


def search(
    message: RequestUpfrontMeteringPointCharacteristics, view: View, register_store: RegisterStore
) -> tuple[Part, ...]:
    """The answer to a search: one part, or none when nothing fits."""
    asked = message.payload
    today = market_day(view.now)
    fits = [point for point in _candidates(asked, view, register_store) if _fits(point, asked, today)]
    rows = tuple(_found(point, message.header.identification, view) for point in fits[:_MOST])
    return (Part(found=rows),) if rows else ()


def _candidates(asked: Search, view: View, register_store: RegisterStore) -> Iterator[HubPoint]:
    if asked.metering_point is not None:
        names = [str(asked.metering_point)]
    elif asked.meter is not None:
        names = register_store.with_meter(str(asked.meter))
    elif asked.customer is not None:
        names = register_store.with_customer(
            str(asked.customer.identification), asked.customer.identification_scheme.value
        )
    else:
        names = []
    for name in names:
        point = view.metering_point(name)
        if point is not None:
            yield point


def _fits(point: HubPoint, asked: Search, today: date) -> bool:
    if asked.meter is not None and (point.meter is None or str(point.meter.meter) != str(asked.meter)):
        return False
    if asked.customer is not None:
        resident = resident_on(point, today)
        scheme: EndUserScheme = asked.customer.identification_scheme
        if resident is None or not resident.is_same(str(asked.customer.identification), scheme):
            return False
    if asked.address is None:
        return True
    own = point.address
    pairs = (
        (getattr(asked.address, name), getattr(own, name, None))
        for name in ("street_name", "building_number", "postcode")
    )
    return own is not None and all(wanted is None or _like(str(wanted), found) for wanted, found in pairs)


def _like(wanted: str, found: object) -> bool:
    """Whether a text fits; a star stands for the rest."""
    head, star, _ = wanted.lower().partition("*")
    text = "" if found is None else str(found).lower()
    return text.startswith(head) if star else text == head


def _found(point: HubPoint, message_id: str, view: View) -> ResponseUpfrontMeteringPointCharacteristicsEvent:
    today = market_day(view.now)
    last_resort = next((item for item in point.contracts if item.kind == "last resort" and item.holds_on(today)), None)
    taxation, volume = point.taxation, point.annual_volume
    return ResponseUpfrontMeteringPointCharacteristicsEvent(
        original_reference=message_id,
        snapshot=view.now,
        delivery_obligation_date=None if last_resort is None else midnight(last_resort.start),
        metering_point=point.identification,
        grid_access_provider=point.grid_access_provider,
        address=point.address,
        grid_area=point.grid_area,
        characteristics=point.described(),
        meter=point.meter,
        annual_volume=None if volume is None else AnnualVolume(total=volume.total),
        taxation=None
        if taxation is None
        else IndustryAndConsumption(consumption_code=taxation.consumption_code, nace_code=taxation.nace_code),
    )
