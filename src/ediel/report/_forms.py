"""The forms that reports can be written in: a row each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from ediel.report import hosts, html, json, junit, sarif, text
from ediel.report._how import How
from ediel.report._model import Report

__all__ = ["FORMS", "PLACED"]


def _text(reports: Sequence[Report], how: How) -> str:
    return text.render(reports, lang=how.lang)


def _json(reports: Sequence[Report], _how: How) -> str:
    return json.render(reports)


def _sarif(reports: Sequence[Report], how: How) -> str:
    from ediel import __version__  # noqa: PLC0415 - the package above, which need not be whole yet

    return sarif.render(reports, how, version=__version__)


FORMS: Final[Mapping[str, Callable[[Sequence[Report], How], str]]] = {
    "text": _text,
    "json": _json,
    "junit": junit.render,
    "sarif": _sarif,
    "html": html.render,
    "github": hosts.github,
    "gitlab": hosts.gitlab,
}
"""What writes reports in a form, by the name of the form."""
PLACED: Final = frozenset({"sarif", "html", "github"})
"""Forms that show columns or excerpts."""
