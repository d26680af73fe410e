"""Memory that was used for something large goes back to the system; else the next large thing is held beside it."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from functools import cache
from typing import Final

__all__ = ["LARGE", "give_back"]

LARGE: Final = 8_000_000
"""Bytes from which on it is worth the milliseconds that it takes."""


def give_back() -> None:
    """Give back what is free: the C library of Linux keeps up to 64 MB of it, and Arrow as much as it had at once."""
    arrow = sys.modules.get("pyarrow")
    if arrow is not None:
        arrow.default_memory_pool().release_unused()
    _trim()(0)


@cache
def _trim() -> Callable[[int], object]:
    try:
        found: Callable[[int], object] = ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):  # another C library, which keeps less
        return lambda _: None
    return found
