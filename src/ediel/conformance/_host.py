"""A system under test against the stand-in hub: the case plays Elhub and everybody else, watches, and judges.

What the system is to send is not written in the case a second time: the case is rehearsed first, with an engine of this
package as the actor, and what that one sends, the system is to send too: the same message of the same process for the
same metering point and time. What stands in the state of the system cannot be seen from here, and is not judged.
"""

from __future__ import annotations

import secrets
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

import ediel
from ediel.conformance._case import Case, Step
from ediel.conformance._market import market
from ediel.conformance._result import CaseResult
from ediel.conformance._run import BEGIN, Play
from ediel.conformance._script import Elsewhere, field_of
from ediel.conformance.errors import Fault, StepFailed
from ediel.hub import HubParty, asgi
from ediel.hub.local import HubUnderTest, MarketParty, hub
from ediel.messages import Message
from ediel.messages.services import POLL_CHANNELS
from ediel.store import Values

__all__ = ["Hosted", "host_case", "hosted"]

T = TypeVar("T")
_PAUSE: Final = 0.1
_ESSENCE: Final = (
    "header.document_type", "process.business_process", "payload.metering_point", "payload.start_of_occurrence",
    "payload.end_of_occurrence", "payload.update_indicator", "payload.extended_storage",
    "payload.customer.identification", "payload.period.start", "payload.period.end", "payloads.0.metering_point",
    "payloads.0.period.start", "payloads.0.period.end", "payloads.0.product.product", "payloads.0.direction",
)  # fmt: skip
"""What makes a message the one that is wanted; what else stands in it is for schema and rules."""
_POSITIVE: Final = frozenset({"Acknowledgement", "ConfirmStartOfSupply", "ConfirmEndOfSupply"})
"""Answers that are sent only on request."""
_PRIVATE: Final = frozenset({"payload.customer.identification"})


class Hosted:
    """A hub that waits for a system.

    Attributes:
        market: the hub, and the other parties.
        address: where it listens.
        gln: of the party that the system plays.
        pem: certificate and key with which the system signs.
        token: of the back office.
    """

    def __init__(self, under_test: HubUnderTest, address: str, actor: HubParty, token: str) -> None:
        self.market = under_test
        self.token = token
        self.address = address
        self.gln = actor.gln
        self.pem = None if actor.organisation is None else under_test.keyring.path(actor.organisation)


@contextmanager
def hosted(
    case: Case, *, begin: datetime = BEGIN, keys: Path | None = None, port: int = 0, listen: str = "127.0.0.1"
) -> Iterator[Hosted]:
    """A hub on a port of this machine, with the market of a case.

    Args:
        case: which case.
        begin: where the market's clock stands; it is moved by the case alone.
        keys: folder of the certificates; kept for the next time.
        port: where; any that is free, when 0.
        listen: the address to listen on; this machine alone when not given.

    Raises:
        OSError: the port cannot be used.
    """
    import uvicorn  # noqa: PLC0415 - of the extra, like all that serves

    with hub(market(begin.date()), now=begin, keys=keys) as local:
        actor = local.known(case.role)
        if actor.organisation is not None:
            local.keyring.identity(actor.organisation)  # so that its file is there
        bound = socket.create_server((listen, port))  # uvicorn would end the process where it cannot
        token = secrets.token_urlsafe(24)
        app = asgi(local.hub, ticks=False, token=token, hosts=(listen,))
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]}, daemon=True)
        thread.start()
        try:
            while not server.started and thread.is_alive():
                time.sleep(0.01)
            yield Hosted(local, f"http://{listen}:{bound.getsockname()[1]}", actor, token)
        finally:
            server.should_exit = True
            thread.join()
            bound.close()


def host_case(
    case: Case,
    place: Hosted,
    *,
    tell: Callable[[str], None] = lambda _: None,
    patience: float = 300,
    misbehaviours: Iterable[str] = (),
    begin: datetime = BEGIN,
) -> CaseResult:
    """Run a case with another system as the actor.

    Args:
        case: the case.
        place: the hub that the system talks to.
        tell: called with what the system is to do now, in words.
        patience: seconds that the system has for each step.
        misbehaviours: kinds of ``ediel.hub.Misbehaviour``; each strikes the system once.
        begin: as it was given to ``hosted``.

    Returns:
        The verdict on the system, with notes on what is unusual and decides nothing.
    """
    with hub(market(begin.date()), now=begin) as local:
        rehearsal = _Rehearsal(case, local, begin)
        result = rehearsal.run()
    if result.verdict != "passed":
        result.fault = "the case's"
        result.notes.append("the case does not even pass with the engine of this package as the actor")
        return result
    for kind in misbehaviours:
        place.market.misbehave(kind, party=place.gln, times=1)
    play = _Host(case, place, begin, rehearsal.sent, tell=tell, patience=patience)
    result = play.run()
    result.notes += play.notes()
    return result


class _Rehearsal(Play):
    """The case with an engine of this package as the actor; what it sends is what a system is to send."""

    def __init__(self, case: Case, under_test: HubUnderTest, begin: datetime) -> None:
        self.sent: dict[int, list[Message]] = {}
        super().__init__(case, under_test, None, begin)

    def _note(self, source: str, target: str, message: Message) -> None:
        super()._note(source, target, message)
        if source == "actor":
            self.sent.setdefault(self.place, []).append(message)


class _Host(Play):
    """The case with another system as the actor."""

    def __init__(
        self,
        case: Case,
        place: Hosted,
        begin: datetime,
        wanted: dict[int, list[Message]],
        *,
        tell: Callable[[str], None],
        patience: float,
    ) -> None:
        self._gln = place.gln
        self._wanted = wanted
        self._instruct = tell
        self._patience = patience
        self._fetched: deque[bytes] = deque()
        self._times: dict[str, int] = {}
        self._sent: list[Message] = []
        self._inside: set[str] = set()
        self._asked = True
        super().__init__(case, place.market, None, begin)
        self._elsewhere = frozenset({self._gln})
        place.market.hub.endpoint.tamper = self._handed_out

    def _handed_out(self, gln: str, message: bytes) -> list[bytes]:
        """A message on its way out; called by the thread that answers."""
        if gln == self._gln:
            self._fetched.append(message)
        return [message]

    def part(self, who: str) -> MarketParty:
        """Who plays a part; all parts of the system's party are the system's."""
        gln = self._gln_of(who)
        return Elsewhere(self.market.known(gln)) if gln == self._gln else self.market.party(gln)

    # --- steps

    def _step(self, step: Step) -> tuple[str, tuple[str, ...]]:
        result = self._played(step)
        self._carry()
        if unasked := self._unasked():
            raise StepFailed("; ".join(unasked), "the actor's")
        return result

    def _played(self, step: Step) -> tuple[str, tuple[str, ...]]:
        mine = self._gln_of(step.who) == self._gln
        inside = step.process in self._inside
        if step.do in {"start", "command"} and mine:
            if step.do == "start":
                self._inside.add(step.as_ or str(step.order))
            return self._sends(step)
        if step.do == "repeat" and mine:
            return "your system is not asked to repeat itself", ()
        if step.do == "notify" and inside:
            self._instruct(f"give your system this decision, outside the messages: {step.name}")
            return "given outside the messages", ()
        if step.state and inside:
            return f"expected {step.state}; it is inside the system, and not checked", ()
        result = super()._step(step)
        return self._sends(step) if self._wanted.get(self.place) else result

    def _unasked(self) -> list[str]:
        """What the system has sent, and no step from here on wants."""
        later = [message for place, items in self._wanted.items() if place >= self.place for message in items]
        return [
            f"the system sent {_words(message)}, which was not expected"
            for message in self._sent
            if not any(one.name() == message.name() and not _differences(one, message) for one in later)
        ]

    def _sends(self, step: Step) -> tuple[str, tuple[str, ...]]:
        """Wait for what the system is to send."""
        wanted = list(self._wanted.get(self.place, ()))
        if not wanted:
            self._instruct(f"let your system do: {step.title()}; no message comes of it")
            return "no message comes of it", ()
        identifications = []
        for message in wanted:
            self._instruct(f"let your system send {_words(message)}")
            sent = self._wait(partial(self._take, message), f"expected {_words(message)}")
            identifications.append(sent.header.identification)
            self._asked = sent.header.request_positive_acknowledgement is True
        return ", ".join(message.name() for message in wanted), tuple(identifications)

    def _take(self, wanted: Message) -> Message | None:
        """The message that is wanted, where it has come.

        Raises:
            StepFailed: one of that name has come, and is another.
        """
        named = [message for message in self._sent if message.name() == wanted.name()]
        for message in named:
            if not _differences(wanted, message):
                self._sent.remove(message)
                return message
        if named:
            raise StepFailed("; ".join(_differences(wanted, named[0])), "the actor's")
        return None

    def _expect(self, step: Step) -> tuple[str, tuple[str, ...]]:
        if self._gln_of(step.who) != self._gln:
            return super()._expect(step)
        waiting = self.came.setdefault(self._gln, [])
        if not self._asked and step.expect in _POSITIVE and step.where.get("payload.status", "39") == "39":
            return f"no {step.expect} comes: the system has not requested a positive answer", ()

        received = self._wait(lambda: self._fitting(waiting, step), "")
        waiting.remove(received)
        return f"{received.name()} {received.header.identification}", (received.header.identification,)

    def _wait(self, come: Callable[[], T | None], missing: str) -> T:
        """Let the others carry and the system work, until something is there.

        Raises:
            StepFailed: it has not come in the time that the system has.
        """
        end = time.monotonic() + self._patience
        while True:
            self._carry()
            if (result := come()) is not None:
                return result
            if time.monotonic() > end:
                raise StepFailed(missing or self._missing(), "the actor's")
            time.sleep(_PAUSE)

    def _missing(self) -> str:
        """Why a message that the system was to fetch is not there."""
        step = self.case.steps[self.place]
        waiting = self.came.get(self._gln, [])
        if other := self._unfitting(waiting, step):
            return other
        others = ", ".join(item.name() for item in waiting) or "nothing"
        waits = sum(row["messages"] for row in self._queues())
        text = f"expected that {step.expect} is fetched; fetched was {others}"
        text += f", and {waits} messages wait for the system" if waits else ""
        if self._open():
            text += "; a result set was fetched and not acknowledged"
        refused = [item.text for item in self.market.hub.endpoint.refused if item.sender in {self._gln, None}]
        return text + (f"; the hub has refused: {refused[-1]}" if refused else "")

    def _queues(self) -> list[Values]:
        return [row for row in self.market.hub.queues.lengths() if row["recipient"] == self._gln]

    def _carry(self) -> None:
        """Everybody but the system sends and fetches; what the system has sent and fetched is noted."""
        super()._carry()
        while self._fetched:
            data = self._fetched.popleft()
            for message in ediel.read_all(data):
                identification = message.header.identification
                self._times[identification] = self._times.get(identification, 0) + 1
                if self._times[identification] == 1:
                    self._note("hub", "actor", message)
                    self.came.setdefault(self._gln, []).append(message)

    def _note(self, source: str, target: str, message: Message) -> None:
        super()._note(source, target, message)
        if source == "actor":
            self._sent.append(message)

    # --- the end

    def _left(self) -> tuple[list[str], Fault]:
        open_sets = self._open()
        end = time.monotonic() + min(self._patience, 30)
        while open_sets and time.monotonic() < end:
            time.sleep(_PAUSE)
            open_sets = self._open()
        self._carry()
        self.place += 1
        unasked = self._unasked()
        if open_sets:
            unasked.append(f"{open_sets} result sets were fetched and not acknowledged")
        if unasked:
            return unasked, "the actor's"
        return super()._left()

    def _open(self) -> int:
        return sum(row["result_set"] is not None for row in self._queues())

    def notes(self) -> list[str]:
        """What is unusual, and decides nothing."""
        notes = []
        endpoint = self.market.hub.endpoint
        strange = [
            item for item in endpoint.acknowledged if item.sender == self._gln and item.service not in POLL_CHANNELS
        ]
        if strange:
            services = ", ".join(sorted({item.service for item in strange}))
            notes.append(
                f"{len(strange)} acknowledgements came through {services}; the samples acknowledge through the service "
                "that was polled. The stand-in hub accepts both; whether Elhub does is not known"
            )
        vain = sum(item.sender == self._gln and not item.waited for item in endpoint.acknowledged)
        if vain:
            notes.append(f"{vain} acknowledgements named no result set that waited")
        refused = [item for item in endpoint.refused if item.sender == self._gln]
        notes += [f"the hub refused a call: {item.group}: {item.text}" for item in refused[:10]]
        again = sum(times > 1 for times in self._times.values())
        if again:
            notes.append(f"{again} messages were fetched more than once before they were acknowledged")
        return notes


def _essence(message: Message) -> dict[str, str]:
    values = {}
    for path in _ESSENCE:
        value = field_of(message, path)
        if value is not None:
            values[path] = value.isoformat() if isinstance(value, datetime) else str(value)
    return values


def _differences(wanted: Message, sent: Message) -> list[str]:
    """What is otherwise in a message than it should be; of people, only that it is."""
    other = []
    for path in _essence(wanted):
        want, have = field_of(wanted, path), field_of(sent, path)
        if want == have:  # moments are equal in whatever zone they are written
            continue
        what = f"{wanted.name()}: {path}"
        other.append(f"{what} is another" if path in _PRIVATE else f"{what}: expected {want}, found {have}")
    return other


def _words(message: Message) -> str:
    essence = {path: value for path, value in _essence(message).items() if path not in _PRIVATE}
    inside = ", ".join(f"{path.rpartition('.')[2]} {value}" for path, value in essence.items())
    return f"{message.name()} ({inside})"
