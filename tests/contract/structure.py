"""Describes a schema as plain facts per element path, so that two schema sets can be compared.

Written on xmlschema's component model; it knows nothing of how either set was made.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import xmlschema
from xmlschema.validators import XsdElement, XsdGroup

Facts = dict[str, Any]


def load(path: Path) -> xmlschema.XMLSchema10:
    return xmlschema.XMLSchema10(str(path))


def describe(schema: xmlschema.XMLSchema10) -> dict[str, Facts]:
    """Facts of every global element of the schema's own namespace, per element path."""
    facts: dict[str, Facts] = {}
    for element in schema.elements.values():
        if element.target_namespace == schema.target_namespace:
            _element(element, f"/{element.name}", facts, None)
    return facts


def _element(element: XsdElement, path: str, facts: dict[str, Facts], position: Any) -> None:
    kind = element.type
    row: Facts = {
        "position": position,
        "occurs": (element.min_occurs, element.max_occurs),
        "nillable": element.nillable,
        "fixed": element.fixed,
        "default": element.default,
        "abstract": element.abstract,
        "unique": sorted(_constraint(item) for item in element.identities),
        "attributes": {
            str(name): {
                "use": attribute.use,
                "fixed": attribute.fixed,
                "default": attribute.default,
                "type": _simple(attribute.type),
            }
            for name, attribute in getattr(kind, "attributes", {}).items()
            if name is not None
        },
        "mixed": getattr(kind, "mixed", False),
    }
    if kind.is_simple():
        row["value"] = _simple(kind)
    elif kind.has_simple_content():
        row["value"] = _simple(kind.content)  # type: ignore[union-attr]
    facts[path] = row
    if not kind.is_simple() and not kind.has_simple_content():
        for place, particle, child in _children(kind.content):  # type: ignore[union-attr,arg-type]
            _element(child, f"{path}/{child.name}", facts, (place, particle))


def _children(group: XsdGroup, trail: tuple[Any, ...] = ()) -> Iterator[tuple[Any, Any, XsdElement]]:
    """Each element of a content model, with its place and the groups that it stands in."""
    here = (*trail, (group.model, group.min_occurs, group.max_occurs))
    for place, item in enumerate(group):
        if isinstance(item, XsdGroup):
            yield from ((((place, *_flat(inner)), groups, child)) for inner, groups, child in _children(item, here))
        else:
            assert isinstance(item, XsdElement), item
            yield (place,), here, item


def _flat(place: Any) -> tuple[Any, ...]:
    return place if isinstance(place, tuple) else (place,)


def _constraint(identity: Any) -> tuple[Any, ...]:
    """A unique constraint without its prefixes: kind, selector, fields in expanded names."""
    return (
        type(identity).__name__,
        identity.local_name,
        _expand(identity.selector.path, identity),
        tuple(_expand(field.path, identity) for field in identity.fields),
    )


def _expand(path: str, identity: Any) -> str:
    steps = []
    for step in path.split("/"):
        prefix, colon, local = step.partition(":")
        steps.append(f"{{{identity.schema.namespaces[prefix]}}}{local}" if colon else step)
    return "/".join(steps)


def _simple(kind: Any) -> Facts:
    """Base type and facets of a simple type, gathered along its derivation."""
    facets: dict[str, Any] = {}
    patterns: list[list[str]] = []
    base = kind
    while not _built_in(base):
        for name, facet in base.facets.items():
            if name is None:
                continue
            local = name.rpartition("}")[2]
            if local == "pattern":
                patterns.append(sorted(facet.regexps))
            elif local == "enumeration":
                facets.setdefault(local, sorted(map(str, facet.enumeration)))
            elif local != "whiteSpace" or base.base_type is not None:
                facets.setdefault(local, str(facet.value))
        base = base.base_type
    return {
        "base": base.name,
        "white_space": kind.white_space,
        "facets": facets,
        "patterns": sorted(map(tuple, patterns)),
    }


def _built_in(kind: Any) -> bool:
    return bool(kind.name) and kind.name.startswith("{http://www.w3.org/2001/XMLSchema}")
