"""Which migrations there are, and how they are run."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from alembic.config import Config

__all__ = ["VERSIONS", "config", "head", "revisions"]

VERSIONS: Final = "ediel_version"
"""The table with the number of the newest migration that has run."""


_BEFORE: Final = re.compile(r'^down_revision = "(\d+)"$', re.MULTILINE)


def config() -> Config:
    """Where the migrations are."""
    from alembic.config import Config  # noqa: PLC0415 - only when it is needed: it takes a while to load

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    return config


@cache
def revisions() -> tuple[str, ...]:
    """Numbers of the migrations of this release, in the order in which they run: each names the one before it."""
    folder = Path(__file__).with_name("migrations") / "versions"
    after: dict[str | None, str] = {}
    for path in sorted(folder.glob("m*.py")):
        found = _BEFORE.search(path.read_text(encoding="utf-8"))
        after[found and found[1]] = path.stem.partition("_")[0][1:]
    order: list[str] = []
    last: str | None = None
    while last in after:
        last = after[last]
        order.append(last)
    return tuple(order)


def head() -> str:
    """Number of the newest migration."""
    return revisions()[-1]
