"""Hypothesis strategies: identifiers, messages of every kind, and broken ones.

Needs the extra ``testing``: ``pip install ediel[testing]``.
"""

from __future__ import annotations

from datetime import date

from hypothesis import strategies as st
from lxml import etree

from ediel.codes import BusinessProcess
from ediel.identifiers import Eic, Gln, Gsrn, NationalIdentityNumber, OrganisationNumber
from ediel.messages import MESSAGES, model
from ediel.messages.header import Message
from ediel.rules import uses_of
from ediel.testing._conforming import conforming
from ediel.testing._mutate import mutate, mutate_bytes
from ediel.testing._sample import Sampler
from ediel.xml import write

__all__ = [
    "broken_documents",
    "documents",
    "eics",
    "glns",
    "gsrns",
    "messages",
    "messages_of_process",
    "national_identity_numbers",
    "organisation_numbers",
]

_RANDOMS = st.randoms(use_true_random=False, note_method_calls=False)


def gsrns() -> st.SearchStrategy[Gsrn]:
    """Metering points with a right check digit."""
    return _RANDOMS.map(lambda random: Sampler(random).gsrn())


def glns() -> st.SearchStrategy[Gln]:
    """Market parties with a right check digit."""
    return _RANDOMS.map(lambda random: Sampler(random).gln())


def eics() -> st.SearchStrategy[Eic]:
    """Grid areas with a right check character."""
    return _RANDOMS.map(lambda random: Sampler(random).eic())


def national_identity_numbers(*, synthetic: bool = True) -> st.SearchStrategy[NationalIdentityNumber]:
    """National identity numbers and D-numbers with right check digits; of nobody, unless told otherwise."""
    return _RANDOMS.map(lambda random: Sampler(random).national_identity_number(synthetic=synthetic))


def organisation_numbers() -> st.SearchStrategy[OrganisationNumber]:
    """Organisation numbers with a right check digit."""
    return _RANDOMS.map(lambda random: Sampler(random).organisation_number())


@st.composite
def messages(draw: st.DrawFn, name: str | None = None, *, wild: bool = True, most: int = 2) -> Message:
    """Messages that the schema accepts: of one name, or of all 28.

    ``wild`` also uses every unusual way of writing that the schema allows; ``most`` bounds the lists.
    """
    chosen = name or draw(st.sampled_from(sorted(MESSAGES)))
    return Sampler(draw(_RANDOMS), wild=wild, most=most).message(model(chosen))


@st.composite
def messages_of_process(
    draw: st.DrawFn, process: BusinessProcess | None = None, name: str | None = None, *, on: date
) -> Message:
    """Messages that the rules of a process take on a day: of one process and message, or of all that are known."""
    pairs = [
        (number, usage.message)
        for number in BusinessProcess
        for usage in uses_of(number)
        if process in {None, number} and name in {None, usage.message}
    ]
    number, message = draw(st.sampled_from(pairs))
    return conforming(number, message, random=draw(_RANDOMS), on=on)


def documents(name: str | None = None, *, wild: bool = True) -> st.SearchStrategy[bytes]:
    """The same, as XML."""
    return messages(name, wild=wild).map(lambda message: write(message, validate=False))


@st.composite
def broken_documents(draw: st.DrawFn, name: str | None = None) -> bytes:
    """XML with one to three changes of its structure, values or bytes; a few are still valid."""
    data = draw(documents(name))
    random = draw(_RANDOMS)
    for _ in range(draw(st.integers(1, 3))):
        try:
            root = etree.fromstring(data)
        except etree.XMLSyntaxError:
            return mutate_bytes(data, random)
        data = etree.tostring(mutate(root, random).root, encoding="UTF-8", xml_declaration=True)
        if draw(st.integers(0, 3)) == 0:
            data = mutate_bytes(data, random)
    return data
