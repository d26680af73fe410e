"""What the Access API checks before it asks an end user, in its order: the first that fails is the answer.

Source: auth-grant-manager, handlers of July 2026. Its codes are texts of its own program: the answer holds status,
title and detail alone. How names and addresses are compared is not published: here they must be there. Whether the
contract is on strompris.no is not checked here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from urllib.parse import urlsplit

from ediel.calendar import market_day
from ediel.codes import EndUserScheme, Role
from ediel.hub.rest._records import MOVE_IN
from ediel.hub.seed import HubParty, HubPoint
from ediel.market import EndUser

_MISSING_THERE: Final = frozenset({"metering_point_not_found", "requested_by_not_found", "requested_from_not_found"})


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a body asks for; what is absent is empty.

    Attributes:
        way: ``request`` or ``document``.
        kind: what the consent is for.
        requested_by, requested_from, requested_to: kind and value of an identification.
    """

    way: str
    kind: str
    requested_by: tuple[str, str]
    requested_from: tuple[str, str]
    requested_to: tuple[str, str]
    name: str = ""
    metering_point: str = ""
    address: str = ""
    supplier_name: str = ""
    contract: str = ""
    move_in_date: date | None = None
    language: str = "nb"
    redirect_uri: str | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """What the register knows for a check."""

    now: datetime
    point: HubPoint | None
    supplier: HubParty | None


Check = Callable[[Wanted, Facts], bool]
Row = tuple[str, Check]
"""A code, and whether it is so."""


def status_of(code: str) -> int:
    """HTTP status of a code."""
    return 404 if code in _MISSING_THERE else 422


def _is_end_user(wanted: Wanted, facts: Facts) -> bool:
    found = None if facts.point is None else facts.point.end_user_on(market_day(facts.now))
    scheme = EndUserScheme.NATIONAL_IDENTITY_NUMBER
    return isinstance(found, EndUser) and found.is_same(wanted.requested_from[1], scheme)


def _digits(text: str, count: int) -> bool:
    return len(text) == count and text.isascii() and text.isdecimal()


def _is_a(kind: str, identification: tuple[str, str], count: int) -> bool:
    return identification[0] == kind and _digits(identification[1], count)


def _has_host(wanted: Wanted, _facts: Facts) -> bool:
    if wanted.redirect_uri is None:
        return True
    return bool(_host(wanted.redirect_uri))


def _host(address: str) -> str:
    try:
        return (urlsplit(address).hostname or "").lower()
    except ValueError:
        return ""


def _host_fits(wanted: Wanted, facts: Facts) -> bool:
    own = None if facts.supplier is None else facts.supplier.redirect_host
    if wanted.redirect_uri is None or own is None:
        return True
    host = _host(wanted.redirect_uri)
    return host == own.lower() or host.endswith(f".{own.lower()}")


def _registered(wanted: Wanted, facts: Facts) -> bool:
    """An empty host in the register says that the supplier has registered none."""
    own = None if facts.supplier is None else facts.supplier.redirect_host
    return wanted.redirect_uri is None or own is None or bool(own)


_NAMES: Final[tuple[Row, ...]] = (
    ("missing_requested_from_name", lambda wanted, _: bool(wanted.name)),
    ("missing_balance_supplier_name", lambda wanted, _: bool(wanted.supplier_name)),
    ("missing_balance_supplier_contract_name", lambda wanted, _: bool(wanted.contract)),
    ("missing_metering_point_id", lambda wanted, _: bool(wanted.metering_point)),
    ("invalid_metering_point_id", lambda wanted, _: _digits(wanted.metering_point, 18)),
)
_ADDRESS: Final[Row] = ("missing_metering_point_address", lambda wanted, _: bool(wanted.address))
_PERSON: Final[tuple[Row, ...]] = (
    ("missing_requested_from", lambda wanted, _: bool(wanted.requested_from[1])),
    ("invalid_requested_from", lambda wanted, _: _is_a("NationalIdentityNumber", wanted.requested_from, 11)),
)
_POINT: Final[Row] = ("metering_point_not_found", lambda _, facts: facts.point is not None)
_SUPPLIER: Final[tuple[Row, ...]] = (
    ("missing_requested_by", lambda wanted, _: bool(wanted.requested_by[1])),
    ("invalid_requested_by", lambda wanted, _: _is_a("GlobalLocationNumber", wanted.requested_by, 13)),
    (
        "requested_by_not_found",
        lambda _, facts: facts.supplier is not None and Role.DDQ in (facts.supplier.roles or ()),
    ),
    ("not_active_requested_by", lambda _, facts: facts.supplier is not None and facts.supplier.active is not False),
    ("requested_to_requested_from_mismatch", lambda wanted, _: wanted.requested_to == wanted.requested_from),
    ("invalid_redirect_uri", _has_host),
    ("invalid_redirect_uri", _registered),
    ("redirect_uri_not_matching_ediel", _host_fits),
)
CHANGE_ROWS: Final[tuple[Row, ...]] = (
    *_NAMES, *_PERSON, _POINT, ("requested_from_not_metering_point_end_user", _is_end_user),
    (
        "metering_point_blocked_for_switching",
        lambda _, facts: facts.point is not None and not facts.point.blocked_for_switching,
    ),
    _ADDRESS, *_SUPPLIER,
)  # fmt: skip
MOVE_IN_ROWS: Final[tuple[Row, ...]] = (
    *_NAMES, _ADDRESS, *_PERSON, _POINT,
    ("requested_from_is_metering_point_end_user", lambda wanted, facts: not _is_end_user(wanted, facts)),
    (
        "move_in_date_not_back_in_time",
        lambda wanted, facts: wanted.move_in_date is None or wanted.move_in_date <= market_day(facts.now),
    ),
    *_SUPPLIER,
)  # fmt: skip


def first_failure(wanted: Wanted, facts: Facts) -> str | None:
    """Code of the first check that fails; ``None`` where all is right."""
    rows = MOVE_IN_ROWS if wanted.kind == MOVE_IN else CHANGE_ROWS
    return next((code for code, holds in rows if not holds(wanted, facts)), None)
