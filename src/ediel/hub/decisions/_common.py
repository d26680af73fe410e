"""What the decisions of every family have in common: what was found of a message, and what a decision may look up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from ediel.hub._register import RegisterStore
from ediel.hub._view import View
from ediel.market import Profile
from ediel.messages import Message
from ediel.processes import Instance
from ediel.processes.annual_volume import Failure
from ediel.rules import Verdict
from ediel.store import Store


@dataclass
class Found:
    """What was found of a message.

    Attributes:
        codes: the hub's codes for what is wrong with it, in order; a rule without a published code has none.
        keys: keys of the rules that it breaks.
        payloads: the same for payloads, by place, where the process takes or refuses each by itself.
    """

    codes: list[str] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    payloads: dict[int, list[str]] = field(default_factory=dict)
    broken: bool = False

    def note(self, verdict: Verdict, *, each: bool) -> None:
        """Take a broken rule in; ``each`` when payloads are refused by themselves."""
        rule = verdict.rule
        if rule.key not in self.keys:
            self.keys.append(rule.key)
        for flaw in verdict.flaws:
            steps = flaw.at.split(".")
            if each and steps[0] == "payloads":
                codes = self.payloads.setdefault(int(steps[1]), [])
            else:
                self.broken, codes = True, self.codes
            if rule.code is not None and rule.code not in codes:
                codes.append(rule.code)


@dataclass(frozen=True, slots=True)
class Sources:
    """What a decision may look up.

    Attributes:
        view: the register at the moment of the decision.
        register_store: what the hub was seeded with.
        profile: time limits.
        store: the database of the hub's engine, for the values that it keeps.
        consent_control: whether a switch or a move-in needs a consent.
        inferred: whether the hub refuses by what follows from a text, and not by printed rules alone.
    """

    view: View
    register_store: RegisterStore
    profile: Profile
    store: Store
    consent_control: bool = False
    inferred: bool = True

    @property
    def now(self) -> datetime:
        """The moment of the decision."""
        return self.view.now


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a message was judged.

    Attributes:
        accepted: whether the hub takes it.
        failed: identifications of the payloads that it refuses by themselves.
        failures: the same, with the codes of each.
    """

    accepted: bool
    failed: frozenset[str] = frozenset()
    failures: tuple[Failure, ...] = ()


Advice = Callable[[Message, Instance, Outcome, Sources], Mapping[str, object]]
"""What a table needs to know of a message from the register, as facts for its step."""
