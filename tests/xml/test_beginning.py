"""What is said of a large poll response before it is parsed is what its tree says."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from ediel.xml import Document
from ediel.xml import document as module
from ediel.xml._beginning import beginning
from tests.series.series_fuzz import mutated
from tests.support.places import ROOT
from tests.support.wire import UNKNOWN_TYPE, bare, poll_response

MESSAGE = (ROOT / "fixtures" / "valid" / "NotifyValidatedDataForBillingEnergy-313.xml").read_bytes()
RESPONSE = poll_response(MESSAGE, channel="PollMeteringValues")


def agree(data: bytes) -> bool:
    """Whether the beginning says something; then it is what the tree says, of what is well-formed."""
    found = beginning(data)
    try:
        etree.fromstring(data)
    except (etree.XMLSyntaxError, ValueError):
        return found is not None
    read = Document.read(data)
    if found is not None and read.root is not None:
        assert found.kind == read.located.kind == read.name
        assert found.result_set == read.result_set
    return found is not None


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (RESPONSE, True),
        (etree.tostring(etree.fromstring(RESPONSE), method="c14n", exclusive=True), True),
        (poll_response(UNKNOWN_TYPE), True),
        (poll_response(), False),
        (bare(RESPONSE), False),
        (MESSAGE, False),
        (RESPONSE.replace(b"p:Identification", b"p:Other"), False),
        (RESPONSE.replace(b"<p:ResultDataSet>", b"<p:Identification>x</p:Identification><p:ResultDataSet>"), False),
        (RESPONSE.replace(b":v2", b":v3", 1), False),
        (b"<a/>", False),
        (b"", False),
    ],
)
def test_what_it_says(data: bytes, told: bool) -> None:
    assert agree(data) == told


@given(st.integers(0, 2**32))
@settings(max_examples=300, deadline=None)
def test_it_says_what_the_tree_says(seed: int) -> None:
    agree(mutated(RESPONSE, Random(seed)))


def test_a_large_response_is_not_searched_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LARGE", 0)
    read = Document.read(RESPONSE)
    assert (read.kind, read.name) == ("PollForDataResponse", "PollForDataResponse")
    assert read.result_set
    assert "located" not in vars(read)
    assert Document.read(poll_response()).kind == "empty poll"
    assert Document.read(b"<no").kind == ""
