"""Canonical XML straight from bytes against libxml2, and the quick way of signatures against xmlsec.

Documents and envelopes are made at random, usual and odd ones, and damaged in many ways. What the accelerator makes of a
document must be what libxml2 makes of it, octet for octet; it may refuse whatever it likes. An envelope must be
accepted or refused as xmlsec does, and what is read in it must be the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from random import Random
from unittest.mock import patch

import xmlsec
from lxml import etree

from ediel.transport import Algorithm, Envelope, SecurityRefused, Trust, Verified, _opened, sign, verify
from ediel.transport._accelerator import CANONICAL
from ediel.transport._opened import _BEGINNING, Tree
from ediel.transport._signer import Refer
from ediel.transport._wsse import DS, EXCLUSIVE, ID, SIGNATURE, TIMESTAMP
from ediel.transport.envelope import SOAP
from ediel.xml.parser import Unreadable, parse
from tests.support.attacks import changed
from tests.support.by_xmlsec import sign_by_xmlsec, sign_tree, verify_by_xmlsec
from tests.support.pki import NOW, between, root, supplier
from tests.support.tally import Tally
from tests.support.xml_texts import PREFIXES, Texts

_TAG = re.compile(rb"<(?=[A-Za-z_])")


def documents(count: int, seed: int, tally: Tally | None = None) -> Tally:
    """Compare so many documents."""
    tally = tally or Tally()
    assert CANONICAL is not None
    random = Random(seed)
    for _ in range(count):
        texts = Texts(random, random.choice((0, 0, 0, 0.02, 0.1)))
        data = texts.document()
        if random.random() < 0.3:
            data = texts.damaged(data)
        tally.total += 1
        compare_document(data, random, tally)
    return tally


def compare_document(data: bytes, random: Random, tally: Tally) -> None:
    """One document: an element of it, for some prefixes."""
    assert CANONICAL is not None
    beginning = _BEGINNING.match(data)
    tags = [found.start() for found in _TAG.finditer(data)]
    if beginning is None or not tags:
        tally.kinds["other beginning"] += 1
        return
    number = random.randrange(len(tags))
    prefixes = tuple(random.sample(PREFIXES[1:], random.choice((0, 0, 0, 1, 2))))
    try:
        found = CANONICAL.canonical(data, beginning.end(), tags[number], tuple(item.encode() for item in prefixes))
    except ValueError:
        tally.kinds["not sure"] += 1
        return
    tally.kinds["sure"] += 1
    before, content, after, children, siblings, depends, place, names, nodes = found
    try:
        tree = Tree(parse(data))
    except Unreadable as error:
        tally.differ(f"libxml2 does not read it: {error}", data)
        return
    element = list(tree.root.iter())[number]
    wanted = tree.canonical(element, prefixes)
    if not tree.plain():
        tally.differ("a namespace is not absolute", data)
    elif wanted != (before + content + after,):
        tally.differ(f"the canonical form of element {number} for {prefixes}", data)
    elif (children, siblings) != (len(element), len(tree.root)):
        tally.differ("the number of children", data)
    elif sorted(names) != sorted(tree.identifications()) or sorted(names) != sorted(_names(tree.root)):
        tally.differ("the identifications", data)
    elif children and place != tags[number + 1]:
        tally.differ("where the first child is", data)
    elif children and not depends and tree.canonical(element[0]) != (content,):
        tally.differ("the form of the child", data)
    elif not _nodes(tree.root) <= nodes <= len(tags) + data.count(b"="):
        tally.differ("the number of nodes", data)
    elif siblings > 1 and not _head_is_right(data, beginning.end(), tags, tree.root):
        tally.differ("the head", data)


def _nodes(root: etree._Element) -> int:
    """Elements, attributes, and declarations of namespaces that declare something new."""
    found = 0
    for element in root.iter():
        parent = element.getparent()
        around = {} if parent is None else parent.nsmap
        declared = [prefix for prefix, uri in element.nsmap.items() if around.get(prefix) != uri]
        found += 1 + len(element.attrib) + len(declared)
    return found


def _head_is_right(data: bytes, start: int, tags: list[int], root: etree._Element) -> bool:
    """Whether the tag of the second child of the root is found."""
    assert CANONICAL is not None
    begin, end, empty, name, child = CANONICAL.head(data, start)
    number = list(root.iter()).index(root[1])
    fine = begin == tags[number] and data[end - 1 : end] == b">" and (data[end - 2 : end - 1] == b"/") == empty
    return fine and data[tags[0] + 1 :].startswith(name) and data[begin + 1 :].startswith(child)


def _names(tree: etree._Element) -> list[str]:
    """Every attribute that could count as an identification, found the slow way."""
    return [
        str(value)
        for element in tree.iter("*")
        for name, value in element.attrib.items()
        if etree.QName(name).localname.lower() == "id"
    ]


@dataclass
class Signed:
    """An envelope, and who must be trusted to accept it."""

    data: bytes
    trust: Trust


def envelope_of(texts: Texts) -> Envelope:
    """An envelope around something."""
    random = texts.random
    while True:
        content = texts.element(random.randint(0, 3), {}) if random.random() < 0.95 else ""
        if random.random() < 0.03:
            content += "<b/>"
        text = f'<e:Envelope xmlns:e="{SOAP}"><e:Body>{texts.text()}{content}{texts.text()}</e:Body></e:Envelope>'
        try:
            return Envelope(parse(text.encode("utf-8", "surrogatepass")), "", "")
        except Unreadable:
            continue


def signed_envelope(random: Random, tally: Tally) -> Signed:
    """A signed envelope: by the package, or in another form by xmlsec."""
    texts = Texts(random, random.choice((0, 0, 0.03)))
    envelope = envelope_of(texts)
    identity = supplier().identity
    algorithm = random.choice(list(Algorithm))
    refer: Refer = random.choice(("token", "token", "ski", "issuer-serial", "thumbprint"))
    trust = Trust((root().certificate,), (between().certificate,), certificates=(supplier().certificate,))
    try:
        data = sign(envelope, identity, NOW, algorithm=algorithm, refer=refer)
    except ValueError:
        tally.kinds["cannot be signed"] += 1
        return signed_envelope(random, tally)
    stamp = re.findall(rb'wsu:Id="(time-[^"]*)"', data)[0].decode()
    other = sign_by_xmlsec(envelope, identity, NOW, stamp, algorithm=algorithm, refer=refer)
    if data != other:
        # lxml may write a tree whose parts were moved with other prefixes than the tree has that xmlsec signs: its
        # signature does not fit what is written then, and ours must
        fits = [judged(verify_by_xmlsec, text, trust)[1] != "signature" for text in (data, other)]
        tally.kinds["xmlsec signs what is not written"] += 1
        if fits != [True, False]:
            tally.differ("what is signed differs from what xmlsec signs", other)
    if random.random() < 0.6:
        data = _signed_otherwise(data, random)
    return Signed(data, trust)


def _signed_otherwise(data: bytes, random: Random) -> bytes:
    """The same envelope in the form of another stack: other prefixes, transforms, and parts that are signed."""
    if random.random() < 0.5:
        data = data.replace(b"soapenv:", b"S:").replace(b"xmlns:soapenv", b"xmlns:S")
    envelope = parse(data)
    security, body = envelope[0][0], envelope[1]
    signature, timestamp = security.find(SIGNATURE), security.find(TIMESTAMP)
    assert signature is not None
    assert timestamp is not None
    info = signature[0]
    parts = [timestamp, body]
    if random.random() < 0.3:
        header = etree.SubElement(envelope[0], "{urn:h}Header", {ID: "header"}, nsmap={"h": "urn:h"})
        header.text = "x"
        parts.append(header)
        more = deepcopy(info[-1])
        more.set("URI", "#header")
        info.append(more)
    for method in info.iter(f"{{{DS}}}Transform", f"{{{DS}}}CanonicalizationMethod"):
        if random.random() < 0.4:
            names = random.choice(
                ("S", "wsu", "soapenv wsse", "p q", "S p  wsu", "#default", "", "wsse\twsu", "xml", "none")
            )
            etree.SubElement(method, f"{{{EXCLUSIVE}}}InclusiveNamespaces", PrefixList=names, nsmap={"ec": EXCLUSIVE})
    if random.random() < 0.1:
        transforms = random.choice(list(info.iter(f"{{{DS}}}Transforms")))
        etree.SubElement(transforms, f"{{{DS}}}Transform", Algorithm=f"{DS}enveloped-signature")
        transforms.insert(0, transforms[-1])
    if random.random() < 0.1:
        random.choice(list(info.iter(f"{{{DS}}}DigestMethod"))).set("Algorithm", f"{DS}sha1")
    if random.random() < 0.1:
        body.set("Id", body.attrib.pop(ID))
    if random.random() < 0.1:
        signature.set("Id", "SIG-1")
    for reference in info.iter(f"{{{DS}}}Reference"):
        if random.random() < 0.05:
            reference.set(random.choice(("Id", "Type")), "x1")
    with suppress(xmlsec.Error):  # it does not sign every form; the signature does not fit then
        sign_tree(signature, supplier().identity, tuple(parts))
    return etree.tostring(envelope, xml_declaration=random.random() < 0.5, encoding="UTF-8")


def judged(how: Callable[[bytes, Trust, datetime], Verified], data: bytes, trust: Trust) -> tuple[str, object]:
    """What becomes of an envelope, and what is read in it."""
    try:
        found = how(data, trust, NOW)
    except SecurityRefused as refusal:
        return "refused", refusal.reason
    except Unreadable:
        return "refused", "unreadable"
    except Exception as error:  # whatever else is raised is a mistake of the package
        return "raised", repr(error)
    root = None if found.document is None else found.document.root
    return "accepted", (found.data, None if root is None else _meaning(root), found.created, found.algorithm)


def _meaning(element: etree._Element) -> tuple[object, ...]:
    """What an element says, whatever its prefixes are."""
    inside = [(_meaning(child), child.tail) for child in element]
    return element.tag, sorted(element.attrib.items()), element.text, inside


def by_tree(data: bytes, trust: Trust, now: datetime) -> Verified:
    """As without the accelerator."""
    with patch.object(_opened, "CANONICAL", None):
        return verify(data, trust, now)


def envelopes(count: int, seed: int, tally: Tally | None = None, *, each: int = 20) -> Tally:
    """Compare so many envelopes."""
    tally = tally or Tally()
    random = Random(seed)
    while tally.total < count:
        signed = signed_envelope(random, tally)
        for _ in range(min(each, count - tally.total)):
            data = changed(signed.data, random)
            tally.total += 1
            compare_envelope(data, signed.trust, tally)
    return tally


def compare_envelope(data: bytes, trust: Trust, tally: Tally) -> None:
    """One envelope, three ways."""
    wanted = judged(verify_by_xmlsec, data, trust)
    tally.kinds[wanted[0]] += 1
    for name, how in (("quick", verify), ("quick, without the accelerator", by_tree)):
        found = judged(how, data, trust)
        if "raised" in (found[0], wanted[0]):
            tally.differ(f"{name}: {found}, by xmlsec: {wanted}", data)
        elif found[0] != wanted[0]:
            tally.differ(f"{name}: {found[0]}, by xmlsec: {wanted}", data)
        elif found[0] == "accepted" and found != wanted:
            tally.differ(f"{name}: accepted, and something else is read", data)
        elif found != wanted:
            tally.kinds["refused for another reason"] += 1
