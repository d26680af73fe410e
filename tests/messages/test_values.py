"""Values that remember how they were written."""

from __future__ import annotations

import copy
import pickle
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ediel.calendar import OSLO, day_length, is_midnight, market_day, midnight
from ediel.messages._values import EmptyTrue, Timestamp, WrittenDecimal, WrittenInt, decimal_value, int_value


@pytest.mark.parametrize(
    "text",
    [
        "2026-12-01T00:00:00+01:00",
        "2026-12-01T00:00:00Z",
        "2026-12-01T00:00:00-00:00",
        "2026-12-01T00:00:00+14:00",
        "2026-12-01T12:30:59.123456789Z",
        "1000-01-01T00:00:00+14:00",
        "9999-12-31T24:00:00Z",
        "2026-12-01T24:00:00+01:00",
        "2026-12-01T24:00:00.000Z",
    ],
)
def test_timestamp_keeps_its_text(text: str) -> None:
    moment = Timestamp.read(text)
    assert moment.text == str(moment) == text
    for twin in (copy.copy(moment), copy.deepcopy(moment), pickle.loads(pickle.dumps(moment))):
        assert twin == moment
        assert twin.text == text


def test_timestamp_strips_layout() -> None:
    assert Timestamp.read("\n 2026-12-01T00:00:00Z\t").text == "2026-12-01T00:00:00Z"


def test_end_of_day_is_the_next_day() -> None:
    assert Timestamp.read("2026-12-01T24:00:00Z") == datetime(2026, 12, 2, tzinfo=UTC)
    assert Timestamp.read("2026-12-31T24:00:00+01:00") == datetime(2027, 1, 1, tzinfo=timezone(timedelta(hours=1)))


@pytest.mark.parametrize(
    "text", ["", "x", "2026-12-01", "2026-12-01T00:00:00", "2026-12-01T24:00:01Z", "2026-13-01T00:00:00Z"]
)
def test_timestamp_refuses(text: str) -> None:
    with pytest.raises(ValueError, match=r"expected|time zone|offset"):
        Timestamp.read(text)


def test_timestamp_from_datetime() -> None:
    assert Timestamp.of(datetime(2026, 12, 1, tzinfo=OSLO)).text == "2026-12-01T00:00:00+01:00"
    assert Timestamp.of(datetime(2026, 7, 1, tzinfo=OSLO)).text == "2026-07-01T00:00:00+02:00"
    assert Timestamp.of(datetime(2026, 12, 1, tzinfo=UTC)).text == "2026-12-01T00:00:00Z"
    with pytest.raises(ValueError, match="time zone"):
        Timestamp.of(datetime(2026, 12, 1))  # noqa: DTZ001 - that is the point


def test_timestamp_arithmetic_gives_a_new_text() -> None:
    later = Timestamp.read("2026-12-01T00:00:00+01:00") + timedelta(hours=1)
    assert str(later) == "2026-12-01T01:00:00+01:00"
    assert Timestamp.of(later).text == "2026-12-01T01:00:00+01:00"


FIRST, LAST = datetime(1000, 1, 2), datetime(9999, 12, 30)  # noqa: DTZ001 - hypothesis wants them without


@given(st.datetimes(min_value=FIRST, max_value=LAST, timezones=st.just(OSLO)))
def test_timestamp_round_trip(moment: datetime) -> None:
    # In UTC, because a local time that the change to summer time leaves out equals nothing, not even itself elsewhere.
    assert Timestamp.read(Timestamp.of(moment).text).astimezone(UTC) == moment.astimezone(UTC)


@pytest.mark.parametrize(
    "text", ["0", "-0", "+1", "01", "1.50", ".5", "5.", "0.0000001", "-0.0", "00.10", "999999999999.999"]
)
def test_decimal_keeps_its_text(text: str) -> None:
    value = decimal_value(text)
    assert value == Decimal(text)
    written = value.text if isinstance(value, WrittenDecimal) else str(value)
    assert written == text
    assert pickle.loads(pickle.dumps(value)) == value
    assert copy.deepcopy(value) == copy.copy(value) == value


@pytest.mark.parametrize("text", ["", "1e3", "1,5", "1_000", "NaN", "INF", "٣", "+", ".", "1 2"])
def test_decimal_refuses(text: str) -> None:
    with pytest.raises(ValueError, match="decimal number"):
        decimal_value(text)


def test_int_keeps_its_text() -> None:
    assert int_value("5") == 5
    assert type(int_value("5")) is int
    odd = int_value("+005")
    assert odd == 5
    assert isinstance(odd, WrittenInt)
    assert odd.text == "+005"
    assert pickle.loads(pickle.dumps(odd)).text == "+005"
    for text in ("", "1.0", "x", "1_0", "٣"):
        with pytest.raises(ValueError, match="whole number"):
            int_value(text)


def test_empty_true() -> None:
    value = EmptyTrue()
    assert value == True  # type: ignore[comparison-overlap]  # noqa: E712 - it equals True without being it
    assert repr(value) == "True"
    assert isinstance(pickle.loads(pickle.dumps(value)), EmptyTrue)


def test_days() -> None:
    assert day_length(date(2026, 3, 29)) == timedelta(hours=23)
    assert day_length(date(2026, 10, 25)) == timedelta(hours=25)
    assert day_length(date(2026, 12, 1)) == timedelta(hours=24)
    assert midnight(date(2026, 7, 1)).isoformat() == "2026-07-01T00:00:00+02:00"
    assert market_day(datetime(2026, 6, 30, 22, tzinfo=UTC)) == date(2026, 7, 1)
    assert is_midnight(datetime(2026, 6, 30, 22, tzinfo=UTC))
    assert not is_midnight(datetime(2026, 7, 1, tzinfo=UTC))
    with pytest.raises(ValueError, match="no time zone"):
        market_day(datetime(2026, 7, 1))  # noqa: DTZ001 - that is the point


@given(st.dates(min_value=date(2019, 1, 1), max_value=date(2035, 12, 31)))
def test_every_day_begins_where_the_one_before_ends(day: date) -> None:
    assert midnight(day).astimezone(UTC) + day_length(day) == midnight(day + timedelta(days=1)).astimezone(UTC)
    assert market_day(midnight(day)) == day
