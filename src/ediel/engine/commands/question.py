"""Orders that ask in words: BRS-NO-601 and 602."""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Self

from pydantic import Field, model_validator

from ediel.engine._party import Party
from ediel.engine.commands._base import Command, MeteringPointId
from ediel.market import Profile
from ediel.processes import Kept
from ediel.processes import question as process

__all__ = ["GridQuestion", "HubQuestion"]


class _Question(Command):
    metering_point: MeteringPointId
    ask: bool = Field(default=True, description="Ask for a positive answer.")
    category: str = Field(
        min_length=1, max_length=18, description="What it is about, such as INV; no list is published."
    )
    subject: str = Field(min_length=1, max_length=40, repr=False)

    machine: ClassVar[str] = "question/asker"
    roles: ClassVar[tuple[str, ...]] = ("DDQ", "SLR", "BSL")

    def payload(self) -> process.GridQuestion | process.HubQuestion:
        """The payload of the message."""
        raise NotImplementedError

    def begins(self, party: Party, today: date, profile: Profile) -> process.AskedQuestion:  # noqa: ARG002 - of the command alone
        """What the process knows when it begins."""
        return process.AskedQuestion(
            **party.actor(),
            process=self.process(today),
            metering_point=self.metering_point,
            ask=self.ask,
            payload=Kept.of(self.payload()),
        )


class GridQuestion(_Question):
    """BRS-NO-601: asks the grid access provider of a metering point in words. One text at least is given."""

    request_public: str | None = Field(default=None, max_length=300, repr=False)
    request_private: str | None = Field(default=None, max_length=300, repr=False)

    does: ClassVar[str] = "ask grid"
    brs: ClassVar[str] = "601"

    @model_validator(mode="after")
    def _asks(self) -> Self:
        if not (self.request_public or self.request_private):
            raise ValueError("request_public and request_private are both empty; expected a question in one of them")
        return self

    def payload(self) -> process.GridQuestion:
        """The payload of the message."""
        return process.GridQuestion(
            category=self.category,
            subject=self.subject,
            request_public=self.request_public,
            request_private=self.request_private,
            metering_point=self.metering_point,
        )


class HubQuestion(_Question):
    """BRS-NO-602: asks Elhub in words."""

    text: str = Field(min_length=1, max_length=300, repr=False)

    does: ClassVar[str] = "ask hub"
    brs: ClassVar[str] = "602"

    def payload(self) -> process.HubQuestion:
        """The payload of the message."""
        return process.HubQuestion(
            category=self.category, subject=self.subject, request=self.text, metering_point=self.metering_point
        )
