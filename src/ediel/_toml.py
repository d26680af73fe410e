"""TOML from a file of a user: whatever is wrong with it is an error of one kind."""

from __future__ import annotations

import tomllib
from typing import Any

__all__ = ["toml_of"]


def toml_of(text: str) -> dict[str, Any]:
    """What TOML says.

    Raises:
        tomllib.TOMLDecodeError: it is none, or its lists and tables are nested deeper than they can be read.
    """
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise tomllib.TOMLDecodeError("lists or tables are nested too deeply") from None
