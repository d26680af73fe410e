"""Which texts are about people, and how they are masked."""

from __future__ import annotations

from typing import Final

from lxml import etree

__all__ = ["is_personal", "mask"]

_CONTAINERS: Final = frozenset(
    {
        "ConsumerInvolvedCustomerParty",
        "ConsumerInvolvedCustomerAddress",
        "MPAddressMeteringPointAddress",
        "MPPositionMeteringPointGeographicalCoordinate",
        "MPAddressCadastral",
    }
)
"""Everything inside these is masked, a code or a misspelt element included: any text may be a name there."""

_ELEMENTS: Final = frozenset(
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
    if etree.QName(element).localname in _ELEMENTS:
        return True
    return any(etree.QName(item).localname in _CONTAINERS for item in (element, *element.iterancestors()))


def mask(text: str) -> str:
    """What is shown instead: how long the text is, and nothing of it.

    >>> mask("Ola")
    '*** (3 characters, masked)'
    """
    return f"*** ({len(text)} character{'' if len(text) == 1 else 's'}, masked)"
