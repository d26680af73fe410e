"""What workers and runners say to each other: jobs, what came of them, and the settings of a worker."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final, Protocol

__all__ = ["QUEUES", "Done", "Job", "Runner", "WorkerSettings"]

QUEUES: Final = ("send", "poll", "timers", "events", "values")
"""What there is to do: send what waits, fetch what has come, fire deadlines, deliver events, tend values and chores."""


@dataclass(frozen=True, slots=True)
class Job:
    """A batch of work: that of a party, of a channel, of a subscription. Never a single message.

    Attributes:
        queue: one of ``QUEUES``.
        lane: what it is about, such as ``GLN/ROLE/CHANNEL``. No two jobs of one lane are done at a time.
    """

    queue: str
    lane: str

    @property
    def name(self) -> str:
        """Queue and lane: the name of its lock."""
        return f"{self.queue}/{self.lane}"


@dataclass
class Done:
    """What came of a job, or of many.

    Attributes:
        jobs: how many.
        sent: messages that the hub has received, by its own signed word.
        refused: messages that will not be sent without a decision.
        postponed: messages that will be tried again.
        received: messages that were received.
        dead: of those, dead letters.
        fired: deadlines.
        delivered: events that a subscription has handled.
        problems: what went wrong, in words.
        more: whether there is more to do in the lane at once.
    """

    jobs: int = 0
    sent: int = 0
    refused: int = 0
    postponed: int = 0
    received: int = 0
    dead: int = 0
    fired: int = 0
    delivered: int = 0
    problems: list[str] = field(default_factory=list)
    more: bool = False

    def add(self, other: Done) -> None:
        """Count another one in; ``more`` is of a single job."""
        for name in ("jobs", "sent", "refused", "postponed", "received", "dead", "fired", "delivered"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.problems += other.problems


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerSettings:
    """How a worker works.

    Attributes:
        interval: seconds between two polls of a channel.
        tick: seconds between two looks at what is due. With procrastinate whole seconds, one at the least.
        lanes: jobs of one party, or of one subscription, that send or deliver at a time.
        slice: seconds after which a job makes room for others; what is left is done in the next.
        lease: seconds after which the work of a worker that gives no sign of life is taken up by others.
        chores: seconds between two rounds of what needs no haste, such as compacting files of values.
    """

    interval: float = 60
    tick: float = 1
    lanes: int = 1
    slice: float = 20
    lease: float = 30
    chores: float = 900

    @property
    def lease_time(self) -> timedelta:
        """The lease."""
        return timedelta(seconds=self.lease)


class Runner(Protocol):
    """Who decides what is done when, and by which worker."""

    def run(self, stop: threading.Event, *, once: bool = False) -> Done:
        """Do what is due until stopped; what is under way then is finished.

        Args:
            stop: ends it.
            once: end when nothing is due any more.

        Raises:
            StoreError: the database cannot be used; with ``once`` also when it cannot be reached.
        """
        ...
