"""Orders of a collector of metering values: BRS-NO-312, 313 and 332."""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Literal

from pydantic import Field

from ediel.engine._party import Party
from ediel.engine.commands._base import Command
from ediel.market import Profile
from ediel.messages import CollectedSeries
from ediel.processes import Kept
from ediel.processes.metering_values import SentValues

__all__ = ["ValuesReport"]


class ValuesReport(Command):
    """BRS-NO-312, 313 or 332: a collector sends, corrects or withdraws metering values."""

    kind: Literal["312", "313", "332"] = "313"
    series: tuple[CollectedSeries, ...] = Field(min_length=1, max_length=9999)

    machine: ClassVar[str] = "metering_values/collector"
    does: ClassVar[str] = "send"
    roles: ClassVar[tuple[str, ...]] = ("DDE",)

    def process(self, today: date) -> str:  # noqa: ARG002 - of the command alone
        """312, 313 or 332."""
        return f"BRS-NO-{self.kind}"

    def begins(self, party: Party, today: date, profile: Profile) -> SentValues:  # noqa: ARG002 - of the command alone
        """What the process knows when it begins."""
        return SentValues(**party.actor(), process=self.process(today), series=Kept.of(self.series))
