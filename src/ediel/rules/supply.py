"""Start and end of supply, and the customer in them: BRS-NO-101 to 104, 111, 123, 133, 201, 202, 221, 222, 301.

The tables of most of these are not published. Their rows here follow from the text of the processes and from the
tables of BRS-NO-222 and 301, and are marked inferred.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from ediel.calendar import market_day
from ediel.codes import EndUserScheme
from ediel.messages import Message
from ediel.rules._ask import cancels, requested_field
from ediel.rules._rule import NOT_APPLICABLE, UNKNOWN, Flaw, Known, Outcome, Row, Rule, absent, present

Payload = Any  # a start, an end, or an update of customer information: they share these fields
_PERSON: Final = EndUserScheme.NATIONAL_IDENTITY_NUMBER


def _person_named(event: Payload, _facts: Known) -> Outcome:
    customer = event.customer
    if customer.identification_scheme is not _PERSON:
        return NOT_APPLICABLE
    if customer.given_name is not None or customer.family_name is not None:
        return ()
    return (Flaw("customer.family_name", None, "GivenName or FamilyName, or both"),)


def _person_only(event: Payload, _facts: Known) -> Outcome:
    if event.customer.identification_scheme is not _PERSON:
        return NOT_APPLICABLE
    return () if event.customer.name is None else (Flaw("customer.name", None, "nothing"),)


def _organisation_named(event: Payload, _facts: Known) -> Outcome:
    if event.customer.identification_scheme is _PERSON:
        return NOT_APPLICABLE
    return () if event.customer.name is not None else (Flaw("customer.name", None, "Name"),)


def _organisation_only(event: Payload, _facts: Known) -> Outcome:
    customer = event.customer
    if customer.identification_scheme is _PERSON:
        return NOT_APPLICABLE
    given = [name for name in ("given_name", "family_name") if getattr(customer, name) is not None]
    return tuple(Flaw(f"customer.{name}", None, "nothing") for name in given)


_CUSTOMER: Final = (
    Row(
        "person-name", "EH031", "A person has a given name, a family name, or both.",
        "En person har fornavn, etternavn eller begge.", _person_named,
    ),
    Row("person-only", "EH031", "A person has no Name.", "En person har ikke Name.", _person_only),
    Row("organisation-name", "EH031", "An organisation has a Name.", "En virksomhet har Name.", _organisation_named),
    Row(
        "organisation-only", "EH031", "An organisation has no given or family name.",
        "En virksomhet har verken fornavn eller etternavn.", _organisation_only,
    ),
)  # fmt: skip


def _addresses(event: Payload, _facts: Known) -> Outcome:
    kinds = [address.address_type for address in event.addresses]
    if len(set(kinds)) == len(kinds):
        return ()
    return (Flaw("addresses.1.address_type", kinds[1].value, "the other type"),)


_ADDRESSES: Final = Row(
    "addresses", None, "There is at most one postal and one invoice address.",
    "Det er høyst én postadresse og én fakturaadresse.", _addresses,
)  # fmt: skip


def _no_supplier(event: Payload, _facts: Known) -> Outcome:
    found = event.balance_supplier
    return () if found is None else (Flaw("balance_supplier", str(found), "nothing"),)


_222: Final = (
    Row(
        "6",
        "EH033",
        "The message that is rolled back is given.",
        "Meldingen som reverseres er oppgitt.",
        present("original_reference", "the message rolled back"),
    ),
    Row("7", "EH059", "No balance supplier is given.", "Kraftleverandør er ikke oppgitt.", _no_supplier),
)


_301: Final = Row(
    "start",
    "EH032",
    "StartOfOccurrence is given.",
    "StartOfOccurrence er oppgitt.",
    present("start_of_occurrence", "a moment"),
)


def _reference(message: Any, _facts: Known) -> Outcome:
    if not cancels(message):
        return NOT_APPLICABLE
    if message.payload.original_reference is not None:
        return ()
    return (Flaw("payload.original_reference", None, "the message that is cancelled or rolled back"),)


_REFERENCE: Final = Row(
    "original-reference", "EH033", "A cancellation or rollback points to the message it is about.",
    "En kansellering eller reversering peker på meldingen den gjelder.", _reference,
)  # fmt: skip


_SUPPLIER: Final = Row(
    "balance-supplier", None, "A supplier gives the balance supplier.", "En kraftleverandør oppgir kraftleverandør.",
    present("balance_supplier", "the new balance supplier"),
)  # fmt: skip


_NO_SLR: Final = Row(
    "move-in-to-slr", None, "moveInToSLR is given in BRS-NO-103 only.", "moveInToSLR er bare oppgitt i BRS-NO-103.",
    absent("move_in_to_slr"),
)  # fmt: skip


def _date(right: Callable[[int], bool], words: str) -> Callable[[Message, Known], Outcome]:
    """The requested day against the day of judgement; a cancellation repeats the day of the request and is free."""

    def check(message: Any, facts: Known) -> Outcome:
        if cancels(message):
            return NOT_APPLICABLE
        if facts.day is None:
            return UNKNOWN
        field = requested_field(message.payload)
        day = market_day(getattr(message.payload, field))
        if right((day - facts.day).days):
            return ()
        return (Flaw(f"payload.{field}", day.isoformat(), f"{words} {facts.day.isoformat()}"),)

    return check


_AHEAD: Final = Row(
    "date", "E17", "The date lies ahead.", "Datoen ligger fram i tid.", _date(lambda days: days > 0, "after"), "date"
)
_TODAY_OR_AHEAD: Final = Row(
    "date", "E17", "The date is today or ahead.", "Datoen er i dag eller fram i tid.",
    _date(lambda days: days >= 0, "not before"), "date",
)  # fmt: skip
_TODAY_OR_BACK: Final = Row(
    "date", "E17", "The date is today or back in time.", "Datoen er i dag eller tilbake i tid.",
    _date(lambda days: days <= 0, "not after"), "date",
)  # fmt: skip


def _not_too_far_back(message: Any, facts: Known) -> Outcome:
    if cancels(message):
        return NOT_APPLICABLE
    if facts.day is None:
        return UNKNOWN
    profile = facts.profile
    limit = profile.limit(message.process.business_process, "profiled", "back")
    if limit is None:
        return UNKNOWN
    oldest = profile.shift(facts.day, limit)
    day = market_day(message.payload.start_of_occurrence)
    if day >= oldest:
        return ()
    return (Flaw("payload.start_of_occurrence", day.isoformat(), f"{oldest.isoformat()} or later"),)


_BACK: Final = Row(
    "back", "E17", "The date lies at most 30 working days back, or what the market profile says.",
    "Datoen ligger høyst 30 virkedager tilbake, eller det markedsprofilen sier.", _not_too_far_back, "date",
)  # fmt: skip


_START: Final = "RequestStartOfSupply"
_END: Final = "RequestEndOfSupply"
_DATES: Final = {
    "101": (_AHEAD,), "102": (_TODAY_OR_AHEAD,), "103": (_TODAY_OR_BACK, _BACK), "104": (_TODAY_OR_BACK, _BACK),
    "201": (_AHEAD,), "202": (_AHEAD,),
}  # fmt: skip


def rules() -> Iterator[Rule]:
    """The rules of this family."""
    for row in _222:
        yield row.of("222", _END, source="VAL-222", standing="published")
    for row in (_301, *_CUSTOMER):
        yield row.of("301", "RequestUpdateCustomerInformation", source="VAL-301", standing="published")
    yield _ADDRESSES.of(
        "301", "RequestUpdateCustomerInformation", source="XSD; end-user guideline", standing="inferred"
    )
    for process in ("101", "102", "103", "104", "111", "123", "133", "201", "202", "211", "221"):
        message = _END if process.startswith("2") else _START
        for row in _CUSTOMER:
            yield row.of(process, message, source="as VAL-301: the same class", standing="inferred")
        yield _ADDRESSES.of(process, message, source="XSD; end-user guideline", standing="inferred")
        yield _REFERENCE.of(
            process, message, source="BIM requeststartofsupply; VAL-222", standing="inferred", each=False
        )  # fmt: skip
        for row in _DATES.get(process, ()):
            yield row.of(process, message, source=f"BRS-NO-{process}", standing="inferred", each=False)
    for process in ("101", "102", "103", "104", "111"):
        yield _SUPPLIER.of(process, _START, source="BIM requeststartofsupply", standing="inferred")
    for process in ("101", "102", "104", "111", "123", "133"):
        yield _NO_SLR.of(process, _START, source="BIM requeststartofsupply", standing="inferred")
