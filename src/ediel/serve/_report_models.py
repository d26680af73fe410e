"""The shape of a report in JSON, for the description of the service; a test holds it equal to the published schema."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["ReportDocument"]

Count = Annotated[int, Field(ge=0)]
Place = Annotated[int, Field(ge=1)]
Verdict = Literal["refused", "doubtful", "not refused", "unknown"]
Standing = Literal["published", "inferred", "assumed"]


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid")


class FindingShape(_Shape):
    """One finding."""

    severity: Literal["error", "warning", "info"]
    code: str | None = Field(description="The hub's own code: a reason code, or the group of the SOAP fault.")
    code_standing: Standing | None = Field(description="Whether a source prints the code with this rule.")
    rule: str
    standing: Standing
    path: str | None = Field(description="Element names with positions, from the message element down.")
    line: Place | None
    column: Place | None
    found: str | None = Field(description="Masked where it is about a person.")
    expected: str | None
    text: str
    advice: str | None = Field(description="What to change.")
    component: str | None = Field(description="Schema component.")
    source: str | None


class UnknownShape(_Shape):
    """A rule that could not be judged."""

    rule: str
    text: str
    decided_by: str


class RulesShape(_Shape):
    """How many rules were judged."""

    applied: Count
    failed: Count
    not_applicable: Count
    unknown: Count


class MessageShape(_Shape):
    """What was found in one message."""

    name: str
    process: str | None = Field(description="BRS number, as written.")
    role: str | None = Field(description="Role, as written.")
    identification: str | None = Field(description="Header/Identification, as written.")
    line: Place | None
    verdict: Verdict
    findings: list[FindingShape]
    rules: RulesShape
    unknown: list[UnknownShape]


class FileShape(_Shape):
    """What was found in one input: the body, or a file of a zip archive."""

    path: str
    kind: str
    readable: bool
    verdict: Verdict
    findings: list[FindingShape]
    messages: list[MessageShape]


class SummaryShape(_Shape):
    """Counts."""

    files: Count
    unreadable: Count
    messages: Count
    refused: Count
    doubtful: Count
    not_refused: Count
    unknown: Count
    rules: Count
    rules_unknown: Count
    errors: Count
    warnings: Count


class ReportDocument(_Shape):
    """A report, as ``ediel validate --format json`` writes it."""

    version: Literal[2]
    files: list[FileShape]
    summary: SummaryShape
