"""What a cycle of the courier has done."""

from __future__ import annotations

from dataclasses import dataclass, field

from ediel.engine import Received

__all__ = ["Cycle"]


@dataclass
class Cycle:
    """What one cycle has done.

    Attributes:
        sent: messages that the hub has received, by its own signed word.
        refused: messages that will not be sent without a decision: ``failed`` (refused for good, by the hub's signed
            word) or ``held`` in the outbox, with the fault.
        postponed: messages that will be tried again.
        received: the result of each message that was received.
        problems: what went wrong, in words.
        fired: timers that have fired.
    """

    sent: int = 0
    refused: int = 0
    postponed: int = 0
    received: list[Received] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    fired: int = 0

    def add(self, other: Cycle) -> None:
        """Count another one in."""
        self.sent += other.sent
        self.refused += other.refused
        self.postponed += other.postponed
        self.fired += other.fired
        self.received += other.received
        self.problems += other.problems
