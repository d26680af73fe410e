"""Running a case against the simulator: hub and parties in this process, the clock moved from step to step."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Final

import ediel
from ediel.calendar import OSLO
from ediel.conformance._case import Case, Step
from ediel.conformance._market import PARTS, market, point_of
from ediel.conformance._result import CaseResult, Passage, StepResult
from ediel.conformance._script import Script
from ediel.conformance.errors import Fault, InvalidCase, StepFailed, Verdict
from ediel.engine import Engine
from ediel.hub.local import HubUnderTest, MarketParty, hub
from ediel.messages import Message

BEGIN: Final = datetime(2026, 11, 27, 9, tzinfo=OSLO)
Spoil = Callable[[str, bytes], list[bytes]]
"""Takes the GLN of the recipient and a message of the hub, and gives what the recipient gets instead."""


def run_case(case: Case, *, spoil: Spoil | None = None, begin: datetime = BEGIN) -> CaseResult:
    """Run a case against the simulator.

    Args:
        case: the case.
        spoil: changes what the hub sends, to see whether the case notices.
        begin: where the market's clock stands in the beginning.
    """
    with hub(market(begin.date()), now=begin) as local:
        return Play(case, local, spoil, begin).run()


class Play(Script):
    """One case that is being played: every part by an engine of its own, against a hub in this process."""

    def __init__(self, case: Case, market: HubUnderTest, spoil: Spoil | None, begin: datetime) -> None:
        super().__init__(case, market.seed, point_of(market.seed, case.point), begin, market.clock)
        self.market = market
        self.came: dict[str, list[Message]] = {}
        self.passages: list[Passage] = []
        self.seen: set[tuple[str, str]] = set()
        self._elsewhere: frozenset[str] = frozenset()
        market.hub.endpoint.tamper = spoil
        self.part("actor")

    def part(self, who: str) -> MarketParty:
        """Who plays a part."""
        return self.market.party(self._gln_of(who))

    def _gln_of(self, who: str) -> str:
        """The party with a part; the actor is the first with the role of the case.

        Raises:
            InvalidCase: no party of the market has the role.
        """
        role, number = PARTS[who] or (self.case.role, 0)
        try:
            return self.market.known(role, number).gln
        except LookupError:
            known = sorted({item.value for party in self.market.seed.parties for item in party.roles or ()})
            raise InvalidCase(
                f"{self.case.id}: no party of the stand-in market is {role}; expected one of {', '.join(known)}"
            ) from None

    # --- running

    def run(self) -> CaseResult:
        result = CaseResult(self.case, passages=self.passages)
        for place, step in enumerate(self.case.steps):
            self.place = place
            at = self._now()
            try:
                text, messages = self._step(step)
            except StepFailed as failed:
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
        """What has come unexpected, and whose fault that probably is."""
        left = [f"{self._name(gln)} got {message.name()}" for gln, items in self.came.items() for message in items]
        return left, "the hub's" if left else ""

    def _name(self, gln: str) -> str:
        return next((who for who in PARTS if self._gln_of(who) == gln), gln)

    def _step(self, step: Step) -> tuple[str, tuple[str, ...]]:
        if step.do is not None:
            self._do(step)
            self._carry()
            return "", ()
        if step.expect is not None:
            return self._expect(step)
        if step.never:
            return self._spared(self.came.get(self._gln_of(step.who), []), step)
        party, process = self._process(step)
        state = party.engine.process(process).state
        if state != step.state:
            raise StepFailed(f"expected {step.state}, found {state}", "the actor's")  # every message so far was right
        return state, ()

    def _expect(self, step: Step) -> tuple[str, tuple[str, ...]]:
        gln = self._gln_of(step.who)
        waiting = self.came.get(gln, [])
        received = self._fitting(waiting, step)
        if received is None:
            others = ", ".join(message.name() for message in waiting) or "nothing"
            raise StepFailed(
                self._unfitting(waiting, step) or f"expected {step.expect}; waiting for it, there is {others}"
            )
        waiting.remove(received)
        identification = received.header.identification
        return f"{received.name()} {identification}", (identification,)

    def _carry(self) -> None:
        """Everybody sends and fetches; what has come is noted."""
        self.market.deliver(without=self._elsewhere)
        for message in self._new(self.market.hub.engine, "hub"):
            self._note(self._name(str(message.header.juridical_sender)), "hub", message)
        for party in self.market.parties.values():
            for message in self._new(party.engine, party.gln):
                self._note("hub", self._name(party.gln), message)
                self.came.setdefault(party.gln, []).append(message)

    def _new(self, engine: Engine, owner: str) -> Iterator[Message]:
        """What is in an archive and has not been seen yet."""
        for sha256, data in engine.browse.archive():
            if (owner, sha256) not in self.seen:
                self.seen.add((owner, sha256))
                yield from ediel.Document.read(data).messages

    def _note(self, source: str, target: str, message: Message) -> None:
        self.passages.append(Passage.of(message, source, target, self._now()))

    # --- what is done

    def _doings(self) -> dict[str, Callable[[Step], None]]:
        return {**super()._doings(), "decide": self._decide, "time": self._time}

    def _decide(self, step: Step) -> None:
        rows = [row for row in self.market.hub.engine.browse.processes() if row["machine"] == step.process]
        if not rows:
            raise StepFailed(f"the hub has no process {step.process}")
        self.market.hub.decide(rows[0]["id"], str(step.name), **step.with_)

    def _time(self, step: Step) -> None:
        self.market.hub.set_time(self._moment(step))
