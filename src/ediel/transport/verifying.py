"""Verifying what has arrived: who signed, what exactly was signed, and when. Only that is given back.

The classic attacks move the signed part elsewhere and put another in its place. Here nothing is searched for: the
one Body and the one Timestamp of the envelope are the only elements that a reference can point at, there must be
exactly one reference to each, and what is read afterwards are the very octets whose digest was checked. (A reference
may point at a whole header besides, which is not read.)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

from cryptography import x509
from lxml import etree

from ediel.transport._admission import admit, believed
from ediel.transport._algorithms import DIGESTS, RSA_SHA1, RSA_SHA256
from ediel.transport._fitting import NotSure, check_fit
from ediel.transport._moments import LONGEST, SKEW, moments
from ediel.transport._opened import Opened, Tree, identification, open_envelope
from ediel.transport._signer import signer_of
from ediel.transport._wsse import DS, EXCLUSIVE, SECURITY, SIGNATURE, TIMESTAMP, WSSE
from ediel.transport.envelope import SOAP
from ediel.transport.errors import SecurityRefused
from ediel.transport.identity import Trust, not_in_force, organisation_number
from ediel.transport.replays import Replays
from ediel.xml import Document, Signer
from ediel.xml.parser import LIMITS, Limits, Unreadable, unpack

__all__ = ["ANYBODY", "Replays", "Verified", "outcome", "verify", "verify_again", "verify_opened", "verify_tree"]

_SIGNATURES: Final = {RSA_SHA1: "rsa-sha1", RSA_SHA256: "rsa-sha256"}
_CHILDREN: Final = [f"{{{DS}}}{name}" for name in ("SignedInfo", "SignatureValue", "KeyInfo")]
_HOLDER: Final = f"{{{WSSE}}}SecurityTokenReference"
_ENVELOPED: Final = f"{DS}enveloped-signature"


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
        opened = open_envelope(plain, limits)
    except Unreadable as error:
        raise SecurityRefused("unreadable", error.finding.text) from None
    return verify_opened(opened, trust, now, organisation=organisation, replays=replays, skew=skew, longest=longest)


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
    return verify_opened(
        Tree(root, limits), trust, now, organisation=organisation, replays=replays, skew=skew, longest=longest
    )


def verify_opened(
    opened: Opened,
    trust: Trust,
    now: datetime,
    *,
    organisation: str | None = None,
    replays: Replays | None = None,
    skew: timedelta = SKEW,
    longest: timedelta = LONGEST,
) -> Verified:
    """What was signed in an envelope that is open already (``open_envelope``). See ``verify``.

    Raises:
        SecurityRefused: it cannot be trusted.
    """
    _aware(now)
    judge = partial(
        _verified, trust=trust, now=now, organisation=organisation, replays=replays, skew=skew, longest=longest
    )
    try:
        return judge(opened)
    except NotSure:
        pass
    try:
        whole = opened.whole()
    except Unreadable as error:
        raise SecurityRefused("unreadable", error.finding.text) from None
    return judge(whole)


def _verified(
    opened: Opened,
    trust: Trust,
    now: datetime,
    *,
    organisation: str | None,
    replays: Replays | None,
    skew: timedelta,
    longest: timedelta,
) -> Verified:
    """What was signed; ``NotSure`` where a tree is needed to say so."""
    root = opened.root
    body, security = _parts(root)
    timestamp, signature = (_one(security, name) for name in (TIMESTAMP, SIGNATURE))
    named = signer_of(security, signature, trust.certificates)
    certificate = named.certificate
    trust.check(certificate, now)  # before anything is made canonical: only those who are known may cost time
    if over := opened.over_limits():
        raise SecurityRefused("unreadable", over)
    algorithm, parts = _scope(signature, named.token, body, timestamp, opened)
    believed(signature, trust)
    check_fit(opened, signature, certificate, parts)
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
    return Verified(opened.content(body, signer), signer)


def verify_again(data: bytes, at: datetime, trust: Trust | None = None) -> tuple[bool, str]:
    """Whether an envelope that was verified before still is what was signed, as of the moment at which it came.

    Args:
        data: the envelope.
        at: when it came, aware.
        trust: whose certificates are believed; without it, only the signature is verified.

    Returns:
        Whether it holds, and in words who has signed and when, or why it does not hold.
    """
    return outcome(lambda: verify(data, trust or ANYBODY, at).signer, trust)


def outcome(verified: Callable[[], Signer], trust: Trust | None) -> tuple[bool, str]:
    """Whether a signature holds, and in words who has signed and when, or why it does not hold."""
    try:
        signer = verified()
    except SecurityRefused as refusal:
        return False, f"{refusal.reason}: {refusal}"
    by = "its issuer was not checked" if trust is None else "issued by a trusted issuer"
    number = signer.organisation_number or "without organisation number"
    return True, f"signed {signer.created:%Y-%m-%dT%H:%M:%SZ} by {number}, {signer.algorithm}, {by}"


class _Anybody(Trust):
    """Believes every certificate that holds: only the signature is verified."""

    def check(self, certificate: x509.Certificate, now: datetime) -> None:
        if outside := not_in_force(certificate, now):
            raise SecurityRefused("certificate", outside)


ANYBODY: Final[Trust] = _Anybody(())


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
    headers = list(root[0].iterchildren(SECURITY))
    if len(headers) != 1:
        raise SecurityRefused(
            "layout", f"expected one wsse:Security in the Header, found {len(headers)}: is it signed?"
        )
    return root[1], headers[0]


def _one(parent: etree._Element, tag: str) -> etree._Element:
    children = list(parent.iterchildren(tag))
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
    opened: Opened,
) -> tuple[str, dict[str, etree._Element]]:
    """Is what is read signed, in ways that are allowed? Gives the algorithm, and what each reference points at."""
    children = [child.tag for child in signature]
    if children != _CHILDREN:
        raise SecurityRefused("layout", "expected SignedInfo, SignatureValue and KeyInfo in the Signature")
    info = signature[0]
    if _algorithm(info, "CanonicalizationMethod") != EXCLUSIVE:
        raise SecurityRefused("algorithm", "expected exclusive canonicalisation")
    method = _SIGNATURES.get(_algorithm(info, "SignatureMethod"))
    if method is None:
        raise SecurityRefused("algorithm", f"expected a signature by {' or '.join(sorted(_SIGNATURES.values()))}")
    known: Counter[str | None] = Counter(opened.identifications())
    body_name, time_name = identification(body), identification(timestamp)
    token_name = None if token is None else identification(token)
    if known[body_name] != 1 or known[time_name] != 1 or (token is not None and known[token_name] != 1):
        raise SecurityRefused("scope", "Body, Timestamp and token need a wsu:Id each that stands only once")
    reference = [
        item for holder in signature[2].iterchildren(_HOLDER) for item in holder.iterchildren(f"{{{WSSE}}}Reference")
    ]
    wanted = {f"#{body_name}": body, f"#{time_name}": timestamp}
    pointed = None
    if len(reference) == 1:
        uri = reference[0].get("URI", "")
        pointed = token if uri == f"#{token_name}" else wanted.get(uri)
    if pointed is not token:
        raise SecurityRefused("layout", "KeyInfo does not point at the BinarySecurityToken of the header")
    signed = [_reference(item) for item in info.iterchildren(f"{{{DS}}}Reference")]
    once = set(signed)
    if len(once) > len(wanted):  # whole headers may be signed too (OnlySignEntireHeadersAndBody), and so may the token
        security = signature.getparent()
        for header in (*opened.root[0], *(() if security is None else security)):
            name = identification(header)
            if header is not security and header is not signature and name is not None and known[name] == 1:
                wanted[f"#{name}"] = header
    if len(once) != len(signed) or not {f"#{body_name}", f"#{time_name}"} <= once <= set(wanted):
        raise SecurityRefused(
            "scope", "expected a signature over Body and Timestamp, each once; besides, over whole headers at the most"
        )
    return method, {name: wanted[name] for name in signed}


def _algorithm(parent: etree._Element, name: str) -> str:
    return _one(parent, f"{{{DS}}}{name}").get("Algorithm", "")


def _reference(item: etree._Element) -> str:
    transforms = [child.get("Algorithm") for child in _one(item, f"{{{DS}}}Transforms")]
    if transforms not in ([EXCLUSIVE], [_ENVELOPED, EXCLUSIVE]):  # what is signed never holds the signature itself
        raise SecurityRefused("algorithm", "expected exclusive canonicalisation as the one transform of a reference")
    if _algorithm(item, "DigestMethod") not in DIGESTS:
        raise SecurityRefused("algorithm", "expected a digest by SHA-1 or SHA-256")
    return item.get("URI", "")
