"""Hostile bodies at a hub in a process of its own that gets little memory; and bodies that never end."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
from starlette.requests import Request

from ediel.serve.bodies import Bodies, BodyRefused
from ediel.testing import HubUnderTest
from tests.hub.hostile import BODIES, measured, party, serving

_MEGABYTES = 300
"""For all of those that come at once."""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory of a process is read in /proc")
def test_hostile_bodies_are_refused_in_little_memory(tmp_path: Path) -> None:
    """Of 94 kB on the wire 3.3 GB were made once, and 8 of them may come at a time."""
    with serving(tmp_path, most=4_000_000_000) as (address, pid):
        own = party(tmp_path)
        for name in (
            "97 MB behind a stranger's signature",
            "10,000 attributes signed by a stranger",
            "100,000 attributes in a header",
            "1,000,000 empty gzip members",
            "a gzip bomb",
            "97 MB behind a party's signature",
        ):
            statuses, _, more = measured(address, pid, *BODIES[name](own))
            assert set(statuses) == {500}, name
            assert more < _MEGABYTES, name
        assert httpx2.get(f"{address}/health").json()["status"] == "ok"


def _request(pieces: list[bytes], pause: float = 0) -> Request:
    async def receive() -> Any:
        await anyio.sleep(pause)
        return {"type": "http.request", "body": pieces.pop(0), "more_body": bool(pieces)}

    return Request({"type": "http", "method": "POST", "headers": []}, receive)


def _read(bodies: Bodies, request: Request, size: int = 100) -> bytes:
    async def read() -> bytes:
        async with bodies.read(request, size) as body:
            return body

    return anyio.run(read)


def test_a_body_is_read_up_to_its_limit_and_no_further() -> None:
    bodies, pieces = Bodies(), [b"x" * 60] * 50
    assert _read(bodies, _request(pieces)) == b"x" * 101
    assert len(pieces) == 48, "an endless body is not read on"
    assert bodies.held == 0
    assert _read(bodies, _request([b"a", b"", b"b"])) == b"ab"


def test_a_body_must_come_in_time() -> None:
    """Nine hundred bodies that were begun and never ended stayed for ever once."""
    for bodies in (Bodies(silence=0.01), Bodies(total=0.01)):
        with pytest.raises(BodyRefused) as caught:
            _read(bodies, _request([b"a"] * 9, pause=0.2))
        assert caught.value.status == 408
        assert bodies.held == 0


def test_bodies_share_a_budget() -> None:
    bodies = Bodies(held=100)

    async def both() -> AsyncIterator[bytes]:
        async with bodies.read(_request([b"x" * 80]), 100) as first:
            assert bodies.held == 80
            yield first
            with pytest.raises(BodyRefused) as caught:
                async with bodies.read(_request([b"x" * 30]), 100):
                    pass
            assert caught.value.status == 503
            async with bodies.read(_request([b"x" * 20]), 100) as second:
                yield second

    async def run() -> list[int]:
        return [len(body) async for body in both()]

    assert anyio.run(run) == [80, 20]
    assert bodies.held == 0


def test_lack_of_memory_is_a_fault_of_the_system(market: HubUnderTest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The caller may try again; the words of an XSD fault would have ended its message for good."""

    def short(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("ediel.xml.parser.etree.fromstring", short)
    response = market.http.post(
        "/WebService/services/Query", content=b"<a/>", headers={"content-type": "text/xml; charset=utf-8"}
    )
    monkeypatch.undo()
    assert response.status_code == 500
    assert b">System<" in response.content
