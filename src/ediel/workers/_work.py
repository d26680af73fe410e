"""What there is to do for an engine, as jobs; and how each is done. Who does it when is the matter of a runner."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from ediel.engine import Engine, Party, TimersFailed
from ediel.engine.observe import log
from ediel.store import Lane, Lanes, StoreError
from ediel.transport import CHANNELS, Client, ClockGuard, Courier, Cycle
from ediel.values import ValuesError
from ediel.workers._breaker import Breaker
from ediel.workers._jobs import Done, Job, WorkerSettings

__all__ = ["Work"]

_HELD_UP: Final = timedelta(minutes=15)
"""A deadline waits so long for a channel that was not fetched since it fell due: what has come is handled first."""
_COMPACT: Final = "compact"


class Work:
    """The work of an engine. Safe for threads, and for many processes on one database.

    Args:
        engine: whose messages, deadlines and values.
        client: who calls the hub, by physical sender.
        settings: of the worker.
        guard: watches the clock; nothing is sent, fetched or fired while it is not to be trusted.
        stop: true ends what is under way.
        wall: the system's clock, for leases and pauses, whatever clock the engine has.
        chores: what else is to be done now and then, by name; each by one worker at a time.
        handlers: an engine on the same database, to whose subscriptions events are delivered. Give one beside
            ``engine``, which delivers nothing then: a handler that is slow keeps no message waiting.
    """

    def __init__(
        self,
        engine: Engine,
        client: Client | Callable[[str], Client],
        *,
        settings: WorkerSettings | None = None,
        guard: ClockGuard | None = None,
        stop: Callable[[], bool] = lambda: False,
        wall: Callable[[], datetime] = lambda: datetime.now(UTC),
        chores: Mapping[str, Callable[[], object]] | None = None,
        handlers: Engine | None = None,
    ) -> None:
        self.engine = engine
        self.settings = settings or WorkerSettings()
        self.lanes = Lanes(engine.store)
        self._client = client
        self._handlers = handlers or engine
        self._guard = guard
        self._stop = stop
        self._wall = wall
        self._chores = {_COMPACT: engine.tend_values, **(chores or {})}
        self._breaker = Breaker(self.lanes, wall)
        self._couriers: dict[str, Courier] = {}
        self._making = threading.Lock()
        self._slice = threading.local()

    # --- what there is to do

    def due(self, queues: Iterable[str]) -> list[Job]:
        """What is due in some queues, fairly: of each party one after the other.

        Raises:
            StoreError: the database cannot be used.
        """
        found = _Found(self.lanes.all(), self.engine.clock(), self._wall())
        kinds = {"send": self._sends, "poll": self._polls, "timers": self._timers, "events": self._events,
                 "values": self._values}  # fmt: skip
        return [job for queue in queues for job in kinds[queue](found)]

    def _parties(self) -> list[Party]:
        return [party for party in self.engine.parties if not party.is_hub]

    def _sends(self, found: _Found) -> Iterator[Job]:
        own = {party.gln for party in self._parties()}
        waiting = sorted(own & self.lanes.senders(found.now))
        for number in range(self.settings.lanes):
            for gln in waiting:
                state = self._breaker.state(found.lanes, gln, found.wall)
                if state.is_closed or (state.is_probing and number == 0):
                    yield Job("send", f"{gln}/{number}")

    def _polls(self, found: _Found) -> Iterator[Job]:
        deadlines = self.lanes.deadlines(found.now)
        probed: set[str] = set()
        for channel in CHANNELS:
            for party in self._parties():
                job = Job("poll", f"{party.gln}/{party.role}/{channel}")
                state = self._breaker.state(found.lanes, party.gln, found.wall)
                if state.is_probing and party.gln not in probed:
                    probed.add(party.gln)
                    yield job
                elif state.is_closed:
                    lane = found.lane(job)
                    due_at = deadlines.get(party.gln)
                    first = due_at is not None and (lane.ended_at is None or lane.ended_at < due_at)
                    if first or lane.is_due(found.wall):
                        yield job

    def _timers(self, found: _Found) -> Iterator[Job]:
        own = {party.gln for party in self._parties()}
        for gln, due_at in sorted(self.lanes.deadlines(found.now).items()):
            if gln in own and due_at <= self._handled_until(gln, found):
                yield Job("timers", gln)

    def _handled_until(self, gln: str, found: _Found) -> datetime:
        """Until when everything that has come for a party is handled: deadlines after that are not fired yet.

        A deadline often says that no answer has come, and so its channels are fetched first.
        """
        lanes = [
            found.lane(Job("poll", f"{party.gln}/{party.role}/{channel}"))
            for party in self._parties()
            if party.gln == gln
            for channel in CHANNELS
        ]
        ended = [lane.ended_at for lane in lanes if lane.ended_at is not None]
        longest = found.now - _HELD_UP
        return longest if len(ended) < len(lanes) else max(min(ended), longest)

    def _events(self, found: _Found) -> Iterator[Job]:
        waiting = sorted(self.lanes.listeners(found.now, found.wall) & set(self._handlers.subscriptions.names))
        for number in range(self.settings.lanes):
            yield from (Job("events", f"{name}/{number}") for name in waiting)

    def _values(self, found: _Found) -> Iterator[Job]:
        for name in self._chores:
            job = Job("values", name)
            if found.lane(job).is_due(found.wall):
                yield job

    # --- how it is done

    def run(self, job: Job) -> Done:
        """Do a job; what goes wrong at the hub is in ``problems``, and the lane is tried again later.

        Raises:
            StoreError: the database cannot be used.
        """
        self._slice.until = time.monotonic() + self.settings.slice
        done = Done(jobs=1)
        kinds = {"send": self._send, "poll": self._poll, "timers": self._fire, "events": self._deliver,
                 "values": self._chore}  # fmt: skip
        kinds[job.queue](job, done)
        return done

    def _over(self) -> bool:
        """Whether a job makes room for others."""
        return self._stop() or time.monotonic() >= self._slice.until

    def _courier(self, gln: str) -> Courier:
        with self._making:
            if gln not in self._couriers:
                self._couriers[gln] = Courier(self.engine, self._client, stop=self._over)
            return self._couriers[gln]

    def _clock_is_right(self, party: Party, done: Done) -> bool:
        if self._guard is None:
            return True
        problem = self._guard.problem(lambda: self._of(party).time_of_hub())
        if problem is not None:
            log.error("the clock is not to be trusted", problem=problem)
            done.problems.append(problem)
        return problem is None

    def _of(self, party: Party) -> Client:
        return self._client if isinstance(self._client, Client) else self._client(party.physical_sender)

    def _party(self, gln: str, role: str | None = None) -> Party | None:
        return next((item for item in self._parties() if item.gln == gln and role in {None, item.role}), None)

    def _send(self, job: Job, done: Done) -> None:
        party = self._party(job.lane.partition("/")[0])
        if party is None or not self._clock_is_right(party, done):
            return
        cycle = Cycle()
        courier = self._courier(party.gln)
        courier.resume(party.gln)  # whether a party is left alone is known to all workers
        courier.send(party, cycle)
        _count(cycle, done)
        self._breaker.note(party.gln, cycle, courier.stopped.get(party.gln), failed=False)  # it may be the messages
        done.more = self._is_cut() and bool(cycle.sent or cycle.refused)

    def _poll(self, job: Job, done: Done) -> None:
        gln, role, channel = job.lane.split("/")
        party = self._party(gln, role)
        if party is None or not self._clock_is_right(party, done):
            return
        began, cycle, courier = self.engine.clock(), Cycle(), self._courier(gln)
        courier.resume(gln)
        courier.fetch(party, channel, cycle)
        _count(cycle, done)
        failed = bool(cycle.problems) and not cycle.received
        self._breaker.note(gln, cycle, courier.stopped.get(gln), failed=failed)
        done.more = self._is_cut() and bool(cycle.received)
        if not done.more and not self._stop():
            next_at = self._wall() + timedelta(seconds=self.settings.interval)
            problem = cycle.problems[-1] if cycle.problems else None
            self.lanes.ended(job.name, began, next_at=next_at, error=problem)

    def _is_cut(self) -> bool:
        return not self._stop() and self._over()

    def _fire(self, job: Job, done: Done) -> None:
        party = self._party(job.lane)
        if party is None or not self._clock_is_right(party, done):
            return
        found = _Found(self.lanes.all(), self.engine.clock(), self._wall())
        moment = min(self._handled_until(job.lane, found), found.now)
        try:
            done.fired += len(self.engine.run_due(moment, parties=(job.lane,)))
        except TimersFailed as error:
            done.fired += len(error.fired)
            done.problems.append(str(error))

    def _deliver(self, job: Job, done: Done) -> None:
        name = job.lane.rpartition("/")[0]
        done.delivered += self._handlers.deliver(only=name, seconds=self.settings.slice)

    def _chore(self, job: Job, done: Done) -> None:
        chore = self._chores.get(job.lane)
        if chore is None or not self.lanes.get(job.name).is_due(self._wall()):  # another worker has just done it
            return
        problem = None
        try:
            chore()
        except StoreError:
            raise
        except (ValuesError, OSError) as error:
            problem = f"{job.lane}: {error}"
        except Exception as error:  # noqa: BLE001 - it may be the user's, and its text may hold a person
            problem = f"{job.lane}: {type(error).__name__}"
        if problem is not None:
            done.problems.append(problem)
        next_at = self._wall() + timedelta(seconds=self.settings.chores)
        self.lanes.ended(job.name, self.engine.clock(), next_at=next_at, error=problem)


@dataclass(frozen=True, slots=True)
class _Found:
    """What was found at one look: the lanes, the engine's moment, and the system's."""

    lanes: dict[str, Lane]
    now: datetime
    wall: datetime

    def lane(self, job: Job) -> Lane:
        return self.lanes.get(job.name) or Lane(job.name)


def _count(cycle: Cycle, done: Done) -> None:
    done.sent += cycle.sent
    done.refused += cycle.refused
    done.postponed += cycle.postponed
    done.received += len(cycle.received)
    done.dead += sum(item.outcome == "dead" for item in cycle.received)
    done.problems += cycle.problems
