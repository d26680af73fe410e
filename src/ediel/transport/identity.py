"""Certificates: who signs, and whom we trust.

Source: EMIF: enterprise certificates with non-repudiation, from issuers that the hub trusts, with the organisation
number of the physical sender; the number stands in the subject's serialNumber.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID
from cryptography.x509.verification import ExtensionPolicy, PolicyBuilder, Store, VerificationError

from ediel.transport._certificates import SMALLEST_KEY, broken_demand, not_in_force, revoked
from ediel.transport.errors import InvalidIdentity, SecurityRefused

__all__ = ["Identity", "Trust", "not_in_force", "organisation_number"]


def organisation_number(certificate: x509.Certificate) -> str | None:
    """Organisation number in a certificate: the subject's serialNumber without blanks; ``None`` when there is none."""
    numbers = certificate.subject.get_attributes_for_oid(NameOID.SERIAL_NUMBER)
    if len(numbers) != 1:
        return None
    return "".join(str(numbers[0].value).split()) or None


@dataclass(frozen=True, slots=True, repr=False)
class Identity:
    """A certificate with its private key. Load it once: that takes longer than signing.

    Attributes:
        certificate: the certificate.
        key: the private key in PKCS#8 DER. It is never shown.
    """

    certificate: x509.Certificate
    key: bytes
    _loaded: list[rsa.RSAPrivateKey] = field(default_factory=list, init=False, repr=False, compare=False)

    def __repr__(self) -> str:
        """Nothing of the key."""
        return f"Identity(organisation_number={self.organisation_number!r})"

    @property
    def organisation_number(self) -> str | None:
        """Organisation number of the holder."""
        return organisation_number(self.certificate)

    def sign(self, data: bytes, method: hashes.HashAlgorithm) -> bytes:
        """The RSA signature (PKCS#1 v1.5) of some octets, by a hash.

        Raises:
            InvalidIdentity: the key is none of RSA.
        """
        if not self._loaded:
            # it was validated when it was read; doing so again takes longer than a hundred signatures
            key = serialization.load_der_private_key(self.key, None, unsafe_skip_rsa_key_validation=True)
            if not isinstance(key, rsa.RSAPrivateKey):
                raise InvalidIdentity("the private key is none of RSA; the signatures of EMIF are RSA")
            self._loaded.append(key)
        return self._loaded[0].sign(data, padding.PKCS1v15(), method)

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
        if key.key_size < SMALLEST_KEY:
            raise InvalidIdentity(f"the key has {key.key_size} bits, expected at least {SMALLEST_KEY}")
        for certificate in certificates:
            if certificate.public_key() == key.public_key():
                der = key.private_bytes(
                    serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
                )
                return cls(certificate, der)
        raise InvalidIdentity("no certificate fits the private key")


_NEVER: Final = (datetime.max.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC))
_MOST_BELIEVED: Final = 1000


@dataclass(frozen=True, slots=True)
class Trust:
    """Whose certificates are believed.

    Attributes:
        anchors: certificates of issuers that end every chain; none where ``certificates`` alone say who is believed.
        intermediates: certificates of issuers between.
        non_repudiation: demand a certificate whose key usage is content commitment (non-repudiation); otherwise one for
            digital signatures will do as well. What the hub demands is not published in detail.
        organisation: organisation number that the signer must have; of an issuer that serves many, this shows
            which of its certificates is meant.
        certificates: the only signers that are believed; what an answer refers to without holding it is
            searched among them too. When there are none, every certificate of the issuers is believed.
        sha1: whether signatures and digests by SHA-1 are believed. The policy of the WSDL, Basic256, means SHA-1.
        revocations: revocation lists of the issuers.
    """

    anchors: tuple[x509.Certificate, ...]
    intermediates: tuple[x509.Certificate, ...] = ()
    non_repudiation: bool = False
    organisation: str | None = None
    certificates: tuple[x509.Certificate, ...] = ()
    sha1: bool = True
    revocations: tuple[x509.CertificateRevocationList, ...] = ()
    _believed: dict[x509.Certificate, tuple[datetime, datetime]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    """Certificates that were checked, and from when to when the verdict holds."""

    @classmethod
    def from_pem(
        cls,
        anchors: bytes = b"",
        intermediates: bytes = b"",
        *,
        non_repudiation: bool = False,
        organisation: str | None = None,
        certificates: bytes = b"",
        sha1: bool = True,
        revocations: bytes = b"",
    ) -> Trust:
        """Trust from PEM texts.

        Raises:
            InvalidIdentity: there is no certificate in one of them, or neither issuers nor certificates are given.
        """
        if not anchors and not certificates:
            raise InvalidIdentity("nobody is trusted: give the issuers, or the certificate of the one who signs")
        return cls(
            _loaded(anchors),
            _loaded(intermediates.strip()),
            non_repudiation,
            organisation,
            _loaded(certificates),
            sha1,
            _lists(revocations),
        )

    @property
    def names(self) -> bool:
        """Whether it names who may sign, and not only who may issue certificates."""
        return self.organisation is not None or bool(self.certificates)

    def check(self, certificate: x509.Certificate, now: datetime) -> None:
        """Check that a certificate is valid now, made for signing, of the party that is named, and of a trusted issuer.

        A certificate that is believed stays so until it, one of its chain, or a revocation list runs out: it is only
        checked again then.

        Raises:
            SecurityRefused: it is not.
        """
        moment = now.astimezone(UTC)
        first, last = self._believed.get(certificate, _NEVER)
        if first <= moment <= last:
            return
        first, last = self._checked(certificate, now)
        if len(self._believed) >= _MOST_BELIEVED:
            self._believed.clear()
        self._believed[certificate] = first, last

    def _checked(self, certificate: x509.Certificate, now: datetime) -> tuple[datetime, datetime]:
        """Check a certificate; gives from when to when nothing of that changes."""
        problem = not_in_force(certificate, now) or broken_demand(certificate, strict=self.non_repudiation)
        if problem:
            raise SecurityRefused("certificate", problem)
        if self.certificates and certificate not in self.certificates:
            raise SecurityRefused("trust", "the certificate is none of those that are named; was it renewed?")
        number = organisation_number(certificate)
        if self.organisation is not None and number != self.organisation:
            raise SecurityRefused(
                "organisation",
                f"the certificate is of organisation {number or 'unknown'}, expected {self.organisation}",
            )
        chain = [certificate]
        if self.anchors or not self.certificates:
            chain += self._chain(certificate, now)
        issuers = (*self.anchors, *self.intermediates)
        if problem := revoked(certificate, self.revocations, issuers, now):
            raise SecurityRefused("certificate", problem)
        updates = [item.next_update_utc for item in self.revocations if item.issuer == certificate.issuer]
        return (
            max(item.not_valid_before_utc for item in chain),
            min(item for item in (*(item.not_valid_after_utc for item in chain), *updates) if item is not None),
        )

    def _chain(self, certificate: x509.Certificate, now: datetime) -> list[x509.Certificate]:
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
            return verifier.verify(certificate, list(self.intermediates)).chain
        except VerificationError:
            raise SecurityRefused(
                "trust", "no issuer that is trusted has issued the certificate; is an intermediate certificate missing?"
            ) from None


def _loaded(pem: bytes) -> tuple[x509.Certificate, ...]:
    try:
        return tuple(x509.load_pem_x509_certificates(pem)) if pem else ()
    except ValueError:
        raise InvalidIdentity("there is no certificate in the PEM text, or one is broken") from None


_LIST: Final = re.compile(rb"-----BEGIN X509 CRL-----.+?-----END X509 CRL-----", re.DOTALL)


def _lists(data: bytes) -> tuple[x509.CertificateRevocationList, ...]:
    """Revocation lists, as PEM or as one in DER."""
    if not data:
        return ()
    try:
        if b"-----BEGIN" not in data:
            return (x509.load_der_x509_crl(data),)
        lists = tuple(x509.load_pem_x509_crl(item) for item in _LIST.findall(data))
    except ValueError:
        lists = ()
    if not lists:
        raise InvalidIdentity("there is no revocation list (CRL) in the file, or it is broken")
    return lists
