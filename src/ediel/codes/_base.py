"""What every code list has in common: the code, who issues it, what it means, and who says so."""

from collections.abc import Iterator
from enum import Enum
from typing import Literal, Self

Standing = Literal["published", "inferred", "assumed"]


class Code(str, Enum):
    """One code of a list. It *is* its code: ``Role.DDQ == "DDQ"``.

    Attributes:
        agency: the issuer that belongs to the code (``listAgencyIdentifier`` or
            ``schemeAgencyIdentifier``), or ``None`` where the list has none on the wire.
        label: English meaning in this project's words; ``None`` when no source gives one.
        label_nb: Norwegian meaning, where a source gives one.
        source: the document that says so (see ``docs/sources.md`` for the keys).
        standing: ``published`` when Elhub's own text gives the meaning, ``inferred`` when it follows
            from use or from the ebIX, UN or ENTSO-E list the code was taken from.
    """

    agency: str | None
    label: str | None
    label_nb: str | None
    source: str
    standing: Standing

    def __new__(
        cls,
        code: str,
        agency: str | None = None,
        label: str | None = None,
        label_nb: str | None = None,
        source: str = "XSD",
        standing: Standing = "published",
    ) -> Self:
        member = str.__new__(cls, code)
        member._value_ = code
        member.agency = agency
        member.label = label
        member.label_nb = label_nb
        member.source = source
        member.standing = standing
        return member

    def __str__(self) -> str:
        return str(self.value)

    @classmethod
    def codes(cls) -> Iterator[Self]:
        """Every code of the list, in the order of the schema."""
        return iter(cls)
