"""A register that is read from a JSON file: what a tester knows of the market on one day."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Self

from pydantic import Field, ValidationError

from ediel.errors import InvalidRegister, problems_of
from ediel.market._drawn import on_lines
from ediel.market._register import Grant, MeteringPoint, Party, PartyGln, Record
from ediel.market._unknown import UNKNOWN, Unknown
from ediel.market.invariants import twice


class RegisterFile(Record):
    """A register that is written as JSON."""

    what: ClassVar[str] = "register"
    page: ClassVar[str] = "docs/register.md"

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> Self:
        """What a file says.

        Raises:
            InvalidRegister: it cannot be read, or something in it is wrong; the text says what and where, and repeats
                nothing about people.
        """
        try:
            data = Path(path).read_bytes()
        except OSError as error:
            raise InvalidRegister(f"{path}: the {cls.what} cannot be read: {error.strerror}") from None
        return cls.parse(data, str(path))

    @classmethod
    def parse(cls, data: bytes | str, name: str | None = None) -> Self:
        """What JSON text says; ``name`` is for errors.

        Raises:
            InvalidRegister: as for ``read``.
        """
        who = name or cls.what
        try:
            found = cls.model_validate_json(data)
        except ValidationError as error:
            more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
            raise InvalidRegister(f"{who}: {problems_of(error)[0]}{more}; {cls.page} shows the form") from None
        for kind, keys in found.unique():
            repeated = [key for key, count in Counter(keys).items() if count > 1]
            if repeated:
                raise InvalidRegister(f"{who}: {kind} {repeated[0]} is listed more than once")
        for point in found.points():
            for text in twice(point):
                raise InvalidRegister(f"{who}: metering point {point.identification}: {text}; expected one at the most")
        return found

    def unique(self) -> Iterable[tuple[str, list[str]]]:
        """What may stand only once, by kind."""
        return ()

    def points(self) -> Iterable[MeteringPoint]:
        """The metering points in it."""
        return ()


class Snapshot(RegisterFile):
    """A part of the market, or the whole of it; a ``Register``.

    The form is JSON, by ``docs/register.schema.json``. With ``complete`` what is not listed does not exist; without it,
    what is not listed is unknown.
    """

    complete: bool = Field(
        default=False, description="True when every metering point, party and consent is listed: what is not, is not."
    )
    hub: PartyGln | None = Field(default=None, description="The hub's own GLN; absent when unknown.")
    metering_points: tuple[MeteringPoint, ...] = ()
    parties: tuple[Party, ...] = ()
    grants: tuple[Grant, ...] = ()

    def unique(self) -> Iterable[tuple[str, list[str]]]:
        """What may stand only once, by kind."""
        yield "metering point", [point.identification for point in self.metering_points]
        yield "party", [party.gln for party in self.parties]
        yield "consent", [grant.identification for grant in self.grants]

    def points(self) -> Iterable[MeteringPoint]:
        """The metering points in it."""
        return self.metering_points

    @cached_property
    def _points(self) -> dict[str, MeteringPoint]:
        return {point.identification: on_lines(point) for point in self.metering_points}

    @cached_property
    def _parties(self) -> dict[str, Party]:
        return {party.gln: party for party in self.parties}

    @cached_property
    def _grants(self) -> dict[str, Grant]:
        return {grant.identification: grant for grant in self.grants}

    def metering_point(self, identification: str) -> MeteringPoint | Unknown | None:
        """A metering point; ``None`` when there is none, ``UNKNOWN`` when an incomplete register does not list it."""
        return self._points.get(identification) or self._missing()

    def party(self, gln: str) -> Party | Unknown | None:
        """A market party, in the same way."""
        return self._parties.get(gln) or self._missing()

    def grant(self, identification: str) -> Grant | Unknown | None:
        """A consent, in the same way."""
        return self._grants.get(identification) or self._missing()

    def _missing(self) -> Any:
        return None if self.complete else UNKNOWN
