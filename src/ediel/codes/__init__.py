"""Code lists of EMIF: each code with its issuer, its meaning where a source gives one, and that source.

Lists are loaded when they are first used: there are more than a thousand codes, and a message needs a few of them.
"""

from typing import Final

from ediel._lazy import lazily

_NAMES: Final = {
    "_base": ("Code", "Standing"),
    "_lists": ("ALL", "BY_NAME"),
    "agencies": ("Agency",),
    "countries": ("Country",),
    "documents": (
        "DocumentType", "FaultGroup", "Purpose", "QueryType", "ReminderType", "StatusType", "UpdateIndicator",
    ),
    "parties": ("AddressType", "CommunicationChannel", "Currency", "EndReason", "EndUserScheme"),
    "points": (
        "CalculationMethod", "ChannelResolution", "ConsumptionSubType", "EnovaFeeType", "FormulaType",
        "MeterReadingCharacteristics", "MeteringPointType", "PhysicalStatus", "Priority", "ProductionSubType",
        "ReadingResolution", "SettlementMethod", "VatCode", "VersionStatus",
    ),
    "processes": ("BusinessProcess", "IndustryClassification", "Role"),
    "reasons": ("ResponseReason",),
    "values": (
        "BusinessType", "Direction", "EstimationCode", "MeterReadReason", "Product", "Quality", "Resolution", "Unit",
        "ValidationCode",
    ),
}  # fmt: skip

__getattr__, __dir__, __all__ = lazily(__name__, globals(), _NAMES)
