"""What the engine gives back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from ediel.engine._messages import Exchanged, Messages, NotSent
from ediel.engine.errors import EngineError
from ediel.messages import Message
from ediel.processes import Instance, machine
from ediel.processes import shown as shown_facts
from ediel.report import Finding

if TYPE_CHECKING:
    import pyarrow as pa


class DeadReason(StrEnum):
    """Why a message is kept as a dead letter."""

    UNREADABLE = "unreadable"
    """The bytes hold no message."""
    INVALID = "invalid"
    """The message breaks its schema."""
    OTHER_WORDS = "other words"
    """Its sender has sent another message with the same identification."""
    UNROUTABLE = "unroutable"
    """No process waits for it, and none begins with it."""
    UNEXPECTED = "unexpected"
    """Its process does not expect it where it stands."""
    ANSWER_REFUSED = "answer refused"
    """The hub would refuse what would be sent in answer."""
    UNREADABLE_PROCESS = "unreadable process"
    """This release cannot read the process that it belongs to."""
    REFUSED = "refused"
    """Something else that the text names."""
    INTERNAL = "internal"
    """A mistake in this package."""


@dataclass(frozen=True, slots=True)
class Received:
    """What happened with one message.

    Attributes:
        outcome: ``handled``, ``ignored`` (a late or repeated word), ``duplicate`` (the same bytes came before),
            ``dead`` (kept as a dead letter, with the reason in ``text``).
        name: name of the message; empty when it could not be read.
        message_id: its identification.
        process_id: the process that it moved.
        state: state of that process afterwards.
        text: why, in words.
        dead_letter: identification of the dead letter.
        reason: why it is a dead letter; ``None`` when it is none.
    """

    outcome: str
    name: str = ""
    message_id: str = ""
    process_id: str | None = None
    state: str | None = None
    text: str = ""
    dead_letter: str | None = None
    reason: DeadReason | None = None


@dataclass(frozen=True, slots=True)
class Process:
    """One process, as it stands.

    Attributes:
        id: UUID.
        machine: table, such as ``supply/requester``.
        party: GLN.
        state: where it stands.
        facts: what may be shown of what it knows.
        commands: what may be done now.
        role: role of the party in it; ``None`` where this release cannot read it.
        status: ``open`` (something is awaited or to be done), ``resting`` (done, though something may still come, such
            as a rollback), ``closed``, ``abandoned`` (by a person; what still comes takes it up again).
        changed_at: when its last step was made.
        sent: identifications of the messages that the last call put into the outbox.
        warnings: what rules that are inferred or assumed object to in them: the hub may refuse them.
    """

    id: str
    machine: str
    party: str
    state: str
    facts: Mapping[str, Any]
    commands: tuple[str, ...]
    sent: tuple[str, ...] = ()
    warnings: tuple[Finding, ...] = ()
    status: str = "open"
    changed_at: datetime | None = None
    role: str | None = None
    source: Messages | None = field(default=None, repr=False, compare=False)

    @property
    def messages(self) -> list[Exchanged]:
        """What moved it and what it sent, typed, in the order of time. They may hold people.

        Raises:
            EngineError: the process does not come from an engine.
        """
        if self.source is None:
            raise EngineError(f"the process {self.id} does not come from an engine")
        return self.source.of_process(self.id)

    @property
    def not_sent(self) -> list[NotSent]:
        """Messages of the process that are held, or have failed for good, with what is known of it.

        Raises:
            EngineError: the process does not come from an engine.
        """
        if self.source is None:
            raise EngineError(f"the process {self.id} does not come from an engine")
        return self.source.not_sent(self.id)


def shown(
    instance: Instance,
    changed_at: datetime,
    sent: tuple[str, ...] = (),
    warnings: tuple[Finding, ...] = (),
    source: Messages | None = None,
) -> Process:
    """A process as callers may see it."""
    table, state = machine(instance.machine), instance.state
    facts, status = shown_facts(instance.facts, table.public), table.status(instance)
    commands = tuple(dict.fromkeys((*table.commands(state), *(("settle", "abandon") if status == "open" else ()))))
    return Process(
        instance.id, table.key, instance.party, state, facts, commands, sent, warnings, status,
        changed_at.astimezone(UTC), instance.facts.role, source,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class EventSource:
    """Where an event finds its process and its message."""

    find: Callable[[str], Process]
    messages: Messages
    values: Callable[[int], pa.Table] | None = None

    def process(self, process_id: str) -> Process:
        """The process as it stands."""
        return self.find(process_id)

    def of_step(self, process_id: str, version: int) -> Message | None:
        """The message that made a step; ``None`` where none did."""
        return self.messages.of_step(process_id, version)

    def arrived(self, cursor: int) -> pa.Table | None:
        """The values of an arrival; ``None`` without a values store."""
        return None if self.values is None else self.values(cursor)
