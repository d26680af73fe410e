"""Several tables together: queues between them that reorder at will, a clock that moves when it likes, and every interleaving.

Each side sees only what has arrived. Answers of conditions that the tables cannot know are tried one by one, those about time
follow the clock, those about order follow the sequence in which the other side sent.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from ediel.processes import BEGIN, CancelTimer, Machine, On, Row, Send, SetTimer
from ediel.processes._conditions import FRESH, IN_TIME, STARTED
from ediel.processes._supply_parties import ENDS_UNTOLD, UNTOLD

Queue = tuple[tuple[str, str, str, int], ...]
"""Messages on the way: from, to, label, and the number that the sender gave it."""


@dataclass(frozen=True)
class World:
    """One state of all sides together."""

    states: tuple[str, ...]
    queue: Queue
    timers: tuple[frozenset[str], ...]
    latest: tuple[int, ...]
    sent: int
    clock: int
    commands: int
    trail: tuple[str, ...] = ()

    def key(self) -> tuple[Any, ...]:
        """What tells two worlds apart: the numbers of messages count by their order alone."""
        numbers = sorted({*(item[3] for item in self.queue), *self.latest})
        rank = {number: place for place, number in enumerate(numbers)}
        queue = tuple(sorted((one, other, label, rank[number]) for one, other, label, number in self.queue))
        latest = tuple(rank[number] for number in self.latest)
        return self.states, queue, self.timers, latest, self.clock, self.commands


@dataclass(frozen=True)
class Model:
    """Which tables play, what is known, and when each timer is due by the clock (0 before, 1 deadline passed, 2 date come)."""

    sides: dict[str, Machine]
    facts: frozenset[str] = frozenset()
    due: Callable[[str], int] = lambda name: {"cancellation": 1, "answer": 1}.get(name, 2)
    answers: Callable[[Row, str], bool] = lambda row, answer: True
    commands: int = 3
    decisions: bool = True
    alias: Callable[[str], tuple[str, ...]] = lambda label: (label,)
    mark: Callable[[Row, str], str] = lambda row, label: ""
    """What a message says that a condition of the recipient asks; written behind its label."""
    prompt: bool = False
    """Whether all that is on its way arrives, and the hub does what is due, before the clock goes on or a party's timer
    fires: the other side answers in time, in whatever order."""

    def start(self) -> World:
        """Nothing has happened."""
        count = len(self.sides)
        return World((BEGIN,) * count, (), (frozenset(),) * count, (-1,) * count, 0, 0, self.commands)


class Unhandled(AssertionError):
    """A message for which a table has no row."""


def explore(
    model: Model, *, depth: int, visit: Callable[[World], None] = lambda world: None
) -> tuple[int, list[World]]:
    """Every world up to a depth: how many there are, and those in which nothing more must happen; ``visit`` sees each.

    Raises:
        Unhandled: with the way that led there.
    """
    start = model.start()
    seen = {start.key()}
    todo = deque([(start, 0)])
    still: list[World] = []
    while todo:
        world, steps = todo.popleft()
        visit(world)
        if steps == depth:
            raise AssertionError(f"not done after {depth} steps: {world.trail}")
        moved = False
        for after, must in moves(model, world):
            moved |= must
            key = after.key()
            if key not in seen:
                seen.add(key)
                todo.append((after, steps + 1))
        if not moved:
            still.append(world)
    return len(seen), still


def moves(model: Model, world: World) -> Iterator[tuple[World, bool]]:
    """Worlds that follow, and whether the move comes by itself (a party need not use its commands)."""
    names = list(model.sides)
    for place, item in enumerate(world.queue):
        queue = world.queue[:place] + world.queue[place + 1 :]
        side = names.index(item[1])
        rest = replace(world, queue=queue)
        yield from ((after, True) for after in fire(model, rest, side, On("message", item[2]), item[3]))
    waits = model.prompt and (bool(world.queue) or any(model.due(name) <= world.clock for name in _hubs(model, world)))
    for side, timers in enumerate(world.timers):
        for name in timers:
            if model.due(name) <= world.clock and not (waits and names[side] != "hub"):
                left = tuple(item - {name} if place == side else item for place, item in enumerate(world.timers))
                rest = replace(world, timers=left)
                yield from ((after, True) for after in fire(model, rest, side, On("timer", name)))
    if world.clock < 2 and not waits:
        yield replace(world, clock=world.clock + 1, trail=(*world.trail, "clock")), True
    if world.commands:
        for side, table in enumerate(model.sides.values()):
            for state, on in table.index:
                wanted = on.kind == "command" or (on.kind == "decision" and model.decisions)
                if state == world.states[side] and wanted:
                    rest = replace(world, commands=world.commands - 1)
                    yield from ((after, False) for after in fire(model, rest, side, on))


def _hubs(model: Model, world: World) -> frozenset[str]:
    """The timers of the hub."""
    return world.timers[list(model.sides).index("hub")]


def fire(model: Model, world: World, side: int, on: On, number: int | None = None) -> Iterator[World]:
    """What a table does with a trigger: one world per answer of its condition."""
    name = list(model.sides)[side]
    table = model.sides[name]
    state = world.states[side]
    label, _, mark = on.name.partition("|")
    on = On(on.kind, label)
    rows = table.index.get((state, on), ())
    if not rows:
        if on.kind == "message":
            raise Unhandled(f"{name} in {state}: {on}; {' > '.join(world.trail)}")
        return
    fresh = number is None or number >= world.latest[side]
    for row in rows:
        for answer in row.when.answers if row.when else ("",):
            if row.when is not None and not _possible(row, answer, world, fresh=fresh, model=model):
                continue
            if row.when is not None and mark in row.when.condition.answers and answer not in {mark, "overtaken"}:
                continue
            told = fresh and on.name.startswith("Notify")  # only notices tell how things stand
            yield from _after(model, world, side, row, on, number if told else None)


def _possible(row: Row, answer: str, world: World, *, fresh: bool, model: Model) -> bool:
    assert row.when is not None
    if row.when.condition is STARTED:
        return (answer == "yes") == (world.clock == 2)
    if row.when.condition is IN_TIME:
        return (answer == "yes") == (world.clock == 0)
    if row.when.condition is FRESH:
        return (answer == "yes") == fresh
    if row.when.condition is UNTOLD:
        return (answer == "yes") == ("by_supplier" not in model.facts)
    if row.when.condition is ENDS_UNTOLD:
        return (answer == "yes") == ("by_supplier" not in model.facts and world.clock > 0)
    if "overtaken" in row.when.condition.answers:
        return (answer == "overtaken") == (not fresh) and model.answers(row, answer)
    return model.answers(row, answer)


def _after(model: Model, world: World, side: int, row: Row, on: On, number: int | None) -> Iterator[World]:
    names = list(model.sides)
    table = model.sides[names[side]]
    state = row.to or world.states[side]
    if row.to in table.stillborn:
        state = world.states[side]
    timers = set(world.timers[side])
    for effect in row.do:
        if isinstance(effect, SetTimer):
            timers.add(effect.name)
        if isinstance(effect, CancelTimer):
            timers.discard(effect.name)
    base = replace(
        world,
        states=tuple(state if place == side else item for place, item in enumerate(world.states)),
        timers=tuple(frozenset(timers) if place == side else item for place, item in enumerate(world.timers)),
        latest=tuple(
            number if number is not None and place == side else item for place, item in enumerate(world.latest)
        ),
        trail=(*world.trail, f"{names[side]}: {on}"),
    )
    for sends in _choices(model, row, on):
        queue, sent = base.queue, base.sent
        for effect, label in sends:
            queue = (*queue, (names[side], effect.to, label, sent))
            sent += 1
        yield replace(base, queue=queue, sent=sent)


def _choices(model: Model, row: Row, on: On) -> Iterator[tuple[tuple[Send, str], ...]]:
    """The messages that a row sends: a positive answer to a request may be asked for or not."""
    certain: list[Send] = []
    asked: list[Send] = []
    for effect in row.do:
        if not isinstance(effect, Send) or effect.to not in model.sides:
            continue
        if effect.only_if == "asked":
            always = on.name.partition(":")[2] in {"cancel", "rollback", "add", "update", "delete"}
            (certain if always or on.name.startswith(("RequestUpdate", "Reject")) else asked).append(effect)
        elif effect.only_if is None or effect.only_if in model.facts:
            certain.append(effect)
    for chosen in ([], asked) if asked else ([],):
        found: list[tuple[tuple[Send, str], ...]] = [()]
        for effect in (*chosen, *certain):
            label = effect.label.removesuffix(" payload")
            mark = model.mark(row, effect.label)
            names = [f"{name}|{mark}" if mark else name for name in model.alias(label)]
            found = [(*item, (effect, name)) for item in found for name in names]
        yield from found
