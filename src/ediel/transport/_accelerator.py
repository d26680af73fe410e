"""The optional accelerator: an extension in C that is not there when the package was built without a compiler."""

from __future__ import annotations

from importlib import import_module
from typing import Final, Protocol

__all__ = ["CANONICAL", "Canonical"]

Found = tuple[bytes, bytes, bytes, int, int, bool, int, list[str], int]


class Canonical(Protocol):
    """What ``_canonical.c`` offers. Both raise ``ValueError`` for what they are not sure of."""

    def head(self, data: bytes, start: int, /) -> tuple[int, int, bool, bytes, bytes]:
        """Where the start tag of the second child of the root begins and ends.

        Args:
            data: the document.
            start: where its root begins.

        Returns:
            Both places, whether the element is an empty one, and the names of the root and of the child.
        """

    def canonical(self, data: bytes, start: int, apex: int, prefixes: tuple[bytes, ...], /) -> Found:
        """The exclusive canonical form of one element, without comments; the whole document is walked.

        Args:
            data: the document.
            start: where its root begins.
            apex: where the start tag of the element begins.
            prefixes: prefixes that are treated inclusively.

        Returns:
            The form before its first child, of that child, and after it; how many children the element has, and how
            many the root; whether the form of the child depends on what stands before it; where the child begins
            (-1 without one); the values of all attributes of the document that may be identifications; and how many
            elements and attributes the document has.
        """


def _load() -> Canonical | None:
    try:
        module: Canonical = import_module("ediel.transport._canonical")
    except ImportError:
        return None
    return module


CANONICAL: Final = _load()
"""``ediel.transport._canonical``, or nothing."""
