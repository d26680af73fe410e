"""Identifiers and their check digits.

Each type is a string that knows whether it is right. Making one never fails: a wrong check digit is something to
report, not something that stops a reader (the official sample messages are full of them).

Sources: GS1 (GLN, GSRN: modulo 10), ENTSO-E (EIC: modulo 37), the National Population Register (modulo 11, twice), the
register of organisation numbers (modulo 11). The rules are public; EMIF itself checks the shape only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Annotated, ClassVar, Final

if TYPE_CHECKING:  # whoever checks an identifier by hand does not load pydantic
    from pydantic_core import CoreSchema

__all__ = [
    "ELHUB",
    "Eic",
    "Gln",
    "Gsrn",
    "Identifier",
    "IdentifierCheck",
    "MeteringPointId",
    "NationalIdentityNumber",
    "OrganisationNumber",
    "PartyId",
    "Shape",
    "Uuid",
    "UuidText",
    "identify",
]


ELHUB: Final = "7080003824349"
"""Elhub's own GLN in production, by the official example messages."""


class Identifier(str):
    """A string with a rule."""

    __slots__ = ()
    kind: ClassVar[str]
    kind_nb: ClassVar[str]
    shape: ClassVar[str]
    shape_text: ClassVar[str]
    personal: ClassVar[bool] = False

    @property
    def problem(self) -> str | None:
        """What is wrong, in words that do not repeat the value; ``None`` when nothing is."""
        if not re.fullmatch(self.shape, self):
            return f"expected {self.shape_text}, found {_describe(self)}"
        return self._check()

    @property
    def is_valid(self) -> bool:
        """Whether shape and check digits are right."""
        return self.problem is None

    def _check(self) -> str | None:
        return None


def _describe(text: str) -> str:
    if text.isascii() and text.isdigit():
        return f"{len(text)} digits"
    return f"{len(text)} characters, not all of them digits" if any(c.isdigit() for c in text) else "no digits"


def _gs1_check_digit(digits: str) -> str:
    """Check digit for the digits before it: weights 3 and 1 from the right."""
    backwards = digits[::-1]
    return str(-(3 * sum(map(int, backwards[::2])) + sum(map(int, backwards[1::2]))) % 10)


class _Gs1(Identifier):
    __slots__ = ()

    @property
    def check_digit(self) -> str:
        """The digit that the last place should hold."""
        return _gs1_check_digit(self[:-1])

    def _check(self) -> str | None:
        if self[-1] != self.check_digit:
            return f"the check digit is {self[-1]}, it should be {self.check_digit}"
        return None


class Gsrn(_Gs1):
    """Metering point: GSRN, 18 digits, GS1 check digit."""

    __slots__ = ()
    kind = "metering point (GSRN)"
    kind_nb = "målepunkt-ID (GSRN)"
    shape = r"[0-9]{18}"
    shape_text = "18 digits"


class Gln(_Gs1):
    """Market party: GLN, 13 digits, GS1 check digit."""

    __slots__ = ()
    kind = "market party (GLN)"
    kind_nb = "aktør (GLN)"
    shape = r"[0-9]{13}"
    shape_text = "13 digits"


_EIC_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-"


class Eic(Identifier):
    """Metering grid area: EIC of type Y, 16 characters, the last one a check character (modulo 37)."""

    __slots__ = ()
    kind = "metering grid area (EIC)"
    kind_nb = "nettavregningsområde (EIC)"
    shape = r"[0-9]{2}[A-Z][0-9A-Z-]{13}"
    shape_text = "16 characters: two digits, a letter for the type (Y for a grid area), and 13 of 0-9, A-Z or -"

    @property
    def check_character(self) -> str:
        """The character that the last place should hold."""
        total = sum(
            _EIC_ALPHABET.index(char) * weight for char, weight in zip(self[:15], range(16, 1, -1), strict=True)
        )
        return _EIC_ALPHABET[36 - (total - 1) % 37]

    def _check(self) -> str | None:
        if self[-1] != self.check_character:
            return f"the check character is {self[-1]}, it should be {self.check_character}"
        if self[-1] == "-":
            return "a code whose check character would be - is not issued"
        return None


_K1: Final = (3, 7, 6, 1, 8, 9, 4, 5, 2)
_K2: Final = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
_SYNTHETIC_MONTHS: Final = (0, 40, 65, 80)


class NationalIdentityNumber(Identifier):
    """National identity number (day, month, year, three digits, two check digits) or D-number (day + 40).

    Synthetic test persons have 40, 65 or 80 added to the month. The new rule from 2032 accepts four remainders for the
    first check digit instead of one and takes the century out of the individual digits; it is off unless asked for with
    ``problem_by_rule_of_2032``, because numbers by that rule are not issued yet.
    """

    __slots__ = ()
    kind = "national identity number"
    kind_nb = "fødselsnummer eller D-nummer"
    shape = r"[0-9]{11}"
    shape_text = "11 digits"
    personal = True

    @property
    def is_d_number(self) -> bool:
        """Whether the day has 40 added."""
        return bool(re.fullmatch(self.shape, self)) and int(self[0]) >= 4

    @property
    def is_synthetic(self) -> bool:
        """Whether the month says that no such person exists."""
        return bool(re.fullmatch(self.shape, self)) and int(self[2:4]) > 12

    @property
    def check_digits(self) -> str | None:
        """The two digits that belong at the end; ``None`` when the first nine digits cannot have any."""
        first = -sum(int(d) * w for d, w in zip(self[:9], _K1, strict=True)) % 11
        if first == 10:
            return None
        second = -sum(int(d) * w for d, w in zip(f"{self[:9]}{first}", _K2, strict=True)) % 11
        return None if second == 10 else f"{first}{second}"

    @property
    def problem_by_rule_of_2032(self) -> str | None:
        """What is wrong by the control rule announced for 2032; ``None`` when nothing is.

        The first check digit is right when the weighted sum leaves 0, 1, 2 or 3 divided by 11; the second is
        unchanged. Announced by the tax administration; not part of any EMIF text (standing: assumed).
        """
        if not re.fullmatch(self.shape, self):
            return f"expected {self.shape_text}, found {_describe(self)}"
        if not any(self._date_exists(century) for century in (1800, 1900, 2000, 2100)):
            return "the first six digits are no date"
        remainder = (sum(int(d) * w for d, w in zip(self[:9], _K1, strict=True)) + int(self[9])) % 11
        if remainder > 3:
            return f"the first check digit leaves {remainder} divided by 11, it should leave 0, 1, 2 or 3"
        if (sum(int(d) * w for d, w in zip(self[:10], _K2, strict=True)) + int(self[10])) % 11:
            return "the second check digit is wrong"
        return None

    def _date_exists(self, century: int) -> bool:
        day = int(self[:2]) - (40 if self.is_d_number else 0)
        month = int(self[2:4])
        month -= max((offset for offset in _SYNTHETIC_MONTHS if offset < month), default=0)
        try:
            date(century + int(self[4:6]), month, day)
        except ValueError:
            return False
        return True

    def _check(self) -> str | None:
        century = _century(int(self[6:9]), int(self[4:6]))
        if century is None or not self._date_exists(century):
            return "the first six digits are no date, or do not go with the three after them"
        expected = self.check_digits
        if expected is None:
            return "no check digits exist for the first nine digits: such a number is not issued"
        if self[9:] != expected:
            return f"the check digits are {self[9:]}, they should be {expected}"
        return None


def _century(individual: int, year: int) -> int | None:
    """Century from the individual digits and the two digits of the year."""
    if individual < 500:
        return 1900
    if individual < 750 and year >= 54:
        return 1800
    if year < 40:
        return 2000
    return 1900 if individual >= 900 else None


class OrganisationNumber(Identifier):
    """Organisation number: 9 digits, check digit modulo 11."""

    __slots__ = ()
    kind = "organisation number"
    kind_nb = "organisasjonsnummer"
    shape = r"[0-9]{9}"
    shape_text = "9 digits"

    @property
    def check_digit(self) -> str | None:
        """The digit that the last place should hold; ``None`` when the first eight digits cannot have one."""
        digit = -sum(int(d) * w for d, w in zip(self[:8], (3, 2, 7, 6, 5, 4, 3, 2), strict=True)) % 11
        return None if digit == 10 else str(digit)

    def _check(self) -> str | None:
        expected = self.check_digit
        if expected is None:
            return "no check digit exists for the first eight digits: such a number is not issued"
        if self[-1] != expected:
            return f"the check digit is {self[-1]}, it should be {expected}"
        return None


class Uuid(Identifier):
    """Identification of a message or payload: UUID in lower case, 8-4-4-4-12."""

    __slots__ = ()
    kind = "message or payload identification (UUID)"
    kind_nb = "melding-ID (UUID)"
    shape = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
    shape_text = "a UUID in lower case, 8-4-4-4-12 hexadecimal digits"


@dataclass(frozen=True, slots=True)
class Shape:
    """A pydantic field that holds an identifier: text of its shape. The check digit is a finding, not an error."""

    kind: type[Identifier]

    def __get_pydantic_core_schema__(self, source: object, handler: object) -> CoreSchema:
        from pydantic_core import core_schema  # noqa: PLC0415 - see above

        return core_schema.str_schema(pattern=f"^{self.kind.shape}$")


MeteringPointId = Annotated[str, Shape(Gsrn)]
"""A metering point in a model: 18 digits."""
PartyId = Annotated[str, Shape(Gln)]
"""A market party in a model: 13 digits."""
UuidText = Annotated[str, Shape(Uuid)]
"""The identification of a message, payload or process in a model."""


@dataclass(frozen=True, slots=True)
class IdentifierCheck:
    """What ``identify`` found: the kind, and what is wrong with it, if anything."""

    kind: str
    kind_nb: str
    personal: bool
    problem: str | None
    note: str | None = None


_KINDS: Final[tuple[type[Identifier], ...]] = (Gsrn, Gln, NationalIdentityNumber, OrganisationNumber, Uuid, Eic)


def identify(value: str) -> IdentifierCheck | None:
    """Say what kind of identifier a value is, by its shape, and whether it is right.

    >>> identify("7080003824349").kind
    'market party (GLN)'
    >>> identify("7080003824340").problem
    'the check digit is 0, it should be 9'
    """
    text = value.strip()
    for kind in _KINDS:
        if re.fullmatch(kind.shape, text):
            identifier = kind(text)
            return IdentifierCheck(kind.kind, kind.kind_nb, kind.personal, identifier.problem, _note(identifier))
    return None


def _note(identifier: Identifier) -> str | None:
    if isinstance(identifier, NationalIdentityNumber):
        notes = ["a D-number"] if identifier.is_d_number else []
        if identifier.is_synthetic:
            notes.append("a synthetic test person")
        if identifier.problem and not identifier.problem_by_rule_of_2032:
            notes.append("right by the control rule announced for 2032")
        return ", ".join(notes) or None
    if isinstance(identifier, Eic) and identifier[2] != "Y":
        return f"EIC of type {identifier[2]}; a metering grid area has type Y"
    return None
