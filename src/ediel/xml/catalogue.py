"""The sets of schema documents: the packaged ones, by release, or a folder that a user names (``--schemas``)."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Final

from lxml import etree

from ediel.errors import SchemaSetError, UnknownName

__all__ = ["DEFAULT_RELEASE", "SchemaSet", "packaged", "releases"]

DEFAULT_RELEASE: Final = "2.4.3"
"""The release that is used unless another is asked for. A message does not say which one it follows."""

_TARGET: Final = re.compile(rb"""<(?:\w+:)?schema\b[^>]*?\btargetNamespace\s*=\s*["']([^"']+)["']""", re.DOTALL)


def _packaged_root() -> Path:
    inside = Path(__file__).resolve().parent.parent / "schemas"
    return inside if inside.is_dir() else Path(__file__).resolve().parents[3] / "schemas"


def releases() -> tuple[str, ...]:
    """The releases whose schemas are packaged."""
    return tuple(sorted(path.name for path in _packaged_root().iterdir() if path.is_dir()))


class SchemaSet:
    """Schema documents in a folder, found by target namespace and compiled when first used.

    Compiled schemas are kept per thread: libxml2 keeps the errors of a validation in the schema object.
    """

    def __init__(self, root: Path, name: str) -> None:
        self.root = root
        self.name = name
        self._local = threading.local()

    @classmethod
    def in_folder(cls, root: Path | str) -> SchemaSet:
        """A set that a user has downloaded.

        Raises:
            SchemaSetError: there is no such folder, or no EMIF message in it.
        """
        folder = Path(root)
        if not folder.is_dir():
            raise SchemaSetError(f"{folder} is no folder; --schemas wants the folder that the schemas were unpacked to")
        found = cls(folder, str(folder))
        if not any(":emif:" in namespace for namespace in found.paths):
            raise SchemaSetError(f"no XSD document in {folder} has an EMIF target namespace (urn:no:elhub:emif:...)")
        return found

    @cached_property
    def paths(self) -> dict[str, Path]:
        """Document of each target namespace."""
        result: dict[str, Path] = {}
        for path in sorted(self.root.rglob("*.xsd")):
            if target := _TARGET.search(path.read_bytes()):
                result.setdefault(target[1].decode(), path)
        return result

    def path(self, namespace: str) -> Path:
        """The document of a namespace.

        Raises:
            SchemaSetError: the set has none.
        """
        if not (path := self._conventional(namespace)).is_file():
            try:
                return self.paths[namespace]
            except KeyError:
                raise SchemaSetError(f"the schema set {self.name} has no document for {namespace}") from None
        return path

    def _conventional(self, namespace: str) -> Path:
        """Where a packaged document lies; saves looking into all of them."""
        parts = namespace.split(":")
        return self.root / "messages" / f"{parts[-2] if len(parts) > 1 else ''}.xsd"

    def schema(self, namespace: str) -> etree.XMLSchema:
        """The compiled schema of a namespace.

        Raises:
            SchemaSetError: there is none, or it cannot be compiled.
        """
        compiled: dict[str, etree.XMLSchema] = self._local.__dict__
        if namespace not in compiled:
            path = self.path(namespace)
            try:
                compiled[namespace] = etree.XMLSchema(file=str(path))
            except (etree.LxmlError, OSError) as error:
                raise SchemaSetError(f"{path} cannot be used as a schema: {error}") from error
        return compiled[namespace]

    def namespaces(self) -> Iterator[str]:
        """Every target namespace in the set."""
        return iter(self.paths)


_PACKAGED: dict[str, SchemaSet] = {}


def packaged(release: str = DEFAULT_RELEASE) -> SchemaSet:
    """The packaged schemas of a release.

    Raises:
        UnknownName: that release is not packaged.
    """
    if release not in _PACKAGED:
        folder = _packaged_root() / release
        if not re.fullmatch(r"[0-9.]+", release) or not folder.is_dir():
            raise UnknownName("release", release, releases())
        _PACKAGED.setdefault(release, SchemaSet(folder, release))
    return _PACKAGED[release]
