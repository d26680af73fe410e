"""Two engines, signed envelopes between them, and everything that goes wrong on the way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, date, timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import uuid4

import httpx2
import pytest

import ediel
from ediel.messages.services import POLL_CHANNELS
from ediel.store import moment_of
from ediel.transport import Client, Courier, Replays, environment, verify
from tests.support import wire
from tests.support.pki import ORGANISATION, make, root, supplier, trust
from tests.support.world import NEW, OLD, POINT, World, at, start

Trouble = Callable[[str], str | None]


class Endpoint:
    """The hub's endpoint: verifies, takes, keeps a queue per party, role and channel with a stable result set."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.identity = make("A hub", 7, root(), organisation="987654325").identity
        self.replays = Replays()
        self.sets: dict[tuple[str, str, str], tuple[str, list[str]]] = {}
        self.trouble: Trouble = lambda _: None
        self.calls: Counter[str] = Counter()
        self.padding = 0  # blanks behind a result set that holds something

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        action = request.headers["soapaction"].strip('"')
        trouble = self.trouble(action)
        if trouble == "lost before":
            raise httpx2.ConnectError("no route")
        if trouble == "busy":
            return httpx2.Response(503, content=iter([b"busy"]))
        if trouble in {"Security", "System", "XSD", "UUID"}:
            return self.answer(wire.fault(trouble), 500)
        if trouble is not None and trouble.startswith("forged "):
            return self.plain(wire.bare(wire.fault(trouble.removeprefix("forged "))), 500)
        if trouble == "bare fault":
            return self.answer(wire.fault("System").replace(b"<detail>", b"<!--").replace(b"</detail>", b"-->"), 500)
        self.calls[action] += 1
        found = verify(request.content, trust(), self.world.now, organisation=ORGANISATION, replays=self.replays)
        message: Any = ediel.read(found.data)
        channel = str(request.url).rpartition("/")[2]
        inside = b""
        if action == "PollForData":
            inside = self.poll((str(message.header.juridical_sender), message.process.role.value, channel))
        elif action == "AcknowledgePoll":
            self.acknowledge(str(message.payload.original_reference))
        else:
            self.world.hub.receive(found.data)
        if trouble == "lost after":
            raise httpx2.ReadTimeout("no answer")
        if trouble == "torn":
            return self.answer(inside, 200, cut=40)
        if trouble == "empty":
            return self.plain(b"", 200)
        if trouble == "page":
            return self.plain(b"<html><body>OK</body></html>", 200, "text/html")
        if trouble == "unsigned":
            return self.plain(wire.bare(inside), 200)
        return self.answer(inside, 200)

    @staticmethod
    def plain(data: bytes, status: int, kind: str = "text/xml; charset=utf-8") -> httpx2.Response:
        return httpx2.Response(status, content=iter([data]), headers={"content-type": kind})

    def answer(self, inside: bytes, status: int, cut: int = 0) -> httpx2.Response:
        data = wire.signed(inside, self.identity, self.world.now)
        data = data[: len(data) - cut]
        if b"ResultDataSet" in inside:
            data += b" " * self.padding
        return httpx2.Response(status, content=iter([data]), headers={"content-type": "text/xml; charset=utf-8"})

    def poll(self, whose: tuple[str, str, str]) -> bytes:
        gln, role, channel = whose
        rows = {row["message_id"]: row for row in self.world.hub.outbox.pending()}
        if whose not in self.sets:
            chosen = [
                name
                for name, row in rows.items()
                if row["recipient"] == gln and self.place(row) == (role, channel)
            ][:3]  # fmt: skip
            if not chosen:
                space = f"urn:no:elhub:emif:wsdl:polling:{channel[4:].lower()}:v2".encode()
                nil = b'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true"'
                return b'<p:PollForDataResponse xmlns:p="%b" %b/>' % (space, nil)
            self.sets[whose] = (str(uuid4()), chosen)
        identification, chosen = self.sets[whose]
        parts = b"".join(rows[name]["data"].partition(b"?>")[2] for name in chosen)
        space = f"urn:no:elhub:emif:wsdl:polling:{channel[4:].lower()}:v2".encode()
        return (
            b'<p:PollForDataResponse xmlns:p="%b"><p:Identification>%b</p:Identification>'
            b"<p:ResultDataSet>%b</p:ResultDataSet></p:PollForDataResponse>" % (space, identification.encode(), parts)
        )

    @staticmethod
    def place(row: dict[str, Any]) -> tuple[str, str]:
        role = ediel.read(row["data"]).process.role.value
        return role, next(channel for channel, names in POLL_CHANNELS.items() if row["name"] in names)

    def acknowledge(self, reference: str) -> None:
        for whose, (identification, chosen) in list(self.sets.items()):
            if identification == reference:
                for name in chosen:
                    self.world.hub.outbox.sent(name)
                del self.sets[whose]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.close()


def courier(world: World, endpoint: Endpoint) -> Courier:
    client = Client(
        environment("local"),
        supplier().identity,
        trust(),
        clock=lambda: world.now.astimezone(UTC),
        http=httpx2.Client(transport=httpx2.MockTransport(endpoint)),
    )
    return Courier(world.parties, client, chance=Random(1))


def test_a_switch_over_the_wire(world: World) -> None:
    endpoint = Endpoint(world)
    carrier = courier(world, endpoint)
    switch = world.parties.start(start(), party=NEW)
    first = carrier.cycle()
    assert (first.sent, first.refused, first.postponed, first.problems) == (1, 0, 0, [])
    assert [item.outcome for item in first.received] == ["handled"]
    assert world.parties.process(switch.id).state == "accepted"
    world.now = at("2026-12-01 00:00")
    world.hub.run_due()
    second = carrier.cycle()
    assert second.problems == []
    assert {item.outcome for item in second.received} == {"handled"}
    assert second.fired == 1, "the day on which the leaver's supply ends"
    assert "SupplyUnanswered" not in world.heard(NEW), "what has come is taken before its silence would mean something"
    assert world.parties.process(switch.id).state == "supplying"
    assert world.suppliers(date(2026, 12, 1)) == world.hub_suppliers(date(2026, 12, 1)) == {NEW}
    assert world.hub.outbox.pending() == []
    idle = carrier.cycle()
    assert (idle.sent, idle.received, idle.problems) == (0, [], [])


def test_a_lost_answer_is_asked_for_again_with_the_same_identification(world: World) -> None:
    endpoint = Endpoint(world)
    carrier = courier(world, endpoint)
    world.parties.start(start(), party=NEW)
    endpoint.trouble = lambda action: "lost after" if action == "RequestStartOfSupply" else None
    cycle = carrier.cycle()
    assert (cycle.sent, cycle.postponed) == (0, 1)
    assert "may have arrived" in cycle.problems[0]
    endpoint.trouble = lambda _: None
    assert carrier.cycle().sent == 0, "not before its time"
    world.now += timedelta(minutes=1)
    assert carrier.cycle().sent == 1
    assert endpoint.calls["RequestStartOfSupply"] == 2
    assert len(world.hub.browse.processes()) == 1, "the hub has one request"
    assert world.hub.browse.dead_letters() == []


def test_nothing_overtakes_what_waits(world: World) -> None:
    """A cancellation must not come before its request."""
    endpoint = Endpoint(world)
    carrier = courier(world, endpoint)
    switch = world.parties.start(start(), party=NEW)
    endpoint.trouble = lambda _: "lost before"
    carrier.cycle()
    assert len(world.parties.cancel(switch.id).sent) == 1, "the request may have arrived"
    endpoint.trouble = lambda _: None
    carrier.cycle()
    assert endpoint.calls["RequestStartOfSupply"] == 0
    world.now += timedelta(minutes=1)
    assert carrier.cycle().sent == 2
    assert world.parties.process(switch.id).state == "cancelled"


def test_delays_grow_and_end(world: World) -> None:
    endpoint = Endpoint(world)
    carrier = courier(world, endpoint)
    world.parties.start(start(), party=NEW)
    endpoint.trouble = lambda _: "busy"
    delays = []
    for _ in range(15):
        carrier.cycle()
        (row,) = world.parties.outbox.pending()
        later = moment_of(row["next_at"])
        delays.append((later - world.now).total_seconds())
        world.now = later
    assert 2.5 <= delays[0] <= 5
    assert 450 <= delays[-1] <= 900
    assert "503" in str(world.parties.outbox.pending()[0]["error"])


def test_a_refused_message_stays_and_the_rest_goes_on(world: World) -> None:
    endpoint = Endpoint(world)
    carrier = courier(world, endpoint)
    world.parties.start(start(), party=NEW)
    world.parties.start(start(metering_point="707057542000000285"), party=NEW)
    seen: list[str] = []

    def once(action: str) -> str | None:
        if action != "RequestStartOfSupply":
            return None
        seen.append(action)
        return "XSD" if len(seen) == 1 else None

    endpoint.trouble = once
    cycle = carrier.cycle()
    assert (cycle.sent, cycle.refused) == (1, 1)
    failed = world.parties.browse.outbox(status="failed")
    assert len(failed) == 1
    assert "XSD: Refused" in failed[0]["error"]


def test_an_identification_that_the_hub_knows(world: World) -> None:
    """What Elhub does with an identification that it has seen is not published: a person must look."""
    endpoint = Endpoint(world)
    world.parties.start(start(), party=NEW)
    endpoint.trouble = lambda action: "UUID" if action == "RequestStartOfSupply" else None
    (problem,) = courier(world, endpoint).cycle().problems
    assert "may have this very message already" in problem
    (row,) = world.parties.browse.outbox(status="held")
    assert "may have this very message already" in row["error"]
    assert "MessageNotSent" in world.heard(NEW)


def test_a_party_whose_certificate_is_refused_is_stopped(world: World) -> None:
    endpoint = Endpoint(world)
    carrier = courier(world, endpoint)
    world.parties.start(start(), party=NEW)
    endpoint.trouble = lambda action: "Security" if action == "RequestStartOfSupply" else None
    cycle = carrier.cycle()
    assert list(carrier.stopped) == [NEW]
    assert any(f"party {NEW} is stopped" in text for text in cycle.problems)
    before = endpoint.calls.copy()
    endpoint.trouble = lambda _: None
    world.now += timedelta(hours=1)
    carrier.cycle()
    assert endpoint.calls["RequestStartOfSupply"] == 0
    assert endpoint.calls["PollForData"] > before["PollForData"], "the others go on"
    carrier.resume(NEW)
    assert carrier.cycle().sent == 1
    endpoint.trouble = lambda action: "Security" if action == "PollForData" else None
    carrier.cycle()
    assert OLD in carrier.stopped


def test_a_result_set_that_is_not_acknowledged_comes_again(world: World) -> None:
    endpoint = Endpoint(world)
    carrier = courier(world, endpoint)
    world.parties.start(start(), party=NEW)
    endpoint.trouble = lambda action: "lost before" if action == "AcknowledgePoll" else None
    first = carrier.cycle()
    assert [item.outcome for item in first.received] == ["handled"]
    endpoint.trouble = lambda _: None
    second = carrier.cycle()
    assert [item.outcome for item in second.received] == ["duplicate"]
    assert world.hub.outbox.pending() == []


def test_a_hub_that_does_not_hear_is_left_alone(world: World) -> None:
    endpoint = Endpoint(world)
    carrier = courier(world, endpoint)
    world.parties.start(start(), party=NEW)
    endpoint.acknowledge = lambda reference: None  # type: ignore[method-assign]
    cycle = carrier.cycle()
    assert [text for text in cycle.problems if "came again though it was acknowledged" in text]
    assert len([item for item in cycle.received if item.outcome == "handled"]) == 1


@pytest.mark.parametrize("seed", range(3))
def test_trouble_changes_nothing_in_the_end(world: World, seed: int) -> None:
    """Calls are lost, answers are torn, forged, empty or pages, the hub is busy or broken: both sides end up agreed."""
    chance = Random(seed)
    endpoint = Endpoint(world)
    carrier = courier(world, endpoint)
    points = [POINT, "707057542000000285", "707057542000000353"]
    kinds: list[str | None] = [
        "lost before",
        "lost after",
        "torn",
        "busy",
        "System",
        "empty",
        "page",
        "unsigned",
        "bare fault",
    ]
    kinds += ["forged XSD", "forged UUID", "forged Security", *[None] * 6]
    endpoint.trouble = lambda _: chance.choice(kinds)
    switches = [world.parties.start(start(metering_point=point), party=NEW) for point in points]
    for _ in range(25):
        carrier.cycle()
        world.now += timedelta(minutes=20)
    world.parties.cancel(switches[2].id)
    for _ in range(25):
        carrier.cycle()
        world.now += timedelta(minutes=20)
    assert world.now < at("2026-11-30 23:00")
    world.now = at("2026-12-01 00:00")
    for _ in range(25):
        world.hub.run_due()
        carrier.cycle()
        world.now += timedelta(minutes=20)
    endpoint.trouble = lambda _: None
    world.now += timedelta(minutes=20)
    carrier.cycle()
    carrier.cycle()
    states = [world.parties.process(switch.id).state for switch in switches]
    assert states == ["supplying", "supplying", "cancelled"]
    day = date(2026, 12, 1)
    assert [world.suppliers(day, point) for point in points] == [world.hub_suppliers(day, point) for point in points]
    for engine in (world.hub, world.parties):
        assert engine.outbox.pending() == []
        assert engine.browse.outbox(status="failed") == []
        assert engine.browse.dead_letters() == []
    assert Counter(world.heard(NEW))["SupplyAccepted"] == 3
