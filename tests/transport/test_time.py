"""Time: calls end, a stop is heard inside them, and a wall clock that jumps does no harm."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import httpx2
import pytest

import ediel
from ediel.transport import (
    Client,
    ClientSettings,
    ClockGuard,
    Courier,
    CourierSettings,
    Environment,
    Unavailable,
    environment,
)
from ediel.transport.signing import Algorithm
from tests.support import wire
from tests.support.pki import NOW, make, root, supplier, trust
from tests.support.world import NEW, OLD, World, at, end, start
from tests.transport.test_client import message

HUB = make("A hub", 7, root(), organisation="987654325").identity
Serve = Callable[[socket.socket], None]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.close()


def drip_body(peer: socket.socket) -> None:
    """A byte of the body now and then, for ever."""
    peer.sendall(b"HTTP/1.1 200 OK\r\ncontent-type: text/xml\r\ncontent-length: 1000000\r\n\r\n")
    while True:
        peer.sendall(b" ")
        time.sleep(0.1)


def drip_headers(peer: socket.socket) -> None:
    peer.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        peer.sendall(b"x: y\r\n")
        time.sleep(0.3)


def continue_for_ever(peer: socket.socket) -> None:
    while True:
        peer.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        time.sleep(0.1)


def silence(peer: socket.socket) -> None:
    time.sleep(60)


def never_reads(peer: socket.socket) -> None:
    time.sleep(60)


@pytest.fixture
def served() -> Iterator[Callable[[Serve], Environment]]:
    """Serves every connection in a way; gives the environment to call."""
    listeners: list[socket.socket] = []

    def serve(how: Serve) -> Environment:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)

        def one(peer: socket.socket) -> None:
            with peer:
                if how is not never_reads:
                    peer.recv(65536)
                try:
                    how(peer)
                except OSError:
                    return

        def accept() -> None:
            while True:
                try:
                    peer, _ = listener.accept()
                except OSError:
                    return
                threading.Thread(target=one, args=(peer,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        base = f"http://127.0.0.1:{listener.getsockname()[1]}/services"
        return Environment("test", base, Algorithm.RSA_SHA1, "")

    yield serve
    for listener in listeners:
        listener.close()


WAYS = [drip_body, drip_headers, continue_for_ever, silence]


@pytest.mark.parametrize("how", WAYS, ids=lambda how: how.__name__)
def test_a_call_has_an_end(served: Callable[[Serve], Environment], how: Serve) -> None:
    began = time.monotonic()
    with (
        Client(
            served(how), supplier().identity, trust(), clock=lambda: NOW, settings=ClientSettings(deadline=1.0)
        ) as client,
        pytest.raises(Unavailable, match="no whole answer in 1 seconds") as caught,
    ):
        client.call(message())
    assert caught.value.arrived is None
    assert 0.9 <= time.monotonic() - began < 5


@pytest.mark.parametrize("how", WAYS, ids=lambda how: how.__name__)
def test_a_stop_is_heard_inside_a_call(served: Callable[[Serve], Environment], how: Serve) -> None:
    began = time.monotonic()
    with (
        Client(
            served(how), supplier().identity, trust(), clock=lambda: NOW, stop=lambda: time.monotonic() > began + 0.5
        ) as client,
        pytest.raises(Unavailable, match="it was stopped") as caught,
    ):
        client.call(message())
    assert caught.value.arrived is None
    assert time.monotonic() - began < 4


def test_the_end_of_a_call_is_that_of_one_call(served: Callable[[Serve], Environment]) -> None:
    """The next call has its own; nothing is left over on the thread."""
    with Client(
        served(silence), supplier().identity, trust(), clock=lambda: NOW, settings=ClientSettings(deadline=0.5)
    ) as client:
        for _ in range(2):
            began = time.monotonic()
            with pytest.raises(Unavailable):
                client.call(message())
            assert 0.4 <= time.monotonic() - began < 4


# --- the wall clock


class Steady:
    """A monotonic clock that is moved by hand."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def hub_at(moment: datetime | None) -> Callable[[], datetime | None]:
    return lambda: moment


def test_the_guard() -> None:
    wall, steady = [NOW], Steady()
    guard = ClockGuard(lambda: wall[0], monotonic=steady)
    assert guard.problem(hub_at(NOW + timedelta(seconds=20))) is None

    def passed(seconds: float, more: timedelta = timedelta(0)) -> None:
        steady.seconds += seconds
        wall[0] += timedelta(seconds=seconds) + more

    passed(60)
    assert guard.problem(hub_at(None)) is None, "nobody is asked where nothing has jumped"
    right = wall[0]
    passed(60, timedelta(days=4000))
    problem = guard.problem(hub_at(right + timedelta(seconds=60))) or ""
    assert "2037" in problem
    assert "by the time that has passed it is 2026-11-27 08:02 UTC" in problem
    assert "the hub has 2026-11-27 08:02 UTC" in problem
    assert guard.problem(hub_at(None)), "and it stays so"
    wall[0] = right + timedelta(seconds=60)
    assert guard.problem(hub_at(None)) is None
    passed(60, timedelta(hours=3))
    assert guard.problem(hub_at(None)), "a step that nobody confirms"
    assert guard.problem(hub_at(wall[0] + timedelta(seconds=3))) is None, "the computer has slept: the hub agrees"
    assert guard.problem(hub_at(None)) is None
    passed(60, -timedelta(hours=1))
    assert guard.problem(hub_at(wall[0] + timedelta(hours=1)))


def test_a_clock_that_is_wrong_from_the_beginning() -> None:
    guard = ClockGuard(lambda: NOW + timedelta(days=4000), monotonic=Steady())
    assert "the hub has 2026-11-27" in (guard.problem(hub_at(NOW)) or "")
    alone = ClockGuard(lambda: NOW, monotonic=Steady())
    assert alone.problem(hub_at(None)) is None, "nobody can say better"


def courier(world: World, steady: Steady, hub_clock: Callable[[], datetime], **more: object) -> Courier:
    """A courier whose hub receives everything, and says in each answer what time it is."""

    def answer(request: httpx2.Request) -> httpx2.Response:
        now = hub_clock().astimezone(UTC)
        headers = {"content-type": "text/xml", "date": now.strftime("%a, %d %b %Y %H:%M:%S GMT")}
        if request.method == "GET":
            return httpx2.Response(404, headers=headers)
        polls = request.headers["soapaction"] == '"PollForData"'
        data = wire.signed(wire.poll_response() if polls else b"", HUB, now)
        return httpx2.Response(200, content=iter([data]), headers=headers)

    client = Client(
        environment("local"), supplier().identity, trust(), clock=lambda: world.now.astimezone(UTC),
        http=httpx2.Client(transport=httpx2.MockTransport(answer)),
    )  # fmt: skip
    guard = ClockGuard(lambda: world.now, monotonic=steady)
    return Courier(world.parties, client, chance=Random(1), guard=guard, monotonic=steady)


def test_a_jump_fires_no_deadline_and_blocks_no_outbox(world: World) -> None:
    """For one cycle the clock shows 2038: nothing is fired, nothing postponed to 2038, and it is told."""
    steady, real = Steady(), [world.now]
    carrier = courier(world, steady, lambda: real[0])
    process = world.parties.start(start(), party=NEW)
    assert carrier.cycle().sent == 1
    before = world.parties.process(process.id).state
    other = world.parties.start(start(metering_point="707057542000000285"), party=NEW)
    world.now = at("2038-01-19 04:14")
    steady.seconds += 60
    real[0] += timedelta(seconds=60)
    cycle = carrier.cycle()
    assert (cycle.sent, cycle.fired, cycle.received) == (0, 0, [])
    (problem,) = cycle.problems
    assert "2038-01-19" in problem
    assert world.parties.process(process.id).state == before
    world.now = real[0]
    assert carrier.cycle().sent == 1
    assert world.parties.process(other.id).state == "requested"


def test_what_a_wrong_clock_has_postponed_is_tried_all_the_same(world: World) -> None:
    """A try failed while the clock showed 2038, with nobody watching: its next try and its claim lie in 2038."""
    world.parties.start(start(), party=NEW)
    right = world.now
    (row,) = world.parties.outbox.pending()
    world.now = at("2038-01-19 04:14")
    world.parties.outbox.claim(NEW, "somebody")
    world.parties.outbox.failed(row["message_id"], "no", again_at=world.now + timedelta(minutes=10))
    world.now = right
    assert world.parties.outbox.claim(NEW, "me") is not None
    world.parties.outbox.failed(row["message_id"], "no", again_at=world.now + timedelta(minutes=10))
    assert world.parties.outbox.claim(NEW, "me") is None, "what the right clock has postponed waits"
    world.now = at("2038-01-19 04:14")
    assert world.parties.outbox.claim(NEW, "somebody") is not None
    world.now = right + timedelta(minutes=11)
    assert world.parties.outbox.claim(NEW, "me") is not None


def test_a_claim_keeps_others_away_until_it_ends(world: World) -> None:
    world.parties.start(start(), party=NEW)
    claimed = world.parties.outbox.claim(NEW, "first")
    assert claimed is not None
    assert claimed["lease_by"] == "first"
    assert world.parties.outbox.claim(NEW, "second") is None
    world.now += timedelta(minutes=5)
    assert world.parties.outbox.claim(NEW, "second") is not None, "the first one has died"
    assert world.parties.outbox.sent(claimed["message_id"])
    assert world.parties.outbox.claim(NEW, "second") is None


def test_a_slow_party_delays_no_other(world: World) -> None:
    """Calls for one party hang; the other's message leaves at once, and the slow one's is not lost."""
    world.parties.start(start(), party=NEW)
    world.parties.start(end(ediel.EndOfSupply), party=OLD)
    let_go = threading.Event()

    def answer(request: httpx2.Request) -> httpx2.Response:
        polls = request.headers["soapaction"] == '"PollForData"'
        if request.headers["soapaction"] == '"RequestStartOfSupply"':
            let_go.wait(60)
        data = wire.signed(wire.poll_response() if polls else b"", HUB, world.now)
        return httpx2.Response(200, content=iter([data]), headers={"content-type": "text/xml"})

    client = Client(
        environment("local"), supplier().identity, trust(), clock=lambda: world.now.astimezone(UTC),
        http=httpx2.Client(transport=httpx2.MockTransport(answer)),
    )  # fmt: skip
    carrier = Courier(world.parties, client, chance=Random(1), settings=CourierSettings(workers=4, patience=0.5))
    sent, until = 0, time.monotonic() + 25
    while not sent and time.monotonic() < until:
        sent = carrier.cycle().sent
    assert sent == 1
    assert [row["party"] for row in world.parties.outbox.pending()] == [NEW]
    assert carrier.cycle().sent == 0, "it is under way"
    let_go.set()
    assert carrier.cycle(whole=True).sent == 1
    carrier.close()
    assert world.parties.outbox.pending() == []
