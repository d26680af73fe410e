"""The exception tree: one root, helpful texts."""

from __future__ import annotations

import pytest

import ediel
from ediel import errors


def test_one_tree() -> None:
    for name in errors.__all__:
        assert issubclass(getattr(errors, name), ediel.EdielError)
    assert issubclass(ediel.InvalidMessage, ValueError)
    assert issubclass(ediel.UnknownName, LookupError)


@pytest.mark.parametrize(
    ("name", "known", "text"),
    [
        ("DDX", ["DDQ", "DDM"], "no role is called 'DDX'; did you mean DDQ or DDM?"),
        ("zzz", ["DDQ"], "no role is called 'zzz'"),
        ("ddq", ["DDQ"], "no role is called 'ddq'; did you mean DDQ?"),
    ],
)
def test_unknown_name(name: str, known: list[str], text: str) -> None:
    error = ediel.UnknownName("role", name, known)
    assert str(error).startswith(text[:30])
    assert error.name == name
    if "mean" in text:
        assert error.suggestions
