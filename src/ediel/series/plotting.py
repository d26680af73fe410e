"""Pictures of values: load curves, and which days are whole. Needs the extra ``plot``.

What is drawn is made apart from the drawing: ``curves`` and ``days`` give it as data.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

from ediel.calendar import OSLO
from ediel.errors import InvalidTable
from ediel.series._columns import NOTHING, STEPS
from ediel.series.judging import Expected, completeness
from ediel.series.versions import CHANNEL, SOFT, in_order, is_one_of, moments, newest

__all__ = ["Curve", "Day", "Drawn", "completeness_map", "curves", "days", "load_curve"]

_MOST_CURVES: Final = 12
_MOST_ROWS: Final = 60
_PART: Final = "{} of {} channels, those that miss the most values first"
_UNKNOWN: Final = 10**9
"""Stands for the missing values of a point that has none: more than anybody else misses."""
_STATES: Final = (
    ("#ffffff", "not expected"), ("#4d4d4d", "no value"), ("#b2182b", "incomplete"), ("#f4a582", "temporary values"),
    ("#92c5de", "estimated values"), ("#2166ac", "whole and measured"),
)  # fmt: skip
_COLOURS: Final = (*range(0, 20, 2), 1, 3)
"""Of matplotlib's tab20: the dark ones first, so that twelve curves have twelve colours."""
_LENGTHS: Final = {60: "hour", 15: "quarter of an hour", 30: "half an hour", 5: "five minutes"}


@dataclass(frozen=True, slots=True)
class Drawn:
    """What is in a picture.

    Attributes:
        drawn: channels that are in it.
        of: channels that there are.
    """

    drawn: int
    of: int


@dataclass(frozen=True, slots=True)
class Curve:
    """The newest values of a channel over time.

    Attributes:
        name: metering point, product and direction.
        unit: of the values.
        steps: lengths of its intervals.
        moments: where each value begins, UTC; where values end and none follows, the end.
        values: in the unit; NaN from the end of a value on that none follows, so that a gap is drawn as one.
        estimated: which of them are estimated or temporary.
        corrected: which of them have taken the place of others.
        missing: how many values are missing of those that are expected.
    """

    name: str
    unit: str | None
    steps: tuple[timedelta, ...]
    moments: tuple[datetime, ...]
    values: Any
    estimated: Any
    corrected: Any
    missing: int


@dataclass(frozen=True, slots=True)
class Day:
    """The days of a channel: a place in the list of states for each.

    Attributes:
        name: metering point, product and direction.
        states: 0 not expected, 1 no value, 2 incomplete, 3 temporary, 4 estimated, 5 whole and measured.
        missing: how many values are missing; a very large number where nobody can say, since there are none.
    """

    name: str
    states: tuple[int, ...]
    missing: int


def load_curve(table: pa.Table, path: Path, *, point: str | None = None, expected: Expected | None = None) -> Drawn:
    """Draw the newest values of each channel over Norwegian time: lines that step at each interval, with their gaps.

    Estimated and temporary values are marked, and those that have taken the place of others.

    Args:
        table: values by ``ediel.series.SCHEMA``.
        path: ``.png`` or ``.svg``.
        point: this metering point alone.
        expected: what is expected; those that miss the most come first.

    Returns:
        How many of how many channels are drawn; at most 12 are.

    Raises:
        InvalidTable: there are no interval values (of that point).
    """
    found = curves(table, point=point, expected=expected)
    if not found:
        raise InvalidTable("there are no interval values to draw" + (f" of {point}" if point else ""))
    shown = found[:_MOST_CURVES]
    figure, axes = _figure(9, 4.5)
    from matplotlib import colormaps  # noqa: PLC0415 - of the extra

    colours = colormaps["tab20"]
    marks = {}
    for place, curve in zip(_COLOURS, shown, strict=False):
        when = [moment.astimezone(OSLO) for moment in curve.moments]
        axes.step(when, curve.values, where="post", label=curve.name, linewidth=1, color=colours(place))
        signs = (("estimated or temporary", "o", curve.estimated), ("corrected", "x", curve.corrected))
        for name, sign, places in signs:
            chosen = np.flatnonzero(places)
            if len(chosen):
                (marks[name],) = axes.plot(
                    [when[number] for number in chosen], curve.values[chosen], sign, color="black", markersize=3,
                    markerfacecolor="none", linestyle="none",
                )  # fmt: skip
    axes.set_ylabel(_per(shown))
    axes.set_xlabel("Norwegian time")
    axes.set_ylim(bottom=min(0, axes.get_ylim()[0]))
    axes.xaxis_date(tz=OSLO)
    axes.grid(alpha=0.3)
    if len(shown) < len(found):
        axes.set_title(_PART.format(len(shown), len(found)), fontsize="small")
    lines, names = axes.get_legend_handles_labels()
    figure.legend([*lines, *marks.values()], [*names, *marks], fontsize="x-small", loc="outside lower center", ncols=3)
    figure.autofmt_xdate()
    _save(figure, path)
    return Drawn(len(shown), len(found))


def curves(table: pa.Table, *, point: str | None = None, expected: Expected | None = None) -> list[Curve]:
    """What ``load_curve`` draws: each channel that has interval values, those that miss the most values first."""
    rows = table.unify_dictionaries().combine_chunks()
    if point is not None and rows.num_rows:
        rows = rows.filter(pa.array(is_one_of(rows, "metering_point", (point,)))).combine_chunks()
    if rows.num_rows:
        mask = is_one_of(rows, "resolution", STEPS) & (moments(rows, "start") != NOTHING)
        rows = rows.filter(pa.array(mask)).combine_chunks()
    if not rows.num_rows:
        return []
    missing = _missing(rows, expected)
    order, other = in_order(rows)
    versions = np.bincount(np.cumsum(other) - 1)[np.cumsum(other) - 1]
    replaced = np.zeros(rows.num_rows, "?")
    replaced[order] = versions > 1
    kept = newest(rows)
    own = rows.take(pa.array(kept))
    replaced = replaced[kept] & ~_repeated(rows)[kept]
    names = _names(own)
    soft = is_one_of(own, "kind", SOFT)
    start, end, value = moments(own, "start"), moments(own, "end"), own["thousandths"].to_numpy()
    units = own["unit"].cast(pa.string()).to_pylist()
    result = []
    heads = np.flatnonzero([True, *(one != two for one, two in zip(names[1:], names[:-1], strict=True))]).tolist()
    for begin, stop in zip(heads, [*heads[1:], len(names)], strict=True):
        part = slice(begin, stop)
        holes = np.flatnonzero(np.append(end[part][:-1] < start[part][1:], True))
        result.append(
            Curve(
                name=names[begin],
                unit=units[begin],
                steps=tuple(sorted({timedelta(microseconds=int(step)) for step in np.unique(end[part] - start[part])})),
                moments=tuple(_moment(value) for value in np.insert(start[part], holes + 1, end[part][holes]).tolist()),
                values=np.insert(value[part] / 1000, holes + 1, np.nan),
                estimated=np.insert(soft[part], holes + 1, False),
                corrected=np.insert(replaced[part], holes + 1, False),
                missing=missing.get(names[begin], 0),
            )
        )
    return sorted(result, key=lambda curve: (-curve.missing, curve.name))


def completeness_map(table: pa.Table, path: Path, *, expected: Expected | None = None) -> Drawn:
    """Draw a field for each channel and expected day: whole, estimated, temporary, incomplete, or without a value.

    Args:
        table: values by ``ediel.series.SCHEMA``.
        path: ``.png`` or ``.svg``.
        expected: what is expected; each channel from its first to its last day when not given.

    Returns:
        How many of how many channels are drawn; at most 60 are, those with the most missing values.

    Raises:
        InvalidTable: nothing is expected.
    """
    span, found = days(table, expected=expected)
    if not found:
        raise InvalidTable("there are no interval values to draw, and none are expected")
    shown = found[:_MOST_ROWS]
    states = np.array([item.states for item in shown])
    figure, axes = _figure(min(14, max(6, len(span) * 0.16 + 4)), max(2.5, len(shown) * 0.22 + 1.6))
    from matplotlib.colors import ListedColormap  # noqa: PLC0415 - of the extra
    from matplotlib.patches import Patch  # noqa: PLC0415 - the same

    most = len(_STATES) - 1
    axes.imshow(states, aspect="auto", cmap=ListedColormap([colour for colour, _ in _STATES]), vmin=0, vmax=most)
    axes.set_yticks(range(len(shown)), [item.name for item in shown], fontsize="x-small")
    step = max(1, len(span) // 16)
    axes.set_xticks(range(0, len(span), step), [str(day) for day in span[::step]], rotation=60, fontsize="x-small")
    used = sorted({*states.reshape(-1).tolist()})
    handles = [Patch(facecolor=_STATES[place][0], edgecolor="black", label=_STATES[place][1]) for place in used]
    if len(shown) < len(found):
        axes.set_title(_PART.format(len(shown), len(found)), fontsize="small")
    figure.legend(handles=handles, fontsize="x-small", ncols=3, loc="outside upper center")
    _save(figure, path)
    return Drawn(len(shown), len(found))


def days(table: pa.Table, *, expected: Expected | None = None) -> tuple[list[date], list[Day]]:
    """What ``completeness_map`` draws: the days, and each channel, those that miss the most values first."""
    rows = completeness(table, expected).to_pylist()
    if not rows:
        return [], []
    first, last = min(row["day"] for row in rows), max(row["day"] for row in rows)
    span = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    channels: dict[str, dict[date, dict[str, Any]]] = {}
    for row in rows:
        channels.setdefault(_name(tuple(row[key] for key in CHANNEL)), {})[row["day"]] = row
    found = [
        Day(name, tuple(_state(own.get(day)) for day in span), sum(_lacking(row) for row in own.values()))
        for name, own in channels.items()
    ]
    return span, sorted(found, key=lambda item: (-item.missing, item.name))


def _missing(rows: pa.Table, expected: Expected | None) -> dict[str, int]:
    result: dict[str, int] = {}
    for row in completeness(rows, expected).to_pylist():
        name = _name(tuple(row[key] for key in CHANNEL))
        result[name] = result.get(name, 0) + _lacking(row)
    return result


def _lacking(row: dict[str, Any]) -> int:
    return _UNKNOWN if row["missing"] is None else int(row["missing"])


def _repeated(rows: pa.Table) -> Any:
    """Rows whose interval has but one value, however often it was read: they have corrected nothing."""
    order, other = in_order(rows)
    group = np.cumsum(other) - 1
    value = rows["thousandths"].to_numpy()[order]
    kind = rows["kind"].combine_chunks().indices.to_numpy()[order]
    heads = np.flatnonzero(other)
    alike = np.ones(rows.num_rows, "?")
    alike[order] = (value == value[heads][group]) & (kind == kind[heads][group])
    same = np.logical_and.reduceat(alike[order], heads)
    found = np.zeros(rows.num_rows, "?")
    found[order] = same[group]
    return found


def _names(rows: pa.Table) -> list[str]:
    return [_name(key) for key in zip(*(rows[name].cast(pa.string()).to_pylist() for name in CHANNEL), strict=True)]


def _name(key: tuple[str | None, ...]) -> str:
    return " ".join(part or "-" for part in key) if any(key[1:]) else str(key[0])


def _moment(value: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=value)


def _per(shown: list[Curve]) -> str:
    """What the axis measures."""
    units = sorted({curve.unit or "-" for curve in shown})
    steps = {step for curve in shown for step in curve.steps}
    length = _LENGTHS.get(int(next(iter(steps)).total_seconds() // 60)) if len(steps) == 1 else None
    return f"{' or '.join(units)} per {length or 'interval (of several lengths)'}"


def _state(row: dict[str, Any] | None) -> int:
    if row is None:
        return 0
    if not row["found"]:
        return 1
    if row["missing"]:
        return 2
    return 3 if row["temporary"] else 4 if row["estimated"] else 5


def _figure(width: float, height: float) -> tuple[Any, Any]:
    from matplotlib.figure import Figure  # noqa: PLC0415 - of the extra; without pyplot, nothing is global

    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots()


def _save(figure: Any, path: Path) -> None:
    """Whole or not at all.

    Raises:
        InvalidTable: the name is of another form.
    """
    form = path.suffix.lower().lstrip(".")
    if form not in {"png", "svg"}:
        raise InvalidTable(f"{path.name} is no .png and no .svg")
    temporary = path.with_name(f".{path.name}.new")
    figure.savefig(temporary, format=form, dpi=150, metadata={"Date": None} if form == "svg" else None)
    temporary.replace(path)
