"""Nothing is lost: XML to model to XML, model to JSON to model, by every way of writing that the schema allows."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

import ediel
from ediel.messages import MESSAGES, model
from ediel.messages._base import Composite
from ediel.testing import Sampler
from ediel.testing import strategies as es
from tests.support.helpers import canonical_bytes, collapse


@pytest.mark.parametrize("name", sorted(MESSAGES))
def test_every_message(name: str) -> None:
    for seed in range(30):
        message = Sampler(Random(seed), wild=True, full=seed % 3 == 0).message(model(name))
        data = ediel.write(message)  # validated on the way out
        again = ediel.read(data)
        assert again == message
        assert ediel.write(again, validate=False) == data
        from_json = ediel.from_json(ediel.to_json(again))
        assert from_json == message
        assert ediel.write(from_json, validate=False) == data


@given(es.messages(wild=True))
@settings(max_examples=150)
def test_any_message(message: ediel.Message) -> None:
    data = ediel.write(message)
    assert ediel.read(data) == message
    assert ediel.from_json(ediel.to_json(message)) == message
    # What the reader takes over unchecked is what the model would have accepted.
    assert type(message).model_validate(message.model_dump()) == message


def _relayout(data: bytes, random: Random) -> bytes:
    """The same document in another dress: prefixes, quotes, white space, comments, CDATA, references."""
    root = etree.fromstring(data)
    spaces = {uri for element in root.iter() for uri in [etree.QName(element).namespace] if uri}
    names: dict[str, str] = {
        uri: random.choice(("a", "b", "rsm", "x")) + str(n) for n, uri in enumerate(sorted(spaces))
    }
    default = random.choice([None, *sorted(spaces)])
    gap = random.choice(("", "\n", "\r\n  ", "\n\t<!-- a comment -->\n", "<?note here?>"))
    quote = random.choice("'\"")

    def tag(element: etree._Element) -> str:
        name = etree.QName(element)
        prefix = "" if name.namespace == default else f"{names[name.namespace or '']}:"
        return f"{prefix}{name.localname}"

    def text(value: str) -> str:
        form = random.randrange(3)
        if form == 0 and value and "]]>" not in value and "\r" not in value:
            return f"<![CDATA[{value}]]>"
        plain = value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#13;")
        if form == 1 and plain[:1].isalnum():
            return f"&#x{ord(plain[0]):x};{plain[1:]}"
        return plain

    def render(element: etree._Element, top: bool) -> str:
        attributes = [f"{key}={quote}{value}{quote}" for key, value in element.attrib.items()]
        random.shuffle(attributes)
        if top:
            attributes += [f"xmlns:{prefix}={quote}{uri}{quote}" for uri, prefix in names.items()]
            if default:
                attributes.append(f"xmlns={quote}{default}{quote}")
        opening = " ".join([tag(element), *attributes])
        if len(element):
            inner = gap + gap.join(render(child, top=False) for child in element) + gap
        else:
            inner = text(element.text or "")
        return f"<{opening}>{inner}</{tag(element)} >"

    return (random.choice(("", "\ufeff", '<?xml version="1.0" encoding="utf-8"?>')) + render(root, top=True)).encode()


@given(es.messages(wild=True), st.randoms(use_true_random=False))
@settings(max_examples=150)
def test_layout_does_not_matter(message: ediel.Message, random: Random) -> None:
    data = ediel.write(message, validate=False)
    dressed = _relayout(data, random)
    assert canonical_bytes(dressed) == canonical_bytes(data), "the test itself changes nothing"
    again = ediel.read(dressed)
    assert again == message
    assert canonical_bytes(ediel.write(again, validate=False)) == canonical_bytes(dressed)


@given(es.documents(), st.randoms(use_true_random=False))
@settings(max_examples=100)
def test_white_space_around_collapsed_values_is_layout(data: bytes, random: Random) -> None:
    """Numbers, dates and words true and false may stand in white space; the value is the same."""
    root = etree.fromstring(data)
    changed = 0
    for element in root.iter():
        if len(element) == 0 and element.text and etree.QName(element).localname in {
            "Creation", "StartOfOccurrence", "EndOfOccurrence", "Total", "Metered", "Share", "RequestPositiveAcknowledgement",
        }:  # fmt: skip
            element.text = f"\n {element.text} "
            changed += 1
    dressed = etree.tostring(root)
    again = ediel.read(dressed)
    assert again == ediel.read(data)
    assert collapse(canonical_bytes(ediel.write(again))) == collapse(canonical_bytes(dressed))


@given(es.messages(wild=True))
@settings(max_examples=100)
def test_types_hold(message: ediel.Message) -> None:
    """Every part is a model of its own, immutable, hashable through JSON, and equal to its copy."""
    copy = message.model_copy(deep=True)
    assert copy == message
    assert ediel.write(copy, validate=False) == ediel.write(message, validate=False)
    for value in message.__dict__.values():
        assert isinstance(value, Composite | tuple | str)
