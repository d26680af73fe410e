"""Processes as people name them."""

from __future__ import annotations

from collections.abc import Collection

from ediel.brs import ROWS
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
    error = UnknownName(what, text, sorted(process.value for process in known))
    if error.suggestions or not known:
        raise error
    number = int(name.removeprefix("BRS-NO-")) if name.removeprefix("BRS-NO-").isdecimal() else None
    numbers = {int(item.number): item.code.value for item in ROWS if item.code in known and item.number.isdecimal()}
    if number is None or not numbers:
        raise error
    near = sorted(sorted(numbers, key=lambda one: abs(one - number))[:3])
    raise UnknownName(what, text, nearest=[numbers[one] for one in near])
