"""The clients: one that blocks and one that awaits. Both carry out the same plans."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import datetime
from typing import Any, Final, Self, TypeVar

import httpx2

from ediel.rest._session import Session
from ediel.rest._steps import Alone, Answer, Call, Fetch, Lost, Pause, Plan, Step
from ediel.rest.environments import RestEnvironment, rest_environment
from ediel.rest.identity import RestIdentity
from ediel.rest.jsonapi import Listing, R

__all__ = ["AsyncElhub", "Elhub"]

T = TypeVar("T")
_AGENT: Final = "ediel"
_NOT_SENT: Final = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout)


def _session(
    identity: RestIdentity | None,
    environment: str | RestEnvironment,
    patience: float,
    agent: str,
    clock: Callable[[], datetime] | None,
) -> Session:
    where = rest_environment(environment) if isinstance(environment, str) else environment
    return Session(identity, where, patience=patience, agent=agent, clock=clock)


def _lost(error: httpx2.HTTPError, url: str) -> Lost:
    host = httpx2.URL(url).host
    return Lost(False if isinstance(error, _NOT_SENT) else None, f"{host}: {type(error).__name__}")


class _Body:
    """Gathers an answer within its limits of bytes and time."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self._until = time.monotonic() + fetch.seconds
        self._parts: list[bytes] = []
        self._size = 0
        self.problem: Lost | None = None

    def add(self, part: bytes) -> bool:
        """Keep a part; whether more may come."""
        self._parts.append(part)
        self._size += len(part)
        if self._size > self._fetch.largest:
            self.problem = Lost(None, f"the answer is larger than {self._fetch.largest} bytes")
        elif time.monotonic() > self._until:
            self.problem = Lost(None, f"the answer was not complete after {self._fetch.seconds:g} s")
        return self.problem is None

    def answer(self, response: httpx2.Response) -> Answer | Lost:
        headers = {name.lower(): value for name, value in response.headers.items()}
        return self.problem or Answer(response.status_code, headers, b"".join(self._parts))


class Elhub:
    """Elhub's REST APIs, blocking. Safe for threads.

    ::

        with Elhub(identity, environment="mt1") as elhub:
            asked = elhub.run(access.request(order))
            for grant in elhub.each(access.grants()):
                ...

    Args:
        identity: who calls; ``None`` for open APIs alone.
        environment: ``production``, ``mt1``, ``local``, or an environment of your own.
        patience: seconds that a call may take with all its retries.
        agent: what the client says it is (``User-Agent``).
        http: an HTTP client to use instead of one of its own.
        keep_open: whether that client is left open by ``close``.
        clock: the moment, aware; the machine's when not given.

    Raises:
        UnknownName: there is no such environment.
    """

    def __init__(
        self,
        identity: RestIdentity | None = None,
        *,
        environment: str | RestEnvironment = "production",
        patience: float = 60,
        agent: str = _AGENT,
        http: httpx2.Client | None = None,
        keep_open: bool = True,
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        self.session = _session(identity, environment, patience, agent, clock)
        self._own = http is None or not keep_open
        self._http = http or httpx2.Client(follow_redirects=False)
        self._alone = threading.Lock()
        self._sleep: Callable[[float], None] = time.sleep

    def run(self, call: Call[T]) -> T:
        """Make a call.

        Raises:
            RestError: it did not succeed; see ``ediel.rest.errors``.
        """
        return self.carry_out(self.session.perform(call))

    def each(self, listing: Listing[R]) -> Iterator[R]:
        """Every resource of a collection, page by page, newest first.

        Raises:
            RestError: a page could not be fetched or read.
        """
        number, more, seen = 0, True, set[str]()
        while more:
            items, more = self.carry_out(self.session.next_page(listing, number, seen))
            yield from items
            number += 1

    def carry_out(self, plan: Plan[T]) -> T:
        """Carry out a plan, such as that of ``access.request_once``."""
        outcome: Any = None
        while True:
            try:
                step = plan.send(outcome)
            except StopIteration as end:
                result: T = end.value
                return result
            outcome = self._do(step)

    def _do(self, step: Step) -> Any:
        if isinstance(step, Fetch):
            return self._fetch(step)
        if isinstance(step, Pause):
            return self._sleep(step.seconds)
        with self._alone:
            return self.carry_out(step.plan)

    def _fetch(self, fetch: Fetch) -> Answer | Lost:
        body = _Body(fetch)
        try:
            with self._http.stream(
                fetch.method, fetch.url, headers=dict(fetch.headers), content=fetch.content or None,
                params=dict(fetch.params) or None, timeout=fetch.seconds,
            ) as response:  # fmt: skip
                for part in response.iter_bytes():
                    if not body.add(part):
                        break
                return body.answer(response)
        except httpx2.HTTPError as error:
            return _lost(error, fetch.url)

    def close(self) -> None:
        """Let go of the connections."""
        if self._own:
            self._http.close()

    def __enter__(self) -> Self:
        """The client."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of the connections."""
        self.close()


class AsyncElhub:
    """Elhub's REST APIs, for asyncio. Arguments as for ``Elhub``."""

    def __init__(
        self,
        identity: RestIdentity | None = None,
        *,
        environment: str | RestEnvironment = "production",
        patience: float = 60,
        agent: str = _AGENT,
        http: httpx2.AsyncClient | None = None,
        keep_open: bool = True,
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        self.session = _session(identity, environment, patience, agent, clock)
        self._own = http is None or not keep_open
        self._http = http or httpx2.AsyncClient(follow_redirects=False)
        self._alone = asyncio.Lock()

    async def run(self, call: Call[T]) -> T:
        """Make a call; see ``Elhub.run``."""
        return await self.carry_out(self.session.perform(call))

    async def each(self, listing: Listing[R]) -> AsyncIterator[R]:
        """Every resource of a collection; see ``Elhub.each``."""
        number, more, seen = 0, True, set[str]()
        while more:
            items, more = await self.carry_out(self.session.next_page(listing, number, seen))
            for item in items:
                yield item
            number += 1

    async def carry_out(self, plan: Plan[T]) -> T:
        """Carry out a plan."""
        outcome: Any = None
        while True:
            try:
                step = plan.send(outcome)
            except StopIteration as end:
                result: T = end.value
                return result
            outcome = await self._do(step)

    async def _do(self, step: Step) -> Any:
        if isinstance(step, Fetch):
            return await self._fetch(step)
        if isinstance(step, Pause):
            return await asyncio.sleep(step.seconds)
        assert isinstance(step, Alone)
        async with self._alone:
            return await self.carry_out(step.plan)

    async def _fetch(self, fetch: Fetch) -> Answer | Lost:
        body = _Body(fetch)
        try:
            async with self._http.stream(
                fetch.method, fetch.url, headers=dict(fetch.headers), content=fetch.content or None,
                params=dict(fetch.params) or None, timeout=fetch.seconds,
            ) as response:  # fmt: skip
                async for part in response.aiter_bytes():
                    if not body.add(part):
                        break
                return body.answer(response)
        except httpx2.HTTPError as error:
            return _lost(error, fetch.url)

    async def close(self) -> None:
        """Let go of the connections."""
        if self._own:
            await self._http.aclose()

    async def __aenter__(self) -> Self:
        """The client."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Let go of the connections."""
        await self.close()
