"""Processes as they are named on the command line."""

from __future__ import annotations

from collections.abc import Collection

from ediel.codes import BusinessProcess
from ediel.errors import UnknownName


def process_named(text: str, known: Collection[BusinessProcess], what: str) -> BusinessProcess:
    """A process by its number, with or without ``BRS-NO-``.

    Raises:
        UnknownName: it is not one of those known.
    """
    name = text.upper() if text.upper().startswith("BRS-NO-") else f"BRS-NO-{text}"
    for process in known:
        if process.value == name:
            return process
    raise UnknownName(what, text, sorted(process.value for process in known))
