"""Questions that several tables ask."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from ediel.calendar import market_day, midnight
from ediel.processes._machine import Condition, Facts, Trigger, keep


def _started(facts: Facts, _trigger: Trigger, now: datetime) -> str:
    return "yes" if now >= midnight(date.fromisoformat(facts["day"])) else "no"


STARTED = Condition("the date has come", ("yes", "no"), _started)


def _in_time(facts: Facts, _trigger: Trigger, now: datetime) -> str:
    if not facts.get("has_cancellation", True):
        return "no"
    last = facts.get("cancellation")
    return "yes" if last is None or market_day(now) <= date.fromisoformat(last) else "no"


IN_TIME = Condition("the cancellation deadline lies ahead, or is unknown", ("yes", "no"), _in_time)
"""An unknown deadline does not stop a cancellation: the hub decides."""


def _fresh(facts: Facts, _trigger: Trigger, _now: datetime) -> str:
    return "yes" if facts.get("fresh", True) else "no"


FRESH = Condition("the message is newer than what is known", ("yes", "no"), _fresh)


def _verdict(facts: Facts, _trigger: Trigger, _now: datetime) -> str:
    return "accepted" if facts.get("verdict") == "accepted" else "refused"


VERDICT = Condition("the hub's decision", ("accepted", "refused"), _verdict)


def dated(facts: Facts, trigger: Trigger) -> dict[str, Any]:
    """The facts with what the trigger brings, and whether its message is newer than those before it.

    Messages may overtake each other on the way; the time of creation in the header tells which is the later word.
    """
    found = keep(facts, trigger)
    if trigger.message is not None:
        created = trigger.message.header.creation.isoformat()
        latest = facts.get("latest")
        newer = latest is None or datetime.fromisoformat(created) >= datetime.fromisoformat(latest)
        found["fresh"] = newer
        if newer:
            found["latest"] = created
    return found


def end_of(day: str | None) -> datetime | None:
    """The moment at which a day is over; ``None`` when the day is unknown."""
    return None if day is None else midnight(date.fromisoformat(day) + timedelta(days=1))


def beginning_of(day: str | None) -> datetime | None:
    """The moment at which a day begins; ``None`` when the day is unknown."""
    return None if day is None else midnight(date.fromisoformat(day))
