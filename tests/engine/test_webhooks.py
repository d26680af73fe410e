"""Webhooks: signed CloudEvents, once and in order for each process, tried again, dead in the end; and nothing about people."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

import ediel
from ediel.engine import Engine, InvalidWebhook, Webhook, Webhooks
from ediel.engine._webhooks import cloud_event, secret_of, signed_headers
from tests.support.receiver import Call, Receiver
from tests.support.world import NEW, OLD, POINT, World, end, start

KEY = b"0123456789abcdef0123456789abcdef"
OTHER = b"fedcba9876543210fedcba9876543210"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as made:
        yield made


def hook(receiver: Receiver, **more: Any) -> Webhook:
    return Webhook(**{"name": "billing", "url": receiver.url, "keys": (KEY,), **more})


def supplied(world: World) -> str:
    """A start of supply that has gone all the way; the process of the supplier."""
    begun = world.parties.start(start(), party=NEW)
    world.deliver()
    world.time("2026-12-01 00:00")
    return begun.id


def test_the_vector_of_standard_webhooks() -> None:
    """Published with the scheme: anybody's library takes what we sign."""
    headers = signed_headers(
        [secret_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330,
        b'{"test": 2432232314}',
    )  # fmt: skip
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_events_arrive_signed_and_in_order(world: World, receiver: Receiver) -> None:
    webhooks = Webhooks(world.parties, [hook(receiver, keys=(KEY, OTHER), parties=(NEW,))])
    process = supplied(world)
    assert receiver.calls == [], "the courier waits for nobody's webhook"
    assert webhooks.deliver() > 0
    assert webhooks.deliver() == 0
    webhooks.close()
    names = [call.event["type"] for call in receiver.calls if call.event["partitionkey"] == process]
    assert names == ["ediel.SupplyRequested", "ediel.SupplyAccepted", "ediel.SupplyConfirmed", "ediel.SupplyStarted"]
    assert all(
        call.signed_by(KEY) and call.signed_by(OTHER) and not call.signed_by(b"x" * 32) for call in receiver.calls
    )
    assert {call.event["source"] for call in receiver.calls} == {f"/parties/{NEW}"}
    call = next(call for call in receiver.calls if call.event["type"] == "ediel.SupplyConfirmed")
    assert call.path == "/ediel"
    assert call.headers["content-type"] == "application/cloudevents+json; charset=utf-8"
    assert call.headers["webhook-id"] == call.headers["idempotency-key"] == call.event["id"]
    assert abs(int(call.headers["webhook-timestamp"]) - time.time()) < 60
    assert call.event["specversion"] == "1.0"
    assert call.event["subject"] == POINT
    assert datetime.fromisoformat(call.event["time"]).tzinfo is not None
    assert (call.event["data"]["day"], call.event["data"]["process_id"]) == ("2026-12-01", process)
    numbers = [call.event["sequence"] for call in receiver.calls]
    assert numbers == sorted(numbers)


def test_a_span_goes_along(world: World, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    span = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    monkeypatch.setattr(type(world.parties.tracing), "current", lambda _self: span)
    webhooks = Webhooks(world.parties, [hook(receiver)])
    world.parties.start(start(), party=NEW)
    webhooks.deliver()
    assert [call.headers["traceparent"] for call in receiver.calls] == [span]
    assert receiver.calls[0].signed_by(KEY)


def test_only_what_is_asked_for(world: World, receiver: Receiver) -> None:
    webhooks = Webhooks(world.parties, [hook(receiver, events=("SupplyConfirmed", "SupplyEnding"))])
    supplied(world)
    webhooks.deliver()
    assert sorted((call.event["type"], call.event["source"]) for call in receiver.calls) == [
        ("ediel.SupplyConfirmed", f"/parties/{NEW}"), ("ediel.SupplyEnding", f"/parties/{OLD}")
    ]  # fmt: skip


def test_nothing_about_people_unless_asked_for(world: World, receiver: Receiver) -> None:
    with Receiver() as trusted:
        webhooks = Webhooks(world.parties, [hook(receiver), hook(trusted, name="crm", personal=True)])
        supplied(world)
        world.parties.start(end(ediel.MoveOut, day=start().start + timedelta(days=30)), party=NEW)
        webhooks.deliver()
        plain, personal = (b"".join(call.body for call in one.calls) for one in (receiver, trusted))
    for secret in (b"12818525018", b"Testesen", b"OSLO"):
        assert secret not in plain
    assert b"Testesen" in personal
    confirmed = next(call.event for call in trusted.calls if call.event["type"] == "ediel.SupplyConfirmed")
    assert confirmed["data"]["message"]["message"] == "NotifyStartOfSupply"
    assert (
        "message"
        not in next(call.event for call in trusted.calls if call.event["type"] == "ediel.SupplyRequested")["data"]
    )


def test_a_receiver_that_fails_is_tried_again_and_others_do_not_wait(world: World) -> None:
    first: list[str] = []

    def status(call: Call, before: int) -> int:
        first.append(call.event["partitionkey"])
        return 503 if call.event["partitionkey"] == first[0] and before < 3 else 200

    with Receiver(status) as receiver:
        webhooks = Webhooks(world.parties, [hook(receiver, attempts=5)])
        one = world.parties.start(ediel.MasterDataQuery(metering_point=POINT), party=NEW)
        two = world.parties.start(ediel.AccessRequest(metering_point=POINT))
        del one
        webhooks.deliver()
        assert two.id in {call.event["partitionkey"] for call in receiver.calls[-1:]} | set(first)
        seen = len(receiver.calls)
        webhooks.deliver()
        assert len(receiver.calls) == seen, "it rests before it is tried again"
        for hours in (1, 2, 3, 4):
            world.now += timedelta(hours=hours)
            webhooks.deliver()
    ids = [call.headers["webhook-id"] for call in receiver.calls]
    assert len(set(ids)) < len(ids), "the same identification each time"
    assert world.parties.subscriptions.deliveries.waiting() == []
    assert world.parties.subscriptions.deliveries.dead() == []


def test_after_its_attempts_an_event_is_dead_and_can_be_replayed(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    answers = [500]
    with Receiver(lambda _call, _before: answers[0]) as receiver, caplog.at_level(logging.WARNING):
        webhooks = Webhooks(world.parties, [hook(receiver, attempts=3, events=("SupplyRequested",))])
        world.parties.start(start(), party=NEW)
        for _ in range(5):
            webhooks.deliver()
            world.now += timedelta(hours=2)
        assert len(receiver.calls) == 3
        (dead,) = world.parties.subscriptions.deliveries.dead("webhook billing")
        assert (dead.attempts, dead.error) == (3, "WebhookRefused")
        answers[0] = 202
        world.parties.subscriptions.deliveries.again()
        assert webhooks.deliver() == 1
        assert len({call.headers["webhook-id"] for call in receiver.calls}) == 1
    assert "Testesen" not in caplog.text


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_no_redirect_is_followed(world: World, status: int) -> None:
    with Receiver() as elsewhere, Receiver(lambda _call, _before: status, location=elsewhere.url) as receiver:
        client = httpx2.Client(follow_redirects=True)
        webhooks = Webhooks(world.parties, [hook(receiver)], http=client)
        world.parties.start(start(), party=NEW)
        assert webhooks.deliver() == 0
        client.close()
        assert len(receiver.calls) == 1
        assert elsewhere.calls == []


def test_a_receiver_that_is_away_or_silent(world: World) -> None:
    with Receiver() as gone:
        url = gone.url
    webhooks = Webhooks(world.parties, [Webhook("billing", url, (KEY,), timeout=0.3)])
    world.parties.start(start(), party=NEW)
    assert webhooks.deliver() == 0
    (waiting,) = world.parties.subscriptions.deliveries.waiting()
    assert (waiting.attempts, waiting.error) == (1, "ConnectError")

    def wait(_call: Call, _before: int) -> int:
        time.sleep(1)
        return 200

    with Receiver(wait) as slow:
        silent = Webhooks(world.parties, [Webhook("other", slow.url, (KEY,), timeout=0.2)])
        world.parties.start(ediel.AccessRequest(metering_point=POINT))
        began = time.monotonic()
        assert silent.deliver() == 0
        assert time.monotonic() - began < 5


def test_two_processes_post_each_event_once(world: World, receiver: Receiver) -> None:
    one = Webhooks(world.parties, [hook(receiver)])
    two = Webhooks(Engine(world.parties.store, clock=world.parties.clock), [hook(receiver)])
    with one.running(0.01), two.running(0.01):
        supplied(world)
        until = time.monotonic() + 30
        while world.parties.subscriptions.deliveries.waiting() and time.monotonic() < until:
            time.sleep(0.05)
        time.sleep(0.3)
    ids = [call.headers["webhook-id"] for call in receiver.calls]
    assert len(ids) == len(set(ids)) == len(world.parties.browse.events(most=100))


def test_what_was_claimed_at_the_end_is_let_go(world: World, receiver: Receiver) -> None:
    """A webhook that is told to end posts nothing more, and what waited is no failure of the receiver."""
    webhooks = Webhooks(world.parties, [hook(receiver)])
    world.parties.start(start(), party=NEW)
    with webhooks.running(60):
        pass
    assert webhooks.deliver() == 0
    (waiting,) = world.parties.subscriptions.deliveries.waiting()
    assert (waiting.attempts, receiver.calls) == (0, [])
    again = Webhooks(world.parties, [hook(receiver)])
    assert again.deliver() == 1


WRONG: tuple[tuple[dict[str, Any], str], ...] = (
    ({"url": "http://billing.example/x"}, "billing.example is called without TLS; write https"),
    ({"url": "http://10.0.0.1/x"}, "without TLS"),
    ({"url": "http://127.0.0.1.example/x"}, "without TLS"),
    ({"url": "ftp://billing.example"}, "no address"),
    ({"url": "https://:443/x"}, "no address"),
    ({"url": "https://[::1/x"}, "no address"),
    ({"url": "https://kari:geheim@billing.example/x"}, "holds a user, a password or a fragment"),
    ({"keys": ()}, "expected one key or more, each of 24 to 64 bytes"),
    ({"keys": (b"short",)}, "expected one key or more"),
    ({"events": ("SupplyConfirmd",)}, "there is no event SupplyConfirmd; did you mean SupplyConfirmed"),
    ({"attempts": 0}, "attempts=0"),
    ({"timeout": 0}, "timeout=0"),
)


@pytest.mark.parametrize(("more", "why"), WRONG)
def test_what_a_webhook_cannot_be(more: dict[str, Any], why: str) -> None:
    with pytest.raises(InvalidWebhook, match=why) as caught:
        Webhook(**{"name": "billing", "url": "https://billing.example/x", "keys": (KEY,), **more})
    assert "geheim" not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["http://localhost:8000/x", "http://127.0.0.1/x", "http://[::1]:9/x", "https://billing.example"]
)
def test_addresses_that_may_be(url: str) -> None:
    assert repr(Webhook("billing", url, (KEY,))).find("0123456789") == -1


@pytest.mark.parametrize("text", ["", "whsec_", "whsec_***", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])
def test_a_secret_that_is_none(text: str) -> None:
    with pytest.raises(InvalidWebhook) as caught:
        Webhook("billing", "https://billing.example", (secret_of(text, "billing"),))
    assert "MfKQ9" not in str(caught.value)


def test_a_name_for_each(world: World, receiver: Receiver) -> None:
    with pytest.raises(InvalidWebhook, match="two webhooks have the name billing"):
        Webhooks(world.parties, [hook(receiver), hook(receiver)])


def test_a_cloud_event_without_a_point() -> None:
    at = datetime.fromisoformat("2026-11-27T09:00:00+01:00")
    event = ediel.events.QueryAnswered("an id", "a process", NEW, at, {"state": "answered"}, 12, 3)
    assert json.loads(cloud_event(event)) == {
        "specversion": "1.0", "id": "an id", "source": f"/parties/{NEW}", "type": "ediel.QueryAnswered",
        "time": "2026-11-27T08:00:00Z", "datacontenttype": "application/json", "sequence": "00000000000000000012",
        "partitionkey": "a process", "data": {"state": "answered", "process_id": "a process", "version": 3},
    }  # fmt: skip
