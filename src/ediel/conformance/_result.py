"""How a case came out, step by step."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256

import ediel
from ediel.conformance._case import Case
from ediel.conformance.errors import Fault, Verdict
from ediel.messages import Message
from ediel.xml import showing

__all__ = ["CaseResult", "Passage", "StepResult"]


@dataclass(frozen=True, slots=True)
class StepResult:
    """How a step came out.

    Attributes:
        place: of the step in the case; one after the last for what came unexpected.
        title: the step in words.
        verdict: passed, failed, inconclusive (the case cannot say), or blocked (it needs a person, or time).
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
        content: what is in it, for people to read; what is about a person is masked.
    """

    at: str
    source: str
    target: str
    name: str
    identification: str
    digest: str
    content: str = ""

    @classmethod
    def of(cls, message: Message, source: str, target: str, at: str) -> Passage:
        """A message that has gone from one to another."""
        digest = sha256(ediel.write(message, validate=False)).hexdigest()
        content = showing.as_text(message, masked=True)
        return cls(at, source, target, message.name(), message.header.identification, digest, content)


@dataclass
class CaseResult:
    """How a case came out.

    Attributes:
        case: the case.
        steps: the steps, up to the one that failed.
        passages: every message that went, in order.
        fault: whose fault a failure probably is.
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
