"""Which texts are about people, and how they are masked."""

from __future__ import annotations

import re
from typing import Final

from lxml import etree

from ediel.identifiers import NationalIdentityNumber

__all__ = ["CONTAINERS", "ELEMENTS", "is_personal", "mask", "names_person"]

CONTAINERS: Final = frozenset(
    {
        "ConsumerInvolvedCustomerParty",
        "ConsumerInvolvedCustomerAddress",
        "MPAddressMeteringPointAddress",
        "MPPositionMeteringPointGeographicalCoordinate",
        "MPAddressCadastral",
    }
)
"""Everything inside these is masked, a code or a misspelt element included: any text may be a name there."""

ELEMENTS: Final = frozenset(
    {
        "Description",
        "Feedback",
        "FeedbackPrivate",
        "FeedbackPublic",
        "MeterLocation",
        "Name",
        "Request",
        "RequestPrivate",
        "RequestPublic",
        "Subject",
    }
)
"""Free texts outside of those: people write names and numbers into them."""


def is_personal(element: etree._Element) -> bool:
    """Whether the text of an element may be about a person."""
    if etree.QName(element).localname in ELEMENTS:
        return True
    return any(etree.QName(item).localname in CONTAINERS for item in (element, *element.iterancestors()))


_ELEVEN: Final = re.compile(r"(?<!\d)(\d{6})[ .-]?(\d{5})(?!\d)")


def names_person(text: str) -> bool:
    """Whether a text holds a national identity number, wherever it stands: one may have been put into any field.

    >>> names_person("12818525018"), names_person("7080001100018")
    (True, False)
    """
    return any(NationalIdentityNumber(day + rest).problem is None for day, rest in _ELEVEN.findall(text))


def mask(text: str) -> str:
    """What is shown instead: how long the text is, and nothing of it.

    >>> mask("Ola")
    '*** (3 characters, masked)'
    """
    return f"*** ({len(text)} character{'' if len(text) == 1 else 's'}, masked)"
