"""``ediel explain envelope.xml``: what is said of an envelope is what the verifier does, and names what to set."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from lxml import etree

from ediel.cli import cli
from ediel.transport import Algorithm, SecurityRefused, Trust, explain_envelope, sign, verify
from ediel.transport._stacks import SETTINGS
from ediel.transport.envelope import Envelope
from ediel.transport.explaining import Explanation
from tests.support import wire
from tests.support.pki import NOW, between, root, supplier

WHOM = Trust((root().certificate,), (between().certificate,))


def envelope(algorithm: Algorithm = Algorithm.RSA_SHA1, **more: str) -> bytes:
    inside = Envelope(etree.fromstring(wire.bare(b"<Kari/>")), "", "")
    return sign(inside, supplier().identity, NOW, algorithm=algorithm, **more)


def said(data: bytes) -> dict[str, Explanation]:
    found = explain_envelope(data)
    for item in found:
        assert "Kari" not in f"{item}", "nothing of the Body is shown"
    return {item.key: item for item in found}


def test_what_this_package_signs_is_good() -> None:
    found = said(envelope())
    assert {item.outcome for item in found.values()} == {"good"}
    assert {"token", "algorithm", "transforms", "scope", "timestamp", "certificate", "verified"} <= set(found)
    assert found["stack"].found == "ediel"
    assert "organisation 123456785" in found["certificate"].found


def test_what_is_unusual() -> None:
    newer = said(envelope(Algorithm.RSA_SHA256))
    assert newer["algorithm"].outcome == "unusual"
    assert "Basic256" in newer["algorithm"].advice
    assert newer["verified"].outcome == "good"
    named = said(envelope(refer="ski"))
    assert named["token"].outcome == "unusual"
    assert "verified" not in named, "nobody here has the certificate"


def _without(pattern: bytes, put: bytes = b"") -> Callable[[bytes], bytes]:
    return lambda data: re.sub(pattern, put, data, flags=re.DOTALL)


WRONG: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "no signature": (_without(rb"<ds:Signature .*</ds:Signature>"), "signature"),
    "no header": (_without(rb"<soapenv:Header>.*</soapenv:Header>"), "security"),
    "no timestamp": (_without(rb"<wsu:Timestamp.*</wsu:Timestamp>"), "timestamp"),
    "no token": (_without(rb"<wsse:BinarySecurityToken.*</wsse:BinarySecurityToken>"), "token"),
    "another canonicalisation": (_without(rb"2001/10/xml-exc-c14n#", b"2006/12/xml-c14n11"), "transforms"),
    "another digest": (_without(rb"xmldsig#sha1", b"xmldsig-more#md5"), "algorithm"),
    "the Body not signed": (_without(rb'URI="#body"', b'URI="#token"'), "scope"),
    "no zone": (_without(rb"08:00:00Z", b"08:00:00"), "timestamp"),
    "SOAP 1.2": (_without(rb"schemas.xmlsoap.org/soap/envelope/", b"www.w3.org/2003/05/soap-envelope"), "version"),
    "no envelope": (lambda _: b"<Kari/>", "version"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_refused_and_named(name: str) -> None:
    change, key = WRONG[name]
    data = change(envelope())
    assert data != envelope()
    assert said(data)[key].outcome == "wrong"
    with pytest.raises(SecurityRefused):
        verify(data, WHOM, NOW)


def test_formatted_after_it_was_signed() -> None:
    """The commonest mistake of all: each part looks right, and the signature does not fit."""
    found = said(etree.tostring(etree.fromstring(envelope()), pretty_print=True))
    wrong = [item for item in found.values() if item.outcome == "wrong"]
    assert [item.key for item in wrong] == ["verified"]
    assert "formatted" in wrong[0].advice


def test_the_form_that_java_stacks_refuse() -> None:
    found = said(_without(rb' EncodingType="[^"]*"')(envelope()))
    assert found["token-encoding"].outcome == "unusual"
    assert "R3029" in found["token-encoding"].expected


@pytest.mark.parametrize(
    ("mark", "stack"),
    [
        ("TS-1A2B3C4D", "WSS4J (CXF, SoapUI, Spring-WS)"),
        ("uuid-0f6a4c55-8d0e-4a0f-8c0f-8d117a0f0c8f-1", "WCF (.NET)"),
        ("id-0f6a4c55-8d0e-4a0f-8c0f-8d117a0f0c8f", "zeep"),
    ],
)
def test_which_setting_of_which_stack(mark: str, stack: str) -> None:
    data = re.sub(rb'time-[^"]*"', mark.encode() + b'"', envelope(Algorithm.RSA_SHA256))
    found = said(data)
    assert found["stack"].found == stack
    assert SETTINGS[stack]["algorithm"] in found["algorithm"].setting


def test_the_command(tmp_path: Path) -> None:
    (tmp_path / "good.xml").write_bytes(envelope())
    good = CliRunner().invoke(cli, ["explain", str(tmp_path / "good.xml")])
    assert (good.exit_code, "verified: the signature fits" in good.output) == (0, True)
    (tmp_path / "bad.xml").write_bytes(envelope().replace(b"08:01:00Z", b"08:02:00Z"))
    bad = CliRunner().invoke(cli, ["explain", str(tmp_path / "bad.xml")])
    assert bad.exit_code == 1
    assert "signature does not fit" in bad.output
    (tmp_path / "no.xml").write_bytes(b"<no")
    assert CliRunner().invoke(cli, ["explain", str(tmp_path / "no.xml")]).exit_code != 0
