"""Certificates: who signs, and whom we trust.

Source: EMIF: enterprise certificates with non-repudiation, from issuers that the hub trusts, with the organisation
number of the physical sender; the number stands in the subject's serialNumber.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID
from cryptography.x509.verification import ExtensionPolicy, PolicyBuilder, Store, VerificationError

from ediel.transport.errors import InvalidIdentity, SecurityRefused

__all__ = ["Identity", "Trust", "organisation_number"]

_SMALLEST_KEY: Final = 2048


def organisation_number(certificate: x509.Certificate) -> str | None:
    """Organisation number in a certificate: the subject's serialNumber without blanks; ``None`` when there is none."""
    found = certificate.subject.get_attributes_for_oid(NameOID.SERIAL_NUMBER)
    if len(found) != 1:
        return None
    return "".join(str(found[0].value).split()) or None


@dataclass(frozen=True, slots=True, repr=False)
class Identity:
    """A certificate with its private key. Load it once: that takes longer than signing.

    Attributes:
        certificate: the certificate.
        key: the private key in PKCS#8 DER. It is never shown.
    """

    certificate: x509.Certificate
    key: bytes

    def __repr__(self) -> str:
        """Nothing of the key."""
        return f"Identity(organisation_number={self.organisation_number!r})"

    @property
    def organisation_number(self) -> str | None:
        """Organisation number of the holder."""
        return organisation_number(self.certificate)

    @classmethod
    def from_pem(cls, data: bytes, password: bytes | None = None) -> Identity:
        """A private key and a certificate, in any order, in one PEM text; the certificate that fits the key is taken.

        Raises:
            InvalidIdentity: they are missing, do not fit, or the password is wrong.
        """
        try:
            certificates = x509.load_pem_x509_certificates(data)
        except ValueError:
            raise InvalidIdentity("there is no certificate in the PEM text, or it is broken") from None
        try:
            key = serialization.load_pem_private_key(data, password)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            raise InvalidIdentity(
                "the private key in the PEM text cannot be read: it is missing or broken, or the password is wrong"
            ) from None
        return cls._fitting(key, certificates)

    @classmethod
    def from_pkcs12(cls, data: bytes, password: bytes | None = None) -> Identity:
        """A private key and its certificate from a PKCS#12 file (.p12, .pfx).

        Raises:
            InvalidIdentity: they are missing, or the password is wrong.
        """
        try:
            key, certificate, _ = pkcs12.load_key_and_certificates(data, password)
        except (ValueError, UnsupportedAlgorithm):
            raise InvalidIdentity("this is no PKCS#12 file, or the password is wrong") from None
        return cls._fitting(key, [] if certificate is None else [certificate])

    @classmethod
    def _fitting(cls, key: object, certificates: Iterable[x509.Certificate]) -> Identity:
        if not isinstance(key, rsa.RSAPrivateKey):
            raise InvalidIdentity("there is no RSA private key; the signatures of EMIF are RSA")
        if key.key_size < _SMALLEST_KEY:
            raise InvalidIdentity(f"the key has {key.key_size} bits, expected at least {_SMALLEST_KEY}")
        for certificate in certificates:
            if certificate.public_key() == key.public_key():
                der = key.private_bytes(
                    serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
                )
                return cls(certificate, der)
        raise InvalidIdentity("no certificate fits the private key")


@dataclass(frozen=True, slots=True)
class Trust:
    """Whose certificates are believed.

    Attributes:
        anchors: certificates of issuers that end every chain.
        intermediates: certificates of issuers between.
        non_repudiation: demand a certificate whose key usage is content commitment (non-repudiation); otherwise one for
            digital signatures will do as well. What the hub demands is not published in detail.
    """

    anchors: tuple[x509.Certificate, ...]
    intermediates: tuple[x509.Certificate, ...] = ()
    non_repudiation: bool = False

    @classmethod
    def from_pem(cls, anchors: bytes, intermediates: bytes = b"", *, non_repudiation: bool = False) -> Trust:
        """Trust from PEM texts.

        Raises:
            InvalidIdentity: there is no certificate in one of them.
        """
        try:
            return cls(
                tuple(x509.load_pem_x509_certificates(anchors)),
                tuple(x509.load_pem_x509_certificates(intermediates)) if intermediates.strip() else (),
                non_repudiation,
            )
        except ValueError:
            raise InvalidIdentity("there is no certificate in the PEM text, or one is broken") from None

    def check(self, certificate: x509.Certificate, now: datetime) -> None:
        """Is a certificate valid now, made for signing, and issued by somebody that is trusted?

        Raises:
            SecurityRefused: it is not.
        """
        if outside := not_in_force(certificate, now):
            raise SecurityRefused("certificate", outside)
        usage = None
        with suppress(x509.ExtensionNotFound):
            usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
        strict = self.non_repudiation
        if usage is None or not (usage.content_commitment or (usage.digital_signature and not strict)):
            wanted = "non-repudiation" if strict else "non-repudiation or digital signatures"
            raise SecurityRefused("certificate", f"the certificate is not made for {wanted}; take the one for signing")
        if not self.anchors:
            raise SecurityRefused("trust", "no issuer is trusted; name the certificates of those that are")
        verifier = (
            PolicyBuilder()
            .time(now.astimezone(UTC))
            .store(Store(list(self.anchors)))
            .extension_policies(ca_policy=ExtensionPolicy.webpki_defaults_ca(), ee_policy=ExtensionPolicy.permit_all())
            .build_client_verifier()
        )
        try:
            verifier.verify(certificate, list(self.intermediates))
        except VerificationError:
            raise SecurityRefused(
                "trust", "no issuer that is trusted has issued the certificate; is an intermediate certificate missing?"
            ) from None


def not_in_force(certificate: x509.Certificate, now: datetime) -> str | None:
    """Why a certificate does not hold at a moment: it has expired, or is of the future; nothing where it holds."""
    moment = now.astimezone(UTC)
    first, last = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if first <= moment <= last:
        return None
    return f"the certificate holds from {first.isoformat()} to {last.isoformat()}; it is {moment.isoformat()}"
