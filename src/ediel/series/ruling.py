"""The rules of BRS-NO-313 that can be seen in columns: of a million series at once.

What ``ediel.rules`` says of each series of a CollectedData, this says of each series of a table: the rules are its
rows, and a test holds the verdicts against each other. Rows of header and process, and readings, are not in columns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache, partial
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa

from ediel import brs
from ediel.calendar import OSLO, midnight
from ediel.codes import Product
from ediel.rules import Known, Rule, rules_of
from ediel.rules.metering_values import ALLOWED, ALLOWED_WORDS, REFUSED, not_after, oldest_start
from ediel.series._columns import NOTHING, STEPS, micros
from ediel.series.versions import number_of

__all__ = ["judge"]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_REACTIVE: Final = frozenset(product.value for product in Product if product.is_reactive)
_METERED: Final = frozenset(product.value for product in Product if product.is_metered)
_FIRST: Final = micros(datetime(2, 1, 1, tzinfo=UTC))
_LAST: Final = micros(datetime(9999, 12, 30, tzinfo=UTC))
"""Before and after these, a moment may have no Norwegian day."""
_COLUMNS: Final = (
    "message_id", "payload_id", "metering_point", "rule", "code", "found", "expected", "source", "standing",
)  # fmt: skip
_FINDINGS: Final = pa.schema([(name, pa.string()) for name in _COLUMNS])


def judge(table: pa.Table, on: date | datetime | None = None) -> pa.Table:
    """What the rules of BRS-NO-313 say of each series of interval values.

    Args:
        table: values by ``ediel.series.SCHEMA``; those of a profiled point are let pass.
        on: the moment for the rules that need one, or a Norwegian day, which counts to its end as in
            ``ediel.rules.judge``; those rules are left out when it is not given.

    Returns:
        A table with a row for each rule that a series breaks: ``message_id``, ``payload_id``, ``metering_point``,
        ``rule`` (the key, such as ``BRS-NO-313/13``), ``code`` (the hub's, null where none is published), ``found`` and
        ``expected`` in words, ``source`` and ``standing`` of the rule. A sign or a fourth decimal that is wrong cannot
        stand in a table.

    Raises:
        ValueError: a moment without a time zone.
    """
    facts = Known.on(on)
    whole = table.unify_dictionaries().combine_chunks()
    if not whole.num_rows:
        return _FINDINGS.empty_table()
    kinds = whole["kind"].combine_chunks()
    profiled = np.array([str(word).startswith("Profiled") for word in kinds.dictionary.to_pylist()] + [False])
    whole = whole.filter(pa.array(~profiled[kinds.indices.fill_null(len(profiled) - 1).to_numpy()])).combine_chunks()
    if not whole.num_rows:
        return _FINDINGS.empty_table()
    return _Series(whole).findings(facts)


@cache
def _rule(name: str) -> Rule:
    """The rule of a row of BRS-NO-313."""
    code = brs.INTERVAL_VALUES.code
    return next(rule for rule in rules_of(code) if rule.key == f"{code.value}/{name}")


class _Check(NamedTuple):
    """The check of a row: which series break the rule, and what was found and expected of each."""

    row: str
    wrong: Any
    found: Callable[[int], str | None]
    expected: Callable[[int], str | None]


class _Series:
    """A row for each series of a table."""

    def __init__(self, table: pa.Table) -> None:
        key = number_of(table, ("message_id", "payload_id", "metering_point", "product", "direction"))
        heads = np.flatnonzero(np.append(True, key[1:] != key[:-1]))
        if len(np.unique(key[heads])) != len(heads):  # rows of a series lie apart
            table = table.take(pa.array(np.argsort(key, kind="stable")))
            key = np.sort(key, kind="stable")
            heads = np.flatnonzero(np.append(True, key[1:] != key[:-1]))
        sequence = table["sequence"].combine_chunks().to_numpy()
        self.counts = np.diff(np.append(heads, table.num_rows))
        self.least, self.most = np.minimum.reduceat(sequence, heads), np.maximum.reduceat(sequence, heads)
        self._rows = table.take(pa.array(heads))
        self.start, self.end = self._moments("period_start"), self._moments("period_end")
        self.resolution = self._words("resolution")
        known = np.array([*(STEPS[name] if name in {*ALLOWED} else 0 for name in STEPS), 0], "i8")
        places = {name: place for place, name in enumerate(STEPS)}
        self.step = known[[places.get(str(name), len(STEPS)) for name in self.resolution]]

    def _words(self, name: str) -> list[str | None]:
        found: list[str | None] = self._rows[name].cast(pa.string()).to_pylist()
        return found

    def _moments(self, name: str) -> Any:
        return self._rows[name].combine_chunks().cast(pa.int64()).fill_null(NOTHING).to_numpy()

    def findings(self, facts: Known) -> pa.Table:
        """The rules, one after the other."""
        names = [self._words(name) for name in ("message_id", "payload_id", "metering_point")]
        result: list[tuple[str | None, ...]] = []
        for check in (*self._of_the_period(), *self._of_the_values(), *self._of_time(facts)):
            rule = _rule(check.row)
            for place in np.flatnonzero(check.wrong).tolist():
                head = tuple(column[place] for column in names)
                cells = (check.found(place), check.expected(place))
                result.append((*head, rule.key, rule.code, *cells, rule.source, rule.standing))
        result.sort(key=lambda row: tuple(str(cell) for cell in row[:4]))
        columns = zip(*result, strict=True) if result else [()] * len(_FINDINGS)
        return pa.table([pa.array(column, pa.string()) for column in columns], schema=_FINDINGS)

    def _of_the_period(self) -> Iterator[_Check]:
        nothing = np.array([word is None for word in self.resolution])
        absent = nothing & (self.start == NOTHING) & (self.end == NOTHING)
        refused = nothing | np.array([word in REFUSED for word in self.resolution])
        yield _Check("8", absent, _stated(None), _stated("a period"))
        yield _Check("9", refused & ~absent, lambda n: self.resolution[n], _stated(ALLOWED_WORDS))
        for key, moments in (("10", self.start), ("11", self.end)):
            missing = (moments == NOTHING) & ~absent
            crooked = (moments != NOTHING) & (self.step > 0) & (moments % np.maximum(self.step, 1) != 0)
            shown = partial(_written, moments)
            yield _Check(key, missing | crooked, shown, _stated("a boundary of the resolution"))
        bounded = (self.start != NOTHING) & (self.end != NOTHING)
        backwards = bounded & (self.end <= self.start)
        yield _Check("12", backwards, self._from_to, _stated("an end after the start"))
        within = self._day(self.start) == self._day(np.maximum(self.end, _FIRST) - 1)
        days = bounded & ~within & ~(self._midnights(self.start) & self._midnights(self.end))
        yield _Check("whole-days", days, self._from_to, _stated("Norwegian midnights"))
        length = np.where(bounded & ~backwards & (self.step > 0), self.end - self.start, 0)
        step = np.maximum(self.step, 1)
        other = (length > 0) & (length % step == 0) & (length // step != self.counts)
        yield _Check("13", other, self._count, lambda n: f"{length[n] // step[n]} values")

    def _of_the_values(self) -> Iterator[_Check]:
        product, unit, direction = self._words("product"), self._words("unit"), self._words("direction")
        given = np.array([word is not None for word in product])
        reactive = np.array([word in _REACTIVE for word in product])
        right = np.where(reactive, "kvarh", "kWh")
        other = given & (np.array([str(word) for word in unit]) != right)
        yield _Check("18", ~given, _stated(None), _stated("a product"))
        yield _Check("19", other, lambda n: unit[n], lambda n: str(right[n]))
        aimless = given & ~reactive & np.array([word is None for word in direction])
        yield _Check("direction", aimless, _stated(None), _stated("In or Out"))
        computed = given & ~np.array([word in _METERED for word in product])
        yield _Check("metered-product", computed, lambda n: product[n], _stated("a product that is metered"))
        holes = self.most - self.least + 1 != self.counts
        yield _Check("holes", holes, self._count, _stated("numbers without holes"))

    def _of_time(self, facts: Known) -> Iterator[_Check]:
        if facts.day is None:
            return
        future = (self.end != NOTHING) & (self.end > micros(facts.moment))
        yield _Check("14", future, partial(_written, self.end), _stated(not_after(facts)))
        oldest = oldest_start(facts.day)
        old = (self.start != NOTHING) & (self.start < micros(oldest))
        yield _Check("15", old, partial(_written, self.start), _stated(f"{oldest.date()} or later"))

    def _count(self, place: int) -> str:
        return f"{self.counts[place]} values, numbered {self.least[place]} to {self.most[place]}"

    def _from_to(self, place: int) -> str:
        return f"{_written(self.start, place)} to {_written(self.end, place)}"

    @staticmethod
    def _day(moments: Any) -> Any:
        """The Norwegian day of each moment; each distinct one is looked at once."""
        distinct, inverse = np.unique(np.clip(moments, _FIRST, _LAST), return_inverse=True)
        return np.array([_moment(int(moment)).toordinal() for moment in distinct], "i8")[inverse]

    @staticmethod
    def _midnights(moments: Any) -> Any:
        """Which moments are Norwegian midnights; each distinct one is looked at once."""
        distinct, inverse = np.unique(moments, return_inverse=True)
        known = np.array([_is_midnight(int(moment)) for moment in distinct])
        return known[inverse]


def _stated(text: str | None) -> Callable[[int], str | None]:
    return lambda _place: text


def _written(moments: Any, place: int) -> str | None:
    moment = int(moments[place])
    return None if moment == NOTHING else _moment(moment).isoformat()


def _moment(value: int) -> datetime:
    return (_EPOCH + timedelta(microseconds=value)).astimezone(OSLO)


def _is_midnight(value: int) -> bool:
    return value != NOTHING and _moment(value) == midnight(_moment(value).date())
