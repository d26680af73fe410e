"""What every order has: its table, its roles, and what the process knows when it begins."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from ediel.engine._party import Party
from ediel.identifiers import MeteringPointId, PartyId, UuidText
from ediel.market import Profile

__all__ = ["Command", "MeteringPointId", "PartyId", "Request", "UuidText", "dump"]


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

    def facts(self, party: Party, today: date, profile: Profile) -> dict[str, Any]:
        """What the process knows when it begins."""
        raise NotImplementedError


class Request(Command):
    """Sends one message about a metering point, and may ask for a positive answer to it."""

    metering_point: MeteringPointId
    ask: bool = Field(default=True, description="Ask for a positive answer.")

    request: ClassVar[str]
    """Name of the message."""

    def payload(self) -> dict[str, Any]:
        """The payload of the message."""
        raise NotImplementedError

    def facts(self, party: Party, today: date, profile: Profile) -> dict[str, Any]:  # noqa: ARG002 - of the command alone
        """What the process knows when it begins."""
        return {
            "process": self.process(today),
            "request": self.request,
            "metering_point": self.metering_point,
            "ask": self.ask or None,
            "payload": self.payload(),
        }


def dump(value: Any) -> Any:
    """Plain JSON values; ``exclude_none`` goes down to the parts."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", exclude_none=True)
    if isinstance(value, tuple | list):
        return [dump(item) for item in value]
    return value
