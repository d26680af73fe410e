"""BRS numbers that stand in code, beside the rows of ``ediel.brs``.

What may name its own process does: a row of rules or of a process table, the order that begins it, a source.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ediel import brs

_NUMBERS = "|".join(row.number for row in brs.ROWS if row.number.isdigit())
_LITERAL = re.compile(rf"(BRS-NO-[0-9]{{1,3}}/?|({_NUMBERS})( ({_NUMBERS}))*)")
_ROWS = {"_entry", "Crossing", "Row", "of", "replace"}
"""What makes a row; ``replace`` takes a process out of a list of them."""
_ELSEWHERE = {
    "brs/": "the rows themselves",
    "codes/": "the code lists",
    "xml/_doubts.py": "305 is the scheme of an EIC",
    "messages/_wire.py": "the same",
}


def literals(text: str, place: str) -> Iterator[tuple[int, str]]:
    """Line and literal of each BRS number that a module compares or lists.

    Args:
        text: the module.
        place: its path below the package.
    """
    if any(place.startswith(start) for start in _ELSEWHERE):
        return
    yield from _Finder(place).found(ast.parse(text))


class _Finder:
    def __init__(self, place: str) -> None:
        room, _, rest = place.partition("/")
        self.table = (room in {"rules", "processes"} and not rest.startswith("_")) or rest.startswith("_supply")
        self.table |= place == "rules/register.py"
        self.rules = room == "rules"
        self.order = place.startswith("engine/commands/")

    def found(self, node: ast.AST) -> Iterator[tuple[int, str]]:
        if self._names_itself(node):
            return
        if isinstance(node, ast.Attribute) and re.fullmatch(r"BRS_NO_[0-9]{3}", node.attr):
            yield node.lineno, node.attr
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _LITERAL.fullmatch(node.value):
            yield node.lineno, node.value
        for child in ast.iter_child_nodes(node):
            yield from self.found(child)

    def _names_itself(self, node: ast.AST) -> bool:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            return True  # a docstring
        if isinstance(node, ast.keyword) and node.arg == "source":
            return True
        if isinstance(node, ast.Assign | ast.AnnAssign):
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            name = target.id if isinstance(target, ast.Name) else ""
            if name.endswith("SOURCE") or (self.order and name in {"brs", "kind"}):
                return True
        if not self.table:
            return False
        if self.rules and isinstance(node, ast.FunctionDef) and node.name == "rules":
            return True
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            return name in _ROWS and (self.rules or name == "Row")
        return False
