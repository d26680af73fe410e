"""Verifying what has arrived: who signed, what exactly was signed, and when. Only that is given back.

The classic attacks move the signed part elsewhere and put another in its place. Here nothing is searched for: the
one Body and the one Timestamp of the envelope are the only elements that a reference can point at, there must be
exactly one reference to each, and what is read afterwards are the very octets whose digest was checked. (A reference
may point at a whole header besides, which is not read.)
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

import xmlsec
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from lxml import etree
from xmlsec import constants

from ediel.transport._admission import admit, believed
from ediel.transport._moments import LONGEST, SKEW, moments
from ediel.transport._signer import signer_of
from ediel.transport._wsse import DS, EXCLUSIVE, ID, SECURITY, SIGNATURE, TIMESTAMP, WSSE, WSU
from ediel.transport.envelope import SOAP
from ediel.transport.errors import SecurityRefused
from ediel.transport.identity import Trust, not_in_force, organisation_number
from ediel.transport.replays import Replays
from ediel.xml import Document, Signer
from ediel.xml.parser import LIMITS, Limits, Unreadable, parse, too_many_attributes, unpack

__all__ = ["Replays", "Verified", "verify", "verify_again", "verify_tree"]

XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"

_SIGNATURES: Final = {
    f"{DS}rsa-sha1": "rsa-sha1",
    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256": "rsa-sha256",
}
_ENVELOPED: Final = f"{DS}enveloped-signature"
_DIGESTS: Final = frozenset({f"{DS}sha1", "http://www.w3.org/2001/04/xmlenc#sha256"})


@dataclass(frozen=True, slots=True)
class Verified:
    """What was signed, and by whom.

    Attributes:
        document: the content of the Body, with its signer; ``None`` for an empty Body.
        signer: who signed.
    """

    document: Document | None
    signer: Signer

    @property
    def data(self) -> bytes:
        """The content of the Body, canonical: the octets whose digest was checked. Empty for an empty Body."""
        return b"" if self.document is None else self.document.data

    @property
    def certificate(self) -> x509.Certificate:
        """The certificate of the signer."""
        return self.signer.certificate

    @property
    def organisation_number(self) -> str | None:
        """Its organisation number."""
        return self.signer.organisation_number

    @property
    def algorithm(self) -> str:
        """``rsa-sha1`` or ``rsa-sha256``."""
        return self.signer.algorithm

    @property
    def created(self) -> datetime:
        """When it was signed, in UTC."""
        return self.signer.created

    @property
    def expires(self) -> datetime:
        """Until when the signature holds, in UTC."""
        return self.signer.expires


def verify(
    data: bytes,
    trust: Trust,
    now: datetime,
    *,
    organisation: str | None = None,
    replays: Replays | None = None,
    skew: timedelta = SKEW,
    longest: timedelta = LONGEST,
    limits: Limits = LIMITS,
) -> Verified:
    """What was signed in an envelope, and by whom.

    Args:
        data: the envelope, plain or gzip.
        trust: whose certificates are believed.
        now: the moment, aware.
        organisation: organisation number that the signer must have: that of the physical sender.
        replays: what has come before; nothing is remembered when not given.
        skew: how far the clocks of sender and recipient may be apart.
        longest: how long a timestamp may hold.
        limits: how large an input may be.

    Raises:
        SecurityRefused: it cannot be trusted; ``reason`` says which kind of thing is wrong.
        ValueError: ``now`` has no time zone.
    """
    _aware(now)
    try:
        plain = unpack(data, limits)
        admit(plain, trust, now, skew=skew, longest=longest, limits=limits)
        root = parse(plain, limits)
    except Unreadable as error:
        raise SecurityRefused("unreadable", error.finding.text) from None
    return verify_tree(
        root, trust, now, organisation=organisation, replays=replays, skew=skew, longest=longest, limits=limits
    )


def verify_tree(
    root: etree._Element,
    trust: Trust,
    now: datetime,
    *,
    organisation: str | None = None,
    replays: Replays | None = None,
    skew: timedelta = SKEW,
    longest: timedelta = LONGEST,
    limits: Limits = LIMITS,
) -> Verified:
    """What was signed in an envelope that is parsed already; its content is taken out of the tree. See ``verify``.

    Raises:
        SecurityRefused: it cannot be trusted.
    """
    _aware(now)
    body, security = _parts(root)
    timestamp, signature = (_one(security, name) for name in (TIMESTAMP, SIGNATURE))
    named = signer_of(security, signature, trust.certificates)
    certificate = named.certificate
    trust.check(certificate, now)  # before anything is made canonical: only those who are known may cost time
    if over := too_many_attributes(root, limits):
        raise SecurityRefused("unreadable", over.text)
    algorithm, parts = _scope(signature, named.token, body, timestamp, root)
    believed(signature, trust)
    _fits(signature, certificate, parts)
    created, expires = moments(timestamp, now.astimezone(UTC), skew, longest)
    number = organisation_number(certificate)
    if organisation is not None and number != organisation:
        raise SecurityRefused(
            "organisation",
            f"the certificate is of organisation {number or 'unknown'}, expected {organisation}, the physical sender",
        )
    value = signature.findtext(f"{{{DS}}}SignatureValue") or ""
    if replays is not None and not replays.first("".join(value.split()).encode(), expires + skew, now):
        raise SecurityRefused("replay", "the same envelope has come before; sign each sending anew")
    signer = Signer(certificate, number, algorithm, created, expires)
    return Verified(_content(body, signer, limits), signer)


def verify_again(data: bytes, at: datetime, trust: Trust | None = None) -> tuple[bool, str]:
    """Whether an envelope that was verified before still is what was signed, as of the moment at which it came.

    Args:
        data: the envelope.
        at: when it came, aware.
        trust: whose certificates are believed; without it, only the signature is verified.

    Returns:
        Whether it holds, and in words who has signed and when, or why it does not hold.
    """
    try:
        verified = verify(data, _Anybody(()) if trust is None else trust, at)
    except SecurityRefused as refusal:
        return False, f"{refusal.reason}: {refusal}"
    by = "its issuer was not checked" if trust is None else "issued by a trusted issuer"
    number = verified.organisation_number or "without organisation number"
    return True, f"signed {verified.created:%Y-%m-%dT%H:%M:%SZ} by {number}, {verified.algorithm}, {by}"


class _Anybody(Trust):
    """Believes every certificate that holds: only the signature is verified."""

    def check(self, certificate: x509.Certificate, now: datetime) -> None:
        if outside := not_in_force(certificate, now):
            raise SecurityRefused("certificate", outside)


def _aware(now: datetime) -> None:
    if now.tzinfo is None:
        raise ValueError("now has no time zone; pass an aware datetime")


def _parts(root: etree._Element) -> tuple[etree._Element, etree._Element]:
    """The Body and the security header of an envelope, each the only one at its place."""
    if root.tag != f"{{{SOAP}}}Envelope":
        raise SecurityRefused("layout", "this is no SOAP 1.1 envelope")
    tags = [child.tag for child in root]
    if tags != [f"{{{SOAP}}}Header", f"{{{SOAP}}}Body"]:
        raise SecurityRefused("layout", "expected one Header and then one Body in the envelope")
    headers = [child for child in root[0] if child.tag == SECURITY]
    if len(headers) != 1:
        raise SecurityRefused(
            "layout", f"expected one wsse:Security in the Header, found {len(headers)}: is it signed?"
        )
    return root[1], headers[0]


def _one(parent: etree._Element, tag: str) -> etree._Element:
    children = [child for child in parent if child.tag == tag]
    if len(children) != 1:
        name = etree.QName(tag).localname
        raise SecurityRefused(
            "layout", f"expected one {name} in {etree.QName(parent).localname}, found {len(children)}"
        )
    return children[0]


def _scope(
    signature: etree._Element,
    token: etree._Element | None,
    body: etree._Element,
    timestamp: etree._Element,
    root: etree._Element,
) -> tuple[str, tuple[etree._Element, ...]]:
    """Is what is read signed, in ways that are allowed? Gives the algorithm, and everything that is signed."""
    children = [child.tag for child in signature]
    if children != [f"{{{DS}}}{name}" for name in ("SignedInfo", "SignatureValue", "KeyInfo")]:
        raise SecurityRefused("layout", "expected SignedInfo, SignatureValue and KeyInfo in the Signature")
    info = signature[0]
    if _algorithm(info, "CanonicalizationMethod") != EXCLUSIVE:
        raise SecurityRefused("algorithm", "expected exclusive canonicalisation")
    method = _SIGNATURES.get(_algorithm(info, "SignatureMethod"))
    if method is None:
        raise SecurityRefused("algorithm", f"expected a signature by {' or '.join(sorted(_SIGNATURES.values()))}")
    known = Counter(value for element in root.iter("*") for value in _ids(element))
    wanted = {}
    for part in (body, timestamp, *(() if token is None else (token,))):
        name = _id(part)
        if name is None or known[name] != 1:
            raise SecurityRefused("scope", "Body, Timestamp and token need a wsu:Id each that stands only once")
        wanted[f"#{name}"] = part
    reference = signature[2].findall(f"{{{WSSE}}}SecurityTokenReference/{{{WSSE}}}Reference")
    pointed = wanted.get(reference[0].get("URI", "")) if len(reference) == 1 else None
    if pointed is not token:
        raise SecurityRefused("layout", "KeyInfo does not point at the BinarySecurityToken of the header")
    for header in (*root[0], *signature.itersiblings(preceding=True), *signature.itersiblings()):
        name = _id(header)  # whole headers may be signed too (OnlySignEntireHeadersAndBody), and so may the token
        if header is not signature.getparent() and name is not None and known[name] == 1:
            wanted[f"#{name}"] = header
    signed = [_reference(item) for item in info.findall(f"{{{DS}}}Reference")]
    if len(set(signed)) != len(signed) or not {f"#{_id(body)}", f"#{_id(timestamp)}"} <= set(signed) <= set(wanted):
        raise SecurityRefused(
            "scope", "expected a signature over Body and Timestamp, each once; besides, over whole headers at the most"
        )
    return method, tuple(wanted[name] for name in signed)


def _id(element: etree._Element) -> str | None:
    """The identification of an element: a ``wsu:Id``, or an ``Id`` without a namespace; ``None`` where it has two."""
    values = [value for value in (element.get(ID), element.get("Id")) if value]
    return values[0] if len(values) == 1 else None


def _ids(element: etree._Element) -> list[str]:
    """Every attribute that could count as the identification of an element."""
    if not element.attrib:
        return []
    return [str(value) for name, value in element.attrib.items() if etree.QName(name).localname.lower() == "id"]


def _algorithm(parent: etree._Element, name: str) -> str:
    return _one(parent, f"{{{DS}}}{name}").get("Algorithm", "")


def _reference(item: etree._Element) -> str:
    transforms = [child.get("Algorithm") for child in _one(item, f"{{{DS}}}Transforms")]
    if transforms not in ([EXCLUSIVE], [_ENVELOPED, EXCLUSIVE]):  # what is signed never holds the signature itself
        raise SecurityRefused("algorithm", "expected exclusive canonicalisation as the one transform of a reference")
    if _algorithm(item, "DigestMethod") not in _DIGESTS:
        raise SecurityRefused("algorithm", "expected a digest by SHA-1 or SHA-256")
    return item.get("URI", "")


def _fits(signature: etree._Element, certificate: x509.Certificate, parts: tuple[etree._Element, ...]) -> None:
    context = xmlsec.SignatureContext()
    for part in parts:
        context.register_id(part, "Id", WSU if part.get(ID) else None)
    try:
        public = certificate.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        context.key = xmlsec.Key.from_memory(public, constants.KeyDataFormatPem)
        context.verify(signature)
    except (xmlsec.Error, ValueError):
        raise SecurityRefused(
            "signature", "the signature does not fit: something was changed on the way, or another key has signed"
        ) from None


_NAMES_TYPES: Final = etree.XPath("boolean(//@xsi:type)", namespaces={"xsi": XSI})


def _content(body: etree._Element, signer: Signer, limits: Limits) -> Document | None:
    """The content of the Body as it was digested, apart from the envelope: it has no link to what is unsigned.

    The tree is the one that was digested. Only where it names types is it read anew: the prefix of such a name stands
    for a namespace that may be declared outside of what was signed.
    """
    inside = list(body)
    if len(inside) > 1:
        raise SecurityRefused("layout", f"the Body holds {len(inside)} elements, expected one at most")
    if not inside:
        return None
    element = inside[0]
    data = etree.tostring(element, method="c14n", exclusive=True, with_comments=False)
    if XSI.encode() in data and _NAMES_TYPES(element):
        return replace(Document.read(data, limits=limits), signer=signer)
    body.remove(element)
    return Document(data, element, signer=signer, limits=limits, first_line=element.sourceline or 1)
