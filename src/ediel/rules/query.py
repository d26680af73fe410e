"""Queries: BRS-NO-303, 315, 324 and 611."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from ediel.calendar import market_day
from ediel.codes import QueryType
from ediel.rules._checks import period_ends_after_start
from ediel.rules._rule import NOT_APPLICABLE, UNKNOWN, Flaw, Known, Outcome, Row, Rule, absent, present

if TYPE_CHECKING:  # at run time the models come with the message
    from ediel.messages.query import RequestDataFromElhubEvent as Query
    from ediel.messages.query import RequestUpfrontMeteringPointCharacteristicsEvent as Search


def _type(*allowed: QueryType) -> Callable[[Query, Known], Outcome]:
    words = ", ".join(item.value for item in allowed)

    def check(query: Query, _facts: Known) -> Outcome:
        if query.query_type in allowed:
            return ()
        return (Flaw("query_type", query.query_type.value, words if len(allowed) == 1 else f"one of {words}"),)

    return check


def _at_most(years: Callable[[Query], int]) -> Callable[[Query, Known], Outcome]:
    def check(query: Query, _facts: Known) -> Outcome:
        if query.period is None:
            return NOT_APPLICABLE
        most = years(query)
        last = _years_after(query.period.start, most)
        if query.period.end <= last:
            return ()
        return (Flaw("period.end", str(query.period.end), f"at most {most} year{'s' if most > 1 else ''} long"),)

    return check


def _years_after(moment: datetime, years: int) -> datetime:
    try:
        return moment.replace(year=moment.year + years)
    except ValueError:  # 29 February
        return moment.replace(year=moment.year + years, day=28) + timedelta(days=1)


def _business_type(query: Query, _facts: Known) -> Outcome:
    found = query.business_type
    if found is None:
        return NOT_APPLICABLE
    if found.value.startswith(("MP", "HP")):
        return (Flaw("business_type", found.value, "a business type of a grid area"),)
    return ()


_324: Final = (
    Row("8", "EH015", "The query type is STLM.", "Spørringstypen er STLM.", _type(QueryType.STLM)),
    Row("9", "EH069", "No SnapShotOccurrence is given.", "SnapShotOccurrence er ikke oppgitt.", absent("snapshot")),
    Row("10", "EH032", "A period is given.", "En periode er oppgitt.", present("period", "a period")),
    Row("11", "E50", "The period ends after it starts.", "Perioden slutter etter at den begynner.", period_ends_after_start),
    Row("12", "E50", "The period is at most a year long.", "Perioden er høyst ett år lang.", _at_most(lambda _: 1)),
    Row("13", "EH071", "No metering point is given.", "Målepunkt er ikke oppgitt.", absent("metering_point")),
    Row(
        "14", "EH041", "A metering grid area is given.", "Et nettområde er oppgitt.",
        present("grid_area", "a metering grid area"),
    ),
    Row(
        "15", "EH015", "The business type is not one of a metering point (MP.., HP..).",
        "Business type er ikke en for målepunkt (MP.., HP..).", _business_type,
    ),
)  # fmt: skip


def _years_of_315(query: Query) -> int:
    return 10 if query.query_type is QueryType.MVRV else 1


_315: Final = (
    Row(
        "query-type", "EH015", "The query type is MVRV, MVTS or MVVT.", "Spørringstypen er MVRV, MVTS eller MVVT.",
        _type(QueryType.MVRV, QueryType.MVTS, QueryType.MVVT), standing="published",
    ),
    Row("period", "EH032", "A period is given.", "En periode er oppgitt.", present("period", "a period"), standing="published"),
    Row(
        "metering-point", None, "One metering point is given.", "Ett målepunkt er oppgitt.",
        present("metering_point", "a metering point"), standing="published",
    ),
    Row("end", "E50", "The period ends after it starts.", "Perioden slutter etter at den begynner.", period_ends_after_start),
    Row(
        "length", "E50", "The period is at most 1 year long, 10 years for readings and period volumes.",
        "Perioden er høyst 1 år lang, 10 år for målerstander og periodevolum.", _at_most(_years_of_315),
        standing="published",
    ),
    Row("snapshot", "EH069", "No SnapShotOccurrence is given.", "SnapShotOccurrence er ikke oppgitt.", absent("snapshot"), standing="published"),
    Row("business-type", None, "No business type is given.", "Business type er ikke oppgitt.", absent("business_type"), standing="published"),
    Row("grid-area", None, "No metering grid area is given.", "Nettområde er ikke oppgitt.", absent("grid_area"), standing="published"),
)  # fmt: skip


def _point_303(query: Query, facts: Known) -> Outcome:
    if query.query_type is not QueryType.MDCU:
        return NOT_APPLICABLE
    return present("metering_point", "a metering point")(query, facts)


def _not_ahead(query: Query, facts: Known) -> Outcome:
    if query.snapshot is None:
        return NOT_APPLICABLE
    if facts.day is None:
        return UNKNOWN
    day = market_day(query.snapshot)
    return () if day <= facts.day else (Flaw("snapshot", day.isoformat(), f"not after {facts.day}"),)


_303: Final = (
    Row(
        "query-type", "EH015", "The query type is MDMP or MDCU.", "Spørringstypen er MDMP eller MDCU.",
        _type(QueryType.MDMP, QueryType.MDCU), standing="published",
    ),
    Row(
        "metering-point", None, "A query for the customer names a metering point.",
        "En spørring om kunden oppgir et målepunkt.", _point_303, standing="published",
    ),
    Row("snapshot", None, "The moment asked for is not ahead in time.", "Tidspunktet ligger ikke fram i tid.", _not_ahead, "date"),
    Row("period", None, "No period is given.", "Periode er ikke oppgitt.", absent("period")),
    Row("business-type", None, "No business type is given.", "Business type er ikke oppgitt.", absent("business_type"), standing="published"),
    Row("grid-area", None, "No metering grid area is given.", "Nettområde er ikke oppgitt.", absent("grid_area")),
)  # fmt: skip


def _by_point(search: Search, _facts: Known) -> Outcome:
    if search.metering_point is None:
        return NOT_APPLICABLE
    return tuple(Flaw(name, None, "nothing") for name in ("meter", "address") if getattr(search, name) is not None)


def _by_customer(search: Search, _facts: Known) -> Outcome:
    if search.customer is None or search.meter is not None:
        return NOT_APPLICABLE
    if search.metering_point is not None:
        return UNKNOWN  # row 7 forbids the address that the printed row asks for; the process text allows this search
    if search.address is None:
        return (Flaw("address", expected="a postcode"),)
    return () if search.address.postcode is not None else (Flaw("address.postcode", expected="a postcode"),)


def _by_meter(search: Search, _facts: Known) -> Outcome:
    if search.meter is None:
        return NOT_APPLICABLE
    postcode = search.address is not None and search.address.postcode is not None
    if postcode != (search.customer is not None):
        return ()
    found = "both" if postcode else "neither"
    return (Flaw("meter", found, "exactly one of postcode and customer beside the meter"),)


def _meter_alone(search: Search, _facts: Known) -> Outcome:
    if search.meter is None:
        return NOT_APPLICABLE
    flaws = [Flaw("metering_point", None, "nothing")] if search.metering_point is not None else []
    if search.address is not None:
        flaws += [
            Flaw(f"address.{name}", None, "nothing")
            for name in ("street_name", "building_number")
            if getattr(search.address, name) is not None
        ]
    return flaws


def _by_address(search: Search, _facts: Known) -> Outcome:
    if search.address is None:
        return NOT_APPLICABLE
    if (search.customer is None) != (search.meter is None):
        return ()
    found = "neither" if search.customer is None else "both"
    return (Flaw("address", found, "exactly one of customer and meter beside the address"),)


_CRITERIA: Final = ("street_name", "building_number", "postcode")


def _combination(search: Search, _facts: Known) -> Outcome:
    """What the text of the process allows to be searched by; the printed rows say less."""
    if search.metering_point is not None or search.meter is not None:
        return NOT_APPLICABLE  # a point alone or with a customer; a meter is for rows 9 and 10
    if search.customer is None:
        if search.address is not None:
            return NOT_APPLICABLE  # row 11 says so
        return (Flaw("metering_point", expected="a metering point, or a customer or a postcode with more"),)
    address = search.address
    if address is None or address.postcode is None:
        return NOT_APPLICABLE  # row 8 says so
    given = [name for name in _CRITERIA if getattr(address, name) not in {None, "*"}]
    if len(given) > 1:
        return ()
    words = "at least two of postcode, street and house number beside the customer"
    return (Flaw("address", f"{len(given)} of them", words),)


def _postcode_wildcard(search: Search, facts: Known) -> Outcome:
    return _wildcard("postcode", 2)(search, facts)


def _wildcard(field: str, least: int) -> Callable[[Search, Known], Outcome]:
    words = f"* alone, or at least {least} character{'s' if least > 1 else ''} and one * at the end"

    def check(search: Search, _facts: Known) -> Outcome:
        value: str | None = None if search.address is None else getattr(search.address, field)
        if value is None:
            return NOT_APPLICABLE
        star = value.find("*")
        if star in {-1, len(value) - 1} and (star == -1 or value == "*" or star >= least):
            return ()
        return (Flaw(f"address.{field}", None, words),)

    return check


_611_TEXT: Final = (
    Row(
        "search", "EH015", "A search is by metering point, by customer with two parts of the address, or by meter.",
        "Et søk er på målepunkt, på kunde med to deler av adressen, eller på måler.", _combination,
    ),
    Row(
        "postcode", "EH015", "A postcode is * alone, or has at least 2 characters before a final *.",
        "Postnummer er bare *, eller har minst 2 tegn foran en * til slutt.", _postcode_wildcard,
    ),
)  # fmt: skip
"""What the text of the process prints, and no row that could be read; all rows have the same code."""


_611: Final = (
    Row(
        "7", "EH015", "With a metering point, neither meter nor address is given.",
        "Sammen med målepunkt er verken måler eller adresse oppgitt.", _by_point,
    ),
    Row(
        "8", "EH015", "A search by customer without a meter has a postcode.",
        "Et søk på kunde uten måler har postnummer.", _by_customer,
    ),
    Row(
        "9", "EH015", "A search by meter has either a postcode or a customer.",
        "Et søk på måler har enten postnummer eller kunde.", _by_meter,
    ),
    Row(
        "10", "EH015", "A search by meter has no metering point, street or house number.",
        "Et søk på måler har ikke målepunkt, gate eller husnummer.", _meter_alone,
    ),
    Row(
        "11", "EH015", "A search by address has either a customer or a meter.",
        "Et søk på adresse har enten kunde eller måler.", _by_address,
    ),
    Row(
        "12", "EH015", "A street is * alone, or has at least 5 characters before a final *.",
        "Gate er bare *, eller har minst 5 tegn foran en * til slutt.", _wildcard("street_name", 5),
    ),
    Row(
        "13", "EH015", "A house number is * alone, or has at least 1 character before a final *.",
        "Husnummer er bare *, eller har minst 1 tegn foran en * til slutt.", _wildcard("building_number", 1),
    ),
)  # fmt: skip


def rules() -> Iterator[Rule]:
    """The rules of this family."""
    for row in _324:
        yield row.of("324", "RequestDataFromElhub", source="VAL-324", standing="published")
    for process, rows in (("303", _303), ("315", _315)):
        for row in rows:
            source = f"BIM 5; BRS-NO-{process}"
            yield row.of(process, "RequestDataFromElhub", source=source, standing="inferred")
    for row in _611:
        name = "RequestUpfrontMeteringPointCharacteristics"
        yield row.of("611", name, source="VAL-611", standing="published")
    for row in _611_TEXT:
        yield row.of("611", name, source="BRS-NO-611", standing="published", code_standing="inferred")
