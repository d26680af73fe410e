"""A long outbox is sent in one tour, without waiting, and each message costs the same however many were sent before."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest

import ediel
from ediel.engine import Engine, Party
from ediel.transport._cycle import Cycle
from ediel.transport._sending import Sender
from ediel.transport.errors import Unavailable
from tests.engine.test_subscriptions import gsrn
from tests.support.world import at

THIRD = "7080001300012"
COUNT = 60


@dataclass
class FakeHub:
    """Takes what comes; some messages it does not answer."""

    silent: frozenset[int] = frozenset()
    called: list[bytes] = field(default_factory=list)

    def call(self, document: Any, _service: object) -> SimpleNamespace:
        self.called.append(document.data)
        if len(self.called) - 1 in self.silent:
            raise Unavailable("busy", arrived=None, status=503)
        return SimpleNamespace(document=None, evidence=None)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = Engine.open(f"sqlite:///{tmp_path / 'q.db'}", party=Party(THIRD, "AG"), clock=lambda: at("2026-11-27 09:00"))
    for number in range(COUNT):
        made.start(ediel.AccessRequest(metering_point=gsrn(number)))
    yield made
    made.close()


@pytest.mark.parametrize("silent", [frozenset[int](), frozenset({3, 30})])
def test_what_was_sent_is_not_carried_along(engine: Engine, silent: frozenset[int], monkeypatch: Any) -> None:
    hub, cycle, carried = FakeHub(silent), Cycle(), []
    claim = engine.outbox.claim

    def spy(party: str, owner: str, *, without: Any = ()) -> Any:
        carried.append(len(tuple(without)))
        return claim(party, owner, without=without)

    monkeypatch.setattr(engine.outbox, "claim", spy)
    client: Any = hub
    Sender(engine, "one", Random(1), lambda: False, time.monotonic).send(THIRD, client, cycle, lambda _fault: None)
    assert cycle.sent == COUNT - len(silent), "in one tour"
    assert len(hub.called) == COUNT, "none is tried twice in it"
    assert max(carried) == len(silent), "a statement does not grow with what was sent"
