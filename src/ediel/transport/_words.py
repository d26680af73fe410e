"""Text from outside, made safe to show."""

from __future__ import annotations

import unicodedata
from typing import Final

_SHOWN: Final = 500


def plain(text: str | None) -> str:
    """Text from outside, made safe for a log or a terminal: one line, without control characters."""
    kept = "".join(
        " " if unicodedata.category(char) in {"Cc", "Cf", "Zl", "Zp", "Cs", "Co"} else char for char in text or ""
    )
    words = " ".join(kept.split())
    return words if len(words) <= _SHOWN else f"{words[:_SHOWN]}..."
