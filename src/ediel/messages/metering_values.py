"""Metering values: BRS-NO-311 to 315, 321, 322, 324, 332, 502, 503."""

from typing import Annotated, ClassVar, Literal

from ediel.codes import (
    Agency,
    BusinessType,
    Currency,
    Direction,
    MeterReadReason,
    ReminderType,
    Resolution,
    SettlementMethod,
)
from ediel.messages._base import AgencyOf, Attribute, Composite, Content, Rows, Xml, natural_agency
from ediel.messages._observation_rows import CollectedObservation, NotifiedObservation, ObservationKind
from ediel.messages._observations import Observation, Observations
from ediel.messages._wire import (
    FixedTrue,
    GridAreaId,
    Int4,
    MeteringPointId,
    Moment,
    Moment9,
    PartyId,
    Quantity,
    SignedAmount,
    SignedQuantity,
    UuidText,
)
from ediel.messages.header import Message
from ediel.messages.points import AnnualVolume, ProductCharacteristics

__all__ = [
    "CollectedData",
    "CollectedSeries",
    "MeasurementCharacteristics",
    "NotifyValidatedDataForBillingEnergy",
    "Observation",
    "ObservationKind",
    "Observations",
    "Period",
    "PriceVolumeCombinationForReconciliation",
    "ProfiledCollected",
    "ProfiledEstimate",
    "ProfiledNotified",
    "ProfiledQuantity",
    "ProfiledReading",
    "ReconciliationCharacteristics",
    "ReconciliationObservation",
    "ReconciliationPeriod",
    "ReconciliationSeries",
    "Reminder",
    "RequestCollectedData",
    "RequestCollectedDataEvent",
    "TimeSeriesPeriod",
    "ValidatedSeries",
]

_POINT = "The metering point."
_SERIES = "Identification of the series, unique in the message."
_REGISTERED = "When the values were registered by the sender."
_PRODUCT = "What was measured, and the unit."
_SEQUENCE = "Position in the series, 0 to 9999."
_REQUEST = "Identification of the query that this answers."


class ProfiledQuantity(Composite):
    """A period volume, measured or stipulated; may be negative."""

    value: Annotated[SignedQuantity, Content("Volume of the period, kWh.")]
    reason: Annotated[MeterReadReason, Attribute("MeterReadReasonCode", "Why the meter was read.")]


class ProfiledReading(Composite):
    """A meter reading from the supplier (BRS-NO-311)."""

    source: ClassVar[str] = "XSD; VAL-311"

    value: Annotated[Quantity, Content("The reading.")]
    reason: Annotated[MeterReadReason, Attribute("MeterReadReasonCode", "Why the meter was read.")]


class ProfiledEstimate(Composite):
    """A period volume that Elhub has estimated."""

    value: Annotated[SignedQuantity, Content("Volume of the period, kWh.")]


class ProfiledCollected(Composite):
    """The one value of a profiled metering point that is sent in."""

    source: ClassVar[str] = "XSD; VAL-311; VAL-332"
    choice: ClassVar[tuple[str, ...]] = ("metered", "stipulated", "withdrawn", "meter_index")

    metered: Annotated[ProfiledQuantity | None, Xml("Metered", "Measured period volume.")] = None
    stipulated: Annotated[ProfiledQuantity | None, Xml("Stipulated", "Stipulated period volume.")] = None
    withdrawn: Annotated[FixedTrue | None, Xml("Withdrawn", "True: an earlier value is withdrawn (BRS-NO-332).")] = None
    meter_index: Annotated[ProfiledReading | None, Xml("MeterIndex", "A reading from the supplier (BRS-NO-311).")] = (
        None
    )


class ProfiledNotified(Composite):
    """The one value of a profiled metering point that Elhub sends."""

    choice: ClassVar[tuple[str, ...]] = ("metered", "estimated", "stipulated", "withdrawn")

    metered: Annotated[ProfiledQuantity | None, Xml("Metered", "Measured period volume.")] = None
    estimated: Annotated[ProfiledEstimate | None, Xml("Estimated", "Period volume estimated by Elhub.")] = None
    stipulated: Annotated[ProfiledQuantity | None, Xml("Stipulated", "Stipulated period volume.")] = None
    withdrawn: Annotated[FixedTrue | None, Xml("Withdrawn", "True: an earlier value is withdrawn.")] = None


class TimeSeriesPeriod(Composite):
    """The period of a series, half open, and the resolution."""

    source: ClassVar[str] = "XSD; VAL-313"

    resolution: Annotated[Resolution | None, Xml("ResolutionDuration", "Length of one interval.")] = None
    start: Annotated[Moment | None, Xml("Start", "Beginning of the first interval.")] = None
    meter_reading_start: Annotated[
        Quantity | None, Xml("MeterReadingStart", "Reading at the beginning; profiled points only.")
    ] = None
    end: Annotated[Moment | None, Xml("End", "End of the last interval, not part of it.")] = None
    meter_reading_end: Annotated[
        Quantity | None, Xml("MeterReadingEnd", "Reading at the end; profiled points only.")
    ] = None


class CollectedSeries(Composite):
    """Values of one channel of one metering point, as sent in."""

    source: ClassVar[str] = "XSD; VAL-311; VAL-313; VAL-332"
    choice: ClassVar[tuple[str, ...]] = ("observations", "profiled_observation", "annual_volume")

    identification: Annotated[UuidText, Xml("Identification", _SERIES)]
    registration_time: Annotated[Moment9, Xml("RegistrationDateTime", _REGISTERED)]
    period: Annotated[TimeSeriesPeriod | None, Xml("ObservationPeriodTimeSeriesPeriod", "Period and resolution.")] = (
        None
    )
    product: Annotated[ProductCharacteristics | None, Xml("ProductIncludedProductCharacteristics", _PRODUCT)] = None
    direction: Annotated[
        Direction | None, Xml("MPDetailMeasurementMeteringPointCharacteristic/Direction", "Production or consumption.")
    ] = None
    metering_point: Annotated[MeteringPointId, Xml("MeteringPointUsedDomainLocation/Identification", _POINT)]
    observations: Annotated[
        Annotated[Observations, Rows(CollectedObservation)] | None,
        Xml("Observation", "Interval values (BRS-NO-313).", most=9999),
    ] = None
    profiled_observation: Annotated[
        ProfiledCollected | None, Xml("ProfiledObservation", "Period volume, withdrawal or reading.")
    ] = None
    annual_volume: Annotated[
        AnnualVolume | None, Xml("AnnualPeriodEstimatedMetrics", "Expected annual volume (BRS-NO-311).")
    ] = None


class CollectedData(Message):
    """Metering values from the collector (or a reading from the supplier), and the same when Elhub passes it on."""

    family: ClassVar[str] = "metering"
    unique: ClassVar[tuple[str, str, str]] = (
        "uniquePayloadEnergyTimeSeriesIdentification",
        "PayloadEnergyTimeSeries",
        "Identification",
    )
    unique_sequence: ClassVar[tuple[str, str, str]] = ("uniqueObservationSequence", "Observation", "Sequence")
    message: Literal["CollectedData"] = "CollectedData"
    payloads: Annotated[
        tuple[CollectedSeries, ...], Xml("PayloadEnergyTimeSeries", "One channel of one point each.", most=9999)
    ]


class MeasurementCharacteristics(Composite):
    """Direction and business type of a series."""

    source: ClassVar[str] = "XSD; BIM business-type"

    direction: Annotated[Direction, Xml("Direction", "Production or consumption.")]
    business_type: Annotated[BusinessType | None, Xml("BusinessType", "What the series stands for.")] = None


class ValidatedSeries(Composite):
    """Values of one channel of a metering point, or of a grid area, as Elhub sends them."""

    source: ClassVar[str] = "XSD; BIM 7"
    choice: ClassVar[tuple[str, ...]] = ("observations", "profiled_observation")

    identification: Annotated[UuidText, Xml("Identification", _SERIES)]
    registration_time: Annotated[Moment9, Xml("RegistrationDateTime", _REGISTERED)]
    insert_time: Annotated[Moment9 | None, Xml("InsertDateTime", "When Elhub stored the values.")] = None
    request_reference: Annotated[UuidText | None, Xml("RequestReference", _REQUEST)] = None
    period: Annotated[TimeSeriesPeriod, Xml("ObservationPeriodTimeSeriesPeriod", "Period and resolution.")]
    product: Annotated[ProductCharacteristics, Xml("ProductIncludedProductCharacteristics", _PRODUCT)]
    characteristics: Annotated[
        MeasurementCharacteristics,
        Xml("MPDetailMeasurementMeteringPointCharacteristic", "Direction and business type."),
    ]
    metering_point: Annotated[MeteringPointId | None, Xml("MeteringPointUsedDomainLocation/Identification", _POINT)] = (
        None
    )
    grid_area: Annotated[
        GridAreaId | None, Xml("MeteringGridAreaUsedDomainLocation/Identification", "Metering grid area.")
    ] = None
    balance_responsible: Annotated[
        PartyId | None, Xml("BalanceResponsibleInvolvedEnergyParty/Identification", "The balance responsible party.")
    ] = None
    balance_supplier: Annotated[
        PartyId | None, Xml("BalanceSupplierInvolvedEnergyParty/Identification", "The balance supplier.")
    ] = None
    observations: Annotated[
        Annotated[Observations, Rows(NotifiedObservation)] | None,
        Xml("Observation", "Interval values.", most=9999),
    ] = None
    profiled_observation: Annotated[
        ProfiledNotified | None, Xml("ProfiledObservation", "Period volume or withdrawal.")
    ] = None


class NotifyValidatedDataForBillingEnergy(Message):
    """Elhub distributes metering values, answers a query for them, or sends settlement series."""

    family: ClassVar[str] = "metering"
    message: Literal["NotifyValidatedDataForBillingEnergy"] = "NotifyValidatedDataForBillingEnergy"
    payloads: Annotated[tuple[ValidatedSeries, ...], Xml("PayloadEnergyTimeSeries", "One series each.", most=9999)]


class Period(Composite):
    """A period, half open."""

    source: ClassVar[str] = "XSD; VAL-324"

    start: Annotated[Moment, Xml("Start", "Beginning of the period.")]
    end: Annotated[Moment, Xml("End", "End of the period, not part of it.")]


class Reminder(Composite):
    """Values that are missing."""

    source: ClassVar[str] = "XSD; 15min reminders"

    period: Annotated[Period, Xml("Period", "The period that is missing.")]
    metering_point: Annotated[MeteringPointId, Xml("MeteringPointUsedDomainLocation/Identification", _POINT)]


class RequestCollectedDataEvent(Composite):
    """Which kind of values is missing, and where."""

    source: ClassVar[str] = "XSD; 15min reminders"

    reminder_type: Annotated[ReminderType, Xml("ReminderType", "Kind of values that is missing.")]
    reminders: Annotated[tuple[Reminder, ...], Xml("Reminder", "One metering point and period each.", most=9999)]


class RequestCollectedData(Message):
    """Elhub reminds the metered data responsible of missing values (BRS-NO-314)."""

    family: ClassVar[str] = "metering"
    message: Literal["RequestCollectedData"] = "RequestCollectedData"
    payload: Annotated[RequestCollectedDataEvent, Xml("PayloadMeasuredDataRequest", "What is missing.")]


class ReconciliationPeriod(Composite):
    """The period of a reconciliation series, half open, and the resolution."""

    resolution: Annotated[Resolution, Xml("ResolutionDuration", "Length of one interval.")]
    start: Annotated[Moment, Xml("Start", "Beginning of the first interval.")]
    end: Annotated[Moment, Xml("End", "End of the last interval, not part of it.")]


class ReconciliationCharacteristics(Composite):
    """Direction and kind of a reconciliation series."""

    source: ClassVar[str] = "XSD 2.4"

    direction: Annotated[Direction, Xml("Direction", "Production or consumption.")]
    business_type: Annotated[BusinessType | None, Xml("BusinessType", "What the series stands for.")] = None
    settlement_method: Annotated[
        SettlementMethod | None, Xml("SettlementMethodType", "Profiled or interval settled.")
    ] = None
    settlement_method_agency: Annotated[Agency | None, AgencyOf("settlement_method")] = natural_agency(
        "settlement_method"
    )


class ReconciliationObservation(Composite):
    """Volume and amount of one interval."""

    sequence: Annotated[Int4, Attribute("Sequence", _SEQUENCE)]
    volume: Annotated[SignedQuantity, Xml("BalanceVolume", "Volume, kWh.")]
    amount: Annotated[SignedAmount, Xml("BalanceAmount", "Amount, in the currency of the series.")]


class ReconciliationSeries(Composite):
    """Volumes and amounts of one supplier in one grid area."""

    source: ClassVar[str] = "XSD; BRS-NO-503"

    identification: Annotated[UuidText, Xml("Identification", _SERIES)]
    currency: Annotated[Currency, Xml("Currency", "Currency of the amounts.")]
    reconciliation_date: Annotated[Moment, Xml("ReconciliationDate", "When the reconciliation was computed.")]
    request_reference: Annotated[UuidText | None, Xml("RequestReference", _REQUEST)] = None
    period: Annotated[ReconciliationPeriod, Xml("ObservationPeriodTimeSeriesPeriod", "Period and resolution.")]
    product: Annotated[ProductCharacteristics, Xml("ProductIncludedProductCharacteristics", _PRODUCT)]
    characteristics: Annotated[
        ReconciliationCharacteristics,
        Xml("MPDetailMeasurementMeteringPointCharacteristic", "Direction and kind."),
    ]
    grid_area: Annotated[GridAreaId, Xml("MeteringGridAreaUsedDomainLocation/Identification", "Metering grid area.")]
    balance_supplier: Annotated[
        PartyId, Xml("BalanceSupplierInvolvedEnergyParty/Identification", "The balance supplier.")
    ]
    observations: Annotated[tuple[ReconciliationObservation, ...], Xml("Observation", "One interval each.", most=9999)]


class PriceVolumeCombinationForReconciliation(Message):
    """Elhub sends the basis for reconciliation (BRS-NO-503, 324)."""

    family: ClassVar[str] = "metering"
    message: Literal["PriceVolumeCombinationForReconciliation"] = "PriceVolumeCombinationForReconciliation"
    payloads: Annotated[tuple[ReconciliationSeries, ...], Xml("PayloadEnergyTimeSeries", "One series each.", most=9999)]
