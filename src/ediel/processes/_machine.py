"""What a process is: a table of transitions, a row a fact, and the pure step that follows it.

Nothing here reads a clock, draws an identification, or knows a store. Given the same instance, trigger and moment, a step is
always the same: what it sends, which timers it sets, its events and its changes follow from the row.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any, Generic, cast
from uuid import UUID, uuid5

from typing_extensions import TypeVar

from ediel.brs import Family
from ediel.messages import Message
from ediel.processes import _scope
from ediel.processes._changes import Change
from ediel.processes._rows import BEGIN, CancelTimer, Inform, On, Row, Send, SetTimer, Trigger, Write
from ediel.processes._state import Actor, JsonObject, ProcessState, with_data
from ediel.processes.errors import CannotRead, CommandRefused, InvalidData, NoTransition, UnreadableProcess

FactsT_co = TypeVar("FactsT_co", bound=ProcessState, covariant=True, default=ProcessState)
S = TypeVar("S", bound=ProcessState, default=Any)
ItemT = TypeVar("ItemT")


@dataclass(frozen=True, slots=True)
class Instance(Generic[FactsT_co]):
    """One process of one party.

    Attributes:
        id: UUID.
        machine: key of its table, such as ``supply/requester``.
        party: GLN of the party.
        facts: what it knows.
        state: where it stands.
        version: counts its steps.
        abandoned: whether a person has given it up where it stands; its next step takes it up again.
    """

    id: str
    machine: str
    party: str
    facts: FactsT_co
    state: str = BEGIN
    version: int = 0
    abandoned: bool = False


@dataclass(frozen=True, slots=True)
class Draft(Generic[FactsT_co]):
    """What a message is made from.

    Attributes:
        instance: the process as it stands after the step.
        identification: that of the message.
        now: the moment.
        item: what the message is sent for, where one each is sent.
    """

    instance: Instance[FactsT_co]
    identification: str
    now: datetime
    item: object = None

    @property
    def facts(self) -> FactsT_co:
        """What the process knows."""
        return self.instance.facts

    def item_as(self, kind: type[ItemT]) -> ItemT:
        """The item, which is of one kind in each list."""
        if not isinstance(self.item, kind):
            raise TypeError(f"the item is {type(self.item).__name__}; expected {kind.__name__}")
        return self.item


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message to send, with the role it goes to."""

    label: str
    to: str
    message: Message


@dataclass(frozen=True, slots=True)
class TimerSet:
    """A timer with its moment; ``None`` when no source states the deadline."""

    name: str
    due: datetime | None


@dataclass(frozen=True, slots=True)
class Step(Generic[FactsT_co]):
    """What follows from one trigger.

    Attributes:
        instance: the instance after it; unchanged when ``ignored``.
        row: the row that fired.
        sends, timers, cancelled, events, changes: the effects.
        ignored: why nothing happened.
    """

    instance: Instance[FactsT_co]
    row: Row
    sends: tuple[Outgoing, ...] = ()
    timers: tuple[TimerSet, ...] = ()
    cancelled: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()
    ignored: str | None = None


Build = Callable[[Draft[S]], Message]
"""Makes a message from its draft."""
Upcast = Callable[[str, JsonObject], tuple[str, JsonObject]]
"""Takes a stored process, its state and its facts, from one revision to the next. Pure."""


def keep(facts: S, trigger: Trigger, _now: datetime) -> S:
    """The facts with what the trigger brings."""
    return with_data(facts, trigger.data, str(trigger.on)) if trigger.data else facts


def always(_facts: ProcessState, _message: Message) -> int:
    """Every message with the subject belongs."""
    return 2


@dataclass(frozen=True)
class Machine(Generic[S]):
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
        facts: what a process of this table knows.
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
        public: facts that may be shown, and that events may hold.
        revision: counts the changes of the table and its facts that a stored process must be brought through.
        upcasts: by revision, what brings a process that was stored with it to the next one.
        silent: states that say that an answer has not come; a timer leads there only when what waits for the answer has
            been sent.
        patience: names of timers whose moment is not the end of a time for an answer: one waits on beyond it.
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
    facts: type[S]
    resting: tuple[str, ...] = ()
    receives: tuple[str, ...] = ()
    stillborn: tuple[str, ...] = ()
    build: Mapping[str, Build[S]] = field(default_factory=dict)
    due: Mapping[str, Callable[[S], datetime | None]] = field(default_factory=dict)
    absorb: Callable[[S, Trigger, datetime], S] = keep
    subject: Callable[[Message], str | None] | None = None
    matches: Callable[[S, Message], int] = always
    one_at_a_time: tuple[str, ...] | None = None
    listens: tuple[str, ...] = ()
    public: tuple[str, ...] = ("process", "metering_point", "day", "reasons")
    revision: int = 2
    upcasts: Mapping[int, Upcast] = field(default_factory=dict)
    senders: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()
    patience: tuple[str, ...] = ()

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
        result: dict[tuple[str, On], tuple[Row, ...]] = {}
        for row in self.rows:
            for state in row.at:
                result[state, row.on] = (*result.get((state, row.on), ()), row)
        return result

    @cached_property
    def begins_on(self) -> frozenset[On]:
        """What can begin an instance."""
        return frozenset(row.on for row in self.rows if BEGIN in row.at and not row.ignored)

    def begin(self, identification: str, party: str, actor: Actor) -> Instance[S]:
        """A process before anything has happened."""
        return Instance(identification, self.key, party, self.facts(**actor))

    def own(self, instance: Instance) -> Instance[S]:
        """An instance as one of this table.

        Raises:
            TypeError: it is of another one.
        """
        if instance.machine != self.key:
            raise TypeError(f"process {instance.id} is of {instance.machine}; expected {self.key}")
        return cast("Instance[S]", instance)

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
        return self._commands.get(state, ())

    @cached_property
    def _commands(self) -> dict[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        for state, on in self.index:
            if on.kind == "command":
                found[state] = (*found.get(state, ()), on.name)
        return found

    def is_open(self, state: str) -> bool:
        """Whether something may still happen in a state."""
        return state not in self.closed

    def status(self, instance: Instance) -> str:
        """How far a process is: ``open``, ``resting`` (done, though something may still come), ``closed``, ``abandoned``."""
        if instance.state in self.finals:
            return "closed" if instance.state in self.closed else "resting"
        return "abandoned" if instance.abandoned else "open"


def step(machine: Machine[S], instance: Instance[S], trigger: Trigger, now: datetime) -> Step[S]:
    """What follows when something happens to an instance.

    Args:
        machine: its table.
        instance: as it stands.
        trigger: what happens.
        now: the moment, aware.

    Raises:
        CommandRefused: a command that the state or a guard does not allow; the text says what is possible.
        InvalidData: what goes with a command, a decision or a verdict does not fit the process.
        NoTransition: the table has no row for a message, a timer or a decision in this state.
        UnreadableProcess: what the process knows is not what its table needs.
    """
    try:
        return _step(machine, instance, trigger, now)
    except CannotRead as error:
        if instance.version == 0:
            raise InvalidData(f"{machine.key} cannot begin: {error}, and nothing has given it") from None
        raise UnreadableProcess(instance.id, machine.key, machine.revision, str(error)) from None


def _step(machine: Machine[S], instance: Instance[S], trigger: Trigger, now: datetime) -> Step[S]:
    facts = machine.absorb(instance.facts, trigger, now)
    row = _row(machine, instance.state, trigger, facts, now)
    if row.ignored is not None:
        return Step(instance, row, ignored=row.ignored)
    after = Instance(
        instance.id, instance.machine, instance.party, facts, row.to or instance.state, instance.version + 1
    )
    sends: list[Outgoing] = []
    timers: list[TimerSet] = []
    cancelled: list[str] = []
    events: list[str] = []
    changes: list[Change] = []
    for effect in row.do:
        match effect:
            case Send():
                sends += _sent(machine, effect, after, now, len(sends))
            case SetTimer():
                due = machine.due[effect.name](facts)
                unknown = effect.ahead_only and due is not None and due <= now
                timers.append(TimerSet(effect.name, None if unknown else due))
            case CancelTimer():
                cancelled.append(effect.name)
            case Inform():
                events.append(effect.event)
            case Write():
                changes += effect.changes(facts)
    if instance.abandoned:  # what was cancelled then is set again, where the new state waits for it
        timers += taken_up(machine, after, {item.name for item in timers} | set(cancelled))
    if facts.passing:
        empty: dict[str, Any] = dict.fromkeys(facts.passing, ())
        after = replace(after, facts=replace(facts, **empty))
    return Step(after, row, tuple(sends), tuple(timers), tuple(cancelled), tuple(events), tuple(changes))


def taken_up(machine: Machine[S], after: Instance[S], without: Collection[str] = ()) -> list[TimerSet]:
    """The timers for which a process waits in its state."""
    waits = (
        name
        for name in machine.due
        if name not in without
        and any(row.ignored is None for row in machine.index.get((after.state, On("timer", name)), ()))
    )
    return [TimerSet(name, machine.due[name](after.facts)) for name in waits]


def _sent(machine: Machine[S], effect: Send, after: Instance[S], now: datetime, place: int) -> list[Outgoing]:
    """The messages of one effect; each has an identification by its place in the step."""
    if effect.only_if is not None and not getattr(after.facts, effect.only_if):
        return []
    build = machine.build.get(f"{effect.label} to {effect.to}") or machine.build[effect.label]
    items = (None,) if effect.each is None else getattr(after.facts, effect.each)
    return [
        Outgoing(
            effect.label,
            effect.to,
            build(Draft(after, str(uuid5(UUID(after.id), f"{after.version}/{number}")), now, item)),
        )
        for number, item in enumerate(items, place)
    ]


def _row(machine: Machine[S], state: str, trigger: Trigger, facts: S, now: datetime) -> Row:
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
