"""What two implementations were compared on, and where they differ."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Tally:
    """What was compared."""

    total: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    differences: list[tuple[str, bytes]] = field(default_factory=list)

    def differ(self, why: str, data: bytes) -> None:
        self.differences.append((why, data))
