"""The contract of runners: what holds for threads and leases on SQLite holds for procrastinate on PostgreSQL."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Self

import pytest

from ediel.engine import Engine, Party
from ediel.store import DatabaseAway, StoreError
from ediel.transport import Client
from ediel.workers import Done, Job, LocalRunner, Runner, Work, WorkerSettings, runner_for
from tests.support.databases import KINDS, url
from tests.support.world import NEW

SETTINGS = WorkerSettings(tick=0.1, lease=2, slice=1)


def nobody(_: str) -> Client:
    raise AssertionError("nobody calls the hub here")


class Lanes(Work):
    """Lanes that are due until they were done so often; what each does is the test's."""

    def __init__(self, engine: Engine, lanes: dict[str, int], do: Callable[[Job], Done]) -> None:
        super().__init__(engine, nobody, settings=SETTINGS)
        self.left, self.do = Counter(lanes), do
        self.running: Counter[str] = Counter()
        self.done: Counter[str] = Counter()
        self.together = 0
        self.lock = threading.Lock()

    def due(self, queues: Iterable[str]) -> list[Job]:
        with self.lock:
            return [
                Job(queue, lane)
                for queue in queues
                for lane, count in self.left.items()
                if count > 0 and lane.startswith(queue)
            ]

    def run(self, job: Job) -> Done:
        with self.lock:
            self.running[job.name] += 1
            assert self.running[job.name] == 1, f"two jobs of {job.name} at a time"
            self.together = max(self.together, sum(self.running.values()))
        try:
            done = self.do(job)
        finally:
            with self.lock:
                self.running[job.name] -= 1
        with self.lock:
            self.left[job.lane] -= 1
            self.done[job.lane] += 1
        return done


@pytest.fixture(params=KINDS)
def where(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return url(request.param, tmp_path)


@pytest.fixture
def engine(where: str) -> Iterator[Engine]:
    made = Engine.open(where, party=Party(NEW, "DDQ"))
    yield made
    made.close()


def until(found: Callable[[], object], seconds: float = 40) -> None:
    end = time.monotonic() + seconds
    while not found():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.02)


class Running:
    """A runner in a thread; stopped at the end."""

    def __init__(self, runner: Runner, *, once: bool = False) -> None:
        self.stop = threading.Event()
        self.error: BaseException | None = None
        self._runner, self._once = runner, once
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        try:
            self._runner.run(self.stop, once=self._once)
        except BaseException as error:
            self.error = error

    def __enter__(self) -> Self:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        self.thread.join(30)
        assert not self.thread.is_alive()
        if self.error is not None:
            raise self.error


def test_the_runner_fits_the_database(engine: Engine, where: str) -> None:
    made = runner_for(Lanes(engine, {}, lambda _: Done()), ("send",))
    assert isinstance(made, LocalRunner) == where.startswith("sqlite")


def test_every_lane_is_done_and_none_twice_at_a_time(engine: Engine) -> None:
    """By two runners beside each other."""

    def do(_: Job) -> Done:
        time.sleep(0.05)
        return Done(jobs=1)

    lanes = {f"send {number}": 3 for number in range(8)}
    work = Lanes(engine, lanes, do)
    with Running(runner_for(work, ("send",), concurrency=4)), Running(runner_for(work, ("send",), concurrency=4)):
        until(lambda: all(work.done[lane] >= 3 for lane in lanes))
    assert work.together > 1, "one beside the other"


def test_once_does_each_lane_and_ends(engine: Engine) -> None:
    work = Lanes(engine, {"send 1": 1, "poll 1": 1, "timers 1": 1}, lambda _: Done(jobs=1, sent=2))
    total = runner_for(work, ("send", "poll")).run(threading.Event(), once=True)
    assert (total.jobs, total.sent) == (2, 4)
    assert work.done == {"send 1": 1, "poll 1": 1}, "and nothing of a queue that was not given"


def test_more_goes_on_at_once(engine: Engine) -> None:
    rounds: list[Job] = []

    def do(job: Job) -> Done:
        rounds.append(job)
        return Done(jobs=1, more=len(rounds) < 5)

    work = Lanes(engine, {"send 1": 5}, do)
    with Running(runner_for(work, ("send",))):
        until(lambda: len(rounds) == 5)


def test_a_job_that_fails_stops_no_other(engine: Engine, caplog: pytest.LogCaptureFixture) -> None:
    def do(job: Job) -> Done:
        if job.lane == "send bad":
            raise ValueError("Kari Testesen")
        return Done(jobs=1)

    problems: list[str] = []
    work = Lanes(engine, {"send bad": 1, "send good": 30}, do)
    with Running(runner_for(work, ("send",), on_done=lambda done: problems.extend(done.problems))):
        until(lambda: work.done["send good"] >= 3 and problems)
    assert set(problems) == {"send/send bad: ValueError"}
    assert "Kari" not in caplog.text


def test_what_is_under_way_is_finished_at_the_stop(engine: Engine) -> None:
    began, ended = threading.Event(), threading.Event()

    def do(_: Job) -> Done:
        began.set()
        time.sleep(1)
        ended.set()
        return Done(jobs=1)

    work = Lanes(engine, {"send 1": 1}, do)
    with Running(runner_for(work, ("send",))) as running:
        assert began.wait(20)
        running.stop.set()
    assert ended.is_set()
    assert work.done["send 1"] == 1
    assert not work.due(("send",))


def test_a_slow_lane_holds_up_no_other(engine: Engine) -> None:
    release = threading.Event()

    def do(job: Job) -> Done:
        if job.lane == "send slow":
            release.wait(20)
        return Done(jobs=1)

    work = Lanes(engine, {"send slow": 1, "send quick": 5}, do)
    with Running(runner_for(work, ("send",), concurrency=2)):
        until(lambda: work.done["send quick"] >= 5, 20)
        assert work.done["send slow"] == 0
        release.set()


KILLED = """
import sys, threading, time
sys.path.insert(0, sys.argv[2])
from ediel.engine import Engine
from ediel.workers import Done, runner_for
from tests.workers.test_runners import Lanes
def do(job):
    print("at it", flush=True)
    time.sleep(600)
    return Done()
runner_for(Lanes(Engine.open(sys.argv[1]), {"send 1": 1}, do), ("send",)).run(threading.Event())
"""


def test_the_work_of_one_that_was_killed_is_taken_up(engine: Engine, where: str) -> None:
    """Within its lease and the time between two looks for silent workers."""
    top = Path(__file__).resolve().parents[2]
    command = [sys.executable, "-c", KILLED, where, str(top)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=top) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "at it\n"
        os.kill(child.pid, signal.SIGKILL)
    began = time.monotonic()
    work = Lanes(engine, {"send 1": 1}, lambda _: Done(jobs=1))
    with Running(runner_for(work, ("send",))):
        until(lambda: work.done["send 1"], 20)
    assert time.monotonic() - began < 4 * SETTINGS.lease + 4, "a busy machine has some room"


def test_two_runners_on_a_database_that_is_away_wait_for_it(engine: Engine) -> None:
    away = {"left": 4}

    class Away(Lanes):
        def due(self, queues: Iterable[str]) -> list[Job]:
            if away["left"]:
                away["left"] -= 1
                raise DatabaseAway("away")
            return super().due(queues)

    work = Away(engine, {"send 1": 1}, lambda _: Done(jobs=1))
    with Running(runner_for(work, ("send",))):
        until(lambda: work.done["send 1"], 40)
    away["left"] = work.left["send 1"] = 1
    with pytest.raises(StoreError):
        runner_for(work, ("send",)).run(threading.Event(), once=True)
