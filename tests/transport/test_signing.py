"""Envelopes and signatures: round trips, a second implementation as the judge, and everything that must be refused."""

from __future__ import annotations

import base64
import gzip
import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

import ediel
from ediel.messages import model
from ediel.messages.services import SERVICES
from ediel.testing import sample
from ediel.transport import (
    Algorithm,
    Identity,
    InvalidIdentity,
    NoOperation,
    Replays,
    SecurityRefused,
    Trust,
    organisation_number,
    sign,
    verify,
    wrap,
)
from ediel.transport._accelerator import CANONICAL
from ediel.transport._wsse import DS, ID, SIGNATURE, TIMESTAMP, TOKEN, WSSE, WSU
from ediel.transport.envelope import SOAP
from tests.support.pki import NOW, ORGANISATION, between, key, make, root, supplier, trust


@pytest.fixture(scope="module", params=["accelerated", "pure"], autouse=True)
def _way(request: pytest.FixtureRequest) -> Iterator[None]:
    """With the accelerator and without it."""
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "pure":
            patch.setattr("ediel.transport._opened.CANONICAL", None)
            patch.setattr("ediel.transport._header.CANONICAL", None)
        elif CANONICAL is None:
            pytest.skip("the accelerator was not built: no C compiler")
        yield


BODY = f"{{{SOAP}}}Body"
OPERATIONS = [(service.name, operation.message) for service in SERVICES for operation in service.operations]


def message(name: str = "RequestEndOfSupply") -> Any:
    return sample(model(name), 7)


def signed(algorithm: Algorithm = Algorithm.RSA_SHA256, name: str = "RequestEndOfSupply", **more: Any) -> bytes:
    return sign(wrap(message(name)), supplier().identity, NOW, algorithm=algorithm, **more)


def refused(data: bytes, now: datetime = NOW, whom: Trust | None = None, **more: Any) -> str:
    with pytest.raises(SecurityRefused) as caught:
        verify(data, whom or trust(), now, **more)
    assert len(str(caught.value)) > 20
    return caught.value.reason


@pytest.mark.parametrize("algorithm", Algorithm)
@pytest.mark.parametrize(("service", "name"), OPERATIONS)
def test_every_operation_there_and_back(service: str, name: str, algorithm: Algorithm) -> None:
    original = message(name)
    envelope = wrap(original, service)
    assert envelope.service == service
    assert ediel.read(envelope.to_bytes()) == original
    data = sign(envelope, supplier().identity, NOW, algorithm=algorithm)
    assert ediel.read(data) == original, "the header is no part of the message"
    found = verify(data, trust(), NOW, organisation=ORGANISATION)
    assert ediel.read(found.data) == original
    assert (found.organisation_number, found.algorithm) == (ORGANISATION, algorithm.value)
    assert (found.created, found.expires) == (NOW, NOW + timedelta(seconds=60))
    assert verify(gzip.compress(data), trust(), NOW).data == found.data


def test_the_layout_of_the_policy() -> None:
    """Strict: the token before the signature that needs it, the timestamp, times in UTC and whole seconds."""
    envelope = etree.fromstring(signed(name="CollectedData"))
    (security,) = envelope[0]
    assert [child.tag for child in security] == [TOKEN, TIMESTAMP, SIGNATURE]
    assert security.get(f"{{{SOAP}}}mustUnderstand") == "1"
    assert [element.text for element in security[1]] == ["2026-11-27T08:00:00Z", "2026-11-27T08:01:00Z"]
    (request,) = envelope[1]
    space = "urn:no:elhub:emif:wsdl:meteringvalues:v2"
    assert (request.tag, request[0].tag) == (f"{{{space}}}CollectedDataRequest", f"{{{space}}}CollectedData")
    assert "rsa-sha1" in sign(wrap(message()), supplier().identity, NOW).decode(), "Basic256 is the default"


def test_wrap_needs_to_know_where() -> None:
    with pytest.raises(NoOperation, match=r"PollMarketProcesses, .* of PollMeteringValues"):
        wrap(message("PollForData"))
    with pytest.raises(NoOperation, match="sent by the hub"):
        wrap(message("NotifyStartOfSupply"))
    with pytest.raises(NoOperation, match="Query does not take CollectedData"):
        wrap(message("CollectedData"), "Query")


# --- a second implementation


def _judge(algorithm: Algorithm) -> Any:
    from signxml import DigestAlgorithm, SignatureConfiguration, SignatureMethod

    method, digest = {
        Algorithm.RSA_SHA1: (SignatureMethod.RSA_SHA1, DigestAlgorithm.SHA1),
        Algorithm.RSA_SHA256: (SignatureMethod.RSA_SHA256, DigestAlgorithm.SHA256),
    }[algorithm]
    return SignatureConfiguration(
        expect_references=2,
        location=f".//{{{WSSE}}}Security/",
        signature_methods=frozenset({method}),
        digest_algorithms=frozenset({digest}),
    )


@pytest.mark.parametrize("algorithm", Algorithm)
def test_a_second_implementation_verifies_ours(algorithm: Algorithm) -> None:
    from signxml import XMLVerifier
    from signxml.exceptions import InvalidDigest

    data = signed(algorithm)
    certificate = supplier().certificate

    def check(text: bytes) -> Any:
        return XMLVerifier().verify(
            etree.fromstring(text), x509_cert=certificate, id_attribute="Id", expect_config=_judge(algorithm)
        )

    parts = {part.signed_xml.tag for part in check(data)}
    assert parts == {BODY, TIMESTAMP}
    with pytest.raises(InvalidDigest):
        check(data.replace(b"2026-11-27T08:01:00Z", b"2026-11-27T09:01:00Z"))


@pytest.mark.parametrize("algorithm", Algorithm)
def test_ours_verifies_a_second_implementation(algorithm: Algorithm) -> None:
    from signxml import CanonicalizationMethod, DigestAlgorithm, SignatureConstructionMethod, SignatureMethod, XMLSigner

    class Permissive(XMLSigner):
        def check_deprecated_methods(self) -> None:
            """SHA-1 is what the policy of the WSDL says."""

    envelope = etree.fromstring(signed(algorithm))
    security = envelope[0][0]
    security.remove(security[2])
    information = etree.Element(f"{{{DS}}}KeyInfo")
    told = etree.SubElement(information, f"{{{WSSE}}}SecurityTokenReference")
    etree.SubElement(told, f"{{{WSSE}}}Reference", {"URI": f"#{security[0].get(ID)}"})
    signer = Permissive(
        method=SignatureConstructionMethod.detached,
        signature_algorithm=SignatureMethod.RSA_SHA1 if algorithm is Algorithm.RSA_SHA1 else SignatureMethod.RSA_SHA256,
        digest_algorithm=DigestAlgorithm.SHA1 if algorithm is Algorithm.RSA_SHA1 else DigestAlgorithm.SHA256,
        c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0,
    )
    signature = signer.sign(
        envelope,
        key=supplier().key,
        key_info=information,
        reference_uri=[f"#{envelope[1].get(ID)}", f"#{security[1].get(ID)}"],
        id_attribute="Id",
    )
    security.append(signature)
    found = verify(etree.tostring(envelope), trust(), NOW)
    assert ediel.read(found.data) == message()


# --- what must be refused


def change(how: Callable[[etree._Element], None], data: bytes | None = None) -> bytes:
    envelope = etree.fromstring(data or signed())
    how(envelope)
    return etree.tostring(envelope)


def evil(envelope: etree._Element) -> etree._Element:
    """Another body, with what the attacker wants done."""
    other = deepcopy(envelope[1])
    point = other.find(".//{*}MeteringPointUsedDomainLocation/{*}Identification")
    assert point is not None
    point.text = "707057542000000285"
    return other


def aside(envelope: etree._Element, parent: etree._Element, *, same_id: bool) -> None:
    """The signed body is moved aside, another one takes its place."""
    genuine = envelope[1]
    other = evil(envelope)
    if not same_id:
        other.set(ID, "another")
    envelope.replace(genuine, other)
    etree.SubElement(parent, "{urn:wrapper}Wrapper").append(genuine)


def in_object(envelope: etree._Element) -> None:
    aside(envelope, etree.SubElement(envelope[0][0][2], f"{{{DS}}}Object"), same_id=False)


def second_body(envelope: etree._Element, *, before: bool, same_id: bool) -> None:
    other = evil(envelope)
    if not same_id:
        other.set(ID, "another")
    envelope.insert(1 if before else 2, other)


def timestamp_aside(envelope: etree._Element) -> None:
    security = envelope[0][0]
    genuine = security[1]
    other = deepcopy(genuine)
    other.set(ID, "another")
    security.replace(genuine, other)
    etree.SubElement(envelope[0], "{urn:wrapper}Wrapper").append(genuine)


def swapped(envelope: etree._Element) -> None:
    body, timestamp = envelope[1], envelope[0][0][1]
    one, two = body.get(ID), timestamp.get(ID)
    body.set(ID, two or "")
    timestamp.set(ID, one or "")


def reference_to(envelope: etree._Element, uri: str) -> None:
    for reference in envelope.iter(f"{{{DS}}}Reference"):
        if reference.get("URI") == f"#{envelope[1].get(ID)}":
            reference.set("URI", uri)


def plain_id(envelope: etree._Element) -> None:
    """The same identification on an attribute that another reader may take for one."""
    wrapper = etree.SubElement(envelope[0], "{urn:wrapper}Wrapper")
    wrapper.set("ID", envelope[1].get(ID) or "")


def second_security(envelope: etree._Element) -> None:
    envelope[0].insert(0, deepcopy(envelope[0][0]))


def second_header(envelope: etree._Element) -> None:
    envelope.insert(0, deepcopy(envelope[0]))


def body_in_header(envelope: etree._Element) -> None:
    genuine = envelope[1]
    envelope.replace(genuine, evil(envelope))
    envelope[0].append(genuine)


def inside(envelope: etree._Element) -> None:
    genuine = envelope[1]
    other = evil(envelope)
    other.set(ID, "another")
    envelope.replace(genuine, other)
    other[0].append(genuine)


WRAPPING: dict[str, Callable[[etree._Element], None]] = {
    "body aside in the header, other id": lambda e: aside(e, e[0], same_id=False),
    "body aside in the header, same id": lambda e: aside(e, e[0], same_id=True),
    "body aside in the security header": lambda e: aside(e, e[0][0], same_id=False),
    "body aside in the timestamp": lambda e: aside(e, e[0][0][1], same_id=False),
    "body aside in an Object of the signature": in_object,
    "body aside in the other body": inside,
    "second body before, same id": lambda e: second_body(e, before=True, same_id=True),
    "second body before, other id": lambda e: second_body(e, before=True, same_id=False),
    "second body after, same id": lambda e: second_body(e, before=False, same_id=True),
    "second body after, other id": lambda e: second_body(e, before=False, same_id=False),
    "body in the header": body_in_header,
    "timestamp aside": timestamp_aside,
    "ids swapped": swapped,
    "id on another attribute": plain_id,
    "second security header": second_security,
    "second header": second_header,
    "reference to nothing": lambda e: reference_to(e, ""),
    "reference by XPointer": lambda e: reference_to(e, f"#xpointer(id('{e[1].get(ID)}'))"),
    "reference to the timestamp twice": lambda e: reference_to(e, f"#{e[0][0][1].get(ID)}"),
}


@pytest.mark.parametrize("name", WRAPPING)
def test_signature_wrapping(name: str) -> None:
    assert refused(change(WRAPPING[name])) in {"layout", "scope", "signature"}


def test_the_body_that_is_read_is_the_one_that_was_signed() -> None:
    """Whatever a verifier accepts, it gives back the genuine message."""
    for how in WRAPPING.values():
        try:
            found = verify(change(how), trust(), NOW)
        except SecurityRefused:
            continue
        assert ediel.read(found.data) == message()  # pragma: no cover - all are refused


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (rb"2026-11-27T08:01:00Z", b"2026-11-27T08:01:30Z", "signature"),
        (rb"2026-11-27T08:00:00Z", b"2026-11-27T08:00:01Z", "signature"),
        (rb"2026-11-27T08:00:00Z", b"2026-11-27T08:00:00", "signature"),
        (rb"<(\w+):SignatureValue>.{4}", rb"<\1:SignatureValue>AAAA", "signature"),
        (rb"xmldsig-more#rsa-sha256", b"xmldsig-more#hmac-sha256", "algorithm"),
        (rb"xmlenc#sha256", b"xmlenc#sha512", "algorithm"),
        (rb"wsu:Id=\"body\"", b'Id="body"', "signature"),
        (rb"#X509v3\"", b'#X509PKIPathv1"', "layout"),
        (rb"BinarySecurityToken>", b"BinaryToken>", "unreadable"),
        (rb"soap/envelope/", b"soap/other/", "layout"),
    ],
)
def test_changes_are_refused(old: bytes, new: bytes, reason: str) -> None:
    data = signed()
    changed = re.sub(old, new, data)
    assert changed != data
    assert refused(changed) == reason


def test_unsigned_and_unreadable() -> None:
    assert refused(wrap(message()).to_bytes()) == "layout"
    assert refused(b"<no") == "unreadable"
    assert refused(gzip.compress(b"0" * 200)[:20]) == "unreadable"
    bomb = b'<!DOCTYPE a [<!ENTITY b "c">]>' + signed().partition(b"?>")[2]
    assert refused(bomb) == "unreadable"


def test_changed_transforms_are_refused() -> None:
    def more(envelope: etree._Element) -> None:
        for transforms in envelope.iter(f"{{{DS}}}Transforms"):
            etree.SubElement(transforms, f"{{{DS}}}Transform", Algorithm="http://www.w3.org/TR/1999/REC-xslt-19991116")

    def canonical(envelope: etree._Element) -> None:
        for method in envelope.iter(f"{{{DS}}}CanonicalizationMethod"):
            method.set("Algorithm", "http://www.w3.org/TR/2001/REC-xml-c14n-20010315")

    assert refused(change(more)) == "algorithm"
    assert refused(change(canonical)) == "algorithm"


def test_time() -> None:
    data = signed()
    second = timedelta(seconds=1)
    skew = timedelta(minutes=5)
    for moment in (NOW - skew, NOW + timedelta(seconds=60) + skew):
        verify(data, trust(), moment)
    assert refused(data, NOW - skew - second) == "time"
    assert refused(data, NOW + timedelta(seconds=60) + skew + second) == "time"
    assert refused(data, NOW + timedelta(seconds=62), skew=timedelta(0)) == "time"
    long = signed(lifetime=timedelta(hours=2))
    verify(long, trust(), NOW + timedelta(minutes=15))
    assert refused(long, NOW + timedelta(minutes=15) + second) == "time", "ten minutes count, and not two hours"
    assert refused(signed(lifetime=timedelta(0))) == "time"
    with pytest.raises(ValueError, match="no time zone"):
        verify(data, trust(), NOW.replace(tzinfo=None))
    with pytest.raises(ValueError, match="no time zone"):
        sign(wrap(message()), supplier().identity, NOW.replace(tzinfo=None))


def test_replay() -> None:
    passed = [0.0]
    data, replays = signed(), Replays(monotonic=lambda: passed[0])
    verify(data, trust(), NOW, replays=replays)
    assert refused(data, replays=replays) == "replay"
    assert refused(data.replace(b"SignatureValue>", b"SignatureValue>\n", 1), replays=replays) == "replay"
    verify(signed(), trust(), NOW, replays=replays)
    assert len(replays) == 2
    later = NOW + timedelta(hours=1)
    passed[0] = 3600
    verify(sign(wrap(message()), supplier().identity, later), trust(), later, replays=replays)
    assert len(replays) == 1, "what has expired is forgotten"


def test_whose_certificate() -> None:
    data = signed()
    stranger = make("Another root", 9, ca=True)
    assert refused(data, whom=Trust((stranger.certificate,), (between().certificate,))) == "trust"
    assert refused(data, whom=Trust((root().certificate,))) == "trust", "the issuer between is missing"
    assert refused(data, whom=Trust(())) == "trust"
    assert refused(data, organisation="987654325") == "organisation"
    nobody = make("Nobody", 3, between())
    assert refused(sign(wrap(message()), nobody.identity, NOW), organisation=ORGANISATION) == "organisation"
    false_issuer = make("Forged", 4, supplier(), organisation=ORGANISATION)
    whom = Trust((root().certificate,), (between().certificate, supplier().certificate))
    assert refused(sign(wrap(message()), false_issuer.identity, NOW), whom=whom) == "trust", "no CA has issued it"
    impostor = make("Test issuer", 5, ca=True)
    forged = make("A supplier", 3, impostor, organisation=ORGANISATION)
    assert refused(sign(wrap(message()), forged.identity, NOW)) == "trust", "an issuer's name is not its key"


def test_another_key_than_that_of_the_token() -> None:
    thief = Identity(supplier().certificate, make("Thief", 6).identity.key)
    assert refused(sign(wrap(message()), thief, NOW)) == "signature"


def test_which_certificate() -> None:
    def at(last: timedelta, usage: str = "content_commitment") -> bytes:
        holder = make("A supplier", 3, between(), valid=(-timedelta(days=9), last), usage=usage)
        return sign(wrap(message()), holder.identity, NOW)

    far = timedelta(days=1)
    strict = Trust((root().certificate,), (between().certificate,), non_repudiation=True)
    assert refused(at(-timedelta(seconds=1))) == "certificate"
    assert refused(at(far, "key_encipherment")) == "certificate"
    assert refused(at(far, "digital_signature"), whom=strict) == "certificate"
    verify(at(far, "digital_signature"), trust(), NOW)
    verify(at(far), strict, NOW)


@pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")
@given(st.data())
@settings(max_examples=150)
def test_no_change_of_the_octets_changes_the_message(data: st.DataObject) -> None:
    """A byte that changes is refused, or changes nothing that is read."""
    text = bytearray(ONCE)
    place = data.draw(st.integers(0, len(text) - 1))
    text[place] = data.draw(st.integers(1, 255))
    try:
        found = verify(bytes(text), trust(), NOW)
    except SecurityRefused:
        return
    assert ediel.read(found.data) == message()


@pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")
def test_no_change_of_the_certificate_is_believed() -> None:
    """The token itself is not signed: each of its octets may be anything. (An unknown key algorithm once escaped.)

    One octet may change: how many bits the issuer's signature leaves unused. What was issued is the same then.
    """
    genuine = supplier().certificate
    der = genuine.public_bytes(serialization.Encoding.DER)
    reasons = set()
    for place in range(len(der)):
        for mask in (0x01, 0x80):
            changed = bytearray(der)
            changed[place] ^= mask
            data = ONCE.replace(base64.b64encode(der), base64.b64encode(changed))
            assert data != ONCE
            try:
                found = verify(data, trust(), NOW)
            except SecurityRefused as refusal:
                reasons.add(refusal.reason)
            else:
                assert found.certificate.tbs_certificate_bytes == genuine.tbs_certificate_bytes
                assert ediel.read(found.data) == message()
    assert reasons == {"certificate", "trust"}, "the certificate is judged before anything that it has signed"


ONCE = signed()


# --- keys and certificates


def test_identities() -> None:
    holder = supplier()
    assert organisation_number(holder.certificate) == ORGANISATION, "blanks are taken out"
    assert Identity.from_pem(holder.pem(b"secret"), b"secret").key == holder.identity.key
    packed = pkcs12.serialize_key_and_certificates(
        b"x", holder.key, holder.certificate, [between().certificate], serialization.BestAvailableEncryption(b"secret")
    )
    assert Identity.from_pkcs12(packed, b"secret").certificate == holder.certificate
    assert "key" not in repr(holder.identity)
    assert base64.b64encode(holder.identity.key)[:20].decode() not in repr(holder.identity)
    wrong: list[Callable[[], object]] = [
        lambda: Identity.from_pkcs12(packed, b"wrong"),
        lambda: Identity.from_pkcs12(b"nothing"),
        lambda: Identity.from_pem(b"nothing"),
        lambda: Identity.from_pem(holder.pem(b"secret"), b"wrong"),
        lambda: Identity.from_pem(holder.pem(b"secret")),
        lambda: Identity.from_pem(holder.certificate.public_bytes(serialization.Encoding.PEM)),
        lambda: Identity._fitting(key(8), [holder.certificate]),
        lambda: Identity._fitting(object(), [holder.certificate]),
        lambda: Trust.from_pem(b"nothing"),
    ]
    for attempt in wrong:
        with pytest.raises(InvalidIdentity) as caught:
            attempt()
        assert "secret" not in str(caught.value)
    pem = root().certificate.public_bytes(serialization.Encoding.PEM)
    between_pem = between().certificate.public_bytes(serialization.Encoding.PEM)
    verify(ONCE, Trust.from_pem(pem, between_pem), NOW)
    assert WSU in ONCE.decode()
