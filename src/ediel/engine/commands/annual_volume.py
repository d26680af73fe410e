"""Orders for expected annual volumes: BRS-NO-317."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field

from ediel.codes import CalculationMethod
from ediel.engine._party import Party
from ediel.engine.commands._base import Command, MeteringPointId
from ediel.market import Profile
from ediel.messages import AnnualVolumeDetail
from ediel.processes import Kept
from ediel.processes.annual_volume import SentVolumes, Volume

__all__ = ["AnnualVolumeUpdate", "AnnualVolumes"]


class AnnualVolumeUpdate(BaseModel):
    """The expected annual volume of one metering point, whole kWh."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    metering_point: MeteringPointId
    start: date = Field(description="First day on which it is true.")
    total: int = Field(ge=0, le=999_999_999_999, description="kWh a year.")
    method: CalculationMethod = CalculationMethod.MANUAL


class AnnualVolumes(Command):
    """BRS-NO-317: the grid access provider sends expected annual volumes, up to 9,999 in one message."""

    volumes: tuple[AnnualVolumeUpdate, ...] = Field(min_length=1, max_length=9999)

    machine: ClassVar[str] = "annual_volume/grid access provider"
    does: ClassVar[str] = "send"
    roles: ClassVar[tuple[str, ...]] = ("DDM",)
    brs: ClassVar[str] = "317"

    def begins(self, party: Party, today: date, profile: Profile) -> SentVolumes:  # noqa: ARG002 - of the command alone
        """What the process knows when it begins; a payload's identification follows from its place and point."""
        from uuid import uuid5  # noqa: PLC0415 - beside its only use

        from ediel.engine._route import NAMESPACE  # noqa: PLC0415 - the same

        volumes = tuple(
            Volume(
                identification=str(
                    uuid5(NAMESPACE, f"{party.gln}/{today}/{number}/{item.metering_point}/{item.total}")
                ),
                metering_point=item.metering_point,
                day=item.start,
                annual_volume=AnnualVolumeDetail(total=item.total, calculation_method=item.method),
            )
            for number, item in enumerate(self.volumes)
        )
        return SentVolumes(**party.actor(), process=self.process(today), volumes=Kept.of(volumes))
