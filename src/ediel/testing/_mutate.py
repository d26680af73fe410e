"""Changes documents, so that most of them are no longer valid: to test readers, and to compare schema sets."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from random import Random
from typing import Final

from lxml import etree

from ediel.messages._base import Composite, fields_of
from ediel.messages._numbers import DecimalType, IntType
from ediel.messages._wire_types import CodeType, MomentType, Wire

__all__ = ["Mutation", "boundaries", "mutate", "mutate_bytes", "targets"]


@dataclass(frozen=True, slots=True)
class Mutation:
    """A changed document, and what was done to it."""

    root: etree._Element
    what: str


_TEXTS: Final = (
    "", " ", "x", "X" * 400, "0", "1", "-1", "+1", "01", "1.", ".5", "1.5", "1,5", "1e3", "1_000", "NaN", "INF", "-0",
    "0.0001", "123456789012345678", "true", "TRUE", "1 ", " 1", "2026-12-01", "2026-12-01T00:00:00",
    "2026-12-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-12-01T24:00:00Z", "2026-12-01T00:00:60Z",
    "0999-12-01T00:00:00Z", "12026-12-01T00:00:00Z", "2026-12-01T00:00:00.1234567890Z", "2026-12-01T00:00:00.Z",
    "2026-12-01T00:00:00+14:01", "E17", "e17", "E99", "DDQ", "260", "6", "89", "9", "æøå", "٣", "\u00a05",
)  # fmt: skip
_NAMES: Final = ("Identification", "Header", "Payload", "Share", "moveInToSLR", "ConsentID", "Observation", "Unknown")
_SPACES: Final = (
    None,
    "urn:no:elhub:emif:common:AggregatedBusinessInformationEntities:v1",
    "urn:no:elhub:emif:common:BusinessDataType:v2",
    "urn:no:elhub:emif:market:RequestStartOfSupply:v2",
    "urn:no:elhub:emif:wsdl:meteringvalues:v2",
)


def targets(model: type[Composite], element: etree._Element) -> Iterator[tuple[etree._Element, Wire, str | None]]:
    """Every place in a document that holds a value: the element, its type, and the attribute if it is one."""
    by_name = {}
    for spec in fields_of(model):
        if spec.kind == "element":
            by_name[spec.path[0]] = spec
        elif spec.kind == "attribute" and spec.wire is not None and spec.path[0] in element.attrib:
            yield element, spec.wire, spec.path[0]
        elif spec.kind == "content" and spec.wire is not None:
            yield element, spec.wire, None
    for child in element:
        found = by_name.get(etree.QName(child).localname)
        if found is None:
            continue
        inner = found.model or found.row
        if inner is not None:
            for item in child if len(found.path) == 2 else [child]:
                yield from targets(inner, item)
        elif found.wire is not None:
            yield (child[0] if len(found.path) == 2 else child), found.wire, None


def boundaries(wire: Wire) -> list[str]:
    """Texts at each limit of a type and one past it, valid and not, and the usual mistakes."""
    texts: list[str] = []
    if isinstance(wire, CodeType):
        texts = [code.value for code in wire.code_list]
        texts += [texts[0].lower() + "x", f" {texts[0]}", f"{texts[0]}\n", "ZZZ", ""]
    elif isinstance(wire, IntType):
        top = wire.most
        texts = [str(n) for n in (0, -1, top, top + 1, top - 1)]
        texts += ["", "+5", "05", " 5 ", "5.0", "5e0", "x", "2147483648", "9223372036854775808"]
    elif isinstance(wire, DecimalType):
        texts = _decimal_boundaries(wire)
    elif isinstance(wire, MomentType):
        base = "2026-12-01T12:30:59"
        texts = [f"{base}.{'1' * n}Z" for n in (1, wire.decimals, wire.decimals + 1)]
        texts += [f"{base}Z", f"{base}+01:00", base, f"{base}z", f"{base}+1:00", f"{base}+15:00", f"{base}.Z", ""]
        texts += ["0999-12-01T12:30:59Z", "1000-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "10000-01-01T00:00:00Z"]
        texts += ["2026-13-01T00:00:00Z", "2026-02-29T00:00:00Z", "2028-02-29T00:00:00Z", "2026-12-01 12:30:59Z"]
        texts += [
            "2026-12-01T24:00:00Z",
            "2026-12-01T24:00:01Z",
            "2026-12-01T12:60:00Z",
            f"\n {base}Z ",
            "-2026-12-01T00:00:00Z",
        ]
    elif wire.base == "boolean":
        texts = ["true", "false", "1", "0", "", " true ", "TRUE", "yes"]
    else:
        facets = dict(wire.facets)
        if "maxLength" in facets:
            most = int(facets["maxLength"])
            texts = ["x", "x" * most, "x" * (most + 1), "", " ", "å" * most, "\U0001f50c" * most, " x ", "\t\n"]
        elif "length" in facets:
            good = "0123abcd-0000-0000-0000-0123456789ab"
            texts = [good, good.upper(), good[:-1], good + "0", good.replace("-", ""), f" {good}", "g" + good[1:], ""]
        else:
            texts = ["7" * 18, "7" * 17, "7" * 19, "7" * 17 + "x", " " + "7" * 18, "", "٣" * 18]
    return texts


def _decimal_boundaries(wire: DecimalType) -> list[str]:
    one_more = "0." + "0" * wire.decimals + "1"
    texts = ["0", "-0", "+0", "0." + "1" * wire.decimals, one_more, "0." + "10" * wire.decimals, "1" + "0" * 30]
    texts += [
        "0.1000000000000",
        "00000000000000000001",
        "1.",
        ".5",
        ".",
        "",
        "-1",
        "+1",
        "1,5",
        "1e3",
        "1_0",
        "INF",
        "x",
    ]
    for limit in (wire.least, wire.least_exclusive, wire.most, wire.most_exclusive):
        if limit is not None:
            step = "0" * (wire.decimals - 1) + "1"
            texts += [limit, f"{limit}.{step}", str(int(limit) - 1) + "." + "9" * wire.decimals, str(int(limit) + 1)]
            texts.append(f"-{str(int(limit) - 1).lstrip('-')}.{'9' * wire.decimals}")
    if wire.digits is not None:
        texts += ["9" * wire.digits, "9" * (wire.digits + 1), "9" * (wire.digits - wire.decimals)]
    return texts


def mutate(root: etree._Element, random: Random) -> Mutation:
    """A copy of a document with one change of its structure or of a value."""
    copy = deepcopy(root)
    elements = list(copy.iter())
    element = random.choice(elements)
    kind = random.choice(_KINDS)
    return Mutation(copy, kind(copy, element, random))


def _name(element: etree._Element) -> str:
    return etree.QName(element).localname


def _remove(root: etree._Element, element: etree._Element, random: Random) -> str:
    parent = element.getparent()
    if parent is None:
        return _text(root, element, random)
    parent.remove(element)
    return f"removed {_name(element)}"


def _repeat(root: etree._Element, element: etree._Element, random: Random) -> str:
    if element.getparent() is None:
        return _text(root, element, random)
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        element.addnext(deepcopy(element))
    return f"repeated {_name(element)}"


def _swap(root: etree._Element, element: etree._Element, random: Random) -> str:
    following = element.getnext()
    if following is None:
        return _remove(root, element, random)
    following.addnext(element)
    return f"swapped {_name(element)} with {_name(following)}"


def _move(root: etree._Element, element: etree._Element, random: Random) -> str:
    others = [item for item in root.iter() if item is not element and element not in item.iterancestors()]
    if element.getparent() is None or not others:
        return _text(root, element, random)
    target = random.choice(others)
    target.append(element)
    return f"moved {_name(element)} into {_name(target)}"


def _rename(root: etree._Element, element: etree._Element, random: Random) -> str:
    qname = etree.QName(element)
    name = qname.localname
    new = random.choice((name[:-1] or "x", name.lower(), name + "s", random.choice(_NAMES), name[1:] + name[0]))
    if not new[0].isalpha():
        new = "x" + new
    old = _name(element)
    element.tag = f"{{{qname.namespace}}}{new}" if qname.namespace else new
    return f"renamed {old} to {new}"


def _namespace(root: etree._Element, element: etree._Element, random: Random) -> str:
    space = random.choice(_SPACES)
    name = etree.QName(element).localname
    element.tag = f"{{{space}}}{name}" if space else name
    return f"{name} in {space}"


def _insert(root: etree._Element, element: etree._Element, random: Random) -> str:
    space = etree.QName(element).namespace
    name = random.choice(_NAMES)
    new = etree.Element(f"{{{space}}}{name}" if space and random.random() < 0.8 else name)
    if random.random() < 0.5:
        new.text = random.choice(_TEXTS)
    element.insert(random.randint(0, len(element)), new)
    return f"inserted {name} into {_name(element)}"


def _text(root: etree._Element, element: etree._Element, random: Random) -> str:
    text = random.choice(_TEXTS)
    if len(element) and random.random() < 0.5:
        element[0].tail = text
    else:
        element.text = text
    return f"text of {_name(element)} = {text!r}"


def _attribute(root: etree._Element, element: etree._Element, random: Random) -> str:
    holders = [item for item in root.iter() if item.attrib]
    if holders and random.random() < 0.8:
        element = random.choice(holders)
        name = random.choice(list(element.attrib))
        action = random.randrange(3)
        if action == 0:
            del element.attrib[name]
            return f"removed @{name}"
        if action == 1:
            element.set(name, random.choice(_TEXTS))
            return f"@{name} changed"
        value = element.attrib.pop(name)
        element.set(random.choice(("listAgencyIdentifier", "schemeAgencyIdentifier", "Sequence", "x")), value)
        return f"@{name} renamed"
    names = ("listAgencyIdentifier", "Sequence", "ImbalanceSettlement", "x", "{urn:x}y")
    element.set(random.choice(names), random.choice(_TEXTS))
    return "attribute added"


def _xsi(root: etree._Element, element: etree._Element, random: Random) -> str:
    name = random.choice(("nil", "schemaLocation", "noNamespaceSchemaLocation"))
    element.set(f"{{http://www.w3.org/2001/XMLSchema-instance}}{name}", random.choice(("true", "false", "a b", "1")))
    return f"xsi:{name}"


_KINDS: Final = (
    _remove,
    _repeat,
    _swap,
    _move,
    _rename,
    _namespace,
    _insert,
    _text,
    _text,
    _attribute,
    _attribute,
    _xsi,
)

_BYTES: Final = (
    b"<", b">", b"&", b"&amp;", b"&#0;", b"&#xD800;", b"&x;", b"]]>", b"<![CDATA[x]]>", b"<!-- x -->", b"<?x y?>",
    b"\x00", b"\xff", b"\xc3", b"\xed\xa0\x80", b"\r", b"\r\n", b"\t", b" ", b"'", b'"', b"=", b"/", b"</", b"/>",
    b"xmlns=''", b"<!DOCTYPE x>", b"<!DOCTYPE x [<!ENTITY a 'b'>]>", b"<?xml version='1.0'?>", b"\xef\xbb\xbf",
    b"<x>" * 300, b"<x a='" + b"y" * 300 + b"'/>", b"xsi:nil='true'", b"xsi:type='x'", b"0" * 200, b"\x1f\x8b\x08",
    b"\xe2\x80\xa8",
)  # fmt: skip


def mutate_bytes(data: bytes, random: Random) -> bytes:
    """A copy of some bytes with one to four changes: cut, repeated, overwritten, flipped, inserted."""
    for _ in range(random.randint(1, 4)):
        size = len(data)
        start = random.randint(0, size)
        end = min(size, start + random.choice((0, 1, 2, 8, 64, 512)))
        kind = random.randrange(7)
        if kind == 0:
            data = data[:start] + data[end:]
        elif kind == 1:
            data = data[:end] + data[start:end] * random.choice((1, 2, 5)) + data[end:]
        elif kind == 2:
            data = data[:start] + random.choice(_BYTES) + data[end:]
        elif kind == 3:
            data = data[:start] + random.choice(_BYTES) + data[start:]
        elif kind == 4 and size:
            place = min(start, size - 1)
            data = data[:place] + bytes([data[place] ^ (1 << random.randrange(8))]) + data[place + 1 :]
        elif kind == 5:
            data = data[:start]
        else:
            other = random.randint(0, size)
            data = data[:start] + data[other : other + 64] + data[start:]
    return data
