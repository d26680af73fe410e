"""Questions that several tables ask, and the facts that they ask about."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TypeVar

from ediel.calendar import market_day, midnight
from ediel.processes._build import AnsweringState
from ediel.processes._machine import keep
from ediel.processes._rows import Condition, Trigger
from ediel.processes._state import ProcessState, known


@dataclass(frozen=True, kw_only=True, repr=False)
class RequestState(ProcessState):
    """A request that takes effect on a day.

    Attributes:
        day: the day.
        has_cancellation: whether the process has a deadline for its cancellation at all.
        cancellation: last day of cancellation; ``None`` when unknown.
        cancellation_standing: how sure that day is.
        ask: whether a positive answer is asked for.
    """

    day: date | None = None
    has_cancellation: bool = True
    cancellation: date | None = None
    cancellation_standing: str | None = None
    ask: bool = False


@dataclass(frozen=True, kw_only=True, repr=False)
class NoticedState(ProcessState):
    """What is known from notices.

    Attributes:
        latest: when the latest of them was made.
        fresh: whether the last one that came was the latest.
    """

    latest: datetime | None = None
    fresh: bool = True


NoticedT = TypeVar("NoticedT", bound=NoticedState)


def _started(facts: RequestState, _trigger: Trigger, now: datetime) -> str:
    return "yes" if now >= midnight(known(facts.day, "day")) else "no"


STARTED = Condition("the date has come", ("yes", "no"), _started)


def _in_time(facts: RequestState, _trigger: Trigger, now: datetime) -> str:
    if not facts.has_cancellation:
        return "no"
    last = facts.cancellation
    return "yes" if last is None or market_day(now) <= last else "no"


IN_TIME = Condition("the cancellation deadline lies ahead, or is unknown", ("yes", "no"), _in_time)
"""An unknown deadline does not stop a cancellation: the hub decides."""


def _fresh(facts: NoticedState, _trigger: Trigger, _now: datetime) -> str:
    return "yes" if facts.fresh else "no"


FRESH = Condition("the message is newer than what is known", ("yes", "no"), _fresh)


def _verdict(facts: AnsweringState, _trigger: Trigger, _now: datetime) -> str:
    return "accepted" if facts.verdict == "accepted" else "refused"


VERDICT = Condition("the hub's decision", ("accepted", "refused"), _verdict)


def dated(facts: NoticedT, trigger: Trigger, now: datetime) -> NoticedT:
    """The facts with what the trigger brings, and whether its message is newer than those before it.

    Messages may overtake each other on the way; the time of creation in the header shows which is the later one.
    """
    changed = keep(facts, trigger, now)
    if trigger.message is None:
        return changed
    created = trigger.message.header.creation
    newer = facts.latest is None or created >= facts.latest
    return replace(changed, fresh=newer, latest=created if newer else facts.latest)


def end_of(day: date | None) -> datetime | None:
    """The moment at which a day is over; ``None`` when the day is unknown."""
    return None if day is None else midnight(day + timedelta(days=1))


def beginning_of(day: date | None) -> datetime | None:
    """The moment at which a day begins; ``None`` when the day is unknown."""
    return None if day is None else midnight(day)
