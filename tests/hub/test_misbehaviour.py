"""A hub that misbehaves, and a courier that lives with it: the same end, whatever happens on the way."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import pytest
from lxml import etree

import ediel
from ediel.engine import Party
from ediel.hub import KINDS, SERVICES
from ediel.testing import HubUnderTest
from ediel.transport import AnswerRefused, Client, HubFault, Unavailable, poll_of, sign, verify, wrap
from tests.support.hub_market import GRID, NEW, OLD, POINTS, at, switch

PARTY = Party(NEW, "DDQ")
CHANNEL = "PollMarketProcesses"


@pytest.mark.parametrize(
    ("kind", "how", "error", "text"),
    [
        ("silence", {}, Unavailable, "did not answer"),
        ("fault", {"group": "System"}, HubFault, "System error"),
        ("fault", {"group": "Date"}, HubFault, "Date"),
        ("http", {"status": 502}, Unavailable, "HTTP 502"),
        ("broken signature", {}, AnswerRefused, "signature does not fit"),
        ("expired certificate", {}, AnswerRefused, "the certificate holds from"),
        ("truncated", {}, AnswerRefused, "not to be trusted"),
        ("gzip bomb", {}, AnswerRefused, "larger than the limit"),
    ],
)
def test_each_misbehaviour_is_seen_for_what_it_is(
    market: HubUnderTest, kind: str, how: dict[str, object], error: type[Exception], text: str
) -> None:
    market.http.timeout = 0.5 if kind == "silence" else 10
    market.misbehave(kind, party=NEW, operation="PollForData", times=1, **how)
    client = market.client(NEW)
    with pytest.raises(error, match=text):
        client.poll(PARTY, CHANNEL)
    assert client.poll(PARTY, CHANNEL).result_set is None, "once only"
    assert market.hub.misbehaviours.all() == []


@pytest.mark.parametrize("kind", ["delay", "slow drip"])
def test_a_slow_hub_is_waited_for(market: HubUnderTest, kind: str) -> None:
    market.misbehave(kind, seconds=0.2, times=1)
    assert market.client(NEW).poll(PARTY, CHANNEL).result_set is None


def test_only_who_and_what_was_named_is_hit(market: HubUnderTest) -> None:
    market.misbehave("http", party=OLD)
    market.misbehave("http", operation="AcknowledgePoll")
    market.misbehave("http", message="3f2b8c1e-0f6a-4c55-8d0e-7a0f0c8f7d11")
    assert market.client(NEW).poll(PARTY, CHANNEL).result_set is None
    with pytest.raises(Unavailable):
        market.client(OLD).poll(Party(OLD, "DDQ"), CHANNEL)


def test_whether_the_message_was_taken(market: HubUnderTest) -> None:
    """After silence, a message may have arrived or not; the same identification again is right in both cases."""
    new = market.party(NEW)
    market.http.timeout = 0.3
    for place, taken in enumerate((True, False)):
        market.misbehave("silence", operation="RequestStartOfSupply", accepted=taken, times=1)
        new.engine.start(switch(POINTS[place]))
        assert new.cycle().postponed == 1
        assert len(market.hub.engine.browse.processes(metering_point=POINTS[place])) == int(taken)
        market.clock.forward(timedelta(minutes=1))
        assert new.cycle().sent == 1
        assert len(market.hub.engine.browse.processes(metering_point=POINTS[place])) == 1


def test_duplicates_another_order_and_wrong_codes(market: HubUnderTest) -> None:
    new = market.party(NEW)
    for point in POINTS[:3]:
        new.engine.start(switch(point))
    market.misbehave("duplicate", operation="PollForData")
    market.misbehave("reorder", operation="PollForData")
    market.carry()
    market.hub.set_time(at("2026-12-01 00:00"))
    cycles = market.carry()
    outcomes = [item.outcome for cycle in cycles for item in cycle.received]
    assert outcomes.count("duplicate") == outcomes.count("handled") == 3
    states = {row["state"] for row in new.engine.browse.processes()}
    assert states == {"supplying"}
    market.hub.misbehaviours.clear()
    market.misbehave("wrong code", code="E22")
    refused = market.party(OLD).start(switch(POINTS[4]))
    assert refused.state == "rejected"
    assert refused.facts["reasons"] == ["E22"]


def test_all_kinds_are_documented_and_known() -> None:
    from typing import get_args

    from ediel.hub.misbehaviour import Kind

    assert set(KINDS) == set(get_args(Kind))


@pytest.mark.parametrize("seed", range(2))
def test_trouble_changes_nothing_in_the_end(market: HubUnderTest, seed: int) -> None:
    """Everything at once, by chance, until both sides have settled: they agree on every contract."""
    chance = Random(seed)
    market.hub.misbehaviours._chance = Random(seed)
    market.http.timeout = 0.05
    new, old, _ = market.party(NEW), market.party(OLD), market.party(GRID)
    for kind in (
        "silence",
        "duplicate",
        "reorder",
        "fault",
        "http",
        "broken signature",
        "expired certificate",
        "truncated",
    ):
        market.misbehave(kind, share=0.08, seconds=0.01)
    market.misbehave("silence", share=0.08, accepted=False)
    switches = {point: new.engine.start(switch(point)) for point in POINTS[:8]}
    cancelled = chance.sample(sorted(switches), 3)
    for number in range(40):
        market.carry(rounds=2)
        market.clock.forward(timedelta(minutes=20))
        if number == 20:
            for point in cancelled:
                new.engine.cancel(switches[point].id)
    assert market.clock() < at("2026-11-30 23:00")
    market.hub.set_time(at("2026-12-01 00:00"))
    for _ in range(40):
        market.carry(rounds=2)
        market.clock.forward(timedelta(minutes=20))
    market.hub.misbehaviours.clear()
    market.clock.forward(timedelta(hours=1))
    market.carry()
    states = {point: new.state(begun) for point, begun in switches.items()}
    assert states == {point: "cancelled" if point in cancelled else "supplying" for point in switches}
    for point in switches:
        known = market.hub.decisions.view(market.clock()).metering_point(point)
        assert known is not None
        day = date(2026, 12, 2)
        assert {item.supplier for item in known.contracts if item.holds_on(day)} == {OLD if point in cancelled else NEW}
    for engine in (new.engine, old.engine, market.hub.engine):
        assert engine.browse.dead_letters() == []
    assert market.hub.queues.lengths() == []


# --- what a hub may give one day: newer, larger, unsigned


def _waiting(market: HubUnderTest, count: int = 3) -> None:
    """Answers that wait for NEW in one result set."""
    new = market.party(NEW)
    client = market.client(NEW)
    for point in POINTS[:count]:
        begun = new.engine.start(switch(point))
        (row,) = [row for row in new.engine.outbox.pending() if row["instance_id"] == begun.id]
        new.engine.outbox.sent(row["message_id"])
        client.call(ediel.read(row["data"]))


@pytest.mark.parametrize(("kind", "there"), [("unknown type", 4), ("newer release", 3), ("new element", 3)])
def test_a_message_in_the_middle_that_nobody_here_can_read(market: HubUnderTest, kind: str, there: int) -> None:
    """The set is signed, and stands as it is; one message of it, and no other, cannot be read."""
    _waiting(market)
    market.misbehave(kind, operation="PollForData", times=1)
    envelope = sign(wrap(poll_of(PARTY, market.clock()), CHANNEL), market.keyring.identity(_number(market)), _now())
    answer = market.http.post(
        f"{SERVICES}/{CHANNEL}", content=envelope, headers={"content-type": "text/xml; charset=utf-8"}
    )
    assert answer.status_code == 200
    content = verify(answer.content, market.keyring.trust, _now()).data
    (held,) = list(etree.fromstring(content).iter("{*}ResultDataSet"))
    assert len(held) == there
    good = [element for element in held if ediel.inspect(etree.tostring(element), level="schema").report.valid]
    assert len(good) == (3 if kind == "unknown type" else 2)
    assert market.client(NEW).poll(PARTY, CHANNEL).messages, "the next one is as it should be"


def _now() -> datetime:
    return datetime.now(UTC)


def _number(market: HubUnderTest) -> str:
    found = market.known(NEW).organisation
    assert found is not None
    return found


def test_answers_that_prove_nothing(market: HubUnderTest) -> None:
    """A bare fault, nothing at all, no signature, more than anybody reads: as a gateway or a newer hub may give them."""

    def answer(kind: str) -> Any:
        market.misbehave(kind, operation="PollForData", times=1)
        envelope = sign(wrap(poll_of(PARTY, market.clock()), CHANNEL), market.keyring.identity(_number(market)), _now())
        return market.http.post(
            f"{SERVICES}/{CHANNEL}", content=envelope,
            headers={"content-type": "text/xml; charset=utf-8", "accept-encoding": "gzip"},
        )  # fmt: skip

    bare = answer("bare fault")
    assert (bare.status_code, b"detail" in bare.content, b"Security" in bare.content) == (500, False, False)
    empty = answer("empty")
    assert (empty.status_code, empty.content) == (200, b"")
    unsigned = answer("unsigned")
    assert (unsigned.status_code, b"SignatureValue" in unsigned.content) == (200, False)
    assert len(answer("too large").content) > 100_000_000


# --- answers that name their certificate


@pytest.mark.parametrize("how", ["token", "ski", "issuer-serial", "thumbprint"])
def test_how_answers_name_their_certificate(market: HubUnderTest, how: Any) -> None:
    """The policy of the WSDL has the hub send no certificate: whoever has it can read all of these."""
    market.hub.endpoint.keys.refer = how
    own = market.hub.endpoint.keys.identity
    assert own is not None
    number = _number(market)
    named = Client(
        market.environment, market.keyring.identity(number), replace(market.keyring.trust, certificates=(own.certificate,)),
        http=market.http,
    )  # fmt: skip
    assert named.poll(PARTY, CHANNEL).result_set is None
    if how == "token":
        assert market.client(NEW).poll(PARTY, CHANNEL).result_set is None
    else:
        with pytest.raises(AnswerRefused, match=r"\[hub\] certificate"):
            market.client(NEW).poll(PARTY, CHANNEL)
