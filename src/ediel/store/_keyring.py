"""Keys of a database: data keys that are kept in it, wrapped by a key that is not (envelope encryption).

AES-256-GCM seals contents, AES-SIV texts by which rows are found; both are bound to table and column. The wrapping key
can be exchanged without touching a row; contents can be sealed anew with another data key, batch by batch.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, Text, delete, insert, literal, select, type_coerce, update

from ediel.store import _schema as schema
from ediel.store._sealed import Found
from ediel.store._unit import stamp
from ediel.store.errors import StoreError, WrongKey

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESSIV

__all__ = [
    "Keyring",
    "drop_content_keys",
    "fingerprint",
    "has_keys",
    "key_of",
    "load_keys",
    "new_content_key",
    "rewrap",
]

_MAGIC: Final = b"\x00ek1"
_NONCE: Final = 12
_ID: Final = 4
_SIZE: Final = 32
CONTENT: Final = "content"
LOOKUP: Final = "lookup"


def key_of(given: bytes | str | None, variables: Mapping[str, str] = os.environ) -> bytes | None:
    """The wrapping key: as given, or of the file in ``EDIEL_KEY_FILE``, or in ``EDIEL_KEY``; ``None`` where none is.

    Raises:
        StoreError: it is not 32 bytes, plain, or as base64 or hexadecimal; or its file cannot be read.
    """
    where, found = "the key", given
    if found is None and (file := variables.get("EDIEL_KEY_FILE")):
        where = f"the key in {file} (EDIEL_KEY_FILE)"
        try:
            found = Path(file).read_bytes()
        except OSError as error:
            raise StoreError(f"{where} cannot be read: {error.strerror or type(error).__name__}") from None
    if found is None and (text := variables.get("EDIEL_KEY")):
        where, found = "the key in EDIEL_KEY", text
    if found is None:
        return None
    key = _decoded(found.encode() if isinstance(found, str) else found)
    if key is None:
        raise StoreError(f"{where} is not one of 32 bytes: expected base64, as `openssl rand -base64 32` gives it")
    return key


def _decoded(found: bytes) -> bytes | None:
    if len(found) == _SIZE:
        return found
    text = found.strip()
    try:
        data = bytes.fromhex(text.decode()) if len(text) == 2 * _SIZE else base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        return None
    return data if len(data) == _SIZE else None


def fingerprint(key: bytes) -> str:
    """By which a wrapping key is known; nothing of it can be learnt from that."""
    return hashlib.sha256(b"ediel wrapping key\x00" + key).hexdigest()[:16]


class Keyring:
    """Seals and opens values. Safe for threads.

    Attributes:
        current: number of the data key that contents are sealed with from now on.
    """

    def __init__(self, contents: Mapping[int, AESGCM], current: int, lookup: AESSIV) -> None:
        self._contents = dict(contents)
        self.current = current
        self._lookup = lookup

    def become(self, other: Keyring) -> None:
        """Have the keys of another one: statements that are compiled hold on to this one."""
        self._contents, self.current, self._lookup = other._contents, other.current, other._lookup

    def seal(self, data: bytes, place: str) -> bytes:
        """Bytes, encrypted; each time differently."""
        nonce = os.urandom(_NONCE)
        head = _MAGIC + self.current.to_bytes(_ID, "big")
        return head + nonce + self._contents[self.current].encrypt(nonce, data, head + place.encode())

    def open(self, data: bytes, place: str) -> bytes:
        """What was sealed; bytes from before there was a key stay as they are.

        Raises:
            WrongKey: they were sealed with a key that is not here, or changed, or stood in another column.
        """
        number = self.number_of(data)
        if number is None:
            return data
        key = self._contents.get(number)
        if key is None:
            raise WrongKey(f"{place} holds something that was sealed with data key {number}, which is not known here")
        head, rest = data[: len(_MAGIC) + _ID], data[len(_MAGIC) + _ID :]
        try:
            return key.decrypt(rest[:_NONCE], rest[_NONCE:], head + place.encode())
        except Exception as error:  # noqa: BLE001 - of a library that is an extra
            raise _damaged(place, error) from None

    @staticmethod
    def number_of(data: bytes) -> int | None:
        """Which data key bytes are sealed with; ``None`` of plain ones."""
        if not data.startswith(_MAGIC) or len(data) < len(_MAGIC) + _ID + _NONCE:
            return None
        return int.from_bytes(data[len(_MAGIC) : len(_MAGIC) + _ID], "big")

    def mark(self, data: bytes, place: str) -> bytes:
        """Bytes, encrypted; each time the same."""
        return self._lookup.encrypt(data, [place.encode()])

    def of_mark(self, data: bytes, place: str) -> bytes:
        """What ``mark`` has sealed.

        Raises:
            WrongKey: it was changed, or stood in another column.
        """
        try:
            return self._lookup.decrypt(data, [place.encode()])
        except Exception as error:  # noqa: BLE001 - of a library that is an extra
            raise _damaged(place, error) from None


def _damaged(place: str, error: Exception) -> WrongKey:
    return WrongKey(
        f"{place} holds something that cannot be decrypted ({type(error).__name__}): it was changed or moved"
    )


def has_keys(connection: Connection) -> bool:
    """Whether a database is encrypted."""
    return connection.execute(select(schema.DATA_KEYS.c.number).limit(1)).first() is not None


def load_keys(connection: Connection, key: bytes | None) -> Keyring | None:
    """The keys of a database; they are made where it has none and a wrapping key is given.

    Raises:
        WrongKey: the database is encrypted, and the key is another, or none.
        StoreError: there is no library for it.
    """
    rows, fresh = _rows(connection), False
    if not rows:
        if key is None:
            return None
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("LOCK TABLE data_keys IN SHARE ROW EXCLUSIVE MODE")
        rows = _rows(connection)  # another process may have been first
        if not rows:
            fresh = True
            _add(connection, key, CONTENT)
            _add(connection, key, LOOKUP)
            rows = _rows(connection)
    if key is None:
        raise WrongKey(
            "the database is encrypted, and no key is given: set EDIEL_KEY_FILE or EDIEL_KEY, or give "
            "EngineSettings(key=...)"
        )
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESSIV  # noqa: PLC0415 - an extra

    opened = {row[0]: _unwrapped(key, row) for row in rows}
    contents = {number: AESGCM(opened[number]) for number, purpose, *_ in rows if purpose == CONTENT}
    (lookup,) = (opened[number] for number, purpose, *_ in rows if purpose == LOOKUP)
    keys = Keyring(contents, max(contents), AESSIV(lookup))
    if fresh:
        _seal_found(connection, keys)
    return keys


def _seal_found(connection: Connection, keys: Keyring) -> None:
    """Seal what rows are found by, at once: it would not be found any more otherwise."""
    for table in schema.METADATA.sorted_tables:
        for column in table.columns:
            if not isinstance(column.type, Found):
                continue
            seal, raw = column.type.sealing(keys), type_coerce(column, Text)
            held = connection.execute(select(raw.label("held")).where(raw != "").distinct()).scalars().all()
            for value in held:
                done = update(table).where(raw == value).values({column.name: literal(seal(value), Text)})
                connection.execute(done)


def new_content_key(connection: Connection, key: bytes) -> None:
    """Another data key, which contents are sealed with from now on."""
    _add(connection, key, CONTENT)


def drop_content_keys(connection: Connection, current: int) -> int:
    """Forget data keys before the current one: nothing that is sealed with them can be opened any more."""
    table = schema.DATA_KEYS
    gone = delete(table).where(table.c.purpose == CONTENT, table.c.number < current)
    return connection.execute(gone).rowcount


def rewrap(connection: Connection, old: bytes, new: bytes) -> int:
    """Wrap every data key by another wrapping key; returns how many there were.

    Raises:
        WrongKey: the old one is not that of the database.
    """
    table = schema.DATA_KEYS
    rows = _rows(connection)
    for row in rows:
        values = {"wrapped": _wrapped(new, row[1], _unwrapped(old, row)), "wrapped_by": fingerprint(new)}
        connection.execute(update(table).where(table.c.number == row[0]).values(values))
    return len(rows)


_Row = tuple[int, str, bytes, str]


def _rows(connection: Connection) -> list[_Row]:
    table = schema.DATA_KEYS
    found = connection.execute(
        select(table.c.number, table.c.purpose, table.c.wrapped, table.c.wrapped_by).order_by(table.c.number)
    )
    return [(row.number, row.purpose, bytes(row.wrapped), row.wrapped_by) for row in found]


def _add(connection: Connection, key: bytes, purpose: str) -> None:
    data = os.urandom(_SIZE if purpose == CONTENT else 2 * _SIZE)
    values = {
        "purpose": purpose, "wrapped": _wrapped(key, purpose, data), "wrapped_by": fingerprint(key),
        "created_at": stamp(datetime.now(UTC)),
    }  # fmt: skip
    connection.execute(insert(schema.DATA_KEYS).values(values))


def _wrapped(key: bytes, purpose: str, data: bytes) -> bytes:
    try:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise StoreError(f"an encrypted database needs the extra ediel[encryption]: {error}") from None
    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, data, purpose.encode())


def _unwrapped(key: bytes, row: _Row) -> bytes:
    try:
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - an extra
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415
    except ImportError as error:
        raise StoreError(f"an encrypted database needs the extra ediel[encryption]: {error}") from None
    _, purpose, wrapped, by = row
    try:
        return AESGCM(key).decrypt(wrapped[:_NONCE], wrapped[_NONCE:], purpose.encode())
    except InvalidTag:
        raise WrongKey(
            f"the key is not that of the database: it is known as {fingerprint(key)}, and the database was encrypted "
            f"with the one known as {by}"
        ) from None
