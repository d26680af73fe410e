"""What a call costs the database of the stand-in hub: connections and statements, counted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import event

import ediel
from ediel.engine import Party
from ediel.testing import hub as stand_in
from ediel.transport import CHANNELS
from tests.support.hub_market import MARKET, NEW, switch

MARKET_CHANNEL = CHANNELS[0]
SWITCH, QUESTION = 20, 20
"""Statements of a call; before they were counted, 34 and 30."""


@dataclass
class Counted:
    """What was counted."""

    connections: int = 0
    statements: list[str] = field(default_factory=list)

    @property
    def figures(self) -> tuple[int, int]:
        """Connections, and statements."""
        return self.connections, len(self.statements)


@contextmanager
def counted(market: Any) -> Iterator[Counted]:
    """Count what the hub asks of its database."""
    found, engine = Counted(), market.hub.engine.store.engine

    def opened(connection: Any, _record: object, _proxy: object) -> None:
        found.connections += 1
        connection.set_trace_callback(found.statements.append)

    def given_back(connection: Any, _record: object) -> None:
        connection.set_trace_callback(None)

    event.listen(engine, "checkout", opened)
    event.listen(engine, "checkin", given_back)
    try:
        yield found
    finally:
        event.remove(engine, "checkout", opened)
        event.remove(engine, "checkin", given_back)


@pytest.fixture
def market() -> Iterator[Any]:
    with stand_in(MARKET) as found:
        yield found


def test_polls(market: Any) -> None:
    """An empty poll asks twice; one that makes a result set writes it once; the next finds it."""
    client, who = market.client(NEW), Party(NEW, "DDQ", hub=market.hub.gln)
    client.poll(who, MARKET_CHANNEL)
    with counted(market) as nothing:
        client.poll(who, MARKET_CHANNEL)
    assert nothing.figures == (1, 2), nothing.statements

    market.party(NEW).engine.start(switch(ask=True))
    (row,) = market.party(NEW).engine.outbox.pending()
    client.call(ediel.Document.read(row["data"]))
    with counted(market) as made:
        answer = client.poll(who, MARKET_CHANNEL)
    assert len(answer.messages) == 1
    assert made.figures == (1, 8), made.statements
    with counted(market) as again:
        client.poll(who, MARKET_CHANNEL)
    assert again.figures == (1, 2), again.statements
    with counted(market) as acknowledged:
        client.acknowledge(who, MARKET_CHANNEL, answer.result_set)
    assert acknowledged.figures == (1, 5), acknowledged.statements


def test_a_switch(market: Any) -> None:
    """One transaction: the metering point is looked up once before it, and what follows needs no more than its lines."""
    client = market.client(NEW)
    market.party(NEW).engine.start(switch(ask=True))
    (row,) = market.party(NEW).engine.outbox.pending()
    with counted(market) as found:
        client.call(ediel.Document.read(row["data"]))
    assert found.connections == 1
    assert sum(text.startswith("COMMIT") for text in found.statements) == 1
    assert len(found.statements) == SWITCH, "\n".join(found.statements)


def test_a_question_is_answered_with_two_commits(market: Any) -> None:
    """The answer is written with the question, and marked as fetched when it is handed out."""
    client = market.client(NEW)
    market.party(NEW).engine.start(ediel.PointSearch(metering_point=switch().metering_point, purpose="StartOfSupply"))
    (row,) = market.party(NEW).engine.outbox.pending()
    with counted(market) as found:
        client.call(ediel.Document.read(row["data"]))
    assert found.connections == 1
    assert sum(text.startswith("COMMIT") for text in found.statements) == 2
    assert len(found.statements) == QUESTION, "\n".join(found.statements)


def test_without_a_hold_each_question_has_a_connection_of_its_own(market: Any) -> None:
    """The counting itself counts: what is not held takes a connection for each list."""
    with counted(market) as found:
        market.hub.register_store.points()
        market.hub.register_store.points()
    assert found.figures == (2, 2)
    with counted(market) as held, market.hub.engine.store.held():
        market.hub.register_store.points()
        market.hub.register_store.points()
    assert held.figures == (1, 2)
