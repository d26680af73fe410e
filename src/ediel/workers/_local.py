"""The runner without a job engine: threads of this process, and leases where others share its SQLite file."""

from __future__ import annotations

import os
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Final

from ediel.engine.observe import log
from ediel.store import DatabaseAway, StoreError
from ediel.workers._jobs import Done, Job
from ediel.workers._work import Work

__all__ = ["LocalRunner"]

_LONGEST_WAIT: Final = 30.0
"""Seconds between two tries to reach a database."""


class LocalRunner:
    """Does the jobs of an engine in threads of this process.

    Several may share a database: each lane is leased first, and what a runner had that died is taken up by another one
    once its lease has ended.

    Args:
        work: what there is to do.
        queues: which of it.
        concurrency: jobs at a time.
        on_done: called with what came of every job.
    """

    def __init__(
        self,
        work: Work,
        queues: Sequence[str],
        *,
        concurrency: int = 16,
        on_done: Callable[[Done], None] = lambda _: None,
    ) -> None:
        self._work = work
        self._queues = tuple(queues)
        self._concurrency = concurrency
        self._on_done = on_done
        self._owner = f"{socket.gethostname()}/{os.getpid()}/{secrets.token_hex(4)}"
        self._running: dict[Future[Done], Job] = {}
        self._ended = threading.Event()

    def run(self, stop: threading.Event, *, once: bool = False) -> Done:
        """Do what is due until stopped; see ``Runner``."""
        total = Done()
        tried: set[str] = set()
        away = 0
        with ThreadPoolExecutor(self._concurrency, "job") as pool, self._renewing():
            while not stop.is_set():
                self._ended.clear()
                try:
                    begun = self._begin(pool, tried if once else set())
                    self._collect(total, tried)
                    away = 0
                except DatabaseAway as error:
                    if once:
                        raise
                    away += 1
                    pause = min(self._work.settings.tick * 2.0 ** min(away, 10), _LONGEST_WAIT)
                    log.error("the database cannot be reached", tries=away, error=type(error).__name__)
                    stop.wait(pause)
                    continue
                if once and not begun and not self._running:
                    break
                self._wait(stop)
            while self._running:
                self._ended.clear()
                self._collect(total, tried)
                self._ended.wait(0.05)
        return total

    def _wait(self, stop: threading.Event) -> None:
        """Until a job has ended, or it is time to look again."""
        until = time.monotonic() + self._work.settings.tick
        while not stop.is_set() and (left := until - time.monotonic()) > 0:
            if self._ended.wait(min(left, 0.2)):
                return

    def _begin(self, pool: ThreadPoolExecutor, without: set[str]) -> int:
        """Begin what is due, as far as there is room; returns how many jobs."""
        begun, busy = 0, {job.name for job in self._running.values()}
        if len(self._running) >= self._concurrency:
            return 0
        for job in self._work.due(self._queues):
            if len(self._running) >= self._concurrency:
                break
            if job.name in busy or job.name in without:
                continue
            now = _now()
            if self._work.lanes.claim(job.name, self._owner, now, now + self._work.settings.lease_time):
                future = pool.submit(self._do, job)
                self._running[future] = job
                future.add_done_callback(lambda _: self._ended.set())
                begun += 1
        return begun

    def _do(self, job: Job) -> Done:
        try:
            return self._work.run(job)
        finally:
            try:
                self._work.lanes.release(job.name, self._owner)
            except StoreError as error:
                log.warning("a lane was not given back; its lease will end", error=type(error).__name__)

    def _collect(self, total: Done, tried: set[str]) -> None:
        """Count in what is done.

        Raises:
            StoreError: the database cannot be used; with the first of several.
        """
        failed: StoreError | None = None
        for future, job in list(self._running.items()):
            if not future.done():
                continue
            del self._running[future]
            error = future.exception()
            if isinstance(error, StoreError):
                failed = failed or error
                continue
            done = _broken(job, error) if error is not None else future.result()
            if not done.more:
                tried.add(job.name)
            total.add(done)
            self._on_done(done)
        if failed is not None:
            raise failed

    @contextmanager
    def _renewing(self) -> Iterator[None]:
        """Keeps the leases of what is under way, however long it takes."""
        over = threading.Event()

        def renew() -> None:
            while not over.wait(self._work.settings.lease / 3):
                names = [job.name for job in list(self._running.values())]
                try:
                    self._work.lanes.renew(names, self._owner, _now() + self._work.settings.lease_time)
                except StoreError as error:  # a lease that could not be renewed runs out, no more
                    log.warning("leases were not renewed", error=type(error).__name__)

        worker = threading.Thread(target=renew, name="ediel-lanes", daemon=True)
        worker.start()
        try:
            yield
        finally:
            over.set()
            worker.join()


def _broken(job: Job, error: BaseException) -> Done:
    """A job that ended with an error of ours: of it the kind alone is said, for its text may hold a person."""
    log.error("a job failed", job=job.name, error=type(error).__name__, exc_info=None)
    return Done(jobs=1, problems=[f"{job.name}: {type(error).__name__}"])


def _now() -> datetime:
    """The system's moment: leases are between processes, whatever clock an engine has."""
    return datetime.now(UTC)
