"""Edits of messages that are right: each makes one mistake that people make."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Final

from lxml import etree

from tests.support.places import FIXTURES

Edit = Callable[[etree._Element], None]
COMMON: Final = "urn:no:elhub:emif:common:AggregatedBusinessInformationEntities:v2"


def at(root: etree._Element, path: str) -> etree._Element:
    """The element that a path of names leads to; a step may have a position, from 1."""
    here = root
    for step in path.split("/"):
        name, _, position = step.partition("[")
        same = [child for child in here if etree.QName(child).localname == name]
        index = int(position.rstrip("]")) - 1 if position else 0
        assert index < len(same), f"{path}: there is no {step}"
        here = same[index]
    return here


def text(path: str, value: str) -> Edit:
    """Another text."""

    def edit(root: etree._Element) -> None:
        item = at(root, path)
        assert item.text != value, path
        item.text = value

    return edit


def attribute(path: str, name: str, value: str | None) -> Edit:
    """Another attribute, or none."""

    def edit(root: etree._Element) -> None:
        item = at(root, path)
        assert item.get(name) != value, path
        if value is None:
            del item.attrib[name]
        else:
            item.set(name, value)

    return edit


def without(*paths: str) -> Edit:
    """Elements left out."""

    def edit(root: etree._Element) -> None:
        for item in [at(root, path) for path in paths]:
            parent = item.getparent()
            assert parent is not None
            parent.remove(item)

    return edit


def after(path: str, name: str, value: str = "", **attributes: str) -> Edit:
    """A new element behind another; a name may have steps, each inside the one before."""

    def edit(root: etree._Element) -> None:
        item = at(root, path)
        names = name.split("/")
        new = last = etree.Element(etree.QName(COMMON, names[0]))
        for step in names[1:]:
            last = etree.SubElement(last, etree.QName(COMMON, step))
        last.text = value or None
        for key, agency in attributes.items():
            last.set(key, agency)
        item.addnext(new)

    return edit


def first(path: str, name: str, value: str) -> Edit:
    """A new element as the first child of another."""

    def edit(root: etree._Element) -> None:
        new = etree.Element(etree.QName(COMMON, name))
        new.text = value
        at(root, path).insert(0, new)

    return edit


def twice(path: str) -> Edit:
    """The same element again, behind the first."""

    def edit(root: etree._Element) -> None:
        item = at(root, path)
        item.addnext(copy.deepcopy(item))

    return edit


def before(path: str, other: str) -> Edit:
    """An element moved before another one."""

    def edit(root: etree._Element) -> None:
        at(root, other).addprevious(at(root, path))

    return edit


def renamed(path: str, name: str) -> Edit:
    """Another name for an element."""

    def edit(root: etree._Element) -> None:
        item = at(root, path)
        item.tag = etree.QName(etree.QName(item).namespace, name).text

    return edit


def period(path: str, start: str, end: str) -> Edit:
    """Both ends of a period."""
    return all_of(text(f"{path}/Start", start), text(f"{path}/End", end))


def all_of(*edits: Edit) -> Edit:
    """Several edits that are one mistake."""

    def edit(root: etree._Element) -> None:
        for item in edits:
            item(root)

    return edit


def document(code: str, agency: str) -> Edit:
    """Another document type with its issuer."""
    path = "Header/DocumentType"

    def edit(root: etree._Element) -> None:
        item = at(root, path)
        item.text = code
        item.set("listAgencyIdentifier", agency)

    return edit


ROLE: Final = "ProcessEnergyContext/EnergyBusinessProcessRole"
PROCESS: Final = "ProcessEnergyContext/EnergyBusinessProcess"


def role(code: str, agency: str = "6") -> Edit:
    """Another role with its issuer."""

    def edit(root: etree._Element) -> None:
        item = at(root, ROLE)
        assert item.text != code
        item.text = code
        item.set("listAgencyIdentifier", agency)

    return edit


def process(number: str) -> Edit:
    """Another process."""
    return text(PROCESS, f"BRS-NO-{number}")


def acknowledged(value: str = "true") -> Edit:
    """A positive answer is asked for."""
    return after("Header/Creation", "RequestPositiveAcknowledgement", value)


def mistaken(fixture: str, edit: Edit) -> bytes:
    """A message that was right, with a mistake."""
    root = etree.parse(str(FIXTURES / "valid" / f"{fixture}.xml")).getroot()
    edit(root)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")
