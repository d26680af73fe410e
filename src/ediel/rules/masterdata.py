"""Metering points, third-party access and shared production: BRS-NO-121, 122, 302, 317, 402, 622 and 701."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from ediel.calendar import is_midnight
from ediel.codes import FormulaType, MeteringPointType
from ediel.rules._rule import NOT_APPLICABLE, UNKNOWN, Facts, Flaw, Row, Rule, Said, absent, beyond_reach, present

if TYPE_CHECKING:  # at run time the models come with the message
    from ediel.messages.masterdata import RequestUpdateMasterDataMeteringPoint
    from ediel.messages.masterdata import RequestUpdateMasterDataMeteringPointEvent as Event
    from ediel.messages.shared_production import RequestUpdateSharedProductionEvent

    Look = Callable[[Event, Facts], Said]


def _one_payload(message: RequestUpdateMasterDataMeteringPoint, _facts: Facts) -> Said:
    count = len(message.payloads)
    return () if count == 1 else (Flaw("payloads.1", f"{count} payloads", "1 payload"),)


_ONE: Final = Row("one-payload", "EH092", "There is one payload.", "Det er én payload.", _one_payload)


def _characteristic(field: str, *, required: bool) -> Look:
    """A characteristic that must be there: always, or only when the class is sent."""

    def look(event: Event, _facts: Facts) -> Said:
        if event.characteristics is None:
            return (Flaw("characteristics", expected=field.replace("_", " ")),) if required else NOT_APPLICABLE
        if getattr(event.characteristics, field) is not None:
            return ()
        return (Flaw(f"characteristics.{field}", expected=field.replace("_", " ")),)

    return look


def _no_status(event: Event, _facts: Facts) -> Said:
    if event.characteristics is None:
        return NOT_APPLICABLE
    found = event.characteristics.physical_status
    return () if found is None else (Flaw("characteristics.physical_status", found.value, "nothing"),)


def _not_exchange(event: Event, _facts: Facts) -> Said:
    found = None if event.characteristics is None else event.characteristics.metering_point_type
    if found is None:
        return NOT_APPLICABLE
    if found.value != "E20":
        return ()
    return (Flaw("characteristics.metering_point_type", found.value, "a type other than E20"),)


def _only_for(field: str, *types: str) -> Look:
    """A characteristic that goes with some types of metering point only."""
    words = " or ".join(types)

    def look(event: Event, _facts: Facts) -> Said:
        found = event.characteristics
        if found is None or getattr(found, field) is None:
            return NOT_APPLICABLE
        if found.metering_point_type is None:
            return UNKNOWN
        if found.metering_point_type.value in types:
            return ()
        return (Flaw(f"characteristics.{field}", None, f"nothing; it goes with type {words}"),)

    return look


_ALL_TYPES: Final = tuple(item.value for item in MeteringPointType)


def _but(*types: str) -> tuple[str, ...]:
    return tuple(item for item in _ALL_TYPES if item not in types)


_SHARED: Final = (
    Row("start", "EH032", "StartOfOccurrence is given.", "StartOfOccurrence er oppgitt.", present("start_of_occurrence", "a moment")),
    Row("original-reference", "EH033", "No original message is given.", "Opprinnelig melding er ikke oppgitt.", absent("original_reference")),
    Row("physical-status", "EH026", "No physical status is given.", "Fysisk status er ikke oppgitt.", _no_status),
    Row("exchange", "EH039", "The type is not E20, exchange.", "Typen er ikke E20, utveksling.", _not_exchange),
    Row(
        "consumption-sub-type", "EH026", "A sub type of consumption goes with E17 and E19 only.",
        "Undertype for forbruk hører bare til E17 og E19.", _only_for("consumption_sub_type", "E17", "E19"),
    ),
    Row(
        "production-sub-type", "EH026", "A sub type of production goes with E18 and E19 only.",
        "Undertype for produksjon hører bare til E18 og E19.", _only_for("production_sub_type", "E18", "E19"),
    ),
    Row(
        "installed-capacity", "EH026", "Installed capacity does not go with E17.",
        "Installert effekt hører ikke til E17.", _only_for("installed_capacity", *_but("E17")),
    ),
    Row(
        "connection-capacity", "EH026", "Contracted connection capacity does not go with E18.",
        "Avtalt effekt hører ikke til E18.", _only_for("contracted_connection_capacity", *_but("E18")),
    ),
    Row("priority", "EH026", "Priority does not go with E18.", "Prioritet hører ikke til E18.", _only_for("priority", *_but("E18"))),
)  # fmt: skip
_121: Final = (
    Row("identification", "EH092", "The payload has no identification.", "Payload har ingen identifikasjon.", absent("identification")),
    Row("grid-area", "EH041", "A metering grid area is given.", "Et nettområde er oppgitt.", present("grid_area", "a metering grid area")),
    Row("address", "E86", "An address is given.", "En adresse er oppgitt.", present("address", "an address")),
    Row(
        "settlement-method", "EH038", "The settlement method is given.", "Avregningsform er oppgitt.",
        _characteristic("settlement_method", required=True),
    ),
    Row(
        "point-type", "EH039", "The type of metering point is given.", "Målepunkttype er oppgitt.",
        _characteristic("metering_point_type", required=True),
    ),
)  # fmt: skip
_122: Final = (
    Row("identification", "EH026", "The payload has no identification.", "Payload har ingen identifikasjon.", absent("identification")),
    Row("grid-area", "EH064", "No metering grid area is given.", "Nettområde er ikke oppgitt.", absent("grid_area")),
    Row(
        "settlement-method", "EH038", "The settlement method is given when characteristics are.",
        "Avregningsform er oppgitt når egenskaper er det.", _characteristic("settlement_method", required=False),
    ),
    Row(
        "point-type", "EH039", "The type of metering point is given when characteristics are.",
        "Målepunkttype er oppgitt når egenskaper er det.", _characteristic("metering_point_type", required=False),
    ),
)  # fmt: skip


def _midnight(event: RequestUpdateSharedProductionEvent, _facts: Facts) -> Said:
    moment = event.start_of_occurrence
    if moment is None:
        return NOT_APPLICABLE
    return () if is_midnight(moment) else (Flaw("start_of_occurrence", str(moment), "a Norwegian midnight"),)


def _shares(event: RequestUpdateSharedProductionEvent, _facts: Facts) -> Said:
    """All surplus is handed out. Thirds do not sum to one in six decimals; a millionth per recipient is let through."""
    calculation = event.calculation
    if calculation.formula is not FormulaType.MANUAL or calculation.participants is None:
        return NOT_APPLICABLE
    recipients = calculation.participants.recipients
    shares = [item.share for item in recipients if item.share is not None]
    total = sum(shares, Decimal(0))
    if len(shares) == len(recipients) and abs(total - 1) <= Decimal("0.000001") * len(shares):
        return ()
    found = f"{total} from {len(shares)} of {len(recipients)} recipients"
    return (Flaw("calculation.participants.recipients", found, "shares of all recipients that sum to 1"),)


_701: Final = (
    Row("midnight", None, "StartOfOccurrence is a Norwegian midnight.", "StartOfOccurrence er midnatt norsk tid.", _midnight),
    Row("shares", None, "Manual shares of the recipients sum to 1.", "Manuelle andeler til mottakerne blir 1 til sammen.", _shares),
)  # fmt: skip

_622: Final = tuple(
    Row(name, code, text, text_nb, beyond_reach, "register", "Register")
    for name, code, text, text_nb in (
        ("1", "E10", "The metering point is registered.", "Målepunktet er registrert."),
        ("2", "EH010", "The metering point is an accounting point.", "Målepunktet er et avregningspunkt."),
        ("3", "EH016", "The metering point has an end user on the day the process starts.", "Målepunktet har en sluttbruker den dagen prosessen starter."),
        ("4", "EH088", "The end user approves the request.", "Sluttbrukeren godkjenner forespørselen."),
        ("5", "EH017", "Who asks for access does not have it already.", "Den som ber om tilgang, har den ikke fra før."),
    )
)  # fmt: skip


def rules() -> Iterator[Rule]:
    """The rules of this family."""
    name = "RequestUpdateMasterDataMeteringPoint"
    yield _ONE.of("121", name, source="VAL-121", standing="published", each=False)
    for process in ("122", "302", "402"):
        source = "BIM requestupdatemasterdatameteringpoint; VAL-121"
        yield _ONE.of(process, name, source=source, standing="inferred", each=False)
    for process, rows in (("121", (*_121, *_SHARED)), ("122", (*_122, *_SHARED))):
        for row in rows:
            yield row.of(process, name, source=f"VAL-{process}", standing="published")
    for row in _622:
        yield row.of("622", "UpdateThirdPartyAccess", source="BRS-NO-622", standing="published", each=False)
    for row in _701:
        yield row.of(
            "701", "RequestUpdateSharedProduction", source="BRS-NO-701; NVE-RME 2023-10-13", standing="inferred"
        )
