"""Master data of metering points, BRS-NO-121, 122, 302 and 402, and of customers, BRS-NO-301."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final

from ediel import brs
from ediel.codes import Direction, MeteringPointType, Product
from ediel.rules._checks import unit_fits
from ediel.rules._customer import ADDRESSES, CUSTOMER
from ediel.rules._rule import NOT_APPLICABLE, UNKNOWN, Flaw, Known, Outcome, Row, Rule, absent, present

if TYPE_CHECKING:  # at run time the models come with the message
    from ediel.messages.master_data import RequestUpdateMasterDataMeteringPoint
    from ediel.messages.master_data import RequestUpdateMasterDataMeteringPointEvent as Event

    Check = Callable[[Event, Known], Outcome]


def _one_payload(message: RequestUpdateMasterDataMeteringPoint, _facts: Known) -> Outcome:
    count = len(message.payloads)
    return () if count == 1 else (Flaw("payloads.1", f"{count} payloads", "1 payload"),)


_ONE: Final = Row("one-payload", "EH092", "There is one payload.", "Det er én payload.", _one_payload)


def _characteristic(field: str, *, required: bool) -> Check:
    """A characteristic that must be there: always, or only when the class is sent."""

    def check(event: Event, _facts: Known) -> Outcome:
        if event.characteristics is None:
            return (Flaw("characteristics", expected=field.replace("_", " ")),) if required else NOT_APPLICABLE
        if getattr(event.characteristics, field) is not None:
            return ()
        return (Flaw(f"characteristics.{field}", expected=field.replace("_", " ")),)

    return check


def _no_status(event: Event, _facts: Known) -> Outcome:
    if event.characteristics is None:
        return NOT_APPLICABLE
    found = event.characteristics.physical_status
    return () if found is None else (Flaw("characteristics.physical_status", found.value, "nothing"),)


def _not_exchange(event: Event, _facts: Known) -> Outcome:
    found = None if event.characteristics is None else event.characteristics.metering_point_type
    if found is None:
        return NOT_APPLICABLE
    if found.value != "E20":
        return ()
    return (Flaw("characteristics.metering_point_type", found.value, "a type other than E20"),)


def _only_for(field: str, *types: str) -> Check:
    """A characteristic that goes with some types of metering point only."""
    words = " or ".join(types)

    def check(event: Event, _facts: Known) -> Outcome:
        found = event.characteristics
        if found is None or getattr(found, field) is None:
            return NOT_APPLICABLE
        if found.metering_point_type is None:
            return UNKNOWN
        if found.metering_point_type.value in types:
            return ()
        return (Flaw(f"characteristics.{field}", None, f"nothing; it goes with type {words}"),)

    return check


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


def _channel_units(event: Event, _facts: Known) -> Outcome:
    if not event.measurements:
        return NOT_APPLICABLE
    flaws = []
    for index, channel in enumerate(event.measurements):
        flaw = unit_fits(channel.product)
        if flaw is not None:
            flaws.append(Flaw(f"measurements.{index}.product.{flaw.at}", flaw.found, flaw.expected))
    return flaws


_NEVER_ANNOUNCED: Final = frozenset({Product.ACTIVE_6015, Product.ACTIVE_PROFILED})


def _channel_products(event: Event, _facts: Known) -> Outcome:
    if not event.measurements:
        return NOT_APPLICABLE
    return [
        Flaw(f"measurements.{index}.product.product", channel.product.product.value, "a product of a channel")
        for index, channel in enumerate(event.measurements)
        if channel.product.product in _NEVER_ANNOUNCED
    ]


_DIRECTIONS: Final = {
    MeteringPointType.CONSUMPTION: frozenset({Direction.OUT}),
    MeteringPointType.PRODUCTION: frozenset({Direction.IN}),
}
"""One series: out of the grid for consumption, into it for production. A combined or exchange point has both."""


def _channel_directions(event: Event, _facts: Known) -> Outcome:
    kind = None if event.characteristics is None else event.characteristics.metering_point_type
    if not event.measurements or kind is None:
        return NOT_APPLICABLE
    right = _DIRECTIONS.get(kind)
    if right is None:
        return ()
    return [
        Flaw(f"measurements.{index}.direction", channel.direction.value, f"{min(right).value} for type {kind.value}")
        for index, channel in enumerate(event.measurements)
        if channel.product.product is Product.ACTIVE_ENERGY and channel.direction not in right
    ]


def _channels_once(event: Event, _facts: Known) -> Outcome:
    if not event.measurements:
        return NOT_APPLICABLE
    seen = set()
    flaws = []
    for index, channel in enumerate(event.measurements):
        key = channel.product.product.value, channel.direction.value, channel.resolution.value
        if key in seen:
            flaws.append(Flaw(f"measurements.{index}", f"{' '.join(key)} again", "each channel once"))
        seen.add(key)
    return flaws


_CHANNELS: Final = (
    Row("channel-unit", None, "The unit of a channel fits its product.", "Enheten i en kanal passer til produktet.", _channel_units),
    Row("channel-product", None, "No channel is 6015-transformed or profiled energy, which is never announced.", "Ingen kanal er 6015-transformert eller profilert energi, som aldri meldes.", _channel_products),
    Row("channel-direction", None, "Active energy goes Out at consumption, In at production.", "Aktiv energi går Out ved forbruk, In ved produksjon.", _channel_directions),
    Row("channel-once", None, "No two channels have the same product, direction and resolution.", "Ingen to kanaler har samme produkt, retning og oppløsning.", _channels_once),
)  # fmt: skip


_301: Final = Row(
    "start",
    "EH032",
    "StartOfOccurrence is given.",
    "StartOfOccurrence er oppgitt.",
    present("start_of_occurrence", "a moment"),
)


def rules() -> Iterator[Rule]:
    """The rules of this family."""
    name = "RequestUpdateMasterDataMeteringPoint"
    yield _ONE.of("121", name, source="VAL-121", standing="published", each=False)
    updates = [row.number for row in brs.of_family("master_data") if name in row.requests]
    yield _ONE.of("122", name, source="VAL-122", standing="published", each=False)
    for process in updates:
        if process not in {"121", "122"}:
            source = "BIM requestupdatemasterdatameteringpoint; VAL-121"
            yield _ONE.of(process, name, source=source, standing="published", each=False, code_standing="inferred")
    for process, rows in (("121", (*_121, *_SHARED)), ("122", (*_122, *_SHARED))):
        for row in rows:
            yield row.of(process, name, source=f"VAL-{process}", standing="published")
    for process in updates:
        for row in _CHANNELS:
            yield row.of(process, name, source="BRS-NO-313; 15min channels", standing="inferred")
    customer = "RequestUpdateCustomerInformation"
    for row in (_301, *CUSTOMER):
        yield row.of("301", customer, source="VAL-301", standing="published")
    yield ADDRESSES.of("301", customer, source="XSD; end-user guideline", standing="inferred")
