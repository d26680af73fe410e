"""The optional accelerator: an extension in C that is not there when the package was built without a compiler."""

from __future__ import annotations

from types import ModuleType
from typing import Final


def _load() -> ModuleType | None:
    try:
        from ediel.series import _matcher  # noqa: PLC0415 - it may be missing
    except ImportError:
        return None
    return _matcher


MATCHER: Final = _load()
"""``ediel.series._matcher``, or nothing."""
