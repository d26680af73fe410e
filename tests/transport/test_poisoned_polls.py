"""A poll never stalls: what cannot be read in a result set is kept, the rest is handled, and the set is acknowledged."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC
from pathlib import Path
from random import Random
from typing import Any

import httpx2
import pytest

import ediel
from ediel.messages.services import SERVICES
from ediel.store import moment_of
from ediel.transport import Client, ClientSettings, Courier, Folders, environment, verify, verify_again
from ediel.xml import Limits
from tests.support import wire
from tests.support.pki import make, root, supplier, trust
from tests.support.world import NEW, POINT, World, start

HUB = make("A hub", 7, root(), organisation="987654325").identity
SECOND = "8e57d004-2b97-4e7a-b45f-5387367791cd"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.close()


class Queue:
    """A hub with result sets for one party; the first is handed out until it is acknowledged."""

    def __init__(self, world: World, *sets: tuple[str, bytes]) -> None:
        self.world = world
        self.sets = list(sets)
        self.polled: list[tuple[str, str]] = []

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        message = ediel.read(verify(request.content, trust(), self.world.now).data)
        channel = str(request.url).rpartition("/")[2]
        sender = str(message.header.juridical_sender)
        inside = b""
        if request.headers["soapaction"] == '"PollForData"':
            self.polled.append((sender, channel))
            mine = (sender, message.process.role.value, channel) == (NEW, "DDQ", "PollMarketProcesses")
            inside = self.sets[0][1] if mine and self.sets else wire.poll_response(channel=channel)
        elif self.sets and str(message.payload.original_reference) == self.sets[0][0]:  # type: ignore[attr-defined]
            del self.sets[0]
        data = wire.signed(inside, HUB, self.world.now)
        return httpx2.Response(200, content=iter([data]), headers={"content-type": "text/xml; charset=utf-8"})


def courier(world: World, queue: Callable[[httpx2.Request], httpx2.Response], **more: Any) -> Courier:
    client = Client(
        environment("local"), supplier().identity, trust(), clock=lambda: world.now.astimezone(UTC),
        http=httpx2.Client(transport=httpx2.MockTransport(queue)), **more,
    )  # fmt: skip
    return Courier(world.parties, client, chance=Random(1))


def answers(world: World) -> list[bytes]:
    """What the hub has for the new supplier: one message for each of three switches."""
    for point in ("707057542000000117", "707057542000000285", "707057542000000353"):
        world.parties.start(start(metering_point=point), party=NEW)
    world.deliver(to_parties=False)
    return [bytes(row["data"]) for row in world.hub.outbox.pending() if row["recipient"] == NEW]


@pytest.mark.parametrize("place", range(4))
@pytest.mark.parametrize("kind", wire.POISONS)
def test_poison_in_a_result_set(world: World, kind: str, place: int) -> None:
    good = answers(world)
    first, behind = good[:2], good[2:]
    bad = wire.POISONS[kind](good[0])
    mixed = [*first[:place], bad, *first[place:]] if place < 3 else [bad]
    queue = Queue(
        world,
        (wire.RESULT_SET, wire.poll_response(*mixed)),
        (SECOND, wire.poll_response(*behind, identification=SECOND)),
    )
    cycle = courier(world, queue).cycle()
    assert queue.sets == [], "both are acknowledged"
    assert cycle.problems == []
    handled = [item.outcome for item in cycle.received]
    for name in (wire.RESULT_SET, SECOND):
        (signed,) = world.parties.evidence(name)
        assert verify_again(signed["data"], moment_of(signed["at"]), trust())[0], "also of what could not be read"
    assert handled.count("dead") == 1
    assert handled.count("handled") == len(mixed) - 1 + len(behind)
    (letter,) = world.parties.browse.dead_letters()
    assert letter["reason"] == "invalid"
    kept = dict(world.parties.browse.archive())[letter["sha256"]]
    assert (b"Priority" in kept, b":v3" in kept, b"NotifySomethingNew" in kept, b">DQQ<" in kept).count(True) == 1


def test_a_response_of_a_newer_version_is_kept_and_acknowledged(world: World) -> None:
    """Its content can be read by nobody here; it is kept whole, and tried again after an upgrade."""
    (first, *_) = good = answers(world)
    newer = wire.poll_response(first).replace(b"polling:marketprocesses:v2", b"polling:marketprocesses:v3")
    queue = Queue(
        world, (wire.RESULT_SET, newer), (SECOND, wire.poll_response(*good[1:], identification=SECOND))
    )  # fmt: skip
    cycle = courier(world, queue).cycle()
    assert queue.sets == []
    assert [item.outcome for item in cycle.received] == ["dead", "handled", "handled"]
    assert world.parties.browse.dead_letters()[0]["reason"] == "unreadable"


def test_a_result_set_without_identification_is_kept_and_told(world: World) -> None:
    (first, *_) = answers(world)
    inside = wire.poll_response(first).replace(
        b"<p:Identification>%b</p:Identification>" % wire.RESULT_SET.encode(), b""
    )
    cycle = courier(world, Queue(world, ("none", inside))).cycle()
    assert [item.outcome for item in cycle.received] == ["handled"]
    assert any("cannot be acknowledged" in problem for problem in cycle.problems)


def test_an_answer_above_the_limit_is_told_and_holds_up_no_other_queue(world: World) -> None:
    good = answers(world)
    queue = Queue(world, (wire.RESULT_SET, wire.poll_response(*good)))
    limit = len(wire.signed(queue.sets[0][1], HUB, world.now)) - 1
    cycle = courier(world, queue, settings=ClientSettings(limits=Limits(size=limit, packed=limit))).cycle()
    (problem,) = cycle.problems
    assert f"larger than the limit of {limit} bytes" in problem
    assert "largest_answer" in problem
    assert cycle.received == []
    assert len(queue.sets) == 1, "it is not acknowledged: it was not kept"
    assert len(set(queue.polled)) == 2 * len({party.gln for party in world.parties.parties})
    assert [item.outcome for item in courier(world, queue).cycle().received] == ["handled"] * 3


def test_an_answer_that_cannot_be_read_ends_its_query(world: World) -> None:
    """The answer to a query is of a newer release: it is kept as a dead letter, and the query is not sent for ever."""
    world.parties.start(ediel.PointSearch(metering_point=POINT, purpose="StartOfSupply"), party=NEW)
    (row,) = world.parties.outbox.pending()
    operation = next(item for service in SERVICES for item in service.operations if item.message == row["name"])
    space = next(service.namespace for service in SERVICES if operation in service.operations).encode()
    name = operation.name.encode()
    inside = b'<q:%bResponse xmlns:q="%b">%b</q:%bResponse>' % (name, space, wire.UNKNOWN_TYPE, name)

    def answer(request: httpx2.Request) -> httpx2.Response:
        polls = request.headers["soapaction"] == '"PollForData"'
        data = wire.signed(wire.poll_response() if polls else inside, HUB, world.now)
        return httpx2.Response(200, content=iter([data]), headers={"content-type": "text/xml; charset=utf-8"})

    cycle = courier(world, answer).cycle()
    assert [item.outcome for item in cycle.received] == ["dead"]
    assert cycle.sent == 1
    assert world.parties.outbox.pending() == []
    assert len(world.parties.outbox.evidence(row["message_id"])) == 1


@pytest.mark.parametrize("name", ["../../../../x", "not a UUID", "", "&amp;\n"])
def test_an_identification_that_is_none(world: World, name: str) -> None:
    """It cannot be acknowledged, for the acknowledgement would be none: it is kept, and told, and stops nothing else."""
    (first, *_) = answers(world)
    inside = wire.poll_response(first, identification=name)
    queue = Queue(world, (name, inside))
    cycle = courier(world, queue).cycle()
    assert len(cycle.received) == 1
    assert any("cannot be acknowledged" in problem for problem in cycle.problems)
    assert (NEW, "PollMeteringValues") in queue.polled, "the next queue is fetched"


def test_no_identification_is_a_way_out_of_a_folder(world: World, tmp_path: Path) -> None:
    (first, *_) = answers(world)
    queue = Queue(world, ("x", wire.poll_response(first, identification="/../../../x")))
    client = courier(world, queue)._client(world.parties.parties[0])
    folders = Folders(tmp_path / "in", tmp_path / "out", lambda _: client, (world.parties.parties[0],))
    (tmp_path / "in").mkdir()
    before = set(tmp_path.rglob("*"))
    fates = list(folders.turn())
    written = [path for path in tmp_path.rglob("*") if path not in before and path.is_file()]
    assert len(written) == 2, fates
    assert {path.parent for path in written} == {tmp_path / "out" / "received", tmp_path / "out" / "signed"}
    assert any("cannot be acknowledged" in fate.text for fate in fates)
