"""Writes a step and its effects, once every message that it sends has passed preflight."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from ediel.engine._acting import actor
from ediel.engine._changes import apply_change
from ediel.engine._columns import points_of_columns
from ediel.engine._preflight import Checked
from ediel.engine._route import metering_point_of, points_of
from ediel.messages import Message
from ediel.messages.services import poll_channel
from ediel.processes import Change, Instance, Machine, Step, Write
from ediel.report import Finding
from ediel.store import Unit, Values, encode, stamp

OnChange = Callable[[Change, Unit, Instance, Message | None, datetime], None]
"""Keeps more of a change than the store does, in the same transaction: what a hub knows besides."""


@dataclass(frozen=True, slots=True)
class Applied:
    """What a step has done.

    Attributes:
        instance: the process after it.
        at: when.
        moved: whether anything changed.
        sent: identifications of the messages in the outbox.
        names: their names.
        warnings: what the hub may object to in them.
    """

    instance: Instance
    at: datetime
    moved: bool
    sent: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    warnings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Cause:
    """The message that makes a step.

    Attributes:
        message: it.
        told: what the events of the step tell of it besides.
    """

    message: Message
    told: Mapping[str, object]


def apply(
    unit: Unit,
    machine: Machine,
    before: Instance,
    step: Step,
    now: datetime,
    sends: tuple[Checked, ...],
    *,
    cause: Cause | None = None,
    on_change: OnChange | None = None,
) -> Applied:
    """Put a step into a unit of work; ``sends`` is what it sends, checked."""
    message, told = (None, {}) if cause is None else (cause.message, cause.told)
    if step.ignored is not None:
        return Applied(step.instance, now, moved=False)
    after = step.instance
    unit.log(_transition(before, step, now, message))
    unit.save(after, now, is_open=machine.is_open(after.state))
    in_store = cause is not None and "arrival" in cause.told and points_of_columns(cause.message) is not None
    # of the thousand points of a morning, the values store knows whose values came with which message
    named = None if in_store else message
    _note_points(unit, after, now, (named, *(item.message for item in step.sends)))
    for checked in sends:
        unit.post(_posted(after, checked, now))
    for timer in step.timers:
        status = "unknown" if timer.due is None else "set"
        due = None if timer.due is None else stamp(timer.due)
        unit.put(
            "timers",
            {"instance_id": after.id, "name": timer.name, "due_at": due, "status": status, "set_at": stamp(now)},
        )
    for name in step.cancelled:
        row = unit.timer(after.id, name)
        if row is not None and row["status"] == "set":
            unit.put("timers", {**row, "status": "cancelled"})
    told_at = None if message is None else message.header.creation
    earlier: date | None = None
    for change in step.changes:
        earlier = apply_change(change, unit, after, now, told_at) or earlier
        if on_change is not None:
            on_change(change, unit, after, message, now)
    if step.events:
        data = {**after.facts.announced(machine.public), "state": after.state, **told}
        if message is not None:
            data["message_id"] = message.header.identification
        for place, name in enumerate(step.events):
            unit.add("events", _event(after, name, place, data, now))
        if earlier is not None:
            data = {**data, "earlier": earlier.isoformat()}
            unit.add("events", _event(after, "NoticesDisagree", len(step.events), data, now))
    return Applied(
        after,
        now,
        moved=True,
        sent=tuple(item.message.header.identification for item in step.sends),
        names=tuple(item.message.name() for item in step.sends),
        warnings=tuple(finding for checked in sends for finding in checked.warnings),
    )


def _note_points(unit: Unit, after: Instance, now: datetime, messages: Iterable[Message | None]) -> None:
    """Points that a step is about beside that of its process, so that it is on the timeline of each."""
    points = {point for message in messages if message is not None for point in points_of(message)}
    at = stamp(now)
    for point in sorted(points - {after.facts.metering_point}):
        row = {"metering_point": point, "at": at, "instance_id": after.id, "version": after.version}
        unit.add("step_points", row)


def _transition(before: Instance, step: Step, now: datetime, message: Message | None) -> Values:
    return {
        "instance_id": step.instance.id,
        "version": step.instance.version,
        "at": stamp(now),
        "trigger": str(step.row.on),
        "from_state": before.state,
        "to_state": step.instance.state,
        "message_id": None if message is None else message.header.identification,
        "effects": encode(_effects(step)),
        "source": step.row.source,
        "standing": step.row.standing,
        "actor": actor().actor,
        "reason": actor().reason,
    }


def _effects(step: Step) -> list[str]:
    """What a step has done, in words."""
    return [
        *(f"send {item.label} to {item.to} {item.message.header.identification}" for item in step.sends),
        *(f"set timer {item.name}: {'unknown' if item.due is None else item.due.isoformat()}" for item in step.timers),
        *(f"cancel timer {name}" for name in step.cancelled),
        *(f"write {item.text}" for item in step.row.do if isinstance(item, Write)),
        *(f"inform {name}" for name in step.events),
    ]


def _posted(after: Instance, checked: Checked, now: datetime) -> Values:
    item = checked.item
    header = item.message.header
    return {
        "message_id": header.identification,
        "instance_id": after.id,
        "version": after.version,
        "party": after.party,
        "name": item.message.name(),
        "label": item.label,
        "recipient": str(header.juridical_recipient),
        "metering_point": metering_point_of(item.message),
        "created_at": stamp(now),
        "status": "pending",
        "attempts": 0,
        "next_at": None,
        "sent_at": None,
        "error": None,
        "data": checked.data,
        "role": item.message.process.role.value,
        "channel": poll_channel(item.message) if after.party == after.facts.hub else None,
        "lease_by": None,
        "lease_until": None,
        "doubts": 0,
    }


def _event(after: Instance, name: str, place: int, data: Mapping[str, object], now: datetime) -> Values:
    return {
        "instance_id": after.id,
        "version": after.version,
        "position": place,
        "name": name,
        "party": after.party,
        "at": stamp(now),
        "data": encode(data),
    }
