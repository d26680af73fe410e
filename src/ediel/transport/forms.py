"""Forms of a call that are judged besides its signature: a table, each with who says so and how sure it is.

None of them makes an envelope less safe. They show whether another implementation would accept it too, so that
what passes here does not fail at Elhub for its form; what Elhub itself refuses is mostly not published. Numbers such
as R3029 are those of the WS-I Basic Security Profile 1.1; WSS4J, which Java stacks use, refuses what breaks them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from lxml import etree

from ediel.codes import Standing
from ediel.transport._wsse import BASE64, DS, SECURITY, SIGNATURE, TIMESTAMP, TOKEN, WSSE
from ediel.transport.envelope import SOAP

__all__ = ["FORMS", "Form", "broken_forms"]

_STR: Final = f"{{{WSSE}}}SecurityTokenReference"


@dataclass(frozen=True, slots=True)
class Form:
    """One demand on the form.

    Attributes:
        key: a name for it.
        text: what is demanded.
        source: who demands it.
        standing: how sure it is that Elhub refuses what breaks it.
        advice: what to set at the stack that has signed.
        holds: whether a security header meets it.
    """

    key: str
    text: str
    source: str
    standing: Standing
    advice: str
    holds: Callable[[etree._Element], bool]


def _token_typed(security: etree._Element) -> bool:
    return all(token.get("EncodingType") == BASE64 for token in security.iterchildren(TOKEN))


def _reference_typed(security: etree._Element) -> bool:
    return all(item.get("ValueType") for item in security.iterfind(f"{SIGNATURE}//{_STR}/{{{WSSE}}}Reference"))


def _identifier_typed(security: etree._Element) -> bool:
    identifiers = security.iterfind(f"{SIGNATURE}//{_STR}/{{{WSSE}}}KeyIdentifier")
    return all(identifier.get("EncodingType") == BASE64 for identifier in identifiers)


def _token_first(security: etree._Element) -> bool:
    tags = [child.tag for child in security]
    return TOKEN not in tags or SIGNATURE not in tags or tags.index(TOKEN) < tags.index(SIGNATURE)


def _nothing_else(security: etree._Element) -> bool:
    known = {TOKEN, TIMESTAMP, SIGNATURE}
    return all(child.tag in known for child in security if etree.QName(child).namespace in {WSSE, DS})


def _for_us(security: etree._Element) -> bool:
    return not security.get(f"{{{SOAP}}}actor")


FORMS: Final = (
    Form(
        "token-first", "The token stands before the signature that refers to it.",
        "EMIF WSDL: Layout Strict; BSP 1.1: R5205; but zeep, and a client published for Elhub, do not", "assumed",
        "layout: strict; put the BinarySecurityToken before the Signature", _token_first,
    ),
    Form(
        "no-other-token", "The header holds one X.509 token, a Timestamp and a Signature, and no other token.",
        "EMIF WSDL: no supporting tokens", "inferred", "leave UsernameToken and the like out", _nothing_else,
    ),
    Form(
        "no-actor", "The security header is for the last recipient.",
        "SOAP 1.1, 4.2.2", "inferred", "set no actor on the Security header", _for_us,
    ),
    Form(
        "token-encoding", "The BinarySecurityToken says its EncodingType.",
        "BSP 1.1: R3029", "inferred", "write EncodingType=...#Base64Binary on the BinarySecurityToken", _token_typed,
    ),
    Form(
        "reference-type", "The Reference to the token says its ValueType.",
        "BSP 1.1: R3059", "inferred", "write ValueType=...#X509v3 on the Reference of the SecurityTokenReference",
        _reference_typed,
    ),
    Form(
        "identifier-encoding", "A KeyIdentifier says its EncodingType.",
        "BSP 1.1: R3070", "inferred", "write EncodingType=...#Base64Binary on the KeyIdentifier", _identifier_typed,
    ),
)  # fmt: skip


def broken_forms(envelope: etree._Element, standings: Iterable[Standing]) -> Iterator[Form]:
    """The demands that the security headers of an envelope do not meet, of those that are so sure."""
    judged = frozenset(standings)
    for security in envelope.iterfind(f"{{{SOAP}}}Header/{SECURITY}"):
        yield from (form for form in FORMS if form.standing in judged and not form.holds(security))
