"""A process that another system has begun, taken over in the state in which it stands."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from datetime import datetime
from typing import Final

from ediel.processes._changes import Change
from ediel.processes._machine import Instance, Machine, S, Step, TimerSet, taken_up
from ediel.processes._rows import BEGIN, Inform, Row, SetTimer, Write, command, timer
from ediel.processes.errors import CannotRead, CommandRefused, InvalidData

__all__ = ["ADOPT", "adopt"]

ADOPT: Final = "adopt"


def adopt(machine: Machine[S], instance: Instance[S], state: str, asked: datetime) -> Step[S]:
    """What follows when a process is taken over: nothing is sent, its timers are set, and its changes are written.

    The changes are those of the shortest way to the state: a supply that the hub has notified has its contract.

    Args:
        machine: its table.
        instance: the process before anything has happened here, with what it knows.
        state: where it stands.
        asked: when it was begun elsewhere, aware.

    Raises:
        CommandRefused: the table has no such state, or nothing is under way in it; the text says what is possible.
        InvalidData: the process lacks something that the state needs.
    """
    possible = [name for name in machine.states if name != BEGIN and name not in machine.closed]
    if state not in possible:
        why = "nothing is under way in it any more" if state in machine.closed else f"{machine.key} has no such state"
        raise CommandRefused(f"the state {state!r}: {why}; expected {', '.join(possible)}")
    after = replace(instance, state=state, version=instance.version + 1)
    try:
        writes = [effect for row in _way(machine, state) for effect in row.do if isinstance(effect, Write)]
        changes: list[Change] = [change for effect in writes for change in effect.changes(after.facts)]
        timers = [_timer(machine, after, item, asked) for item in taken_up(machine, after)]
    except CannotRead as error:
        raise InvalidData(f"{ADOPT} as {state}: {error}") from None
    row = Row(
        (BEGIN,), command(ADOPT), state, (*writes, Inform("ProcessAdopted")), source="another system has begun it",
        standing="assumed",
    )  # fmt: skip
    return Step(after, row, timers=tuple(timers), events=("ProcessAdopted",), changes=tuple(changes))


def _way(machine: Machine, state: str) -> tuple[Row, ...]:
    """The rows of the shortest way from the beginning to a state."""
    ways: dict[str, tuple[Row, ...]] = {BEGIN: ()}
    waiting = deque([BEGIN])
    while waiting and state not in ways:
        at = waiting.popleft()
        for row in machine.rows:
            if at in row.at and row.ignored is None and row.to is not None and row.to not in ways:
                ways[row.to] = (*ways[at], row)
                waiting.append(row.to)
    return ways.get(state, ())


def _timer(machine: Machine, after: Instance, item: TimerSet, asked: datetime) -> TimerSet:
    """A timer of a process that was begun elsewhere: one that had passed already then says nothing of an answer."""
    rows = machine.index.get((after.state, timer(item.name)), ())
    silence = any(row.to in machine.silent for row in rows)
    ahead_only = any(
        isinstance(effect, SetTimer) and effect.name == item.name and effect.ahead_only
        for row in machine.rows
        for effect in row.do
    )
    passed = item.due is not None and item.due <= asked
    return replace(item, due=None) if silence and ahead_only and passed else item
