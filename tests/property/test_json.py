"""Whatever JSON comes in: a message, or one of the documented errors."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ediel
from ediel.testing import strategies as es

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text(max_size=10) | st.sampled_from(
        ["1,5", "+1", "2026-12-01T00:00:00Z", "E17", "392", "", "\x00", "260"]
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)  # fmt: skip


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        found.extend(_places(inner, (*path, key)))
    return found


@given(es.messages(wild=True), _JSON, st.randoms(use_true_random=False))
@settings(max_examples=300)
def test_changed_json(message: ediel.Message, other: Any, random: Random) -> None:
    value = json.loads(ediel.to_json(message))
    path = random.choice(_places(value))
    holder = value
    for key in path[:-1]:
        holder = holder[key]
    if random.random() < 0.3:
        del holder[path[-1]]
    else:
        holder[path[-1]] = other
    try:
        found = ediel.from_json(json.dumps(value))
    except (ediel.InvalidJson, ediel.UnknownName):
        return
    try:
        data = ediel.write(found)
    except ediel.InvalidMessage as error:
        rules = {finding.rule for finding in error.report.all_findings()}
    else:
        assert ediel.read(data) == found
        return
    # The one thing that a message cannot know of its parts: identifications that must differ.
    assert rules <= {"XSD/unique"}


@given(_JSON)
def test_any_json(value: Any) -> None:
    with pytest.raises((ediel.InvalidJson, ediel.UnknownName)):
        ediel.from_json(json.dumps(value))


def test_no_key_twice() -> None:
    with pytest.raises(ediel.InvalidJson, match="'message' stands twice"):
        ediel.from_json('{"message": "PollForData", "message": "CollectedData"}')
