"""Whether a table is whole: every state reached and left, every message met, no two rows at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from itertools import combinations

from ediel.processes._machine import Machine
from ediel.processes._rows import BEGIN, Row, Send, SetTimer, message


def problems(machine: Machine) -> list[str]:
    """Everything that is wrong with a table; nothing when it is whole."""
    return [
        *_names(machine),
        *_reach(machine),
        *_messages(machine),
        *_conflicts(machine),
        *_parts(machine),
        *_facts(machine),
    ]


def _names(machine: Machine) -> Iterator[str]:
    used = {state for row in machine.rows for state in row.at} | {row.to for row in machine.rows if row.to}
    yield from (f"state {state} is not described" for state in sorted(used - set(machine.states)))
    yield from (f"state {state} is in no row" for state in sorted(set(machine.states) - used))
    yield from (f"final state {state} is unknown" for state in machine.finals if state not in machine.states)


def _reach(machine: Machine) -> Iterator[str]:
    edges = {(at, row.to) for row in machine.rows for at in row.at if row.to}
    forward = _closure({BEGIN}, edges)
    yield from (f"state {state} cannot be reached" for state in machine.states if state not in forward)
    backward = _closure(set(machine.finals), {(to, at) for at, to in edges})
    yield from (f"state {state} reaches no final state" for state in machine.states if state not in backward)


def _closure(start: set[str], edges: set[tuple[str, str]]) -> set[str]:
    found, before = set(start), 0
    while len(found) != before:
        before = len(found)
        found |= {to for at, to in edges if at in found}
    return found


def _messages(machine: Machine) -> Iterator[str]:
    for label in machine.receives:
        for state in machine.states:
            rows = machine.index.get((state, message(label)), ())
            if not rows and not (state == BEGIN and message(label) not in machine.begins_on):
                yield f"{label} has no row in the state {state}"
    known = set(machine.receives)
    for row in machine.rows:
        if row.on.kind == "message" and row.on.name not in known:
            yield f"{row.on.name} is in a row, but the role does not receive it"


def _conflicts(machine: Machine) -> Iterator[str]:
    for (state, on), rows in machine.index.items():
        for one, other in combinations(rows, 2):
            if not _apart(one, other):
                yield f"two rows can both fire in the state {state} on {on}"
        guards = [row.when for row in rows]
        if rows and on.kind != "command" and all(guards):
            answers = {answer for guard in guards if guard for answer in guard.answers}
            missing = set(guards[0].condition.answers) - answers if guards[0] else set()
            if missing:
                yield f"no row in the state {state} on {on} for {', '.join(sorted(missing))}"


def _apart(one: Row, other: Row) -> bool:
    if one.when is None or other.when is None or one.when.condition is not other.when.condition:
        return False
    return not set(one.when.answers) & set(other.when.answers)


def _parts(machine: Machine) -> Iterator[str]:
    for row in machine.rows:
        if row.ignored is not None and (row.do or row.to):
            yield f"an ignored {row.on} has effects"
        if not row.source:
            yield f"{row.on} in {', '.join(row.at)} names no source"
        for effect in row.do:
            if isinstance(effect, Send) and not (
                effect.label in machine.build or f"{effect.label} to {effect.to}" in machine.build
            ):
                yield f"nothing makes {effect.label} to {effect.to}"
            if isinstance(effect, SetTimer) and effect.name not in machine.due:
                yield f"nothing says when timer {effect.name} is due"


def _facts(machine: Machine) -> Iterator[str]:
    known = {item.name for item in fields(machine.facts)}
    sends = [effect for row in machine.rows for effect in row.do if isinstance(effect, Send)]
    asked = {name for effect in sends for name in (effect.only_if, effect.each) if name is not None}
    named = {*asked, *machine.public, *(machine.one_at_a_time or ()), *machine.facts.needs, *machine.facts.passing}
    yield from (f"there is no fact {name}" for name in sorted(named - known))
    missing = set(range(1, machine.revision)) - set(machine.upcasts)
    yield from (f"nothing brings revision {number} to the next one" for number in sorted(missing))
