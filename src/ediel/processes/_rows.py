"""What a row of a table is made of: what it waits for, its guard, its effects."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Generic, Literal

from ediel.codes import Standing
from ediel.messages import Message
from ediel.processes._changes import Change
from ediel.processes._state import StateT

BEGIN: Final = "begin"
"""The state before anything has happened."""

Kind = Literal["message", "command", "timer", "decision"]


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
        data: what goes with a command, a decision or a verdict: facts of the process by name.
    """

    on: On
    message: Message | None = None
    data: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Condition(Generic[StateT]):
    """A question with a fixed set of answers; rows that share a state and a trigger share one condition.

    Attributes:
        name: what is asked, in words.
        answers: every answer there is.
        ask: finds the answer from the facts (with what the trigger brings), the trigger and the moment.
    """

    name: str
    answers: tuple[str, ...]
    ask: Callable[[StateT, Trigger, datetime], str]

    def __call__(self, *answers: str) -> When:
        """The guard of a row: it fires for these answers."""
        unknown = set(answers) - set(self.answers)
        if unknown:
            raise ValueError(f"{self.name} has no answer {', '.join(sorted(unknown))}")
        return When(self, answers)


@dataclass(frozen=True, slots=True)
class When:
    """Guard of a row."""

    condition: Condition[Any]
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
        each: name of a fact that lists what one message each is sent for; the builder finds the item in its draft.
    """

    label: str
    to: str
    only_if: str | None = None
    each: str | None = None


@dataclass(frozen=True, slots=True)
class SetTimer:
    """Set a timer; when its moment is unknown, none is set, and the step says so.

    Attributes:
        name: of the timer.
        ahead_only: a moment that has passed already counts as unknown: it does not say by when an answer is due.
    """

    name: str
    ahead_only: bool = False


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
    """Change what is known of contracts, accesses, values or master data.

    Attributes:
        text: what changes, in words, for the log and the pages.
        changes: makes the changes, typed, from the facts.
    """

    text: str
    changes: Callable[[Any], Iterable[Change]]


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
