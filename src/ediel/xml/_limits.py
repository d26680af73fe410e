"""How large an input may be, and the finding that says why one was not read."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Final

from ediel.report import Finding

__all__ = ["ANY_SIZE", "LIMITS", "Limits", "Unreadable", "no_memory", "refuse", "too_large"]


@dataclass(frozen=True, slots=True)
class Limits:
    """How large an input may be.

    Attributes:
        size: bytes of XML; 100 MB (of 1,000,000) is the hub's own limit for CollectedData (SoapUI 2.3).
        packed: bytes of a gzip file before unpacking.
        members: members of a gzip file, which may be several files one after the other.
        nodes: elements and attributes together, counted as tags and equals signs before a tree is built. The largest
            messages that the hub takes, 100 MB of values without a blank, have 5.3 million.
        depth: elements inside each other.
        text: characters in one text.
        attributes: attributes of one element.
        findings: findings after which an input is not looked at further.
    """

    size: int = 100_000_000
    packed: int = 100_000_000
    members: int = 10_000
    nodes: int = 5_500_000
    depth: int = 64
    text: int = 100_000
    attributes: int = 64
    findings: int = 1000


LIMITS: Final = Limits()
ANY_SIZE: Final = Limits(size=sys.maxsize - 1, packed=sys.maxsize, nodes=sys.maxsize)
"""For what was found to be within other limits before."""


class Unreadable(Exception):
    """The input cannot be made a tree; carries the finding."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.text)
        self.finding = finding


def refuse(
    rule: str,
    text: str,
    *,
    found: str | None = None,
    expected: str | None = None,
    line: int | None = None,
    code: str | None = None,
    source: str | None = None,
) -> Unreadable:
    standing = "published" if source is not None and code in {"XSD", "Size", "Other"} else "inferred"
    return Unreadable(
        Finding(
            rule,
            text,
            found=found,
            expected=expected,
            line=line,
            code=code,
            standing=standing,  # type: ignore[arg-type]
            source=source,
        )
    )


def no_memory() -> Unreadable:
    return refuse(
        "READ/memory",
        "There is no memory left to read the input with; give the process more, or read fewer inputs at a time.",
        code="System",
    )


def too_large(limits: Limits, found: str) -> Unreadable:
    return refuse(
        "READ/size",
        f"The input is larger than the limit of {limits.size} bytes; split the message.",
        found=found,
        expected=f"at most {limits.size} bytes",
        code="Size",
        source="SoapUI 2.3",
    )
