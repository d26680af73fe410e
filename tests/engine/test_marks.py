"""Marks of a person in messages of every kind and in any writing: found, masked, and still read as messages."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

import ediel
from ediel.engine import Person
from ediel.engine._marks import MASK, Marks
from ediel.messages import MESSAGES, model
from ediel.testing._sample import sample
from ediel.xml import write

ID = "12818525018"
NOBODY = Marks(Person(ID))
_ABOUT = "ConsumerInvolvedCustomerParty"
_PERSONAL = ("{*}GivenName", "{*}FamilyName", "{*}CompleteNumber", "{*}Postcode")


def with_person(data: bytes) -> tuple[bytes, int]:
    """A message whose end users are this person; how many places that are."""
    root = etree.fromstring(data)
    places = [
        item
        for item in root.iter("{*}Identification")
        if (parent := item.getparent()) is not None and etree.QName(parent).localname == _ABOUT
    ]
    for place in places:
        place.text = ID
    return etree.tostring(root), len(places)


@pytest.mark.parametrize("name", MESSAGES)
def test_every_message_is_masked_and_still_read(name: str) -> None:
    """Of several samples: what names the person has nobody in it after that, and reads as the same kind of message."""
    for seed in range(12):
        data, count = with_person(write(sample(model(name), seed=seed)))
        if not count:
            assert not NOBODY.in_bytes(data)
            continue
        found = NOBODY.masked_bytes(data)
        assert found is not None
        assert ID.encode() not in found
        message: Any = ediel.read(found)
        assert message.name() == name
        assert message.header == ediel.read(data).header
        for customer in etree.fromstring(found).iter(f"{{*}}{_ABOUT}"):
            if customer.findtext("{*}Identification") == MASK:
                payload = [*customer.iterancestors()][-2]
                assert {item.text for item in payload.iter(*_PERSONAL)} <= {MASK}


@pytest.mark.parametrize("name", ["RequestToElhub", "RequestToGridAccessProvider", "ResponseFromElhub"])
def test_a_message_of_the_person_that_names_nobody(name: str) -> None:
    data = write(sample(model(name), seed=3))
    assert not NOBODY.in_bytes(data)
    found = NOBODY.masked_bytes(data, whole=frozenset({0}))
    assert found is not None
    assert {item.text for item in etree.fromstring(found).iter("{*}Subject", "{*}Request", "{*}Feedback")} <= {MASK}
    assert ediel.read(found).name() == name


SEPARATORS = st.sampled_from(["", " ", ".", "-", "\u00a0", "\n"])
AROUND = st.text("abæø <>&'\"", max_size=20)


@given(
    st.lists(SEPARATORS, min_size=10, max_size=10),
    AROUND,
    AROUND,
    st.sampled_from(["text", "attribute", "comment", "numbers"]),
)
def test_an_identification_in_any_writing(between: list[str], before: str, after: str, where: str) -> None:
    written = "".join(digit + gap for digit, gap in zip(ID, [*between, ""], strict=True))
    root = etree.Element("what")
    child = etree.SubElement(root, "child")
    if where == "attribute":
        child.set("of", before + written + after)
    elif where == "comment":
        child.append(etree.Comment(f"{written.replace('-', ' ')}"))
    else:
        child.text = before + written + after
    data = etree.tostring(root, encoding="UTF-8")
    if where == "numbers":
        data = re.sub(rb"\d", lambda match: f"&#x{match[0][0]:x};".encode(), etree.tostring(root, encoding="UTF-8"))
        data = data.replace(b"version='&#x31;.&#x30;' encoding='UTF-&#x38;'", b"version='1.0' encoding='UTF-8'")
    assert NOBODY.in_bytes(data)
    found = NOBODY.masked_bytes(data)
    assert found is not None
    assert not NOBODY.in_bytes(found)
    text = "".join(etree.fromstring(found).itertext(with_tail=True))
    assert not re.search(r"\d[ .\-\u00a0\n]?".join(ID[:-1]), text)


@given(st.text("0123456789", min_size=1, max_size=5), st.booleans())
def test_a_longer_number_is_another_one(more: str, front: bool) -> None:
    other = more + ID if front else ID + more
    assert not NOBODY.in_text(other)
    assert NOBODY.masked_text(f"{other} {ID}") == f"{other} {MASK}"


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=10) | st.just(ID),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", min_size=1, max_size=3), inner, max_size=3),
        max_leaves=12,
    )
)  # fmt: skip
def test_json_of_any_shape(value: Any) -> None:
    """Whatever stands in it, also JSON in a text: the person is out of it, and nothing else has changed."""
    import json

    inside = json.dumps({"held": value, "kept": json.dumps({"held": value})}, ensure_ascii=False)
    found = NOBODY.masked_json(inside)
    assert not NOBODY.in_text(found)
    expected = json.dumps({"held": value, "kept": json.dumps({"held": value})}).replace(ID, MASK)
    assert json.loads(json.loads(found)["kept"]) == json.loads(json.loads(expected)["kept"])
    assert json.loads(found)["held"] == json.loads(expected)["held"]
