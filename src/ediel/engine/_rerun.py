"""Days that are run again: what came and what was commanded then, in a scratch database, with the tables of today.

A process is made again from its beginning, with what it knew then; so its state at the first of the days follows, too.
Nothing is sent, and the database of the days is only read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from ediel.calendar import market_day, midnight
from ediel.engine._apply import Applied, apply
from ediel.engine._delivery import Outbox
from ediel.engine._rerun_diff import Otherwise, otherwise, story
from ediel.engine._settings import EngineSettings
from ediel.engine.errors import EngineError, PreflightRefused
from ediel.errors import EdielError
from ediel.processes import Instance, ProcessState, Trigger, adopt, machine, restore, supply
from ediel.processes import command as on_command
from ediel.processes import decision as on_decision
from ediel.processes._conditions import NoticedState
from ediel.store import Days, Unit, Values, moment_of, stored_of

if TYPE_CHECKING:
    from ediel.engine._engine import Engine

__all__ = ["Replaying", "Rerun"]

StateT = TypeVar("StateT", bound=ProcessState)
_ELSEWHERE: Final = "another system has begun it"
_TIMER: Final = "timer "
_FILE: Final = "sqlite:///"
_WITHDRAWN: Final = ("requested", "accepted")
"""Where a process stands that is cancelled before its request has arrived."""


@dataclass(frozen=True, slots=True)
class Rerun:
    """What has come of days that were run again.

    Attributes:
        processes: how many processes moved in these days, then or now.
        inputs: how many messages, commands, decisions and deadlines were run again.
        differences: what comes out otherwise; people are not shown.
    """

    processes: int
    inputs: int
    differences: tuple[Otherwise, ...]


@dataclass(frozen=True, order=True)
class _Input:
    """Something that happened: its moment and place first."""

    at: str
    version: float
    rank: int
    name: str
    run: Callable[[], object]


class _Scratch:
    """The days of one engine, run again in another."""

    def __init__(self, live: Engine, scratch: Engine, days: Days) -> None:
        self._live = live
        self._engine = scratch
        self._days = days
        self._sent = {row["message_id"]: row for row in days.sent()}
        self.problems: dict[str, str] = {}
        self.now = midnight(date(2000, 1, 1))

    def inputs(self) -> list[_Input]:
        """Everything that happened to the processes, in the order in which it did."""
        steps = self._days.steps()
        found = [*self._of_steps(steps), *self._of_messages(steps)]
        for row in self._sent.values():
            if row["status"] == "sent" and row["sent_at"] is not None:
                run = partial(self._engine.outbox.sent, row["message_id"])
                found.append(_Input(row["sent_at"], (row["version"] or 0) + 0.5, 1, row["message_id"], run))
        return sorted(found, key=lambda item: (item.at, item.version, item.rank, item.name))

    def _of_steps(self, steps: Sequence[Values]) -> Iterator[_Input]:
        for row in steps:
            process, trigger, version = row["instance_id"], row["trigger"], row["version"]
            if trigger.startswith(_TIMER):
                yield _Input(row["at"], version, 4, process, self.run_due)
            elif row["message_id"] is None:
                run = partial(self._begin if version == 1 else self._act, row)
                yield _Input(row["at"], version, 3, process, run)

    def _of_messages(self, steps: Sequence[Values]) -> Iterator[_Input]:
        made = {(row["instance_id"], row["message_id"]): row["version"] for row in steps if row["message_id"]}
        documents: dict[str, tuple[str, float]] = {}
        for row in (*self._days.received(), *self._days.dead()):
            version = made.get((row.get("instance_id"), row["message_id"]), 10**6)
            before = documents.get(row["sha256"], (row["arrived_at"], 10**6))
            documents[row["sha256"]] = (row["arrived_at"], min(version, before[1]))
            if row.get("received_at", row["arrived_at"]) > row["arrived_at"]:  # it was a dead letter meanwhile
                again = partial(self._again, row["sha256"], row["position"])
                yield _Input(row["received_at"], version, 2, row["message_id"], again)
        for sha256, (at, version) in documents.items():
            yield _Input(at, version, 2, sha256, partial(self._receive, sha256))

    # --- running

    def run(self, item: _Input) -> None:
        """Run one input; what cannot be done now is noted."""
        self.now = moment_of(item.at)
        try:
            item.run()
        except PreflightRefused as error:
            rules = sorted({found.rule or found.text for part in error.report.messages for found in part.findings})
            self.problems.setdefault(item.name, f"what it sends would be refused: {', '.join(rules)}")
        except EdielError as error:
            self.problems.setdefault(item.name, str(error))

    def run_due(self) -> None:
        """Fire what is due."""
        with suppress(EdielError):  # those that cannot be fired stand still, and show as a difference
            self._engine.run_due(self.now)

    def _receive(self, sha256: str) -> None:
        data = self._live.browse.archived(sha256)
        if data is not None:
            self._engine.receive(data, source="run again", now=self.now)

    def _again(self, sha256: str, position: int) -> None:
        for row in self._engine.browse.dead_letters(most=10_000):
            if (row["sha256"], row["position"]) == (sha256, position):
                self._engine.replay(row["id"], now=self.now)

    def _begin(self, row: Values) -> None:
        stored = self._days.processes[row["instance_id"]]
        whole = restore(stored_of(stored))
        table = machine(whole.machine)
        begun = Instance(whole.id, table.key, whole.party, _at_first(whole.facts))
        kind, _, name = row["trigger"].partition(" ")

        def work(unit: Unit) -> Applied:
            if row["source"] == _ELSEWHERE:
                made = adopt(table, begun, row["to_state"], self.now)
                for sent in self._sent.values():
                    if sent["instance_id"] == whole.id and sent["version"] == 1:
                        unit.post({key: value for key, value in sent.items() if key != "number"})
                return apply(unit, table, begun, made, self.now, ())
            on = on_command(name) if kind == "command" else on_decision(name)
            return self._engine._work.make(unit, table, begun, Trigger(on), self.now)

        self._engine._work.in_unit(work)

    def _act(self, row: Values) -> None:
        process = row["instance_id"]
        kind, _, name = row["trigger"].partition(" ")
        if kind == "decision":
            self._engine.decide(process, name, now=self.now)
        elif name == "abandon":
            self._engine.abandon(process, reason=row["reason"] or "as then", now=self.now)
        elif name == "settle as cancelled" and row["from_state"] in _WITHDRAWN:
            self._engine.command(process, "cancel", now=self.now)
        elif name.startswith("settle as "):
            state = name.removeprefix("settle as ")
            self._engine.settle(process, state, reason=row["reason"] or "as then", now=self.now)
        else:
            self._engine.command(process, name, now=self.now)


def _at_first(facts: StateT) -> StateT:
    """What a process knew when it began: without what later messages have told it, as far as that can be seen."""
    changed: dict[str, Any] = {"reasons": None}
    if isinstance(facts, NoticedState):
        changed |= {"latest": None, "fresh": True}
    if isinstance(facts, supply.StartRequest) and facts.payload is not None:
        changed["day"] = market_day(facts.payload.value.start_of_occurrence)
    if isinstance(facts, supply.EndRequest) and facts.payload is not None:
        changed["day"] = market_day(facts.payload.value.end_of_occurrence)
    known = {item.name for item in fields(facts)}
    return replace(facts, **{name: value for name, value in changed.items() if name in known})


class Replaying:
    """What an engine runs again; its method is that of ``Engine``."""

    def replay_days(self, first: date, last: date, *, into: str) -> Rerun:
        """Run Norwegian days again in a scratch database, with the tables of today, and compare what comes out.

        Messages that came, commands, decisions and deadlines are run again in their order; the processes that they
        moved are made again from their beginning. Nothing is sent, and this database is only read. Processes of a hub
        are left out: what its register knew then is not kept.

        Args:
            first: first day.
            last: last day.
            into: URL of a database that is empty, or a file that is not there yet, such as ``sqlite:///scratch.db``. It
                holds people, as this one does.

        Returns:
            What comes out otherwise: states, events, messages to send.

        Raises:
            EngineError: the days cannot be, or the scratch database is not empty.
            StoreError: a database cannot be used.
        """
        live = cast("Engine", self)
        if last < first:
            raise EngineError(f"from {first} to {last}; expected the first day before the last")
        if into.startswith(_FILE) and Path(into.removeprefix(_FILE)).exists():
            raise EngineError(
                f"{into.removeprefix(_FILE)} is there already; name a scratch database that is not there yet"
            )
        settings = EngineSettings(profile=live._limits(), silence=live._timers.silence)
        scratch = type(live).open(into, settings=settings)
        try:
            if scratch.parties or scratch.browse.processes(most=1):
                raise EngineError("the scratch database is not empty; name one that is not there yet")
            hubs = {item.gln for item in live.parties if item.is_hub}
            for party in live.parties:
                if not party.is_hub:
                    scratch.add_party(party)
            return _rerun(live, scratch, midnight(first), midnight(last + timedelta(days=1)), hubs)
        finally:
            scratch.close()


def _rerun(live: Engine, scratch: Engine, start: datetime, end: datetime, hubs: set[str]) -> Rerun:
    days = Days(live.store, start, end, without=hubs)
    work = _Scratch(live, scratch, days)
    scratch.clock = lambda: work.now
    scratch.outbox = Outbox(scratch.store, scratch.browse, scratch.clock)
    inputs = work.inputs()
    for item in inputs:
        work.run(item)
    then, now = story(days), story(Days(scratch.store, start, end))
    return Rerun(len(then.keys() | now.keys()), len(inputs), tuple(otherwise(then, now, work.problems)))
