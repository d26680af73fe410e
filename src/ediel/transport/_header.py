"""The security header that is written: its text, and the canonical form of what is signed in it.

Both are known beforehand but for some values, so nothing is built to be made canonical: a form is written out once, and
an empty element of it becomes a pair of tags. That it is what xmlsec writes, octet for octet, is tested.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from functools import lru_cache
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.hashes import HashAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from ediel.transport._accelerator import CANONICAL
from ediel.transport._algorithms import DIGESTS, HASHES, RSA_SHA1, RSA_SHA256, SHA1, SHA256, digest
from ediel.transport._signer import Refer, reference_to
from ediel.transport._wsse import BASE64, DS, EXCLUSIVE, WSSE, WSU, X509

__all__ = [
    "METHODS",
    "Algorithm",
    "Methods",
    "Stamp",
    "canonical",
    "canonical_body",
    "security_header",
    "signed_info",
]


class Algorithm(Enum):
    """How to sign: the signature, and the digests in it."""

    RSA_SHA1 = "rsa-sha1"
    """What Basic256 in the policy of the WSDL means."""
    RSA_SHA256 = "rsa-sha256"
    """Not mentioned by the policy; safer."""


@dataclass(frozen=True, slots=True)
class Methods:
    """How an algorithm is done.

    Attributes:
        signature, digested: names of the signature and of the digests.
        hash: the hash of the signature.
    """

    signature: str
    digested: str
    hash: HashAlgorithm

    def digest(self, pieces: Iterable[bytes]) -> str:
        """The digest of some octets, in base 64."""
        return digest(DIGESTS[self.digested], pieces)


METHODS: Final = {
    Algorithm.RSA_SHA1: Methods(RSA_SHA1, SHA1, HASHES[RSA_SHA1]),
    Algorithm.RSA_SHA256: Methods(RSA_SHA256, SHA256, HASHES[RSA_SHA256]),
}


class Stamp:
    """A timestamp: its identification, and its text.

    Args:
        name: its identification.
        created: from when it holds, in UTC; whole seconds are written.
        lifetime: how long.
    """

    def __init__(self, name: str, created: datetime, lifetime: timedelta) -> None:
        self.name = name
        begin = created.replace(microsecond=0)
        moments = (("Created", begin), ("Expires", begin + lifetime))
        inside = "".join(f"<wsu:{tag}>{moment:%Y-%m-%dT%H:%M:%SZ}</wsu:{tag}>" for tag, moment in moments)
        self.text = f'<wsu:Timestamp wsu:Id="{name}">{inside}</wsu:Timestamp>'
        self.canonical = self.text.replace("<wsu:Timestamp", f'<wsu:Timestamp xmlns:wsu="{WSU}"', 1).encode()


def _method(name: str, algorithm: str) -> str:
    return f'<ds:{name} Algorithm="{algorithm}"/>'


def _reference(name: str, stated: str, method: str) -> str:
    return (
        f'<ds:Reference URI="#{name}">\n<ds:Transforms>\n{_method("Transform", EXCLUSIVE)}\n</ds:Transforms>\n'
        f"{_method('DigestMethod', method)}\n<ds:DigestValue>{stated}</ds:DigestValue>\n</ds:Reference>\n"
    )


def signed_info(methods: Methods, stamp: Stamp, body: str) -> str:
    """The SignedInfo over a timestamp and the Body, as it is written.

    Args:
        methods: how to sign.
        stamp: the timestamp.
        body: the digest of the Body, in base 64.
    """
    references = (
        _reference(stamp.name, methods.digest((stamp.canonical,)), methods.digested),
        _reference("body", body, methods.digested),
    )
    return (
        f"<ds:SignedInfo>\n{_method('CanonicalizationMethod', EXCLUSIVE)}\n"
        f"{_method('SignatureMethod', methods.signature)}\n{''.join(references)}</ds:SignedInfo>"
    )


def canonical(methods: Methods, info: str) -> bytes:
    """The exclusive canonical form of a SignedInfo that is written here."""
    info = info.replace("<ds:SignedInfo>", f'<ds:SignedInfo xmlns:ds="{DS}">', 1)
    for name, algorithm in (
        ("CanonicalizationMethod", EXCLUSIVE),
        ("SignatureMethod", methods.signature),
        ("Transform", EXCLUSIVE),
        ("DigestMethod", methods.digested),
    ):
        empty = _method(name, algorithm)
        info = info.replace(empty, f"{empty[:-2]}></ds:{name}>")
    return info.encode()


def canonical_body(data: bytes) -> tuple[bytes, ...]:
    """The exclusive canonical form of the Body, straight from the bytes of its envelope where that can be.

    It is always that of what is written: prefixes of a tree whose parts were moved may not be those in its bytes.

    Args:
        data: the envelope as it is written, without a security header.

    Raises:
        ValueError: it has no canonical form: a namespace in it is no absolute URI.
    """
    if CANONICAL is not None:
        start = data.index(b"<soapenv:Envelope")
        try:
            return CANONICAL.canonical(data, start, data.index(b"<soapenv:Body", start), ())[:3]
        except ValueError:
            pass  # it is not sure, libxml2 is
    try:
        body = etree.fromstring(data, _parser())[-1]
        return (etree.tostring(body, method="c14n", exclusive=True, with_comments=False),)
    except (etree.C14NError, etree.XMLSyntaxError):
        raise ValueError("the Body cannot be signed: a namespace in it is no absolute URI") from None


def _parser() -> etree.XMLParser:
    """For what was written here: without the limits of what comes from others."""
    return etree.XMLParser(huge_tree=True, resolve_entities=False, no_network=True, collect_ids=False)


@lru_cache(maxsize=128)
def _named(certificate: x509.Certificate, refer: Refer) -> tuple[str, str]:
    """How a certificate stands in the header: the token, if there is one, and what the KeyInfo refers to."""
    if refer == "token":
        octets = base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()
        attributes = f'EncodingType="{BASE64}" ValueType="{X509}" wsu:Id="token"'
        token = f"<wsse:BinarySecurityToken {attributes}>{octets}</wsse:BinarySecurityToken>"
        return token, f'<wsse:Reference URI="#token" ValueType="{X509}"/>'
    around = etree.Element(f"{{{DS}}}KeyInfo", nsmap={"wsse": WSSE, "ds": DS})
    around.append(reference_to(certificate, refer))
    text = etree.tostring(around, encoding="unicode")
    return "", text[text.index(">") + 1 : text.rindex("<")]


_COLUMNS: Final = 64


def security_header(certificate: x509.Certificate, refer: Refer, stamp: Stamp, signed: str, value: bytes) -> bytes:
    """The Header of an envelope that is signed.

    Args:
        certificate: of who signs.
        refer: how it is named.
        stamp: the timestamp.
        signed: the SignedInfo.
        value: the signature of its canonical form.
    """
    token, reference = _named(certificate, refer)
    text = base64.b64encode(value).decode()
    lines = "\n".join(text[place : place + _COLUMNS] for place in range(0, len(text), _COLUMNS))
    return (
        f'<soapenv:Header><wsse:Security soapenv:mustUnderstand="1">{token}{stamp.text}'
        f'<ds:Signature xmlns:ds="{DS}">\n{signed}\n<ds:SignatureValue>{lines}</ds:SignatureValue>\n<ds:KeyInfo>'
        f"<wsse:SecurityTokenReference>{reference}</wsse:SecurityTokenReference></ds:KeyInfo>\n</ds:Signature>"
        "</wsse:Security></soapenv:Header>"
    ).encode()
