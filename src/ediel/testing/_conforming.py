"""Makes messages that the rules of a process take: right header, right dates, what must be given and nothing else.

A message is drawn like any other, and then mended, field by field, where a process asks for more than the schema. It is
long because it is one table: a mend for each payload.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any, Final, TypeVar

from ediel import brs
from ediel.calendar import midnight
from ediel.codes import (
    Agency,
    BusinessProcess,
    BusinessType,
    ChannelResolution,
    Direction,
    DocumentType,
    FormulaType,
    MeteringPointType,
    Product,
    QueryType,
    Resolution,
    Role,
    StatusType,
    Unit,
    UpdateIndicator,
)
from ediel.messages import (
    AcknowledgementEvent,
    AnnualVolume,
    CollectedSeries,
    Customer,
    CustomerAddress,
    EndOfSupplyCustomer,
    Message,
    NotifyMeteringPointCharacteristicsEvent,
    NotifySharedProductionEvent,
    Observations,
    ReconciliationSeries,
    RequestCollectedDataEvent,
    RequestDataFromElhubEvent,
    RequestEndOfSupplyEvent,
    RequestStartOfSupplyEvent,
    RequestToGridAccessProviderEvent,
    RequestUpdateCustomerInformationEvent,
    RequestUpdateMasterDataMeteringPointEvent,
    RequestUpdateSharedProductionEvent,
    RequestUpfrontMeteringPointCharacteristicsEvent,
    ResponseFromGridAccessProviderEvent,
    StartOfSupplyCustomer,
    UpdateThirdPartyAccessEvent,
    ValidatedSeries,
    model,
)
from ediel.messages._base import Composite
from ediel.messages.metering_values import (
    Period,
    ProfiledCollected,
    ProfiledQuantity,
    ProfiledReading,
    TimeSeriesPeriod,
)
from ediel.messages.points import MeasurementDefinitionUpdate, ProductCharacteristics
from ediel.rules import Usage, uses_of
from ediel.testing._sample import Sampler

_ACTIVE: Final = ProductCharacteristics(product=Product.ACTIVE_ENERGY, unit=Unit.KWH)
CustomerChange = RequestUpdateCustomerInformationEvent
PointChange = RequestUpdateMasterDataMeteringPointEvent
PointNotice = NotifyMeteringPointCharacteristicsEvent
Search = RequestUpfrontMeteringPointCharacteristicsEvent
PartT = TypeVar("PartT", bound=Composite)
CustomerT = TypeVar("CustomerT", bound=StartOfSupplyCustomer | EndOfSupplyCustomer | Customer)
SupplyT = TypeVar("SupplyT", bound=RequestStartOfSupplyEvent | RequestEndOfSupplyEvent)
CalculationT = TypeVar("CalculationT", bound=RequestUpdateSharedProductionEvent | NotifySharedProductionEvent)
SeriesT = TypeVar("SeriesT", bound=ValidatedSeries | ReconciliationSeries)
Mend = Callable[["_Mender", Any], Composite]


def conforming(process: BusinessProcess, name: str, *, random: Random, on: date) -> Message:
    """A message of a process that no rule objects to on a day, as far as a message alone can tell.

    Args:
        process: BRS number.
        name: name of a message that the process uses.
        random: where chance comes from.
        on: the Norwegian day on which it would be judged.

    Raises:
        ValueError: nothing is known of that message in that process.
    """
    usage = next((item for item in uses_of(process) if item.message == name), None)
    if usage is None:
        raise ValueError(f"{process.value} is not known to use {name}")
    return _Mender(process, usage, random, on).message()


class _Mender:
    def __init__(self, process: BusinessProcess, usage: Usage, random: Random, on: date) -> None:
        self.process = process
        self.usage = usage
        self.random = random
        self.on = on
        self.row = brs.of(process)
        self.sampler = Sampler(random, most=3)
        self.cancels = False

    def message(self) -> Message:
        made = self._with_header(self.sampler.message(model(self.usage.message)))
        mend = _MENDS.get(self.usage.message)
        if mend is None:
            return made
        if (payload := getattr(made, "payload", None)) is not None:
            return _set(made, payload=mend(self, payload))
        payloads: tuple[Composite, ...] = getattr(made, "payloads", ())
        mended = tuple(mend(self, item) for item in payloads[: 1 if self.row.family == "master_data" else None])
        if self.usage.message == "NotifyMeteringPointCharacteristics" and self.row.family != "annual_volume":
            point = getattr(mended[0], "metering_point", None)
            mended = tuple(_set(item, metering_point=point) for item in mended)
        return _set(made, payloads=mended)

    def _with_header(self, message: Message) -> Message:
        documents = self.usage.documents or (DocumentType.QUERY,)
        if self.row.waits is False:  # what takes effect at once cannot be cancelled
            documents = tuple(item for item in documents if item is not DocumentType.CANCELLATION)
        document = self.random.choice(documents)
        role = self.random.choice(self.usage.roles or (Role.DDQ,))
        self.cancels = document is DocumentType.CANCELLATION
        asks = message.header.request_positive_acknowledgement if self.usage.acknowledgement else None
        header = message.header.model_copy(
            update={
                "document_type": document,
                "document_type_agency": Agency(document.agency or ""),
                "request_positive_acknowledgement": asks,
            }
        )
        context = message.process.model_copy(
            update={
                "business_process": self.process,
                "role": role,
                "role_agency": Agency(role.agency or "6"),
            }
        )
        return message.model_copy(update={"header": header, "process": context})

    def day(self, first: int, last: int) -> datetime:
        """A Norwegian midnight so many days from the day of judgement."""
        return midnight(self.on + timedelta(days=self.random.randint(first, last)))

    def period(self, days: int = 1) -> tuple[datetime, datetime]:
        """Whole days that have passed."""
        start = self.on - timedelta(days=self.random.randint(days, 900))
        return midnight(start), midnight(start + timedelta(days=days))


def _set(part: PartT, **update: object) -> PartT:
    return part.model_copy(update=update)


def _customer(customer: CustomerT) -> CustomerT:
    if customer.identification_scheme.value == "Z01":
        return _set(customer, name=None, family_name=customer.family_name or "Testesen")
    return _set(customer, name=customer.name or "Testverket AS", given_name=None, family_name=None)


def _one_of_each(addresses: tuple[CustomerAddress, ...]) -> tuple[CustomerAddress, ...]:
    kinds = {address.address_type: address for address in addresses}
    return tuple(kinds.values())


_SPANS: Final[dict[brs.Dates | None, tuple[int, int]]] = {
    "ahead": (1, 4), "today or ahead": (1, 4), "today or back": (-30, 0), None: (-30, 30),
}  # fmt: skip
"""Days from the day of judgement on which a start or an end may lie, however the point is settled."""


def _supply(mender: _Mender, event: SupplyT) -> SupplyT:
    field = "start_of_occurrence" if hasattr(event, "start_of_occurrence") else "end_of_occurrence"
    update: dict[str, object] = {
        "customer": _customer(event.customer),
        "addresses": _one_of_each(event.addresses),
        field: mender.day(*_SPANS[mender.row.dates]),
        "original_reference": mender.sampler.uuid() if mender.cancels else None,
    }
    if mender.row.names_supplier is False:
        update["balance_supplier"] = None
    elif mender.row.names_supplier:
        update["balance_supplier"] = event.balance_supplier or mender.sampler.gln()
    if hasattr(event, "move_in_to_slr") and mender.row.last_resort != "may begin":
        update["move_in_to_slr"] = None
    return _set(event, **update)


def _customer_update(
    mender: _Mender, event: RequestUpdateCustomerInformationEvent
) -> RequestUpdateCustomerInformationEvent:
    return _set(
        event,
        start_of_occurrence=mender.day(-30, 0),
        customer=_customer(event.customer),
        addresses=_one_of_each(event.addresses),
    )


def _collected(mender: _Mender, series: CollectedSeries) -> CollectedSeries:
    kinds = {
        brs.READING.code: _reading,
        brs.PERIOD_VOLUMES.code: _volume,
        brs.INTERVAL_VALUES.code: _interval,
        brs.WITHDRAWAL.code: _withdrawal,
    }
    return kinds[mender.process](mender, series)


def _only(series: CollectedSeries, name: str, value: object) -> CollectedSeries:
    kinds: dict[str, object] = dict.fromkeys(("observations", "profiled_observation", "annual_volume"))
    return _set(series, **{**kinds, name: value})


def _interval(mender: _Mender, series: CollectedSeries) -> CollectedSeries:
    start, end = mender.period(mender.random.randint(1, 3))
    resolution = mender.random.choice((Resolution.PT60M, Resolution.PT1H, Resolution.PT15M))
    step = timedelta(minutes=15) if resolution is Resolution.PT15M else timedelta(hours=1)
    count = int((end.timestamp() - start.timestamp()) / step.total_seconds())
    drawn: Observations | None = None
    while drawn is None:  # the columns of a drawn series, one of whose kinds of value is chosen by chance
        drawn = mender.sampler.message(type(series)).observations
    pool = list(drawn)
    values = [replace(mender.random.choice(pool), sequence=place) for place in range(1, count + 1)]
    reactive = mender.random.random() < 0.2
    product = Product.REACTIVE_ENERGY if reactive else Product.ACTIVE_ENERGY
    series = _only(series, "observations", Observations.of(values))
    return _set(
        series,
        period=TimeSeriesPeriod(start=start, end=end, resolution=resolution),
        product=ProductCharacteristics(product=product, unit=Unit.KVARH if reactive else Unit.KWH),
        direction=mender.random.choice(list(Direction)),
    )


def _volume(mender: _Mender, series: CollectedSeries) -> CollectedSeries:
    start, end = mender.period(30)
    quantity = mender.sampler.message(ProfiledQuantity)
    metered = mender.random.choice((True, False))
    profiled = ProfiledCollected(metered=quantity) if metered else ProfiledCollected(stipulated=quantity)
    series = _only(series, "profiled_observation", profiled)
    return _set(
        series,
        period=TimeSeriesPeriod(
            start=start,
            end=end,
            meter_reading_start=Decimal(100) if metered else None,
            meter_reading_end=Decimal(250) if metered else None,
        ),
        product=_ACTIVE,
        direction=Direction.OUT,
    )


def _withdrawal(mender: _Mender, series: CollectedSeries) -> CollectedSeries:
    if mender.random.random() < 0.5:
        return _volume(mender, series)
    start, end = mender.period(30)
    series = _only(series, "profiled_observation", ProfiledCollected(withdrawn=True))
    return _set(series, period=TimeSeriesPeriod(start=start, end=end), product=_ACTIVE, direction=Direction.OUT)


def _reading(mender: _Mender, series: CollectedSeries) -> CollectedSeries:
    if mender.random.random() < 0.5:
        series = _only(series, "annual_volume", mender.sampler.message(AnnualVolume))
    else:
        reading = mender.sampler.message(ProfiledReading)
        series = _only(series, "profiled_observation", ProfiledCollected(meter_index=reading))
    return _set(series, period=TimeSeriesPeriod(start=mender.day(-30, 0)), product=None)


def _query(mender: _Mender, query: RequestDataFromElhubEvent) -> RequestDataFromElhubEvent:
    start, end = mender.period(mender.random.randint(1, 300))
    period = Period(start=start, end=end)
    none = dict.fromkeys(("snapshot", "business_type", "period", "grid_area"))
    if mender.process is brs.MASTER_DATA_QUERY.code:
        kind = mender.random.choice((QueryType.MDMP, QueryType.MDCU))
        given = {"snapshot": mender.day(-300, 0), "metering_point": mender.sampler.gsrn()}
    elif mender.process is brs.VALUES_QUERY.code:
        kind = mender.random.choice((QueryType.MVRV, QueryType.MVTS, QueryType.MVVT))
        given = {"period": period, "metering_point": mender.sampler.gsrn()}
    else:
        kind = QueryType.STLM
        types = [item for item in BusinessType if not item.value.startswith(("MP", "HP"))]
        given = {
            "period": period,
            "metering_point": None,
            "grid_area": mender.sampler.eic(),
            "business_type": mender.random.choice((None, *types)),
        }
    return _set(query, **{**none, "query_type": kind, **given})


def _search(
    mender: _Mender, search: RequestUpfrontMeteringPointCharacteristicsEvent
) -> RequestUpfrontMeteringPointCharacteristicsEvent:
    full = Sampler(mender.random, full=True).message(type(search))
    assert full.address is not None
    nothing = dict.fromkeys(("metering_point", "customer", "address", "meter"))
    address = _set(full.address, street_name="Storg*", building_number="1*", postcode="70*")
    ways: tuple[dict[str, object], ...] = (
        {"metering_point": full.metering_point},
        {"metering_point": full.metering_point, "customer": full.customer},
        {"customer": full.customer, "address": address},
        {"customer": full.customer, "meter": full.meter},
        {"meter": full.meter, "address": _set(address, street_name=None, building_number=None, postcode="7010")},
    )
    return _set(search, **{**nothing, **mender.random.choice(ways)})


def _question(_mender: _Mender, event: RequestToGridAccessProviderEvent) -> RequestToGridAccessProviderEvent:
    return _set(event, request_public=event.request_public or "Hva er grunnen?")


def _feedback(_mender: _Mender, event: ResponseFromGridAccessProviderEvent) -> ResponseFromGridAccessProviderEvent:
    return _set(event, request_public=None, request_private=None, feedback_private=event.feedback_private or "Ingen.")


def _point(
    mender: _Mender, event: RequestUpdateMasterDataMeteringPointEvent
) -> RequestUpdateMasterDataMeteringPointEvent:
    full = Sampler(mender.random, full=True).message(type(event))
    update: dict[str, object] = {
        "start_of_occurrence": mender.day(-30, 30),
        "original_reference": None,
    }
    if mender.row.family == "annual_volume":
        return _set(
            event, **update, annual_volume=full.annual_volume, identification=mender.sampler.uuid(), measurements=()
        )
    assert full.characteristics is not None
    kind = mender.random.choice([item for item in MeteringPointType if item is not MeteringPointType.EXCHANGE])
    drops = {
        MeteringPointType.CONSUMPTION: ("production_sub_type", "installed_capacity"),
        MeteringPointType.PRODUCTION: ("consumption_sub_type", "contracted_connection_capacity", "priority"),
    }.get(kind, ())
    ways = {MeteringPointType.CONSUMPTION: (Direction.OUT,), MeteringPointType.PRODUCTION: (Direction.IN,)}
    update |= {
        "identification": None,
        "grid_area": None if mender.process is brs.ACTIVATION.code else full.grid_area,
        "address": full.address,
        "characteristics": _set(
            full.characteristics, metering_point_type=kind, physical_status=None, **dict.fromkeys(drops)
        ),
        "measurements": tuple(
            MeasurementDefinitionUpdate(product=_ACTIVE, direction=way, resolution=ChannelResolution.PT1H)
            for way in ways.get(kind, tuple(Direction))
        ),
    }
    return _set(event, **update)


def _characteristics(
    mender: _Mender, event: NotifyMeteringPointCharacteristicsEvent
) -> NotifyMeteringPointCharacteristicsEvent:
    start = mender.day(-300, -100)
    return _set(event, start_of_occurrence=start, end_of_occurrence=mender.random.choice((None, mender.day(-99, 0))))


def _access(mender: _Mender, event: UpdateThirdPartyAccessEvent) -> UpdateThirdPartyAccessEvent:
    end = mender.random.choice((None, mender.day(1, 300)))
    if event.update_indicator is UpdateIndicator.UPDATE:
        return _set(event, end_of_occurrence=end or mender.day(1, 300))
    return _set(event, end_of_occurrence=None if event.update_indicator is UpdateIndicator.DELETE else end)


def _calculation(mender: _Mender, event: CalculationT) -> CalculationT:
    full = Sampler(mender.random, full=True, most=4).message(type(event.calculation))
    formula = mender.random.choice(list(FormulaType))
    count = mender.random.randint(1, 4)
    share = (Decimal(1) / count).quantize(Decimal("0.000001")) if formula is FormulaType.MANUAL else None
    assert full.participants is not None
    one = full.participants.recipients[0]
    recipients = tuple(
        _set(one, share=share, metering_point=point)
        for point in {mender.sampler.gsrn() for _ in range(count)}
    )  # fmt: skip
    contributors = (_set(one, share=None, metering_point=mender.sampler.gsrn()),)
    participants = _set(full.participants, contributors=contributors, recipients=recipients)
    return _set(
        event,
        start_of_occurrence=mender.day(-30, 30),
        calculation=_set(full, formula=formula, participants=participants),
        **({"end_of_occurrence": mender.day(31, 60)} if hasattr(event, "end_of_occurrence") else {}),
    )


def _validated(mender: _Mender, series: SeriesT) -> SeriesT:
    start, end = mender.period(30)
    reactive = series.product.product.value.startswith("8716867") and series.product.product != Product.ACTIVE_ENERGY
    return _set(
        series,
        period=_set(series.period, start=start, end=end),
        product=_set(series.product, unit=Unit.KVARH if reactive else Unit.KWH),
    )


def _reminded(mender: _Mender, event: RequestCollectedDataEvent) -> RequestCollectedDataEvent:
    start, end = mender.period()
    period = _set(event.reminders[0].period, start=start, end=end)
    return _set(event, reminders=tuple(_set(item, period=period) for item in event.reminders))


def _acknowledged(mender: _Mender, event: AcknowledgementEvent) -> AcknowledgementEvent:
    if event.status is StatusType.ACCEPTED:
        return _set(event, reasons=())
    full = Sampler(mender.random, full=True).message(type(event))
    return _set(event, reasons=full.reasons)


_MENDS: Final[dict[str, Mend]] = {
    "Acknowledgement": _acknowledged,
    "CollectedData": _collected,
    "NotifyMeteringPointCharacteristics": _characteristics,
    "NotifySharedProduction": _calculation,
    "NotifyValidatedDataForBillingEnergy": _validated,
    "PriceVolumeCombinationForReconciliation": _validated,
    "RequestCollectedData": _reminded,
    "RequestDataFromElhub": _query,
    "RequestEndOfSupply": _supply,
    "RequestStartOfSupply": _supply,
    "RequestToGridAccessProvider": _question,
    "RequestUpdateCustomerInformation": _customer_update,
    "RequestUpdateMasterDataMeteringPoint": _point,
    "RequestUpdateSharedProduction": _calculation,
    "RequestUpfrontMeteringPointCharacteristics": _search,
    "ResponseFromGridAccessProvider": _feedback,
    "UpdateThirdPartyAccess": _access,
}
"""What a process asks for beyond the schema. Messages that are not here need a right header only."""
