"""What is judged of a large envelope before a tree of its Body is built: who has signed, and that it was now.

Nobody who is not trusted may cost more than a header does: the certificate is judged, the signature over SignedInfo
is verified, and the timestamp in it is the one of the envelope and holds. The whole is verified afterwards as ever.
"""

from __future__ import annotations

import base64
import binascii
from datetime import UTC, datetime, timedelta
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from lxml import etree

from ediel.transport._algorithms import DIGESTS, HASHES, digest
from ediel.transport._moments import LONGEST, SKEW, moments
from ediel.transport._signer import signer_of
from ediel.transport._wsse import DS, EXCLUSIVE, ID, SECURITY, SIGNATURE, TIMESTAMP
from ediel.transport.errors import SecurityRefused
from ediel.transport.identity import Trust
from ediel.xml.head import read_header
from ediel.xml.parser import LIMITS, Limits

__all__ = ["LARGE", "admit", "believed"]


LARGE: Final = 65_536
"""Bytes from which the head is judged before the rest is read; what is smaller cannot cost much."""
_PREFIXES: Final = 64


def admit(
    data: bytes,
    trust: Trust,
    now: datetime,
    *,
    skew: timedelta = SKEW,
    longest: timedelta = LONGEST,
    limits: Limits = LIMITS,
) -> None:
    """Let a large envelope on to be parsed, if a trusted party has signed it now; a small one always.

    Args:
        data: the envelope, unpacked.
        trust: whose certificates are believed.
        now: the moment, aware.
        skew: how far the clocks may be apart.
        longest: how long a timestamp may hold.
        limits: how large a head may be.

    Raises:
        SecurityRefused: it cannot be trusted.
        Unreadable: its head is not well-formed, or too large.
    """
    if len(data) <= LARGE:
        return
    header = read_header(data, limits)
    if header is None:
        raise SecurityRefused("layout", "expected a SOAP 1.1 envelope with one Header and then one Body: is it signed?")
    headers = [child for child in header if child.tag == SECURITY]
    if len(headers) != 1:
        raise SecurityRefused(
            "layout", f"expected one wsse:Security in the Header, found {len(headers)}: is it signed?"
        )
    (security,) = headers
    timestamp, signature = (_one(security, name) for name in (TIMESTAMP, SIGNATURE))
    certificate = signer_of(security, signature, trust.certificates).certificate
    trust.check(certificate, now)
    believed(signature, trust)
    key = certificate.public_key()
    assert isinstance(key, rsa.RSAPublicKey), "the certificate was judged"
    info = _one(signature, f"{{{DS}}}SignedInfo")
    _check_signature(info, signature.findtext(f"{{{DS}}}SignatureValue", ""), key)
    _check_timestamp(info, timestamp)
    moments(timestamp, now.astimezone(UTC), skew, longest)


def believed(signature: etree._Element, trust: Trust) -> None:
    """Is every algorithm of a signature one that is believed?

    Raises:
        SecurityRefused: SHA-1 is used, and it is not believed.
    """
    if trust.sha1:
        return
    for element in signature.iter(f"{{{DS}}}SignatureMethod", f"{{{DS}}}DigestMethod"):
        if element.get("Algorithm", "").endswith("sha1"):
            raise SecurityRefused("algorithm", "SHA-1 is not believed here; expected rsa-sha256 and digests by SHA-256")


def _one(parent: etree._Element, tag: str) -> etree._Element:
    children = [child for child in parent if child.tag == tag]
    if len(children) != 1:
        name = etree.QName(tag).localname
        raise SecurityRefused(
            "layout", f"expected one {name} in {etree.QName(parent).localname}, found {len(children)}"
        )
    return children[0]


def _check_signature(info: etree._Element, value: str, key: rsa.RSAPublicKey) -> None:
    method = _one(info, f"{{{DS}}}SignatureMethod").get("Algorithm", "")
    if method not in HASHES:
        raise SecurityRefused("algorithm", "expected a signature by rsa-sha1 or rsa-sha256")
    octets = _canonical(info, _one(info, f"{{{DS}}}CanonicalizationMethod"))
    try:
        key.verify(base64.b64decode("".join(value.split())), octets, padding.PKCS1v15(), HASHES[method])
    except (InvalidSignature, binascii.Error, ValueError):
        raise SecurityRefused(
            "signature", "the signature does not fit: something was changed on the way, or another key has signed"
        ) from None


def _check_timestamp(info: etree._Element, timestamp: etree._Element) -> None:
    """Is the timestamp of the envelope the one that was signed?"""
    wanted = {f"#{text}" for text in (timestamp.get(ID), timestamp.get("Id")) if text}
    for reference in info.iterchildren(f"{{{DS}}}Reference"):
        if reference.get("URI", "") not in wanted:
            continue
        made = DIGESTS.get(_one(reference, f"{{{DS}}}DigestMethod").get("Algorithm", ""))
        transforms = list(_one(reference, f"{{{DS}}}Transforms"))
        if made is None or not transforms:
            raise SecurityRefused("algorithm", "expected exclusive canonicalisation and a digest by SHA-1 or SHA-256")
        stated = "".join(reference.findtext(f"{{{DS}}}DigestValue", "").split())
        if digest(made, (_canonical(timestamp, transforms[-1]),)) == stated:
            return
        raise SecurityRefused("signature", "the signature does not fit: the timestamp was changed on the way")
    raise SecurityRefused("scope", "expected a signature over Body and Timestamp")


def _canonical(element: etree._Element, method: etree._Element) -> bytes:
    """An element as exclusive canonicalisation has it, with the prefixes that are to be treated inclusively."""
    if method.get("Algorithm") != EXCLUSIVE:
        raise SecurityRefused("algorithm", "expected exclusive canonicalisation")
    prefixes: list[str] = []
    for child in method.iterchildren(f"{{{EXCLUSIVE}}}InclusiveNamespaces"):
        prefixes += child.get("PrefixList", "").split()
    if len(prefixes) > _PREFIXES:
        raise SecurityRefused("algorithm", f"expected at most {_PREFIXES} prefixes in InclusiveNamespaces")
    return etree.tostring(
        element, method="c14n", exclusive=True, with_comments=False, inclusive_ns_prefixes=prefixes or None
    )
