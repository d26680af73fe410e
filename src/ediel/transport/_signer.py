"""Who has signed, as KeyInfo says it: a certificate in the envelope, or one that is known here and only referred to.

Sources: WSS X.509 Certificate Token Profile 1.0 and 1.1 (ways to refer to a certificate). The policy of EMIF's WSDL has
the caller send its certificate (AlwaysToRecipient), and the hub refer to its own (Never, MustSupportRefKeyIdentifier).
What Elhub itself does is not published; all of the ways are read.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from ediel.transport._wsse import BASE64, DS, SKI, THUMBPRINT, TOKEN, WSSE, X509
from ediel.transport.errors import SecurityRefused

__all__ = ["Refer", "Signer", "reference_to", "signer_of"]

Refer = Literal["token", "ski", "issuer-serial", "thumbprint"]
"""How an envelope says who has signed: it holds the certificate, or names it."""

_BROKEN: Final = (x509.DuplicateExtension, x509.InvalidVersion, x509.UnsupportedGeneralNameType)


@dataclass(frozen=True, slots=True)
class Signer:
    """Who has signed.

    Attributes:
        certificate: the certificate; nothing of it is judged yet.
        token: the element of the envelope that holds it; ``None`` where the envelope only refers to it.
    """

    certificate: x509.Certificate
    token: etree._Element | None


def signer_of(security: etree._Element, signature: etree._Element, known: Iterable[x509.Certificate] = ()) -> Signer:
    """The certificate that a signature names.

    Args:
        security: the security header.
        signature: its signature.
        known: certificates that an envelope may refer to without holding them.

    Raises:
        SecurityRefused: it names none that is in the envelope or known.
    """
    references = [
        item
        for info in signature.iterchildren(f"{{{DS}}}KeyInfo")
        for item in info.iterchildren(f"{{{WSSE}}}SecurityTokenReference")
    ]
    inside = list(references[0]) if len(references) == 1 else []
    tokens = list(security.iterchildren(TOKEN))
    if len(inside) == 1 and inside[0].tag != f"{{{WSSE}}}Reference":
        return Signer(_referred(inside[0], tuple(known)), None)
    if len(tokens) != 1:
        raise SecurityRefused("layout", f"expected one BinarySecurityToken in Security, found {len(tokens)}")
    (token,) = tokens
    return Signer(_certificate(token.text, token.get("ValueType"), token.get("EncodingType")), token)


@lru_cache(maxsize=128)
def _kept(text: str) -> x509.Certificate:
    """The certificate of a token that has come before, with its key and extensions: loading it takes its time."""
    return _loaded(text)


_LONGEST: Final = 8192
"""Characters of a token whose certificate is kept."""


def _certificate(text: str | None, kind: str | None, encoding: str | None) -> x509.Certificate:
    if kind != X509 or (encoding or BASE64) != BASE64:
        raise SecurityRefused("layout", "the BinarySecurityToken is no X.509 v3 certificate in base 64")
    text = text or ""
    return _kept(text) if len(text) <= _LONGEST else _loaded(text)


def _loaded(text: str) -> x509.Certificate:
    try:
        certificate = x509.load_der_x509_certificate(base64.b64decode("".join(text.split()), validate=True))
        # its parts are only parsed when they are read; anything in them may be broken
        _ = (certificate.public_key(), certificate.extensions, certificate.subject, certificate.issuer)
        _ = (certificate.not_valid_before_utc, certificate.not_valid_after_utc, certificate.signature_hash_algorithm)
    except (ValueError, TypeError, UnsupportedAlgorithm, *_BROKEN):
        raise SecurityRefused("certificate", "the certificate in the BinarySecurityToken cannot be read") from None
    return certificate


def _key_identifier(certificate: x509.Certificate) -> bytes | None:
    try:
        return certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    except x509.ExtensionNotFound:
        return None


def _thumbprint(certificate: x509.Certificate) -> bytes:
    return hashlib.sha1(certificate.public_bytes(Encoding.DER), usedforsecurity=False).digest()


_IDENTIFIERS: Final[dict[str, tuple[str, Callable[[x509.Certificate], bytes | None]]]] = {
    SKI: ("its subject key identifier", _key_identifier),
    THUMBPRINT: ("its thumbprint", _thumbprint),
}


def _referred(reference: etree._Element, known: tuple[x509.Certificate, ...]) -> x509.Certificate:
    """The certificate that is meant, among those that are known; the signature decides whether it is the right one."""
    if reference.tag == f"{{{WSSE}}}KeyIdentifier":
        kind = reference.get("ValueType", "")
        if kind == X509:
            return _certificate(reference.text, kind, reference.get("EncodingType"))
        if kind not in _IDENTIFIERS:
            raise SecurityRefused("layout", "KeyInfo has a KeyIdentifier of a kind that is not known here")
        how, of = _IDENTIFIERS[kind]
        try:
            wanted = base64.b64decode("".join((reference.text or "").split()), validate=True)
        except ValueError:
            raise SecurityRefused("layout", "the KeyIdentifier is no base 64") from None
        return _only([item for item in known if of(item) == wanted], how, known)
    if reference.tag == f"{{{DS}}}X509Data":
        number = reference.findtext(f"{{{DS}}}X509IssuerSerial/{{{DS}}}X509SerialNumber", "").strip()
        if number.isdecimal() and len(number) <= 50:
            # how an issuer's name is written differs between stacks; the number is enough among so few
            certificates = [item for item in known if item.serial_number == int(number)]
            return _only(certificates, "issuer and serial number", known)
    raise SecurityRefused("layout", "KeyInfo does not say which certificate has signed")


def _only(certificates: list[x509.Certificate], how: str, known: tuple[x509.Certificate, ...]) -> x509.Certificate:
    if len(certificates) == 1:
        return certificates[0]
    if not known:
        raise SecurityRefused(
            "trust",
            f"the envelope names the certificate by {how} and does not hold it; name the hub's certificate in the "
            "configuration: [hub] certificate",
        )
    raise SecurityRefused("trust", f"the certificate that is named by {how} is none of those in the configuration")


def reference_to(certificate: x509.Certificate, how: Refer) -> etree._Element:
    """What stands in a SecurityTokenReference for a certificate that the envelope does not hold.

    Raises:
        ValueError: the certificate has no subject key identifier, and is to be named by it.
    """
    if how == "issuer-serial":
        data = etree.Element(f"{{{DS}}}X509Data", nsmap={"ds": DS})
        pair = etree.SubElement(data, f"{{{DS}}}X509IssuerSerial")
        etree.SubElement(pair, f"{{{DS}}}X509IssuerName").text = certificate.issuer.rfc4514_string()
        etree.SubElement(pair, f"{{{DS}}}X509SerialNumber").text = str(certificate.serial_number)
        return data
    kind = SKI if how == "ski" else THUMBPRINT
    value = _IDENTIFIERS[kind][1](certificate)
    if value is None:
        raise ValueError("the certificate has no subject key identifier; name it in another way")
    attributes = {"EncodingType": BASE64, "ValueType": kind}
    identifier = etree.Element(f"{{{WSSE}}}KeyIdentifier", attributes, nsmap={"wsse": WSSE})
    identifier.text = base64.b64encode(value).decode()
    return identifier
