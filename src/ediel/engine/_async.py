"""The engine for backends that run on an event loop: the same methods, awaited; the loop is never blocked.

Every call runs in a thread of the engine's own; the context of the caller, such as who acts, goes with it.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable, Coroutine, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from functools import partial, update_wrapper
from typing import Any, Concatenate, Final, ParamSpec, Self, TypeVar

from ediel.engine import events
from ediel.engine._apply import OnChange
from ediel.engine._engine import Clock, Engine
from ediel.engine._intake import DecisionMaker
from ediel.engine._messages import Exchanged
from ediel.engine._party import Party
from ediel.engine._results import Process
from ediel.engine._settings import EngineSettings
from ediel.engine._subscriptions import Handler

__all__ = ["AsyncEngine"]

P = ParamSpec("P")
T = TypeVar("T")
_THREADS: Final = 8
"""Calls that run at once; on SQLite one of them writes at a time."""


def _awaited(
    method: Callable[Concatenate[Engine, P], T],
) -> Callable[Concatenate[AsyncEngine, P], Coroutine[Any, Any, T]]:
    """A method of the engine as a coroutine that runs it in a thread."""

    async def call(self: AsyncEngine, /, *given: P.args, **more: P.kwargs) -> T:
        return await self.run(partial(method, self.engine, *given, **more))

    update_wrapper(call, method)
    return call


class AsyncEngine:
    """An ``Engine`` on an event loop.

    ::

        async with await ediel.AsyncEngine.open("sqlite:///market.db", party=party) as engine:
            switch = await engine.start(order, key="web-4711")

    The methods are those of ``Engine``, with the same arguments, results and errors. A call whose task is cancelled
    goes on to its end: what it does is committed, or not, as a whole.

    ``connection=`` takes a connection of the plain SQLAlchemy; with an ``AsyncSession``, call the plain engine inside
    of ``session.run_sync``: ``lambda session: engine.engine.start(order, connection=session.connection())``.

    Attributes:
        engine: the plain engine; its calls block.
    """

    def __init__(self, engine: Engine, *, threads: int = _THREADS) -> None:
        self.engine = engine
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="ediel")

    @classmethod
    async def open(
        cls,
        url: str,
        *,
        party: Party | Iterable[Party] = (),
        clock: Clock | None = None,
        settings: EngineSettings | None = None,
        decisions: DecisionMaker | None = None,
        on_change: OnChange | None = None,
        upgrade: bool = True,
        check: bool = True,
    ) -> Self:
        """An engine on a database; see ``Engine.open``."""
        return cls(
            await asyncio.to_thread(
                partial(
                    Engine.open, url, party=party, clock=clock, settings=settings, decisions=decisions,
                    on_change=on_change, upgrade=upgrade, check=check,
                )
            )
        )  # fmt: skip

    async def run(self, call: Callable[[], T]) -> T:
        """Run something that blocks, such as ``process.messages``, in a thread of the engine."""
        context = contextvars.copy_context()
        return await asyncio.get_running_loop().run_in_executor(self._threads, partial(context.run, call))

    adopt = _awaited(Engine.adopt)
    reconcile = _awaited(Engine.reconcile)
    replay_days = _awaited(Engine.replay_days)
    start = _awaited(Engine.start)
    start_many = _awaited(Engine.start_many)
    originate = _awaited(Engine.originate)
    cancel = _awaited(Engine.cancel)
    roll_back = _awaited(Engine.roll_back)
    abandon = _awaited(Engine.abandon)
    resend = _awaited(Engine.resend)
    correct = _awaited(Engine.correct)
    receive = _awaited(Engine.receive)
    receive_many = _awaited(Engine.receive_many)
    set_aside = _awaited(Engine.set_aside)
    replay = _awaited(Engine.replay)
    replay_all = _awaited(Engine.replay_all)
    run_due = _awaited(Engine.run_due)
    deliver = _awaited(Engine.deliver)
    evidence = _awaited(Engine.evidence)
    tend_values = _awaited(Engine.tend_values)
    add_party = _awaited(Engine.add_party)
    process = _awaited(Engine.process)
    find = _awaited(Engine.find)
    timeline = _awaited(Engine.timeline)
    due = _awaited(Engine.due)
    tally = _awaited(Engine.tally)
    purge = _awaited(Engine.purge)
    export = _awaited(Engine.export)
    erase = _awaited(Engine.erase)
    message = _awaited(Engine.message)

    async def command(self, process_id: str, name: str, *, now: datetime | None = None, **data: Any) -> Process:
        """Do something with a process; see ``Engine.command``."""
        return await self.run(lambda: self.engine.command(process_id, name, now=now, **data))

    async def decide(self, process_id: str, name: str, *, now: datetime | None = None, **data: Any) -> Process:
        """Tell a process what was decided outside the messages; see ``Engine.decide``."""
        return await self.run(lambda: self.engine.decide(process_id, name, now=now, **data))

    async def settle(
        self, process_id: str, state: str, *, reason: str, now: datetime | None = None, **data: Any
    ) -> Process:
        """Say what has become of a process; see ``Engine.settle``."""
        return await self.run(lambda: self.engine.settle(process_id, state, reason=reason, now=now, **data))

    async def messages(self, process_id: str) -> list[Exchanged]:
        """What a process received and sent, typed; ``process.messages`` of the plain engine."""
        return await self.run(lambda: self.engine.process(process_id).messages)

    # --- what does not wait for the database

    @property
    def parties(self) -> tuple[Party, ...]:
        """Who the engine acts for."""
        return self.engine.parties

    def acting(self, actor: str, reason: str | None = None) -> AbstractContextManager[None]:
        """Let somebody act, for what is awaited inside; see ``Engine.acting``."""
        return self.engine.acting(actor, reason)

    async def subscribe(
        self,
        name: str,
        *kinds: type[events.Event],
        handler: Handler,
        attempts: int = 8,
        lease: timedelta = timedelta(minutes=1),
        since: datetime | None = None,
    ) -> None:
        """Let a function hear events; see ``Engine.subscribe``.

        It is called in a thread of the engine; an ``async def`` is awaited on a loop of the engine's own, and not on
        that of the caller.
        """
        subscribe = self.engine.subscribe(name, *kinds, attempts=attempts, lease=lease, since=since)
        await self.run(lambda: subscribe(handler))

    async def close(self) -> None:
        """Let go of the database, once the calls that are under way have ended."""
        await asyncio.to_thread(self._threads.shutdown)
        await asyncio.to_thread(self.engine.close)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
