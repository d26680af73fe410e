"""Where an element is, in words."""

from __future__ import annotations

from lxml import etree

__all__ = ["local", "path_of"]


def local(name: str | None) -> str:
    """A name without its namespace."""
    return (name or "").rpartition("}")[2]


def path_of(element: etree._Element, top: etree._Element | None = None) -> str:
    """Element names with positions, from ``top`` (or the root) down.

    >>> path_of(etree.fromstring("<a><b/><b/></a>")[1])
    '/a/b[2]'
    """
    steps = []
    here: etree._Element | None = element
    while here is not None:
        steps.append(_step(here) if here is not top else local(str(here.tag)))
        if here is top:
            break
        here = here.getparent()
    return "/" + "/".join(reversed(steps))


def _step(element: etree._Element) -> str:
    name = local(str(element.tag))
    parent = element.getparent()
    if parent is None:
        return name
    tag = str(element.tag)
    before = len(list(element.itersiblings(tag, preceding=True)))
    alone = not before and next(element.itersiblings(tag), None) is None
    return name if alone else f"{name}[{before + 1}]"
