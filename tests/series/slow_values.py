"""Tables of values with everything that happens to values, and slow, obvious answers to what is asked of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import pyarrow as pa

from ediel.calendar import midnight
from ediel.series import SCHEMA
from ediel.series._columns import STEPS

Row = dict[str, Any]
Interval = tuple[datetime, datetime]
Channel = tuple[Any, Any, Any]

ACTIVE = "8716867000030"
REACTIVE = "8716867000047"
DAYS = (date(2026, 3, 28), date(2026, 10, 24), date(2026, 12, 30))
"""Three days from each: the day of 23 hours, the one of 25, and a new year."""


def table(rows: Iterable[Row]) -> pa.Table:
    """Rows as a table by ``SCHEMA``."""
    return pa.Table.from_pylist([{**dict.fromkeys(SCHEMA.names), **row} for row in rows], schema=SCHEMA)


def _codes(kind: Any) -> Row:
    """The codes that a kind of value must have."""
    if kind == "Estimated":
        return {"quality": "56", "validation_code": "V002", "estimation_code": "E001"}
    return {"validation_code": "V002"} if kind == "Temporary" else {}


def values(
    point: str, start: datetime, count: int, *, step: str = "PT1H", kwh: Iterable[int] | int = 1000, **others: Any
) -> list[Row]:
    """Values one after the other, in thousandths."""
    length = timedelta(microseconds=STEPS[step])
    amounts = [kwh] * count if isinstance(kwh, int) else list(kwh)
    begin = start.astimezone(UTC)
    return [
        {
            "metering_point": point, "product": ACTIVE, "unit": "kWh", "direction": "Out", "resolution": step,
            "start": begin + number * length, "end": begin + (number + 1) * length, "period_start": begin,
            "period_end": begin + count * length, "sequence": number + 1, "thousandths": amounts[number],
            "kind": "Metered", "imbalance_settlement": False, "registration_time": begin + count * length,
            "payload_id": str(UUID(int=1)), "message_id": str(UUID(int=2)), **_codes(others.get("kind")), **others,
        }
        for number in range(count)
    ]  # fmt: skip


def length_of(day: date) -> timedelta:
    return midnight(day + timedelta(days=1)).astimezone(UTC) - midnight(day).astimezone(UTC)


def happened(chance: Random) -> list[Row]:
    """Some days of some points: gaps, corrections, repeats, both lengths of interval, other products, any order."""
    rows: list[Row] = []
    first = chance.choice(DAYS)
    for number in range(chance.randrange(1, 4)):
        point = f"70705750000000{number:04}"
        step = chance.choice(("PT1H", "PT15M"))
        for offset in range(3):
            if chance.random() < 0.3:
                continue
            day = first + timedelta(days=offset)
            if chance.random() < 0.2:
                step = "PT15M" if step == "PT1H" else "PT1H"
            count = int(length_of(day) / timedelta(microseconds=STEPS[step]))
            begin, taken = 0, count
            for version in range(chance.choice((1, 1, 2, 3))):
                other = step if chance.random() < 0.8 else chance.choice(("PT1H", "PT15M"))
                if other != step:
                    begin, taken = 0, int(length_of(day) / timedelta(microseconds=STEPS[other]))
                registered = midnight(day + timedelta(days=1)) + timedelta(hours=chance.randrange(48))
                product = ACTIVE if chance.random() < 0.9 else REACTIVE
                rows += values(
                    point, midnight(day).astimezone(UTC) + begin * timedelta(microseconds=STEPS[other]), taken,
                    step=other, kwh=[chance.randrange(3000) for _ in range(taken)],
                    product=product, unit="kWh" if product == ACTIVE else "kvarh",
                    kind=chance.choice(("Metered", "Estimated", "Temporary")),
                    registration_time=registered.astimezone(UTC),
                    insert_time=None if chance.random() < 0.5 else registered.astimezone(UTC) + timedelta(minutes=5),
                    payload_id=str(UUID(int=10 * len(rows) + version)),
                )  # fmt: skip
                begin = chance.randrange(count)
                taken = chance.randrange(1, count - begin + 1)
    kept = [row for row in rows if chance.random() < 0.95]
    kept += [dict(row) for row in kept if chance.random() < 0.05]
    chance.shuffle(kept)
    return kept


def channel_of(row: Row) -> Channel:
    return row["metering_point"], row["product"], row["direction"]


def age_of(row: Row) -> tuple[datetime, datetime]:
    never = datetime(1, 1, 1, tzinfo=UTC)
    return row["registration_time"] or never, row["insert_time"] or never


def newest(rows: list[Row]) -> dict[Channel, dict[Interval, Row]]:
    """The newest value of each interval of each channel, without those that something newer overlaps."""
    found: dict[Channel, dict[Interval, Row]] = defaultdict(dict)
    for row in rows:
        own, key = found[channel_of(row)], (row["start"], row["end"])
        if key not in own or age_of(row) >= age_of(own[key]):
            own[key] = row
    kept: dict[Channel, dict[Interval, Row]] = {}
    for channel, own in found.items():
        kept[channel] = {}
        for key, row in own.items():
            rank = (*age_of(row), key[0] - key[1])
            beaten = any(
                other != key and other[0] < key[1] and key[0] < other[1]
                and (*age_of(newer), other[0] - other[1]) > rank
                for other, newer in own.items()
            )  # fmt: skip
            if not beaten:
                kept[channel][key] = row
    return kept


def covered(own: dict[Interval, Row], moment: datetime) -> Row | None:
    """The value that covers a moment."""
    return next((row for (start, end), row in own.items() if start <= moment < end), None)


def slots(start: datetime, end: datetime) -> list[datetime]:
    """Every quarter of an hour."""
    count = int((end - start) / timedelta(minutes=15))
    return [start + number * timedelta(minutes=15) for number in range(count)]


def differ(known: list[Row], rows: list[Row]) -> dict[Channel, list[int]]:
    """What is otherwise: new, corrected, gone, estimated, settled, thousandths before and after, of each channel."""
    before, after = newest(known), newest(rows)
    soft = {"Estimated", "Temporary"}
    found: dict[Channel, list[int]] = {}
    for channel, new in after.items():
        old = before.get(channel, {})
        counts = [0] * 7
        for key in {*old, *new}:
            one, two = old.get(key), new.get(key)
            if one and two and (one["thousandths"], one["kind"]) == (two["thousandths"], two["kind"]):
                continue
            counts[0] += one is None
            counts[1] += one is not None and two is not None
            counts[2] += two is None
            counts[3] += two is not None and two["kind"] in soft
            counts[4] += one is not None and two is not None and one["kind"] in soft and two["kind"] not in soft
            counts[5] += one["thousandths"] if one else 0
            counts[6] += two["thousandths"] if two else 0
        if any(counts[:3]):
            found[channel] = counts
    return found


def as_differ(found: list[Row]) -> dict[Channel, list[int]]:
    """Rows of ``series.changes`` as ``differ`` has them."""
    counts = ("new", "corrected", "gone", "estimated", "settled")
    assert all(row["difference"] == row["after"] - row["before"] for row in found)
    return {
        channel_of(row): [*(row[name] for name in counts), int(row["before"] * 1000), int(row["after"] * 1000)]
        for row in found
    }
