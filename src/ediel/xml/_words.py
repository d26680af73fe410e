"""Lists in words."""

from __future__ import annotations

from typing import Final

__all__ = ["MANY", "one_of"]

MANY: Final = 12
"""Names that a person wants to read at once."""


def one_of(names: list[str]) -> str:
    """Names to choose from, as many as a person wants to read."""
    if len(names) == 1:
        return names[0]
    more = f" and {len(names) - MANY} more" if len(names) > MANY else ""
    return f"one of {', '.join(names[:MANY])}{more}"
