"""What becomes of a message by what answers: HTTP status, body and signature, row by row. Only a signed word ends it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, timedelta
from pathlib import Path
from random import Random
from typing import Any

import httpx2
import pytest

import ediel
from ediel.store import moment_of
from ediel.transport import Client, Courier, environment, verify_again
from ediel.transport.envelope import SOAP
from tests.support import wire
from tests.support.pki import make, root, supplier, trust
from tests.support.world import NEW, World, start

HUB = make("A hub", 7, root(), organisation="987654325").identity
STRANGER = make("A hub", 7, make("Another root", 9, ca=True), organisation="987654325").identity
BARE_FAULT = (
    b'<s:Fault xmlns:s="%b"><faultcode>s:Server</faultcode><faultstring>System error</faultstring></s:Fault>'
    % SOAP.encode()
)
NOTIFY = b'<q:RequestUpfrontMeteringPointCharacteristicsResponse xmlns:q="urn:no:elhub:emif:wsdl:query:v2"/>'


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.close()


@dataclass
class Reply:
    """An answer of whoever answers; ``signer`` is "hub", "stranger" or nobody."""

    status: int
    inside: bytes | None = b""
    signer: str = "hub"
    kind: str = "text/xml; charset=utf-8"
    cut: int = 0

    def bytes(self, world: World) -> bytes:
        if self.inside is None or self.signer == "raw":
            return self.inside or b""
        if self.signer == "nobody":
            return wire.bare(self.inside)
        data = wire.signed(self.inside, HUB if self.signer == "hub" else STRANGER, world.now)
        return data[: len(data) - self.cut]


def courier(world: World, reply: Any, **more: Any) -> Courier:
    """A courier; ``reply`` answers requests, nothing waits for anybody, acknowledgements are heard."""

    def answer(request: httpx2.Request) -> httpx2.Response:
        action = request.headers["soapaction"].strip('"')
        if action == "PollForData":
            found = Reply(200, wire.poll_response())
        elif action == "AcknowledgePoll":
            found = Reply(200)
        else:
            found = reply(request) if callable(reply) else reply
        return httpx2.Response(
            found.status, content=iter([found.bytes(world)]), headers={"content-type": found.kind}
        )  # fmt: skip

    client = Client(
        environment("local"), supplier().identity, trust(), clock=lambda: world.now.astimezone(UTC),
        http=httpx2.Client(transport=httpx2.MockTransport(answer)),
    )  # fmt: skip
    return Courier(world.parties, client, chance=Random(1), **more)


HTML = b"<html><body>Fault: busy</body></html>"
SENT, FAILED, HELD, LATER = "sent", "failed", "held", "pending"
ROWS: dict[str, tuple[Reply, str]] = {
    "signed empty answer": (Reply(200), SENT),
    "nothing": (Reply(200, None), LATER),
    "blank": (Reply(200, b" \n", "raw"), LATER),
    "202 and nothing": (Reply(202, None), LATER),
    "a web page": (Reply(200, HTML, "raw", "text/html"), LATER),
    "a web page that calls itself XML": (Reply(500, HTML, "raw"), LATER),
    "an unsigned empty envelope": (Reply(200, b"", "nobody"), LATER),
    "an empty envelope of a stranger": (Reply(200, b"", "stranger"), LATER),
    "a cut envelope": (Reply(200, b"", "hub", cut=40), LATER),
    "a signed answer of another operation": (Reply(200, NOTIFY), LATER),
    "a signed result set": (Reply(200, wire.poll_response()), LATER),
    "a signed empty answer with status 500": (Reply(500), LATER),
    "a signed empty answer with status 302": (Reply(302), LATER),
    "signed XSD fault": (Reply(500, wire.fault("XSD")), FAILED),
    "signed Size fault": (Reply(500, wire.fault("Size")), FAILED),
    "signed Other fault": (Reply(500, wire.fault("Other")), LATER),
    "signed Compression fault": (Reply(500, wire.fault("Compression")), LATER),
    "signed Date fault": (Reply(500, wire.fault("Date")), FAILED),
    "signed XSD fault with status 200": (Reply(200, wire.fault("XSD")), FAILED),
    "signed XSD fault as text/html": (Reply(500, wire.fault("XSD"), kind="text/html"), FAILED),
    "signed UUID fault": (Reply(500, wire.fault("UUID")), HELD),
    "signed System fault": (Reply(500, wire.fault("System")), LATER),
    "signed Security fault": (Reply(500, wire.fault("Security")), LATER),
    "signed fault without a detail": (Reply(500, BARE_FAULT), LATER),
    "unsigned fault without a detail": (Reply(500, BARE_FAULT, "nobody"), LATER),
    "unsigned XSD fault": (Reply(500, wire.fault("XSD"), "nobody"), LATER),
    "unsigned UUID fault": (Reply(500, wire.fault("UUID"), "nobody"), LATER),
    "unsigned Security fault": (Reply(500, wire.fault("Security"), "nobody"), LATER),
    "XSD fault of a stranger": (Reply(500, wire.fault("XSD"), "stranger"), LATER),
    "Security fault of a stranger": (Reply(500, wire.fault("Security"), "stranger"), LATER),
    "a cut XSD fault": (Reply(500, wire.fault("XSD"), cut=60), LATER),
    "413 of a proxy": (Reply(413, b"too large", "raw", "text/plain"), LATER),
    "403 of a proxy": (Reply(403, HTML, "raw", "text/html"), LATER),
    "503 of a proxy": (Reply(503, None), LATER),
    "bytes": (Reply(200, b"\x00\xff\x00", "raw"), LATER),
}


@pytest.mark.parametrize("name", ROWS)
def test_fate(world: World, name: str) -> None:
    reply, status = ROWS[name]
    world.parties.start(start(), party=NEW)
    carrier = courier(world, reply)
    cycle = carrier.cycle()
    (row,) = world.parties.browse.outbox(status=None)
    assert row["status"] == status, row["error"]
    assert (cycle.sent, cycle.refused, cycle.postponed) == (status == SENT, status in {FAILED, HELD}, status == LATER)
    assert list(carrier.stopped) == ([NEW] if name == "signed Security fault" else [])
    kept = world.parties.outbox.evidence(row["message_id"])
    assert [item["decided"] for item in kept] == ([] if status == LATER else [status])
    for item in kept:
        assert item["signer"] == "987654325"
        good, text = verify_again(bytes(item["data"]), moment_of(item["at"]), trust())
        assert good, text
        changed = bytes(item["data"]).replace(b"T08:00:00Z", b"T08:00:01Z")
        assert not verify_again(changed, moment_of(item["at"]), trust())[0]
    if status == LATER:
        world.now += timedelta(minutes=20)
        asked: list[str] = []

        def hear(request: httpx2.Request) -> Reply:
            asked.append(request.content.decode())
            return Reply(200)

        heard = courier(world, hear)
        assert heard.cycle().sent == 1
        assert row["message_id"] in asked[0], "asked again under the same identification"


def test_words_of_somebody_else_are_shown_on_one_line(world: World) -> None:
    words = b"no\n\xc2\x9b31mred\xe2\x80\xaeforged: sent 1\x09x" + b"!" * 2000
    world.parties.start(start(), party=NEW)
    fault = BARE_FAULT.replace(b"System error", words)
    cycle = courier(world, Reply(500, fault, "nobody")).cycle()
    (row,) = world.parties.outbox.pending()
    for text in (row["error"], *cycle.problems):
        assert "s:Server: no 31mred forged: sent 1 x!" in text
        assert text.isprintable()
        assert len(text) < 1000


def test_a_forged_fault_stops_nobody_and_nothing(world: World) -> None:
    """One answer is forged; the next message, and the next cycle, go on as if it had not been."""
    world.parties.start(start(), party=NEW)
    world.parties.start(start(metering_point="707057542000000285"), party=NEW)
    forged = [Reply(500, wire.fault("Security"), "stranger")]
    carrier = courier(world, lambda _: forged.pop() if forged else Reply(200))
    first = carrier.cycle()
    assert (first.sent, first.postponed, carrier.stopped) == (1, 1, {})
    world.now += timedelta(seconds=10)
    assert carrier.cycle().sent == 1


def test_a_party_that_was_refused_is_tried_again(world: World) -> None:
    """A Security fault, as for a replay, pauses a party; longer each time, and never for good."""
    seconds = [0.0]
    world.parties.start(start(), party=NEW)
    answers = [Reply(500, wire.fault("Security"))] * 3
    carrier = courier(world, lambda _: answers.pop() if answers else Reply(200), monotonic=lambda: seconds[0])
    waits = []
    for _ in range(400):
        world.now += timedelta(seconds=30)
        if carrier.cycle().sent:
            break
        waits.append(NEW in carrier.stopped)
        seconds[0] += 30
    else:
        pytest.fail("the party was stopped for good")
    assert all(waits)
    assert 60 + 120 + 240 <= seconds[0] <= 60 + 120 + 240 + 120
    assert carrier.stopped == {}


def poison(world: World, number: int) -> tuple[str, Any]:
    """A message that the hub always answers with a System fault, beside others that it takes."""
    bad = world.parties.start(start(), party=NEW)
    (row,) = world.parties.outbox.pending()
    for place in range(number):
        world.parties.start(start(metering_point=f"7070575420000{place:05}"), party=NEW)

    own = f"Identification>{row['message_id']}<".encode()

    def reply(request: httpx2.Request) -> Reply:
        return Reply(500, wire.fault("System")) if own in request.content else Reply(200)

    return bad.id, reply


def test_a_poisoned_message_holds_up_nobody_and_is_held_in_the_end(world: World) -> None:
    process, reply = poison(world, 5)
    carrier = courier(world, reply, monotonic=lambda: world.now.timestamp())  # noqa: PLW0108 - it moves
    first = carrier.cycle()
    assert (first.sent, first.postponed) == (5, 1)
    for _ in range(200):
        world.now += timedelta(minutes=15)
        carrier.cycle()
        if world.parties.browse.outbox(status="held"):
            break
    (held,) = world.parties.browse.outbox(status="held")
    assert "held after 20 tries" in held["error"]
    assert "System: Refused" in held["error"]
    assert "MessageNotSent" in world.heard(NEW)
    assert world.parties.outbox.pending() == []
    world.parties.cancel(process)
    assert carrier.cycle().sent == 0, "a cancellation waits for its request"
    world.parties.outbox.retry(held["message_id"])
    again = courier(world, Reply(200)).cycle()
    assert again.sent == 2


def test_what_waits_for_a_message_goes_on_when_it_is_given_up(world: World) -> None:
    process, reply = poison(world, 0)
    carrier = courier(world, reply)
    carrier.cycle()
    world.parties.cancel(process)
    world.now += timedelta(minutes=20)
    assert carrier.cycle().sent == 0
    (row, _) = world.parties.outbox.pending()
    world.parties.outbox.give_up(row["message_id"], "the hub does not want it")
    assert carrier.cycle().sent == 1
    with pytest.raises(ediel.EngineError, match="there is no message"):
        world.parties.outbox.retry("123e4567-e89b-12d3-a456-426655440000")
    (cancellation,) = world.parties.browse.outbox(status="sent")
    with pytest.raises(ediel.EngineError, match="is sent; there is nothing to decide"):
        world.parties.outbox.give_up(cancellation["message_id"])


def test_a_hub_that_is_down_has_nothing_held(world: World) -> None:
    """A gateway that says 503 for two days is no fault of the messages."""
    world.parties.start(start(), party=NEW)
    client = Client(
        environment("local"), supplier().identity, trust(), clock=lambda: world.now.astimezone(UTC),
        http=httpx2.Client(transport=httpx2.MockTransport(lambda _: httpx2.Response(503, content=iter([b"busy"])))),
    )  # fmt: skip
    carrier = Courier(world.parties, client, chance=Random(1), monotonic=lambda: world.now.timestamp())  # noqa: PLW0108 - it moves
    for _ in range(200):
        world.now += timedelta(minutes=15)
        carrier.cycle()
    (row,) = world.parties.outbox.pending()
    assert row["attempts"] > 100
    assert courier(world, Reply(200)).cycle().sent == 0, "not before its time"
    world.now += timedelta(minutes=16)
    assert courier(world, Reply(200)).cycle().sent == 1


def test_a_hub_that_answers_nobody_is_not_hammered(world: World) -> None:
    for place in range(10):
        world.parties.start(start(metering_point=f"7070575420000{place:05}"), party=NEW)
    calls: list[int] = []

    def hear(_request: httpx2.Request) -> Reply:
        calls.append(1)
        return Reply(503, None)

    carrier = courier(world, hear)
    carrier.cycle()
    assert len(calls) == 3
    carrier.cycle()
    assert len(calls) == 6, "the next ones have their turn"
