"""What is odd in a message that the schema takes: warnings, each of them a mistake that people make.

Check digits that do not fit, texts that were encoded twice or hold what cannot be seen, moments with the offset of the
other half of the year. EMIF checks none of these.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from lxml import etree

from ediel.calendar import OSLO, market_day
from ediel.identifiers import Eic, Gln, Gsrn, Identifier, NationalIdentityNumber, OrganisationNumber
from ediel.report import Finding
from ediel.xml._paths import Paths, local
from ediel.xml._privacy import is_personal, mask, names_person

__all__ = ["doubts_of", "elsewhere"]


def doubts_of(element: etree._Element, show_personal: bool) -> Iterator[Finding]:
    """Warnings about the texts of a message, in the order of the kinds of doubt."""
    yield from _check_digits(element, show_personal)
    yield from _odd_texts(element, show_personal)
    yield from _other_offsets(element)


_IDENTIFIED: Final = etree.XPath("descendant::*[@schemeAgencyIdentifier]")
_KIND_OF_SCHEME: Final[dict[str, type[Identifier]]] = {
    "305": Eic,
    "Z01": NationalIdentityNumber,
    "82": OrganisationNumber,
}


def _check_digits(element: etree._Element, show_personal: bool) -> Iterator[Finding]:
    """A warning for each identifier whose check digit is wrong. EMIF checks shapes only."""
    found = _IDENTIFIED(element)
    assert isinstance(found, list)
    paths = Paths()
    for item in found:
        assert isinstance(item, etree._Element)
        kind = _kind_of(item)
        if kind is None:
            continue
        problem = kind(item.text or "").problem
        if problem is None:
            continue
        text = item.text or ""
        personal = (is_personal(item) or names_person(text)) and not show_personal
        yield Finding(
            "ID/check-digit",
            _advice(kind, text, None if personal else problem),
            severity="warning",
            path=paths.of(item, element),
            line=item.sourceline,
            found=mask(text) if personal else text,
            standing="inferred",
            source="GS1, ENTSO-E, National Population Register, register of organisations",
        )


def _kind_of(item: etree._Element) -> type[Identifier] | None:
    scheme = item.get("schemeAgencyIdentifier")
    if scheme != "9":
        return _KIND_OF_SCHEME.get(scheme or "")
    parent = item.getparent()
    holder = local(str(parent.tag)) if parent is not None else ""
    if holder.startswith("ProductIncluded"):
        return None  # a closed list; Elhub's own numbers have no check digit
    return Gsrn if holder.startswith("MeteringPoint") else Gln


def _advice(kind: type[Identifier], text: str, problem: str | None) -> str:
    """What is wrong with an identifier, and what it may be instead; of a person's number nothing is repeated."""
    if kind is NationalIdentityNumber and OrganisationNumber(text).problem is None:
        return (
            "This is no right national identity number, but a right organisation number: of an organisation, "
            "schemeAgencyIdentifier is 82."
        )
    return f"This is no right {kind.kind}" + ("; look it up again." if problem is None else f": {problem}.")


_SUSPECT: Final = etree.XPath("descendant::*[not(*)][contains(text(), '\u00c3') or contains(text(), '\u00c2')]")
_INVISIBLE: Final = etree.XPath(
    "descendant::*[not(*)][string-length(translate(text(), '\u200b\u200c\u200d\u2060\ufeff\u00ad', ''))"
    " < string-length(text())]"
)
_TWICE: Final = re.compile("[\u00c2\u00c3][\u0080-\u00bf]")


def _odd_texts(element: etree._Element, show_personal: bool) -> Iterator[Finding]:
    paths = Paths()
    for query, why in (
        (_SUSPECT, "This text looks as if it was encoded twice; write UTF-8 once."),
        (_INVISIBLE, "This text holds characters that cannot be seen; take them out."),
    ):
        found = query(element)
        assert isinstance(found, list)
        for item in found:
            assert isinstance(item, etree._Element)
            text = item.text or ""
            if query is _SUSPECT and not _TWICE.search(text):
                continue
            personal = (is_personal(item) or names_person(text)) and not show_personal
            yield Finding(
                "TEXT/encoding",
                why,
                severity="warning",
                path=paths.of(item, element),
                line=item.sourceline,
                found=mask(text) if personal else text,
                standing="inferred",
                source="UTF-8",
            )


_OFFSETS: Final = etree.XPath("descendant::*[not(*)][contains(text(), '+01:00') or contains(text(), '+02:00')]")


def _other_offsets(element: etree._Element) -> Iterator[Finding]:
    """Moments in winter with the offset of summer, or the other way: they fall on another day than was meant."""
    found = _OFFSETS(element)
    assert isinstance(found, list)
    paths = Paths()
    seen: dict[str, str | None] = {}
    for item in found:
        assert isinstance(item, etree._Element)
        text = (item.text or "").strip()
        if text not in seen:
            seen[text] = elsewhere(text)
        if (day := seen[text]) is not None:
            yield Finding(
                "TIME/offset",
                f"This is {day} in Norway, whose offset is another one at that time of the year.",
                severity="warning",
                path=paths.of(item, element),
                line=item.sourceline,
                found=text,
                expected="the offset of Norway at that moment: +01:00 in winter, +02:00 in summer",
                standing="inferred",
                source="Norwegian time",
            )


def elsewhere(text: str) -> str | None:
    """The day and the time in Norway of a moment that is written with an offset that Norway has not then."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    here = moment.astimezone(OSLO)
    if moment.utcoffset() == here.utcoffset():
        return None
    return f"{market_day(moment).isoformat()} {here:%H:%M}"
