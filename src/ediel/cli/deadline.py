"""``ediel deadline``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, Literal, cast

import click

from ediel.cli import _complete
from ediel.cli._files import emit
from ediel.serve.deadlines import described

if TYPE_CHECKING:
    from datetime import date

    from ediel.market import Deadline, Profile, Window

_NAMES: Final = {
    "earliest": "first day on which the request may come",
    "latest": "last day on which the request may come",
    "cancellation": "last day on which it may be cancelled",
}


@click.command("deadline", short_help="Print when a request may come and be cancelled, day by day.")
@click.argument("process", metavar="BRS", shell_complete=_complete.processes)
@click.option(
    "--settlement", type=click.Choice(["profiled", "interval"]), required=True, help="How the point is settled."
)
@click.option(
    "--start",
    type=click.DateTime(["%Y-%m-%d"]),
    required=True,
    metavar="DATE",
    help="The date in the request: start or end of the supply.",
)
@click.option("--profile", metavar="FILE", help="Rows that replace those of the packaged profile (or EDIEL_PROFILE).")
@click.option("--format", "form", type=click.Choice(["text", "json", "ics"]), default="text", show_default=True)
@click.option("--ics", "form", flag_value="ics", help="Write a calendar file: the same as --format ics.")
@click.option("--output", "-o", metavar="FILE", help="Write to a file.")
def command(process: str, settlement: str, start: datetime, profile: str | None, form: str, output: str | None) -> None:
    """Print when a request may come and be cancelled, day by day.

    BRS is a process, such as BRS-NO-202 or 202. A limit that no source gives is shown as unknown; one that is
    assumed is shown as such.
    """
    from ediel.codes import BusinessProcess
    from ediel.market import load, window
    from ediel.serve.naming import process_named

    number = process_named(process, tuple(BusinessProcess), "process")
    rows = load(profile)
    try:
        limits = window(rows, number, cast("Literal['profiled', 'interval']", settlement), start.date())
        text = {"text": _text, "json": _json, "ics": _ics}[form](limits, rows)
    except (ValueError, OverflowError) as error:
        raise click.BadParameter(str(error), param_hint="--start") from None
    emit(text.encode(), output)


def _deadlines(limits: Window) -> Iterator[tuple[str, Deadline | None]]:
    for name in _NAMES:
        yield name, getattr(limits, name)


def _text(limits: Window, profile: Profile) -> str:
    label = f", {limits.process.label}" if limits.process.label else ""
    lines = [f"{limits.process.value}{label}; {limits.settlement}; date in the request {_day(limits.start)}", ""]
    for name, deadline in _deadlines(limits):
        if deadline is None:
            lines.append(f"  {name:<13} unknown: no source gives it")
            continue
        limit = deadline.limit
        lines.append(f"  {name:<13} {_day(deadline.day)}  {_in_words(deadline)} ({limit.standing}: {limit.source})")
    lines += ["", *_calendar(limits, profile), "", _days_in_words(profile)]
    return "\n".join(lines) + "\n"


def _in_words(deadline: Deadline) -> str:
    limit = deadline.limit
    if limit.what == "back":  # a date back in time: the request may come until so many days after it
        return replace(limit, count=-limit.count, counted_from="start").in_words
    return limit.in_words


def _calendar(limits: Window, profile: Profile) -> Iterator[str]:
    marks: dict[date, list[str]] = {limits.start: ["the date in the request"]}
    for name, deadline in _deadlines(limits):
        if deadline is not None:
            standing = deadline.limit.standing
            marks.setdefault(deadline.day, []).append(name if standing == "published" else f"{name} ({standing})")
    day, last = min(marks), max(marks)
    while day <= last:
        notes = marks.get(day, [])
        if off := profile.working_days.reason_off(day):
            notes = [*notes, f"no working day: {off[0]} / {off[1]}"]
        yield f"  {_day(day)}  {'; '.join(notes)}".rstrip()
        day += timedelta(days=1)


def _days_in_words(profile: Profile) -> str:
    days = profile.working_days
    parts = [
        f"{name} {'count' if counts else 'do not count'}"
        for name, counts in (
            ("Saturdays", days.saturdays),
            ("24 December", days.christmas_eve),
            ("31 December", days.new_years_eve),
        )
    ]
    return f"Working days: {', '.join(parts)} ({profile.working_days_standing}: {profile.working_days_source})."


def _day(day: date) -> str:
    return f"{day:%a} {day.isoformat()}"


def _json(limits: Window, profile: Profile) -> str:
    return json.dumps(described(limits, profile), indent=2, ensure_ascii=False) + "\n"


def _ics(limits: Window, _profile: Profile) -> str:
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//ediel//deadline//EN"]
    for name, deadline in _deadlines(limits):
        if deadline is None:
            continue
        limit = deadline.limit
        words = f"{_in_words(deadline)} {limits.start.isoformat()} ({limit.standing}: {limit.source})"
        uid = f"{limits.process.value}-{limits.settlement}-{limits.start.isoformat()}-{name}@ediel"
        lines += [
            "BEGIN:VEVENT",
            f"UID:{uid}",
            f"DTSTAMP:{stamp}",
            f"DTSTART;VALUE=DATE:{deadline.day:%Y%m%d}",
            f"DTEND;VALUE=DATE:{deadline.day + timedelta(days=1):%Y%m%d}",
            f"SUMMARY:{_escape(f'{limits.process.value}: {_NAMES[name]}')}",
            f"DESCRIPTION:{_escape(words)}",
            "TRANSP:TRANSPARENT",
            "END:VEVENT",
        ]
    lines.append("END:VCALENDAR")
    return "".join(f"{part}\r\n" for line in lines for part in _folded(line))


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")


def _folded(line: str) -> Iterator[str]:
    """Lines of at most 75 octets (RFC 5545)."""
    part = ""
    for char in line:
        if len((part + char).encode()) > 74:
            yield part
            part = " "
        part += char
    yield part
