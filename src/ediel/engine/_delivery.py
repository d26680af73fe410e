"""What leaves the engine for the hub."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from ediel.engine.errors import EngineError
from ediel.store import Browser, Evidence, OutboxStore, Store, Values

__all__ = ["Outbox"]


class Outbox:
    """Messages that wait to be sent.

    One sender may go through ``pending`` and say ``sent``. Where several run, each takes messages by ``claim``.
    """

    def __init__(self, store: Store, browser: Browser, clock: Callable[[], datetime]) -> None:
        self._rows = OutboxStore(store)
        self._browser = browser
        self._clock = clock

    def pending(self, party: str | None = None, *, most: int = 1000) -> list[Values]:
        """Messages to send, in order; ``data`` is the XML, ``message_id`` its identification."""
        return self._browser.outbox(party=party, most=most)

    def claim(self, party: str, owner: str, *, without: Iterable[str] = ()) -> Values | None:
        """Claim the next message of a party that may be sent now; ``None`` when there is none.

        No other sender gets it for five minutes, or until its result is written. What belongs to the same process
        or metering point as an earlier message waits until that one is sent or has failed; nothing else waits.

        Args:
            party: GLN.
            owner: who claims: a name that no other sender has.
            without: identifications of messages that are left out.
        """
        return self._rows.claim(party, owner, self._clock(), without=tuple(without))

    def sent(self, message_id: str, *, evidence: Evidence | None = None) -> bool:
        """Say that a message has arrived at the hub; ``evidence`` is what the hub has signed."""
        return self._rows.sent(message_id, self._clock(), evidence)

    def failed(
        self,
        message_id: str,
        error: str,
        *,
        again_at: datetime | None = None,
        doubt: bool = False,
        evidence: Evidence | None = None,
    ) -> bool:
        """Say that a message could not be sent; ``again_at`` when it shall be tried again, ``None`` for never.

        ``doubt`` counts a try that a hub which is otherwise well has not answered as it should.
        """
        if again_at is not None:
            return self._rows.later(message_id, error, again_at, self._clock(), doubt=doubt)
        return self._rows.ended(message_id, "failed", error, self._clock(), evidence)

    def hold(self, message_id: str, error: str, *, evidence: Evidence | None = None) -> bool:
        """Say that a message is not tried again until somebody decides. What belongs to the same process waits."""
        return self._rows.ended(message_id, "held", error, self._clock(), evidence)

    def retry(self, message_id: str) -> None:
        """Send a message that is held, waits for its next try, or has failed, again: at once, with its identification.

        Raises:
            EngineError: there is no such message, or it is sent.
        """
        self._decide(message_id, "pending", None)

    def give_up(self, message_id: str, reason: str = "given up") -> None:
        """Do not send a message any more; what waited for it goes on.

        Raises:
            EngineError: there is no such message, or it is sent.
        """
        self._decide(message_id, "failed", reason)

    def entry(self, message_id: str) -> Values:
        """One message, with everything that is known of its sending.

        Raises:
            EngineError: there is no such message.
        """
        row = self._rows.entry(message_id)
        if row is None:
            raise EngineError(f"there is no message {message_id} in the outbox")
        return row

    def find(self, message_id: str) -> Values | None:
        """One message, as ``entry`` gives it; ``None`` when there is none."""
        return self._rows.entry(message_id)

    def evidence(self, message_id: str) -> list[Values]:
        """What the hub has signed about a message: ``data`` is the envelope, ``decided`` what it has decided."""
        return self._rows.evidence(message_id)

    def _decide(self, message_id: str, status: str, reason: str | None) -> None:
        row = self.entry(message_id)
        if not self._rows.decide(message_id, status, reason):
            raise EngineError(f"the message {message_id} is {row['status']}; there is nothing to decide")
