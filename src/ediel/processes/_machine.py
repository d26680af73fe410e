"""What a process is: a table of transitions, a row a fact, and the pure step that follows it.

Nothing here reads a clock, draws an identification, or knows a store. Given the same instance, trigger and moment, a step is
always the same: what it sends, which timers it sets, what it tells and what it changes follow from the row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any, Final, Literal
from uuid import UUID, uuid5

from ediel.brs import Family
from ediel.codes import Standing
from ediel.messages import Message
from ediel.processes import _scope
from ediel.processes.errors import CommandRefused, NoTransition

BEGIN: Final = "begin"
"""The state before anything has happened."""

Kind = Literal["message", "command", "timer", "decision"]
Facts = Mapping[str, Any]
"""What an instance knows: plain JSON values by name."""


@dataclass(frozen=True, slots=True)
class On:
    """What a row waits for: a message by its label, a command of the party, a timer, or a decision from outside."""

    kind: Kind
    name: str

    def __str__(self) -> str:
        return self.name if self.kind == "message" else f"{self.kind} {self.name}"


def message(label: str) -> On:
    """A message that arrives; see ``label_of``."""
    return On("message", label)


def command(name: str) -> On:
    """Something that the party itself decides to do."""
    return On("command", name)


def timer(name: str) -> On:
    """A moment that has come."""
    return On("timer", name)


def decision(name: str) -> On:
    """Something that is decided outside the messages: by an end user, by a person at the hub, by another process."""
    return On("decision", name)


@dataclass(frozen=True, slots=True)
class Trigger:
    """One thing that happens to an instance.

    Attributes:
        on: what it is.
        message: the message that arrived, if it is one.
        data: what goes with a command, a decision or a verdict; plain JSON values.
    """

    on: On
    message: Message | None = None
    data: Facts = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Condition:
    """A question with a fixed set of answers; rows that share a state and a trigger share one condition.

    Attributes:
        name: what is asked, in words.
        answers: every answer there is.
        ask: finds the answer from the facts (with what the trigger brings), the trigger and the moment.
    """

    name: str
    answers: tuple[str, ...]
    ask: Callable[[Facts, Trigger, datetime], str]

    def __call__(self, *answers: str) -> When:
        """The guard of a row: it fires for these answers."""
        unknown = set(answers) - set(self.answers)
        if unknown:
            raise ValueError(f"{self.name} has no answer {', '.join(sorted(unknown))}")
        return When(self, answers)


@dataclass(frozen=True, slots=True)
class When:
    """Guard of a row."""

    condition: Condition
    answers: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.condition.name}: {' or '.join(self.answers)}"


@dataclass(frozen=True, slots=True)
class Send:
    """Send a message.

    Attributes:
        label: which one; see ``label_of``.
        to: role of the recipient in this process, such as ``hub``.
        only_if: name of a fact that must be true: whether a positive answer was asked for, whether there is such a party.
        each: name of a fact that lists what one message each is sent for; the builder finds the item as ``item``.
    """

    label: str
    to: str
    only_if: str | None = None
    each: str | None = None


@dataclass(frozen=True, slots=True)
class SetTimer:
    """Set a timer; when its moment is unknown, none is set, and the step says so."""

    name: str


@dataclass(frozen=True, slots=True)
class CancelTimer:
    """Cancel a timer that may be set."""

    name: str


@dataclass(frozen=True, slots=True)
class Inform:
    """Tell the party's own systems that something has happened."""

    event: str


@dataclass(frozen=True, slots=True)
class Write:
    """Change what is known of contracts or accesses."""

    change: str


Effect = Send | SetTimer | CancelTimer | Inform | Write


@dataclass(frozen=True, slots=True)
class Row:
    """One transition.

    Attributes:
        at: states in which it may fire.
        on: what it waits for.
        to: the state after it; ``None`` to stay.
        do: effects, in order.
        when: guard, if other rows wait for the same thing in the same state.
        ignored: why a message is let pass without effect; such a row has no effects and stays.
        source: who says so; see ``docs/sources.md``.
        standing: published, inferred or assumed.
    """

    at: tuple[str, ...]
    on: On
    to: str | None = None
    do: tuple[Effect, ...] = ()
    when: When | None = None
    ignored: str | None = None
    source: str = ""
    standing: Standing = "published"


def ignoring(states: tuple[str, ...], labels: tuple[str, ...], because: str, source: str = "") -> Iterator[Row]:
    """Rows that let messages pass in states where they may still come: late answers, repetitions, crossings."""
    for label in labels:
        yield Row(states, message(label), ignored=because, source=source or "messages may cross", standing="inferred")


@dataclass(frozen=True, slots=True)
class Instance:
    """One process of one party.

    Attributes:
        id: UUID.
        machine: key of its table, such as ``supply/requester``.
        party: GLN of the party.
        state: where it stands.
        version: counts its steps.
        facts: what it knows.
    """

    id: str
    machine: str
    party: str
    state: str = BEGIN
    version: int = 0
    facts: Facts = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message to send, with the role it goes to."""

    label: str
    to: str
    message: Message


@dataclass(frozen=True, slots=True)
class TimerSet:
    """A timer with its moment; ``None`` when no source gives the deadline."""

    name: str
    due: datetime | None


@dataclass(frozen=True, slots=True)
class Step:
    """What follows from one trigger.

    Attributes:
        instance: the instance after it; unchanged when ``ignored``.
        row: the row that fired.
        sends, timers, cancelled, events, changes: the effects.
        ignored: why nothing happened.
    """

    instance: Instance
    row: Row
    sends: tuple[Outgoing, ...] = ()
    timers: tuple[TimerSet, ...] = ()
    cancelled: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    ignored: str | None = None


Build = Callable[[Instance, str, datetime], Message]
"""Makes a message from an instance, the identification it shall have, and the moment."""


def keep(facts: Facts, trigger: Trigger) -> dict[str, Any]:
    """The facts with what the trigger brings."""
    return {**facts, **trigger.data}


def always(_facts: Facts, _message: Message) -> int:
    """Every message with the subject belongs."""
    return 2


@dataclass(frozen=True)
class Machine:
    """The table of one role in one process family.

    Attributes:
        name: the family, such as ``supply``.
        role: the role in it, such as ``requester``.
        title: what it is, in a few words.
        codes: roles of the standard that play it.
        family: family of processes that it follows.
        states: every state and what it means.
        rows: the table.
        closed: states in which nothing can happen any more.
        resting: states in which the process is done, though a rollback or a correction may still come.
        receives: labels of the messages that the role receives; in which process, ``takes`` says.
        stillborn: closed states of an instance that a message without ground begins; such a message changes nothing.
        build: makes the messages it sends, by label, or by ``label to role`` where recipients get different ones.
        due: moment of each timer, from the facts.
        absorb: takes what a trigger brings into the facts.
        subject: what a message is about, by which its process is found; the metering point when not given.
        matches: whether a message that refers to nothing belongs to an instance with its subject: 2 for surely, 1 for
            possibly, 0 for no.
        one_at_a_time: facts by which two processes that are under way would be mistaken for each other; ``None`` when
            any number may be under way.
        listens: labels of messages that go to open instances beside the process that they belong to.
        public: facts that may be shown and told.
        passing: facts that live for one step: they may hold more than plain JSON values, and are not kept.
        senders: of a table of the hub: roles whose messages it takes; those of any role when not given.
    """

    name: str
    role: str
    title: str
    codes: tuple[str, ...]
    family: Family
    states: Mapping[str, str]
    rows: tuple[Row, ...]
    closed: tuple[str, ...]
    resting: tuple[str, ...] = ()
    receives: tuple[str, ...] = ()
    stillborn: tuple[str, ...] = ()
    build: Mapping[str, Build] = field(default_factory=dict)
    due: Mapping[str, Callable[[Facts], datetime | None]] = field(default_factory=dict)
    absorb: Callable[[Facts, Trigger], dict[str, Any]] = keep
    subject: Callable[[Message], str | None] | None = None
    matches: Callable[[Facts, Message], int] = always
    one_at_a_time: tuple[str, ...] | None = None
    listens: tuple[str, ...] = ()
    public: tuple[str, ...] = ("process", "metering_point", "day", "reasons")
    passing: tuple[str, ...] = ()
    senders: tuple[str, ...] = ()

    @cached_property
    def processes(self) -> tuple[str, ...]:
        """BRS numbers, last three digits, of the processes in which it has a part."""
        return _scope.numbers(self)

    def takes(self, process: str, label: str) -> bool:
        """Whether it takes a message with a label in a process, named by its BRS number."""
        return _scope.takes(self, process, label)

    @property
    def key(self) -> str:
        """Name and role, such as ``supply/requester``."""
        return f"{self.name}/{self.role}"

    @property
    def finals(self) -> tuple[str, ...]:
        """States in which the process is done."""
        return (*self.closed, *self.resting)

    @cached_property
    def index(self) -> dict[tuple[str, On], tuple[Row, ...]]:
        """Rows by state and trigger."""
        found: dict[tuple[str, On], tuple[Row, ...]] = {}
        for row in self.rows:
            for state in row.at:
                found[state, row.on] = (*found.get((state, row.on), ()), row)
        return found

    @cached_property
    def begins_on(self) -> frozenset[On]:
        """What can begin an instance."""
        return frozenset(row.on for row in self.rows if BEGIN in row.at and not row.ignored)

    @cached_property
    def begins_on_messages(self) -> bool:
        """Whether a message can begin an instance."""
        return any(on.kind == "message" for on in self.begins_on)

    @cached_property
    def sends(self) -> tuple[str, ...]:
        """Labels of the messages that it sends."""
        return tuple(dict.fromkeys(item.label for row in self.rows for item in row.do if isinstance(item, Send)))

    @cached_property
    def sent_first(self) -> tuple[str, ...]:
        """Labels of the messages with which it begins by itself, by a command or a decision."""
        begun = [row for row in self.rows if BEGIN in row.at and row.on.kind != "message"]
        return tuple(dict.fromkeys(item.label for row in begun for item in row.do if isinstance(item, Send)))

    def commands(self, state: str) -> tuple[str, ...]:
        """What the party may do in a state."""
        return tuple(on.name for at, on in self.index if at == state and on.kind == "command")

    def is_open(self, state: str) -> bool:
        """Whether something may still happen in a state."""
        return state not in self.closed


def step(machine: Machine, instance: Instance, trigger: Trigger, now: datetime) -> Step:
    """What follows when something happens to an instance.

    Args:
        machine: its table.
        instance: as it stands.
        trigger: what happens.
        now: the moment, aware.

    Raises:
        CommandRefused: a command that the state or a guard does not allow; the text says what is possible.
        NoTransition: the table has no row for a message, a timer or a decision in this state.
    """
    facts = machine.absorb(instance.facts, trigger)
    row = _row(machine, instance.state, trigger, facts, now)
    if row.ignored is not None:
        return Step(instance, row, ignored=row.ignored)
    after = replace(instance, state=row.to or instance.state, version=instance.version + 1, facts=facts)
    sends: list[Outgoing] = []
    for effect in row.do:
        if not isinstance(effect, Send) or (effect.only_if is not None and not facts.get(effect.only_if)):
            continue
        build = machine.build.get(f"{effect.label} to {effect.to}") or machine.build[effect.label]
        for item in facts.get(effect.each) or () if effect.each else (None,):
            identification = str(uuid5(UUID(after.id), f"{after.version}/{len(sends)}"))
            about = after if item is None else replace(after, facts={**facts, "item": item})
            sends.append(Outgoing(effect.label, effect.to, build(about, identification, now)))
    if machine.passing:
        kept = {name: value for name, value in facts.items() if name not in machine.passing}
        after = replace(after, facts=kept)
    return Step(
        after,
        row,
        sends=tuple(sends),
        timers=tuple(
            TimerSet(item.name, machine.due[item.name](facts)) for item in row.do if isinstance(item, SetTimer)
        ),
        cancelled=tuple(item.name for item in row.do if isinstance(item, CancelTimer)),
        events=tuple(item.event for item in row.do if isinstance(item, Inform)),
        changes=tuple(item.change for item in row.do if isinstance(item, Write)),
    )


def _row(machine: Machine, state: str, trigger: Trigger, facts: Facts, now: datetime) -> Row:
    rows = machine.index.get((state, trigger.on), ())
    for row in rows:
        if row.when is None or row.when.condition.ask(facts, trigger, now) in row.when.answers:
            return row
    if trigger.on.kind == "command":
        possible = ", ".join(machine.commands(state)) or "nothing"
        guards = "; ".join(str(row.when) for row in rows if row.when is not None)
        because = f"it needs {guards}" if guards else f"the process is {state}"
        raise CommandRefused(f"{trigger.on.name} is not possible: {because}. Possible now: {possible}.")
    raise NoTransition(
        f"{machine.key} has no row for {trigger.on} in the state {state}", state=state, on=str(trigger.on)
    )
