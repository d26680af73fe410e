"""The engine on an event loop: every method there is, the same results, and a loop that is never blocked."""

from __future__ import annotations

import asyncio
import inspect
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import ediel
from ediel.engine import AsyncEngine, Engine, Order, Party
from tests.support.world import NEW, POINT, POINT_2, at, start

PARTY = Party(NEW, "DDQ")
OTHERWISE = {
    "on": "subscribe is its awaited form", "as_party": "a view is of the plain engine",
    "subscribe": "takes its handler, as it cannot be awaited as a decorator", "open": "", "close": "", "acting": "", "parties": "",
}  # fmt: skip


def test_every_method_is_there_with_its_arguments() -> None:
    for name, method in inspect.getmembers(Engine):
        if name.startswith("_") or name in OTHERWISE or not callable(method) or inspect.isclass(method):
            continue
        awaited = getattr(AsyncEngine, name)
        assert inspect.iscoroutinefunction(awaited), name
        assert inspect.signature(awaited) == inspect.signature(method), name
    for name in ("open", "close", "acting", "subscribe", "parties"):
        assert hasattr(AsyncEngine, name)


def test_it_does_what_the_plain_one_does(tmp_path: Path) -> None:
    heard: list[str] = []

    async def bill(event: ediel.events.Event) -> None:
        await asyncio.sleep(0)
        heard.append(event.name)

    async def work() -> None:
        opened = await AsyncEngine.open(
            f"sqlite:///{tmp_path / 'market.db'}", party=PARTY, clock=lambda: at("2026-11-27 09:00")
        )
        async with opened as engine:
            await engine.subscribe("billing", ediel.events.SupplyRequested, handler=bill)
            with engine.acting("kari@company", reason="web"):
                switch = await engine.start(start(), key="web-1")
            assert (await engine.start(start(), key="web-1")).id == switch.id
            assert [item.id for item in await engine.find(metering_point=POINT)] == [switch.id]
            (entry,) = await engine.timeline(POINT)
            assert entry.process_id == switch.id
            assert len(await engine.due(timedelta(days=30))) == 1
            (message,) = await engine.messages(switch.id)
            assert await engine.message(message.message_id) == message.message
            with pytest.raises(ediel.CommandRefused):
                await engine.start(start())
            found = engine.engine.browse.process(switch.id)
            assert found is not None
            assert [row["actor"] for row in found["transitions"]] == ["kari@company"]
            results = await engine.start_many([Order(start(metering_point=POINT_2))])
            assert [item.outcome for item in results] == ["begun"]

    asyncio.run(work())
    assert heard == ["SupplyRequested", "SupplyRequested"]


def test_the_loop_goes_on_while_a_call_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A call that ends only when the loop has done something: on a loop that it blocked it would never end."""
    loop_was_there = threading.Event()
    begin = Engine._begin

    def waiting(self: Engine, *given: Any) -> Any:
        assert loop_was_there.wait(30), "the loop was blocked"
        return begin(self, *given)

    monkeypatch.setattr(Engine, "_begin", waiting)

    async def work() -> None:
        async with await AsyncEngine.open(f"sqlite:///{tmp_path / 'market.db'}", party=PARTY) as engine:
            calls = [asyncio.create_task(engine.start(ediel.MasterDataQuery(metering_point=POINT))) for _ in range(3)]
            await asyncio.sleep(0.05)
            assert not any(call.done() for call in calls)
            assert len(await engine.find()) == 0, "readers go on"
            loop_was_there.set()
            assert len({(await call).id for call in calls}) == 3

    asyncio.run(work())


def test_a_cancelled_call_goes_on_as_a_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    go_on = threading.Event()
    begin = Engine._begin

    def waiting(self: Engine, *given: Any) -> Any:
        assert go_on.wait(30)
        return begin(self, *given)

    monkeypatch.setattr(Engine, "_begin", waiting)

    async def work() -> None:
        async with await AsyncEngine.open(f"sqlite:///{tmp_path / 'market.db'}", party=PARTY) as engine:
            call = asyncio.create_task(engine.start(ediel.MasterDataQuery(metering_point=POINT)))
            await asyncio.sleep(0.05)
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call
            go_on.set()
        plain = Engine.open(f"sqlite:///{tmp_path / 'market.db'}")
        assert len(plain.find()) == 1
        plain.close()

    asyncio.run(work())
