"""Codes of metering values, products and settlement series."""

from datetime import timedelta
from typing import Final

from ediel.codes._base import Code

_BT = "BIM business-type"


class Direction(Code):
    """Which way the energy flows, seen from the grid."""

    IN = "In", None, "into the grid: production", "innmating", "examples"
    OUT = "Out", None, "out of the grid: consumption", "uttak", "examples"


class Unit(Code):
    """Unit of a product."""

    KWH = "kWh", None, "kilowatt hour", "kilowattime", "XSD"
    KVARH = "kvarh", None, "kilovolt-ampere reactive hour", None, "XSD"


class Product(Code):
    """Product of a channel. Elhub's own numbers (4700...) are no GS1 numbers: they have no check digit.

    The agency of Elhub's own products is not stated where this project could look; 89 follows from the schema.
    """

    ACTIVE_ENERGY = "8716867000030", "9", "active energy, kWh", "aktiv energi", "examples"
    REACTIVE_ENERGY = "8716867000047", "9", "reactive energy, kvarh", "reaktiv energi", "ebIX", "inferred"
    REACTIVE_CAPACITIVE = "8716867000139", "9", "reactive energy, capacitive, kvarh", None, "ebIX", "inferred"
    REACTIVE_INDUCTIVE = "8716867000146", "9", "reactive energy, inductive, kvarh", None, "ebIX", "inferred"
    ACTIVE_6015 = "4700000000201", "89", "active energy, 6015-transformed, kWh", None, "15min channels"
    ACTIVE_PROFILED = "4700000000101", "89", "active energy, profiled, kWh", None, "15min channels"
    VIRTUAL_DISTRIBUTED = "4700000000301", "89", "active energy, virtual distributed, kWh", None, "15min channels"
    VIRTUAL_GROSS = "4700000000302", "89", "active energy, virtual gross, kWh", None, "15min channels"
    VIRTUAL_NET = "4700000000303", "89", "active energy, virtual net, kWh", None, "15min channels"

    @property
    def is_reactive(self) -> bool:
        """Whether it is reactive energy, in kvarh; all others are active, in kWh."""
        return self in {Product.REACTIVE_ENERGY, Product.REACTIVE_CAPACITIVE, Product.REACTIVE_INDUCTIVE}

    @property
    def is_metered(self) -> bool:
        """Whether it is metered: its number is ebIX's. Elhub calculates the others."""
        return str(self.value).startswith("8716867")


class Resolution(Code):
    """Length of one interval of a time series (``ResolutionDuration``)."""

    P1D = "P1D", None, "one day", None, "XSD"
    P1M = "P1M", None, "one month", None, "XSD"
    P1Y = "P1Y", None, "one year", None, "XSD"
    PT5M = "PT5M", None, "5 minutes", None, "XSD"
    PT15M = "PT15M", None, "15 minutes", None, "XSD"
    PT1H = "PT1H", None, "one hour", None, "XSD"
    PT30M = "PT30M", None, "30 minutes", None, "XSD"
    PT60M = "PT60M", None, "60 minutes; the same as PT1H", None, "VAL-313"

    @property
    def step(self) -> timedelta | None:
        """Length of an interval; none for days, months and years, whose lengths vary."""
        return _STEPS.get(self)


_STEPS: Final = {
    Resolution.PT5M: timedelta(minutes=5),
    Resolution.PT15M: timedelta(minutes=15),
    Resolution.PT30M: timedelta(minutes=30),
    Resolution.PT60M: timedelta(hours=1),
    Resolution.PT1H: timedelta(hours=1),
}


class Quality(Code):
    """Quality of an estimated value."""

    ESTIMATED = "56", None, "estimated", "estimert", "ebIX; examples", "inferred"
    FINAL_ESTIMATED = "81", None, "final estimate", "endelig estimert", "ebIX", "inferred"


class EstimationCode(Code):
    """How a value was estimated (VEE standard 3.0)."""

    E001 = "E001", None, "total volume known, profile from the point's own history", None, "VEE 3.0"
    E002 = "E002", None, None, None, "XSD"
    E003 = "E003", None, None, None, "XSD"
    E004 = "E004", None, None, None, "XSD"
    E005 = "E005", None, "power disconnected", None, "NVE-RME 2019-05-02"
    E006 = "E006", None, None, None, "XSD"
    E007 = "E007", None, None, None, "XSD"
    E008 = "E008", None, None, None, "XSD"


class ValidationCode(Code):
    """Which validation a value failed (VEE standard); the meanings are not published where this project could look."""

    V001 = "V001", None, None, None, "XSD"
    V002 = "V002", None, None, None, "XSD"
    V003 = "V003", None, None, None, "XSD"
    V004 = "V004", None, None, None, "XSD"
    V011 = "V011", None, None, None, "XSD"
    V012 = "V012", None, None, None, "XSD"
    V013 = "V013", None, None, None, "XSD"
    V014 = "V014", None, None, None, "XSD"
    V999 = "V999", None, None, None, "XSD"


class MeterReadReason(Code):
    """Why a meter was read."""

    PERIODIC = "1", None, "periodic", None, "change log 1.6; examples"
    METER_CHANGE = "4", None, "meter change", None, "change log 1.6"


class BusinessType(Code):
    """What a series stands for (agency 89)."""

    HP01 = "HP01", "89", "preliminary profiled consumption", None, _BT
    HP02 = "HP02", "89", "final preliminary (estimated) profiled consumption", None, _BT
    HP03 = "HP03", "89", "temporary profiled consumption", None, _BT
    HP04 = "HP04", "89", "final (measured) profiled consumption", None, _BT
    LS01 = "LS01", "89", "total grid loss in the grid area", None, _BT
    LS02 = "LS02", "89", "final grid loss, computed 1, 2 or 3 years after", None, _BT
    LS03 = "LS03", "89", "loss from profiled consumption without contract", None, _BT
    LS04 = "LS04", "89", "loss from 6015-transformed consumption without contract", None, _BT
    LS05 = "LS05", "89", "loss from interval consumption without contract, without 6015", None, _BT
    LS06 = "LS06", "89", "final version of LS03", None, _BT
    LS07 = "LS07", "89", "final version of LS04", None, _BT
    LS08 = "LS08", "89", "final version of LS05", None, _BT
    MP01 = "MP01", "89", "interval values of a metering point", None, _BT
    MP02 = "MP02", "89", "period volume of a metering point", None, _BT
    RE01 = "RE01", "89", "reconciliation, interval consumption without 6015, per supplier", None, _BT
    RE02 = "RE02", "89", "reconciliation, profiled, per supplier", None, _BT
    RE03 = "RE03", "89", "reconciliation, production, per supplier", None, _BT
    RE04 = "RE04", "89", "reconciliation of 15-minute consumption per supplier", None, "15min draft", "inferred"
    SE02 = "SE02", "89", "sum of infeed per grid area", None, _BT
    SE04 = "SE04", "89", "sum of exchange", None, _BT
    SE05 = "SE05", "89", "sum of last-resort consumption per grid area", None, _BT
    SE06 = "SE06", "89", "sum of pumped consumption per grid area", None, _BT
    SE07 = "SE07", "89", "unmetered or estimated profiled consumption in imbalance settlement per grid area", None, _BT
    SE08 = "SE08", "89", "sum of consumption per balance responsible and grid area, without pumps", None, _BT
    SE09 = "SE09", "89", "sum of production per balance responsible and grid area", None, _BT
    SE10 = "SE10", "89", "sum of consumption (the rest of the published text was cut)", None, _BT, "inferred"
    SE11 = "SE11", "89", None, None, "XSD"
    SE12 = "SE12", "89", None, None, "XSD"
    SE13 = "SE13", "89", None, None, "XSD"
    SE14 = "SE14", "89", None, None, "XSD"
    SE15 = "SE15", "89", None, None, "XSD"
    SE16 = "SE16", "89", None, None, "XSD"
    SE17 = "SE17", "89", None, None, "XSD"
    SE18 = "SE18", "89", None, None, "XSD"
    SE19 = "SE19", "89", None, None, "XSD"
    SE20 = "SE20", "89", None, None, "XSD"
    SE21 = "SE21", "89", None, None, "XSD"
    SE22 = "SE22", "89", None, None, "XSD"
    SE23 = "SE23", "89", None, None, "XSD"
    SE24 = "SE24", "89", None, None, "XSD"
    SE25 = "SE25", "89", None, None, "XSD"
    SE26 = "SE26", "89", None, None, "XSD"
    SE27 = "SE27", "89", None, None, "XSD"
    SE28 = "SE28", "89", None, None, "XSD"
    SE29 = "SE29", "89", None, None, "XSD"
    SE30 = "SE30", "89", None, None, "XSD"
    SE31 = "SE31", "89", None, None, "XSD"
