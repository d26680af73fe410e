"""Which process a message belongs to: by what it refers to, by its metering point, or a new one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Final
from uuid import UUID, uuid5

from ediel.engine._columns import points_of_columns
from ediel.engine._party import Party
from ediel.engine.errors import Unroutable
from ediel.identifiers import Uuid
from ediel.messages import Message
from ediel.processes import MACHINES, Instance, Machine, label_of, machine
from ediel.processes import message as on_message
from ediel.store import Unit

_UUID: Final = re.compile(Uuid.shape)
NAMESPACE: Final = UUID("5f0a3c1e-7d0f-5f2e-9c62-3a4f1f1f7b11")


@dataclass(frozen=True, slots=True)
class Route:
    """A process for a message.

    Attributes:
        machine: its table.
        instance: the process; a new one stands at its beginning.
        label: what the message is to it.
    """

    machine: Machine
    instance: Instance
    label: str


def metering_point_of(message: Message) -> str | None:
    """The metering point of a message, or of its first payload."""
    value = _part(_payload(message), "metering_point")
    return None if value is None else str(value)


def points_of(message: Message) -> set[str]:
    """Every metering point that a message is about: of all its payloads, and of a shared production."""
    if (columns := points_of_columns(message)) is not None:
        return set(columns)
    payload = _payload(message)
    payloads: Iterable[object] = _part(message, "payloads") or (payload,)
    shared: Any = _part(_part(payload, "calculation"), "participants")
    sharing: Iterable[object] = () if shared is None else (*shared.contributors, *shared.recipients)
    named = (_part(item, "metering_point") for item in (*payloads, *sharing))
    return {str(point) for point in named if point is not None}


def reference_of(message: Message) -> str | None:
    """The message that a message refers to, if it does."""
    payload = _payload(message)
    for name in ("original_reference", "request_reference"):
        value = _part(payload, name)
        if value is not None:
            return str(value)
    return None


def _payload(message: Message) -> object:
    payload = _part(message, "payload")
    return getattr(message, "payloads")[0] if payload is None else payload  # noqa: B009 - every message has one of them


def _part(item: Any, name: str) -> Any:
    """A part of a message, where its kind has such a part: to ask a model for what it lacks takes as long as a rule."""
    return getattr(item, name) if _has(item.__class__, name) else None


@cache
def _has(kind: type, name: str) -> bool:
    return name in getattr(kind, "model_fields", ()) or hasattr(kind, name)


def route(unit: Unit, party: Party, message: Message) -> Route:
    """The process that a message belongs to.

    Raises:
        Unroutable: there is none; the text says why.
    """
    reference = reference_of(message)
    if reference is not None:
        referred = _referred(unit, party, message, reference)
        if referred is not None:
            return referred
    return _by_point(unit, party, message, reference)


def _referred(unit: Unit, party: Party, message: Message, reference: str) -> Route | None:
    sent = unit.sent(reference)
    if sent is not None and sent["party"] == party.gln:
        return _known(unit, sent["instance_id"], label_of(message, sent["label"]))
    for row in unit.received_by_id(reference):
        if row["party"] == party.gln and row["instance_id"] is not None:
            exchange = _known(unit, row["instance_id"], label_of(message))
            if exchange is not None and message.header.juridical_sender in {row["sender"], party.hub}:
                return exchange
    return None


def _known(unit: Unit, identification: str, label: str) -> Route | None:
    instance = unit.instance(identification)
    return None if instance is None else Route(machine(instance.machine), instance, label)


@cache
def _candidates(role: str, process: str, label: str) -> tuple[Machine, ...]:
    """The tables of a role that take a message in a process; those that wait for it before those that begin with it."""
    on = on_message(label)
    candidates = [
        item for item in MACHINES if role in item.codes and label not in item.listens and item.takes(process, label)
    ]
    return tuple(sorted(candidates, key=lambda item: on in item.begins_on))


def _by_point(unit: Unit, party: Party, message: Message, reference: str | None) -> Route:
    label = label_of(message)
    on = on_message(label)
    role = party.role if party.is_hub else message.process.role.value
    candidates = _candidates(role, message.process.business_process.value, label)
    passing: Route | None = None
    for table in candidates:
        # A message that refers to something unknown is never another process's: it begins one, or it is unroutable.
        same = () if reference is not None else _at(unit, party, table, _subject_of(table, message), message)
        for instance in same:
            rows = table.index.get((instance.state, on), ())
            if any(row.ignored is None for row in rows):
                return Route(table, instance, label)
            if rows and passing is None:
                passing = Route(table, instance, label)
        if on in table.begins_on and (passing is None or passing.machine is table):
            # what a process of another table knows already begins nothing
            return Route(table, new_instance(party, table, message), label)
    if passing is not None:
        return passing
    raise Unroutable(_why(candidates, party, message, label, reference))


def _subject_of(table: Machine, message: Message) -> str | None:
    return metering_point_of(message) if table.subject is None else table.subject(message)


def _at(unit: Unit, party: Party, table: Machine, subject: str | None, message: Message) -> Iterator[Instance]:
    """The processes of a table that a message may belong to: the surest and the latest first."""
    if subject is None:
        return
    matches = [(table.matches(item.facts, message), item) for item in unit.instances_at(subject, table.key, party.gln)]
    yield from (item for sure in (2, 1) for match, item in reversed(matches) if match == sure)
    if table.subject is not None and _UUID.fullmatch(subject):
        own = unit.instance(subject)
        if own is not None and own.machine == table.key and own.party == party.gln:
            yield own


def _why(candidates: tuple[Machine, ...], party: Party, message: Message, label: str, reference: str | None) -> str:
    process = message.process.business_process.value
    role = party.role if party.is_hub else message.process.role.value
    if reference is not None:
        return f"{label} refers to {reference}, which {party.gln} has neither sent nor received"
    if not candidates:
        return f"no table of role {role} takes {label} in {process}"
    tables = ", ".join(item.key for item in candidates)
    return f"{label} in {process}: no process of {tables} waits for it on this metering point"


def new_instance(party: Party, table: Machine, message: Message, point: str | None = None) -> Instance:
    """A process that begins with a message; the same message always begins the same, for each of several points."""
    header = message.header
    seed = f"{party.gln}/{table.key}/{header.juridical_sender}/{header.identification}"
    if point is None:
        return table.begin(str(uuid5(NAMESPACE, seed)), party.gln, party.actor(message.process.role.value))
    begun = table.begin(str(uuid5(NAMESPACE, f"{seed}/{point}")), party.gln, party.actor(message.process.role.value))
    return replace(begun, facts=replace(begun.facts, metering_point=point))


@cache
def _listening(role: str, label: str) -> tuple[Machine, ...]:
    """The tables of a role that a message tells something, though it belongs to another one."""
    return tuple(item for item in MACHINES if label in item.listens and role in item.codes)


def listeners(unit: Unit, party: Party, message: Message) -> Iterator[Route]:
    """Open processes that a message tells something, though it belongs to another one."""
    label = label_of(message)
    on = on_message(label)
    tables = _listening(message.process.role.value, label)
    if not tables:
        return
    points = sorted(points_of(message))
    for table in tables:
        for point in points:
            instances = tuple(_at(unit, party, table, point, message))
            moved = (
                item for item in instances if any(not row.ignored for row in table.index.get((item.state, on), ()))
            )
            latest = next(moved, None)
            if latest is not None:
                yield Route(table, latest, label)  # what it says is said of the latest of them
            elif not instances and on in table.begins_on:
                yield Route(table, new_instance(party, table, message, point), label)
