"""Rows of the tables as values of the rooms below."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ediel.processes import Stored


def stored_of(row: Mapping[str, Any]) -> Stored:
    """The process that a row of ``instances`` holds."""
    return Stored(
        row["id"], row["machine"], row["party"], row["state"], row["version"], row["revision"], row["facts"],
        abandoned=row["status"] == "abandoned",
    )  # fmt: skip
