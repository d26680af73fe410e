"""The shape of the code: functions that can be called without counting, and no room of production that needs tests."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.support.places import ROOT

SOURCES = ROOT / "src" / "ediel"
MOST = 8
"""Arguments of a function, without ``self`` and ``cls``; more are a value of their own, such as ``EngineSettings``."""
COMMANDS = "cli/"
"""Functions of commands get each option of the command line as an argument: click calls them, nobody else does."""
REASONS = {
    "hub/certificates.py make": "what a certificate may say, each a keyword with a default; tests name the one they mean",
    "hub/_endpoint.py Endpoint.__init__": "what an endpoint asks the hub, each a callable; one place makes it",
    "messages/_observations.py Observations.__init__": "a column each; the reader makes it, users iterate over it",
    "rules/_inspect.py inspect": "the options of `ediel validate` under the same names, each a keyword with a default",
}
"""Functions that may take more, each with its reason."""


def functions(tree: ast.AST, prefix: str = "") -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{prefix}{node.name}", node
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield from functions(node, f"{prefix}{node.name}.")


def long_ones() -> dict[str, int]:
    found = {}
    for path in sorted(SOURCES.rglob("*.py")):
        place = path.relative_to(SOURCES).as_posix()
        for name, node in functions(ast.parse(path.read_text(encoding="utf-8"))):
            given = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            count = sum(argument.arg not in {"self", "cls"} for argument in given)
            command = place.startswith(COMMANDS) and bool(node.decorator_list)
            if count > MOST and not command:
                found[f"{place} {name}"] = count
    return found


def test_no_function_takes_more_than_one_can_count() -> None:
    assert set(long_ones()) <= set(REASONS), "a value for the settings, or a reason here"


def test_every_exception_is_needed() -> None:
    assert set(REASONS) <= set(long_ones())
