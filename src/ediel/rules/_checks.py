"""Checks that several families share."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from ediel.calendar import is_midnight
from ediel.codes import Unit
from ediel.rules._rule import NOT_APPLICABLE, Check, Flaw, Known, Outcome

if TYPE_CHECKING:
    from ediel.messages.points import ProductCharacteristics
    from ediel.rules._shapes import Measured, Spanned, Valid


def at_midnight(field: str) -> Check:
    """A moment, when given, is a Norwegian midnight."""

    def check(subject: object, _facts: Known) -> Outcome:
        moment: datetime | None = getattr(subject, field)
        if moment is None:
            return NOT_APPLICABLE
        return () if is_midnight(moment) else (Flaw(field, str(moment), "a Norwegian midnight"),)

    return check


def bounds(subject: Spanned) -> tuple[datetime, datetime] | None:
    """Start and end of a payload's period, when both are given."""
    period = subject.period
    return None if period is None or period.start is None or period.end is None else (period.start, period.end)


def period_ends_after_start(subject: Spanned, _facts: Known) -> Outcome:
    """The period of a payload, when it has both ends, ends after it starts."""
    found = bounds(subject)
    if found is None:
        return NOT_APPLICABLE
    return () if found[1] > found[0] else (Flaw("period.end", str(found[1]), f"later than {found[0]}"),)


def validity_ends_after_start(subject: Valid, _facts: Known) -> Outcome:
    """``EndOfOccurrence`` is later than ``StartOfOccurrence`` where both are given."""
    start, end = subject.start_of_occurrence, subject.end_of_occurrence
    if start is None or end is None:
        return NOT_APPLICABLE
    return () if end > start else (Flaw("end_of_occurrence", str(end), f"later than {start}"),)


def unit_fits(product: ProductCharacteristics) -> Flaw | None:
    """Whether kvarh goes with reactive and kWh with active energy; the flaw counts from the product."""
    right = Unit.KVARH if product.product.is_reactive else Unit.KWH
    found = product.unit
    return None if found is right else Flaw("unit", found.value, right.value)


def unit_of_product(subject: Measured, _facts: Known) -> Outcome:
    """The unit fits the product of a payload."""
    if subject.product is None:
        return NOT_APPLICABLE
    flaw = unit_fits(subject.product)
    return () if flaw is None else (Flaw(f"product.{flaw.at}", flaw.found, flaw.expected),)
