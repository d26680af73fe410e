"""Consents at the stand-in hub: what suppliers ask for, what end users answer, and the grants that come of it.

A grant is a consent of the register; that a contracted start of supply has used it up is read off the processes.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import uuid4

from sqlalchemy import Connection, Select, func, insert, select, update

from ediel.calendar import market_day
from ediel.hub import _tables as tables
from ediel.hub._register import RegisterStore
from ediel.hub._view import View
from ediel.hub.rest import _pdf
from ediel.hub.rest._checks import Facts, Wanted, first_failure
from ediel.hub.rest._records import Asked, Status, Way, last_day, year_later
from ediel.market import Grant
from ediel.store import Store

__all__ = ["Consents", "Granted", "NotKnown", "NotPending"]

_SECRET: Final = "rest secret"  # noqa: S105 - name of a setting


class NotKnown(LookupError):
    """There is no such request, document or grant."""


class NotPending(LookupError):
    """A request or document that was answered, or has lapsed; a grant that is not active."""


@dataclass(frozen=True, slots=True)
class Granted:
    """A grant with what it comes of.

    Attributes:
        asked: the request or document.
        grant: the grant.
        status: Active, Exhausted, Revoked or Expired, as it stands.
    """

    asked: Asked
    grant: Grant
    status: str


class Consents:
    """The consents of a hub, in the database of its engine. Safe for threads.

    Args:
        store: the database.
        register_store: the register.
        view: the register at a moment.
        clock: the market's clock.
    """

    def __init__(
        self,
        store: Store,
        register_store: RegisterStore,
        view: Callable[[datetime], View],
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._register_store = register_store
        self._view = view
        self.clock = clock
        kept = register_store.setting(_SECRET)
        if kept is None:
            kept = secrets.token_hex(32)
            register_store.set(_SECRET, kept)
        self.secret = bytes.fromhex(kept)

    def person(self, identification: str) -> str:
        """The hub's own identification of a person, a UUID: nobody finds the number behind it without the secret."""
        digest = hmac.new(self.secret, identification.encode(), hashlib.sha256).hexdigest()
        return f"{digest[:8]}-{digest[8:12]}-5{digest[13:16]}-8{digest[17:20]}-{digest[20:32]}"

    # --- asking

    def ask(self, wanted: Wanted) -> Asked | str:
        """Ask an end user; the code of what is wrong where it cannot be."""
        now = self.clock()
        view = self._view(now)
        point = view.metering_point(wanted.metering_point) if wanted.metering_point.isdecimal() else None
        code = first_failure(wanted, Facts(now, point, view.party(wanted.requested_by[1])))
        if code is not None:
            return code
        way: Way = "document" if wanted.way == "document" else "request"
        asked = Asked(
            identification=str(uuid4()), way=way, kind=wanted.kind, supplier=wanted.requested_by[1],
            person=wanted.requested_from[1], name=wanted.name, metering_point=wanted.metering_point,
            address=wanted.address, supplier_name=wanted.supplier_name, contract=wanted.contract,
            move_in_date=wanted.move_in_date, language=wanted.language, redirect_uri=wanted.redirect_uri,
            created_at=now, updated_at=now, last_day=last_day(now),
        )  # fmt: skip
        with self._store.connection(write=True) as connection:
            number = connection.execute(select(func.coalesce(func.max(tables.CONSENTS.c.number), 0))).scalar_one()
            row = {
                "identification": asked.identification, "number": int(number) + 1, "way": way,
                "supplier": asked.supplier, "grant_id": None, "data": asked.model_dump_json(exclude_none=True),
            }  # fmt: skip
            connection.execute(insert(tables.CONSENTS), row)
        return asked

    # --- looking

    def one(self, identification: str, supplier: str, way: Way) -> Asked | None:
        """A request or document of a supplier."""
        table = tables.CONSENTS
        rows = self._rows(
            select(table.c.data).where(
                table.c.identification == identification, table.c.supplier == supplier, table.c.way == way
            )
        )
        return rows[0] if rows else None

    def of(self, supplier: str, way: Way) -> list[Asked]:
        """Requests or documents of a supplier, the newest first."""
        table = tables.CONSENTS
        statement = select(table.c.data).where(table.c.supplier == supplier, table.c.way == way)
        return self._rows(statement.order_by(table.c.number.desc()))

    def every(self, *, most: int = 1000) -> list[Asked]:
        """All of them, the newest first."""
        return self._rows(select(tables.CONSENTS.c.data).order_by(tables.CONSENTS.c.number.desc()).limit(most))

    def grants_of(self, supplier: str) -> list[Granted]:
        """Grants of a supplier, the newest first."""
        table = tables.CONSENTS
        statement = select(table.c.data).where(table.c.supplier == supplier, table.c.grant_id.is_not(None))
        view = self._view(self.clock())
        return [self._granted(item, view) for item in self._rows(statement.order_by(table.c.number.desc()))]

    def grant(self, identification: str, supplier: str) -> Granted | None:
        """A grant of a supplier."""
        table = tables.CONSENTS
        rows = self._rows(select(table.c.data).where(table.c.grant_id == identification, table.c.supplier == supplier))
        return self._granted(rows[0], self._view(self.clock())) if rows else None

    def _granted(self, asked: Asked, view: View) -> Granted:
        assert asked.grant is not None
        grant = view.grant(asked.grant)
        assert grant is not None
        over = grant.status == "Active" and market_day(self.clock()) > grant.valid_to
        return Granted(asked, grant, "Expired" if over else grant.status)

    # --- answering, as the end user

    def accept(self, identification: str) -> Asked:
        """The end user approves a request.

        Raises:
            NotKnown, NotPending: see there.
        """
        return self._answer(identification, "Accepted", "request")

    def reject(self, identification: str) -> Asked:
        """The end user refuses a request, or to sign a document.

        Raises:
            NotKnown, NotPending: see there.
        """
        return self._answer(identification, "Rejected", None)

    def sign(self, identification: str) -> bytes:
        """The end user signs a document at the fake of the signing service; the signed PDF.

        Raises:
            NotKnown: there is no such document.
            NotPending: it is a request.
        """
        asked = self._any(identification)
        if asked.way != "document":
            raise NotPending(f"{identification} is a request, and nothing to sign; accept it, or reject it")
        return _pdf.signed(_pdf.issued(asked), asked.person, self.secret)

    def submit(self, asked: Asked, data: bytes) -> bool:
        """Take a signed document; whether it is that document, signed by the end user, and still waited for."""
        if not _pdf.is_signed(data, _pdf.issued(asked), asked.person, self.secret):
            return False
        try:
            self._answer(asked.identification, "Signed", "document")
        except NotPending:
            return False
        return True

    def revoke(self, grant: str) -> None:
        """The end user takes a grant back.

        Raises:
            NotKnown: there is no such grant.
            NotPending: it is not active.
        """
        found = self._register_store.seeded_grant(grant)
        if found is None:
            raise NotKnown(f"there is no grant {grant}")
        with self._store.connection(write=True) as connection:
            if found.status != "Active":
                raise NotPending(f"the grant {grant} is {found.status}; expected one that is Active")
            _put_grant(connection, found.model_copy(update={"status": "Revoked"}), known=True)

    def _answer(self, identification: str, status: Status, way: Way | None) -> Asked:
        now = self.clock()
        with self._store.connection(write=True) as connection:
            table = tables.CONSENTS
            data = connection.execute(select(table.c.data).where(table.c.identification == identification)).scalar()
            asked = None if data is None else Asked.model_validate_json(data)
            if asked is None:
                raise NotKnown(f"there is no request or document {identification}")
            if way not in {None, asked.way}:
                raise NotPending(f"{identification} is a {asked.way}; expected a {way}")
            if asked.stands(now) != "Pending":
                raise NotPending(f"{identification} is a {asked.way} that is {asked.stands(now)}; expected Pending")
            changed = asked.model_copy(update={"status": status, "updated_at": now})
            if status in {"Accepted", "Signed"}:
                grant = _grant(changed, now)
                _put_grant(connection, grant, known=False)
                changed = changed.model_copy(update={"grant": grant.identification})
            values = {"grant_id": changed.grant, "data": changed.model_dump_json(exclude_none=True)}
            connection.execute(update(table).where(table.c.identification == identification).values(values))
        return changed

    def _any(self, identification: str) -> Asked:
        table = tables.CONSENTS
        rows = self._rows(select(table.c.data).where(table.c.identification == identification))
        if not rows:
            raise NotKnown(f"there is no request or document {identification}")
        return rows[0]

    def _rows(self, statement: Select[Any]) -> list[Asked]:
        with self._store.connection() as connection:
            return [Asked.model_validate_json(row[0]) for row in connection.execute(statement)]


def _grant(asked: Asked, now: datetime) -> Grant:
    today = market_day(now)
    return Grant(
        identification=str(uuid4()), status="Active", metering_point=asked.metering_point, supplier=asked.supplier,
        valid_from=today, valid_to=year_later(today), end_user=asked.person,
    )  # fmt: skip


def _put_grant(connection: Connection, grant: Grant, *, known: bool) -> None:
    table = tables.GRANTS
    data = grant.model_dump_json(exclude_none=True)
    if known:
        connection.execute(update(table).where(table.c.identification == grant.identification).values(data=data))
    else:
        connection.execute(insert(table), {"identification": grant.identification, "data": data})
