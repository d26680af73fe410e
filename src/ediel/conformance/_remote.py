"""A case against a hub that is not in this process: MT1, or a stand-in hub elsewhere. It may take days.

The state of a run stands in a file, written after every step, and before every step that does something. A run that is
killed goes on where it was: what had been done already is seen in the database of the party. What this side cannot do
or see (other parties, an end user in Min side, time) blocks the run, which says what to do; where the hub
has the back office of a stand-in hub, that does it instead.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any, Final, TypeVar

import ediel
from ediel.calendar import OSLO
from ediel.codes import Role
from ediel.conformance._case import Case, Step
from ediel.conformance._market import PARTS, point_of
from ediel.conformance._result import CaseResult, Passage, StepResult
from ediel.conformance._script import Elsewhere, Script, order_of
from ediel.conformance._target import Target
from ediel.conformance.errors import Fault, InvalidRun, StepFailed, Verdict
from ediel.hub import HubParty
from ediel.hub.local import MarketParty
from ediel.messages import Message

__all__ = ["Run"]

T = TypeVar("T")
_PAUSE: Final = 0.2
_VERSION: Final = 1


class _Blocked(Exception):
    """Something that only a person, or time, can bring."""


class Run(Script):
    """A run of a case against a hub elsewhere.

    Args:
        case: the case.
        target: the hub.
        file: where the state stands; a run that has begun goes on.

    Raises:
        InvalidRun: the file is of another form, or of another case; there is no party or point for the case.
    """

    def __init__(self, case: Case, target: Target, file: Path) -> None:
        self.target, self.file = target, file
        self.state = self._read(case) if file.exists() else self._new(case)
        begin = datetime.fromisoformat(self.state["begin"])
        own = next((item for item in target.engine.parties if item.role == case.role), None)
        if own is None:
            raise InvalidRun(
                f"the database has no party that is {case.role}; `ediel party add GLN {case.role}` adds one"
            )
        try:
            point = point_of(target.seed, case.point, own.gln if case.role == Role.DDQ else None)
        except LookupError as error:
            raise InvalidRun(f"{error}; the case needs one. The market file lists them") from None
        super().__init__(case, target.seed, point, begin, target.clock)
        self.actor = MarketParty(HubParty(gln=own.gln), target.engine, target.courier)
        self.processes = {name: (self.actor, process) for name, process in self.state["processes"].items()}
        self.came: list[Message] = []
        self._problem = ""
        self._read_of: dict[str, tuple[Message, ...]] = {}  # by digest: what has come is read again and again

    def _new(self, case: Case) -> dict[str, Any]:
        """The state of a run that begins now. What was in the archive before is not of it."""
        return {
            "version": _VERSION, "case": case.id, "begin": self.target.clock().astimezone(OSLO).isoformat(),
            "target": self.target.name, "place": 0, "intent": None, "processes": {}, "consumed": [],
            "before": sorted(digest for digest, _ in self.target.engine.browse.archive()), "steps": [], "passages": [],
        }  # fmt: skip

    def _read(self, case: Case) -> dict[str, Any]:
        try:
            state: dict[str, Any] = json.loads(self.file.read_text(encoding="utf-8"))
            if state["version"] != _VERSION or state["case"] != case.id or state["target"] != self.target.name:
                raise InvalidRun(
                    f"{self.file} is of {state['case']} against {state['target']}, and cannot go on as another"
                )
        except (ValueError, KeyError, TypeError) as error:
            if isinstance(error, InvalidRun):
                raise
            raise InvalidRun(f"{self.file} is no run: {type(error).__name__}") from None
        return state

    def _save(self) -> None:
        """Whole or not at all."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        temporary = self.file.with_name(f".{self.file.name}.new")
        temporary.write_text(json.dumps(self.state, indent=1, ensure_ascii=False), encoding="utf-8")
        temporary.replace(self.file)

    def part(self, who: str) -> MarketParty:
        """The actor, or a party elsewhere.

        Raises:
            StepFailed: the market file has no such party.
        """
        role, number = PARTS[who] or (self.case.role, 0)
        if who == "actor":
            return self.actor
        known = sorted(
            (item for item in self.seed.parties if role in {one.value for one in item.roles or ()}),
            key=lambda item: item.gln,
        )
        if number >= len(known):
            raise StepFailed(f"the market file has no {who}", "the case's", "inconclusive")
        return self.actor if known[number].gln == self.actor.gln else Elsewhere(known[number])

    # --- running

    def go(self, *, done: bool = False, give_up: bool = False) -> CaseResult:
        """Go on, until the end or until something blocks.

        Args:
            done: the manual step has been done.
            give_up: what has not come will not come: fail instead of waiting on.
        """
        self._save()
        while self.state["place"] < len(self.case.steps):
            self.place = self.state["place"]
            step = self.case.steps[self.place]
            try:
                text, messages = self._step(step, done=done)
            except _Blocked as blocked:
                verdict: Verdict = "failed" if give_up else "blocked"
                return self._result(step.title(), verdict, str(blocked), "the hub's" if give_up else "")
            except StepFailed as failed:
                return self._result(step.title(), failed.verdict, str(failed), failed.fault)
            done = False
            self.state["steps"].append(
                asdict(StepResult(self.place, step.title(), "passed", text, self._now(), messages))
            )
            self.state["place"], self.state["intent"] = self.place + 1, None
            self.state["processes"] = {name: process for name, (_, process) in self.processes.items()}
            self._save()
        self._cycle()
        left = [message.name() for message in self.came if message.name() not in _SELDOM]
        self.place = len(self.case.steps)
        text = f"the actor got {', '.join(left)}" if left else ""
        return self._result("nothing else has come", "failed" if left else "passed", text, "the hub's" if left else "")

    def _result(self, title: str, verdict: Verdict, text: str, fault: Fault) -> CaseResult:
        """The state of the run; the last step is not kept, so that it is checked again."""
        steps = [StepResult(**{**item, "messages": tuple(item["messages"])}) for item in self.state["steps"]]
        steps.append(StepResult(self.place, title, verdict, text, self._now()))
        passages = [Passage(**item) for item in self.state["passages"]]
        self._save()
        return CaseResult(self.case, steps, passages, fault)

    def _step(self, step: Step, *, done: bool) -> tuple[str, tuple[str, ...]]:
        mine = self.part(step.who) is self.actor
        if step.do in {"start", "command", "notify", "repeat"}:
            return self._does(step, mine=mine, done=done)
        if step.do == "decide":
            return self._decide(step, done=done)
        if step.do == "time":
            return self._time(step)
        if step.state:
            return self._stands(step)
        if not mine:
            return f"{step.who} is elsewhere, and not seen from here", ()
        if step.never:
            self._cycle()
            return self._spared(self.came, step)
        return self._expect(step)

    def _does(self, step: Step, *, mine: bool, done: bool) -> tuple[str, tuple[str, ...]]:
        if step.do == "notify" and self.target.back_office is None and not done:
            raise _Blocked(
                f"has your party got this decision outside the messages: {step.name}? `resume --done` when it has"
            )
        if not mine:
            if not done:
                raise _Blocked(f"{step.who} is elsewhere; let them do it ({step.title()}), then `resume --done`")
            return "done elsewhere", ()
        if not self._was_done(step):
            self._intend(step)
            self._do(step)
        self._cycle()
        return "", ()

    def _intend(self, step: Step) -> None:
        """Write down that a step is about to be done, and how things stand before."""
        known = [row["id"] for row in self.target.engine.browse.processes(most=1_000_000)]
        stands = None
        if step.process in self.processes:
            stands = self._log(self.processes[step.process][1])
        self.state["intent"] = {"place": self.place, "known": known, "log": stands}
        self._save()

    def _was_done(self, step: Step) -> bool:
        """Whether a step that was about to be done when the run was killed had been done."""
        intent = self.state["intent"]
        if intent is None or intent["place"] != self.place:
            return False
        if step.do == "start":
            order = order_of(step)
            machine = None if order is None else order.machine
            new = [
                row
                for row in self.target.engine.browse.processes(most=1_000_000)
                if row["id"] not in intent["known"] and row["machine"] == machine
            ]
            if new:
                self.processes[step.as_ or str(step.order)] = (self.actor, new[-1]["id"])
            return bool(new)
        known = self.processes.get(str(step.process))
        return known is not None and intent["log"] is not None and self._log(known[1]) != intent["log"]

    def _log(self, process: str) -> int:
        """How many steps a process has made."""
        process_log = self.target.engine.browse.process(process)
        return len(process_log["transitions"]) if process_log else 0

    def _decide(self, step: Step, *, done: bool) -> tuple[str, tuple[str, ...]]:
        office = self.target.back_office
        if office is None:
            if not done:
                raise _Blocked(
                    f"{_WHERE.get(str(step.name), 'a person at the hub')}: {step.name}; then `resume --done`"
                )
            return "done by a person", ()
        self._cycle()
        point = str(self._value("$point"))
        process = office.process(str(step.process), point)
        if process is None:
            raise StepFailed(f"the hub has no process {step.process}")
        intent = self.state["intent"]
        if intent is None or intent["place"] != self.place or intent["log"] == process["state"]:
            self.state["intent"] = {"place": self.place, "known": [], "log": process["state"]}
            self._save()
            office.decide(process["id"], str(step.name), step.with_)
        self._cycle()
        return "decided in the back office", ()

    def _time(self, step: Step) -> tuple[str, tuple[str, ...]]:
        moment = self._moment(step)
        if self.target.back_office is not None:
            self._cycle()
            if self.clock() < moment:
                self.target.back_office.move(moment)
        elif self.clock() < moment:
            raise _Blocked(f"it goes on at {moment:%Y-%m-%d %H:%M} Norwegian time: `resume` then")
        self.target.engine.run_due()
        self._cycle()
        return "", ()

    def _stands(self, step: Step) -> tuple[str, tuple[str, ...]]:
        _, process = self._process(step)

        def there() -> str | None:
            state = self.target.engine.process(process).state
            return state if state == step.state else None

        stands = self._wait(there)
        if stands is None:
            state = self.target.engine.process(process).state
            raise StepFailed(f"expected {step.state}, found {state}", "the actor's")
        return str(stands), ()

    def _expect(self, step: Step) -> tuple[str, tuple[str, ...]]:
        received = self._wait(lambda: self._fitting(self.came, step))
        if received is None:
            if other := self._unfitting(self.came, step):
                raise StepFailed(other)
            others = ", ".join(item.name() for item in self.came) or "nothing"
            text = f"expected {step.expect}; waiting for it, there is {others}"
            text += f"; the courier says: {self._problem}" if self._problem else ""
            if self.target.back_office is None:
                raise _Blocked(f"{text}: `resume` later, or `resume --give-up`")
            raise StepFailed(text)
        identification = received.header.identification
        self.state["consumed"].append(identification)
        return f"{received.name()} {identification}", (identification,)

    def _wait(self, come: Callable[[], T | None]) -> T | None:
        end = time.monotonic() + self.target.patience
        while True:
            self._cycle()
            if (result := come()) is not None or time.monotonic() > end:
                return result
            time.sleep(_PAUSE)

    def _cycle(self) -> None:
        """Send and fetch; what has come since the run began, and was not expected yet, is waiting."""
        cycle = self.target.courier.cycle()
        stopped = self.target.courier.stopped.get(self.actor.gln)
        problems = cycle.problems or ([] if stopped is None else [f"party {self.actor.gln} is stopped: {stopped}"])
        self._problem = problems[0] if problems else ""
        before = set(self.state["before"])
        noted = {(item["source"], item["identification"]) for item in self.state["passages"]}
        self.came = []
        for digest, data in self.target.engine.browse.archive():
            if digest not in before:
                if digest not in self._read_of:
                    self._read_of[digest] = ediel.Document.read(data).messages
                for message in self._read_of[digest]:
                    self._note("hub", "actor", message, noted)
                    if message.header.identification not in self.state["consumed"]:
                        self.came.append(message)
        for row in self.target.engine.browse.outbox(status="sent", most=1_000_000):
            if row["sent_at"] is not None and row["sent_at"] >= _stamp(self.begin):
                self._note("actor", "hub", ediel.read(row["data"]), noted)

    def _note(self, source: str, target: str, message: Message, noted: set[tuple[str, str]]) -> None:
        identification = message.header.identification
        if (source, identification) not in noted:
            noted.add((source, identification))
            self.state["passages"].append(asdict(Passage.of(message, source, target, self._now())))


_WHERE: Final = {
    "approve": "let the end user approve in Min side",
    "refuse": "let the end user refuse in Min side",
    "level": "let the end user change the access in Min side",
    "remove": "let the end user remove the access in Min side",
}
"""Where a person does what a back office does elsewhere."""
_SELDOM: Final = frozenset({"Acknowledgement"})
"""What may come besides, and does not count for the case."""


def _stamp(moment: datetime) -> str:
    from ediel.store import stamp  # noqa: PLC0415 - beside its only use

    return stamp(moment)
