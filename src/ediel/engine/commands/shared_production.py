"""Orders for calculations that share production: BRS-NO-701."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from pydantic import Field

from ediel.codes import FormulaType
from ediel.engine._party import Party
from ediel.engine.commands._base import Command
from ediel.market import Profile
from ediel.messages import VirtualCalculation
from ediel.processes import shared_production as state

__all__ = ["SharedProduction"]


class SharedProduction(Command):
    """BRS-NO-701: the grid access provider sets up a calculation that shares production."""

    name: str = Field(min_length=1, max_length=50, description="Unique for the grid access provider.")
    formula: FormulaType
    calculation: VirtualCalculation = Field(
        description="Participants, and a description; name and formula are set here."
    )
    start: date

    machine: ClassVar[str] = "shared_production/grid access provider"
    does: ClassVar[str] = "add"
    roles: ClassVar[tuple[str, ...]] = ("DDM",)
    brs: ClassVar[str] = "701"

    def begins(self, party: Party, today: date, profile: Profile) -> state.SharedProduction:  # noqa: ARG002 - of the command alone
        """What the process knows when it begins."""
        return state.SharedProduction(
            **party.actor(),
            process=self.process(today),
            subject=self.name,
            day=self.start,
            calculation=self.calculation.model_copy(update={"name": self.name, "formula": self.formula}),
        )
