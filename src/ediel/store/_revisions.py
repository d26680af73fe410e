"""Which migrations there are, and how they are run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from alembic.config import Config

__all__ = ["VERSIONS", "config", "head", "revisions"]

VERSIONS: Final = "ediel_version"
"""The table with the number of the newest migration that has run."""


def config() -> Config:
    """Where the migrations are."""
    from alembic.config import Config  # noqa: PLC0415 - only when it is needed: it takes a while to load

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    return config


def revisions() -> tuple[str, ...]:
    """Numbers of the migrations of this release, in order."""
    folder = Path(__file__).with_name("migrations") / "versions"
    return tuple(sorted(path.stem.partition("_")[0][1:] for path in folder.glob("m*.py")))


def head() -> str:
    """Number of the newest migration."""
    return revisions()[-1]
