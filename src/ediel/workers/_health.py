"""How a worker is, in figures."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

from ediel.store import StoreError
from ediel.workers._jobs import Done
from ediel.workers._work import Work

__all__ = ["WorkerHealth"]


class WorkerHealth:
    """Counts what a worker does; what ``/health`` answers.

    Args:
        work: what it does.
        on_done: called with what came of every job.
    """

    def __init__(self, work: Work, *, on_done: Callable[[Done], None] = lambda _: None) -> None:
        self._work = work
        self._on_done = on_done
        self._lock = threading.Lock()
        self._total = Done()
        self._began = time.monotonic()
        self._latest: float | None = None

    def note(self, done: Done) -> None:
        """A job was done."""
        with self._lock:
            self._total.add(done)
            self._total.problems = self._total.problems[-10:]
            self._latest = time.monotonic()
        self._on_done(done)

    def state(self) -> tuple[bool, dict[str, object]]:
        """Whether it is healthy, and its state; nothing about people. Parties that wait are of the whole database."""
        now = time.monotonic()
        with self._lock:
            since = now - (self._began if self._latest is None else self._latest)
            jobs = self._total.jobs
        engine = self._work.engine
        try:
            counts = engine.browse.outbox_counts()
            dead = len(engine.browse.dead_letters(most=1000))
            due = len(engine.browse.due(datetime.now(UTC)))
            lanes = self._work.lanes.all()
        except StoreError as error:
            return False, {"status": "database", "jobs": jobs, "problems": [str(error)]}
        paused = {
            name.partition("/")[2]: lane.error
            for name, lane in lanes.items()
            if name.startswith("party/") and lane.next_at is not None
        }
        return not paused, {
            "status": "paused parties" if paused else "ok",
            "jobs": jobs,
            "seconds_since_job": round(since, 1),
            "paused": paused,
            "outbox": counts.get("pending", 0),
            "failed": counts.get("failed", 0),
            "held": counts.get("held", 0),
            "dead_letters": dead,
            "due": due,
        }
