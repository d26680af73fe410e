"""The digest of a step of the log, which seals it and the step before it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

_COLUMNS: Final = (
    "instance_id", "version", "at", "trigger", "from_state", "to_state", "message_id", "effects", "source", "standing",
    "actor", "reason",
)  # fmt: skip


def digest_of(before: str | None, row: Mapping[str, Any]) -> str:
    """Digest of a step: SHA-256 over the one before it and everything that the log holds of it."""
    text = json.dumps([before or "", *(row[name] for name in _COLUMNS)], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
