"""Lines of intervals, held against a slow model: a dictionary from day to value, made anew for every question."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from ediel.market.intervals import Interval, Intervals, Line, LineRefused, common, uncovered

ZERO = date(2026, 10, 20)
"""The days around the end of summer time: a day is a day whatever its length."""
DAYS = 30
MOMENT = datetime(2026, 11, 1, tzinfo=UTC)

days = st.integers(0, DAYS - 1)
spans = st.tuples(days, st.none() | st.integers(1, 12))
values = st.sampled_from("abcd")


def day(number: int) -> date:
    return ZERO + timedelta(days=number)


def last(start: int, length: int | None) -> date | None:
    return None if length is None else day(start + length)


Cells = dict[int, tuple[str, int]]
"""What holds on a day, and the number of the operation that put it there; days from ``DAYS + 20`` on are for ever."""
FAR = DAYS + 20


@dataclass
class Slow:
    """Every operation that was ever made; what holds is found by making those that stand, one day at a time."""

    log: list[dict[str, Any]] = field(default_factory=list)

    def cells(self, at: datetime | None = None) -> Cells | None:
        """What holds on each day; ``None`` when an operation cannot be made."""
        found: Cells = {}
        for number, item in enumerate(self.log):
            known = item["undone"] is None if at is None else (
                item["at"] <= at and (item["undone"] is None or item["undone"] > at)
            )  # fmt: skip
            if known and not self._make(found, number, item):
                return None
        return found

    @staticmethod
    def _make(cells: Cells, number: int, item: dict[str, Any]) -> bool:
        start = item["start"]
        if item["what"] == "end":
            held = cells.get(start - 1)
            if held is None or (item["value"] is not None and held[0] != item["value"]):
                return False
            item["value"] = held[0]
            while cells.get(start) == held:
                del cells[start]
                start += 1
            return True
        before = dict(cells)
        for place in range(start, FAR if item["stop"] is None else item["stop"]):
            begins = place in before and before.get(place - 1) != before[place]
            if item["gives_way"] and place > start and begins:
                break
            cells.pop(place, None)
            if item["what"] == "insert":
                cells[place] = (item["value"], number)
        return True

    def intervals(self, at: datetime | None = None) -> list[tuple[int, int, str]] | None:
        """Runs of days that one operation has put there."""
        cells = self.cells(at)
        if cells is None:
            return None
        runs: list[tuple[int, int, str]] = []
        for place in range(FAR):
            held = cells.get(place)
            if held is not None and cells.get(place - 1) == held and runs:
                runs[-1] = (runs[-1][0], place + 1, held[0])
            elif held is not None:
                runs.append((place, place + 1, held[0]))
        return runs


def shown(intervals: Intervals[str]) -> list[tuple[int, int, str]]:
    return [
        ((item.start - ZERO).days, FAR if item.end is None else (item.end - ZERO).days, item.value)
        for item in intervals
    ]


class Lines(RuleBasedStateMachine):
    """A line and the slow model do the same, and say the same of every moment."""

    @initialize()
    def begin(self) -> None:
        self.line: Line[str] = Line()
        self.slow = Slow()
        self.now = MOMENT
        self.moments = [MOMENT]

    def _do(self, item: dict[str, Any], make: Any) -> None:
        """The same to both; a refusal of one is a refusal of the other."""
        self.now += timedelta(minutes=item.pop("after"))
        trial = Slow([dict(each) for each in self.slow.log])
        trial.log.append({"undone": None, "gives_way": False, "stop": None, "value": None, "at": self.now, **item})
        if trial.cells() is None:
            with pytest.raises(LineRefused):
                make(self.line)
            return
        self.line = make(self.line)
        self.slow = trial
        self.moments.append(self.now)

    @rule(value=values, span=spans, gives_way=st.booleans(), key=st.sampled_from("12345"), after=st.integers(0, 2))
    def insert(self, value: str, span: tuple[int, int | None], gives_way: bool, key: str, after: int) -> None:
        start, length = span
        stop = None if length is None else start + length
        self._do(
            {
                "what": "insert",
                "start": start,
                "stop": stop,
                "value": value,
                "gives_way": gives_way,
                "key": key,
                "after": after,
            },
            lambda line: line.insert(value, day(start), last(start, length), key=key, at=self.now, gives_way=gives_way),
        )

    @rule(span=spans, key=st.sampled_from("12345"), after=st.integers(0, 2))
    def cut(self, span: tuple[int, int | None], key: str, after: int) -> None:
        start, length = span
        stop = None if length is None else start + length
        self._do(
            {"what": "cut", "start": start, "stop": stop, "key": key, "after": after},
            lambda line: line.cut(day(start), last(start, length), key=key, at=self.now),
        )

    @rule(start=days, key=st.sampled_from("12345"), after=st.integers(0, 2))
    def end(self, start: int, key: str, after: int) -> None:
        self._do(
            {"what": "end", "start": start, "key": key, "after": after},
            lambda line: line.end(day(start), key=key, at=self.now),
        )

    @rule(key=st.sampled_from("12345"), after=st.integers(0, 2))
    def undo(self, key: str, after: int) -> None:
        self.now += timedelta(minutes=after)
        trial = Slow([dict(each) for each in self.slow.log])
        own = [item for item in trial.log if item["key"] == key and item["undone"] is None]
        for item in own:
            item["undone"] = self.now
        if not own or trial.cells() is None:
            with pytest.raises(LineRefused):
                self.line.undo(key, self.now)
            return
        self.line = self.line.undo(key, self.now)
        self.slow = trial
        self.moments.append(self.now)

    @invariant()
    def the_same_is_so(self) -> None:
        assert shown(self.line.now) == self.slow.intervals()

    @invariant()
    def the_same_was_known(self) -> None:
        for moment in self.moments[-3:]:
            assert shown(self.line.known(moment)) == self.slow.intervals(moment)

    @rule()
    def nothing_is_made_in_the_past(self) -> None:
        if self.line.history.latest is None:
            return
        before = self.line.history.latest - timedelta(seconds=1)
        with pytest.raises(LineRefused, match="lies before"):
            self.line.cut(day(0), key="1", at=before)

    @rule(place=st.integers(0, 50))
    def every_day_is_asked(self, place: int) -> None:
        cells = self.slow.cells()
        assert cells is not None
        found = self.line.on(day(place))
        assert (found and found.value) == (cells[min(place, FAR - 1)][0] if min(place, FAR - 1) in cells else None)


TestLines = Lines.TestCase
TestLines.settings = settings(max_examples=60, stateful_step_count=40)  # `make market-model` makes many more

intervals = st.builds(lambda span, value: Interval(day(span[0]), last(*span), value), spans, values)


@given(st.lists(intervals, max_size=4))
def test_two_on_one_day_cannot_be_said(items: list[Interval[str]]) -> None:
    overlaps = any(
        one.holds_on(day(place)) and other.holds_on(day(place))
        for place in range(FAR)
        for number, one in enumerate(items)
        for other in items[number + 1 :]
    )
    if overlaps:
        with pytest.raises(LineRefused, match="two intervals hold on"):
            Intervals.of(items)
    else:
        assert sorted(Intervals.of(items), key=lambda item: item.start) == list(Intervals.of(items))


@given(st.lists(intervals, max_size=4), st.lists(intervals, max_size=4))
def test_what_is_common_and_what_is_uncovered(some: list[Interval[str]], others: list[Interval[str]]) -> None:
    own: Intervals[str] = Intervals()
    for item in some:
        own = own.insert(item.value, item.start, item.end)
    both = common(own, others)
    for place in range(FAR):
        held, also = own.on(day(place)), any(item.holds_on(day(place)) for item in others)
        found = both.on(day(place))
        assert (found and found.value) == (held and held.value if also else None)
    rest = uncovered(day(0), day(FAR), own)
    assert all(
        (own.on(day(place)) is None) == any(first <= day(place) < (end or date.max) for first, end in rest)
        for place in range(FAR)
    )


def test_an_interval_has_a_day() -> None:
    with pytest.raises(LineRefused, match="has no day"):
        Interval(day(3), day(3), "a")


def test_a_rollback_gives_back_what_was_before_over_later_events() -> None:
    line: Line[str] = Line(Intervals((Interval(day(0), None, "old"),)))
    line = line.insert("new", day(5), key="101", at=MOMENT)
    line = line.insert("other", day(10), key="102", at=MOMENT + timedelta(days=1))
    undone = line.undo("101", MOMENT + timedelta(days=2))
    assert shown(undone.now) == [(0, 10, "old"), (10, FAR, "other")]
    assert shown(undone.known(MOMENT)) == [(0, 5, "old"), (5, FAR, "new")]


def test_a_rollback_that_something_rests_on_is_refused() -> None:
    line: Line[str] = Line(Intervals((Interval(day(0), None, "old"),)))
    line = line.insert("new", day(5), key="101", at=MOMENT).end(day(9), key="202", at=MOMENT)
    with pytest.raises(LineRefused, match="202 ended on 2026-10-29"):
        line.undo("101", MOMENT)
