"""Instances by the thousand, and the verdict of libxml2 under two schema sets.

    python tests/contract/differential.py 100000 [SEED]

Three sources: every place that holds a value with every text at and around its limits; every element of a full message
taken away, doubled, renamed, moved; and random chains of such changes. Valid messages are among them.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from lxml import etree

from ediel.messages import MESSAGES, model
from ediel.messages.fault import ElhubSOAPFault
from ediel.messages.services import FAULT_NAMESPACE, POLL_CHANNELS, SERVICES
from ediel.testing import Sampler, mutate
from ediel.testing._mutate import boundaries, targets
from ediel.xml import SchemaSet, packaged, write

Instance = tuple[str, etree._Element]


@dataclass
class Tally:
    """What was compared."""

    total: int = 0
    valid: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    differences: list[str] = field(default_factory=list)


def message_tree(name: str, random: Random, *, wild: bool = False, full: bool = False, most: int = 2) -> etree._Element:
    sampler = Sampler(random, wild=wild, full=full, most=most)
    return etree.fromstring(write(sampler.message(model(name)), validate=False))


def wrapper_trees(random: Random) -> Iterator[Instance]:
    """One document per wrapper of the services, and a fault; namespace and root."""
    for service in SERVICES:
        space = service.namespace
        for operation in service.operations:
            root = etree.Element(f"{{{space}}}{operation.request}")
            inner = message_tree(operation.message, random)
            if operation.local:
                inner.tag = f"{{{space}}}{operation.message}"
            root.append(inner)
            yield space, root
            for answer in operation.answers:
                root = etree.Element(f"{{{space}}}{operation.name}Response")
                root.append(message_tree(answer, random))
                yield space, root
        if names := POLL_CHANNELS.get(service.name):
            root = etree.Element(f"{{{space}}}PollForDataResponse")
            etree.SubElement(root, f"{{{space}}}Identification").text = Sampler(random).uuid()
            data = etree.SubElement(root, f"{{{space}}}ResultDataSet")
            for name in random.sample(names, 3):
                data.append(message_tree(name, random))
            yield space, root
            nil = etree.Element(f"{{{space}}}PollForDataResponse")
            nil.set("{http://www.w3.org/2001/XMLSchema-instance}nil", "true")
            yield space, nil
    fault = Sampler(random, full=True).message(ElhubSOAPFault)
    root = etree.Element(f"{{{FAULT_NAMESPACE}}}ElhubSOAPFault")
    for name, value in zip(
        ("CodeGroup", "Description", "ExceptionDateTime", "FaultText"),
        (fault.code_group.value, fault.description, str(fault.exception_time), fault.fault_text),
        strict=True,
    ):
        etree.SubElement(root, f"{{{FAULT_NAMESPACE}}}{name}").text = value
    yield FAULT_NAMESPACE, root


def limits(random: Random) -> Iterator[tuple[str, str, etree._Element]]:
    """Each value of each message, with each text at and around its limits."""
    for name in MESSAGES:
        for _ in range(4):  # a choice is drawn anew each time
            root = message_tree(name, random, full=True, most=1)
            space = model(name).namespace()
            for element, wire, attribute in targets(model(name), root):
                texts = boundaries(wire)
                for text in texts if len(texts) < 40 else random.sample(texts, 40):
                    before = element.get(attribute) if attribute else element.text
                    _put(element, attribute, text)
                    yield space, "limit", root
                    _put(element, attribute, before or "")


def _put(element: etree._Element, attribute: str | None, text: str) -> None:
    if attribute:
        element.set(attribute, text)
    else:
        element.text = text


def shapes(random: Random) -> Iterator[tuple[str, str, etree._Element]]:
    """Each element of a full message taken away, doubled, renamed, put into another namespace, emptied."""
    for name in MESSAGES:
        space = model(name).namespace()
        original = message_tree(name, random, full=True, most=1)
        for place in range(1, sum(1 for _ in original.iter())):
            for change in (_without, _twice, _renamed, _other_space, _empty, _extra_attribute, _without_attributes):
                root = deepcopy(original)
                change(list(root.iter())[place])
                yield space, change.__name__.strip("_"), root


def _without(element: etree._Element) -> None:
    parent = element.getparent()
    assert parent is not None
    parent.remove(element)


def _twice(element: etree._Element) -> None:
    element.addnext(deepcopy(element))


def _renamed(element: etree._Element) -> None:
    element.tag = f"{element.tag!s}x"


def _other_space(element: etree._Element) -> None:
    element.tag = f"{{urn:no:elhub:emif:common:BusinessDataType:v2}}{etree.QName(element).localname}"


def _empty(element: etree._Element) -> None:
    for child in list(element):
        element.remove(child)
    element.text = None


def _extra_attribute(element: etree._Element) -> None:
    element.set("listAgencyIdentifier" if not element.attrib else "x", "6")


def _without_attributes(element: etree._Element) -> None:
    element.attrib.clear()


def instances(count: int, seed: int) -> Iterator[tuple[str, str, etree._Element]]:
    """``count`` instances: namespace of the schema, kind, root."""
    random = Random(seed)
    systematic = [limits(random), shapes(random)]
    names = sorted(MESSAGES)
    made = 0
    while made < count:
        draw = random.random()
        if draw < 0.6 and systematic:
            source = random.choice(systematic)
            item = next(source, None)
            if item is None:
                systematic.remove(source)
                continue
            yield item
        elif draw < 0.7:
            name = random.choice(names)
            yield model(name).namespace(), "valid", message_tree(name, random, wild=True)
        else:
            if random.random() < 0.3:
                space, root = random.choice(list(wrapper_trees(random))) if random.random() < 0.2 else _last(random)
            else:
                name = random.choice(names)
                space, root = model(name).namespace(), message_tree(name, random, wild=random.random() < 0.5)
            for _ in range(random.choice((1, 1, 1, 2, 3))):
                root = mutate(root, random).root
            yield space, "random", root
        made += 1


_WRAPPERS: list[Instance] = []


def _last(random: Random) -> Instance:
    """A wrapper made before: making all of them costs more than anything else here."""
    if not _WRAPPERS:
        _WRAPPERS.extend(wrapper_trees(random))
    space, root = random.choice(_WRAPPERS)
    return space, deepcopy(root)


def compare(own: SchemaSet, other: SchemaSet, count: int, seed: int) -> Tally:
    """The verdicts of both sets on ``count`` instances."""
    tally = Tally()
    for space, kind, root in instances(count, seed):
        # Through bytes, so that both see what a parser makes of it.
        data = etree.tostring(root)
        tree = etree.fromstring(data)
        first, second = own.schema(space).validate(tree), other.schema(space).validate(tree)
        tally.total += 1
        tally.valid += first
        tally.kinds[kind] += 1
        if first != second:
            tally.differences.append(f"{kind}: own {first}, other {second}: {data.decode()[:2000]}")
    return tally


def main() -> int:
    """Compare as many as asked for."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # it is run by its path
    from tests.support.places import OFFICIAL

    if not OFFICIAL.is_dir():
        print(f"the official files are not there: {OFFICIAL}")
        return 2
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    started = time.monotonic()
    tally = compare(packaged(), SchemaSet.in_folder(OFFICIAL), count, seed)
    print(
        f"{tally.total} instances, {tally.valid} valid, {tally.total - tally.valid} refused, "
        f"{len(tally.differences)} differences, {time.monotonic() - started:.0f} s, seed {seed}"
    )
    print(", ".join(f"{number} {kind}" for kind, number in tally.kinds.most_common()))
    for difference in tally.differences[:5]:
        print(difference)
    return 1 if tally.differences else 0


if __name__ == "__main__":
    sys.exit(main())
