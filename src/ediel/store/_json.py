"""Facts as text, and back. Whatever JSON does not know has no place in facts; the tests of the tables see to that."""

from __future__ import annotations

from typing import Any

from pydantic_core import from_json, to_json


def encode(value: object) -> str:
    """JSON text."""
    return to_json(value).decode()


def decode(text: str) -> Any:
    """What a JSON text says."""
    return from_json(text)
