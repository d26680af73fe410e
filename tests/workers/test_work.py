"""What there is to do and how it is done, over a wire that is signed, with runners of both databases."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import UTC, date, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

import ediel
from ediel.engine import Engine
from ediel.transport import Client, environment
from ediel.workers import QUEUES, Done, Job, Work, WorkerSettings, runner_for
from tests.support.databases import KINDS, url
from tests.support.pki import supplier, trust
from tests.support.world import GRID, NEW, PARTIES, POINT_2, POINT_3, World, at, start
from tests.transport.test_courier import Endpoint


class Place:
    """A market, its hub behind a wire, and the work of its parties."""

    def __init__(self, folder: Path, kind: str) -> None:
        self.world = World(folder, url=url(kind, folder))
        self.endpoint = Endpoint(self.world)
        self.lock = threading.Lock()
        self.wall = at("2026-11-27 09:00").astimezone(UTC)
        self.asked: list[str] = []
        self.client = Client(
            environment("local"),
            supplier().identity,
            trust(),
            clock=lambda: self.world.now.astimezone(UTC),
            http=httpx2.Client(transport=httpx2.MockTransport(self._answer)),
        )

    def _answer(self, request: httpx2.Request) -> httpx2.Response:
        with self.lock:
            self.asked.append(request.headers["soapaction"].strip('"'))
            return self.endpoint(request)

    def work(self, **more: Any) -> Work:
        settings = more.pop("settings", WorkerSettings(tick=0.1, lease=5))
        return Work(self.world.parties, self.client, settings=settings, wall=lambda: self.wall, **more)

    def run(self, work: Work, *queues: str) -> Done:
        """What is due now, once; then the wall has moved on."""
        done = runner_for(work, queues or QUEUES, concurrency=4).run(threading.Event(), once=True)
        self.wall += timedelta(minutes=5)
        return done

    def round(self, work: Work, *queues: str) -> Done:
        """The same without a runner."""
        total = Done()
        for job in work.due(queues or QUEUES):
            total.add(work.run(job))
        return total


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    made = Place(tmp_path, request.param)
    yield made
    made.world.close()


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Place]:
    made = Place(tmp_path, "sqlite")
    yield made
    made.world.close()


def test_a_switch_from_order_to_supply(place: Place) -> None:
    world, work = place.world, place.work()
    switch = world.parties.start(start(), party=NEW)
    first = place.run(work)
    assert (first.sent, first.refused, first.postponed, first.problems) == (1, 0, 0, [])
    place.run(work)
    assert world.parties.process(switch.id).state == "accepted"
    world.now = at("2026-12-01 00:00")
    world.hub.run_due()
    second = place.run(work)
    assert second.problems == []
    assert second.fired == 1
    assert "SupplyUnanswered" not in world.heard(NEW), (
        "what has come is handled before its silence would mean something"
    )
    assert world.parties.process(switch.id).state == "supplying"
    assert world.suppliers(date(2026, 12, 1)) == world.hub_suppliers(date(2026, 12, 1)) == {NEW}
    assert place.run(work).sent == 0


def test_a_deadline_waits_for_what_has_come_but_not_for_ever(small: Place) -> None:
    world, work = small.world, small.work()
    world.parties.start(start(), party=NEW)
    small.round(work)
    world.now = at("2026-12-01 00:00")
    small.endpoint.trouble = lambda action: "busy" if action == "PollForData" else None
    assert work.due(("timers",)) == [], "nothing was fetched since it fell due"
    small.wall += timedelta(minutes=5)
    assert small.round(work, "poll").problems
    assert world.parties.due(timedelta(0)), "there is a deadline"
    ready = work.due(("timers",))
    assert [job.lane for job in ready] == sorted({row["party"] for row in world.parties.due(timedelta(0))}), (
        "each channel was tried"
    )


def test_a_deadline_is_not_held_up_by_a_channel_that_nobody_fetches(small: Place) -> None:
    world, work = small.world, small.work()
    world.parties.start(start(), party=NEW)
    small.round(work, "send")
    world.now = at("2026-12-01 00:00")
    assert work.due(("timers",)) == []
    world.now += timedelta(minutes=16)
    assert [job.lane for job in work.due(("timers",))]


def test_a_party_that_the_hub_refuses_is_left_alone_by_all_workers(small: Place) -> None:
    world, one, other = small.world, small.work(), small.work()
    world.parties.start(start(), party=NEW)
    small.endpoint.trouble = lambda action: "Security" if action == "RequestStartOfSupply" else None
    done = small.round(one, "send")
    assert "is stopped" in done.problems[-1]
    world.now += timedelta(hours=1)
    assert all(NEW not in job.lane for job in other.due(("send", "poll"))), "the other worker knows it too"
    assert any(GRID in job.lane for job in other.due(("poll",))), "nobody else is left alone"
    small.wall += timedelta(seconds=61)
    assert [job.lane for job in other.due(("send", "poll")) if NEW in job.lane] == [
        f"{NEW}/0", f"{NEW}/DDQ/PollMarketProcesses"
    ], "then one call of each kind"  # fmt: skip
    small.round(other, "send")
    small.wall += timedelta(seconds=61)
    assert all(NEW not in job.lane for job in one.due(("send",))), "twice as long"
    small.wall += timedelta(seconds=61)
    small.endpoint.trouble = lambda _: None
    world.now += timedelta(hours=1)
    assert small.round(other, "send").sent == 1
    assert len([job for job in one.due(("poll",)) if NEW in job.lane]) == 2, "all goes on"


def test_a_party_whose_calls_fail_is_left_alone_and_found_again(small: Place) -> None:
    work = small.work()
    small.endpoint.trouble = lambda _: "busy"
    for _ in range(2):
        small.round(work, "poll")
        small.wall += timedelta(seconds=60)
    before = len(small.asked)
    small.wall -= timedelta(seconds=60)
    assert small.round(work, "poll").jobs == 0
    small.wall += timedelta(seconds=70)
    small.round(work, "poll")
    assert len(small.asked) - before == len({party.gln for party in PARTIES}), "one call a party"
    small.endpoint.trouble = lambda _: None
    small.wall += timedelta(seconds=301)
    small.round(work, "poll")
    assert small.round(work, "poll").jobs == len(PARTIES) * 2 - len({party.gln for party in PARTIES})


def test_a_message_that_keeps_failing_is_set_aside_and_the_rest_goes_on(small: Place) -> None:
    """Its own lane waits for a decision, with an event; other metering points do not."""
    world, work = small.world, small.work()
    bad = world.parties.start(start(), party=NEW)
    work.run(Job("poll", f"{NEW}/DDQ/PollMarketProcesses"))  # the hub is well
    small.endpoint.trouble = lambda action: "busy" if action == "RequestStartOfSupply" else None
    for number in range(60):
        world.now += timedelta(minutes=16)
        small.wall += timedelta(minutes=16)
        if number % 2 == 0:
            small.round(work, "poll")
        small.round(work, "send")
        if world.parties.browse.outbox(status="held"):
            break
    (held,) = world.parties.browse.outbox(status="held")
    assert held["instance_id"] == bad.id
    world.parties.deliver()
    assert (NEW, "MessageNotSent") in world.events
    small.endpoint.trouble = lambda _: None
    world.parties.start(start(metering_point=POINT_2, day=date(2026, 12, 20)), party=NEW)
    world.parties.start(start(metering_point=POINT_3, day=date(2026, 12, 20)), party=NEW)
    assert small.round(work, "send").sent == 2
    world.parties.outbox.retry(held["message_id"])
    assert small.round(work, "send").sent == 1


def test_a_job_makes_room_for_others(small: Place) -> None:
    world = small.world
    for point in (POINT_2, POINT_3):
        world.parties.start(start(metering_point=point, day=date(2026, 12, 20)), party=NEW)
    work = small.work(settings=WorkerSettings(slice=0))
    (job,) = work.due(("send",))
    done = work.run(job)
    assert (done.sent, done.more) == (0, False), "nothing was begun: the time was over"
    slow = small.work(settings=WorkerSettings(slice=0.2))
    small.endpoint.trouble = lambda _: time.sleep(0.25)
    (job,) = slow.due(("send",))
    first = slow.run(job)
    assert (first.sent, first.more) == (1, True)
    assert slow.run(job).sent == 1


def test_handlers_are_called_by_events_jobs_alone(place: Place) -> None:
    world = place.world
    carrier = Engine(world.parties.store, clock=lambda: world.now)
    world.parties.subscriptions._by_name.clear()  # the market's own handler is not part of this
    listener = Engine(world.parties.store, clock=lambda: world.now)
    heard: list[str] = []

    @listener.subscribe("billing", ediel.events.SupplyRequested)
    def bill(event: ediel.events.SupplyRequested) -> None:
        heard.append(event.id)

    works = [
        Work(carrier, place.client, wall=lambda: place.wall, handlers=listener, settings=WorkerSettings(tick=0.1))
        for _ in range(2)
    ]
    for point in (POINT_2, POINT_3):
        carrier.start(start(metering_point=point), party=NEW)
    assert heard == []
    place.run(works[0], "send", "poll", "timers")
    assert heard == []
    place.run(works[1], "events")
    place.run(works[0], "events")
    assert len(heard) == len(set(heard)) == 2


def test_chores(small: Place, caplog: pytest.LogCaptureFixture) -> None:
    rounds: list[int] = []

    def bad() -> None:
        raise ValueError("Kari Testesen")

    work = small.work(chores={"retention": lambda: rounds.append(1), "bad": bad})
    done = small.round(work, "values")
    assert (rounds, done.problems) == ([1], ["bad: ValueError"])
    assert work.due(("values",)) == [], "each has its time"
    small.wall += timedelta(seconds=901)
    assert len(work.due(("values",))) == 3
    assert "Kari" not in caplog.text
