"""Signed envelopes after an attack or an accident: parts moved, doubled or renamed, digests and bytes changed."""

from __future__ import annotations

import re
from collections.abc import Callable
from copy import deepcopy
from random import Random

from lxml import etree

from ediel.transport._wsse import DS, EXCLUSIVE, ID, WSSE
from ediel.xml.parser import Unreadable, parse
from tests.support.xml_texts import Texts


def _evil(envelope: etree._Element) -> etree._Element:
    body = deepcopy(envelope[-1])
    for child in list(body):
        body.remove(child)
    etree.SubElement(body, "{urn:evil}Evil")
    return body


def _aside(envelope: etree._Element, random: Random) -> None:
    genuine = envelope[-1]
    other = _evil(envelope)
    if random.random() < 0.5:
        other.set(ID, "another")
    envelope.replace(genuine, other)
    parent = random.choice([item for item in envelope.iter() if isinstance(item.tag, str)])
    etree.SubElement(parent, "{urn:wrapper}Wrapper").append(genuine)


def _second(envelope: etree._Element, random: Random) -> None:
    other = _evil(envelope)
    if random.random() < 0.5:
        other.set(ID, "another")
    envelope.insert(random.choice((0, 1, 2)), other)


def _move(envelope: etree._Element, random: Random) -> None:
    elements = [item for item in envelope.iter("*") if item.getparent() is not None]
    one, other = random.choice(elements), random.choice(elements)
    if other not in one.iter("*"):
        other.insert(random.randint(0, len(other)), one)


def _copy(envelope: etree._Element, random: Random) -> None:
    elements = list(envelope.iter("*"))
    random.choice(elements).append(deepcopy(random.choice(elements[1:])))


def _rename_id(envelope: etree._Element, random: Random) -> None:
    holders = [item for item in envelope.iter("*") if item.get(ID) or item.get("Id")]
    names = [str(item.get(ID) or item.get("Id")) for item in holders]
    name = random.choice((*names, "new"))
    random.choice(list(envelope.iter("*"))).set(random.choice((ID, "Id", "ID", "id", "{urn:x}Id")), name)


def _swap_ids(envelope: etree._Element, random: Random) -> None:
    holders = [item for item in envelope.iter("*") if item.get(ID)]
    if len(holders) > 1:
        one, other = random.sample(holders, 2)
        first, second = one.get(ID, ""), other.get(ID, "")
        one.set(ID, second)
        other.set(ID, first)


def _change_text(envelope: etree._Element, random: Random) -> None:
    element = random.choice(list(envelope.iter("*")))
    element.text = (element.text or "") + random.choice((" ", "\n", "x", "é", "\r"))


def _change_uri(envelope: etree._Element, random: Random) -> None:
    references = list(envelope.iter(f"{{{DS}}}Reference", f"{{{WSSE}}}Reference"))
    if references:
        names = [f"#{item.get(ID)}" for item in envelope.iter("*") if item.get(ID)]
        random.choice(references).set("URI", random.choice((*names, "", "#xpointer(/)", "#none", "http://x/#body")))


def _drop(envelope: etree._Element, random: Random) -> None:
    element = random.choice([item for item in envelope.iter("*") if item.getparent() is not None])
    parent = element.getparent()
    assert parent is not None
    parent.remove(element)


def _change_attribute(envelope: etree._Element, random: Random) -> None:
    holders = [item for item in envelope.iter("*") if item.attrib]
    element = random.choice(holders)
    name = random.choice(list(element.attrib))
    element.set(
        name,
        random.choice(("", "x", f"{DS}sha1", f"{DS}rsa-sha1", EXCLUSIVE, "http://www.w3.org/2001/04/xmlenc#sha256")),
    )


TREES: tuple[Callable[[etree._Element, Random], None], ...] = (
    _aside, _second, _move, _copy, _rename_id, _swap_ids, _change_text, _change_uri, _drop, _change_attribute,
)  # fmt: skip


def _digest(data: bytes, random: Random) -> bytes:
    values = list(re.finditer(rb"(?<=DigestValue>)[^<]+|(?<=SignatureValue>)[^<]+", data))
    found = random.choice(values)
    text = bytearray(found[0])
    how = random.randrange(4)
    if how == 0:
        text[random.randrange(len(text))] = random.choice(b"ABCabc019+/= \n")
    elif how == 1:
        text[random.randrange(len(text)) :][:0] = b"\n"
        text.insert(random.randrange(len(text)), random.choice(b" \n\t\r"))
    elif how == 2:
        text = bytearray(re.findall(rb"DigestValue>([^<]+)", data)[-1])
    else:
        text += random.choice((b"=", b"AAAA", b" ", b"<!-- -->", b"\xc2\xa0"))
    return data[: found.start()] + bytes(text) + data[found.end() :]


def _text_in(data: bytes, random: Random) -> bytes:
    """Something written between, or in another way that means the same, or nearly so."""
    how = random.choice(
        (
            (rb">", b"> "), (rb">", b"><!-- c -->"), (rb">", b"><?p i?>"), (rb">", b">\r\n"), (rb">", b">&#13;"),
            (rb"\n", b"\r\n"), (rb"(?<=>)(\w)", rb"<![CDATA[\1]]>"), (rb"(?<=>)a", b"&#97;"), (rb'"', b"'"),
            (rb" (?=xmlns)", b"\n"), (rb"/>", b" />"), (rb"(</[\w:]+)>", rb"\1 >"), (rb" xmlns:wsu=", b" xmlns:z='urn:z' xmlns:wsu="),
            (rb"(?<=<)(?=[a-z])", b"z:"), (rb" xmlns:wsu=", b" xmlns='relative' xmlns:wsu="), (rb"\?>", b"?><!DOCTYPE a>"),
            (rb"^", b"\xef\xbb\xbf"), (rb"(<[\w:]+)(?=[ >/])", rb"\1 xml:lang='no'"), (rb"(<[\w:]+)(?=[ >/])", rb"\1 z='1'"),
            (rb"(<[\w:]+)(?=[ >/])", rb"\1 xmlns:y='relative'"), (rb"(<[\w:]+)(?=[ >/])", rb"\1 xmlns:y='urn:y'"),
            (rb"(<[\w:]+)(?=[ >/])", rb"\1 xmlns=''"), (rb'="([^"<]*)"', rb'= "\1"'), (rb'="([^"<]*)"', rb"='\1'"),
            (rb'(<[\w:]+)( [\w:]+="[^"]*")( [\w:]+="[^"]*")', rb"\1\3\2"),
        )
    )  # fmt: skip
    places = list(re.finditer(how[0], data))
    if not places:
        return data
    found = random.choice(places)
    return data[: found.start()] + found.expand(how[1]) + data[found.end() :]


def changed(signed: bytes, random: Random) -> bytes:
    """An envelope after an attack or an accident, or as it was."""
    data = signed
    for _ in range(random.choice((0, 1, 1, 1, 1, 2))):
        how = random.random()
        if how < 0.4:
            try:
                envelope = parse(data)
                random.choice(TREES)(envelope, random)
                data = etree.tostring(envelope)
            except (Unreadable, ValueError, IndexError, TypeError):
                pass
        elif how < 0.75:
            data = _text_in(data, random)
        elif how < 0.9 and b"DigestValue>" in data:
            data = _digest(data, random)
        else:
            data = Texts(random, 0.1).damaged(data)
    return data
