"""Third-party access: the message of BRS-NO-622. What its business rules ask of the register stands in ``register``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from ediel.calendar import market_day
from ediel.codes import UpdateIndicator
from ediel.rules._checks import at_midnight
from ediel.rules._rule import NOT_APPLICABLE, UNKNOWN, Flaw, Known, Outcome, Row, Rule

if TYPE_CHECKING:  # at run time the models come with the message
    from ediel.messages.access import UpdateThirdPartyAccessEvent as Event


def _changes(event: Event, _facts: Known) -> Outcome:
    if event.update_indicator is not UpdateIndicator.UPDATE:
        return NOT_APPLICABLE
    storage = event.customer is not None and event.customer.extended_storage is not None
    if storage or event.end_of_occurrence is not None:
        return ()
    return (Flaw("update_indicator", "Update of nothing", "EndOfOccurrence or ExtendedStorageMeteringValues"),)


def _ends_ahead(event: Event, facts: Known) -> Outcome:
    if event.end_of_occurrence is None or event.update_indicator is UpdateIndicator.DELETE:
        return NOT_APPLICABLE
    if facts.day is None:
        return UNKNOWN
    end = market_day(event.end_of_occurrence)
    return () if end > facts.day else (Flaw("end_of_occurrence", end.isoformat(), f"after {facts.day}"),)


_622: Final = (
    Row("change", None, "An update changes the end or the storage.", "En oppdatering endrer slutt eller lagring.", _changes),
    Row("end", None, "The access ends ahead in time.", "Tilgangen slutter fram i tid.", _ends_ahead, "date"),
    Row("midnight", None, "EndOfOccurrence is a Norwegian midnight.", "EndOfOccurrence er midnatt norsk tid.", at_midnight("end_of_occurrence")),
)  # fmt: skip


def rules() -> Iterator[Rule]:
    """The rules of this family."""
    for row in _622:
        source = "BIM updatethirdpartyaccess; EI-1120; flex-information-system"
        yield row.of("622", "UpdateThirdPartyAccess", source=source, standing="inferred")
