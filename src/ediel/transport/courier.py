"""Carrying messages between an engine and a hub: send what waits, fetch what has come, and lose nothing.

Fetch, persist, acknowledge, fetch again: after a crash anywhere the same result set is fetched again, and the engine
knows what it has. A message that may have arrived is only sent again with the identification that it has.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

from ediel.codes import FaultGroup
from ediel.engine import Engine, Party, Received, TimersFailed
from ediel.engine.observe import log
from ediel.errors import InvalidMessage
from ediel.store import moment_of
from ediel.transport.client import AnswerRefused, Client, HubFault, Unavailable
from ediel.transport.envelope import SERVICE_OF
from ediel.transport.errors import NoClient, TransportError
from ediel.transport.polling import CHANNELS
from ediel.xml import Document

__all__ = ["Courier", "Cycle"]

_FIRST: Final = timedelta(seconds=5)
_LONGEST: Final = timedelta(minutes=15)
_TAKEN_BEFORE: Final = ". It may have taken it before, and lost the answer: look at what its process was told since"
"""What a fault about the identification may mean; no source says what the hub does with one that it has seen."""


@dataclass
class Cycle:
    """What one cycle has done.

    Attributes:
        sent: messages that the hub has taken.
        refused: messages that it has refused for good; they lie in the outbox as ``failed``, with the fault.
        postponed: messages that will be tried again.
        received: what became of each message that came.
        problems: what went wrong, in words.
        fired: timers that have fired.
    """

    sent: int = 0
    refused: int = 0
    postponed: int = 0
    received: list[Received] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    fired: int = 0


class Courier:
    """Carries the messages of every party of an engine.

    Args:
        engine: whose messages are carried.
        client: who calls the hub; or, where several organisations send, what gives the client of a physical sender.
        chance: for the jitter of the delays between tries.
        most: result sets that are fetched per channel and cycle.
        stop: asked before every call whether to end the cycle.
    """

    def __init__(
        self,
        engine: Engine,
        client: Client | Callable[[str], Client],
        *,
        chance: Random | None = None,
        most: int = 100,
        stop: Callable[[], bool] = lambda: False,
    ) -> None:
        self.engine = engine
        self._stop_asked = stop
        self._clients = client
        self.stopped: dict[str, str] = {}
        """Parties whose certificate or authorisation the hub has refused, and what it said: nothing is sent or fetched
        for them until somebody has acted and ``resume`` was called."""
        self._chance = chance or Random()  # noqa: S311 - jitter is no secret
        self._most = most

    def resume(self, gln: str) -> None:
        """Carry the messages of a party again."""
        self.stopped.pop(gln, None)

    def cycle(self) -> Cycle:
        """Fire what is due, send what waits, fetch what has come; for each party that is no hub and not stopped.

        A hub that cannot be reached, or refuses, is told in ``problems``, not raised.

        Raises:
            StoreError: the database cannot be used; nothing was acknowledged that was not kept.
        """
        cycle = Cycle()
        parties = [party for party in self.engine.parties if not party.is_hub and self._has_client(party, cycle)]
        if self.engine.due(timedelta(0)):
            self._fetch_all(parties, cycle)  # what the hub has told by now comes before what silence means
        try:
            cycle.fired = len(self.engine.run_due())
        except TimersFailed as error:
            cycle.fired = len(error.fired)
            cycle.problems.append(str(error))
        glns: set[str] = set()
        for party in parties:
            if party.gln not in glns:  # the outbox is by party, the queues of the hub are by party and role
                glns.add(party.gln)
                self._send(party, cycle)
        self._fetch_all(parties, cycle)
        return cycle

    def repeat(self, entry: dict[str, Any]) -> bool:
        """Send a message again that has been sent: the same words, signed anew. For tests of a hub.

        Args:
            entry: an entry of ``engine.browse.outbox(status="sent")``.

        Returns:
            Whether it was taken quietly; false where the hub says that it has a message of that identification.

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

    def _has_client(self, party: Party, cycle: Cycle) -> bool:
        try:
            self._client(party)
        except NoClient as error:
            if party.gln not in self.stopped:
                self._stop(party, error, cycle)
            return False
        return True

    def _fetch_all(self, parties: list[Party], cycle: Cycle) -> None:
        for party in parties:
            for channel in CHANNELS:
                if party.gln not in self.stopped:
                    self._fetch(party, channel, cycle)

    def _client(self, party: Party) -> Client:
        """Who calls for a party.

        Raises:
            NoClient: there is no certificate of its physical sender.
        """
        return self._clients if isinstance(self._clients, Client) else self._clients(party.physical_sender)

    def _send(self, party: Party, cycle: Cycle) -> None:
        for entry in self.engine.outbox.pending(party.gln):
            now = self.engine.clock()
            later = entry["next_at"] is not None and moment_of(entry["next_at"]) > now
            if later or self._stop_asked() or party.gln in self.stopped:
                return
            if not self._send_one(party, entry, now, cycle):
                return  # those behind it wait too: a cancellation must not overtake its request

    def _send_one(self, party: Party, entry: dict[str, Any], now: datetime, cycle: Cycle) -> bool:
        """Send one message; false when the hub shall be left alone for now."""
        outbox, message_id = self.engine.outbox, entry["message_id"]
        try:
            answer = self._client(party).call(Document.read(entry["data"]), SERVICE_OF.get(entry["name"]))
        except HubFault as fault:
            if fault.stops:
                self._stop(party, fault, cycle)
            if fault.stops or fault.transient:
                self._again(entry, now, fault, cycle)
                return False
            text = f"{fault}{_TAKEN_BEFORE}" if fault.group is FaultGroup.UUID else str(fault)
            outbox.failed(message_id, text)
            cycle.refused += 1
            cycle.problems.append(f"{entry['name']} {message_id}: {text}")
            return True
        except (Unavailable, AnswerRefused) as error:
            self._again(entry, now, error, cycle)
            return False
        except (TransportError, InvalidMessage) as error:  # no service takes it: trying again changes nothing
            outbox.failed(message_id, str(error))
            cycle.refused += 1
            cycle.problems.append(f"{entry['name']} {message_id}: {error}")
            return True
        if answer.document is not None and answer.messages:
            cycle.received += self.engine.receive(answer.document, source=f"answer to {message_id}")
        outbox.sent(message_id)
        cycle.sent += 1
        return True

    def _again(self, entry: dict[str, Any], now: datetime, error: Exception, cycle: Cycle) -> None:
        delay = min(_FIRST * 2 ** min(int(entry["attempts"]), 20), _LONGEST) * self._chance.uniform(0.5, 1)
        self.engine.outbox.failed(entry["message_id"], str(error), again_at=now + delay)
        cycle.postponed += 1
        cycle.problems.append(f"{entry['name']} {entry['message_id']}: {error}")

    def _stop(self, party: Party, error: Exception, cycle: Cycle) -> None:
        self.stopped[party.gln] = str(error)
        cycle.problems.append(f"party {party.gln} is stopped: {error}")
        log.error("party stopped", party=party.gln, error=str(error))

    def _fetch(self, party: Party, channel: str, cycle: Cycle) -> None:
        before: str | None = None
        client = self._client(party)
        for _ in range(self._most):
            if self._stop_asked():
                return
            try:
                answer = client.poll(party, channel)
                if answer.result_set is None or answer.document is None:
                    return
                if answer.result_set == before:
                    cycle.problems.append(f"{channel} {party.gln}: {before} came again though it was acknowledged")
                    return
                source = f"{channel} {party.gln} {party.role} {answer.result_set}"
                cycle.received += self.engine.receive(answer.document, source=source)
                client.acknowledge(party, channel, answer.result_set)
            except HubFault as fault:
                if fault.stops:
                    self._stop(party, fault, cycle)
                else:
                    cycle.problems.append(f"{channel} {party.gln} {party.role}: {fault}")
                return
            except TransportError as error:
                cycle.problems.append(f"{channel} {party.gln} {party.role}: {error}")
                return
            before = answer.result_set
