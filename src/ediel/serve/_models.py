"""What calls ask and what they get, typed; the description of the service is derived from these."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from ediel.serve._report_models import ReportDocument

__all__ = [
    "CodeList",
    "CodeRow",
    "Day",
    "Days",
    "DeadlineQuery",
    "Explanation",
    "Health",
    "NoQuery",
    "ReadMessages",
    "ReadQuery",
    "ValidateQuery",
]

_NAME = Annotated[str, Field(max_length=40)]


class NoQuery(BaseModel):
    """A call without query parameters."""

    model_config = ConfigDict(extra="forbid")


class ValidateQuery(NoQuery):
    """How to judge, and how to report."""

    level: Literal["schema", "rules"] = Field("rules", description="The schema alone, or the business rules too.")
    on: _NAME | None = Field(
        None, description="A Norwegian day (2026-12-01), or a moment (2026-12-01T08:00, with or without offset). Now."
    )
    lang: Literal["en", "nb"] = Field("en", description="Language of text, page and titles.")
    strict: bool = Field(False, description="Warnings of rules count as errors.")
    fail_on: Literal["published", "inferred", "assumed", "unknown"] | None = Field(
        None, description="How sure an objection is, at least, for Ediel-Exit-Code 1; published, or assumed if strict."
    )
    release: _NAME | None = Field(None, description="Release of EMIF; 2.4.3.")
    format: Literal["json", "sarif", "junit", "html", "text"] = Field("json", description="Form of the report.")
    show_person_data: bool = Field(False, description="Show values about people, where the service allows it.")


class ReadQuery(NoQuery):
    """How to read."""

    show_person_data: bool = Field(False, description="Show values about people, where the service allows it.")


class DeadlineQuery(NoQuery):
    """Which request."""

    process: str = Field(max_length=40, description="A process, such as BRS-NO-202 or 202.")
    settlement: Literal["profiled", "interval"] = Field(description="How the point is settled.")
    start: date = Field(description="The date in the request: start or end of the supply.")


class Health(BaseModel):
    """The service answers."""

    status: Literal["ok"]
    version: str
    release: str = Field(description="Release of EMIF that is judged by, where a call names none.")


class ReadMessages(BaseModel):
    """What a body holds."""

    messages: list[dict[str, Any]] = Field(
        description="Each message in the form that POST /generate takes; *** stands for what is about people."
    )
    report: ReportDocument = Field(description="What the schema says of the body.")


class Explanation(BaseModel):
    """What is known of a word."""

    lines: list[str] = Field(description="As ediel explain prints them.")


class CodeRow(BaseModel):
    """One code."""

    code: str
    name: str
    agency: str | None
    label: str | None = Field(description="Its meaning; null where none is published.")
    label_nb: str | None
    source: str
    standing: str


class CodeList(BaseModel):
    """A list of codes."""

    name: str
    text: str
    codes: list[CodeRow]


class Day(BaseModel):
    """A day, and the limit that it comes from."""

    day: date
    count: int
    unit: str
    standing: str
    source: str


class Days(BaseModel):
    """The days of a request; null where no source gives one."""

    process: str
    settlement: Literal["profiled", "interval"]
    start: date
    earliest: Day | None
    latest: Day | None
    cancellation: Day | None
    profile: list[str]
