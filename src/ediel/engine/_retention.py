"""For how long each kind of data is kept, and what is kept even when a person is erased.

No source of this project names a duration for any of it: what stands here is what a caller has decided, and nothing is
purged that has no duration.
"""

from __future__ import annotations

import re
import tomllib
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from ediel.calendar import OSLO
from ediel.engine.errors import EngineError
from ediel.errors import problems_of

__all__ = ["ERASED_KINDS", "KINDS", "Age", "Keep", "Retention"]

KINDS: Final = ("customer", "log", "events", "sent", "evidence", "dead_letters", "archive", "values")
"""Kinds of data that have a retention."""
ERASED_KINDS: Final = ("customer", "log", "events", "sent", "evidence", "dead_letters", "archive")
"""Kinds of data in which words about a person may stand."""
_AGE: Final = re.compile(r"([1-9][0-9]{0,3})([ymd])")


class Age:
    """A number of years, months or days, such as ``10y``, ``18m`` or ``90d``.

    Raises:
        ValueError: it is none of these.
    """

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        if not _AGE.fullmatch(text):
            raise ValueError(f"{text!r} is no duration; write years, months or days, such as 10y, 18m or 90d")
        self.text = text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Age) and other.text == self.text

    def __hash__(self) -> int:
        return hash(self.text)

    def __repr__(self) -> str:
        return f"Age({self.text!r})"

    def before(self, now: datetime) -> datetime:
        """The moment so long ago, by the Norwegian calendar; the last day of a shorter month where there is none."""
        number, unit = int(self.text[:-1]), self.text[-1]
        local = now.astimezone(OSLO)
        if unit == "d":
            return local - timedelta(days=number)
        months = local.year * 12 + local.month - 1 - number * (12 if unit == "y" else 1)
        year, month = divmod(months, 12)
        if year < 1:
            return datetime(1, 1, 2, tzinfo=OSLO)
        for day in range(local.day, 0, -1):
            try:
                return local.replace(year=year, month=month + 1, day=day)
            except ValueError:
                continue
        raise AssertionError("every month has a first day")


def _age(value: object) -> object:
    return Age(value) if isinstance(value, str) else value


Duration = Annotated[Age, BeforeValidator(_age)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


class Keep(_Part):
    """What is kept when a person is erased, and why.

    Attributes:
        kind: a kind in which people stand.
        duration: for how long, from when it was written, or the process was changed last; ``for`` in a file.
        reason: why, in the words of whoever has decided it: the law, the contract, a claim.
    """

    kind: Literal["customer", "log", "events", "sent", "evidence", "dead_letters", "archive"]
    duration: Duration = Field(alias="for")
    reason: str = Field(min_length=3)


class Retention(_Part):
    """For how long data is kept: ``[retention]`` of ``ediel.toml``. A kind without a duration is kept.

    ::

        [retention]
        customer = "10y"
        archive = "3y"

        [[retention.keep]]
        kind = "sent"
        for = "5y"
        reason = "..."

    Attributes:
        customer: processes that are over with everything of theirs, contracts and accesses that have ended.
        log: the steps of processes that are over.
        events: what subscriptions were told.
        sent: the bytes of sent messages.
        evidence: the envelopes that the hub has signed.
        dead_letters: those that are resolved.
        archive: the bytes of what has arrived; the digest stays while a message of it is known.
        values: files of the values store, by the month of their values.
        keep: what is kept when a person is erased.
    """

    customer: Duration | None = None
    log: Duration | None = None
    events: Duration | None = None
    sent: Duration | None = None
    evidence: Duration | None = None
    dead_letters: Duration | None = None
    archive: Duration | None = None
    values: Duration | None = None
    keep: tuple[Keep, ...] = ()

    @classmethod
    def read(cls, path: str | Path) -> Self:
        """The table ``[retention]`` of a file; empty where it has none.

        Raises:
            EngineError: it is no TOML, or a kind or a duration is none; every mistake is listed.
            OSError: the file cannot be read.
        """
        try:
            found: Any = tomllib.loads(Path(path).read_text(encoding="utf-8")).get("retention", {})
            return cls.model_validate(found)
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise EngineError(f"{path} is no TOML: {error}") from None
        except ValidationError as error:
            raise EngineError(f"{path}: [retention] {'; '.join(problems_of(error))}") from None

    def before(self, now: datetime) -> dict[str, datetime]:
        """By kind, the moment before which it is too old; kinds without a duration are left out."""
        ages = {name: getattr(self, name) for name in KINDS}
        return {name: age.before(now) for name, age in ages.items() if isinstance(age, Age)}

    def kept(self, kind: str, at: datetime, now: datetime) -> str | None:
        """Why a row of a kind is kept when a person is erased; ``None`` where it is not."""
        for item in self.keep:
            if item.kind == kind and at > item.duration.before(now):
                return item.reason
        return None
