"""What every call of the engine does: a transaction, steps that are checked before they are written, reports."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack, suppress
from datetime import datetime
from typing import Final, TypeVar

from ediel.engine._apply import Applied, apply
from ediel.engine._intake import Accepted, Intake, StepWriteFailed
from ediel.engine._preflight import Preflight
from ediel.engine._settings import EngineSettings
from ediel.engine.observe import Meter, NoMeter, listening, log, masked_point, quietly
from ediel.engine.tracing import NoTracing, Tracing, step_words
from ediel.processes import Instance, Machine, Trigger, step
from ediel.store import Conflict, Store, Unit

__all__ = ["Work"]

T = TypeVar("T")
_TRIES: Final = 20


class Work:
    """Transactions of an engine, and what they tell meters and logs.

    Args:
        store: the database.
        intake: knows what a hub keeps of each change.
        preflight: what messages are held against before they leave.
        how: meter, and whether logs show whole metering points.
    """

    def __init__(self, store: Store, intake: Intake, preflight: Preflight, how: EngineSettings) -> None:
        self._store = store
        self._intake = intake
        self._preflight = preflight
        self.meter: Meter = how.meter or NoMeter()
        self.tracing: Tracing = how.tracing or NoTracing()
        self._counts = how.meter is not None
        self._whole_points = how.log_metering_points

    def in_unit(self, work: Callable[[Unit], T], *, locks: tuple[str, ...] = ()) -> T:
        """Do something in a transaction, again when another writer was there first."""
        for left in range(_TRIES, 0, -1):
            try:
                if self.tracing.is_on and self.tracing.current() is not None:
                    return self._traced(work, locks)
                with self._store.unit(locks=locks) as unit:
                    return work(unit)
            except Conflict:
                if left == 1 or self._store.joined() is not None:  # what is joined must be begun again as a whole
                    raise
        raise AssertionError("unreachable")

    def _traced(self, work: Callable[[Unit], T], locks: tuple[str, ...]) -> T:
        """As ``in_unit``, with a span around the commit."""
        with ExitStack() as stack:
            done = work(stack.enter_context(self._store.unit(locks=locks)))
            with self.tracing.span("ediel.commit", {"database": self._store.dialect}):
                stack.close()
        return done

    def accepting(self, work: Callable[[Unit, Mapping[tuple[str, int], str]], T], *, locks: tuple[str, ...] = ()) -> T:
        """Take messages in a transaction; again without a message whose step could not be written."""
        unwritten: dict[tuple[str, int], str] = {}
        while True:
            try:
                return self.in_unit(lambda unit: work(unit, unwritten), locks=locks)
            except StepWriteFailed as error:
                unwritten[error.key] = error.text

    def make(self, unit: Unit, table: Machine, instance: Instance, trigger: Trigger, now: datetime) -> Applied:
        """Step a process; what it sends is checked first.

        Raises:
            PreflightRefused: the hub would refuse a message.
        """
        about = step_words(table, instance, trigger) if self.tracing.is_on else {}
        with self.tracing.span("ediel.step", about) as span:
            made = step(table, instance, trigger, now)
            sends = self._preflight.step(made, now)
            span.note(state=made.instance.state)
            return apply(unit, table, instance, made, now, sends, on_change=self._intake.on_change)

    def timed(self, began: float) -> None:
        """Observe how long a call that receives took; ``began`` is of ``time.perf_counter``."""
        if self._counts:
            with suppress(Exception):  # a meter that fails stops nothing
                self.meter.observe("ediel_receive_seconds", {}, time.perf_counter() - began)

    def note_received(self, accepted_messages: Iterable[Accepted]) -> None:
        """Count and log the messages that were received."""
        observed = listening()
        for accepted in accepted_messages:
            entry = accepted.what
            if self._counts:
                quietly(self.meter, "ediel_messages", {"name": entry.name, "outcome": entry.outcome})
            if observed:
                log.info(
                    "received", message_name=entry.name, message_id=entry.message_id, outcome=entry.outcome,
                    process_id=entry.process_id, state=entry.state,
                )  # fmt: skip
            self.note(accepted.applied)

    def note(self, applied: Iterable[Applied]) -> None:
        """Count and log the steps that were made."""
        observed = listening()
        for item in applied:
            instance = item.instance
            if item.moved and self._counts:
                quietly(self.meter, "ediel_steps", {"machine": instance.machine, "state": instance.state})
            if item.moved and observed:
                log.info(
                    "step", process_id=instance.id, machine=instance.machine, state=instance.state,
                    brs=instance.facts.process, sent=list(item.sent),
                    metering_point=masked_point(instance.facts.metering_point, whole=self._whole_points),
                )  # fmt: skip
            if item.warnings:
                keys = sorted({finding.rule for finding in item.warnings})
                log.warning(
                    "the hub may refuse what was sent", process_id=instance.id, sent=list(item.sent), rules=keys
                )
            for name in item.names if self._counts else ():
                quietly(self.meter, "ediel_sent", {"name": name})
