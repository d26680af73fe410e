"""The forms that reports can be written in: a row each. A form is loaded when it is first asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Final

from ediel.report._how import How
from ediel.report._model import Report

__all__ = ["FORMS", "PLACED"]

Form = Callable[[Sequence[Report], How], str]


def _sarif(reports: Sequence[Report], how: How) -> str:
    from ediel import __version__  # noqa: PLC0415 - the package above, which need not be whole yet
    from ediel.report import sarif  # noqa: PLC0415 - loaded when it is asked for

    return sarif.render(reports, how, version=__version__)


def _of(module: str, function: str = "render") -> Form:
    def render(reports: Sequence[Report], how: How) -> str:
        written: str = getattr(import_module(f"ediel.report.{module}"), function)(reports, how)
        return written

    return render


FORMS: Final[Mapping[str, Form]] = {
    "text": _of("text", "written"),
    "json": _of("json", "written"),
    "junit": _of("junit"),
    "sarif": _sarif,
    "html": _of("html"),
    "github": _of("hosts", "github"),
    "gitlab": _of("hosts", "gitlab"),
}
"""What writes reports in a form, by the name of the form."""
PLACED: Final = frozenset({"sarif", "html", "github"})
"""Forms that show columns or excerpts."""
