"""A metering point under random events, told by many processes, with rollbacks: the market's invariants always hold."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from ediel.codes import EndUserScheme, Role
from ediel.market import Access, Contract, EndUser, MeteringPoint
from ediel.market.intervals import FOREVER, Interval, Intervals, LineRefused
from ediel.market.invariants import broken
from ediel.market.lines import (
    AccessChanged,
    AccessEnded,
    AccessGiven,
    Corrected,
    Event,
    MovedIn,
    MovedOut,
    Person,
    Residence,
    State,
    Supply,
    SupplyEnded,
    Switched,
)
from ediel.market.point import Point, SupplyNotice, notices
from ediel.market.rights import may_know

ZERO = date(2026, 11, 20)
MOMENT = datetime(2026, 11, 27, 8, tzinfo=UTC)
PEOPLE = [Person(f"1{number}818525018", EndUserScheme.NATIONAL_IDENTITY_NUMBER) for number in range(4)]
OLD, NEW, OTHER = "7080001100025", "7080001100018", "7080001100032"
LAST_RESORT, THIRD, GRID = "7080001200039", "7080001300012", "7080001200015"
BASE = State(
    Intervals((Interval(date(2021, 5, 1), None, Residence("seed", PEOPLE[0])),)),
    Intervals((Interval(date(2021, 5, 1), None, Supply(OLD)),)),
)


def day(number: int) -> date:
    return ZERO + timedelta(days=number)


def described(state: State) -> MeteringPoint:
    """The lines as rows of a register."""
    return MeteringPoint(
        identification="707057542000000117",
        grid_access_provider=GRID,
        end_users=tuple(
            EndUser(
                start=item.start, end=item.end, identification=item.value.person.identification,
                scheme=item.value.person.scheme,
            )
            for item in state.residences
        ),
        contracts=tuple(
            Contract(start=item.start, end=item.end, supplier=item.value.supplier, kind=item.value.kind)
            for item in state.supplies
        ),
        accesses=tuple(
            Access(start=item.start, end=item.end, third_party=third_party, level=item.value.level)
            for third_party in state.given
            for item in state.access(third_party)
        ),
    )  # fmt: skip


@dataclass
class Belief:
    """What a supplier makes of its notices: contracts by customer and first day, each with its end."""

    contracts: dict[Person | None, dict[int, int]]

    def hear(self, notice: SupplyNotice, *, rolled_back: bool) -> None:
        number = max((notice.day - ZERO).days, -5)
        held = self.contracts.setdefault(None if notice.customer is None else notice.customer.person, {})
        if notice.begins:
            # after a rollback what ended on the day goes on; any other beginning is a contract of its own
            again = [start for start, end in held.items() if end == number and rolled_back]
            held |= dict.fromkeys(again or [number], 60)
            return
        for start, end in list(held.items()):
            if start <= number < end:  # what holds, or would begin; not what begins later
                held[start] = number

    def undone(self, start: date, person: Person | None) -> None:
        """A beginning that was told is none."""
        number = max((start - ZERO).days, -5)
        held = self.contracts.setdefault(person, {})
        if held.pop(number, None) is None:
            for begun, end in list(held.items()):
                if begun < number < end:
                    held[begun] = number

    @property
    def days(self) -> dict[Person | None, set[int]]:
        return {
            person: {number for start, end in held.items() for number in range(start, end)}
            for person, held in self.contracts.items()
        }

    def all(self) -> set[int]:
        return {held for days in self.days.values() for held in days}


days = st.integers(0, 25)
people = st.sampled_from(PEOPLE)
suppliers = st.sampled_from([OLD, NEW, OTHER])
levels = st.sampled_from(["full", "limited"])


class Points(RuleBasedStateMachine):
    """One point, and every supplier's belief."""

    @initialize(corrects=st.sampled_from([False, False, False, True]))
    def begin(self, corrects: bool) -> None:
        self.corrects = corrects
        self.point = Point(BASE)
        self.states = [(MOMENT, self.point.now)]
        self.now = MOMENT
        self.number = 0
        self.named: dict[Event, Person | None] = {}
        self.beliefs = {
            gln: Belief({PEOPLE[0]: {-5: 60}} if gln == OLD else {}) for gln in (OLD, NEW, OTHER, LAST_RESORT)
        }

    def _take(self, event: Event) -> None:
        self.number += 1
        self.now += timedelta(minutes=1)
        try:
            after = self.point.record(str(self.number), event, self.now)
        except LineRefused:
            return
        home = after.now.resident(event.day)
        self.named[after.history.entries[-1].what] = None if home is None else home.person
        self._become(after)

    def _become(self, after: Point, undone: Event | None = None) -> None:
        told_none = None
        if undone is not None and (supply := getattr(undone, "then", None) or getattr(undone, "supply", None)):
            # who has brought it, or was notified of last resort by it, hears that it is none
            contract = (supply.supplier, self.named[undone])
            if self._begins(self.point.now, undone.day) == contract != self._begins(after.now, undone.day):
                told_none = (undone.day, *contract)
                self.beliefs[supply.supplier].undone(undone.day, self.named[undone])
        for notice in notices(self.point.now, after.now):
            customer = None if notice.customer is None else notice.customer.person
            if notice.begins or (notice.day, notice.supplier, customer) != told_none:
                self.beliefs[notice.supplier].hear(notice, rolled_back=undone is not None)
        self.point = after
        self.states.append((self.now, after.now))

    @staticmethod
    def _begins(state: State, of_day: date) -> tuple[str, Person | None] | None:
        """Supplier and customer of a contract that begins on a day: with the supply, or with the one who moves in."""
        supply, home = state.supplies.on(of_day), state.residences.on(of_day)
        if supply is None or of_day not in {supply.start, None if home is None else home.start}:
            return None
        return supply.value.supplier, None if home is None else home.value.person

    @rule(start=days, person=people, supplier=suppliers, resort=st.booleans())
    def move_in(self, start: int, person: Person, supplier: str, resort: bool) -> None:
        self._take(MovedIn(day(start), person, Supply(LAST_RESORT, "last resort") if resort else Supply(supplier)))

    @rule(start=days, supplier=st.none() | suppliers)
    def move_out(self, start: int, supplier: str | None) -> None:
        self._take(MovedOut(day(start), None, supplier))

    @rule(start=days, person=people, supplier=suppliers)
    def switch(self, start: int, person: Person, supplier: str) -> None:
        self._take(Switched(day(start), person, Supply(supplier)))

    @rule(start=days, supplier=suppliers)
    def end_supply(self, start: int, supplier: str) -> None:
        self._take(SupplyEnded(day(start), supplier, Supply(LAST_RESORT, "last resort")))

    @rule(start=days, level=levels, length=st.none() | st.integers(1, 20))
    def give_access(self, start: int, level: Any, length: int | None) -> None:
        self._take(AccessGiven(day(start), THIRD, level, None if length is None else day(start + length)))

    @rule(start=days, level=levels, length=st.none() | st.integers(0, 20))
    def change_access(self, start: int, level: Any, length: int | None) -> None:
        self._take(AccessChanged(day(start), THIRD, level, None if length is None else day(start + length)))

    @rule(start=days)
    def end_access(self, start: int) -> None:
        self._take(AccessEnded(day(start), THIRD))

    @precondition(lambda self: self.corrects)
    @rule(start=days, person=people)
    def correct(self, start: int, person: Person) -> None:
        self._take(Corrected(day(start), person))

    @rule(which=st.integers(0, 40))
    def roll_back(self, which: int) -> None:
        standing = [entry.key for entry in self.point.history.standing()]
        if not standing:
            return
        key = standing[which % len(standing)]
        self.now += timedelta(minutes=1)
        without = [entry for entry in self.point.history.standing() if entry.key != key]
        try:
            after = self.point.undo(key, self.now)
        except LineRefused as error:
            text = str(error)
        else:
            text = ""
        if text:
            assert "rests on it" in text
            assert not any(person.identification in text for person in PEOPLE)
            return
        plain = BASE
        for entry in without:
            plain = entry.what.apply(plain, entry.key)
        assert plain == after.now, "as if it had not been"
        (gone,) = [entry.what for entry in self.point.history.standing() if entry.key == key]
        self._become(after, gone)

    @invariant()
    def the_market_is_as_it_must_be(self) -> None:
        assert broken(described(self.point.now)) == []

    @invariant()
    def what_was_known_is_not_forgotten(self) -> None:
        for moment, state in self.states[-4:]:
            assert self.point.known(moment) == state

    def _corrected(self) -> bool:
        """Who a customer is, is told by another message once it was corrected."""
        return any(isinstance(entry.what, Corrected) for entry in self.point.history.entries)

    @invariant()
    def every_supplier_knows_its_own_days(self) -> None:
        if self._corrected():
            return
        for gln, belief in self.beliefs.items():
            own = {
                number
                for number in range(-5, 60)
                if (found := self.point.now.supply(day(number))) and found.supplier == gln
            }
            assert belief.all() == own, gln

    @invariant()
    def every_supplier_knows_its_own_customers(self) -> None:
        if self._corrected():
            return
        for number in range(-5, 60):
            supply, home = self.point.now.supply(day(number)), self.point.now.resident(day(number))
            believed = {
                (gln, person)
                for gln, belief in self.beliefs.items()
                for person, held in belief.days.items()
                if number in held
            }
            assert believed == (set() if supply is None else {(supply.supplier, home and home.person)})

    @invariant()
    def an_access_is_of_the_one_who_gave_it(self) -> None:
        givers = {
            entry.what.residence for entry in self.point.history.standing() if isinstance(entry.what, AccessGiven)
        }
        for item in self.point.now.access(THIRD):
            held = item.start
            while held < min(item.end or FOREVER, day(60)):
                home = self.point.now.resident(held)
                assert home is not None
                assert home.key == item.value.residence
                assert home.key in givers
                assert may_know(described(self.point.now), THIRD, Role.AG, held, held + timedelta(days=1)) is True
                held += timedelta(days=1)


TestPoints = Points.TestCase
TestPoints.settings = settings(max_examples=60, stateful_step_count=40, derandomize=True)  # the long form draws anew


def recorded(*events: tuple[str, Event], base: State = BASE) -> Point:
    point = Point(base)
    for number, (key, event) in enumerate(events):
        point = point.record(key, event, MOMENT + timedelta(minutes=number))
    return point


def supplied(point: Point) -> list[tuple[str, date, date | None]]:
    return [(item.value.supplier, item.start, item.end) for item in point.now.supplies if item.start >= ZERO]


def test_a_move_in_back_in_time_ends_what_the_one_who_left_had_agreed_for_later() -> None:
    before = recorded(("101", Switched(day(11), PEOPLE[0], Supply(NEW))))
    after = before.record("103", MovedIn(day(5), PEOPLE[1], Supply(OTHER)), MOMENT + timedelta(days=1))
    assert supplied(after) == [(OTHER, day(5), None)]
    told = notices(before.now, after.now)
    assert [(item.supplier, item.begins, item.day) for item in told] == [
        (NEW, False, day(11)), (OLD, False, day(5)), (OTHER, True, day(5)),
    ]  # fmt: skip


def test_a_move_in_back_in_time_lasts_until_the_next_one() -> None:
    point = recorded(
        ("first", MovedIn(day(10), PEOPLE[1], Supply(NEW))), ("second", MovedIn(day(5), PEOPLE[2], Supply(OTHER)))
    )
    assert supplied(point) == [(OTHER, day(5), day(10)), (NEW, day(10), None)]
    assert supplied(point.undo("first", MOMENT + timedelta(days=1))) == [(OTHER, day(5), None)]


def test_a_supplier_that_mends_its_date_has_one_supply() -> None:
    before = recorded(("first", MovedIn(day(10), PEOPLE[1], Supply(NEW))))
    after = before.record("second", MovedIn(day(5), PEOPLE[1], Supply(NEW)), MOMENT + timedelta(days=1))
    told = notices(before.now, after.now)
    assert [(item.supplier, item.begins, item.day) for item in told] == [(NEW, True, day(5)), (OLD, False, day(5))]


def test_a_switch_falls_when_the_end_user_leaves_before_it() -> None:
    point = recorded(
        ("101", Switched(day(13), PEOPLE[0], Supply(NEW))), ("201", MovedOut(day(12), PEOPLE[0], OLD))
    )  # fmt: skip
    assert supplied(point) == []
    with pytest.raises(LineRefused, match="there is no end user on 2026-12-03"):
        point.record("late", Switched(day(13), PEOPLE[0], Supply(NEW)), MOMENT + timedelta(days=1))


def test_a_move_in_that_a_switch_rests_on_is_not_rolled_back() -> None:
    point = recorded(
        ("102", MovedIn(day(5), PEOPLE[1], Supply(NEW))), ("101", Switched(day(9), PEOPLE[1], Supply(OTHER)))
    )
    with pytest.raises(LineRefused, match=r"Switched of 2026-11-29 \(101\) rests on it: the end user"):
        point.undo("102", MOMENT + timedelta(days=1))
    assert supplied(point.undo("101", MOMENT + timedelta(days=1))) == [(NEW, day(5), None)]


def test_an_access_does_not_come_to_the_one_who_has_moved_in() -> None:
    point = recorded(
        ("622", AccessGiven(day(7), THIRD)), ("103", MovedIn(day(5), PEOPLE[1], Supply(NEW)))
    )  # fmt: skip
    assert list(point.now.access(THIRD)) == []
    kept = recorded(("622", AccessGiven(day(7), THIRD)), ("102", MovedIn(day(12), PEOPLE[1], Supply(NEW))))
    assert [(item.start, item.end) for item in kept.now.access(THIRD)] == [(day(7), day(12))]


def test_a_person_stays_out_of_what_is_shown() -> None:
    assert PEOPLE[1].identification not in repr(recorded(("103", MovedIn(day(5), PEOPLE[1], None))))
