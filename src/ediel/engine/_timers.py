"""Timers that are due: each is fired in a transaction of its own, and none holds up the others."""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from datetime import datetime, timedelta
from typing import Final

from ediel.engine._apply import Applied
from ediel.engine._intake import Intake
from ediel.engine._results import Process
from ediel.engine._work import Work
from ediel.engine.errors import TimersFailed
from ediel.engine.observe import log
from ediel.processes import Instance, Machine, Trigger, machine, step
from ediel.processes import timer as on_timer
from ediel.store import Finder, StoreError, Unit, moment_of, stamp

__all__ = ["Timers"]

_PAGE: Final = 1000
"""Timers that are read at a time."""
_AGAIN: Final = timedelta(hours=1)
"""When a timer that says that no answer has come looks again whether the question was sent."""


class Timers:
    """The timers of an engine.

    Args:
        finder: finds those that are due.
        work: transactions.
        intake: what a hub finds when a timer fires.
        after: what is done once a step is committed.
        silence: how long beyond its moment a timer waits before it says that no answer has come.
    """

    def __init__(
        self,
        finder: Finder,
        work: Work,
        intake: Intake,
        after: Callable[[Applied], Process],
        silence: timedelta = timedelta(0),
    ) -> None:
        self.silence = silence
        self._finder = finder
        self._work = work
        self._intake = intake
        self._after = after

    def run_due(
        self, moment: datetime, *, without: Container[str] = (), parties: Sequence[str] | None = None
    ) -> list[Process]:
        """Fire every timer whose moment has come, but for those of some parties; see ``Engine.run_due``."""
        fired: list[Process] = []
        failed: dict[tuple[str, str], Exception] = {}
        place: tuple[str, ...] | None = None
        done: list[Process] = []
        while True:
            rows = self._finder.due(moment, place, _PAGE, parties=parties)
            for row in rows:
                key = (row["instance_id"], row["name"])
                try:
                    left_alone = key in failed or row["party"] in without
                    if not left_alone and (item := self._fire(*key, moment)) is not None:
                        done.append(item)
                except StoreError:
                    raise
                except Exception as error:  # noqa: BLE001 - a timer that fails does not stop the others
                    log.error("a timer failed", process_id=key[0], timer=key[1], error=type(error).__name__)
                    failed[key] = error
                place = (row["due_at"], *key)
            if len(rows) == _PAGE:
                continue
            fired += done
            if not done:
                break
            place, done = None, []  # what has fired may have set timers that are due as well
        if failed:
            raise TimersFailed(fired, failed)
        return fired

    def _too_early(self, unit: Unit, table: Machine, instance: Instance, name: str, now: datetime) -> datetime | None:
        """When a timer that says that no answer has come shall look again; ``None`` where it may say so now."""
        made = step(table, instance, Trigger(on_timer(name)), now)
        if made.ignored is not None or made.instance.state not in table.silent:
            return None
        if unit.unsent(instance.id):
            return now + _AGAIN  # nothing can be answered yet: whoever sends it, or cannot, says so
        due = table.due[name](instance.facts) if name in table.patience else None
        return None if due is None or now >= due + self.silence else due + self.silence

    def _fire(self, instance_id: str, name: str, now: datetime) -> Process | None:
        def work(unit: Unit) -> Applied | None:
            timer, instance = unit.timer(instance_id, name), unit.instance(instance_id)
            if timer is None or instance is None or timer["status"] != "set" or moment_of(timer["due_at"]) > now:
                return None  # another engine was quicker, or a step has moved it
            table = machine(instance.machine)
            later = self._too_early(unit, table, instance, name, now) if table.silent else None
            if later is not None:
                unit.put("timers", {**timer, "due_at": stamp(later)})
                return None
            unit.put("timers", {**timer, "status": "fired"})
            hub = next(
                (item for item in self._intake.parties.values() if item.gln == instance.party and item.is_hub), None
            )
            advice = {} if hub is None else self._intake.opinion(hub, None, now).advice(instance)
            return self._work.make(unit, table, instance, Trigger(on_timer(name), data=advice), now)

        with self._work.tracing.span("ediel.timer", {"process_id": instance_id, "timer": name}):
            applied = self._work.in_unit(work)
        return None if applied is None else self._after(applied)
