"""Data protection: what an engine purges, exports and erases; its methods are those of ``Engine``."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from ediel.engine._acting import actor
from ediel.engine._messages import Messages
from ediel.engine._purging import planned, purged
from ediel.engine._retention import Retention
from ediel.store import Purged, Store, Wording

if TYPE_CHECKING:
    from ediel.values import ValuesStore

__all__ = ["Protection"]


class Protection:
    """What an engine does for the protection of data."""

    store: Store
    clock: Callable[[], datetime]
    _messages: Messages
    _values: ValuesStore | None

    def purge(
        self, retention: Retention, *, dry_run: bool = False, now: datetime | None = None, batch: int = 500
    ) -> list[Purged]:
        """Remove what is older than its kind is kept for; processes that are not over stay whole, however old.

        A process is over when nothing of it is awaited, due, unsent or unheard, and no contract and no access of its
        party is in force at its metering point. Each batch is a transaction with an entry of the protection log, which
        says who acts (``acting``), kinds and counts. The log of steps stays verifiable, and its seal the same.

        Args:
            retention: for how long each kind is kept.
            dry_run: change nothing; say what would be removed, and what is old enough and stays.
            now: the moment; the clock's when not given.
            batch: rows of a transaction.

        Returns:
            By kind, what was removed (or would be): kinds without a duration are left out.

        Raises:
            StoreError: the database refuses; what was purged before stays purged.
        """
        moment = now or self.clock()
        if dry_run:
            return planned(self.store, self._values, retention, moment)
        try:
            return purged(self.store, self._values, retention, moment, _wording(), batch)
        finally:
            self._messages.forget()


def _wording() -> Wording:
    return Wording(actor().actor, actor().reason)
