"""What every order has: its table, its roles, and what the process knows when it begins."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from ediel.engine._party import Party
from ediel.identifiers import MeteringPointId, PartyId, UuidText
from ediel.market import Profile
from ediel.processes import ProcessState

__all__ = ["Command", "MeteringPointId", "PartyId", "UuidText"]


class Command(BaseModel):
    """Begins a process. Nothing about people stands in its ``repr``."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, defer_build=True)

    machine: ClassVar[str]
    """Table that it begins."""
    does: ClassVar[str]
    """Command of the table."""
    roles: ClassVar[tuple[str, ...]]
    """Roles that may give it."""
    brs: ClassVar[str]
    """BRS number, last three digits."""

    def process(self, today: date) -> str:  # noqa: ARG002 - a move-in depends on the day
        """BRS number."""
        return f"BRS-NO-{self.brs}"

    def begins(self, party: Party, today: date, profile: Profile) -> ProcessState:
        """What the process knows when it begins."""
        raise NotImplementedError
