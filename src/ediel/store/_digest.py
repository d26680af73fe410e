"""The digest of a step of the log, which seals it and the step before it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from operator import itemgetter
from typing import Any, Final

from pydantic_core import to_json

_COLUMNS: Final = (
    "instance_id", "version", "at", "trigger", "from_state", "to_state", "message_id", "effects", "source", "standing",
    "actor", "reason",
)  # fmt: skip
_sealed: Final = itemgetter(*_COLUMNS)


def digest_of(before: str | None, row: Mapping[str, Any]) -> str:
    """Digest of a step: SHA-256 over the one before it and everything that the log holds of it."""
    return hashlib.sha256(to_json((before or "", *_sealed(row)))).hexdigest()
