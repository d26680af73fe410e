"""Who acts: a person or a program of the caller's, for the log of steps."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

from ediel.engine.errors import EngineError

__all__ = ["NOBODY", "Acting", "acting", "actor"]

_LONGEST: Final = 1000


@dataclass(frozen=True, slots=True)
class Acting:
    """Who acts, and why, in the caller's own words; ``None`` where nobody has said."""

    actor: str | None = None
    reason: str | None = None


NOBODY: Final = Acting()
_ACTING: Final[ContextVar[Acting]] = ContextVar("acting", default=NOBODY)


def actor() -> Acting:
    """Who acts in this thread or task."""
    return _ACTING.get()


@contextmanager
def acting(who: Acting) -> Iterator[None]:
    """Let somebody act in this thread or task.

    Raises:
        EngineError: a text is empty, too long or holds control characters.
    """
    for name, text in (("actor", who.actor), ("reason", who.reason)):
        if text is not None and not (text.strip() and len(text) <= _LONGEST and text.isprintable()):
            raise EngineError(f"{name}: expected 1 to {_LONGEST:,} printable characters, found {len(text)} characters")
    token = _ACTING.set(who)
    try:
        yield
    finally:
        _ACTING.reset(token)
