"""What a stranger may cost: the head of a large envelope is judged before the rest is read."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from lxml import etree

from ediel.testing.certificates import Holder
from ediel.transport import SecurityRefused, Trust, sign, verify
from ediel.transport._admission import LARGE, admit
from ediel.transport.envelope import SOAP, Envelope
from ediel.xml import parser
from ediel.xml.head import HEADER, read_header
from ediel.xml.parser import Unreadable
from tests.support.pki import NOW, between, make, root, supplier, trust

ENVELOPE = b'<s:Envelope xmlns:s="%b">' % SOAP.encode()
PADDING = b"<!--" + b" " * LARGE + b"-->"
MANY = b" ".join(b'a%d=""' % number for number in range(1000))


def large(signer: Holder, inside: bytes = b"<a/>") -> bytes:
    """A signed envelope that is larger than what is let in unseen."""
    body = etree.fromstring(ENVELOPE + b"<s:Body>" + inside + b"</s:Body></s:Envelope>")
    return sign(Envelope(body, "", ""), signer.identity, NOW) + PADDING


@pytest.fixture
def unread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is made a tree of."""

    def built(*_: object) -> None:
        raise AssertionError("a tree was built")

    monkeypatch.setattr(parser, "_parser", built)


def reason(data: bytes, whom: Trust | None = None, now: object = NOW) -> str:
    with pytest.raises(SecurityRefused) as caught:
        verify(data, whom or trust(), now)
    return caught.value.reason


def test_a_large_envelope_of_somebody_who_is_trusted() -> None:
    data = large(supplier())
    assert len(data) > LARGE
    admit(data, trust(), NOW)
    assert verify(data, trust(), NOW).data == b"<a></a>"


@pytest.mark.usefixtures("unread")
def test_a_stranger_does_not_get_past_the_head() -> None:
    """A hundred thousand attributes of one element once took 104 seconds of whoever verified them."""
    stranger = make("Stranger", 9)
    assert reason(large(stranger, b"<a " + MANY + b"/>")) == "trust"
    assert reason(large(supplier()), Trust((stranger.certificate,))) == "trust"
    assert reason(ENVELOPE + b"<s:Body/></s:Envelope>" + PADDING) == "layout"
    assert reason(b"<a>" + PADDING + b"</a>") == "layout"
    assert reason(ENVELOPE + b"<s:Header/><s:Body/></s:Envelope>" + PADDING) == "layout"


@pytest.mark.usefixtures("unread")
@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        (rb"2026-11-27T08:01:00Z", b"2026-11-27T08:01:30Z", "signature"),
        (rb"<(\w+):SignatureValue>.{4}", rb"<\1:SignatureValue>AAAA", "signature"),
        (rb"<(\w+):DigestValue>.{4}", rb"<\1:DigestValue>AAAA", "signature"),
        (rb"xmldsig#rsa-sha1", b"xmldsig#hmac-sha1", "algorithm"),
        (rb'URI="#time-[^"]*"', b'URI="#body"', "signature"),
        (rb"<wsu:Timestamp.*</wsu:Timestamp>", b"", "layout"),
        (rb"xml-exc-c14n#", b"xml-c14n", "algorithm"),
    ],
)
def test_a_changed_head_does_not_get_past_it(old: bytes, new: bytes, why: str) -> None:
    data = large(supplier())
    changed = re.sub(old, new, data)
    assert changed != data
    assert reason(changed) == why


@pytest.mark.usefixtures("unread")
def test_an_old_head_does_not_get_past_it() -> None:
    assert reason(large(supplier()), now=NOW + timedelta(hours=1)) == "time"


def test_another_body_under_a_good_head_is_refused_by_the_digest() -> None:
    data = large(supplier())
    assert reason(data.replace(b"<a/>", b"<b/>")) == "signature"


def test_attributes_are_counted_before_anything_is_made_canonical(monkeypatch: pytest.MonkeyPatch) -> None:
    import ediel.transport.verifying as module

    def canonical(*_: object) -> None:
        raise AssertionError("it was made canonical")

    data = large(supplier(), b"<a " + MANY + b"/>")
    monkeypatch.setattr(module, "check_fit", canonical)
    assert reason(data) == "unreadable"
    assert reason(data[: -len(PADDING)]) == "unreadable", "of a small one too"


def test_a_small_stranger_is_known_by_the_certificate_before_anything_is_made_canonical(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import ediel.transport.verifying as module

    monkeypatch.setattr(module, "check_fit", lambda *_: pytest.fail("it was made canonical"))
    assert reason(large(make("Stranger", 9))[: -len(PADDING)]) == "trust"


@pytest.mark.parametrize(
    "head",
    [
        b"<s:Header>" + b"<a/>" * 2000,
        b"<s:Header><a " + MANY + b"/>",
        b"<s:Header>" + b"".join(b'<a xmlns:n%d="n%d"/>' % (number, number) for number in range(300)),
        b"<s:Header>" + b"<a>" * 100,
        b"<s:Header>" + b"x" * HEADER,
        b"<s:Header><a></b>",
        b"<s:Header><",
    ],
)
def test_a_head_is_bounded(head: bytes) -> None:
    with pytest.raises(Unreadable) as caught:
        read_header(ENVELOPE + head + b"<x/>" * HEADER)
    assert "head" in caught.value.finding.text.lower()


def test_no_document_type_in_a_head() -> None:
    with pytest.raises(Unreadable, match="document type"):
        read_header(b'<!DOCTYPE a [<!ENTITY b "c">]>' + ENVELOPE)


def test_the_rest_is_not_read() -> None:
    assert read_header(ENVELOPE + b"<s:Header><a>1</a></s:Header><s:Body>" + b"<" * 100_000) is not None
    assert read_header(ENVELOPE + b"<s:Body>" + b"<" * 100_000) is None
    assert read_header(b"<a>" + b"<" * 100_000) is None


def test_trust_is_that_of_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is let in by its head is verified as ever: with its chain, and its organisation."""
    data = large(supplier())
    assert reason(data, Trust((root().certificate,))) == "trust"
    assert (
        reason(data, Trust((root().certificate,), (between().certificate,), organisation="987654325")) == "organisation"
    )
