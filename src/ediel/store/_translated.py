"""What an error of a database's driver means for whoever uses the store."""

from __future__ import annotations

from typing import Final

from ediel.store.errors import Conflict, DatabaseAway, StoreError

__all__ = ["translated"]

_UNIQUE: Final = "23505"
_RETRY: Final = frozenset({"40001", "40P01", "55P03"})
"""PostgreSQL: serialisation failure, deadlock, lock not available."""
_AWAY: Final = frozenset({"57P01", "57P02", "57P03", "57P05"})
"""PostgreSQL: shut down by its administrator or by a crash, not ready yet, idle for too long."""
_CONNECTION: Final = "08"
"""Class of PostgreSQL's codes for lost connections."""
_LOST: Final = frozenset({"OperationalError", "InterfaceError"})
"""Errors of psycopg without a code: the server was not reached, or the connection was lost in the middle."""


def translated(error: BaseException, what: str = "refuses") -> StoreError:
    """An error of a driver, as the store raises it."""
    code = getattr(error, "sqlstate", None)
    name = getattr(error, "sqlite_errorname", "") or ""
    if code == _UNIQUE or code in _RETRY or name.startswith("SQLITE_CONSTRAINT") or name == "SQLITE_BUSY":
        return Conflict(f"another writer was there first: {error}")
    text = " ".join(str(error).split())
    if not name and _is_away(error, code):
        return DatabaseAway(f"the database cannot be reached now: {text}. It may be restarting; try again later")
    return StoreError(f"the database {what}: {error}")


def _is_away(error: BaseException, code: str | None) -> bool:
    if code is not None:
        return code in _AWAY or code.startswith(_CONNECTION)
    return type(error).__module__.startswith("psycopg") and type(error).__name__ in _LOST
