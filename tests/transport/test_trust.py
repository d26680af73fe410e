"""Who is believed: the hub that is named, by a certificate that may sign, whether the envelope holds it or not."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import xmlsec
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from lxml import etree
from xmlsec import constants

from ediel.testing.certificates import Holder
from ediel.transport import (
    Algorithm,
    Config,
    InvalidConfig,
    InvalidIdentity,
    SecurityRefused,
    TransportError,
    Trust,
    sign,
    verify,
)
from ediel.transport._wsse import DS, ID, SKI, THUMBPRINT, TOKEN, WSSE, WSU, X509
from ediel.transport.envelope import Envelope
from tests.support import wire
from tests.support.pki import NOW, between, key, make, root, supplier

HUB = "987654325"


@cache
def hub() -> Holder:
    return make("A hub", 7, root(), organisation=HUB)


def answer(by: Holder, algorithm: Algorithm = Algorithm.RSA_SHA1) -> bytes:
    return sign(Envelope(etree.fromstring(wire.bare(b"<a/>")), "", ""), by.identity, NOW, algorithm=algorithm)


def refused(data: bytes, trust: Trust) -> str:
    with pytest.raises(SecurityRefused) as caught:
        verify(data, trust, NOW)
    return caught.value.reason


def issued_by_root(**more: Any) -> Trust:
    return Trust((root().certificate,), (between().certificate,), **more)


# --- who


def test_not_every_certificate_of_a_trusted_issuer_is_the_hubs() -> None:
    by_number, by_certificate = issued_by_root(organisation=HUB), issued_by_root(certificates=(hub().certificate,))
    pinned = Trust((), certificates=(hub().certificate,))
    for trust in (by_number, by_certificate, pinned):
        assert trust.names
        assert verify(answer(hub()), trust, NOW).organisation_number == HUB
    assert refused(answer(supplier()), by_number) == "organisation"
    assert refused(answer(supplier()), by_certificate) == "trust"
    assert refused(answer(supplier()), pinned) == "trust"
    assert refused(answer(hub()), Trust(())) == "trust"
    verify(answer(supplier()), issued_by_root(), NOW)
    assert not issued_by_root().names


def test_a_named_certificate_must_still_hold_and_be_for_signing() -> None:
    over = make("A hub", 7, root(), organisation=HUB, valid=(timedelta(days=-9), timedelta(days=-1)))
    assert refused(answer(over), Trust((), certificates=(over.certificate,))) == "certificate"
    other = make("A hub", 7, root(), organisation=HUB, usage="key_encipherment")
    assert refused(answer(other), Trust((), certificates=(other.certificate,))) == "certificate"


# --- what a certificate must be


def crafted(
    *, ca: bool = False, uses: list[x509.ObjectIdentifier] | None = None, own: rsa.RSAPrivateKey | None = None
) -> Holder:
    """A certificate of the root that `make` would not make."""
    private = own or key(11)
    flags = dict.fromkeys(
        ("key_encipherment", "data_encipherment", "key_agreement", "crl_sign", "encipher_only", "decipher_only"), False
    )
    name = x509.Name([x509.NameAttribute(NameOID.SERIAL_NUMBER, HUB)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(root().certificate.subject)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(digital_signature=True, content_commitment=True, key_cert_sign=ca, **flags), critical=True
        )
    )
    if uses is not None:
        builder = builder.add_extension(x509.ExtendedKeyUsage(uses), critical=False)
    return Holder(builder.sign(root().key, hashes.SHA256()), private)


SERVER = [ExtendedKeyUsageOID.SERVER_AUTH]
CRAFTED: dict[str, tuple[Callable[[], Holder], str]] = {
    "an issuer": (lambda: crafted(ca=True), "issuer"),
    "a web server": (lambda: crafted(uses=SERVER), "servers"),
    "1024 bits": (lambda: crafted(own=rsa.generate_private_key(public_exponent=65537, key_size=1024)), "1024 bits"),
    "exponent 3": (
        lambda: crafted(own=rsa.generate_private_key(public_exponent=3, key_size=2048)),
        "exponent of the certificate is 3",
    ),
}


@pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")
@pytest.mark.parametrize("name", CRAFTED)
def test_certificates_that_cannot_sign_messages(name: str) -> None:
    made, words = CRAFTED[name]
    holder = made()
    with pytest.raises(SecurityRefused, match=words) as caught:
        verify(answer(holder), issued_by_root(), NOW)
    assert caught.value.reason == "certificate"


@pytest.mark.parametrize(
    "uses", [None, [ExtendedKeyUsageOID.CLIENT_AUTH], [*SERVER, ExtendedKeyUsageOID.EMAIL_PROTECTION]]
)
def test_certificates_that_can(uses: list[x509.ObjectIdentifier] | None) -> None:
    verify(answer(crafted(uses=uses)), issued_by_root(), NOW)


def test_sha1_can_be_refused() -> None:
    strict = issued_by_root(sha1=False)
    assert refused(answer(hub()), strict) == "algorithm"
    verify(answer(hub(), Algorithm.RSA_SHA256), strict, NOW)
    mixed = answer(hub(), Algorithm.RSA_SHA256).replace(b"xmlenc#sha256", b"XX", 1).replace(b"http://www.w3.org/2001/04/XX", DS.encode() + b"sha1")  # fmt: skip
    assert refused(mixed, strict) == "algorithm"


# --- revocation


def revocations(*, by: Holder | None = None, named: Holder | None = None, old: bool = False, serials: tuple[int, ...] = ()) -> x509.CertificateRevocationList:  # fmt: skip
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name((named or root()).certificate.subject)
        .last_update(NOW - timedelta(days=9))
        .next_update(NOW + timedelta(days=-1 if old else 1))
    )
    for serial in serials:
        entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(NOW - timedelta(days=2)).build()
        builder = builder.add_revoked_certificate(entry)
    return builder.sign((by or root()).key, hashes.SHA256())


def test_revocation_lists() -> None:
    own = hub()
    number = own.certificate.serial_number
    verify(answer(own), issued_by_root(revocations=(revocations(serials=(number + 1,)),)), NOW)
    verify(answer(own), issued_by_root(revocations=(revocations(named=between(), serials=(number,)),)), NOW)
    for found, words in (
        (revocations(serials=(number,)), "revoked"),
        (revocations(old=True), "out of date"),
        (revocations(by=supplier()), "not signed"),
    ):
        with pytest.raises(SecurityRefused, match=words) as caught:
            verify(answer(own), issued_by_root(revocations=(found,)), NOW)
        assert caught.value.reason == "certificate"


def test_lists_from_files() -> None:
    found = revocations()
    pem = root().certificate.public_bytes(Encoding.PEM)
    for data in (found.public_bytes(Encoding.PEM), found.public_bytes(Encoding.DER)):
        assert Trust.from_pem(pem, revocations=data).revocations == (found,)
    for broken in (b"nothing", b"-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----", pem):
        with pytest.raises(InvalidIdentity, match="revocation"):
            Trust.from_pem(pem, revocations=broken)
    with pytest.raises(InvalidIdentity, match="nobody is trusted"):
        Trust.from_pem()


# --- an answer that does not hold its certificate, as the policy of the hub has it (RecipientToken: Never)


def _identifier(kind: str, value: bytes) -> etree._Element:
    found = etree.Element(f"{{{WSSE}}}KeyIdentifier", ValueType=kind)
    found.text = base64.b64encode(value).decode()
    return found


def _issuer_serial(number: int) -> etree._Element:
    found = etree.Element(f"{{{DS}}}X509Data")
    inside = etree.SubElement(found, f"{{{DS}}}X509IssuerSerial")
    etree.SubElement(inside, f"{{{DS}}}X509IssuerName").text = "CN=Test root"
    etree.SubElement(inside, f"{{{DS}}}X509SerialNumber").text = str(number)
    return found


def referring(by: Holder, how: str) -> bytes:
    """An answer that refers to the certificate of its signer, and does not hold it; the rest is as ever."""
    envelope = etree.fromstring(answer(by))
    security = envelope[0][0]
    security.remove(security.find(TOKEN))
    der = by.certificate.public_bytes(Encoding.DER)
    told = security.find(f".//{{{WSSE}}}SecurityTokenReference")
    assert told is not None
    told.remove(told[0])
    ski = by.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    told.append(
        {
            "ski": lambda: _identifier(SKI, ski),
            "thumbprint": lambda: _identifier(THUMBPRINT, hashlib.sha1(der).digest()),
            "issuer-serial": lambda: _issuer_serial(by.certificate.serial_number),
            "certificate": lambda: _identifier(X509, der),
        }[how]()
    )
    signature = security.find(f"{{{DS}}}Signature")
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(by.identity.key, constants.KeyDataFormatDer)
    for part in (security[0], envelope[1]):
        assert part.get(ID)
        context.register_id(part, "Id", WSU)
    context.sign(signature)
    return etree.tostring(envelope)


WAYS = ("ski", "thumbprint", "issuer-serial")


@pytest.mark.parametrize("how", WAYS)
def test_an_answer_refers_to_the_certificate_that_is_named(how: str) -> None:
    own, other = hub(), supplier()
    data = referring(own, how)
    found = verify(data, issued_by_root(certificates=(other.certificate, own.certificate)), NOW)
    assert (found.certificate, found.data) == (own.certificate, b"<a></a>")
    assert refused(data, issued_by_root(certificates=(other.certificate,))) == "trust"
    with pytest.raises(SecurityRefused, match=r"\[hub\] certificate"):
        verify(data, issued_by_root(organisation=HUB), NOW)


def test_an_answer_may_hold_its_certificate_in_key_info() -> None:
    data = referring(hub(), "certificate")
    verify(data, issued_by_root(organisation=HUB), NOW)
    assert refused(data, issued_by_root(organisation="123456785")) == "organisation"
    assert refused(data.replace(b"#X509v3", b"#Something"), issued_by_root()) == "layout"


def test_a_reference_that_is_no_base_64_is_refused() -> None:
    """Also one outside of ASCII, which Python's decoder refuses in a way of its own."""
    data = referring(hub(), "ski")
    start = data.index(b">", data.index(b"KeyIdentifier")) + 1
    for odd in ("é", "!", "A"):
        broken = data[:start] + odd.encode() + data[start:]
        assert refused(broken, issued_by_root(certificates=(hub().certificate,))) in {"layout", "trust"}, odd


@pytest.mark.parametrize("how", WAYS)
def test_a_reference_to_the_right_certificate_is_no_signature(how: str) -> None:
    """Somebody else signs, and says that it was the hub."""
    own = hub()
    thief = Holder(own.certificate, key(12))
    assert refused(referring(thief, how), issued_by_root(certificates=(own.certificate,))) == "signature"


# --- the configuration

CONFIG = """
[hub]
environment = "mt1"
organisation = "987654325"
[certificate]
file = "own.p12"
[trust]
issuers = "issuers.pem"
"""


def config(tmp_path: Path, text: str) -> Config:
    (tmp_path / "ediel.toml").write_text(text, encoding="utf-8")
    return Config.read(tmp_path / "ediel.toml")


def test_the_configuration_says_who_the_hub_is(tmp_path: Path) -> None:
    (tmp_path / "issuers.pem").write_bytes(root().certificate.public_bytes(Encoding.PEM))
    (tmp_path / "hub.pem").write_bytes(hub().certificate.public_bytes(Encoding.PEM))
    assert config(tmp_path, CONFIG).believed() == Trust((root().certificate,), organisation=HUB)
    named = CONFIG.replace('organisation = "987654325"', 'certificate = "hub.pem"')
    assert config(tmp_path, named).believed().certificates == (hub().certificate,)
    alone = named.partition("[trust]")[0]
    assert config(tmp_path, alone).believed() == Trust((), certificates=(hub().certificate,))
    unnamed = CONFIG.replace('organisation = "987654325"', "")
    with pytest.raises(InvalidConfig, match="does not say who the hub is"):
        config(tmp_path, unnamed)
    assert not config(tmp_path, unnamed.replace("mt1", "local")).believed().names
    with pytest.raises(InvalidConfig, match="nobody is trusted"):
        config(tmp_path, CONFIG.partition("[trust]")[0])


def test_the_road_to_the_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tls.pem").write_bytes(root().certificate.public_bytes(Encoding.PEM))
    (tmp_path / "broken.pem").write_bytes(b"nothing")
    head, _, tail = CONFIG.partition("organisation")

    def road(more: str) -> Any:
        return config(tmp_path, f"{head}{more}\norganisation{tail}").road()

    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.invalid:3128")
    assert road("").proxy == "http://proxy.invalid:3128"
    assert road('proxy = "direct"').proxy is None
    assert road('proxy = "http://127.0.0.1:3128"').proxy == "http://127.0.0.1:3128"
    named = road('ca = "tls.pem"')
    assert "tls.pem" in str(named)
    assert len(named.context().get_ca_certs()) == 1
    named.open().close()
    with pytest.raises(InvalidConfig, match="this is no proxy"):
        road('proxy = "127.0.0.1"')
    with pytest.raises(TransportError, match="no certificate in"):
        road('ca = "broken.pem"').open()
    with pytest.raises(FileNotFoundError):
        road('ca = "none.pem"').open()
