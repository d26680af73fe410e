"""The quick way of signatures does what xmlsec does; canonical XML straight from bytes is that of libxml2."""

from __future__ import annotations

import gzip
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

import pytest
from lxml import etree

import ediel
from ediel.messages import model
from ediel.testing import sample
from ediel.transport import (
    Algorithm,
    Envelope,
    Identity,
    InvalidIdentity,
    SecurityRefused,
    Trust,
    _fitting,
    _opened,
    sign,
    verify,
    wrap,
)  # fmt: skip
from ediel.transport._accelerator import CANONICAL
from ediel.transport._opened import Tree, open_envelope
from ediel.transport._signer import Refer
from ediel.transport.envelope import SOAP
from ediel.xml.parser import LIMITS, Unreadable, parse
from tests.support import wire
from tests.support.by_xmlsec import sign_by_xmlsec, verify_by_xmlsec
from tests.support.pki import NOW, between, make, root, supplier, trust
from tests.transport.differences import documents, envelopes

accelerated = pytest.mark.skipif(CANONICAL is None, reason="the accelerator was not built: no C compiler")


@pytest.fixture(params=["accelerated", "pure"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """With the accelerator and without it."""
    if request.param == "pure":
        monkeypatch.setattr(_opened, "CANONICAL", None)
        monkeypatch.setattr("ediel.transport._header.CANONICAL", None)
    elif CANONICAL is None:
        pytest.skip("the accelerator was not built: no C compiler")
    return str(request.param)


@accelerated
@pytest.mark.parametrize("seed", range(4))
def test_documents(seed: int) -> None:
    tally = documents(3000, seed)
    assert not tally.differences, tally.differences[0]
    assert tally.kinds["sure"] > tally.total * 0.4
    assert tally.kinds["not sure"] > tally.total * 0.2


@pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")
@pytest.mark.parametrize("seed", range(3))
def test_envelopes(seed: int) -> None:
    tally = envelopes(250, seed)
    assert not tally.differences, tally.differences[0]
    assert min(tally.kinds["accepted"], tally.kinds["refused"]) > tally.total * 0.2


@pytest.mark.parametrize("algorithm", Algorithm)
@pytest.mark.parametrize("refer", ["token", "ski", "issuer-serial", "thumbprint"])
def test_what_is_signed_is_what_xmlsec_signs(refer: Refer, algorithm: Algorithm, way: str) -> None:
    """All of it, octet for octet: also where the name of the issuer needs an escape."""
    del way
    issuer = make('A & B <"issuer">', 2, ca=True)
    identity = make("A supplier", 3, issuer).identity
    for name in ("RequestEndOfSupply", "CollectedData"):
        envelope = wrap(sample(model(name), 7))
        data = sign(envelope, identity, NOW, algorithm=algorithm, refer=refer)
        stamp = data.partition(b'wsu:Id="time-')[2].partition(b'"')[0].decode()
        assert data == sign_by_xmlsec(envelope, identity, NOW, f"time-{stamp}", algorithm=algorithm, refer=refer)


def test_a_body_that_the_accelerator_does_not_know_is_signed_all_the_same() -> None:
    odd = b"<s:Envelope xmlns:s='%b'><s:Body><a b='&#10;'>\xc3\xa9&#13;</a></s:Body></s:Envelope>" % SOAP.encode()
    data = sign(Envelope(etree.fromstring(odd), "", ""), supplier().identity, NOW)
    assert verify(data, trust(), NOW).data == b'<a b="&#xA;">\xc3\xa9&#xD;</a>'
    relative = odd.replace(b"<a ", b"<a xmlns='relative' ")
    with pytest.raises(ValueError, match="no absolute URI"):
        sign(Envelope(etree.fromstring(relative), "", ""), supplier().identity, NOW)


def test_xmlsec_is_asked_only_where_it_is_not_sure(way: str) -> None:
    """A usual envelope never gets to xmlsec; an unusual one is accepted by it."""
    del way
    data = sign(wrap(sample(model("RequestEndOfSupply"), 7)), supplier().identity, NOW)
    commented = data.replace(b"<soapenv:Body ", b"<!-- nothing --><soapenv:Body ")
    spaced = data.replace(b"</ds:DigestValue>", b"<!-- --></ds:DigestValue>", 1)
    with patch.object(_fitting, "_check_by_xmlsec", side_effect=AssertionError("xmlsec was asked")):
        for text in (data, gzip.compress(data), commented, spaced):
            assert ediel.read(verify(text, trust(), NOW).data) == sample(model("RequestEndOfSupply"), 7)
    typed = data.replace(b"<ds:Reference ", b'<ds:Reference Type="" ', 1)
    with pytest.raises(SecurityRefused, match="something was changed"):
        verify(typed, trust(), NOW)


def test_a_namespace_that_is_not_absolute_is_refused_wherever_it_is(way: str) -> None:
    """No canonical form is defined for a document with one; xmlsec refuses it outside of what is signed too."""
    del way
    data = sign(wrap(sample(model("RequestEndOfSupply"), 7)), supplier().identity, NOW)
    for uri in (b"http://a:b/c", b"urn://x:y", b"http://x y/", b"relative"):
        for quote in (b'"', b"'"):
            moved = data.replace(b"<soapenv:Header>", b"<soapenv:Header xmlns:z=%b%b%b>" % (quote, uri, quote))
            with pytest.raises((SecurityRefused, Unreadable)):
                verify_by_xmlsec(moved, trust(), NOW)
            with pytest.raises(SecurityRefused):
                verify(moved, trust(), NOW)
    assert not Tree(parse(moved)).plain()
    assert Tree(parse(data)).plain()


def test_many_inclusive_prefixes_are_left_to_the_longer_way() -> None:
    """Each costs time at each element of an envelope whose signer is not known yet."""
    for count in (8, 9):
        names = " ".join(f"p{number}" for number in range(count))
        inclusive = f'<ec:InclusiveNamespaces xmlns:ec="http://www.w3.org/2001/10/xml-exc-c14n#" PrefixList="{names}"/>'
        data = sign(Envelope(etree.fromstring(wire.bare(b"<a/>")), "", ""), supplier().identity, NOW)
        start, end, rest = data.rpartition(
            b"/></ds:Transforms>" if b"/></ds:Transforms>" in data else b"/>\n</ds:Transforms>"
        )
        text = start + b">" + inclusive.encode() + b"</ds:Transform>" + end[2:] + rest
        assert isinstance(open_envelope(text), Tree) is (count > 8 or CANONICAL is None)
        with pytest.raises(SecurityRefused, match="something was changed"):
            verify(text, trust(), NOW)


@accelerated
def test_what_is_read_are_the_octets_of_the_body() -> None:
    """The tree is made of what was verified, when it is asked for, and knows nothing of the envelope."""
    data = sign(Envelope(etree.fromstring(wire.bare(b"<a><b/>&gt;</a>")), "", ""), supplier().identity, NOW)
    document = verify(data, trust(), NOW).document
    assert document is not None
    assert document.data == b"<a><b></b>&gt;</a>"
    assert repr(document) == "<Document not read yet, 18 bytes, signed>"
    assert "root" not in vars(document)
    assert document.root is document.root
    assert document.root is not None
    assert (document.root.tag, len(document.root)) == ("a", 1)
    assert repr(document) == "<Document a, 18 bytes, signed>"
    with pytest.raises(AttributeError, match="nothing"):
        document.nothing  # type: ignore[attr-defined]  # noqa: B018


def test_a_child_that_depends_on_the_body_stands_for_itself(way: str) -> None:
    """The prefix that the Body has declared in its canonical form is declared on the child that is handed out."""
    del way
    text = b"<s:Envelope xmlns:s='%b' xmlns:p='urn:p'><s:Body p:x='1'><p:a/></s:Body></s:Envelope>" % SOAP.encode()
    data = sign(Envelope(etree.fromstring(text), "", ""), supplier().identity, NOW)
    assert verify(data, trust(), NOW).data == b'<p:a xmlns:p="urn:p"></p:a>'
    opened = open_envelope(data)
    assert b"".join(opened.canonical(opened.root[-1], ()) or ()).startswith(b'<soapenv:Body xmlns:p="urn:p"')


@accelerated
@pytest.mark.parametrize(
    "data",
    [
        b"", b"<", b"</a>", b"<a", b"<a>", b"<a/", b"<a></b>", b"<a></ab>", b"<a b></a>", b"<a b='1'c='2'/>", b"<a/>x",
        b"<a/><a/>", b"<a>\xff</a>", b"<a>\xed\xa0\x80</a>", b"<a>\xef\xbf\xbf</a>", b"<a>\xc0\x80</a>", b"<a>\xf4\x90\x80\x80</a>",
        b"<a>]]></a>", b"<a>&b;</a>", b"<a>&#65;</a>", b"<a><!-- --></a>", b"<a><?b?></a>", b"<a><![CDATA[]]></a>",
        b"<a xml:lang='no'/>", b"<a b='1' b='2'/>", b"<a b='\n'/>", b"<a b='<'/>", b"<p:a/>", b"<a p:b='1'/>", b"<a xmlns=''/>",
        b"<a xmlns:p='urn:x' xmlns:q='urn:x' p:b='1' q:b='2'/>", b"<a xmlns='relative'/>", b"<xmlns:a/>", b"<a xmlns:xml='urn:x'/>",
        b"<a xmlns='urn:x' xmlns='urn:y'/>", b"<a:b:c/>", b"<\xc3\xa9/>", b"<a>" * 101 + b"</a>" * 101, b"<a\x0b/>", b"<a b='\x00'/>",
        b"<a " + b" ".join(b"a%d='1'" % n for n in range(65)) + b"/>", b"<a Id='&amp;'/>", b"<a>\xe2\x82", b"<a b='\xe2\x82", b"<a b='&amp",
    ],
)  # fmt: skip
def test_what_the_accelerator_leaves_to_others(data: bytes) -> None:
    """Also where the bytes end in the middle of something: nothing is read beyond their end."""
    assert CANONICAL is not None
    with pytest.raises(ValueError, match="not sure at byte"):
        CANONICAL.canonical(data, 0, 0, ())
    with pytest.raises(ValueError, match="not sure"):
        CANONICAL.head(data, 0)


@accelerated
def test_the_accelerator_is_asked_properly() -> None:
    assert CANONICAL is not None
    for start, apex in ((-1, 0), (9, 9), (0, 9), (1, 0)):
        with pytest.raises(ValueError, match="no such place"):
            CANONICAL.canonical(b"<a/>", start, apex, ())
    with pytest.raises(ValueError, match="not sure"):
        CANONICAL.canonical(b"<a><b/></a>", 0, 4, ())
    with pytest.raises(ValueError, match="no such place"):
        CANONICAL.canonical(b"<a/>", 0, 0, (b"p",) * 65)
    with pytest.raises(ValueError, match="no such place"):
        CANONICAL.head(b"<a/>", 5)
    with pytest.raises(TypeError):
        CANONICAL.canonical(b"<a/>", 0, 0, ("p",))


@accelerated
def test_a_form_that_grows_without_end_is_left_to_others() -> None:
    """Each child repeats a long declaration: the canonical form would be many times as large as the document."""
    assert CANONICAL is not None
    inside = b"<p:a/>" * 40_000
    data = b"<a xmlns:p='urn:%b'>%b</a>" % (b"x" * 900, inside)
    with pytest.raises(ValueError, match="not sure"):
        CANONICAL.canonical(data, 0, 0, ())


def test_a_lower_limit_of_attributes_holds() -> None:
    """The accelerator counts to 64; where fewer are allowed, it is left out."""
    from dataclasses import replace

    data = sign(
        Envelope(etree.fromstring(wire.bare(b"<a b='1' c='2' d='3' e='4' f='5'/>")), "", ""), supplier().identity, NOW
    )
    verify(data, trust(), NOW)
    with pytest.raises(SecurityRefused, match="more than 4 attributes"):
        verify(data, trust(), NOW, limits=replace(LIMITS, attributes=4))


def test_a_certificate_is_judged_again_when_something_runs_out() -> None:
    """The verdict about a certificate is kept no longer than the certificate, its chain and revocation lists hold."""
    short = make("A short issuer", 5, root(), ca=True, valid=(-timedelta(days=1), timedelta(hours=1)))
    holder = make("A supplier", 3, short, organisation="123 456 785")
    believing = Trust((root().certificate,), (short.certificate,))
    believing.check(holder.certificate, NOW)
    believing.check(holder.certificate, NOW + timedelta(minutes=30))
    with pytest.raises(SecurityRefused, match="no issuer that is trusted"):
        believing.check(holder.certificate, NOW + timedelta(hours=2))
    believing.check(holder.certificate, NOW)
    other = Trust((make("Another root", 9, ca=True).certificate,))
    with pytest.raises(SecurityRefused):
        other.check(holder.certificate, NOW)
    assert Trust((root().certificate,), (between().certificate,)) == trust(), "what is kept is no part of it"


def test_a_key_that_is_none_of_rsa() -> None:
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with pytest.raises(InvalidIdentity, match="none of RSA"):
        Identity(supplier().certificate, key).sign(b"x", hashes.SHA256())


def test_the_long_form_runs() -> None:
    script = Path(__file__).with_name("differential.py")
    for what in ("documents", "envelopes") if CANONICAL is not None else ("envelopes",):
        done = subprocess.run([sys.executable, script, what, "20", "1"], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        assert f"20 {what}, seed 1" in done.stdout
