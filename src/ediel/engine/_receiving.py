"""Receiving: what has arrived, once; what the hub has signed with it; what could not be handled, again."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from ediel.engine._columns import given_back
from ediel.engine._delivery import Outbox
from ediel.engine._evidence import SignedSets, set_of
from ediel.engine._intake import Accepted, Input, Intake
from ediel.engine._results import Received
from ediel.engine._work import Work
from ediel.engine.tracing import Tracing
from ediel.store import Browser, Evidence, Unit, Values
from ediel.xml import Document

__all__ = ["Receiving"]


class Receiving:
    """What an engine receives; its methods are those of ``Engine``."""

    browse: Browser
    clock: Callable[[], datetime]
    outbox: Outbox
    tracing: Tracing
    deliver: Callable[..., int]
    _intake: Intake
    _signed: SignedSets
    _work: Work

    def receive(
        self,
        data: bytes | Document,
        *,
        source: str = "",
        now: datetime | None = None,
        evidence: Evidence | None = None,
    ) -> tuple[Received, ...]:
        """Take what has arrived: a message, an envelope, a poll response. Idempotent.

        The bytes are archived, every message in them is handled or kept as a dead letter, in one commit.

        Args:
            data: the bytes as they arrived, or a document that was read from them.
            source: where they came from, for the archive.
            now: the moment; the clock's when not given.
            evidence: what the hub has signed with it, kept in the same commit; see ``evidence``.

        Returns:
            What happened, one entry per message; one entry for an input that holds none.
        """
        with given_back(data):
            return self._receive((data,), source, now, evidence)[0]

    def set_aside(self, why: str, *, source: str = "", now: datetime | None = None) -> Received:
        """Keep a dead letter about something that has come, is too large to be read, and lies elsewhere.

        Args:
            why: what it is, where it lies, and what to do with it; nothing about people.
            source: where it came from, for the archive.
            now: the moment; the clock's when not given.
        """
        return self._receive((Input.noted(why),), source, now, None)[0][0]

    def receive_many(
        self, inputs: Sequence[bytes | Document], *, source: str = "", now: datetime | None = None
    ) -> list[tuple[Received, ...]]:
        """Take many inputs in one transaction: much quicker than one by one. See ``receive``."""
        with given_back(*inputs):
            return self._receive(inputs, source, now, None)

    def _receive(
        self, inputs: Sequence[bytes | Document | Input], source: str, now: datetime | None, evidence: Evidence | None
    ) -> list[tuple[Received, ...]]:
        if not self.tracing.is_on:
            return self._take(inputs, source, now, evidence)
        with self.tracing.span("ediel.receive", {"inputs": len(inputs)}, kind="consumer"):
            return self._take(inputs, source, now, evidence)

    def _take(
        self, inputs: Sequence[bytes | Document | Input], source: str, now: datetime | None, evidence: Evidence | None
    ) -> list[tuple[Received, ...]]:
        began = time.perf_counter()
        moment = now or self.clock()
        parsed = [data if isinstance(data, Input) else Input(data) for data in inputs]
        points = {point for item in parsed for point in item.points()}

        def work(unit: Unit, unwritten: Mapping[tuple[str, int], str]) -> list[list[Accepted]]:
            if evidence is not None and isinstance(inputs[0], Document):
                self._signed.keep(unit, inputs[0], evidence, moment)
            return self._intake.take(unit, parsed, source, moment, unwritten)

        documents = self._work.accepting(work, locks=tuple(points))
        self._work.note_received([accepted for entries in documents for accepted in entries])
        self._work.timed(began)
        self.deliver(now=moment)
        return [tuple(accepted.what for accepted in entries) for entries in documents]

    def evidence(self, identification: str) -> list[Values]:
        """What the hub has signed, the earliest first: ``data`` is the envelope, ``decided`` what followed from it.

        Args:
            identification: of a message that was sent or received, or of a result set that was fetched.

        Raises:
            ArchiveDamaged: an envelope is not as it came.
        """
        names = [identification]
        for row in self.browse.received(identification):
            source = self.browse.source(row["sha256"])
            names += () if source is None else (set_of(source, row["sha256"]),)
        return self._signed.of([row for name in dict.fromkeys(names) for row in self.outbox.evidence(name)])

    def replay(self, dead_letter: str, *, now: datetime | None = None) -> Received:
        """Try a dead letter again, for instance after the process that it answers was begun.

        Raises:
            EngineError: there is no such dead letter.
        """
        moment = now or self.clock()

        accepted = self._work.accepting(
            lambda unit, unwritten: self._intake.again(unit, dead_letter, moment, unwritten)
        )
        self._work.note_received([accepted])
        self.deliver(now=moment)
        return accepted.what

    def replay_all(self, *, now: datetime | None = None) -> list[Received]:
        """Try every dead letter again, the oldest first."""
        letters = sorted(self.browse.dead_letters(most=10_000), key=lambda row: (row["at"], row["position"]))
        return [self.replay(row["id"], now=now) for row in letters]
