"""Whatever comes in, a report comes out."""

from __future__ import annotations

import gzip

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ediel
from ediel.testing import strategies as es


def check(data: bytes) -> None:
    inspection = ediel.xml.check_schema(data)
    errors = [finding for finding in inspection.report.all_findings() if finding.severity == "error"]
    assert inspection.valid == (bool(inspection.messages) and not errors)
    for item in inspection.messages:
        assert (item.message is not None) == item.valid
    if errors:
        with pytest.raises(ediel.InvalidMessage):
            ediel.read_all(data)
    else:
        assert list(ediel.read_all(data)) == [item.message for item in inspection.messages]


@given(es.broken_documents())
@settings(max_examples=300)
def test_broken_documents(data: bytes) -> None:
    check(data)
    check(gzip.compress(data))


@given(st.binary(max_size=2000))
def test_any_bytes(data: bytes) -> None:
    check(data)


@given(st.text(max_size=500))
def test_any_text(text: str) -> None:
    assert not ediel.xml.check_schema(text).valid


@given(es.documents(), st.integers(0, 5000))
def test_truncated(data: bytes, length: int) -> None:
    check(data[:length])
