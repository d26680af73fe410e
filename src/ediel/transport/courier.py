"""Carrying messages between an engine and a hub: send what waits, fetch what has come, and lose nothing.

Fetch, persist, acknowledge, fetch again: after a crash anywhere the same result set is fetched again, and the engine
knows what it has. A message that may have arrived is only sent again with the identification that it has.
"""

from __future__ import annotations

import os
import secrets
import socket
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Final

from ediel.codes import FaultGroup
from ediel.engine import Engine, Party, TimersFailed
from ediel.engine.observe import log
from ediel.store import Values
from ediel.transport._cycle import Cycle
from ediel.transport._large import receive_large
from ediel.transport._paused import Paused
from ediel.transport._sending import Sender
from ediel.transport._settings import CourierSettings
from ediel.transport._words import plain
from ediel.transport.answers import Answer
from ediel.transport.client import Client
from ediel.transport.envelope import SERVICE_OF
from ediel.transport.errors import AnswerRefused, HubFault, NoClient, TransportError
from ediel.transport.guard import ClockGuard
from ediel.transport.polling import CHANNELS
from ediel.values import ValuesError
from ediel.xml import Document

__all__ = ["Courier", "Cycle"]

_FIRST_PAUSE: Final = 60.0
_LONGEST_PAUSE: Final = 3600.0
"""Seconds for which a party is left alone when the hub refuses its certificate or authorisation: doubled each time."""


class Courier:
    """Carries the messages of every party of an engine.

    Several couriers, in one process or in many, may carry the messages of one database: each message is claimed first.

    Args:
        engine: whose messages are carried.
        client: who calls the hub; or, where several organisations send, what gives the client of a physical sender.
        chance: for the jitter of the delays between tries.
        stop: called before every request; true ends the cycle.
        guard: watches the clock; see ``ClockGuard``. Not watched when not given.
        settings: limits of a cycle.
        monotonic: a clock that only goes forward, in seconds.
    """

    def __init__(
        self,
        engine: Engine,
        client: Client | Callable[[str], Client],
        *,
        chance: Random | None = None,
        stop: Callable[[], bool] = lambda: False,
        guard: ClockGuard | None = None,
        settings: CourierSettings | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.engine = engine
        self._stop_asked = stop
        self._clients = client
        self.stopped: dict[str, str] = {}
        """Parties whose certificate or authorisation the hub has refused, with its reason: nothing is sent or fetched
        for them for a while, longer each time, or until the cause is removed and ``resume`` is called."""
        self._pauses: dict[str, tuple[float, float]] = {}  # when to try again, and how long the pause was
        self._settings = settings or CourierSettings()
        self._guard = guard
        self._monotonic = monotonic
        self._paused = Paused(monotonic)  # queues whose answer is too large
        owner = f"{socket.gethostname()}/{os.getpid()}/{secrets.token_hex(4)}"
        self._sender = Sender(engine, owner, chance or Random(), stop, monotonic)  # noqa: S311 - jitter is no secret
        self._pool = ThreadPoolExecutor(self._settings.workers, "party") if self._settings.workers > 1 else None
        self._busy: dict[str, tuple[Future[None], Cycle]] = {}

    def resume(self, gln: str) -> None:
        """Carry the messages of a party again."""
        self.stopped.pop(gln, None)
        self._pauses.pop(gln, None)

    def close(self) -> None:
        """Wait for the calls that are under way; each of them has a limit."""
        if self._pool is not None:
            self._pool.shutdown()

    def cycle(self, *, whole: bool = False) -> Cycle:
        """Fire what is due, send what waits, fetch what has come; for each party that is no hub and not stopped.

        A hub that cannot be reached, or refuses, is reported in ``problems``, not raised.

        Args:
            whole: wait for every party, however slow.

        Raises:
            StoreError: the database cannot be used; nothing was acknowledged that was not kept.
        """
        cycle = Cycle()
        self._try_again()
        parties = [party for party in self.engine.parties if not party.is_hub and self._has_client(party, cycle)]
        if self._guard is not None and (problem := self._guard.problem(partial(self._time_of_hub, parties))):
            log.error("the clock is not to be trusted", problem=problem)
            cycle.problems.append(problem)
            return cycle
        by_gln: dict[str, list[Party]] = {}
        for party in parties:
            by_gln.setdefault(party.gln, []).append(party)
        longest = None if whole else self._settings.patience
        if self.engine.due(timedelta(0), most=1):
            self._serve(
                by_gln, self._fetch_all, cycle, longest
            )  # notifications that have come are handled before deadlines that say none came
        try:
            cycle.fired += len(self.engine.run_due(without=frozenset(self._busy)))
        except TimersFailed as error:
            cycle.fired += len(error.fired)
            cycle.problems.append(str(error))
        self._serve(by_gln, self._send_and_fetch, cycle, longest)
        self.engine.deliver()
        try:
            self.engine.tend_values()
        except (ValuesError, OSError) as error:
            cycle.problems.append(f"the values store: {error}")
        return cycle

    def repeat(self, entry: Values) -> bool:
        """Send a message again that has been sent: the same words, signed anew. For tests of a hub.

        Args:
            entry: an entry of ``engine.browse.outbox(status="sent")``.

        Returns:
            True when the hub accepted it; false when it says that it has a message of that identification.

        Raises:
            TransportError: the hub cannot be reached, or refuses for another reason.
        """
        party = next(item for item in self.engine.parties if item.gln == entry["party"])
        try:
            self._client(party).call(Document.read(entry["data"]), SERVICE_OF.get(entry["name"]))
        except HubFault as fault:
            if fault.group is FaultGroup.UUID:
                return False
            raise
        return True

    def send(self, party: Party, cycle: Cycle) -> None:
        """Send what waits for a party: a part of a cycle, for whoever decides elsewhere what is done when.

        Raises:
            StoreError: the database cannot be used.
        """
        if self._has_client(party, cycle) and party.gln not in self.stopped:
            self._sender.send(party.gln, self._client(party), cycle, lambda fault: self._stop(party, fault, cycle))

    def fetch(self, party: Party, channel: str, cycle: Cycle) -> None:
        """Fetch what has come for a party on a channel: a part of a cycle; see ``send``.

        Raises:
            StoreError: the database cannot be used; nothing was acknowledged that was not kept.
        """
        if self._has_client(party, cycle) and party.gln not in self.stopped:
            self._fetch(party, channel, cycle)

    # --- one party beside the other

    def _serve(
        self,
        by_gln: dict[str, list[Party]],
        work: Callable[[list[Party], Cycle], None],
        cycle: Cycle,
        longest: float | None,
    ) -> None:
        """Do something for each party; slow ones go on in the background without delaying the others."""
        if self._pool is None:
            for parties in by_gln.values():
                work(parties, cycle)
            return
        self._collect(cycle)
        for gln, parties in by_gln.items():
            if gln not in self._busy:
                own = Cycle()
                self._busy[gln] = (self._pool.submit(work, parties, own), own)
        wait([future for future, _ in self._busy.values()], longest)
        self._collect(cycle)

    def _collect(self, cycle: Cycle) -> None:
        """Count in what has been done in the background.

        Raises:
            StoreError: the database could not be used for one of them; the others are counted in.
        """
        failed: BaseException | None = None
        for gln, (future, own) in list(self._busy.items()):
            if future.done():
                del self._busy[gln]
                cycle.add(own)
                failed = failed or future.exception()
        if failed is not None:
            raise failed

    def _fetch_all(self, parties: list[Party], cycle: Cycle) -> None:
        for party in parties:
            for channel in CHANNELS:
                if party.gln not in self.stopped:
                    self._fetch(party, channel, cycle)

    def _send_and_fetch(self, parties: list[Party], cycle: Cycle) -> None:
        self.send(parties[0], cycle)  # the outbox is by party, the queues of the hub are by party and role
        self._fetch_all(parties, cycle)

    # --- who calls

    def _has_client(self, party: Party, cycle: Cycle) -> bool:
        try:
            self._client(party)
        except NoClient as error:
            if party.gln not in self.stopped:
                self._stop(party, error, cycle, pause=False)
            return False
        return True

    def _client(self, party: Party) -> Client:
        """Who calls for a party.

        Raises:
            NoClient: there is no certificate of its physical sender.
        """
        return self._clients if isinstance(self._clients, Client) else self._clients(party.physical_sender)

    def _time_of_hub(self, parties: list[Party]) -> datetime | None:
        return self._client(parties[0]).time_of_hub() if parties else None

    def _stop(self, party: Party, error: Exception, cycle: Cycle, *, pause: bool = True) -> None:
        words = plain(str(error))
        self.stopped[party.gln] = words
        cycle.problems.append(f"party {party.gln} is stopped: {words}")
        if pause:
            before = self._pauses.get(party.gln, (0.0, 0.0))[1]
            seconds = min(max(before * 2, _FIRST_PAUSE), _LONGEST_PAUSE)
            self._pauses[party.gln] = (self._monotonic() + seconds, seconds)
            cycle.problems[-1] += f". It is tried again in {seconds:g} seconds"
        log.error("party stopped", party=party.gln, error=words)

    def _try_again(self) -> None:
        """Parties whose pause is over."""
        for gln, (until, _) in self._pauses.items():
            if self._monotonic() >= until:
                self.stopped.pop(gln, None)

    def _well(self, party: Party) -> None:
        """The hub has answered a party: what it refused before is over."""
        self._sender.proven()
        self._pauses.pop(party.gln, None)

    # --- fetching

    def _fetch(self, party: Party, channel: str, cycle: Cycle) -> None:
        before: str | None = None
        client = self._client(party)
        about = f"{channel} {party.gln} {party.role}"
        if (problem := self._paused.problem(about)) is not None:
            cycle.problems.append(f"{about}: {problem}")
            return
        for _ in range(self._settings.most):
            if self._stop_asked():
                return
            began = time.time_ns()
            try:
                answer = client.poll(party, channel)
                self._well(party)
                if answer.large is None and (answer.document is None or answer.document.kind == "empty poll"):
                    return
                if answer.result_set is not None and answer.result_set == before:
                    cycle.problems.append(f"{channel} {party.gln}: {before} came again though it was acknowledged")
                    _let_go(answer)
                    return
                source = f"{about} {answer.result_set or 'without identification'}"
                fetched = {
                    "party": party.gln, "role": party.role, "channel": channel, "result_set": answer.result_set,
                }  # fmt: skip
                # a span of a poll that brought nothing would say nothing, every minute for each queue
                with self.engine.tracing.span("ediel.poll", fetched, kind="client", began=began):
                    going_on = self._received(answer, source, cycle)
                if not going_on:
                    return
                if answer.result_set is None:
                    cycle.problems.append(
                        f"{about}: a result set came without an identification (a UUID); it is kept, and cannot be "
                        "acknowledged: ask Elhub"
                    )
                    if answer.large is not None:
                        self._paused.add(about, "a large result set without an identification waits, and is kept")
                    return
                client.acknowledge(party, channel, answer.result_set)
                self._paused.end(about)
            except HubFault as fault:
                if fault.stops:
                    self._stop(party, fault, cycle)
                else:
                    cycle.problems.append(f"{about}: {fault}")
                return
            except TransportError as error:
                cycle.problems.append(f"{about}: {error}")
                if isinstance(error, AnswerRefused) and error.spooled:
                    self._paused.add(about, str(error))
                return
            before = answer.result_set
            del answer  # before the next one comes: it may be large

    def _received(self, answer: Answer, source: str, cycle: Cycle) -> bool:
        """Give the engine what has come; false where it was stopped, and nothing may be acknowledged.

        Raises:
            AnswerRefused: there is no room for it.
        """
        if answer.large is None:
            assert answer.document is not None, "an answer with something in it"
            cycle.received += self.engine.receive(answer.document, source=source, evidence=answer.evidence)
            return True
        try:
            received, whole = receive_large(self.engine, answer.large, source, self._stop_asked)
        except OSError as error:
            why = error.strerror or type(error).__name__
            text = (
                f"a large answer cannot be kept: {why}. It is not acknowledged, and comes again; make room on the disk"
            )
            raise AnswerRefused(text, spooled=True) from None
        finally:
            _let_go(answer)
        cycle.received += received
        return whole


def _let_go(answer: Answer) -> None:
    if answer.large is not None:
        answer.large.close()
