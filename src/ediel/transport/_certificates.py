"""The demands on a signer's certificate: a table with a row for each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from ediel.codes import Standing

__all__ = ["DEMANDS", "Demand", "broken_demand", "not_in_force", "revoked"]

SMALLEST_KEY: Final = 2048
_SMALLEST_EXPONENT: Final = 65_537
_ELSEWHERE: Final = frozenset(
    {
        ExtendedKeyUsageOID.SERVER_AUTH,
        ExtendedKeyUsageOID.CODE_SIGNING,
        ExtendedKeyUsageOID.TIME_STAMPING,
        ExtendedKeyUsageOID.OCSP_SIGNING,
    }
)
"""Uses of a key that have nothing to do with messages. Which uses Elhub demands, or forbids, is not published."""


@dataclass(frozen=True, slots=True)
class Demand:
    """One demand.

    Attributes:
        name: of the demand.
        source: who says so.
        standing: how sure it is that Elhub demands it too.
        broken: why a certificate does not meet it; ``None`` when it does. The second argument tells whether
            non-repudiation is demanded.
    """

    name: str
    source: str
    standing: Standing
    broken: Callable[[x509.Certificate, bool], str | None]


def _authority(certificate: x509.Certificate, _: bool) -> str | None:
    with suppress(x509.ExtensionNotFound):
        if certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca:
            return "the certificate is that of an issuer (CA); expected that of an organisation"
    return None


def _usage(certificate: x509.Certificate, strict: bool) -> str | None:
    usage = None
    with suppress(x509.ExtensionNotFound):
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    if usage is not None and (usage.content_commitment or (usage.digital_signature and not strict)):
        return None
    wanted = "non-repudiation" if strict else "non-repudiation or digital signatures"
    return f"the certificate is not made for {wanted}; take the one for signing"


def _extended(certificate: x509.Certificate, _: bool) -> str | None:
    with suppress(x509.ExtensionNotFound):
        uses = set(certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)
        if uses and uses <= _ELSEWHERE:
            return "the certificate is made for servers, code or time stamps alone, not for messages"
    return None


def _key(certificate: x509.Certificate, _: bool) -> str | None:
    key = certificate.public_key()
    if not isinstance(key, rsa.RSAPublicKey):
        return "the certificate has no RSA key; the signatures of EMIF are RSA"
    if key.key_size < SMALLEST_KEY:
        return f"the key of the certificate has {key.key_size} bits, expected at least {SMALLEST_KEY}"
    exponent = key.public_numbers().e
    if exponent < _SMALLEST_EXPONENT:
        return f"the public exponent of the certificate is {exponent}, expected at least {_SMALLEST_EXPONENT}"
    return None


DEMANDS: Final = (
    Demand("key usage", "EMIF: certificates with non-repudiation", "published", _usage),
    Demand("no issuer", "RFC 5280, 4.2.1.9", "inferred", _authority),
    Demand("extended key usage", "RFC 5280, 4.2.1.12", "assumed", _extended),
    Demand("key", "EMIF WSDL: Basic256; 2048 bits is the least that issuers give", "inferred", _key),
)


def broken_demand(certificate: x509.Certificate, *, strict: bool) -> str | None:
    """Why a certificate cannot sign messages; ``None`` when it can."""
    return next((text for row in DEMANDS if (text := row.broken(certificate, strict))), None)


def not_in_force(certificate: x509.Certificate, now: datetime) -> str | None:
    """Why a certificate does not hold at a moment: it has expired, or is of the future; nothing where it holds."""
    moment = now.astimezone(UTC)
    first, last = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if first <= moment <= last:
        return None
    return f"the certificate holds from {first.isoformat()} to {last.isoformat()}; it is {moment.isoformat()}"


def revoked(
    certificate: x509.Certificate,
    lists: Iterable[x509.CertificateRevocationList],
    issuers: Iterable[x509.Certificate],
    now: datetime,
) -> str | None:
    """Why a certificate is not believed by revocation lists; ``None`` where nothing speaks against it.

    A list speaks for the issuer whose name it has, when that issuer has signed it. One that is out of date says nothing
    for certain, so its issuer's certificates are not believed until there is a newer one.
    """
    moment = now.astimezone(UTC)
    for item in lists:
        if item.issuer != certificate.issuer:
            continue
        if not any(_signed_by(item, issuer) for issuer in issuers):
            return "the revocation list is not signed by an issuer that is trusted; fetch it again"
        if item.next_update_utc is not None and item.next_update_utc < moment:
            return f"the revocation list is out of date since {item.next_update_utc.isoformat()}; fetch the present one"
        if item.get_revoked_certificate_by_serial_number(certificate.serial_number) is not None:
            return "the certificate has been revoked by its issuer"
    return None


def _signed_by(item: x509.CertificateRevocationList, issuer: x509.Certificate) -> bool:
    key = issuer.public_key()
    if issuer.subject != item.issuer or not isinstance(key, rsa.RSAPublicKey) or item.signature_hash_algorithm is None:
        return False
    try:
        key.verify(item.signature, item.tbs_certlist_bytes, padding.PKCS1v15(), item.signature_hash_algorithm)
    except InvalidSignature:
        return False
    return True
