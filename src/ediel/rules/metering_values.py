"""Metering values: BRS-NO-311, 312, 313 and 332 (CollectedData). One message, so one module, though a long one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from ediel.calendar import OSLO, is_midnight, market_day, midnight
from ediel.codes import Direction, Product, Resolution, Unit
from ediel.rules._checks import bounds, period_ends_after_start, unit_of_product
from ediel.rules._rule import NOT_APPLICABLE, UNKNOWN, Flaw, Known, Needs, Outcome, Row, Rule, present

if TYPE_CHECKING:  # at run time the models come with the message
    from ediel.messages.metering_values import CollectedSeries


ALLOWED: Final = (Resolution.PT60M, Resolution.PT1H, Resolution.PT15M)
"""Resolutions that values are sent in with; ``ediel.series`` judges by them too."""
REFUSED: Final = frozenset({Resolution.PT30M, Resolution.P1D, Resolution.P1M, Resolution.P1Y})
"""Resolutions that are refused by a published code. PT5M is in neither: the printed rule does not mention it."""
ALLOWED_WORDS: Final = f"one of {', '.join(code.value for code in ALLOWED)}"


def _step(series: CollectedSeries) -> timedelta | None:
    found = series.period.resolution if series.period else None
    return found.step if found in ALLOWED else None


def not_after(facts: Known) -> str:
    """In words, what is not in the future: the day of judgement, or the moment where one is given."""
    if facts.day is None or facts.moment is None:
        return "not in the future"
    whole = facts.moment == midnight(facts.day + timedelta(days=1))
    return f"not after {facts.day if whole else facts.moment.astimezone(OSLO).isoformat(timespec='minutes')}"


def oldest_start(day: date) -> datetime:
    """The earliest moment that values may be of on a day: 3 years back."""
    leap = (day.month, day.day) == (2, 29)
    return midnight(day.replace(year=day.year - 3, day=28 if leap else day.day))


def _resolution(series: CollectedSeries, _facts: Known) -> Outcome:
    if series.period is None:
        return NOT_APPLICABLE
    found = series.period.resolution
    if found in ALLOWED:
        return ()
    if found is not None and found not in REFUSED:
        return UNKNOWN
    return (Flaw("period.resolution", found and found.value, ALLOWED_WORDS),)


def _aligned(which: str) -> Callable[[CollectedSeries, Known], Outcome]:
    def check(series: CollectedSeries, _facts: Known) -> Outcome:
        if series.period is None:
            return NOT_APPLICABLE
        moment: datetime | None = getattr(series.period, which)
        if moment is None:
            return (Flaw(f"period.{which}", expected="a moment"),)
        step = _step(series)
        if step is None:
            return UNKNOWN
        if (moment.astimezone(UTC) - datetime(2000, 1, 1, tzinfo=UTC)) % step:
            words = "a whole hour" if step == timedelta(hours=1) else "a whole quarter of an hour"
            return (Flaw(f"period.{which}", str(moment), words),)
        return ()

    return check


def _count(series: CollectedSeries, _facts: Known) -> Outcome:
    limits = bounds(series)
    step = _step(series)
    if limits is None or step is None or limits[1] <= limits[0]:
        return NOT_APPLICABLE
    # In UTC: the day on which the clock changes has 23 or 25 hours.
    expected, rest = divmod(limits[1].astimezone(UTC) - limits[0].astimezone(UTC), step)
    if rest:
        return NOT_APPLICABLE  # row 10 or 11 says so
    found = 0 if series.observations is None else len(series.observations)
    return () if found == expected else (Flaw("observations", f"{found} values", f"{expected} values"),)


def _not_future(series: CollectedSeries, facts: Known) -> Outcome:
    if series.period is None or series.period.end is None:
        return NOT_APPLICABLE
    if facts.moment is None:
        return UNKNOWN
    end = series.period.end
    return () if end <= facts.moment else (Flaw("period.end", str(end), not_after(facts)),)


def _not_old(which: str) -> Callable[[CollectedSeries, Known], Outcome]:
    def check(series: CollectedSeries, facts: Known) -> Outcome:
        moment = None if series.period is None else getattr(series.period, which)
        if moment is None:
            return NOT_APPLICABLE
        if facts.day is None:
            return UNKNOWN
        oldest = oldest_start(facts.day)
        return () if moment >= oldest else (Flaw(f"period.{which}", str(moment), f"{oldest.date()} or later"),)

    return check


def _no_reading(which: str) -> Callable[[CollectedSeries, Known], Outcome]:
    def check(series: CollectedSeries, _facts: Known) -> Outcome:
        found = None if series.period is None else getattr(series.period, which)
        return () if found is None else (Flaw(f"period.{which}", str(found), "nothing"),)

    return check


_313: Final = (
    Row("8", "EH032", "The series has a period.", "Serien har en periode.", present("period", "a period")),
    Row(
        "9", "EH075", "The resolution is PT60M, PT1H or PT15M.", "Oppløsningen er PT60M, PT1H eller PT15M.", _resolution
    ),
    Row(
        "10", "EH032", "The period starts on a boundary of the resolution.",
        "Perioden begynner på en hel time eller et helt kvarter, etter oppløsningen.", _aligned("start"),
    ),
    Row(
        "11", "EH032", "The period ends on a boundary of the resolution.",
        "Perioden slutter på en hel time eller et helt kvarter, etter oppløsningen.", _aligned("end"),
    ),
    Row("12", "E50", "The period ends after it starts.", "Perioden slutter etter at den begynner.", period_ends_after_start),
    Row(
        "13", "E87", "There is one value for each interval of the period; a day has 23, 24 or 25 hours.",
        "Det er én verdi for hvert intervall i perioden; et døgn har 23, 24 eller 25 timer.", _count,
    ),
    Row("14", "E50", "The period does not end in the future.", "Perioden slutter ikke fram i tid.", _not_future, "date"),
    Row(
        "15", "E50", "The period starts at most 3 years back.", "Perioden begynner høyst 3 år tilbake.",
        _not_old("start"), "date",
    ),
    Row(
        "16", "EH066", "There is no reading at the start.", "Det er ingen målerstand ved periodens start.",
        _no_reading("meter_reading_start"),
    ),
    Row(
        "17", "EH066", "There is no reading at the end.", "Det er ingen målerstand ved periodens slutt.",
        _no_reading("meter_reading_end"),
    ),
    Row("18", "EH072", "The product is given.", "Produktet er oppgitt.", present("product", "a product")),
    Row(
        "19", None, "The unit fits the product: kWh for active, kvarh for reactive energy.",
        "Enheten passer til produktet: kWh for aktiv, kvarh for reaktiv energi.", unit_of_product,
    ),
)  # fmt: skip


def _whole_days(series: CollectedSeries, _facts: Known) -> Outcome:
    found = bounds(series)
    if found is None:
        return NOT_APPLICABLE
    if market_day(found[0]) == market_day(found[1] - timedelta(microseconds=1)):
        return ()  # a correction may hold the corrected intervals of a day alone
    names = ("period.start", "period.end")
    return tuple(
        Flaw(name, str(moment), "a Norwegian midnight")
        for name, moment in zip(names, found, strict=True)
        if not is_midnight(moment)
    )


def _no_holes(series: CollectedSeries, _facts: Known) -> Outcome:
    if series.observations is None:
        return NOT_APPLICABLE
    places = series.observations.sequence
    first, last = min(places), max(places)
    if last - first + 1 == len(places):  # no two are the same: the schema sees to that
        return ()
    return (Flaw("observations", f"{len(places)} values, numbered {first} to {last}", "numbers without holes"),)


def _interval_values(series: CollectedSeries, _facts: Known) -> Outcome:
    return () if series.observations is not None else (Flaw("observations", expected="interval values"),)


def _directed(series: CollectedSeries, _facts: Known) -> Outcome:
    if series.product is None or series.product.product.is_reactive:
        return NOT_APPLICABLE
    return () if series.direction is not None else (Flaw("direction", expected="In or Out"),)


def _not_calculated(series: CollectedSeries, _facts: Known) -> Outcome:
    if series.product is None:
        return NOT_APPLICABLE
    found = series.product.product
    return () if found.is_metered else (Flaw("product.product", found.value, "a product that is metered"),)


_313_TEXT: Final = (
    Row("values", None, "The series holds interval values.", "Serien har intervallverdier.", _interval_values),
    Row("whole-days", None, "The series covers whole Norwegian days, or intervals of one day that it corrects.", "Serien dekker hele norske døgn, eller intervaller av ett døgn som den retter.", _whole_days),
    Row("holes", None, "The series has no holes.", "Serien har ingen hull.", _no_holes),
    Row("direction", None, "A series of active energy has a direction.", "En serie med aktiv energi har en retning.", _directed),
    Row("metered-product", None, "The product is one that is metered, not one that Elhub calculates.", "Produktet er et som måles, ikke et Elhub beregner.", _not_calculated),
)  # fmt: skip
"""What the text of the process says, and no printed row that could be read."""


def _withdrawal(check: Callable[[CollectedSeries, Known], Outcome]) -> Callable[[CollectedSeries, Known], Outcome]:
    """Only for a payload that withdraws a value."""

    def only(series: CollectedSeries, facts: Known) -> Outcome:
        profiled = series.profiled_observation
        return check(series, facts) if profiled is not None and profiled.withdrawn is not None else NOT_APPLICABLE

    return only


def _no_index(series: CollectedSeries, _facts: Known) -> Outcome:
    profiled = series.profiled_observation
    if profiled is None:
        return NOT_APPLICABLE
    return () if profiled.meter_index is None else (Flaw("profiled_observation.meter_index", None, "nothing"),)


def _given(which: str) -> Callable[[CollectedSeries, Known], Outcome]:
    def check(series: CollectedSeries, _facts: Known) -> Outcome:
        if series.period is None:
            return NOT_APPLICABLE
        return () if getattr(series.period, which) is not None else (Flaw(f"period.{which}", expected="a moment"),)

    return check


def _no_resolution(series: CollectedSeries, _facts: Known) -> Outcome:
    found = None if series.period is None else series.period.resolution
    return () if found is None else (Flaw("period.resolution", found.value, "nothing"),)


def _end_not_before_start(series: CollectedSeries, _facts: Known) -> Outcome:
    limits = bounds(series)
    if limits is None:
        return NOT_APPLICABLE
    return () if limits[1] >= limits[0] else (Flaw("period.end", str(limits[1]), f"not before {limits[0]}"),)


def _active(series: CollectedSeries, _facts: Known) -> Outcome:
    if series.product is None:
        return NOT_APPLICABLE
    found = series.product.product
    return (
        () if found is Product.ACTIVE_ENERGY else (Flaw("product.product", found.value, Product.ACTIVE_ENERGY.value),)
    )


def _kwh(series: CollectedSeries, _facts: Known) -> Outcome:
    if series.product is None:
        return NOT_APPLICABLE
    return () if series.product.unit is Unit.KWH else (Flaw("product.unit", series.product.unit.value, "kWh"),)


def _out(series: CollectedSeries, _facts: Known) -> Outcome:
    if series.direction is None:
        return NOT_APPLICABLE
    return () if series.direction is Direction.OUT else (Flaw("direction", series.direction.value, "Out"),)


def _withdrawn(
    name: str,
    code: str,
    text: str,
    text_nb: str,
    check: Callable[[CollectedSeries, Known], Outcome],
    needs: Needs = "message",
) -> Row:
    return Row(
        f"withdrawal-{name}", code, f"A withdrawal {text}", f"En tilbaketrekking {text_nb}", _withdrawal(check), needs,
    )  # fmt: skip


_332: Final = (
    Row("profiled-observation", "EH073", "The payload holds a profiled value.", "Serien har en profilert verdi.", present("profiled_observation", "a value")),
    Row("meter-index", "EH073", "The payload holds no meter index.", "Serien har ingen målerstand.", _no_index),
    _withdrawn("period", "EH032", "has a period.", "har en periode.", present("period", "a period")),
    _withdrawn("resolution", "EH067", "has no resolution.", "har ingen oppløsning.", _no_resolution),
    _withdrawn("start", "EH032", "has a start.", "har en start.", _given("start")),
    _withdrawn("end", "EH032", "has an end.", "har en slutt.", _given("end")),
    _withdrawn("end-start", "E50", "does not end before it starts.", "slutter ikke før den begynner.", _end_not_before_start),
    _withdrawn("future", "E50", "does not end in the future.", "slutter ikke fram i tid.", _not_future, "date"),
    _withdrawn("age", "E50", "ends at most 3 years back.", "slutter høyst 3 år tilbake.", _not_old("end"), "date"),
    _withdrawn(
        "reading-start", "EH066", "has no reading at the start.", "har ingen målerstand ved start.",
        _no_reading("meter_reading_start"),
    ),
    _withdrawn(
        "reading-end", "EH066", "has no reading at the end.", "har ingen målerstand ved slutt.",
        _no_reading("meter_reading_end"),
    ),
    _withdrawn("product", "EH029", "names the product.", "oppgir produktet.", present("product", "a product")),
    _withdrawn("active", "EH029", "is of active energy, 8716867000030.", "gjelder aktiv energi, 8716867000030.", _active),
    _withdrawn("unit", "EH029", "is in kWh.", "er i kWh.", _kwh),
    _withdrawn("characteristic", "EH029", "has a direction.", "har en retning.", present("direction", "Out")),
    _withdrawn("direction", "EH029", "is of consumption, Out.", "gjelder forbruk, Out.", _out),
)  # fmt: skip


def _volume(check: Callable[[CollectedSeries, Known], Outcome]) -> Callable[[CollectedSeries, Known], Outcome]:
    """Only for a payload that holds a period volume."""

    def only(series: CollectedSeries, facts: Known) -> Outcome:
        profiled = series.profiled_observation
        given = profiled is not None and (profiled.metered is not None or profiled.stipulated is not None)
        return check(series, facts) if given else NOT_APPLICABLE

    return only


def _kind_312(series: CollectedSeries, _facts: Known) -> Outcome:
    profiled = series.profiled_observation
    if profiled is not None and (profiled.metered is not None or profiled.stipulated is not None):
        return ()
    return (Flaw("profiled_observation", expected="Metered or Stipulated"),)


def _reading(which: str) -> Callable[[CollectedSeries, Known], Outcome]:
    def check(series: CollectedSeries, _facts: Known) -> Outcome:
        profiled = series.profiled_observation
        if series.period is None or profiled is None or profiled.metered is None:
            return NOT_APPLICABLE  # a stipulated volume has no reading
        given = getattr(series.period, which) is not None
        return () if given else (Flaw(f"period.{which}", expected="a meter reading"),)

    return check


_312_KIND: Final = Row("value", None, "The payload holds a period volume, metered or stipulated.", "Serien har et periodevolum, målt eller stipulert.", _kind_312)  # fmt: skip


def _of_volume(
    name: str, text: str, text_nb: str, check: Callable[[CollectedSeries, Known], Outcome], needs: Needs = "message"
) -> Row:
    return Row(f"volume-{name}", None, f"A period volume {text}", f"Et periodevolum {text_nb}", _volume(check), needs)


_VOLUME: Final = (
    _of_volume("period", "has a period.", "har en periode.", present("period", "a period")),
    _of_volume("start", "has a start.", "har en start.", _given("start")),
    _of_volume("end", "has an end.", "har en slutt.", _given("end")),
    _of_volume("end-start", "ends after it starts.", "slutter etter at det begynner.", period_ends_after_start),
    _of_volume("future", "does not end in the future.", "slutter ikke fram i tid.", _not_future, "date"),
    _of_volume("reading-start", "that is metered has a reading at the start.", "som er målt, har en målerstand ved start.", _reading("meter_reading_start")),
    _of_volume("reading-end", "that is metered has a reading at the end.", "som er målt, har en målerstand ved slutt.", _reading("meter_reading_end")),
    _of_volume("product", "is of active energy, 8716867000030.", "gjelder aktiv energi, 8716867000030.", _active),
    _of_volume("unit", "is in kWh.", "er i kWh.", _kwh),
    _of_volume("direction", "is of consumption, Out.", "gjelder forbruk, Out.", _out),
)  # fmt: skip
"""Of BRS-NO-312, and of the new values in a BRS-NO-332: its table says that they follow the rules of 312."""


def _kind_311(series: CollectedSeries, _facts: Known) -> Outcome:
    profiled = series.profiled_observation
    if series.observations is not None:
        return (Flaw("observations", f"{len(series.observations)} values", "a meter index or an annual volume"),)
    if profiled is not None and profiled.meter_index is None:
        return (Flaw("profiled_observation", expected="MeterIndex"),)
    return ()


def _start_311(series: CollectedSeries, _facts: Known) -> Outcome:
    if series.annual_volume is not None:
        return UNKNOWN  # whether the printed row is about annual volumes too could not be read
    given = series.period is not None and series.period.start is not None
    return () if given else (Flaw("period.start" if series.period is not None else "period", expected="a moment"),)


def _no_end(series: CollectedSeries, _facts: Known) -> Outcome:
    found = None if series.period is None else series.period.end
    return () if found is None else (Flaw("period.end", str(found), "nothing"),)


_311: Final = (
    Row(
        "value", "EH034", "A payload holds a meter index or an annual volume.",
        "Serien har en målerstand eller et årsvolum.", _kind_311,
    ),
    Row("start", "EH034", "The time of the reading is given.", "Tidspunktet for avlesningen er oppgitt.", _start_311),
    Row("end", "EH034", "The period has no end.", "Perioden har ingen slutt.", _no_end),
    Row("resolution", "EH034", "The period has no resolution.", "Perioden har ingen oppløsning.", _no_resolution),
    Row(
        "reading-start", "EH034", "There is no MeterReadingStart.", "MeterReadingStart er ikke oppgitt.",
        _no_reading("meter_reading_start"),
    ),
    Row(
        "reading-end", "EH034", "There is no MeterReadingEnd.", "MeterReadingEnd er ikke oppgitt.",
        _no_reading("meter_reading_end"),
    ),
)  # fmt: skip


def rules() -> Iterator[Rule]:
    """The rules of this family."""
    for process, rows in (("311", _311), ("313", _313), ("332", _332)):
        for row in rows:
            yield row.of(process, "CollectedData", source=f"VAL-{process}", standing="published")
    for row in _313_TEXT:
        yield row.of("313", "CollectedData", source="BRS-NO-313, Elhubstandard 2.x", standing="inferred")
    for process, more in (("312", (_312_KIND, *_VOLUME)), ("332", _VOLUME)):
        for row in more:
            yield row.of(process, "CollectedData", source="BRS-NO-312; examples; VAL-332", standing="inferred")
