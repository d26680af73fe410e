"""Which runner a database needs."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ediel.workers._jobs import Done, Runner
from ediel.workers._local import LocalRunner
from ediel.workers._work import Work

__all__ = ["runner_for"]


def runner_for(
    work: Work, queues: Sequence[str], *, concurrency: int = 16, on_done: Callable[[Done], None] = lambda _: None
) -> Runner:
    """The runner for the database of an engine: procrastinate on PostgreSQL, threads and leases on SQLite.

    Raises:
        ModuleNotFoundError: the extra ``worker`` is not installed, which PostgreSQL needs.
    """
    if work.engine.store.dialect == "postgresql":
        from ediel.workers.procrastinating import EngineRunner  # noqa: PLC0415 - an extra

        return EngineRunner(work, queues, concurrency=concurrency, on_done=on_done)
    return LocalRunner(work, queues, concurrency=concurrency, on_done=on_done)
