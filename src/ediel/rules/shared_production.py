"""Shared production: BRS-NO-701. Its table is not published; the rows follow from the text and from the market's rules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from ediel.codes import FormulaType, UpdateIndicator
from ediel.rules._checks import at_midnight, validity_ends_after_start
from ediel.rules._rule import NOT_APPLICABLE, Flaw, Known, Outcome, Row, Rule

if TYPE_CHECKING:  # at run time the models come with the message
    from ediel.messages.shared_production import RequestUpdateSharedProductionEvent as Event


def _shares(event: Event, _facts: Known) -> Outcome:
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


def _whole(event: Event, _facts: Known) -> Outcome:
    if event.update_indicator is not UpdateIndicator.ADD:
        return NOT_APPLICABLE
    missing = [name for name in ("name", "formula", "participants") if getattr(event.calculation, name) is None]
    return tuple(Flaw(f"calculation.{name}", expected=name) for name in missing)


def _named(event: Event, _facts: Known) -> Outcome:
    if event.update_indicator is UpdateIndicator.ADD:
        return NOT_APPLICABLE
    given = event.calculation.id is not None or event.calculation.name is not None
    return () if given else (Flaw("calculation.id", expected="Id or Name of the calculation"),)


def _once(event: Event, _facts: Known) -> Outcome:
    participants = event.calculation.participants
    if participants is None:
        return NOT_APPLICABLE
    flaws = []
    for side in ("contributors", "recipients"):
        points = [item.metering_point for item in getattr(participants, side)]
        for point, count in Counter(points).items():
            if count > 1:
                at = f"calculation.participants.{side}.{len(points) - 1 - points[::-1].index(point)}.metering_point"
                flaws.append(Flaw(at, f"{point}, {count} times", "each metering point once"))
    return flaws


_REQUEST: Final = (
    Row("midnight", None, "StartOfOccurrence is a Norwegian midnight.", "StartOfOccurrence er midnatt norsk tid.", at_midnight("start_of_occurrence"), standing="published", source="BIM requestupdatesharedproduction"),
    Row("shares", None, "Manual shares of the recipients sum to 1.", "Manuelle andeler til mottakerne blir 1 til sammen.", _shares),
    Row("whole", None, "A new calculation has a name, a formula and participants.", "En ny beregning har navn, formel og deltakere.", _whole),
    Row("named", None, "A calculation to change or end is named.", "En beregning som endres eller avsluttes, er oppgitt.", _named),
    Row("once", None, "No metering point stands twice in a list.", "Ingen målepunkt står to ganger i en liste.", _once),
)  # fmt: skip
_NOTICE: Final = (
    Row("notice-start-midnight", None, "StartOfOccurrence is a Norwegian midnight.", "StartOfOccurrence er midnatt norsk tid.", at_midnight("start_of_occurrence")),
    Row("notice-end-midnight", None, "EndOfOccurrence is a Norwegian midnight.", "EndOfOccurrence er midnatt norsk tid.", at_midnight("end_of_occurrence")),
    Row("notice-end", None, "It ends after it starts.", "Den slutter etter at den begynner.", validity_ends_after_start),
)  # fmt: skip


def rules() -> Iterator[Rule]:
    """The rules of this family."""
    source = "BRS-NO-701; NVE-RME 2023-10-13"
    for row in _REQUEST:
        yield row.of("701", "RequestUpdateSharedProduction", source=source, standing="inferred")
    for row in _NOTICE:
        yield row.of("701", "NotifySharedProduction", source="BIM 40", standing="inferred")
