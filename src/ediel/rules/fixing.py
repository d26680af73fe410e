"""Corrections that are certain: the order of elements, the issuers of codes, a day written as midnight in UTC.

Nothing is guessed: check digits, values, names and whatever else a finding is about stay as they are. What is signed is
left alone, since no signature survives a change.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

from lxml import etree

from ediel.calendar import midnight
from ediel.report import Finding
from ediel.rules._inspect import inspect
from ediel.xml.parser import unpack

if TYPE_CHECKING:
    from ediel.xml import Inspection

__all__ = ["Correction", "Fixed", "fix"]

_ROUNDS: Final = 200
_UTC_MIDNIGHT: Final = re.compile(r"(\d{4}-\d\d-\d\d)T00:00:00(?:\.0+)?(?:Z|[+-]00:00)")
_SIGNATURE: Final = "{http://www.w3.org/2000/09/xmldsig#}Signature"
_ISSUERS: Final = ("listAgencyIdentifier", "schemeAgencyIdentifier")


@dataclass(frozen=True, slots=True)
class Correction:
    """One thing that was corrected.

    Attributes:
        rule: key of the finding that it answers.
        path: where.
        line: line in the file as it was.
        text: what was done.
    """

    rule: str
    path: str
    line: int | None
    text: str


@dataclass(frozen=True, slots=True)
class Fixed:
    """A corrected file.

    Attributes:
        data: its bytes.
        corrections: what was done, in order.
        inspection: what is said of it now.
    """

    data: bytes
    corrections: tuple[Correction, ...]
    inspection: Inspection


def fix(data: bytes, judge: Callable[[bytes], Inspection] = inspect) -> Fixed | None:
    """Correct what is certain; ``None`` where nothing is, or where the file is signed or cannot be read.

    Args:
        data: XML, or a gzip file of it.
        judge: inspects a file; ``ediel.inspect`` with the options of the caller.
    """
    found = judge(data)
    if not found.report.readable or not found.messages:
        return None
    # The hardened parser has accepted it: no document type, no entities. This one keeps comments.
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    root = etree.fromstring(unpack(data), parser)
    if next(root.iter(_SIGNATURE), None) is not None:
        return None
    done: list[Correction] = []
    for _ in range(_ROUNDS):
        new = list(_corrected(root, found))
        if not new:
            break
        done += (item for item in new if (item.rule, item.text) not in {(one.rule, one.text) for one in done})
        data = etree.tostring(root.getroottree(), xml_declaration=True, encoding="UTF-8")
        found = judge(data)
    if not done or any(item.rule == "XSD/order" for item in found.report.all_findings()):
        return None
    return Fixed(data, tuple(done), found)


def _corrected(root: etree._Element, found: Inspection) -> Iterator[Correction]:
    """Correct what one reading has found; a message whose elements move is read again before anything else."""
    elements = _messages(root, found)
    for element, message in zip(elements, found.report.messages, strict=False):
        if etree.QName(element).localname != message.name:
            return
        for finding in message.findings:
            if finding.rule == "XSD/order" and (text := _reorder(element, finding)):
                yield Correction(finding.rule, finding.path or "", finding.line, text)
                break
        else:
            for finding in message.findings:
                if text := _reissue(element, finding) or _norwegian(element, finding):
                    yield Correction(finding.rule, finding.path or "", finding.line, text)


def _messages(root: etree._Element, found: Inspection) -> list[etree._Element]:
    """The elements of the messages of a file, in the order in which they were reported."""
    names = {message.name for message in found.report.messages}
    chosen: list[etree._Element] = []
    waiting = [root]
    while waiting:
        item = waiting.pop()
        if isinstance(item.tag, str) and etree.QName(item).localname in names:
            chosen.append(item)
        else:
            waiting.extend(reversed(item))
    return chosen


def _at(message: etree._Element, path: str | None) -> etree._Element | None:
    here = message
    for step in (path or "").strip("/").split("/")[1:]:
        name, _, position = step.partition("[")
        same = [child for child in here if isinstance(child.tag, str) and child.tag.rpartition("}")[2] == name]
        index = int(position.rstrip("]")) - 1 if position else 0
        if index >= len(same):
            return None
        here = same[index]
    return here


def _reorder(message: etree._Element, finding: Finding) -> str | None:
    """Move an element one place up; the schema says when it is where it belongs. White space stays where it is."""
    item = _at(message, finding.path)
    if item is None:
        return None
    name = etree.QName(item).localname
    above = next((one for one in item.itersiblings(preceding=True) if isinstance(one.tag, str)), None)
    parent = item.getparent()
    if above is None or parent is None:
        return None
    item.tail, above.tail = above.tail, item.tail
    parent.remove(item)
    tail, item.tail = item.tail, None
    above.addprevious(item)
    item.tail = tail
    return f"{name} stands where the schema has it"


def _reissue(message: etree._Element, finding: Finding) -> str | None:
    """The issuer that a code belongs to."""
    known = finding.rule.endswith(("agency", "/code-issuer")) or finding.code == "EH025"
    item = _at(message, finding.path) if known and finding.layer == "process" else None
    if item is None or finding.expected is None:
        return None
    name = next((name for name in _ISSUERS if item.get(name) is not None), None)
    if name is None or item.get(name) == finding.expected:
        return None
    before = item.get(name)
    item.set(name, finding.expected)
    return f"{name} is {finding.expected}, not {before}"


def _norwegian(message: etree._Element, finding: Finding) -> str | None:
    """A day that was written as midnight in UTC becomes the Norwegian midnight that begins it."""
    if not finding.rule.endswith(("/time-of-day", "midnight")):
        return None
    item = _at(message, finding.path)
    found = None if item is None else _UTC_MIDNIGHT.fullmatch((item.text or "").strip())
    if item is None or found is None:
        return None
    before = (item.text or "").strip()
    item.text = midnight(date.fromisoformat(found[1])).isoformat()
    return f"{item.text}, not {before}"
