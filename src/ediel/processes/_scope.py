"""In which processes a table has a part, and which messages it takes in each: what the rows of ``ediel.brs`` leave of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ediel import brs
from ediel.brs import ACKNOWLEDGEMENT, Process
from ediel.codes import Role
from ediel.processes._labels import occurs

if TYPE_CHECKING:
    from ediel.processes._machine import Machine


def numbers(machine: Machine) -> tuple[str, ...]:
    """The processes in which a table has a part: BRS numbers, last three digits."""
    return tuple(row.number for row in brs.ROWS if machine.family in row.followed_by and _has_part(machine, row))


def takes(machine: Machine, process: str, label: str) -> bool:
    """Whether a table takes a message in a process.

    Args:
        machine: the table.
        process: BRS number, such as ``BRS-NO-101``.
        label: label of the message.
    """
    row = brs.of(process)
    return row.number in machine.processes and label in machine.receives and _receives(machine, row, label)


def _is_hub(machine: Machine) -> bool:
    return Role.DDZ in machine.codes


def _has_part(machine: Machine, row: Process) -> bool:
    begun = machine.sent_first
    if not machine.receives and not machine.sends:
        return True  # it lives outside the messages
    if any(_sends(machine, row, label) for label in (begun if _is_hub(machine) else machine.sends)):
        return True
    if not machine.begins_on_messages:
        return False
    own = (item for item in machine.receives if item not in machine.listens)
    return any(_receives(machine, row, item) for item in own)


def _receives(machine: Machine, row: Process, label: str) -> bool:
    use = row.use(label.partition(":")[0])
    if use is None:
        return False
    if use is ACKNOWLEDGEMENT:  # it answers what was sent
        return any(_sends(machine, row, item) for item in machine.sends)
    if not (use.to_hub if _is_hub(machine) else use.from_hub):
        return False
    from_parties = machine.senders if _is_hub(machine) else machine.codes
    asked_only = use.way == "passed on" and not _is_hub(machine)
    return occurs(row, label) and (asked_only or _plays(from_parties, use.roles))


def _sends(machine: Machine, row: Process, label: str) -> bool:
    use = row.use(label.partition(":")[0])
    if use is None or use is ACKNOWLEDGEMENT:
        return False
    if _is_hub(machine):
        return use.from_hub and occurs(row, label)
    return use.to_hub and occurs(row, label) and _plays(machine.codes, use.roles)


def _plays(codes: tuple[str, ...], roles: tuple[Role, ...] | None) -> bool:
    """Whether a role of a table is among those of a message; roles that are not known do not tell."""
    return roles is None or not codes or any(role in codes for role in roles)
