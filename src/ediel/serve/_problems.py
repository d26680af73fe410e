"""What is answered where a call cannot be served: a problem document (RFC 9457), for people and for programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Final

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from ediel.serve._report_models import ReportDocument

__all__ = ["PROBLEM_TYPE", "Problem", "Refusal"]

PROBLEM_TYPE: Final = "application/problem+json"


class Problem(BaseModel):
    """Why a call was not served (RFC 9457)."""

    model_config = ConfigDict(extra="forbid")

    type: str = Field(default="about:blank", description="about:blank: the status says the kind.")
    title: str = Field(description="The kind of the problem: the text of the HTTP status.")
    status: int = Field(ge=400, le=599, description="The HTTP status.")
    detail: str = Field(description="What is wrong.")
    found: str | None = Field(default=None, description="What was found; never a value about a person.")
    expected: str | None = Field(default=None, description="What was expected.")
    advice: str | None = Field(default=None, description="What to do.")
    problems: list[str] = Field(default=[], description="Each mistake of the JSON, with its place.")
    report: ReportDocument | None = Field(default=None, description="Each finding, where a message was judged.")


class Refusal(Exception):
    """A call cannot be served.

    Args:
        status: HTTP status.
        detail: what is wrong.
        found, expected, advice: more about it.
        problems: each mistake of a JSON.
        report: the report, as ``ediel validate --format json`` writes it.
        headers: headers of the answer.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        found: str | None = None,
        expected: str | None = None,
        advice: str | None = None,
        problems: Sequence[str] = (),
        report: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.headers = dict(headers or {})
        self.problem = Problem(
            title=HTTPStatus(status).phrase,
            status=status,
            detail=detail,
            found=found,
            expected=expected,
            advice=advice,
            problems=list(problems),
            report=None if report is None else ReportDocument.model_validate(report),
        )

    def response(self) -> Response:
        """The answer."""
        left_out = {name for name in ("found", "expected", "advice", "report") if getattr(self.problem, name) is None}
        left_out |= {"problems"} if not self.problem.problems else set()
        return Response(
            self.problem.model_dump_json(exclude=left_out), self.problem.status, self.headers, media_type=PROBLEM_TYPE
        )
