"""A day or a moment on the command line."""

from __future__ import annotations

from datetime import date
from typing import Final

import click

from ediel.serve.judging import moment_of

MOMENT_HELP: Final = (
    "When to judge: a Norwegian day, which counts to its end, or a moment such as 2026-12-01T08:00 (Norwegian time, "
    "or with an offset).  [default: now]"
)


class Moment(click.ParamType):  # type: ignore[type-arg]  # older releases of click take none
    """A day as a ``date``, a moment as an aware ``datetime``; a moment without an offset is Norwegian time."""

    name = "day or moment"

    def get_metavar(self, param: click.Parameter, ctx: click.Context | None = None) -> str:  # noqa: ARG002 - click's
        return "WHEN"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> date:
        if isinstance(value, date):
            return value
        try:
            return moment_of(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


MOMENT: Final = Moment()
