"""Columns that are encrypted at rest where a database has a key, and plain where it has none.

The keys hang on the dialect of a connection, so that whoever reads by SQLAlchemy gets what was written, and pays
nothing where there is no key. Statements that go past SQLAlchemy do the same; see ``_statements``.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Dialect, LargeBinary, Text
from sqlalchemy.types import TypeDecorator

if TYPE_CHECKING:
    from ediel.store._keyring import Keyring

__all__ = ["Found", "Processor", "Sealed", "SealedBytes", "SealedText", "keys_of", "use_keys"]

_TEXT: Final = "ek1:"
_FOUND: Final = "el1:"
_KEYS: Final = "ediel_keys"

Processor = Callable[[Any], Any]


def use_keys(dialect: Dialect, keys: Keyring | None) -> None:
    """Let connections of a dialect seal and open by these keys."""
    setattr(dialect, _KEYS, keys)


def keys_of(dialect: Dialect) -> Keyring | None:
    """The keys that connections of a dialect have."""
    found: Keyring | None = getattr(dialect, _KEYS, None)
    return found


class Sealed:
    """A column that may be encrypted. ``place``: its table and name, which its values are bound to."""

    place: str

    def sealing(self, keys: Keyring) -> Processor:
        """What a value is put through before it is written."""
        raise NotImplementedError

    def opening(self, keys: Keyring) -> Processor:
        """What a value is put through when it is read; one from before there was a key stays as it is."""
        raise NotImplementedError

    def bind_processor(self, dialect: Dialect) -> Processor | None:
        """Of SQLAlchemy."""
        keys = keys_of(dialect)
        inner: Processor | None = self._inner(dialect).bind_processor(dialect)
        return inner if keys is None else _chained(self.sealing(keys), inner)

    def result_processor(self, dialect: Dialect, coltype: object) -> Processor | None:
        """Of SQLAlchemy."""
        keys = keys_of(dialect)
        inner: Processor | None = self._inner(dialect).result_processor(dialect, coltype)
        return inner if keys is None else _chained(inner, self.opening(keys))

    def _inner(self, dialect: Dialect) -> Any:
        return self.load_dialect_impl(dialect).dialect_impl(dialect)  # type: ignore[attr-defined]


def _chained(first: Processor | None, second: Processor | None) -> Processor:
    def both(value: Any) -> Any:
        found = value if first is None or value is None else first(value)
        return found if second is None or found is None else second(found)

    return both


class SealedBytes(Sealed, TypeDecorator[bytes]):
    """Bytes."""

    impl = LargeBinary
    cache_ok = True

    def __init__(self, place: str) -> None:
        super().__init__()
        self.place = place

    def sealing(self, keys: Keyring) -> Processor:
        return lambda value: value if not value else keys.seal(bytes(value), self.place)

    def opening(self, keys: Keyring) -> Processor:
        return lambda value: keys.open(bytes(value), self.place)


class SealedText(Sealed, TypeDecorator[str]):
    """A text."""

    impl = Text
    cache_ok = True

    def __init__(self, place: str) -> None:
        super().__init__()
        self.place = place

    def sealing(self, keys: Keyring) -> Processor:
        def seal(value: str) -> str:
            return _TEXT + base64.b64encode(keys.seal(value.encode(), self.place)).decode()

        return seal

    def opening(self, keys: Keyring) -> Processor:
        def opened(value: str) -> str:
            data = _of(value, _TEXT)
            return value if data is None else keys.open(data, self.place).decode()

        return opened


class Found(Sealed, TypeDecorator[str]):
    """A text by which rows are found: one text is always sealed the same, so that equality holds, and nothing else."""

    impl = Text
    cache_ok = True

    def __init__(self, place: str) -> None:
        super().__init__()
        self.place = place

    def sealing(self, keys: Keyring) -> Processor:
        def seal(value: str) -> str:
            return value if not value else _FOUND + base64.b64encode(keys.mark(value.encode(), self.place)).decode()

        return seal

    def opening(self, keys: Keyring) -> Processor:
        def opened(value: str) -> str:
            data = _of(value, _FOUND)
            return value if data is None else keys.of_mark(data, self.place).decode()

        return opened


def _of(text: str, prefix: str) -> bytes | None:
    """What a sealed text holds; ``None`` of one that is not sealed."""
    if not text.startswith(prefix):
        return None
    try:
        return base64.b64decode(text[len(prefix) :], validate=True)
    except binascii.Error:
        return None
