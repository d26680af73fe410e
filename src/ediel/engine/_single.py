"""One process at a time, where the hub's messages could not tell two from each other."""

from __future__ import annotations

from ediel.processes import CommandRefused, Instance, Machine
from ediel.store import Unit

__all__ = ["alone"]


def alone(unit: Unit, table: Machine, begun: Instance) -> None:
    """Refuse to begin a second open process that the hub's messages could not be told from the first."""
    subject = begun.facts.about
    if table.one_at_a_time is None or subject is None:
        return
    for other in unit.instances_at(subject, table.key, begun.party):
        same = all(getattr(other.facts, name) == getattr(begun.facts, name) for name in table.one_at_a_time)
        if same and other.state not in table.finals and not other.abandoned:
            commands = ", ".join(table.commands(other.state))
            possible = f"Possible for it now: {commands}"
            if not commands:
                possible = f"Nothing is possible for it now: {table.states[other.state]}"
            raise CommandRefused(f"the same is under way: process {other.id} is {other.state}. {possible}")
