"""Where an element is, in words."""

from __future__ import annotations

from collections import Counter

from lxml import etree

__all__ = ["Lines", "Paths", "local"]


def local(name: str | None) -> str:
    """A name without its namespace."""
    return (name or "").rpartition("}")[2]


class Lines:
    """Lines of the elements of one message, by path.

    Children are sorted by name once per parent, so that a thousand findings cost little more than one.
    """

    def __init__(self, message: etree._Element) -> None:
        self._message = message
        self._children: dict[etree._Element, dict[str, list[etree._Element]]] = {}

    def of(self, path: str) -> int | None:
        """The line of the element that a path leads to, or of the nearest one above it that is there."""
        here = self._message
        for step in path.strip("/").split("/")[1:]:
            name, _, position = step.partition("[")
            same = self._named(here).get(name, [])
            index = int(position.rstrip("]")) - 1 if position else 0
            if index >= len(same):
                break
            here = same[index]
        return here.sourceline

    def _named(self, parent: etree._Element) -> dict[str, list[etree._Element]]:
        known = self._children.get(parent)
        if known is None:
            known = self._children[parent] = {}
            for child in parent:
                known.setdefault(local(str(child.tag)), []).append(child)
        return known


class Paths:
    """Paths of the elements of one document.

    Positions among siblings are counted once per parent, so that a thousand findings below one parent cost no more than
    one. The document must not change meanwhile.
    """

    def __init__(self) -> None:
        self._steps: dict[etree._Element, dict[etree._Element, str]] = {}

    def of(self, element: etree._Element, top: etree._Element | None = None) -> str:
        """Element names with positions, from ``top`` (or the root) down.

        >>> Paths().of(etree.fromstring("<a><b/><b/></a>")[1])
        '/a/b[2]'
        """
        steps = []
        here: etree._Element | None = element
        while here is not None:
            parent = here.getparent()
            if here is top or parent is None:
                steps.append(local(str(here.tag)))
                break
            steps.append(self._step(here, parent))
            here = parent
        return "/" + "/".join(reversed(steps))

    def _step(self, element: etree._Element, parent: etree._Element) -> str:
        known = self._steps.get(parent)
        if known is None:
            children = list(parent)
            total = Counter(str(child.tag) for child in children)
            seen: Counter[str] = Counter()
            known = {}
            for child in children:
                tag = str(child.tag)
                seen[tag] += 1
                known[child] = local(tag) if total[tag] == 1 else f"{local(tag)}[{seen[tag]}]"
            # The keys keep lxml's proxies alive, so that an element is the same object the next time.
            self._steps[parent] = known
        return known[element]
