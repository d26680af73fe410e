"""Orders for access to an end user's data: BRS-NO-622, and consents of the Access API."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, ClassVar, Literal

from pydantic import Field

from ediel.codes import BusinessProcess
from ediel.engine._party import Party
from ediel.engine.commands._base import Command, MeteringPointId
from ediel.market import Profile

__all__ = ["AccessRequest", "ConsentRequest"]


class AccessRequest(Command):
    """BRS-NO-622: a third party asks for access to a metering point; limited, unless the end user makes it full."""

    metering_point: MeteringPointId
    end: date | None = Field(default=None, description="Day from which the access holds no more.")
    extended_storage: bool = Field(default=False, description="Keep values for 10 years instead of 3.")

    machine: ClassVar[str] = "access/third party"
    does: ClassVar[str] = "add"
    roles: ClassVar[tuple[str, ...]] = ("AG",)
    brs: ClassVar[str] = "622"

    def facts(self, party: Party, today: date, profile: Profile) -> dict[str, Any]:  # noqa: ARG002 - of the command alone
        """What the process knows when it begins."""
        return {
            "process": self.process(today),
            "metering_point": self.metering_point,
            "end": None if self.end is None else self.end.isoformat(),
            "extended_storage": self.extended_storage,
            "answer_by": answer_by(profile, today),
        }


def answer_by(profile: Profile, today: date) -> str | None:
    """Last day on which the end user may answer a BRS-NO-622; ``None`` when the profile does not say."""
    limit = profile.limit(BusinessProcess.BRS_NO_622, "interval", "answer")
    return None if limit is None else profile.shift(today, limit).isoformat()


CONSENT_DAYS: Literal[28] = 28
"""Days that the end user has to approve a request or to sign a document (auth-grant-manager)."""


class ConsentRequest(Command):
    """Asks the end user, through the Access API, for the consent that a switch or a move-in needs (EI-1363).

    The API itself is called elsewhere; the process follows what it answers.
    """

    metering_point: MeteringPointId
    kind: Literal["ChangeOfBalanceSupplierForPerson", "MoveInAndChangeOfBalanceSupplierForPerson"]
    way: Literal["request", "document"] = "request"

    machine: ClassVar[str] = "authorisation/supplier"
    does: ClassVar[str] = "ask"
    roles: ClassVar[tuple[str, ...]] = ("DDQ",)

    def process(self, today: date) -> str:  # noqa: ARG002 - of the command alone
        """101 for a change of supplier, 102 for a move-in (which 103 uses too)."""
        return "BRS-NO-101" if self.kind.startswith("Change") else "BRS-NO-102"

    def facts(self, party: Party, today: date, profile: Profile) -> dict[str, Any]:  # noqa: ARG002 - of the command alone
        """What the process knows when it begins."""
        return {
            "process": self.process(today),
            "metering_point": self.metering_point,
            "kind": self.kind,
            "way": self.way,
            "answer_by": (today + timedelta(days=CONSENT_DAYS)).isoformat(),
        }
