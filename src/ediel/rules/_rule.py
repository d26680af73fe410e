"""What a rule is: a row that says what must hold, who says so, and a small pure function that checks."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from ediel.calendar import market_day, midnight
from ediel.codes import BusinessProcess, Standing

if TYPE_CHECKING:
    from ediel.market import Profile, Register

Part = Literal["Header", "Process", "Payload", "Register"]
Needs = Literal["message", "date", "register"]
Result = Literal["passed", "failed", "not applicable", "unknown"]
Decider = Literal["day", "register", "more", "settlement", "source"]
"""What would decide a rule that is unknown; in words in ``_undecided``."""


@dataclass(frozen=True, slots=True)
class Flaw:
    """One place where a rule is broken.

    Attributes:
        at: the field, as a dotted path of field names from the message, or from the payload for a rule about one.
        found: what is there; ``None`` when nothing is, or when it is about a person.
        expected: what would be right.
    """

    at: str
    found: str | None = None
    expected: str | None = None


class Skip(Enum):
    """Why a rule has no verdict."""

    NOT_APPLICABLE = "not applicable"
    UNKNOWN = "unknown"


NOT_APPLICABLE = Skip.NOT_APPLICABLE
UNKNOWN = Skip.UNKNOWN


@dataclass(frozen=True)
class Known:
    """What is known besides the message.

    Attributes:
        day: the Norwegian day of judgement; ``None`` when it is not given.
        moment: the latest moment that counts as not in the future: the moment given, or the end of the day.
        given: time limits of the caller; see ``profile``.
        register: what is known of the market; ``None`` when it is not at hand.
    """

    day: date | None
    moment: datetime | None
    given: Profile | None = None
    register: Register | None = None

    @cached_property
    def profile(self) -> Profile:
        """Time limits, and what counts as a working day; loaded when a rule first asks."""
        from ediel.market import load  # noqa: PLC0415 - most messages need no time limit

        return self.given or load()

    @classmethod
    def on(
        cls, when: date | datetime | None, profile: Profile | None = None, register: Register | None = None
    ) -> Known:
        """Known of a day, or of an aware moment.

        Raises:
            ValueError: a moment without a time zone, or the last day that a date can be.
        """
        if when is None:
            return cls(None, None, profile, register)
        if isinstance(when, datetime):
            return cls(market_day(when), when, profile, register)
        if when == date.max:
            raise ValueError(f"{when.isoformat()} is the last day of the calendar; give an earlier one")
        return cls(when, midnight(when + timedelta(days=1)), profile, register)


Outcome = Iterable[Flaw] | Skip
"""What a check finds: the flaws (none: it passed), or why there is no verdict."""

Check = Callable[[Any, Known], Outcome]
"""Takes the message (or one payload of it) and the facts."""


def present(field: str, what: str) -> Check:
    """A field that must be given; ``what`` it is, in words."""
    return lambda subject, _facts: () if getattr(subject, field) is not None else (Flaw(field, expected=what),)


def absent(field: str) -> Check:
    """A field that may not be given. What is there is not shown: it may be about a person."""
    return lambda subject, _facts: () if getattr(subject, field) is None else (Flaw(field, expected="nothing"),)


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    Attributes:
        key: process and row, such as ``BRS-NO-313/13``; a name instead of a number where the table has none.
        process: BRS number.
        messages: names of the messages it is about.
        part: part of the message, or the register.
        code: the hub's own code for a violation; ``None`` when none is published.
        text, text_nb: what must hold, in English and Norwegian.
        source: who says so; see ``docs/sources.md``.
        standing: whether a source says that it must hold: published, inferred or assumed.
        needs: what it takes to judge: the message alone, a date, or the register of the market.
        check: the function.
        each: whether it is about each payload by itself.
        code_standing: whether a source says that a violation has this code. A published rule may have its code by
            analogy, and then refuses all the same.
        undecided: what would decide it where it is unknown though what it needs is given.
    """

    key: str
    process: BusinessProcess
    messages: tuple[str, ...]
    part: Part
    code: str | None
    text: str
    text_nb: str
    source: str
    standing: Standing
    needs: Needs
    check: Check
    each: bool = False
    code_standing: Standing = "published"
    undecided: Decider | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A rule before it is given to a process: what several processes share is written once."""

    name: str
    code: str | None
    text: str
    text_nb: str
    check: Check
    needs: Needs = "message"
    part: Part = "Payload"
    standing: Standing | None = None
    source: str | None = None
    undecided: Decider | None = None

    def of(
        self,
        process: str,
        *messages: str,
        source: str,
        standing: Standing,
        each: bool = True,
        code_standing: Standing | None = None,
    ) -> Rule:
        """The rule of a process.

        Args:
            process: the last three digits of its BRS number.
            messages: what it is about.
            source: who says so, where the row does not name its own.
            standing: how sure that is, where the row does not say.
            each: whether it is about each payload by itself.
            code_standing: how sure the code is; as sure as the family's rules when not given.
        """
        number = BusinessProcess(f"BRS-NO-{process}")
        return Rule(
            key=f"{number.value}/{self.name}",
            process=number,
            messages=messages,
            part=self.part,
            code=self.code,
            text=self.text,
            text_nb=self.text_nb,
            source=self.source or source,
            standing=self.standing or standing,
            needs=self.needs,
            check=self.check,
            each=each,
            code_standing=code_standing or standing,
            undecided=self.undecided,
        )
