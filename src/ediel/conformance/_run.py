"""Running a case against the simulator: hub and parties in this process, the clock moved from step to step."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final, Literal

from pydantic import ValidationError

import ediel
from ediel.calendar import OSLO, midnight
from ediel.conformance._case import Case, Step
from ediel.conformance._market import KINDS, PARTS, UNKNOWN, customer, day_of_values, market, newcomer
from ediel.engine import Engine, EngineError, PreflightRefused
from ediel.errors import problems_of
from ediel.hub import HubPoint
from ediel.messages import Message
from ediel.processes import CommandRefused, NoTransition
from ediel.testing import HubUnderTest, MarketParty, hub

Verdict = Literal["passed", "failed", "inconclusive"]
BEGIN: Final = datetime(2026, 11, 27, 9, tzinfo=OSLO)
_STORAGE: Final = "extended_storage"
Fault = Literal["", "the hub's", "the actor's", "the case's"]
Spoil = Callable[[str, bytes], list[bytes]]
"""Takes the GLN of the recipient and a message of the hub, and gives what the recipient gets instead."""


@dataclass(frozen=True, slots=True)
class StepResult:
    """How a step came out.

    Attributes:
        place: of the step in the case; one after the last for what came and nobody expected.
        title: the step in words.
        verdict: passed, failed or inconclusive.
        text: what was expected and what came.
        at: the market's time.
        messages: identifications of the messages that it is about.
    """

    place: int
    title: str
    verdict: Verdict
    text: str = ""
    at: str = ""
    messages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Passage:
    """A message on its way.

    Attributes:
        at: the market's time at which it was seen.
        source: who sent it: a part of the case, or ``hub``.
        target: who got it.
        name: of the message.
        identification: of the message.
        digest: SHA-256 of its XML.
    """

    at: str
    source: str
    target: str
    name: str
    identification: str
    digest: str


@dataclass
class CaseResult:
    """How a case came out.

    Attributes:
        case: the case.
        steps: the steps, up to the one that failed.
        passages: every message that went, in order.
        fault: whose fault a failure looks like.
        notes: what was noticed, and decides nothing.
    """

    case: Case
    steps: list[StepResult] = field(default_factory=list)
    passages: list[Passage] = field(default_factory=list)
    fault: Fault = ""
    notes: list[str] = field(default_factory=list)

    @property
    def failed(self) -> StepResult | None:
        """The step that did not pass."""
        return next((step for step in self.steps if step.verdict != "passed"), None)

    @property
    def verdict(self) -> Verdict:
        """The verdict of the whole."""
        return "passed" if self.failed is None else self.failed.verdict

    @property
    def failed_at(self) -> int | None:
        """Place of the step that did not pass."""
        return None if self.failed is None else self.failed.place


def run_case(case: Case, *, spoil: Spoil | None = None, begin: datetime = BEGIN) -> CaseResult:
    """Run a case against the simulator.

    Args:
        case: the case.
        spoil: changes what the hub sends, to see whether the case notices.
        begin: where the market's clock stands in the beginning.
    """
    with hub(market(begin.date()), now=begin) as found:
        return Play(case, found, spoil, begin).run()


class Failed(Exception):
    """A step has failed."""

    def __init__(self, text: str, fault: Any = "the hub's", verdict: Verdict = "failed") -> None:
        super().__init__(text)
        self.fault = fault
        self.verdict = verdict


class Play:
    """One case that is being played: every part by an engine of its own, against a hub in this process."""

    def __init__(self, case: Case, market: HubUnderTest, spoil: Spoil | None, begin: datetime) -> None:
        self.case = case
        self.begin = begin
        self.place = 0
        self.market = market
        self.processes: dict[str, tuple[MarketParty, str]] = {}
        self.came: dict[str, list[Message]] = {}
        self.passages: list[Passage] = []
        self.seen: set[tuple[str, str]] = set()
        market.hub.door.tamper = spoil
        kind = case.point
        self.point = None if kind == "unknown" else market.seed.metering_points[KINDS[kind]]
        for who in PARTS:
            self.part(who)

    def part(self, who: str) -> MarketParty:
        """Who plays a part; the actor is the first party with the role of the case."""
        role, number = PARTS[who] or (self.case.role, 0)
        return self.market.party(role, number)

    # --- running

    def run(self) -> CaseResult:
        result = CaseResult(self.case, passages=self.passages)
        for place, step in enumerate(self.case.steps):
            self.place = place
            at = self._now()
            try:
                text, messages = self._step(step)
            except Failed as failed:
                result.steps.append(StepResult(place, step.title(), failed.verdict, str(failed), at))
                result.fault = failed.fault
                return result
            result.steps.append(StepResult(place, step.title(), "passed", text, at, messages))
        left, result.fault = self._left()
        verdict: Verdict = "failed" if left else "passed"
        result.steps.append(
            StepResult(len(self.case.steps), "nothing else has come", verdict, "; ".join(left), self._now())
        )
        return result

    def _left(self) -> tuple[list[str], Fault]:
        """What has come and nobody expected, and whose fault that looks like."""
        left = [f"{self._name(gln)} got {message.name()}" for gln, items in self.came.items() for message in items]
        return left, "the hub's" if left else ""

    def _now(self) -> str:
        return self.market.clock().astimezone(OSLO).isoformat(timespec="minutes")

    def _name(self, gln: str) -> str:
        return next((who for who in PARTS if self.part(who).gln == gln), gln)

    def _step(self, step: Step) -> tuple[str, tuple[str, ...]]:
        if step.do is not None:
            try:
                getattr(self, f"_{step.do}")(step)
            except ValidationError as error:
                said = problems_of(error)[0]
                raise Failed(f"{step.order or step.name} cannot be made: {said}", "the case's") from None
            except (PreflightRefused, CommandRefused, NoTransition, EngineError, ValueError) as error:
                raise Failed(f"{type(error).__name__}: {error}", "the actor's") from None
            self._carry()
            return "", ()
        if step.expect is not None:
            return self._expect(step)
        gln = self.part(step.who).gln
        if step.never:
            wrong = [message.name() for message in self.came.get(gln, ()) if message.name() in step.never]
            if wrong:
                raise Failed(f"expected nothing of the kind; {', '.join(wrong)} has come")
            return "nothing has come", ()
        party, process = self._process(step)
        state = party.engine.process(process).state
        if state != step.state:
            raise Failed(f"expected {step.state}, found {state}", "the actor's")  # every message so far was right
        return state, ()

    def _expect(self, step: Step) -> tuple[str, tuple[str, ...]]:
        gln = self.part(step.who).gln
        waiting = self.came.get(gln, [])
        named = [item for item in waiting if item.name() == step.expect]
        if not named:
            others = ", ".join(message.name() for message in waiting) or "nothing"
            raise Failed(f"expected {step.expect}; waiting for it, there is {others}")
        found = next((item for item in named if not self._other(item, step)), None)
        if found is None:
            raise Failed("; ".join(self._other(named[0], step)))
        waiting.remove(found)
        identification = found.header.identification
        return f"{found.name()} {identification}", (identification,)

    def _other(self, message: Message, step: Step) -> list[str]:
        """What is otherwise in a message than the step wants it."""
        pairs = [(path, field_of(message, path), self._value(wanted)) for path, wanted in step.where.items()]
        return [f"expected {path} to be {want}, found {have}" for path, have, want in pairs if str(have) != str(want)]

    def _carry(self) -> None:
        """Everybody sends and fetches; what has come is noted."""
        self.market.carry()
        for message, data in self._new(self.market.hub.engine, "hub"):
            self._note(self._name(str(message.header.juridical_sender)), "hub", message, data)
        for party in self.market.parties.values():
            for message, data in self._new(party.engine, party.gln):
                self._note("hub", self._name(party.gln), message, data)
                self.came.setdefault(party.gln, []).append(message)

    def _new(self, engine: Engine, owner: str) -> Iterator[tuple[Message, bytes]]:
        """What is in an archive and has not been seen yet."""
        for sha256, data in engine.browse.archive():
            if (owner, sha256) not in self.seen:
                self.seen.add((owner, sha256))
                for message in ediel.read_all(data):
                    yield message, ediel.write(message, validate=False)

    def _note(self, source: str, target: str, message: Message, data: bytes) -> None:
        digest = hashlib.sha256(data).hexdigest()
        self.passages.append(
            Passage(self._now(), source, target, message.name(), message.header.identification, digest)
        )

    # --- what is done

    def _start(self, step: Step) -> None:
        order = getattr(ediel, str(step.order), None)
        if order is None:
            raise Failed(f"there is no order {step.order}", "the case's", "inconclusive")
        given = {name: self._value(value) for name, value in step.with_.items()}
        party = self.part(step.who)
        role = self.case.role if step.who == "actor" else (PARTS[step.who] or ("", 0))[0]
        own = next((item for item in party.engine.parties if item.role == role), None)
        begun = party.engine.start(order(**given), party=own)
        self.processes[step.as_ or str(step.order)] = (party, begun.id)

    def _command(self, step: Step) -> None:
        if step.process in self.processes:
            party, process = self._process(step)
        else:  # a process that a message has begun
            party = self.part(step.who)
            rows = [row for row in party.engine.browse.processes() if row["machine"] == step.process]
            if not rows:
                raise Failed(f"{step.who} has no process {step.process}")
            process = rows[0]["id"]
        party.engine.command(process, str(step.name), **{key: self._value(value) for key, value in step.with_.items()})

    def _told(self, step: Step) -> None:
        party, process = self._process(step)
        party.engine.decide(process, str(step.name), **step.with_)

    def _process(self, step: Step) -> tuple[MarketParty, str]:
        if step.process not in self.processes:
            known = ", ".join(self.processes) or "none"
            raise Failed(f"no step has begun {step.process}; begun so far: {known}", "the case's", "inconclusive")
        return self.processes[step.process]

    def _decide(self, step: Step) -> None:
        rows = [row for row in self.market.hub.engine.browse.processes() if row["machine"] == step.process]
        if not rows:
            raise Failed(f"the hub has no process {step.process}")
        self.market.hub.decide(rows[0]["id"], str(step.name), **step.with_)

    def _time(self, step: Step) -> None:
        day, _, clock = str(step.to).partition(" ")
        moment = midnight(self._day(day))
        if clock:
            hour, minute = clock.split(":")
            moment = moment.replace(hour=int(hour), minute=int(minute))
        self.market.hub.set_time(moment)

    # --- values

    def _day(self, text: str) -> date:
        """``$day+4``: a day, counted from the one on which the case begins."""
        return self.begin.date() + timedelta(days=int(text.removeprefix("$day") or 0))

    def _value(self, value: Any) -> Any:
        if isinstance(value, list):
            return tuple(self._value(item) for item in value)
        if not isinstance(value, str) or not value.startswith("$"):
            return value
        if value.startswith("$day"):
            return self._day(value)
        if value.startswith("$midnight"):
            return midnight(self._day(value.replace("$midnight", "$day")))
        if value.startswith("$party "):
            who = value.removeprefix("$party ")
            if who not in PARTS:
                raise Failed(f"nobody plays {who}; parts: {', '.join(PARTS)}", "the case's", "inconclusive")
            return self.part(who).gln
        words: dict[str, Callable[[], Any]] = {
            "$point": lambda: UNKNOWN if self.point is None else self.point.identification,
            "$customer": lambda: customer(self._point()),
            "$leaving": lambda: {name: item for name, item in customer(self._point()).items() if name != _STORAGE},
            "$newcomer": newcomer,
            "$addresses": lambda: self.market.seed.metering_points[0].end_users[0].addresses,
            "$values": lambda: (day_of_values(str(self._value("$point")), self._today() - timedelta(days=1)),),
        }
        if value not in words:
            raise Failed(f"there is no {value}; known: {', '.join(words)}", "the case's", "inconclusive")
        return words[value]()

    def _today(self) -> date:
        return self.market.clock().astimezone(OSLO).date()

    def _point(self) -> HubPoint:
        if self.point is None:
            raise Failed("the case has no metering point that is known", "the case's", "inconclusive")
        return self.point


def field_of(message: Any, path: str) -> Any:
    """A field of a message, by a dotted path; codes as their values."""
    found = message
    for name in path.split("."):
        if name.isdecimal():
            found = found[int(name)] if int(name) < len(found) else None
        else:
            found = getattr(found, name, None)
        if found is None:
            return None
    return getattr(found, "value", found)
