"""Does a signature fit what it covers? First by hashes and one RSA operation; where that is not sure, by xmlsec.

The first way knows signatures of one form, the one that stacks write, and says yes only where xmlsec does too: this is
tested over mutated envelopes. A no is always xmlsec's.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Mapping
from typing import Final

import xmlsec
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from lxml import etree
from xmlsec import constants

from ediel.transport._algorithms import DIGESTS, HASHES, digest
from ediel.transport._opened import Opened, Tree, prefixes_of
from ediel.transport._wsse import DS, EXCLUSIVE, ID, WSU
from ediel.transport.errors import SecurityRefused

__all__ = ["NotSure", "check_fit", "fits_for_sure"]


_PADDING: Final = padding.PKCS1v15()
_INFO: Final = [f"{{{DS}}}CanonicalizationMethod", f"{{{DS}}}SignatureMethod"]
_REFERENCE: Final = [f"{{{DS}}}Transforms", f"{{{DS}}}DigestMethod", f"{{{DS}}}DigestValue"]
_TRANSFORM: Final = f"{{{DS}}}Transform"
_URI: Final = re.compile(r"#[A-Za-z_][A-Za-z0-9._-]*")


class NotSure(Exception):
    """The Body was left as bytes, and a tree is needed for a verdict."""


def check_fit(
    opened: Opened, signature: etree._Element, certificate: x509.Certificate, parts: Mapping[str, etree._Element]
) -> None:
    """Check that a signature fits what it covers.

    Args:
        opened: the envelope.
        signature: its signature.
        certificate: who is said to have signed.
        parts: the element that each reference points at.

    Raises:
        SecurityRefused: it does not.
        NotSure: that cannot be said without a tree.
    """
    if fits_for_sure(opened, signature, certificate, parts):
        return
    if not isinstance(opened, Tree):
        raise NotSure
    _check_by_xmlsec(signature, certificate, parts)


def fits_for_sure(
    opened: Opened, signature: etree._Element, certificate: x509.Certificate, parts: Mapping[str, etree._Element]
) -> bool:
    """Whether a signature fits for sure; where not, it may fit all the same."""
    key = certificate.public_key()
    info = signature[0]
    method, algorithm, *references = info
    if not isinstance(key, rsa.RSAPublicKey) or [method.tag, algorithm.tag] != _INFO or len(algorithm):
        return False
    if not references or not opened.plain():
        return False
    octets = _canonical(opened, info, method)
    hashed = HASHES.get(algorithm.get("Algorithm", ""))
    value = _decoded(signature[1])
    if octets is None or hashed is None or value is None:
        return False
    if not all(_unchanged(opened, reference, parts) for reference in references):
        return False
    try:
        key.verify(value, b"".join(octets), _PADDING, hashed)
    except (InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def _unchanged(opened: Opened, reference: etree._Element, parts: Mapping[str, etree._Element]) -> bool:
    """Whether what a reference points at is for sure what was signed."""
    uri = reference.get("URI", "")
    part = parts.get(uri)
    if part is None or reference.tag != f"{{{DS}}}Reference" or reference.keys() != ["URI"]:
        return False
    if not _URI.fullmatch(uri) or [child.tag for child in reference] != _REFERENCE:
        return False
    transforms, method, stated = reference
    if len(transforms) != 1 or transforms[0].tag != _TRANSFORM or len(method) or len(stated):
        return False
    octets = _canonical(opened, part, transforms[0])
    made = DIGESTS.get(method.get("Algorithm", ""))
    if octets is None or made is None:
        return False
    return digest(made, octets) == _without_blanks(stated.text or "")


def _canonical(opened: Opened, part: etree._Element, method: etree._Element) -> Iterable[bytes] | None:
    """The octets of a part by a method; ``None`` where they are not known for sure."""
    prefixes = prefixes_of(method)
    if prefixes is None or method.keys() != ["Algorithm"] or method.get("Algorithm") != EXCLUSIVE:
        return None
    return opened.canonical(part, prefixes)


def _without_blanks(text: str) -> str:
    """A text without the blanks of XML; other ones are no part of base 64."""
    return text.replace("\n", "").replace(" ", "").replace("\r", "").replace("\t", "")


def _decoded(value: etree._Element) -> bytes | None:
    """The octets of a text in base 64; ``None`` where it is written in an unusual way."""
    if len(value):
        return None
    text = _without_blanks(value.text or "")
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return data if base64.b64encode(data).decode() == text else None


def _check_by_xmlsec(
    signature: etree._Element, certificate: x509.Certificate, parts: Mapping[str, etree._Element]
) -> None:
    context = xmlsec.SignatureContext()
    for part in parts.values():
        context.register_id(part, "Id", WSU if part.get(ID) else None)
    try:
        public = certificate.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        context.key = xmlsec.Key.from_memory(public, constants.KeyDataFormatPem)
        context.verify(signature)
    except (xmlsec.Error, ValueError):
        raise SecurityRefused(
            "signature", "the signature does not fit: something was changed on the way, or another key has signed"
        ) from None
