"""Requests for access that wait for an end user (BRS-NO-624): each is answered once, in time, and for its own party.

The request's identification is all that ties an answer to its request. It is kept as a digest: whoever reads the
store cannot answer in an end user's place.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final, Protocol

from sqlalchemy import Column, MetaData, String, Table, Text, delete, insert, select, update

from ediel.rest.errors import ReturnRefused
from ediel.store import Conflict, Store, stamp

__all__ = ["Claim", "DatabasePending", "MemoryPending", "PendingAccess", "PendingAccesses", "digest_of"]


@dataclass(frozen=True, slots=True)
class PendingAccess:
    """A request that an end user was sent with.

    Attributes:
        digest: SHA-256 of its identification, hexadecimal.
        party: GLN of the third party that asks.
        scope: Full or Limited.
        reference: the caller's own words; nothing about people.
        made_at: when it was made, aware.
        expires_at: from when an answer is refused, aware.
    """

    digest: str
    party: str
    scope: str
    reference: str | None
    made_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Claim:
    """A request with its answer.

    Attributes:
        pending: the request.
        again: it was answered already, with the same answer.
    """

    pending: PendingAccess
    again: bool


class PendingAccesses(Protocol):
    """Where requests wait. Safe for threads."""

    def add(self, pending: PendingAccess) -> None:
        """Keep a request.

        Raises:
            ValueError: one with this identification is there.
        """

    def claim(self, digest: str, fingerprint: str, party: str, now: datetime) -> AbstractContextManager[Claim]:
        """Settle a request with an answer, unless what is done inside fails: then it waits as before.

        Raises:
            ReturnRefused: there is none for this party, it has expired, or another answer has come.
        """

    def forget(self, before: datetime) -> int:
        """Remove requests that have expired before a moment; how many they were."""


def digest_of(request_id: str) -> str:
    """SHA-256 of a request's identification, hexadecimal."""
    return hashlib.sha256(request_id.encode()).hexdigest()


def _unknown() -> ReturnRefused:
    return ReturnRefused("unknown", "no request of this party has this identification; send the end user a new address")


def _answered() -> ReturnRefused:
    return ReturnRefused("answered", "the request has another answer already; send the end user a new address")


def _expired() -> ReturnRefused:
    return ReturnRefused("expired", "the request has expired; send the end user a new address")


class MemoryPending:
    """Requests of one process, gone with it."""

    def __init__(self) -> None:
        self._lock = threading.RLock()  # what is done inside a claim may ask for another access
        self._rows: dict[str, tuple[PendingAccess, str | None]] = {}

    def add(self, pending: PendingAccess) -> None:
        """Keep a request; see ``PendingAccesses``."""
        with self._lock:
            if pending.digest in self._rows:
                raise ValueError("a request with this identification is there already")
            self._rows[pending.digest] = (replace(pending), None)

    @contextmanager
    def claim(self, digest: str, fingerprint: str, party: str, now: datetime) -> Iterator[Claim]:
        """Settle a request; see ``PendingAccesses``. Answers are settled one by one."""
        with self._lock:
            pending, known = self._rows.get(digest, (None, None))
            if pending is None or pending.party != party:
                raise _unknown()
            if known is not None and known != fingerprint:
                raise _answered()
            if known is None and now >= pending.expires_at:
                raise _expired()
            yield Claim(pending, known is not None)
            self._rows[digest] = (pending, fingerprint)

    def forget(self, before: datetime) -> int:
        """Remove what has expired; see ``PendingAccesses``."""
        with self._lock:
            over = [digest for digest, (pending, _) in self._rows.items() if pending.expires_at < before]
            for digest in over:
                del self._rows[digest]
        return len(over)


_METADATA: Final = MetaData()
_MOMENT: Final = String(27)
_TABLE: Final = Table(
    "rest_access_requests", _METADATA,
    Column("digest", String(64), primary_key=True),
    Column("party", String(13), nullable=False),
    Column("scope", String(7), nullable=False),
    Column("reference", Text),
    Column("made_at", _MOMENT, nullable=False),
    Column("expires_at", _MOMENT, nullable=False, index=True),
    Column("fingerprint", String(64)),
)  # fmt: skip


class DatabasePending:
    """Requests in the database of an engine, for any number of processes: an answer and what it begins are one commit.

    Args:
        store: ``engine.store``. A table of its own is made there when it is first used.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        try:
            self._make()
        except Conflict:  # another process made it at the same moment
            self._make()

    def _make(self) -> None:
        with self._store.connection(write=True) as connection:
            _METADATA.create_all(connection)

    def add(self, pending: PendingAccess) -> None:
        """Keep a request; see ``PendingAccesses``."""
        row = {
            "digest": pending.digest, "party": pending.party, "scope": pending.scope, "reference": pending.reference,
            "made_at": stamp(pending.made_at), "expires_at": stamp(pending.expires_at), "fingerprint": None,
        }  # fmt: skip
        try:
            with self._store.connection(write=True) as connection:
                connection.execute(insert(_TABLE), row)
        except Conflict:
            raise ValueError("a request with this identification is there already") from None

    @contextmanager
    def claim(self, digest: str, fingerprint: str, party: str, now: datetime) -> Iterator[Claim]:
        """Settle a request; see ``PendingAccesses``. The row is locked until all is committed."""
        mine = (_TABLE.c.digest == digest, _TABLE.c.party == party)
        waits = (_TABLE.c.fingerprint.is_(None), _TABLE.c.expires_at > stamp(now))
        with self._store.transaction() as connection:
            changed = connection.execute(update(_TABLE).where(*mine, *waits).values(fingerprint=fingerprint)).rowcount
            row = connection.execute(select(_TABLE).where(*mine)).mappings().first()
            if row is None:
                raise _unknown()
            if row["fingerprint"] is None:
                raise _expired()
            if row["fingerprint"] != fingerprint:
                raise _answered()
            pending = PendingAccess(
                digest, party, row["scope"], row["reference"], _moment(row["made_at"]), _moment(row["expires_at"])
            )
            yield Claim(pending, changed == 0)

    def forget(self, before: datetime) -> int:
        """Remove what has expired; see ``PendingAccesses``."""
        with self._store.connection(write=True) as connection:
            return connection.execute(delete(_TABLE).where(_TABLE.c.expires_at < stamp(before))).rowcount


def _moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
