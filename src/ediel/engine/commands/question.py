"""Orders that ask in words: BRS-NO-601 and 602."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from pydantic import Field, model_validator

from ediel.engine.commands._base import Request, dump

__all__ = ["GridQuestion", "HubQuestion"]


class _Question(Request):
    category: str = Field(
        min_length=1, max_length=18, description="What it is about, such as INV; no list is published."
    )
    subject: str = Field(min_length=1, max_length=40, repr=False)

    machine: ClassVar[str] = "question/asker"
    roles: ClassVar[tuple[str, ...]] = ("DDQ", "SLR", "BSL")

    def payload(self) -> dict[str, Any]:
        """The payload of the message."""
        found = dump(self)
        del found["ask"]
        return found  # type: ignore[no-any-return]


class GridQuestion(_Question):
    """BRS-NO-601: asks the grid access provider of a metering point in words. One text at least is given."""

    request_public: str | None = Field(default=None, max_length=300, repr=False)
    request_private: str | None = Field(default=None, max_length=300, repr=False)

    does: ClassVar[str] = "ask grid"
    brs: ClassVar[str] = "601"
    request: ClassVar[str] = "RequestToGridAccessProvider"

    @model_validator(mode="after")
    def _asks(self) -> Self:
        if not (self.request_public or self.request_private):
            raise ValueError("request_public and request_private are both empty; expected a question in one of them")
        return self


class HubQuestion(_Question):
    """BRS-NO-602: asks Elhub in words."""

    text: str = Field(min_length=1, max_length=300, repr=False)

    does: ClassVar[str] = "ask hub"
    brs: ClassVar[str] = "602"
    request: ClassVar[str] = "RequestToElhub"

    def payload(self) -> dict[str, Any]:
        """The payload of the message."""
        found = super().payload()
        found["request"] = found.pop("text")
        return found
