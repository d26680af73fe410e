"""Code lists of EMIF: each code with its issuer, its meaning where a source gives one, and that source.

Lists are loaded when they are first used: there are more than a thousand codes, and a message needs a few of them.
"""

import importlib
from typing import TYPE_CHECKING, Any, Final

from ediel.codes._base import Code, Standing

if TYPE_CHECKING:
    from ediel.codes.agencies import Agency
    from ediel.codes.countries import Country
    from ediel.codes.documents import (
        DocumentType,
        FaultGroup,
        Purpose,
        QueryType,
        ReminderType,
        StatusType,
        UpdateIndicator,
    )
    from ediel.codes.parties import AddressType, CommunicationChannel, Currency, EndReason, EndUserScheme
    from ediel.codes.points import (
        CalculationMethod,
        ChannelResolution,
        ConsumptionSubType,
        EnovaFeeType,
        FormulaType,
        MeteringPointType,
        MeterReadingCharacteristics,
        PhysicalStatus,
        Priority,
        ProductionSubType,
        ReadingResolution,
        SettlementMethod,
        VatCode,
        VersionStatus,
    )
    from ediel.codes.processes import BusinessProcess, IndustryClassification, Role
    from ediel.codes.reasons import ResponseReason
    from ediel.codes.values import (
        BusinessType,
        Direction,
        EstimationCode,
        MeterReadReason,
        Product,
        Quality,
        Resolution,
        Unit,
        ValidationCode,
    )

    ALL: tuple[type[Code], ...]
    """Every code list."""
    BY_NAME: dict[str, type[Code]]
    """The same, by name."""

_HOME: Final[dict[str, str]] = {
    "AddressType": "parties",
    "Agency": "agencies",
    "BusinessProcess": "processes",
    "BusinessType": "values",
    "CalculationMethod": "points",
    "ChannelResolution": "points",
    "CommunicationChannel": "parties",
    "ConsumptionSubType": "points",
    "Country": "countries",
    "Currency": "parties",
    "Direction": "values",
    "DocumentType": "documents",
    "EndReason": "parties",
    "EndUserScheme": "parties",
    "EnovaFeeType": "points",
    "EstimationCode": "values",
    "FaultGroup": "documents",
    "FormulaType": "points",
    "IndustryClassification": "processes",
    "MeterReadReason": "values",
    "MeterReadingCharacteristics": "points",
    "MeteringPointType": "points",
    "PhysicalStatus": "points",
    "Priority": "points",
    "Product": "values",
    "ProductionSubType": "points",
    "Purpose": "documents",
    "Quality": "values",
    "QueryType": "documents",
    "ReadingResolution": "points",
    "ReminderType": "documents",
    "Resolution": "values",
    "ResponseReason": "reasons",
    "Role": "processes",
    "SettlementMethod": "points",
    "StatusType": "documents",
    "Unit": "values",
    "UpdateIndicator": "documents",
    "ValidationCode": "values",
    "VatCode": "points",
    "VersionStatus": "points",
}
"""Module of each code list."""


def __getattr__(name: str) -> Any:
    value: Any
    if name in _HOME:
        value = getattr(importlib.import_module(f"ediel.codes.{_HOME[name]}"), name)
    elif name == "BY_NAME":
        value = {item: __getattr__(item) for item in sorted(_HOME)}
    elif name == "ALL":
        value = tuple(__getattr__("BY_NAME").values())
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


__all__ = [
    "ALL",
    "BY_NAME",
    "AddressType",
    "Agency",
    "BusinessProcess",
    "BusinessType",
    "CalculationMethod",
    "ChannelResolution",
    "Code",
    "CommunicationChannel",
    "ConsumptionSubType",
    "Country",
    "Currency",
    "Direction",
    "DocumentType",
    "EndReason",
    "EndUserScheme",
    "EnovaFeeType",
    "EstimationCode",
    "FaultGroup",
    "FormulaType",
    "IndustryClassification",
    "MeterReadReason",
    "MeterReadingCharacteristics",
    "MeteringPointType",
    "PhysicalStatus",
    "Priority",
    "Product",
    "ProductionSubType",
    "Purpose",
    "Quality",
    "QueryType",
    "ReadingResolution",
    "ReminderType",
    "Resolution",
    "ResponseReason",
    "Role",
    "SettlementMethod",
    "Standing",
    "StatusType",
    "Unit",
    "UpdateIndicator",
    "ValidationCode",
    "VatCode",
    "VersionStatus",
]
