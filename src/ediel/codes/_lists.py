"""Every code list of the room, by name: for what goes through all of them."""

from __future__ import annotations

from typing import Final

from ediel.codes import agencies, countries, documents, parties, points, processes, reasons, values
from ediel.codes._base import Code

_MODULES: Final = (agencies, countries, documents, parties, points, processes, reasons, values)

BY_NAME: Final[dict[str, type[Code]]] = {
    name: found
    for name, found in sorted({name: value for module in _MODULES for name, value in vars(module).items()}.items())
    if isinstance(found, type) and issubclass(found, Code) and found is not Code
}
"""The code lists, by name."""

ALL: Final[tuple[type[Code], ...]] = tuple(BY_NAME.values())
"""Every code list."""
