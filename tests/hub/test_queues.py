"""Polling: a result set is the same until it is acknowledged, and nothing is lost or doubled on the way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import ediel
from ediel.engine import Party
from ediel.hub import Hub, VirtualClock
from ediel.messages import Acknowledgement
from ediel.testing import HubUnderTest
from ediel.transport import CHANNELS, acknowledgement_of
from tests.support.hub_market import MARKET, NEW, OLD, POINT, POINTS, at, switch

MARKET_CHANNEL, VALUES_CHANNEL = CHANNELS


def names(answer: Any) -> list[str]:
    return [message.name() for message in answer.messages]


def test_nothing_waits(market: HubUnderTest) -> None:
    """The empty poll is a nil response."""
    answer = market.client(NEW).poll(Party(NEW, "DDQ"), MARKET_CHANNEL)
    assert (answer.messages, answer.result_set) == ((), None)
    assert b'nil="true"' in answer.content
    assert ediel.inspect(answer.content).report.kind == "empty poll"


def test_a_result_set_stays_until_it_is_acknowledged(market: HubUnderTest) -> None:
    new = market.party(NEW)
    for point in POINTS[:2]:
        new.engine.start(switch(point))
    rows = new.engine.outbox.pending()
    client, party = market.client(NEW), Party(NEW, "DDQ")
    client.call(ediel.read(rows[0]["data"]))
    first = client.poll(party, MARKET_CHANNEL)
    assert names(first) == ["ConfirmStartOfSupply"]
    client.call(ediel.read(rows[1]["data"]))
    again = client.poll(party, MARKET_CHANNEL)
    assert again.result_set == first.result_set
    assert again.messages == first.messages, "what came meanwhile is in the next one"
    (queue,) = market.http.get("/admin/queues").json()
    assert (queue["messages"], queue["result_set"]) == (2, first.result_set)
    client.acknowledge(party, MARKET_CHANNEL, "3f2b8c1e-0f6a-4c55-8d0e-7a0f0c8f7d11")
    assert client.poll(party, MARKET_CHANNEL).result_set == first.result_set, "another reference changes nothing"
    assert first.result_set is not None
    market.client(OLD).acknowledge(Party(OLD, "DDQ"), MARKET_CHANNEL, first.result_set)
    assert client.poll(party, MARKET_CHANNEL).result_set == first.result_set, "nor does another party"
    client.acknowledge(party, MARKET_CHANNEL, first.result_set)
    second = client.poll(party, MARKET_CHANNEL)
    assert second.result_set != first.result_set
    assert names(second) == ["ConfirmStartOfSupply"]
    assert second.messages != first.messages


def test_an_acknowledgement_by_the_other_service(market: HubUnderTest) -> None:
    """A client package acknowledges through MeteringValues with BRS-NO-315; the hub takes it, and says that it is unusual."""
    new = market.party(NEW)
    new.engine.start(switch())
    client, party = market.client(NEW), Party(NEW, "DDQ")
    client.call(ediel.read(new.engine.outbox.pending()[0]["data"]))
    answer = client.poll(party, MARKET_CHANNEL)
    assert answer.result_set is not None
    sample: Acknowledgement = acknowledgement_of(party, answer.result_set, market.clock())
    process = sample.process.model_copy(update={"business_process": ediel.codes.BusinessProcess.BRS_NO_315})
    client.call(sample.model_copy(update={"process": process}), "MeteringValues")
    assert client.poll(party, MARKET_CHANNEL).result_set is None


def test_a_large_queue_comes_in_several_result_sets(tmp_path: Path) -> None:
    from ediel.testing import hub

    with hub(MARKET) as market:
        market.hub.queues._most = 2
        new = market.party(NEW)
        for point in POINTS[:5]:
            new.engine.start(switch(point))
        for row in new.engine.outbox.pending():
            market.client(NEW).call(ediel.read(row["data"]))
        sizes = []
        party, client = Party(NEW, "DDQ"), market.client(NEW)
        while (answer := client.poll(party, MARKET_CHANNEL)).result_set is not None:
            sizes.append(len(answer.messages))
            client.acknowledge(party, MARKET_CHANNEL, answer.result_set)
        assert sizes == [2, 2, 1]


def test_a_hub_that_is_begun_again_goes_on(tmp_path: Path) -> None:
    """Queues, result sets, processes and the register are in the database."""
    url = f"sqlite:///{tmp_path / 'hub.db'}"
    clock = VirtualClock(at("2026-11-27 09:00"), runs=False)
    from ediel.testing import hub
    from tests.support.hub_market import process_of

    with hub(MARKET) as market:
        market.party(NEW).start(switch(ask=False))
        (row,) = market.hub.engine.browse.inbox()
        data = dict(market.hub.engine.browse.archive())[row["sha256"]]
        assert process_of(market, "supply/hub")["state"] == "waiting"
    first = Hub.open(url, seed=MARKET, clock=clock)
    first.receive(ediel.Document.read(data))
    first.close()
    second = Hub.open(url, clock=clock)
    second.set_time(at("2026-12-01 00:00"))
    found = second.queues.poll(NEW, "DDQ", MARKET_CHANNEL, clock())
    assert found is not None
    second.close()
    third = Hub.open(url, clock=clock)
    assert third.queues.poll(NEW, "DDQ", MARKET_CHANNEL, clock()) == found
    assert third.queues.acknowledge(NEW, found.identification, clock())
    assert not third.queues.acknowledge(NEW, found.identification, clock())
    point = third.decisions.view(clock()).metering_point(POINT)
    assert point is not None
    assert {contract.supplier for contract in point.contracts} == {NEW, OLD}
    third.close()
    with pytest.raises(ediel.InvalidRegister, match="begin a new database"):
        Hub.open(url, seed=MARKET.model_copy(update={"hub": "7080001400019"}))


def test_a_hub_on_postgresql() -> None:
    """The same on the other database: register, values, queues, and what is read inside a transaction."""
    from ediel.testing import hub
    from tests.support.databases import postgresql
    from tests.support.hub_market import hours

    with hub(MARKET) as market:
        market.party(NEW).start(switch())
        from datetime import date

        from tests.support.hub_market import GRID

        market.party(GRID).start(ediel.ValuesReport(series=(hours(POINT, date(2026, 11, 26)),)))
        inputs = [dict(market.hub.engine.browse.archive())[row["sha256"]] for row in market.hub.engine.browse.inbox()]
    clock = VirtualClock(at("2026-11-27 09:00"), runs=False)
    other = Hub.open(postgresql(), seed=MARKET, clock=clock)
    for data in inputs:
        assert other.receive(ediel.Document.read(data)).outcome == "handled"
    other.set_time(at("2026-12-01 00:00"))
    confirmed = other.queues.poll(NEW, "DDQ", MARKET_CHANNEL, clock())
    assert confirmed is not None
    assert len(confirmed.messages) == 2
    assert other.queues.acknowledge(NEW, confirmed.identification, clock())
    values = other.queues.poll(OLD, "DDQ", VALUES_CHANNEL, clock())
    assert values is not None
    assert other.queues.poll(OLD, "DDQ", VALUES_CHANNEL, clock()) == values
    point = other.decisions.view(clock()).metering_point(POINT)
    assert point is not None
    assert {contract.supplier for contract in point.contracts} == {NEW, OLD}
    other.close()
