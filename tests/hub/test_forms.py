"""Forms of a call: what other stacks send and the policy allows is taken; what it forbids, or WSS4J refuses, is not."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import xmlsec
from lxml import etree
from xmlsec import constants

from ediel.codes import FaultGroup
from ediel.hub import SERVICES
from ediel.hub.decisions import STANDINGS
from ediel.messages.services import SERVICES as ALL
from ediel.testing import HubUnderTest, hub
from ediel.transport import Algorithm, wrap
from ediel.transport._wsse import DS, EXCLUSIVE, ID, SECURITY, SIGNATURE, TIMESTAMP, TOKEN, WSSE, WSU
from ediel.transport.envelope import SOAP
from ediel.transport.forms import FORMS
from tests.hub.test_endpoint import fault, identity, post, request, signed
from tests.support.hub_market import GRID, MARKET, NEW

Change = Callable[[etree._Element], None]
_WSA = "http://www.w3.org/2005/08/addressing"


def again(market: HubUnderTest, change: Change, message: Any = None) -> bytes:
    """A message as another stack might sign it: changed, and then signed over what its references point at."""
    envelope = etree.fromstring(signed(market, message or request(market)))
    change(envelope)
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(identity(market, NEW).key, constants.KeyDataFormatDer)
    for element in envelope.iter("*"):
        if element.get(ID):
            context.register_id(element, "Id", WSU)
        elif element.get("Id"):
            context.register_id(element, "Id", None)
    context.sign(next(envelope.iter(SIGNATURE)))
    return etree.tostring(envelope)


def _reference(envelope: etree._Element, to: str) -> None:
    info = next(envelope.iter(f"{{{DS}}}SignedInfo"))
    info.append(etree.fromstring(etree.tostring(info[-1]).replace(b'URI="#body"', b'URI="#%b"' % to.encode())))


def _token_too(envelope: etree._Element) -> None:
    info = next(envelope.iter(f"{{{DS}}}SignedInfo"))
    assert info[-1].get("URI") == "#body"
    _reference(envelope, "token")


def _header_too(envelope: etree._Element) -> None:
    etree.SubElement(envelope[0], f"{{{_WSA}}}Action", {ID: "action"}).text = "RequestStartOfSupply"
    _reference(envelope, "action")


def _no_expires(envelope: etree._Element) -> None:
    stamp = next(envelope.iter(TIMESTAMP))
    stamp.remove(stamp[1])


def _an_hour(envelope: etree._Element) -> None:
    stamp = next(envelope.iter(TIMESTAMP))
    stamp[1].text = re.sub(r"T..:", "T23:", str(stamp[1].text))
    stamp[1].text = re.sub(r"^....", lambda found: str(int(found[0]) + 1), stamp[1].text)


def _plain_ids(envelope: etree._Element) -> None:
    for element in envelope.iter("{*}Body", TIMESTAMP, TOKEN):
        element.set("Id", str(element.attrib.pop(ID)))


def _enveloped(envelope: etree._Element) -> None:
    for transforms in envelope.iter(f"{{{DS}}}Transforms"):
        transforms.insert(0, etree.Element(f"{{{DS}}}Transform", Algorithm=f"{DS}enveloped-signature"))


def _inclusive(envelope: etree._Element) -> None:
    for transform in envelope.iter(f"{{{DS}}}Transform", f"{{{DS}}}CanonicalizationMethod"):
        etree.SubElement(transform, f"{{{EXCLUSIVE}}}InclusiveNamespaces", PrefixList="soapenv wsse")


def _timestamp_first(envelope: etree._Element) -> None:
    security = next(envelope.iter(SECURITY))
    security.insert(0, next(envelope.iter(TIMESTAMP)))


def _signature_first(envelope: etree._Element) -> None:
    security = next(envelope.iter(SECURITY))
    security.insert(0, next(envelope.iter(SIGNATURE)))


def _no_encoding(envelope: etree._Element) -> None:
    del next(envelope.iter(TOKEN)).attrib["EncodingType"]


def _no_type(envelope: etree._Element) -> None:
    del next(envelope.iter(f"{{{WSSE}}}Reference")).attrib["ValueType"]


def _username(envelope: etree._Element) -> None:
    etree.SubElement(next(envelope.iter(SECURITY)), f"{{{WSSE}}}UsernameToken")


def _actor(envelope: etree._Element) -> None:
    next(envelope.iter(SECURITY)).set(f"{{{SOAP}}}actor", "urn:somebody")


def _not_demanded(envelope: etree._Element) -> None:
    del next(envelope.iter(SECURITY)).attrib[f"{{{SOAP}}}mustUnderstand"]


TAKEN: dict[str, Change] = {
    "the token signed too": _token_too,
    "a whole header signed too": _header_too,
    "no Expires": _no_expires,
    "a year until Expires": _an_hour,
    "Id without a namespace": _plain_ids,
    "the transform for enveloped signatures, which changes nothing": _enveloped,
    "InclusiveNamespaces": _inclusive,
    "the timestamp first": _timestamp_first,
    "no mustUnderstand": _not_demanded,
}
REFUSED: dict[str, tuple[Change, str]] = {
    "the signature before its token": (_signature_first, "token-first"),
    "no EncodingType": (_no_encoding, "token-encoding"),
    "no ValueType of the Reference": (_no_type, "reference-type"),
    "a user name beside": (_username, "no-other-token"),
    "an actor": (_actor, "no-actor"),
}


@pytest.mark.parametrize("name", TAKEN)
def test_what_other_stacks_send_is_taken(market: HubUnderTest, name: str) -> None:
    assert post(market, again(market, TAKEN[name])).status_code == 200
    assert len(market.hub.engine.browse.processes()) == 1


@pytest.mark.parametrize("strictness", STANDINGS)
@pytest.mark.parametrize("name", REFUSED)
def test_what_others_would_refuse_is_refused_as_surely(name: str, strictness: Any) -> None:
    """Each demand refuses where demands of its standing are asked for, and says what to set."""
    change, key = REFUSED[name]
    (form,) = [form for form in FORMS if form.key == key]
    with hub(MARKET, strictness=strictness) as market:
        response = post(market, again(market, change))
        if STANDINGS.index(form.standing) <= STANDINGS.index(strictness):
            found = fault(response)
            assert found.code_group is FaultGroup.SECURITY
            assert form.advice in found.fault_text
            assert form.source in found.fault_text
            assert market.hub.engine.browse.processes() == []
        else:
            assert response.status_code == 200


def test_what_is_signed_besides_is_not_read_and_not_doubled(market: HubUnderTest) -> None:
    def twice(envelope: etree._Element) -> None:
        _reference(envelope, "body")

    def security(envelope: etree._Element) -> None:
        next(envelope.iter(SECURITY)).set(ID, "all")
        info = next(envelope.iter(f"{{{DS}}}SignedInfo"))
        info[-1].set("URI", "#all")

    def inside(envelope: etree._Element) -> None:
        envelope[1][0].set(ID, "inside")
        next(reference for reference in envelope.iter(f"{{{DS}}}Reference") if reference.get("URI") == "#body").set(
            "URI", "#inside"
        )

    message = request(market)
    for change in (twice, security, inside):
        found = fault(post(market, again(market, change, message)))
        assert found.code_group is FaultGroup.SECURITY
        assert found.fault_text.startswith("scope"), found.fault_text


# --- HTTP and SOAP


@pytest.mark.parametrize(
    "kind",
    [
        "application/json",
        "application/xml; charset=utf-8",
        "application/octet-stream",
        'multipart/related; type="text/xml"',
    ],
)
def test_what_is_no_soap_by_its_type(market: HubUnderTest, kind: str) -> None:
    response = post(market, signed(market, request(market)), content_type=kind)
    assert response.status_code == 415
    assert "text/xml" in response.text
    assert market.hub.engine.browse.processes() == []


def standard(response: Any) -> tuple[str, str]:
    """A fault of SOAP itself: it has no detail."""
    assert response.status_code == 500
    found = etree.fromstring(response.content).find(f"{{{SOAP}}}Body/{{{SOAP}}}Fault")
    assert found is not None
    assert found.find("detail") is None
    return str(found.findtext("faultcode")), str(found.findtext("faultstring"))


def test_another_version_of_soap(market: HubUnderTest) -> None:
    newer = b"http://www.w3.org/2003/05/soap-envelope"
    data = signed(market, request(market)).replace(SOAP.encode(), newer)
    assert standard(post(market, data))[0] == "soapenv:VersionMismatch"
    assert (
        standard(post(market, data, content_type="application/soap+xml; charset=utf-8"))[0] == "soapenv:VersionMismatch"
    )


def test_a_header_that_must_be_understood(market: HubUnderTest) -> None:
    def header(**attributes: str) -> Change:
        def change(envelope: etree._Element) -> None:
            found = etree.SubElement(envelope[0], f"{{{_WSA}}}To")
            for name, value in attributes.items():
                found.set(f"{{{SOAP}}}{name}", value)

        return change

    message = request(market)
    code, text = standard(post(market, again(market, header(mustUnderstand="1"), message)))
    assert (code, "To" in text) == ("soapenv:MustUnderstand", True)
    nearest = header(mustUnderstand="1", actor="http://schemas.xmlsoap.org/soap/actor/next")
    assert standard(post(market, again(market, nearest, message)))[0] == "soapenv:MustUnderstand"
    assert (
        post(market, again(market, header(mustUnderstand="1", actor="urn:somebody-else"), message)).status_code == 200
    )


def test_codings(market: HubUnderTest) -> None:
    packed = gzip.compress(signed(market, request(market)))
    found = fault(post(market, packed))
    assert (found.code_group, "no Content-Encoding" in found.fault_text) == (FaultGroup.COMPRESSION, True)
    assert post(market, packed, content_encoding="x-gzip").status_code == 200


def test_whoever_does_not_sign_gets_a_fault_without_a_signature(market: HubUnderTest) -> None:
    """A stack without WS-Security must not stumble over a header that it has to understand."""
    message = request(market)
    assert b"SignatureValue" not in post(market, wrap(message).to_bytes()).content
    assert b"SignatureValue" in post(market, signed(market, message, by=identity(market, GRID))).content
    with hub(MARKET, security="optional") as optional:
        broken = wrap(request(optional)).to_bytes().replace(b"GivenName", b"GavenName")
        response = post(optional, broken)
        assert fault(response).code_group is FaultGroup.XSD
        assert b"mustUnderstand" not in response.content


def test_addresses_and_methods(market: HubUnderTest) -> None:
    data = signed(market, request(market))
    response = market.http.post(
        f"{SERVICES}/MarketProcesses/", content=data, headers={"content-type": "text/xml; charset=utf-8"}
    )
    assert response.status_code == 200
    for method in ("GET", "PUT", "DELETE"):
        refused = market.http.request(method, f"{SERVICES}/Query")
        assert (refused.status_code, refused.headers["allow"]) == (405, "GET, POST")
    whole = market.http.get(f"{SERVICES}/Query?wsdl").content
    assert market.http.get(f"{SERVICES}/Query/?WSDL").content == whole
    assert market.http.get(f"{SERVICES}/Query?singleWsdl").content != whole


# --- the WSDL

_WSDL = "{http://schemas.xmlsoap.org/wsdl/}"
_NAMED = ("portType", "binding", "service", "port", "operation", "input", "output", "fault", "message")


def _names(document: bytes) -> set[tuple[str, str | None, str | None, str | None]]:
    root = etree.fromstring(document)
    return {
        (kind, item.get("name"), item.get("type"), item.get("binding") or item.get("message"))
        for kind in _NAMED
        for item in root.iter(f"{_WSDL}{kind}")
    }


@pytest.mark.parametrize("service", [service.name for service in ALL])
def test_the_names_are_those_of_the_official_wsdl(market: HubUnderTest, service: str) -> None:
    official = Path(__file__).parents[2].parent / "shared" / "emif" / "2.4.3" / "wsdl" / f"{service} - WS-Security.wsdl"
    if not official.is_file():
        pytest.skip("the official WSDL files are not here")
    own = market.http.get(f"{SERVICES}/{service}?wsdl").content
    plain = official.read_bytes().replace(b"cmn:", b"common:")
    assert _names(own) == _names(plain)
    for way in ("input", "output"):
        for part in etree.fromstring(own).iter(f"{_WSDL}{way}"):
            if part.getparent().getparent().tag == f"{_WSDL}binding":  # type: ignore[union-attr]
                assert part.find("{*}PolicyReference") is not None


def test_the_suite_is_the_one_that_signs(market: HubUnderTest) -> None:
    assert b"sp:Basic256/>" in market.http.get(f"{SERVICES}/Query?wsdl").content
    market.hub.endpoint.keys.algorithm = Algorithm.RSA_SHA256
    assert b"sp:Basic256Sha256/>" in market.http.get(f"{SERVICES}/Query?wsdl").content


@pytest.mark.parametrize("service", [service.name for service in ALL])
def test_one_document_with_all_schemas(market: HubUnderTest, service: str, tmp_path: Path) -> None:
    """A stack that fetches nothing can read it."""
    import zeep

    document = market.http.get(f"{SERVICES}/{service}?singleWsdl").content
    assert b"schemaLocation" not in document
    (tmp_path / "single.wsdl").write_bytes(document)
    client = zeep.Client(str(tmp_path / "single.wsdl"))
    (found,) = client.wsdl.services.values()
    (port,) = found.ports.values()
    wanted = next(item for item in ALL if item.name == service)
    assert set(port.binding._operations) == {operation.name for operation in wanted.operations}
