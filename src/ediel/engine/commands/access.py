"""Orders for access to an end user's data: BRS-NO-622."""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Literal

from pydantic import Field

from ediel import brs
from ediel.engine._party import Party
from ediel.engine.commands._base import Command, MeteringPointId
from ediel.market import Profile
from ediel.processes.access import RequestedAccess

__all__ = ["AccessRequest"]


class AccessRequest(Command):
    """BRS-NO-622: a third party asks for access to a metering point; limited, unless the end user makes it full."""

    metering_point: MeteringPointId
    end: date | None = Field(default=None, description="Day from which the access holds no more.")
    extended_storage: bool = Field(default=False, description="Keep values for 10 years instead of 3.")

    machine: ClassVar[str] = "access/third party"
    does: ClassVar[str] = "add"
    roles: ClassVar[tuple[str, ...]] = ("AG",)
    brs: ClassVar[str] = "622"

    def begins(self, party: Party, today: date, profile: Profile) -> RequestedAccess:
        """What the process knows when it begins."""
        return RequestedAccess(
            **party.actor(),
            process=self.process(today),
            metering_point=self.metering_point,
            end=self.end,
            extended_storage=self.extended_storage,
            answer_by=answer_by(profile, today),
        )


class KnownAccess(Command):
    """An access that a third party has already: the end user gave it unasked (BRS-NO-623, 624), or long ago.

    Nothing is sent. It can then be changed and ended like any other.
    """

    metering_point: MeteringPointId
    level: Literal["full", "limited"] = Field(default="limited", description="What the end user has given.")
    end: date | None = Field(default=None, description="Day from which the access holds no more.")
    moved_in: date | None = Field(default=None, description="Day on which the end user moved in, where it is known.")

    machine: ClassVar[str] = "access/third party"
    does: ClassVar[str] = "adopt"
    roles: ClassVar[tuple[str, ...]] = ("AG",)
    brs: ClassVar[str] = "622"

    def begins(self, party: Party, today: date, _profile: Profile) -> RequestedAccess:
        """What the process knows when it begins."""
        return RequestedAccess(
            **party.actor(),
            process=self.process(today),
            metering_point=self.metering_point,
            end=self.end,
            level=self.level,
            moved_in=self.moved_in,
        )


def answer_by(profile: Profile, today: date) -> date | None:
    """Last day on which the end user may answer a BRS-NO-622; ``None`` when the profile does not say."""
    limit = profile.limit(brs.ACCESS.code, "interval", "answer")
    return None if limit is None else profile.shift(today, limit)
