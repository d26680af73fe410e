"""Systems under test: one built on this package, and the published client package, each driven as its owner would."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

import ediel
from ediel.conformance import Case, Hosted
from ediel.conformance._market import PARTS, newcomer, point_of
from ediel.conformance._run import BEGIN
from ediel.conformance._script import Script
from ediel.engine import Engine, Party
from ediel.hub import SERVICES
from ediel.testing import MarketParty
from ediel.transport import Client, Courier, Environment, TransportError


class Backend:
    """A backend built on this package: an engine of its own, a courier over HTTP, and an owner who follows the case.

    Args:
        case: the case.
        place: the hub.
        folder: for its database.
        skip: does not send messages of that name.
        late: days by which it is late with every date.
        point: the metering point that it takes instead.
        deaf: never polls.
        mute: never acknowledges.
        twice: sends everything a second time, under another identification.
        stranger: gives another end user.
    """

    def __init__(
        self, case: Case, place: Hosted, folder: Path, *, skip: str = "", late: int = 0, point: str = "",
        deaf: bool = False, mute: bool = False, twice: bool = False, stranger: bool = False,
    ) -> None:  # fmt: skip
        self.case, self.place, self.skip, self.twice = case, place, skip, twice
        self.late, self.stranger, self.kind = late, stranger, point or case.point
        known = place.market.known(case.role)
        assert known.organisation is not None
        self.engine = Engine.open(
            f"sqlite:///{folder / 'backend.db'}",
            party=[
                Party(known.gln, role.value, hub=place.market.hub.gln) for role in sorted(known.roles or (), key=str)
            ],
            clock=place.market.clock,
        )
        ring = place.market.keyring
        environment = Environment("local", f"{place.address}{SERVICES}", source="the hub of the case")
        self.client = client = Client(environment, ring.identity(known.organisation), ring.trust)
        self.party = MarketParty(known, self.engine, Courier(self.engine, client))
        self.play = _Owner(self)
        self.stop = threading.Event()
        self.steps = iter([step for step in case.steps if self._mine(step)])
        self.thread = threading.Thread(target=self._poll, daemon=True)
        self.lock = threading.RLock()
        if deaf:
            self.party.courier._fetch_all = lambda *_: None  # type: ignore[method-assign]
        if mute:
            client.acknowledge = lambda *_, **__: None  # type: ignore[method-assign]

    def _mine(self, step: Any) -> bool:
        role, number = PARTS[step.who] or (self.case.role, 0)
        return step.do in {"start", "command", "told"} and self.place.market.known(role, number).gln == self.place.gln

    def __enter__(self) -> Self:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        self.thread.join()
        self.client.close()
        self.engine.close()

    def _poll(self) -> None:
        while not self.stop.wait(0.05):
            with self.lock, suppress(TransportError):
                self.party.courier.cycle()
                self._patient()
                if self.twice:
                    self._again()

    def _patient(self) -> None:
        """Its clock is the market's, which stands still: what is to be tried again later is tried in the next cycle."""
        for row in self.engine.outbox.pending():
            if row["next_at"] is not None:
                self.engine.outbox.failed(row["message_id"], row["error"], again_at=self.engine.clock())

    def _again(self) -> None:
        """The last message that it sent, under another identification."""
        for row in self.engine.browse.outbox(status="sent"):
            message: Any = ediel.read(row["data"])
            header = message.header.model_copy(update={"identification": str(uuid4())})
            self.client.call(message.model_copy(update={"header": header}))
            self.twice = False
            return

    def tell(self, text: str) -> None:
        """The owner reads what is to be done now, and does it."""
        if text.startswith(("let your system send", "let your system do", "give your system")):
            step = next(self.steps, None)
            if step is not None and (not self.skip or self.skip not in text):
                with self.lock:
                    getattr(self.play, f"_{step.do}")(step)


class _Owner(Script):
    """Does the actor's steps with the backend's engine."""

    def __init__(self, backend: Backend) -> None:
        market, kind = backend.place.market, backend.kind
        point = point_of(market.seed, kind)
        super().__init__(backend.case, market.seed, point, BEGIN, market.clock)
        self.market = market
        self._backend = backend

    def _day(self, text: str) -> date:
        return super()._day(text) + timedelta(days=self._backend.late)

    def _value(self, value: Any) -> Any:
        return newcomer() if value == "$customer" and self._backend.stranger else super()._value(value)

    def part(self, who: str) -> MarketParty:
        role, number = PARTS[who] or (self.case.role, 0)
        known = self.market.known(role, number)
        return self._backend.party if known.gln == self._backend.place.gln else self.market.party(role, number)


def waited(what: Callable[[], Any], seconds: float = 10) -> Any:
    """Something, as soon as it is there."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := what():
            return found
        time.sleep(0.05)
    raise AssertionError("it did not come")
