"""The forms that reports can be written in: a row each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from ediel.report import json, junit, sarif, text
from ediel.report._model import Report

__all__ = ["FORMS"]


def _sarif(reports: Sequence[Report]) -> str:
    from ediel import __version__  # noqa: PLC0415 - the package above, which need not be whole yet

    return sarif.render(reports, version=__version__)


FORMS: Final[Mapping[str, Callable[[Sequence[Report]], str]]] = {
    "text": text.render,
    "json": json.render,
    "junit": junit.render,
    "sarif": _sarif,
}
"""What writes reports in a form, by the name of the form."""
