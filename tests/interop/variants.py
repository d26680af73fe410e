"""Envelopes that are well signed, oddly signed, or not to be believed: what we say of each, and what WSS4J says.

Where the two differ, the row says why. ``True`` means accepted.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import xmlsec
from lxml import etree
from xmlsec import constants

from ediel.hub.certificates import Holder, make
from ediel.messages import RequestEndOfSupply
from ediel.testing import sample
from ediel.transport import Algorithm, Identity, sign, wrap
from ediel.transport._signer import Refer
from ediel.transport._wsse import BASE64, DS, EXCLUSIVE, ID, SECURITY, SIGNATURE, TIMESTAMP, TOKEN, WSSE, WSU, X509
from ediel.transport.envelope import SOAP, Envelope

INCLUSIVE: Final = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
_WSA: Final = "http://www.w3.org/2005/08/addressing"
_SOAP12: Final = "http://www.w3.org/2003/05/soap-envelope"
_BODY: Final = f"{{{SOAP}}}Body"
Change = Callable[[etree._Element], None]


@dataclass(frozen=True, slots=True)
class Signers:
    """Who signs: the party that is trusted, its issuer, and somebody that nobody trusts."""

    party: Identity
    issuer: Holder
    stranger: Identity
    late: Identity


def signers(party: Identity, issuer: Holder) -> Signers:
    """The party, and what is made for it to be compared with."""
    now = datetime.now(UTC)
    organisation = "912345688"
    late = make("Late", now, issuer, organisation=organisation, valid=(timedelta(days=-9), timedelta(days=-1)))
    return Signers(party, issuer, make("Stranger", now, organisation=organisation).identity, late.identity)


def _base(who: Identity, *, refer: Refer = "token", algorithm: Algorithm = Algorithm.RSA_SHA1) -> etree._Element:
    envelope = wrap(sample(RequestEndOfSupply, 7))
    return etree.fromstring(sign(envelope, who, datetime.now(UTC), refer=refer, algorithm=algorithm))


def again(root: etree._Element, who: Identity) -> None:
    """Sign what the references of an envelope point at, as it stands now."""
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(who.key, constants.KeyDataFormatDer)
    for element in root.iter("*"):
        for name, space in ((ID, WSU), ("Id", None)):
            if element.get(name):
                context.register_id(element, "Id", space)
    context.sign(next(root.iter(SIGNATURE)))


# --- changes


def _one(root: etree._Element, tag: str) -> etree._Element:
    return next(root.iter(tag))


def _info(root: etree._Element) -> etree._Element:
    return _one(root, f"{{{DS}}}SignedInfo")


def _references(root: etree._Element) -> list[etree._Element]:
    return _info(root).findall(f"{{{DS}}}Reference")


def _refer(root: etree._Element, to: str) -> None:
    info = _info(root)
    new = deepcopy(info[-1])
    new.set("URI", f"#{to}")
    info.append(new)


def _drop(root: etree._Element, tag: str) -> None:
    """The reference to an element goes; the element stays."""
    name = _one(root, tag).get(ID)
    for item in _references(root):
        if item.get("URI") == f"#{name}":
            _info(root).remove(item)


def _signed_header(root: etree._Element) -> None:
    etree.SubElement(root[0], f"{{{_WSA}}}Action", {ID: "action"}).text = "RequestEndOfSupply"
    _refer(root, "action")


def _moment(place: int, text: str) -> Change:
    def change(root: etree._Element) -> None:
        _one(root, TIMESTAMP)[place].text = text

    return change


def _times(created: timedelta, expires: timedelta) -> Change:
    def change(root: etree._Element) -> None:
        now = datetime.now(UTC)
        stamp = _one(root, TIMESTAMP)
        for element, more in zip(stamp, (created, expires), strict=True):
            element.text = (now + more).strftime("%Y-%m-%dT%H:%M:%SZ")

    return change


def _no_expires(root: etree._Element) -> None:
    stamp = _one(root, TIMESTAMP)
    stamp.remove(stamp[1])


def _milliseconds(root: etree._Element) -> None:
    for element in _one(root, TIMESTAMP):
        element.text = str(element.text).replace("Z", ".250Z")


def _plain_ids(root: etree._Element) -> None:
    for element in (*root.iter(_BODY), *root.iter(TIMESTAMP)):
        element.set("Id", str(element.attrib.pop(ID)))


def _transform(name: str, *, first: bool = True) -> Change:
    def change(root: etree._Element) -> None:
        for transforms in root.iter(f"{{{DS}}}Transforms"):
            transforms.insert(0 if first else len(transforms), etree.Element(f"{{{DS}}}Transform", Algorithm=name))

    return change


def _algorithms(tag: str, name: str) -> Change:
    def change(root: etree._Element) -> None:
        for element in root.iter(f"{{{DS}}}{tag}"):
            element.set("Algorithm", name)

    return change


def _inclusive_prefixes(root: etree._Element) -> None:
    for transform in root.iter(f"{{{DS}}}Transform", f"{{{DS}}}CanonicalizationMethod"):
        etree.SubElement(transform, f"{{{EXCLUSIVE}}}InclusiveNamespaces", PrefixList="soapenv wsse")


def _first(tag: str) -> Change:
    def change(root: etree._Element) -> None:
        _one(root, SECURITY).insert(0, _one(root, tag))

    return change


def _without(tag: str, name: str) -> Change:
    def change(root: etree._Element) -> None:
        del _one(root, tag).attrib[name]

    return change


def _set(tag: str, name: str, value: str) -> Change:
    return lambda root: _one(root, tag).set(name, value)


def _more(tag: str) -> Change:
    """One more child in the security header."""

    def change(root: etree._Element) -> None:
        etree.SubElement(_one(root, SECURITY), tag)

    return change


def _username(root: etree._Element) -> None:
    token = etree.SubElement(_one(root, SECURITY), f"{{{WSSE}}}UsernameToken")
    etree.SubElement(token, f"{{{WSSE}}}Username").text = "somebody"


def _no_timestamp(root: etree._Element) -> None:
    _drop(root, TIMESTAMP)
    _one(root, SECURITY).remove(_one(root, TIMESTAMP))


def _twice(tag: str) -> Change:
    def change(root: etree._Element) -> None:
        element = _one(root, tag)
        parent = element.getparent()
        assert parent is not None
        parent.append(deepcopy(element))

    return change


def _second_timestamp(root: etree._Element) -> None:
    _twice(TIMESTAMP)(root)
    _one(root, SECURITY)[-1].set(ID, "another")


def _text(tag: str) -> Change:
    """The first letter of a text is another one."""

    def change(root: etree._Element) -> None:
        element = _one(root, tag)
        text = str(element.text)
        element.text = ("B" if text[0] != "B" else "C") + text[1:]

    return change


def _body_text(root: etree._Element) -> None:
    leaf = next(item for item in _one(root, _BODY).iter("*") if not len(item) and item.text)
    leaf.text = f"{leaf.text}0"


def _other_body(root: etree._Element) -> etree._Element:
    body = deepcopy(_one(root, _BODY))
    leaf = next(item for item in body.iter("*") if not len(item) and item.text)
    leaf.text = "forged"
    return body


def _wrapped_in_header(root: etree._Element) -> None:
    """The signed Body moves into the header; another one, without an identification, takes its place."""
    forged = _other_body(root)
    del forged.attrib[ID]
    genuine = root[1]
    root.replace(genuine, forged)
    etree.SubElement(root[0], "{urn:wrapper}Wrapper").append(genuine)


def _wrapped_same_id(root: etree._Element) -> None:
    """As above, and the other one has the same identification."""
    forged = _other_body(root)
    genuine = root[1]
    root.replace(genuine, forged)
    etree.SubElement(root[0], "{urn:wrapper}Wrapper").append(genuine)


def _wrapped_in_security(root: etree._Element) -> None:
    forged = _other_body(root)
    forged.set(ID, "forged")
    genuine = root[1]
    root.replace(genuine, forged)
    etree.SubElement(_one(root, SECURITY), "{urn:wrapper}Wrapper").append(genuine)


def _wrapped_in_itself(root: etree._Element) -> None:
    """The forged Body holds the genuine one."""
    forged = _other_body(root)
    forged.set(ID, "forged")
    genuine = root[1]
    root.replace(genuine, forged)
    forged.append(genuine)


def _moved_id(root: etree._Element) -> None:
    """The identification of the Body moves to what is in it."""
    body = _one(root, _BODY)
    body[0].set(ID, str(body.attrib.pop(ID)))


def _two_bodies(root: etree._Element) -> None:
    forged = _other_body(root)
    del forged.attrib[ID]
    root.append(forged)


def _body_before_header(root: etree._Element) -> None:
    root.insert(0, root[1])


def _stamp_elsewhere(root: etree._Element) -> None:
    """The signed timestamp moves out of the security header; an unsigned one takes its place."""
    stamp = _one(root, TIMESTAMP)
    fresh = deepcopy(stamp)
    fresh.set(ID, "fresh")
    security = _one(root, SECURITY)
    security.replace(stamp, fresh)
    etree.SubElement(root[0], "{urn:wrapper}Wrapper").append(stamp)


def _no_key_info(root: etree._Element) -> None:
    signature = _one(root, SIGNATURE)
    signature.remove(_one(root, f"{{{DS}}}KeyInfo"))


def _comment(root: etree._Element) -> None:
    _one(root, _BODY)[0].insert(0, etree.Comment("not signed"))


def _spaces(root: etree._Element) -> None:
    root[0].tail = "\n  "
    root.text = "\n"


def _broken_lines(root: etree._Element) -> None:
    for element in root.iter(f"{{{DS}}}SignatureValue", TOKEN):
        text = "".join(str(element.text).split())
        element.text = "\n".join(text[place : place + 60] for place in range(0, len(text), 60))


def _soap12(root: etree._Element) -> None:
    for element in (root, *root):
        element.tag = f"{{{_SOAP12}}}{etree.QName(element).localname}"


def _empty_body(root: etree._Element) -> None:
    body = _one(root, _BODY)
    for child in list(body):
        body.remove(child)


def _key_identifier(root: etree._Element) -> None:
    """The certificate stands in KeyInfo itself."""
    token = _one(root, TOKEN)
    reference = _one(root, f"{{{WSSE}}}SecurityTokenReference")
    for child in list(reference):
        reference.remove(child)
    named = etree.SubElement(reference, f"{{{WSSE}}}KeyIdentifier", EncodingType=BASE64, ValueType=X509)
    named.text = token.text
    _one(root, SECURITY).remove(token)


def _whole_document(root: etree._Element) -> None:
    """One reference, to everything."""
    info = _info(root)
    for item in _references(root)[1:]:
        info.remove(item)
    (reference,) = _references(root)
    reference.set("URI", "")
    _transform(f"{DS}enveloped-signature")(root)


# --- envelopes


@dataclass(frozen=True, slots=True)
class Variant:
    """One envelope.

    Attributes:
        make: makes it.
        ours: whether we accept it.
        wss4j: whether WSS4J does.
        reason: why the two differ.
    """

    make: Callable[[Signers], bytes]
    ours: bool
    wss4j: bool
    reason: str = ""


def _plain(refer: Refer = "token", algorithm: Algorithm = Algorithm.RSA_SHA1) -> Callable[[Signers], bytes]:
    return lambda who: etree.tostring(_base(who.party, refer=refer, algorithm=algorithm))


def _signed(change: Change) -> Callable[[Signers], bytes]:
    """Changed, and then signed."""

    def made(who: Signers) -> bytes:
        root = _base(who.party)
        change(root)
        again(root, who.party)
        return etree.tostring(root)

    return made


def _changed(change: Change) -> Callable[[Signers], bytes]:
    """Signed, and then changed."""

    def made(who: Signers) -> bytes:
        root = _base(who.party)
        change(root)
        return etree.tostring(root)

    return made


def _late(who: Signers) -> bytes:
    return etree.tostring(_base(who.late))


def _stranger(who: Signers) -> bytes:
    return etree.tostring(_base(who.stranger))


def _borrowed_token(who: Signers) -> bytes:
    """The stranger signs, and shows the certificate of the party."""
    root = _base(who.stranger)
    _one(root, TOKEN).text = _one(_base(who.party), TOKEN).text
    again(root, who.stranger)
    return etree.tostring(root)


def _second_signature(who: Signers) -> bytes:
    """Two signatures by the party, both good."""
    root = _base(who.party)
    _one(root, SECURITY).append(deepcopy(_one(root, SIGNATURE)))
    return etree.tostring(root)


def _second_token(who: Signers) -> bytes:
    root = _base(who.party)
    other = deepcopy(_one(_base(who.stranger), TOKEN))
    other.set(ID, "other")
    _one(root, SECURITY).insert(0, other)
    return etree.tostring(root)


def _issuer_signs(who: Signers) -> bytes:
    return etree.tostring(_base(who.issuer.identity))


def _doctype(who: Signers) -> bytes:
    return b'<!DOCTYPE a [<!ENTITY b "c">]>' + etree.tostring(_base(who.party))


def _not_signed(who: Signers) -> bytes:
    return wrap(sample(RequestEndOfSupply, 7)).to_bytes()


def _hmac(who: Signers) -> bytes:
    """A signature by a secret that everybody knows: the certificate."""
    root = _base(who.party)
    _algorithms("SignatureMethod", f"{DS}hmac-sha1")(root)
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_binary_data(constants.KeyDataHmac, str(_one(root, TOKEN).text).encode())
    for element in (_one(root, _BODY), _one(root, TIMESTAMP)):
        context.register_id(element, "Id", WSU)
    context.sign(_one(root, SIGNATURE))
    return etree.tostring(root)


def _empty(who: Signers) -> bytes:
    root = etree.fromstring(b'<s:Envelope xmlns:s="%b"><s:Body/></s:Envelope>' % SOAP.encode())
    return sign(Envelope(root, "", ""), who.party, datetime.now(UTC))


_SECONDS: Final = timedelta(seconds=1)
_SUITE: Final = "the policy's suite is Basic256, and SHA-256 is the one thing besides that is accepted here"
_CLOCKS: Final = "clocks may be five minutes apart here; WSS4J allows one minute into the future and none after the end"
_ONCE: Final = "a part that is signed twice is of no use to anybody honest; WSS4J counts no references"
_FORM: Final = "WSS4J judges the security header; the form of the envelope is left to what calls it, and is judged here"
_ONE: Final = "the policy has one token and one signature; WSS4J takes what nothing needs, once the rest is good"
_USAGE: Final = "WSS4J does not ask what a certificate may be used for; here that of an issuer signs no messages"
VARIANTS: Final[dict[str, Variant]] = {
    "as we sign, rsa-sha1": Variant(_plain(), True, True),
    "as we sign, rsa-sha256": Variant(_plain(algorithm=Algorithm.RSA_SHA256), True, True),
    "named by key identifier": Variant(_plain("ski"), True, True),
    "named by issuer and serial number": Variant(_plain("issuer-serial"), True, True),
    "named by thumbprint": Variant(_plain("thumbprint"), True, True),
    "the certificate in KeyInfo": Variant(_signed(_key_identifier), True, True),
    "an empty Body": Variant(_empty, True, True),
    "the token signed too": Variant(_signed(lambda root: _refer(root, "token")), True, True),
    "a header signed too": Variant(_signed(_signed_header), True, True),
    "no Expires": Variant(_signed(_no_expires), True, True),
    "holds for an hour": Variant(_signed(_times(0 * _SECONDS, 3600 * _SECONDS)), True, True),
    "milliseconds": Variant(_signed(_milliseconds), True, True),
    "Id without a namespace": Variant(_signed(_plain_ids), True, True),
    "the transform for enveloped signatures": Variant(_signed(_transform(f"{DS}enveloped-signature")), True, True),
    "inclusive prefixes": Variant(_signed(_inclusive_prefixes), True, True),
    "the timestamp first": Variant(_signed(_first(TIMESTAMP)), True, True),
    "the signature first": Variant(_signed(_first(SIGNATURE)), True, True),
    "a token without EncodingType": Variant(_signed(_without(TOKEN, "EncodingType")), False, False),
    "a reference without ValueType": Variant(_signed(_without(f"{{{WSSE}}}Reference", "ValueType")), False, False),
    "a user name beside": Variant(_signed(_username), False, False),
    "an actor": Variant(_signed(_set(SECURITY, f"{{{SOAP}}}actor", "urn:other")), False, False),
    "need not be understood": Variant(_signed(_set(SECURITY, f"{{{SOAP}}}mustUnderstand", "0")), True, True),
    "created in half a minute": Variant(_signed(_times(30 * _SECONDS, 90 * _SECONDS)), True, True),
    "created in four minutes": Variant(_signed(_times(240 * _SECONDS, 300 * _SECONDS)), True, False, _CLOCKS),
    "ended a minute ago": Variant(_signed(_times(-120 * _SECONDS, -60 * _SECONDS)), True, False, _CLOCKS),
    "ended an hour ago": Variant(_signed(_times(-3660 * _SECONDS, -3600 * _SECONDS)), False, False),
    "created in an hour": Variant(_signed(_times(3600 * _SECONDS, 3660 * _SECONDS)), False, False),
    "ends before it begins": Variant(_signed(_times(10 * _SECONDS, -10 * _SECONDS)), False, False),
    "a moment that is none": Variant(_signed(_moment(0, "yesterday")), False, False),
    "no timestamp": Variant(_signed(_no_timestamp), False, False),
    "two timestamps": Variant(_signed(_second_timestamp), False, False),
    "a timestamp that is not signed": Variant(_signed(lambda root: _drop(root, TIMESTAMP)), False, False),
    "a Body that is not signed": Variant(_signed(lambda root: _drop(root, _BODY)), False, False),
    "one signature over the whole document": Variant(_signed(_whole_document), False, False),
    "the Body signed twice": Variant(_signed(lambda root: _refer(root, "body")), False, True, _ONCE),
    "the Body changed": Variant(_changed(_body_text), False, False),
    "a digest changed": Variant(_changed(_text(f"{{{DS}}}DigestValue")), False, False),
    "the signature changed": Variant(_changed(_text(f"{{{DS}}}SignatureValue")), False, False),
    "the end changed": Variant(_changed(_times(0 * _SECONDS, 120 * _SECONDS)), False, False),
    "a Body wrapped in the header": Variant(_changed(_wrapped_in_header), False, False),
    "a Body wrapped in the header, same Id": Variant(_changed(_wrapped_same_id), False, False),
    "a Body wrapped in the security header": Variant(_changed(_wrapped_in_security), False, False),
    "a Body wrapped in a forged one": Variant(_changed(_wrapped_in_itself), False, False),
    "the Id moved": Variant(_changed(_moved_id), False, False),
    "the Id moved, and signed": Variant(_signed(_moved_id), False, False),
    "two Bodies": Variant(_changed(_two_bodies), False, True, _FORM),
    "the Body before the Header": Variant(_changed(_body_before_header), False, True, _FORM),
    "the timestamp wrapped, a fresh one beside": Variant(_changed(_stamp_elsewhere), False, False),
    "two security headers": Variant(_changed(_twice(SECURITY)), False, False),
    "two signatures": Variant(_second_signature, False, True, _ONE),
    "two tokens": Variant(_second_token, False, True, _ONE),
    "a stranger": Variant(_stranger, False, False),
    "a stranger with the token of the party": Variant(_borrowed_token, False, False),
    "a certificate that has expired": Variant(_late, False, False),
    "signed by the issuer itself": Variant(_issuer_signs, False, True, _USAGE),
    "no KeyInfo": Variant(_changed(_no_key_info), False, False),
    "no signature": Variant(_not_signed, False, False),
    "hmac with what everybody knows": Variant(_hmac, False, False),
    "SignedInfo by inclusive canonicalisation": Variant(
        _signed(_algorithms("CanonicalizationMethod", INCLUSIVE)), False, False
    ),
    "parts by inclusive canonicalisation": Variant(_signed(_algorithms("Transform", INCLUSIVE)), False, False),
    "digests by SHA-512": Variant(
        _signed(_algorithms("DigestMethod", "http://www.w3.org/2001/04/xmlenc#sha512")), False, True, _SUITE
    ),
    "rsa-sha512": Variant(
        _signed(_algorithms("SignatureMethod", "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512")), False, True, _SUITE
    ),
    "a document type": Variant(_doctype, False, False),
    "a comment in the Body": Variant(_changed(_comment), True, True),
    "white space between": Variant(_changed(_spaces), True, True),
    "base 64 in lines": Variant(_changed(_broken_lines), True, True),
    "SOAP 1.2": Variant(_changed(_soap12), False, False),
}  # fmt: skip
