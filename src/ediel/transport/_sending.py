"""Sending the messages of one party: what each answer means for the message, and for those behind it."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Final

from ediel.engine import Engine
from ediel.errors import InvalidMessage
from ediel.store import LONGEST_WAIT, Values
from ediel.transport._cycle import Cycle
from ediel.transport._words import plain
from ediel.transport.client import Client
from ediel.transport.envelope import SERVICE_OF
from ediel.transport.errors import AnswerRefused, HubFault, TransportError, Unavailable
from ediel.xml import Document

_FIRST: Final = timedelta(seconds=5)
_MOST_DOUBTS: Final = 20
"""Tries after which a message that a healthy hub does not answer is held: some hours."""
_IN_A_ROW: Final = 3
"""Failures in a row after which the rest of a party waits for the next cycle: it is not the messages then."""
_WELL: Final = 1800.0
"""Seconds for which a verified answer shows that the hub is healthy."""
_SEEN_BEFORE: Final = (
    ". The hub may have this very message already, its answer lost: check what its process has received since. Then "
    "`ediel outbox retry` sends it again, and `ediel outbox give-up` drops it"
)
"""What a fault about the identification may mean; no source says what the hub does with one that it has seen."""
_TRIED: Final = ". It is held after {tries} tries: `ediel outbox retry` sends it again, `ediel outbox give-up` drops it"


class Sender:
    """Sends what waits for a party.

    Args:
        engine: whose outbox.
        owner: who claims messages.
        chance: for the jitter of delays.
        stop: called before every request; true ends sending.
        monotonic: a clock that only goes forward.
    """

    def __init__(
        self,
        engine: Engine,
        owner: str,
        chance: Random,
        stop: Callable[[], bool],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._engine = engine
        self._owner = owner
        self._chance = chance
        self._stop = stop
        self._monotonic = monotonic
        self._proven: float | None = None

    def proven(self) -> None:
        """The hub has given a verified answer: it is healthy."""
        self._proven = self._monotonic()

    @property
    def _well(self) -> bool:
        return self._proven is not None and self._monotonic() - self._proven <= _WELL

    def send(self, gln: str, client: Client, cycle: Cycle, pause: Callable[[HubFault], None]) -> None:
        """Send what may be sent now.

        Args:
            gln: whose messages.
            client: who calls.
            cycle: where the result is noted.
            pause: called when the hub refuses the party itself.
        """
        failures = 0
        postponed: set[str] = set()
        while failures < _IN_A_ROW and not self._stop():
            entry = self._engine.outbox.claim(gln, self._owner, without=postponed)
            if entry is None:
                return
            try:
                well = self._send_one(entry, client, cycle)
            except HubFault as fault:
                self._later(entry, fault, cycle)
                pause(fault)
                return
            if well is None:
                return
            if not well:  # what was sent, or refused for good, waits no more
                postponed.add(entry["message_id"])
            failures = 0 if well else failures + 1

    def _send_one(self, entry: Values, client: Client, cycle: Cycle) -> bool | None:
        """Send one message; whether the way is good, ``None`` when there is none.

        Raises:
            HubFault: the hub refuses the party.
        """
        about = {"message": entry["name"], "message_id": entry["message_id"], "party": entry["party"]}
        span = self._engine.tracing.span("ediel.send", about, parent=entry["trace"], kind="client")
        with span as own:
            before = cycle.refused, cycle.postponed
            well = self._exchange(entry, client, cycle)
            if (cycle.refused, cycle.postponed) != before:
                own.failed("refused" if cycle.refused != before[0] else "postponed")
            return well

    def _exchange(self, entry: Values, client: Client, cycle: Cycle) -> bool | None:
        outbox, message_id = self._engine.outbox, entry["message_id"]
        try:
            answer = client.call(Document.read(entry["data"]), SERVICE_OF.get(entry["name"]))
        except HubFault as fault:
            if fault.proven:
                self.proven()
            if fault.stops:
                raise
            if fault.transient:
                self._later(entry, fault, cycle, doubt=self._well)
                return False
            if fault.doubtful:
                outbox.hold(message_id, f"{plain(str(fault))}{_SEEN_BEFORE}", evidence=fault.evidence)
            else:
                outbox.failed(message_id, plain(str(fault)), evidence=fault.evidence)
            cycle.refused += 1
            words = f"{fault}{_SEEN_BEFORE}" if fault.doubtful else str(fault)
            cycle.problems.append(f"{entry['name']} {message_id}: {words}")
            return True
        except (Unavailable, AnswerRefused) as error:
            answered = not isinstance(error, Unavailable) or error.status is not None
            self._later(entry, error, cycle, doubt=answered and self._well)
            return False if answered else None
        except (TransportError, InvalidMessage) as error:  # no service accepts it: trying again changes nothing
            outbox.failed(message_id, plain(str(error)))
            cycle.refused += 1
            cycle.problems.append(f"{entry['name']} {message_id}: {error}")
            return True
        self.proven()
        if answer.document is not None:
            cycle.received += self._engine.receive(answer.document, source=f"answer to {message_id}")
        outbox.sent(message_id, evidence=answer.evidence)
        cycle.sent += 1
        return True

    def _later(self, entry: Values, error: Exception, cycle: Cycle, *, doubt: bool = False) -> None:
        outbox, message_id, words = self._engine.outbox, entry["message_id"], plain(str(error))
        tries = (entry["doubts"] or 0) + 1
        if doubt and tries >= _MOST_DOUBTS:
            words += _TRIED.format(tries=tries)
            outbox.hold(message_id, words)
            cycle.refused += 1
        else:
            delay = min(_FIRST * 2 ** min(int(entry["attempts"]), 20), LONGEST_WAIT) * self._chance.uniform(0.5, 1)
            outbox.failed(message_id, words, again_at=self._engine.clock() + delay, doubt=doubt)
            cycle.postponed += 1
        cycle.problems.append(f"{entry['name']} {message_id}: {words}")
