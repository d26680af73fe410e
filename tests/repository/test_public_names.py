"""Public names are listed once, load when they are used, and are complete; the exception tree is as it is drawn."""

from __future__ import annotations

import importlib
import pkgutil
import re
import subprocess
import sys

import pytest

import ediel
from ediel import errors
from ediel._lazy import PACKAGES
from tests.support.places import ROOT

_LINE = re.compile(r"^(?P<depth>[│├└─ ]*)(?P<name>\w+)(?: \((?P<kind>\w+)\))?(?: +(?P<what>\S.*))?$")


def modules() -> list[str]:
    """Every module of the package; those that begin to run when they are loaded are left out."""
    found = [item.name for item in pkgutil.walk_packages(ediel.__path__, "ediel.")]
    return [name for name in found if not name.endswith(("__main__", "migrations.env", "_matcher", "._canonical"))]


def subclasses(top: type[Exception]) -> set[type[Exception]]:
    return {top}.union(*(subclasses(item) for item in top.__subclasses__()))


def drawn() -> dict[str, tuple[str | None, str | None]]:
    """Name, parent and builtin base of each exception in the drawing."""
    (text,) = (part for part in (errors.__doc__ or "").split("\n\n") if "EdielError\n" in part)
    found: dict[str, tuple[str | None, str | None]] = {}
    above: list[str] = []
    for line in text.splitlines():
        match = _LINE.match(line.removeprefix("    "))
        assert match is not None, line
        depth = len(match["depth"]) // 4
        del above[depth:]
        found[match["name"]] = (above[-1] if above else None, match["kind"])
        assert match["what"] or not above, f"{match['name']} is not explained"
        above.append(match["name"])
    return found


def test_the_tree_is_as_it_is_drawn() -> None:
    for name in modules():
        importlib.import_module(name)
    real = {}
    for item in subclasses(ediel.EdielError):
        if not item.__module__.startswith("ediel"):
            continue  # made by a test
        own = [base for base in item.__bases__ if issubclass(base, ediel.EdielError)]
        other = [base for base in item.__bases__ if not issubclass(base, ediel.EdielError) and base is not Exception]
        assert len(own) <= 1, item
        assert len(other) <= 1, item
        real[item.__name__] = (own[0].__name__ if own else None, other[0].__name__ if other else None)
    assert real == drawn()


def test_every_error_is_on_the_package() -> None:
    for name in drawn():
        found = getattr(ediel, name)
        assert name in ediel.__all__
        room = importlib.import_module(found.__module__.rpartition(".")[0])
        assert getattr(room, name) is found, f"{name} is not a name of {room.__name__}"


@pytest.mark.parametrize("package", sorted(PACKAGES))
def test_every_name_can_be_loaded(package: str) -> None:
    module = importlib.import_module(package)
    assert module.__all__ == sorted(set(module.__all__))
    for name in module.__all__:
        assert getattr(module, name) is not None
        assert name in dir(module)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = module.nothing


def test_names_are_written_once() -> None:
    """What a type checker sees is made from the table."""
    result = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "write_stubs.py"), "--check"],
        capture_output=True, text=True, check=False, cwd=ROOT,
    )  # fmt: skip
    assert result.returncode == 0, result.stdout + result.stderr


def test_loading_the_package_loads_little() -> None:
    """Neither a database nor a network, nor the models; errors of them are there all the same."""
    program = """
import sys, ediel
heavy = {"sqlalchemy", "pydantic", "lxml", "httpx2", "numpy", "pyarrow", "cryptography", "structlog", "click"}
assert not heavy & set(sys.modules), sorted(heavy & set(sys.modules))
assert issubclass(ediel.InvalidTable, ediel.EdielError)
assert not heavy & set(sys.modules), sorted(heavy & set(sys.modules))
"""
    subprocess.run([sys.executable, "-c", program], check=True)


def test_errors_of_the_wire_need_no_extra() -> None:
    """Whoever embeds the engine may catch them where nothing of the wire is installed."""
    program = """
import sys
for name in ("httpx2", "xmlsec", "cryptography", "numpy", "pyarrow", "starlette", "uvicorn"):
    sys.modules[name] = None
import ediel
for name in ("TransportError", "HubFault", "InvalidConfig", "InvalidCase", "StoreError", "Conflict"):
    assert issubclass(getattr(ediel, name), ediel.EdielError)
"""
    subprocess.run([sys.executable, "-c", program], check=True)
