"""Issuers and certificates for tests. Nobody but your tests trusts them. Needs the extra ``transport``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ediel.transport import Identity, Trust

__all__ = ["Holder", "make"]

_USES: Final = (
    "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
    "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
)  # fmt: skip


@dataclass(frozen=True, repr=False)
class Holder:
    """A certificate and its key.

    Attributes:
        certificate: the certificate.
        key: the private key.
    """

    certificate: x509.Certificate
    key: rsa.RSAPrivateKey

    @property
    def identity(self) -> Identity:
        """The holder as one who signs."""
        encoding, form = serialization.Encoding.DER, serialization.PrivateFormat.PKCS8
        return Identity(self.certificate, self.key.private_bytes(encoding, form, serialization.NoEncryption()))

    @property
    def trust(self) -> Trust:
        """Trust in those whose certificates it has issued."""
        return Trust((self.certificate,))

    def pem(self, password: bytes | None = None) -> bytes:
        """Key and certificate as PEM."""
        how = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
        return self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, how
        ) + self.certificate.public_bytes(serialization.Encoding.PEM)


def make(
    name: str,
    now: datetime,
    issuer: Holder | None = None,
    *,
    ca: bool = False,
    organisation: str | None = None,
    usage: str = "content_commitment",
    valid: tuple[timedelta, timedelta] = (timedelta(days=-100), timedelta(days=600)),
    key: rsa.RSAPrivateKey | None = None,
    hosts: tuple[str, ...] = (),
) -> Holder:
    """A certificate with a key.

    Args:
        name: common name of the holder.
        now: the moment around which it is valid, aware.
        issuer: who issues it; the holder itself when not given.
        ca: whether the holder may issue certificates.
        organisation: organisation number, for the subject's serialNumber.
        usage: what its key is for, as ``cryptography`` calls it; not for an issuer.
        valid: from when, and to when, seen from ``now``.
        key: the key; a new one when not given.
        hosts: names and addresses of a server whose TLS certificate it is.
    """
    attributes = [x509.NameAttribute(NameOID.COMMON_NAME, name)]
    if organisation:
        attributes.append(x509.NameAttribute(NameOID.SERIAL_NUMBER, organisation))
    subject = x509.Name(attributes)
    own = key or rsa.generate_private_key(public_exponent=65537, key_size=2048)
    signer = issuer.key if issuer else own
    uses = dict.fromkeys(_USES, False) | {"key_cert_sign" if ca else usage: True}
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(own.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + valid[0])
        .not_valid_after(now + valid[1])
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(**uses), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(own.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
    )
    if hosts:
        names = x509.SubjectAlternativeName([_general_name(host) for host in hosts])
        builder = builder.add_extension(names, critical=False)
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    return Holder(builder.sign(signer, hashes.SHA256()), own)


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host.strip("[]")))
    except ValueError:
        return x509.DNSName(host)
