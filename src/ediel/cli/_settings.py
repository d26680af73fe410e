"""Options of ``ediel validate`` from a file.

``[validate]`` of ``ediel.toml``, or ``[tool.ediel.validate]`` of ``pyproject.toml``: of this folder, or of the
nearest one above it that has either. What is given on the line wins.
"""

from __future__ import annotations

import tomllib
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

import click

from ediel._toml import toml_of

OPTIONS: Final = (
    "baseline", "fail-on", "format", "ignore", "jobs", "lang", "level", "output", "profile", "quiet", "register",
    "release", "schemas", "select", "strict",
)  # fmt: skip
"""What may stand in the file, by the names of the options. When to judge and whether people are shown may not."""
_PATHS: Final = frozenset({"baseline", "output", "profile", "register", "schemas"})
_NAMES: Final = {"baseline": "known", "fail-on": "fail_on", "format": "form"}


def defaults(start: Path | None = None) -> dict[str, Any]:
    """The options of the nearest file, by the names of the parameters; paths count from the file.

    Raises:
        click.UsageError: the file cannot be read, or names an option that there is not.
    """
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        for name, keys in (("ediel.toml", ("validate",)), ("pyproject.toml", ("tool", "ediel", "validate"))):
            path = folder / name
            if path.is_file() and (table := _table(path, keys)) is not None:
                return {_NAMES.get(key, key): _value(key, value, path) for key, value in table.items()}
    return {}


def _table(path: Path, keys: tuple[str, ...]) -> dict[str, Any] | None:
    try:
        found: Any = toml_of(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise click.UsageError(f"{path} cannot be read: {error}") from None
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else None


def _value(key: str, value: object, path: Path) -> object:
    if key not in OPTIONS:
        close = get_close_matches(key, OPTIONS, n=1)
        hint = f"; did you mean {close[0]}?" if close else f"; expected one of {', '.join(OPTIONS)}"
        raise click.UsageError(f"{path}: [validate] has no option {key}{hint}")
    return str(path.parent / value) if key in _PATHS and isinstance(value, str) else value
