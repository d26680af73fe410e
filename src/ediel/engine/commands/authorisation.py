"""Orders for consents of the Access API, which switches and move-ins need (EI-1363)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import ClassVar, Final, Literal

from pydantic import Field

from ediel import brs
from ediel.engine._party import Party
from ediel.engine.commands._base import Command, MeteringPointId
from ediel.market import Profile
from ediel.processes._changes import mark_of
from ediel.processes.authorisation import Consent

__all__ = ["ConsentRequest"]

CONSENT_DAYS: Final = 28
"""Days that the end user has to approve a request or to sign a document (auth-grant-manager)."""


class ConsentRequest(Command):
    """Asks the end user, through the Access API, for the consent that a switch or a move-in needs (EI-1363).

    The API itself is called elsewhere; the process follows what it answers.
    """

    metering_point: MeteringPointId
    kind: Literal["ChangeOfBalanceSupplierForPerson", "MoveInAndChangeOfBalanceSupplierForPerson"]
    way: Literal["request", "document"] = "request"
    person: str | None = Field(
        default=None, repr=False, pattern=r"^[0-9]{11}$",
        description="Who is asked: the start of supply must be for the same. Only a mark of it is kept.",
    )  # fmt: skip
    move_in_date: date | None = Field(
        default=None, description="Day of a move-in today or back in time (BRS-NO-103), for which alone it will be."
    )

    machine: ClassVar[str] = "authorisation/supplier"
    does: ClassVar[str] = "ask"
    roles: ClassVar[tuple[str, ...]] = ("DDQ",)

    def process(self, today: date) -> str:  # noqa: ARG002 - of the command alone
        """101 for a change of supplier, 102 for a move-in (which 103 uses too)."""
        return str((brs.CHANGE_OF_SUPPLIER if self.kind.startswith("Change") else brs.MOVE_IN_AHEAD).code)

    def begins(self, party: Party, today: date, profile: Profile) -> Consent:  # noqa: ARG002 - of the command alone
        """What the process knows when it begins."""
        return Consent(
            **party.actor(),
            process=self.process(today),
            metering_point=self.metering_point,
            kind=self.kind,
            way=self.way,
            answer_by=today + timedelta(days=CONSENT_DAYS),
            customer="" if self.person is None else mark_of(self.person),
            move_in_date=self.move_in_date,
        )
