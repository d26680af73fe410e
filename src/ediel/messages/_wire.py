"""The single values of EMIF 2.4.3: each name stands for what Python sees and what the wire allows."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Final

from ediel import identifiers
from ediel.identifiers import Eic, Gln, Gsrn, Identifier
from ediel.messages._numbers import DecimalType, IntType
from ediel.messages._wire_types import BooleanType, FixedTrueType, Id, MomentType, Text, UuidType

_GS1: Final = ("schemeAgencyIdentifier", ("9",))

Text10 = Annotated[str, Text(10)]
Text18 = Annotated[str, Text(18)]
Text40 = Annotated[str, Text(40)]
Text50 = Annotated[str, Text(50)]
Text80 = Annotated[str, Text(80)]
Text100 = Annotated[str, Text(100)]
Text150 = Annotated[str, Text(150)]
Text300 = Annotated[str, Text(300)]
Text1000 = Annotated[str, Text(1000)]
# The same three types as everywhere, with what the wire says of them.
UuidText = Annotated[identifiers.UuidText, UuidType()]
MeteringPointId = Annotated[
    identifiers.MeteringPointId,
    Id("MeteringPointId", Gsrn, "Metering point: GSRN, 18 digits (GS1).", _GS1, pattern=Gsrn.shape),
]
PartyId = Annotated[str, Id("PartyId", Gln, "Market party: GLN, up to 13 characters (GS1).", _GS1, most=13)]
GridAreaId = Annotated[
    str,
    Id(
        "GridAreaId",
        Eic,
        "Metering grid area: EIC, up to 16 characters (ENTSO-E).",
        ("schemeAgencyIdentifier", ("305",)),
        most=16,
    ),
]
EndUserId = Annotated[
    str,
    Id(
        "EndUserId",
        Identifier,
        "End user: national identity number, D-number or organisation number, up to 11 characters.",
        ("schemeAgencyIdentifier", ("82", "Z01")),
        most=11,
    ),
]
Moment = Annotated[datetime, MomentType(3)]
Moment9 = Annotated[datetime, MomentType(9)]
Flag = Annotated[bool, BooleanType()]
FixedTrue = Annotated[bool, FixedTrueType()]
Quantity = Annotated[Decimal, DecimalType("Quantity", 3, 15, least="0", most_exclusive="1000000000000")]
SignedQuantity = Annotated[
    Decimal,
    DecimalType("SignedQuantity", 3, 15, least_exclusive="-1000000000000", most_exclusive="1000000000000"),
]
SignedAmount = Annotated[
    Decimal,
    DecimalType("SignedAmount", 2, 12, least_exclusive="-10000000000", most_exclusive="10000000000"),
]
MeterConstant = Annotated[Decimal, DecimalType("MeterConstant", 5, 12, least="0", most_exclusive="10000000")]
Coordinate = Annotated[Decimal, DecimalType("Coordinate", 5, 8, least="0", most_exclusive="1000")]
Percent = Annotated[Decimal, DecimalType("Percent", 2, 5, least="0", most="100")]
Share = Annotated[Decimal, DecimalType("Share", 6, least="0", most="1")]
Int2 = Annotated[int, IntType("Int2", 99)]
MOST_SEQUENCE: Final = 9999
"""Largest position of a value in its series."""
Int4 = Annotated[int, IntType("Int4", MOST_SEQUENCE)]
Int9 = Annotated[int, IntType("Int9", 999999999)]
Int12 = Annotated[int, IntType("Int12", 999999999999, "long")]
