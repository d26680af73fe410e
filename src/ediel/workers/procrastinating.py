"""The runner on PostgreSQL: procrastinate keeps the jobs, in a schema of its own beside the engine's tables.

Jobs hold nothing that would be missed: what is due stands in the engine's tables, and is looked at every tick by one
worker. So a schema of jobs may be dropped, and each version of procrastinate's tables has one of its own: workers of an
older and of a newer release run side by side, and what both do is claimed in the engine's tables first.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import psycopg
from procrastinate import App, PsycopgConnector, RetryStrategy
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException, ProcrastinateException
from procrastinate.jobs import Job as Deferred
from procrastinate.jobs import Status
from procrastinate.schema import SchemaManager
from sqlalchemy.engine import URL

from ediel.engine.observe import log
from ediel.store import DatabaseAway, StoreError
from ediel.workers._jobs import Done, Job
from ediel.workers._work import Work

__all__ = ["EngineRunner", "conninfo", "jobs_schema", "make_jobs_schema"]

_RUN: Final = "ediel.run"
_RETRIES: Final = RetryStrategy(max_attempts=6, exponential_wait=2)
_LONGEST_WAIT: Final = 30.0
"""Seconds between two tries to reach a database."""
_OPEN: Final = 5.0
"""Seconds in which a connection has to be had."""
_KEPT_HOURS: Final = 72
"""For how long jobs that have failed can be inspected."""
_QUEUED: Final = (
    "SELECT queueing_lock FROM procrastinate_jobs WHERE status IN ('todo', 'doing') AND queueing_lock IS NOT NULL"
)


class JobFailed(Exception):
    """A job has failed. Of its error the kind alone is said: its text may hold a person."""


class EngineRunner:
    """Does the jobs of an engine as jobs of procrastinate.

    Args:
        work: what there is to do.
        queues: which of it this worker does.
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
        for name in ("procrastinate", "psycopg.pool"):  # what matters of theirs is logged here
            logging.getLogger(name).addHandler(logging.NullHandler())
        self._work = work
        self._queues = tuple(queues)
        self._concurrency = concurrency
        self._on_done = on_done
        self._total = Done()
        self._look = f"look for {' '.join(sorted(self._queues))}"
        """The queue of the jobs that look at what is due, once a tick among all workers of the same queues. A worker of
        its own does them, which no slow job holds up."""

    def run(self, stop: threading.Event, *, once: bool = False) -> Done:
        """Do what is due until stopped; see ``Runner``."""
        self._total = Done()
        asyncio.run(self._run(stop, once=once))
        return self._total

    async def _run(self, stop: threading.Event, *, once: bool) -> None:
        asyncio.get_running_loop().set_exception_handler(_forgotten)
        stopped = asyncio.create_task(_set(stop))
        away = 0
        while not stop.is_set():
            began = asyncio.get_running_loop().time()
            serving = asyncio.create_task(self._open(once=once))
            await asyncio.wait({serving, stopped}, return_when=asyncio.FIRST_COMPLETED)
            if not serving.done():
                serving.cancel()  # what is under way is finished
            try:
                await serving
                if once:
                    break
            except asyncio.CancelledError:
                break
            except (ProcrastinateException, psycopg.Error, StoreError) as error:
                if once:
                    raise DatabaseAway(f"the database cannot be used now: {type(error).__name__}") from error
                log.error("the database cannot be reached", error=type(error).__name__)
            away = 0 if asyncio.get_running_loop().time() - began > _LONGEST_WAIT else away + 1
            pause = min(0.5 * 2.0 ** min(away, 10), _LONGEST_WAIT)
            await asyncio.wait({stopped}, timeout=pause)
        stopped.cancel()

    async def _open(self, *, once: bool) -> None:
        """Serve on one pool of connections, until something fails or this is cancelled."""
        url = self._work.engine.store.engine.url
        schema = await asyncio.to_thread(make_jobs_schema, url)
        connector = PsycopgConnector(
            conninfo=conninfo(url), min_size=1, max_size=4 + self._concurrency // 4, timeout=_OPEN,
            kwargs={"options": f"-c search_path={schema}", "connect_timeout": int(_OPEN)},
        )  # fmt: skip
        pool = ThreadPoolExecutor(self._concurrency + 2, "job")
        try:
            doing, looking = App(connector=connector), App(connector=connector)
            self._add_tasks(doing, looking, pool)
            async with doing.open_async():
                if once:
                    await self._once(doing)
                else:
                    await self._serve(doing, looking)
        finally:
            pool.shutdown(wait=False)

    async def _serve(self, doing: App, looking: App) -> None:
        workers = {
            asyncio.create_task(self._work_on(looking, [self._look], 1)),
            asyncio.create_task(self._work_on(doing, list(self._queues), self._concurrency)),
        }
        try:
            ended, _ = await asyncio.wait(workers, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)
        for worker in ended:
            await worker

    async def _work_on(self, app: App, queues: list[str], concurrency: int) -> None:
        lease = self._work.settings.lease
        await app.run_worker_async(
            queues=queues, concurrency=concurrency, delete_jobs="successful", install_signal_handlers=False,
            update_heartbeat_interval=lease / 3, stalled_worker_timeout=lease,
            fetch_job_polling_interval=min(self._work.settings.tick, 1.0),
        )  # fmt: skip

    async def _once(self, doing: App) -> None:
        """Do what is due, each lane once, and what was begun before."""
        tried: set[str] = set()
        while True:
            jobs = [job for job in await asyncio.to_thread(self._work.due, self._queues) if job.name not in tried]
            if not jobs:
                return
            tried |= {job.name for job in jobs}
            await self._defer(doing, jobs)
            await doing.run_worker_async(
                queues=list(self._queues), concurrency=self._concurrency, wait=False, delete_jobs="successful",
                install_signal_handlers=False, listen_notify=False,
            )  # fmt: skip

    # --- tasks

    def _add_tasks(self, doing: App, looking: App, pool: ThreadPoolExecutor) -> None:
        loop = asyncio.get_running_loop()

        async def run(queue: str, lane: str) -> None:
            job = Job(queue, lane)
            try:
                done = await loop.run_in_executor(pool, self._work.run, job)
            except Exception as error:  # noqa: BLE001 - whatever it is, the job is tried again
                log.error("a job failed", job=job.name, error=type(error).__name__)
                self._note(Done(jobs=1, problems=[f"{job.name}: {type(error).__name__}"]))
                raise JobFailed(f"{job.name}: {type(error).__name__}") from None
            self._note(done)
            if done.more:
                await self._defer(doing, [job])

        async def look(timestamp: int) -> None:  # noqa: ARG001 - periodic tasks get their moment
            found = await loop.run_in_executor(pool, self._work.due, self._queues)
            await self._defer(doing, found)

        async def recover(timestamp: int) -> None:
            await self._recover(looking, timestamp)

        doing.task(name=_RUN, retry=_RETRIES)(run)
        tick, rescue = max(1, round(self._work.settings.tick)), max(1, round(self._work.settings.lease / 3))
        for name, task, seconds in (("ediel.look", look, tick), ("ediel.recover", recover, rescue)):
            made = looking.task(name=name, queue=self._look, queueing_lock=f"{name}: {self._look}")(task)
            looking.periodic(cron=_cron(seconds), periodic_id=self._look)(made)

    def _note(self, done: Done) -> None:
        self._total.add(done)
        self._on_done(done)

    @staticmethod
    async def _defer(app: App, jobs: Iterable[Job]) -> None:
        """Queue jobs, but for those whose lane has one already."""
        rows = await app.connector.execute_query_all_async(_QUEUED)
        queued = {row["queueing_lock"] for row in rows}
        made = [
            Deferred(
                id=None, queue=job.queue, lock=job.name, queueing_lock=job.name, task_name=_RUN,
                task_kwargs={"queue": job.queue, "lane": job.lane},
            )
            for job in jobs
            if job.name not in queued
        ]  # fmt: skip
        if not made:
            return
        try:
            await app.job_manager.batch_defer_jobs_async(made)
        except AlreadyEnqueued:  # somebody queued one of them meanwhile
            for item in made:
                with suppress(AlreadyEnqueued):
                    await app.job_manager.defer_job_async(item)

    async def _recover(self, app: App, timestamp: int) -> None:
        """What a worker had that gives no sign of life is done by another."""
        manager, lease = app.job_manager, self._work.settings.lease
        for job in await manager.get_stalled_jobs(seconds_since_heartbeat=lease):
            if job.id is None:
                continue
            log.warning("the work of a silent worker is taken up", job=job.lock or job.task_name)
            try:
                await manager.retry_job_by_id_async(job.id, retry_at=datetime.now(UTC))
            except ConnectorException:  # its lane has another job already, that waited for it
                await manager.finish_job_by_id_async(job.id, status=Status.FAILED, delete_job=True)
        await manager.prune_stalled_workers(lease)
        if timestamp % 3600 < lease:
            await manager.delete_old_jobs(nb_hours=_KEPT_HOURS, include_failed=True, include_aborted=True)


def jobs_schema() -> str:
    """The schema of the jobs: of this version of procrastinate's tables."""
    newest = max(path.name for path in Path(SchemaManager.get_migrations_path()).glob("*.sql"))
    return f"ediel_jobs_{newest[:8].replace('.', '')}"


def make_jobs_schema(url: URL) -> str:
    """Make the schema of the jobs where it is not there; returns its name.

    Raises:
        DatabaseAway: the database cannot be reached.
    """
    schema = jobs_schema()
    try:
        with psycopg.connect(conninfo(url), connect_timeout=int(_OPEN)) as connection:
            connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('ediel jobs', 0))")
            found = connection.execute("SELECT to_regclass(%s)", (f"{schema}.procrastinate_jobs",)).fetchone()
            if found is None or found[0] is None:
                connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}".encode())
                connection.execute(f"SET LOCAL search_path TO {schema}".encode())
                connection.execute(SchemaManager.get_schema().encode())
    except psycopg.OperationalError as error:
        raise DatabaseAway(f"the database cannot be reached now: {type(error).__name__}") from error
    return schema


def conninfo(url: URL) -> str:
    """How psycopg names a database."""
    return url.set(drivername="postgresql").difference_update_query(["options"]).render_as_string(hide_password=False)


def _cron(seconds: int) -> str:
    """Every so many seconds; above half a minute, every minute."""
    return "* * * * * " + (f"*/{seconds}" if 1 < seconds <= 30 else "0" if seconds > 30 else "*")


def _forgotten(_: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
    """What nobody waits for has failed, such as a job's end that could not be written: it will be found stalled."""
    log.warning("a part of the job engine has failed", error=type(context.get("exception")).__name__)


async def _set(stop: threading.Event) -> None:
    while not stop.is_set():  # it is a thread's event
        await asyncio.sleep(0.1)
