"""What a person may do with any process, whatever its table: give it up, or say what has become of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final

from ediel.processes._changes import Change
from ediel.processes._machine import Instance, Machine, S, Step, TimerSet, keep
from ediel.processes._rows import BEGIN, CancelTimer, Inform, Row, SetTimer, Trigger, Write, command
from ediel.processes.errors import CannotRead, CommandRefused, InvalidData

__all__ = ["ABANDON", "SETTLE", "abandon", "settle", "settles"]

ABANDON: Final = "abandon"
SETTLE: Final = "settle"


def abandon(machine: Machine[S], instance: Instance[S]) -> Step[S]:
    """Give a process up where it stands: it is over, and its timers are cancelled.

    Nothing is sent. Whatever still comes for it is heeded as before, and takes it up again.

    Raises:
        CommandRefused: it is over already.
    """
    if instance.state in machine.finals or instance.state == BEGIN or instance.abandoned:
        raise CommandRefused(f"{ABANDON} is not possible: the process is {_stands(instance)}")
    row = Row((instance.state,), command(ABANDON), do=(Inform("ProcessAbandoned"),), source=_SOURCE, standing=_STANDING)
    after = replace(instance, version=instance.version + 1, abandoned=True)
    return Step(after, row, cancelled=tuple(machine.due), events=("ProcessAbandoned",))


def settles(machine: Machine, state: str) -> tuple[str, ...]:
    """The states in which a person may say that a process is: those to which a message or a decision could lead it."""
    return tuple(dict.fromkeys(row.to for row in _leading(machine, state) if row.to not in {None, state}))


def settle(
    machine: Machine[S], instance: Instance[S], to: str, now: datetime, data: Mapping[str, object] | None = None,
    *, through: str | None = None,
) -> Step[S]:  # fmt: skip
    """What follows when a person says what has become of a process: as though the message had come, but nothing is sent.

    Args:
        machine: its table.
        instance: as it stands.
        to: the state in which it is.
        now: the moment, aware.
        data: facts that the message would have brought, by name.
        through: a state from which it goes there, where that is another one than its own.

    Raises:
        CommandRefused: no message or decision could lead it there; the text says where to.
        InvalidData: a fact is missing, or does not fit.
    """
    state = through or instance.state
    trigger = Trigger(command(f"{SETTLE} as {to}"), data=data or {})
    facts = keep(instance.facts, trigger, now)
    try:
        leading = [row for row in _leading(machine, state) if row.to == to]
        found = next((row for row in leading if _holds(row, facts, trigger, now)), None)
        if found is None:
            possible = ", ".join(settles(machine, state)) or "none"
            because = f"it needs {leading[0].when}" if leading else f"the process is {_stands(instance)}"
            raise CommandRefused(f"{SETTLE} as {to} is not possible: {because}. Possible states: {possible}.")
        changes: list[Change] = []
        for effect in found.do:
            if isinstance(effect, Write):
                changes += effect.changes(facts)
        timers = [TimerSet(item.name, machine.due[item.name](facts)) for item in found.do if isinstance(item, SetTimer)]
    except CannotRead as error:
        raise InvalidData(f"{SETTLE} as {to}: {error}: give it with the command") from None
    effects = tuple(item for item in found.do if isinstance(item, CancelTimer | Inform | SetTimer | Write))
    row = Row((instance.state,), trigger.on, to, effects, source=_SOURCE, standing=_STANDING)
    return Step(
        Instance(instance.id, instance.machine, instance.party, facts, to, instance.version + 1),
        row,
        timers=tuple(timers),
        cancelled=tuple(item.name for item in effects if isinstance(item, CancelTimer)),
        events=tuple(item.event for item in effects if isinstance(item, Inform)),
        changes=tuple(changes),
    )


_SOURCE: Final = "a person has decided it"
_STANDING: Final = "assumed"


def _leading(machine: Machine, state: str) -> Iterator[Row]:
    for row in machine.rows:
        if state in row.at and row.ignored is None and row.on.kind in {"message", "decision"}:
            yield row


def _holds(row: Row, facts: object, trigger: Trigger, now: datetime) -> bool:
    return row.when is None or row.when.condition.ask(facts, trigger, now) in row.when.answers


def _stands(instance: Instance) -> str:
    return "abandoned" if instance.abandoned else instance.state
