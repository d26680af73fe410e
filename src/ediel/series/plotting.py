"""Pictures of values: load curves, and which days are whole. Needs the extra ``plot``."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ediel.calendar import OSLO
from ediel.errors import InvalidTable
from ediel.series._columns import STEPS
from ediel.series.judging import completeness
from ediel.series.versions import latest

__all__ = ["completeness_map", "load_curve"]

_MOST_CURVES: Final = 12
_MOST_ROWS: Final = 60
_STATES: Final = (("#d9d9d9", "no values"), ("#b2182b", "incomplete"), ("#f4a582", "temporary values"),
                  ("#92c5de", "estimated values"), ("#2166ac", "whole and measured"))  # fmt: skip


def load_curve(table: pa.Table, path: Path, *, point: str | None = None) -> int:
    """Draw the newest values of each channel over Norwegian time: lines that step at each interval.

    Args:
        table: values by ``ediel.series.SCHEMA``.
        path: ``.png`` or ``.svg``.
        point: this metering point alone.

    Returns:
        How many curves there are; at most 12 are drawn, those with the most values.

    Raises:
        InvalidTable: there are no interval values (of that point).
    """
    rows = _intervals(table)
    if point is not None:
        rows = rows.filter(pc.equal(rows["metering_point"].cast(pa.string()), point))
    if not rows.num_rows:
        raise InvalidTable("there are no interval values to draw" + (f" of {point}" if point else ""))
    rows = latest(rows)
    keys = [rows[name].cast(pa.string()) for name in ("metering_point", "product", "direction", "unit")]
    names = pc.binary_join_element_wise(*(pc.fill_null(key, "-") for key in keys), " ").combine_chunks()
    encoded = names.dictionary_encode()
    of = encoded.indices.to_numpy()
    counts = np.bincount(of)
    figure, axes = _figure(8, 4)
    for channel in np.argsort(-counts, kind="stable")[:_MOST_CURVES].tolist():
        own = rows.filter(pa.array(of == channel))
        moments = [moment.astimezone(OSLO) for moment in (*own["start"].to_pylist(), own["end"][-1].as_py())]
        values = [*(own["thousandths"].to_numpy() / 1000), own["thousandths"][-1].as_py() / 1000]
        axes.step(moments, values, where="post", label=str(encoded.dictionary[channel]), linewidth=1)
    axes.set_ylabel("per interval")
    axes.set_xlabel("Norwegian time")
    axes.legend(fontsize="x-small", loc="upper right")
    axes.xaxis_date(tz=OSLO)
    axes.grid(alpha=0.3)
    figure.autofmt_xdate()
    _save(figure, path)
    return len(counts)


def completeness_map(table: pa.Table, path: Path) -> int:
    """Draw a field for each channel and day: whole, estimated, temporary, incomplete, or nothing.

    Args:
        table: values by ``ediel.series.SCHEMA``.
        path: ``.png`` or ``.svg``.

    Returns:
        How many channels there are; at most 60 are drawn, those with the most missing values.

    Raises:
        InvalidTable: there are no interval values.
    """
    found = completeness(_intervals(table)).to_pylist()
    if not found:
        raise InvalidTable("there are no interval values to draw")
    channels: dict[str, dict[Any, dict[str, Any]]] = {}
    for row in found:
        name = " ".join(str(row[key] or "-") for key in ("metering_point", "product", "direction"))
        channels.setdefault(name, {})[row["day"]] = row
    days = np.arange(min(row["day"] for row in found), max(row["day"] for row in found) + np.timedelta64(1, "D"))
    worst = sorted(channels, key=lambda name: (-sum(row["missing"] for row in channels[name].values()), name))
    shown = worst[:_MOST_ROWS]
    states = np.array([[_state(channels[name].get(day)) for day in days.tolist()] for name in shown])
    figure, axes = _figure(min(14, max(6, len(days) * 0.16 + 4)), max(2.5, len(shown) * 0.22 + 1.6))
    from matplotlib.colors import ListedColormap  # noqa: PLC0415 - of the extra
    from matplotlib.patches import Patch  # noqa: PLC0415 - the same

    axes.imshow(states, aspect="auto", cmap=ListedColormap([colour for colour, _ in _STATES]), vmin=0, vmax=4)
    axes.set_yticks(range(len(shown)), shown, fontsize="x-small")
    step = max(1, len(days) // 16)
    axes.set_xticks(range(0, len(days), step), [str(day) for day in days[::step]], rotation=60, fontsize="x-small")
    handles = [Patch(color=colour, label=label) for colour, label in _STATES]
    axes.legend(handles=handles, fontsize="x-small", ncols=3, loc="lower center", bbox_to_anchor=(0.5, 1))
    _save(figure, path)
    return len(channels)


def _intervals(table: pa.Table) -> pa.Table:
    return table.filter(pc.is_in(table["resolution"].cast(pa.string()), pa.array(list(STEPS))))


def _state(row: dict[str, Any] | None) -> int:
    if row is None:
        return 0
    if row["missing"]:
        return 1
    return 2 if row["temporary"] else 3 if row["estimated"] else 4


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
