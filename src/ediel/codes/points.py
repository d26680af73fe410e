"""Codes of a metering point's master data."""

from ediel.codes._base import Code

_E = "ENTSO-E business and asset types"


class MeteringPointType(Code):
    """Kind of metering point (agency 260)."""

    CONSUMPTION = "E17", "260", "consumption", "forbruk", "VAL-121"
    PRODUCTION = "E18", "260", "production", "produksjon", "VAL-121"
    COMBINED = "E19", "260", "combined consumption and production", "kombinert", "VAL-121"
    EXCHANGE = "E20", "260", "exchange", "utveksling", "VAL-121"


class SettlementMethod(Code):
    """How a metering point is settled (E-codes agency 260, Z01 agency 89)."""

    PROFILED = "E01", "260", "profiled", "profilavregnet", "BIM; examples"
    NON_PROFILED = "E02", "260", "non-profiled, interval settled", "intervallavregnet", "BIM; examples"
    Z01 = "Z01", "89", None, None, "XSD"


class PhysicalStatus(Code):
    """Status of the metering point (agency 260)."""

    ACTIVE = "E22", "260", "active, energised", "aktivt", "status page; examples"
    INACTIVE = "E23", "260", "inactive: no end user, no power", "inaktivt", "status page", "inferred"
    CLOSED = "E31", "260", "closed for good", "avsluttet", "status page", "inferred"


class MeterReadingCharacteristics(Code):
    """How the meter is read (agency 260)."""

    AUTOMATIC = "E13", "260", "automatic reading", None, "examples"
    MANUAL = "E14", "260", "manual reading", None, "examples"
    UNMETERED = "E16", "260", "no meter", None, "ebIX", "inferred"


class ConsumptionSubType(Code):
    """Kind of consumption (agency 89)."""

    A04 = "A04", "89", "consumption", None, _E, "inferred"
    A07 = "A07", "89", "net consumption or production", None, _E, "inferred"
    A15 = "A15", "89", "losses", None, _E, "inferred"
    B25 = "B25", "89", "energy storage", None, _E, "inferred"
    B27 = "B27", "89", "pumped storage consumption", None, _E, "inferred"


class ProductionSubType(Code):
    """Kind of production (agency 89). B01-B20 and B25 follow the European list since EMIF 2.4.1 (EI-1250)."""

    B01 = "B01", "89", "biomass", None, _E, "inferred"
    B02 = "B02", "89", "fossil brown coal or lignite", None, _E, "inferred"
    B03 = "B03", "89", "fossil coal-derived gas", None, _E, "inferred"
    B04 = "B04", "89", "fossil gas", None, _E, "inferred"
    B05 = "B05", "89", "fossil hard coal", None, _E, "inferred"
    B06 = "B06", "89", "fossil oil", None, _E, "inferred"
    B07 = "B07", "89", "fossil oil shale", None, _E, "inferred"
    B08 = "B08", "89", "fossil peat", None, _E, "inferred"
    B09 = "B09", "89", "geothermal", None, _E, "inferred"
    B10 = "B10", "89", "hydro pumped storage", None, _E, "inferred"
    B11 = "B11", "89", "hydro run-of-river and poundage", None, _E, "inferred"
    B12 = "B12", "89", "hydro water reservoir", None, _E, "inferred"
    B13 = "B13", "89", "marine", None, _E, "inferred"
    B14 = "B14", "89", "nuclear", None, _E, "inferred"
    B15 = "B15", "89", "other renewable", None, _E, "inferred"
    B16 = "B16", "89", "solar", None, _E, "inferred"
    B17 = "B17", "89", "waste", None, _E, "inferred"
    B18 = "B18", "89", "wind offshore", None, _E, "inferred"
    B19 = "B19", "89", "wind onshore", None, _E, "inferred"
    B20 = "B20", "89", "other", None, _E, "inferred"
    B25 = "B25", "89", "energy storage", None, _E, "inferred"
    Z04 = "Z04", "89", None, None, "XSD"
    Z05 = "Z05", "89", None, None, "XSD"
    Z06 = "Z06", "89", None, None, "XSD"


class ReadingResolution(Code):
    """Resolution in which a metering point is read (``MeterReadingOccurrence``)."""

    PT15M = "PT15M", None, "15 minutes", None, "XSD"
    PT1H = "PT1H", None, "one hour", None, "XSD"
    PT5M = "PT5M", None, "5 minutes", None, "XSD"
    PT60M = "PT60M", None, "60 minutes; the same as PT1H", None, "VAL-313"


class ChannelResolution(Code):
    """Resolution of a measurement channel; N for a channel without one."""

    N = "N", None, "no resolution (period volume)", None, "XSD", "inferred"
    PT15M = "PT15M", None, "15 minutes", None, "XSD"
    PT1H = "PT1H", None, "one hour", None, "XSD"
    PT5M = "PT5M", None, "5 minutes", None, "XSD"
    PT60M = "PT60M", None, "60 minutes; the same as PT1H", None, "VAL-313"


class Priority(Code):
    """Priority of the metering point; the meanings are not published where this project could look."""

    A = "A", None, None, None, "XSD"
    B = "B", None, None, None, "XSD"
    C = "C", None, None, None, "XSD"
    D = "D", None, None, None, "XSD"
    P = "P", None, None, None, "XSD"


class VatCode(Code):
    """Value added tax."""

    E = "E", None, "exempt", None, "XSD", "inferred"
    S = "S", None, "standard", None, "XSD", "inferred"


class EnovaFeeType(Code):
    """How the Enova fee is charged."""

    CONSUMPTION_DEPENDENT = "ConsumptionDependent", None, "depends on consumption", None, "XSD", "inferred"
    FIXED = "Fixed", None, "fixed", None, "XSD", "inferred"


class CalculationMethod(Code):
    """How an annual volume came about (BRS-NO-317)."""

    AUTOMATIC = "Automatic", None, "computed by machine", None, "BRS-NO-317"
    MANUAL = "Manual", None, "set by judgement", None, "BRS-NO-317"


class FormulaType(Code):
    """How shared production is divided (BRS-NO-701)."""

    EQUALLY_DISTRIBUTED = "EquallyDistributed", None, "equal shares to all recipients", None, "BRS-NO-701"
    CONSUMPTION_BASED = "ConsumptionBased", None, "by the consumption of the recipients", None, "BRS-NO-701"
    MANUAL = "Manual", None, "shares set by the grid access provider", None, "BRS-NO-701"


class VersionStatus(Code):
    """Status of a version of a calculation (BRS-NO-701)."""

    NEW = "New", None, "new", None, "XSD 2.4", "inferred"
    ACTIVE = "Active", None, "active", None, "BRS-NO-701"
    INACTIVE = "Inactive", None, "inactive", None, "BRS-NO-701"
    TERMINATED = "Terminated", None, "ended", None, "XSD 2.4", "inferred"
