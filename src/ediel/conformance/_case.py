"""An approval case as data: who does what, what must come of it, and what must not."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from ediel._toml import toml_of
from ediel.codes import Role, Standing
from ediel.conformance.errors import InvalidCase
from ediel.errors import UnknownName, problems_of

Who = Literal["actor", "other supplier", "leaver", "grid company", "collector", "third party", "last resort"]
"""Parts in a case: the one that is tested, and those around it."""
Point = Literal[
    "hourly", "profiled", "inactive", "last resort", "production", "combined", "exchange", "own", "blocked",
    "no accounting point", "vacant", "other grid", "unknown",
]  # fmt: skip
"""Metering points that a case may need; ``own`` is one that the first supplier has, ``vacant`` one without end user."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Step(_Part):
    """One step: something that is done, that is expected, or that must not be.

    Attributes:
        do: ``start`` an order, ``command`` a process, ``decide`` at the hub, be notified (``notify``) outside the
            messages, move the ``time``, or ``repeat`` the last message of a name: the same bytes, signed anew.
        who: who does it, or to whom it comes.
        order: name of the order, such as ``ChangeOfSupplier``.
        with_: what is in it. ``$day+4`` is a day, four after the case begins; ``$point`` the metering point,
            ``$customer`` its end user, ``$newcomer`` another person, ``$values`` hourly values of the day before.
        as_: name of the process, for later steps.
        process: name of a process.
        name: name of a command or decision, or of the message to repeat.
        to: a moment to move to: a day such as ``$day+4``, and a time of day.
        expect: name of the message that must have come.
        where: what must be in it, by field.
        never: names of messages that must not have come.
        state: the state in which the process must be.
        why: what the step is for, and who says so.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    do: Literal["start", "command", "decide", "notify", "time", "repeat"] | None = None
    who: Who = "actor"
    order: str | None = None
    with_: dict[str, Any] = Field(default_factory=dict, alias="with")
    as_: str | None = Field(default=None, alias="as")
    process: str | None = None
    name: str | None = None
    to: str | None = None
    expect: str | None = None
    where: dict[str, object] = Field(default_factory=dict)
    never: tuple[str, ...] = ()
    state: str | None = None
    why: str = ""

    @model_validator(mode="after")
    def _one_thing(self) -> Step:
        if sum(bool(value) for value in (self.do, self.expect, self.never, self.state)) != 1:
            raise ValueError("a step does, expects, forbids, or asks for a state: one of them")
        return self

    def title(self) -> str:
        """The step in words."""
        if self.do == "start":
            return f"{self.who} starts {self.order}"
        if self.do == "command":
            return f"{self.who} says {self.name} to {self.process}"
        if self.do == "decide":
            return f"it is decided: {self.name}"
        if self.do == "notify":
            return f"{self.who} is notified outside the messages: {self.name}"
        if self.do == "time":
            return f"the time is {self.to}"
        if self.do == "repeat":
            return f"{self.who} sends {self.name} again"
        if self.expect:
            return f"{self.who} gets {self.expect}"
        if self.never:
            return f"{self.who} gets no {' and no '.join(self.never)}"
        return f"{self.process} is {self.state}"


class Case(_Part):
    """A case.

    Attributes:
        id: as Elhub names it where it does, such as ``DDQ101-01``.
        title: what it is about; ``title_nb`` in Norwegian.
        role: role that is tested.
        brs: processes, last three digits.
        source: who says so.
        standing: whether the steps are published, follow from sources, or are assumed; ``why`` says why.
        point: the metering point that it needs.
        steps: the steps, in order.
    """

    id: str = Field(pattern=r"^[A-Z]{2,3}[0-9]{3}-[0-9]{2}[A-Z]?(-[a-z-]+)?$")
    title: str
    title_nb: str
    role: str
    brs: tuple[str, ...] = Field(min_length=1)
    source: str
    standing: Standing
    why: str = ""
    point: Point = "hourly"
    steps: tuple[Step, ...] = Field(min_length=2, alias="step")

    @field_validator("role")
    @classmethod
    def _is_role(cls, value: str) -> str:
        known = [role.value for role in Role]
        if value not in known:
            raise ValueError(f"{value!r} is no role; expected one of {', '.join(known)}")
        return value

    @property
    def expects(self) -> list[int]:
        """Places of the steps that expect a message."""
        return [place for place, step in enumerate(self.steps) if step.expect]


def read_case(path: Path | Traversable) -> Case:
    """A case from a file.

    Raises:
        InvalidCase: it cannot be read; the text says what is wrong.
    """
    name = getattr(path, "name", str(path))
    try:
        return Case.model_validate(toml_of(path.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidCase(f"{name} is no TOML: {error}") from None
    except ValidationError as error:
        raise InvalidCase(f"{name}: {problems_of(error)[0]}") from None


@cache
def cases() -> tuple[Case, ...]:
    """Every packaged case, by name."""
    cases_ = [read_case(item) for _, item in packaged()]
    return tuple(sorted(cases_, key=lambda case: case.id))


def packaged() -> Iterator[tuple[str, Traversable]]:
    """Every packaged case as a file, with the family whose folder it is in."""
    for folder in (files("ediel.conformance") / "cases").iterdir():
        if folder.is_dir():
            yield from ((folder.name, item) for item in folder.iterdir() if item.name.endswith(".toml"))


def case(identification: str) -> Case:
    """A packaged case.

    Raises:
        UnknownName: there is none.
    """
    for item in cases():
        if item.id == identification:
            return item
    raise UnknownName("case", identification, [item.id for item in cases()])


def matrix() -> Iterator[tuple[str, str, int, dict[str, int]]]:
    """Role, BRS, how many cases, and how many of each standing."""
    cells: dict[tuple[str, str], list[Case]] = {}
    for item in cases():
        for number in item.brs:
            cells.setdefault((item.role, number), []).append(item)
    for (role, number), items in sorted(cells.items()):
        standings = {name: sum(one.standing == name for one in items) for name in ("published", "inferred", "assumed")}
        yield role, number, len(items), standings


_TEMPLATE = """\
# A case of your own. `ediel conformance show CASE` shows how others are made; docs/conformance.md names all words.
id = "{id}"
title = "What it is about"
title_nb = "Hva den handler om"
role = "{role}"
brs = ["{brs}"]
source = "our own"
standing = "assumed"
why = "no source publishes it"
point = "hourly"          # or profiled, inactive, unknown and others: docs/conformance.md

[[step]]                  # something that is done: by the actor, or by another part (who = "leaver")
do = "start"
order = "{order}"
as = "process"
with = {{ metering_point = "$point" }}

[[step]]                  # a message that must come, and what must be in it
expect = "{expect}"
who = "actor"
where = {{}}

[[step]]                  # where the process must stand
process = "process"
state = "{state}"
"""


def template(identification: str) -> str:
    """A case to begin with, as TOML: a search for a metering point, which passes.

    Raises:
        InvalidCase: the name is of another form.
    """
    match = re.fullmatch(r"([A-Z]{2,3})([0-9]{3})-[0-9]{2}[A-Z]?(?:-[a-z-]+)?", identification)
    if match is None:
        expected = "a role, three digits and a number: DDQ101-90"
        raise InvalidCase(f"{identification} is no name of a case; expected {expected}")
    return _TEMPLATE.format(
        id=identification, role=match[1], brs=match[2], order="PointSearch",
        expect="ResponseUpfrontMeteringPointCharacteristics", state="answered",
    )  # fmt: skip
