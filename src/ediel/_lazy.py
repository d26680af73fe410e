"""Public names of a package, listed once, and loaded when they are first used.

A package hands its table to :func:`lazily`; what a type checker sees of it (``__init__.pyi``) is written from the same
table by ``tools/write_stubs.py``.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

PACKAGES: Final[dict[str, dict[str, str | None]]] = {}
"""Public names of each package that was loaded: the module of each, ``None`` where the name is a module itself."""


def lazily(
    package: str, space: dict[str, object], table: Mapping[str, Sequence[str]], *, modules: Sequence[str] = ()
) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """``__getattr__``, ``__dir__`` and ``__all__`` of a package.

    Args:
        package: its name.
        space: its ``globals()``; what was loaded is kept there.
        table: its public names, by the module below the package that they are in.
        modules: modules below it that are public themselves, such as ``engine.events``.
    """
    homes: dict[str, str | None] = {name: module for module, names in table.items() for name in names}
    own = {module.rpartition(".")[2]: module for module in modules}
    homes |= dict.fromkeys(own)
    PACKAGES[package] = homes

    def load(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        home = homes[name]
        if home is None:
            value: object = importlib.import_module(f"{package}.{own[name]}")
        else:
            value = getattr(importlib.import_module(f"{package}.{home}"), name)
        space[name] = value
        return value

    return load, lambda: sorted({*space, *homes}), sorted(homes)
