"""Writes what a type checker sees of packages whose names are loaded when they are first used: their ``__init__.pyi``.

Each such package lists its public names once, in its ``__init__.py``. Run ``make pages`` after a change; ``make lint``
says which are stale.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

from ediel import _lazy

ROOT = Path(__file__).resolve().parent.parent
NOTE = "# Written by tools/write_stubs.py from the table in __init__.py; do not edit."


def packages() -> Iterator[str]:
    """Packages with a table, by name."""
    for path in sorted((ROOT / "src").rglob("__init__.py")):
        if "lazily(" in path.read_text(encoding="utf-8"):
            yield ".".join(path.parent.relative_to(ROOT / "src").parts)


def stub(package: str) -> str:
    """The text for a package."""
    module = importlib.import_module(package)
    head = [NOTE]
    if hasattr(module, "__version__"):
        head += ["from typing import Final"]
    own, below = [], []
    for name, home in _lazy.PACKAGES[package].items():
        if home is None:
            whole = module.__getattr__(name).__name__
            below.append(f"from {whole.rpartition('.')[0]} import {name} as {name}")
        else:
            own.append(f"from {package}.{home} import {name} as {name}")
    lines = [*head, *sorted(below), *sorted(own)]
    if hasattr(module, "__version__"):
        lines += ["", "__version__: Final[str]"]
    names = "".join(f"    {name!r},\n" for name in sorted(_lazy.PACKAGES[package])).replace("'", '"')
    return "\n".join(lines) + f"\n\n__all__ = [\n{names}]\n"


def main() -> int:
    """Write the stubs, or with ``--check`` say which are stale."""
    check = "--check" in sys.argv[1:]
    stale, written = [], []
    for package in packages():
        path = ROOT / "src" / Path(*package.split(".")) / "__init__.pyi"
        written.append(path)
        text = stub(package)
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(package)
        if not check:
            path.write_text(text, encoding="utf-8")
    extra = [path for path in (ROOT / "src").rglob("__init__.pyi") if path not in written]
    if check and (stale or extra):
        print("stale stubs, run make pages:", ", ".join([*stale, *(str(path) for path in extra)]))
        return 1
    print(f"{len(written)} stubs made from tables, {len(stale)} written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
