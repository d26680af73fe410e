"""Elhub's Access API: consents of end users to switches and move-ins (EI-1363).

Each function describes a call or a collection; ``Elhub.run`` makes the call, ``Elhub.each`` goes through the
collection, ``Elhub.carry_out`` carries out what takes several calls. Source: OpenAPI of auth-grant-manager.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import partial
from typing import Final, Literal, TypeVar
from uuid import UUID

from ediel.rest._access_models import (
    CHANGE,
    CHANGE_ORGANISATION,
    MOVE_IN,
    MOVE_IN_ORGANISATION,
    AuthorizationDocument,
    AuthorizationGrant,
    AuthorizationRequest,
    AuthorizationScope,
    ConsentOrder,
    OrganisationConsentOrder,
)
from ediel.rest._session import Session
from ediel.rest._steps import PDF, Answer, Call, Pause, Plan, json_body
from ediel.rest.environments import ACCESS_V0, ACCESS_V1, Api
from ediel.rest.errors import ApiUnavailable
from ediel.rest.jsonapi import Listing, Page, R, read_page, read_resource

__all__ = [
    "CHANGE",
    "CHANGE_ORGANISATION",
    "LARGEST_PDF",
    "MOVE_IN",
    "MOVE_IN_ORGANISATION",
    "AuthorizationDocument",
    "AuthorizationGrant",
    "AuthorizationRequest",
    "AuthorizationScope",
    "ConsentOrder",
    "OrganisationConsentOrder",
    "document",
    "documents",
    "grant",
    "grants",
    "pdf",
    "request",
    "requests",
    "scopes",
    "send_document",
    "send_document_once",
    "send_request",
    "send_request_once",
    "submit",
    "wait_for_answer",
]

Order = ConsentOrder | OrganisationConsentOrder
AskedT = TypeVar("AskedT", AuthorizationRequest, AuthorizationDocument)
LARGEST_PDF: Final = 1_000_000
"""Bytes of a signed document, at the most: the API's 1 MB, read as the smaller of the two meanings."""
_REQUESTS: Final = "/authorization-requests"
_DOCUMENTS: Final = "/authorization-documents"
_GRANTS: Final = "/authorization-grants"
_PAGE: Final = "100"
_ANSWER_DAYS: Final = timedelta(days=29)
"""What is older than this beside the newest has been answered, or has lapsed: 28 days, and what a day may be longer."""


def _api(order: Order) -> Api:
    return ACCESS_V0 if isinstance(order, ConsentOrder) else ACCESS_V1


def _one(identification: str) -> str:
    """An identification, for a path.

    Raises:
        ValueError: it is no UUID.
    """
    return str(UUID(identification))


# --- requests: the end user answers on Elhub's pages


def send_request(order: Order) -> Call[AuthorizationRequest]:
    """Ask the end user by a request. An answer that is lost leaves open whether there is one: see ``_once``."""
    content = json_body(order.body("AuthorizationRequest"))
    read = read_resource(AuthorizationRequest)
    return Call(_api(order), "POST", _REQUESTS, read, content=content, repeatable=False)


def request(identification: str, *, api: Api = ACCESS_V0) -> Call[AuthorizationRequest]:
    """A request by its identification."""
    return Call(api, "GET", f"{_REQUESTS}/{_one(identification)}", read_resource(AuthorizationRequest))


def requests(statuses: Iterable[str] = (), *, api: Api = ACCESS_V0) -> Listing[AuthorizationRequest]:
    """Requests of the party, the newest first.

    Args:
        statuses: such as ``Pending``; all when none is given.
        api: v0 or v1.
    """
    wanted = ",".join(statuses)
    return _listing(api, _REQUESTS, AuthorizationRequest, {"filter[status]": wanted} if wanted else {})


# --- documents: the end user signs a PDF elsewhere


def send_document(order: Order) -> Call[AuthorizationDocument]:
    """Have a document made. An answer that is lost leaves open whether there is one: see ``_once``."""
    content = json_body(order.body("AuthorizationDocument"))
    read = read_resource(AuthorizationDocument)
    return Call(_api(order), "POST", _DOCUMENTS, read, content=content, repeatable=False)


def document(identification: str, *, api: Api = ACCESS_V0) -> Call[AuthorizationDocument]:
    """A document by its identification."""
    return Call(api, "GET", f"{_DOCUMENTS}/{_one(identification)}", read_resource(AuthorizationDocument))


def documents(*, api: Api = ACCESS_V0) -> Listing[AuthorizationDocument]:
    """Documents of the party, the newest first."""
    return _listing(api, _DOCUMENTS, AuthorizationDocument, {})


def pdf(identification: str, *, api: Api = ACCESS_V0) -> Call[bytes]:
    """The PDF of a document, to be signed (PAdES B-LT or B-LTA, by the end user's BankID certificate)."""
    return Call(api, "GET", f"{_DOCUMENTS}/{_one(identification)}.pdf", _read_pdf, accept=f"{PDF}, */*;q=0.1")


def submit(identification: str, signed: bytes, *, api: Api = ACCESS_V0) -> Call[None]:
    """Give a signed document back.

    Sent twice, it is refused the second time (422); after a lost answer, ``document`` says whether it was accepted.

    Raises:
        ValueError: it is no PDF, or larger than 1 MB.
    """
    if not signed.startswith(b"%PDF-"):
        raise ValueError("the signed document is no PDF; give back the file that the signing service has signed")
    if len(signed) > LARGEST_PDF:
        raise ValueError(f"the signed document has {len(signed)} bytes; at most {LARGEST_PDF} (1 MB) are accepted")
    path = f"{_DOCUMENTS}/{_one(identification)}.pdf"
    return Call(api, "PUT", path, lambda _: None, content=signed, content_type=PDF, repeatable=False)


def _read_pdf(answer: Answer) -> bytes:
    if not answer.body.startswith(b"%PDF-"):
        raise ValueError("no PDF")
    return answer.body


# --- grants


def grant(identification: str, *, api: Api = ACCESS_V0) -> Call[AuthorizationGrant]:
    """A grant by its identification."""
    return Call(api, "GET", f"{_GRANTS}/{_one(identification)}", read_resource(AuthorizationGrant))


def grants(*, api: Api = ACCESS_V0) -> Listing[AuthorizationGrant]:
    """Grants of the party, the newest first."""
    return _listing(api, _GRANTS, AuthorizationGrant, {})


def scopes(identification: str, *, api: Api = ACCESS_V0) -> Call[tuple[AuthorizationScope, ...]]:
    """What a grant allows, and at which metering points."""

    def read(answer: Answer) -> tuple[AuthorizationScope, ...]:
        return tuple(AuthorizationScope.model_validate(item) for item in answer.json()["data"])

    return Call(api, "GET", f"{_GRANTS}/{_one(identification)}/scopes", read)


def _listing(api: Api, path: str, kind: type[R], filters: dict[str, str]) -> Listing[R]:
    def page(number: int) -> Call[Page[R]]:
        params: dict[str, str | list[str]] = {**filters, "page[number]": str(number), "page[size]": _PAGE}
        return Call(api, "GET", path, read_page(kind), params)

    return Listing(page, lambda item: str(item.model_dump()["id"]))


# --- what takes several calls


def send_request_once(session: Session, order: ConsentOrder) -> Plan[AuthorizationRequest]:
    """Ask by a request, but where one of the same content waits already, take that one; safe after lost answers.

    Carry it out with ``elhub.carry_out(access.send_request_once(elhub.session, order))``.
    """
    listing = requests(("Pending",))
    return (yield from _once(session, send_request(order), listing, partial(_is_of, order)))


def send_document_once(session: Session, order: ConsentOrder) -> Plan[AuthorizationDocument]:
    """Have a document made, but where one of the same content waits already, take that one; safe after lost answers."""
    return (yield from _once(session, send_document(order), documents(), partial(_is_of, order)))


def _once(
    session: Session,
    call: Call[AskedT],
    listing: Listing[AskedT],
    fits: Callable[[AskedT], bool],
) -> Plan[AskedT]:
    attempts = 3
    while True:
        found = yield from _found(session, listing, fits)
        if found is not None:
            return found
        attempts -= 1
        try:
            return (yield from session.perform(call))
        except ApiUnavailable as error:
            if error.arrived is False or not attempts:
                raise


def _found(session: Session, listing: Listing[AskedT], fits: Callable[[AskedT], bool]) -> Plan[AskedT | None]:
    number, more, seen = 0, True, set[str]()
    newest: datetime | None = None
    while more:
        items, more = yield from session.next_page(listing, number, seen)
        for item in items:
            made = item.attributes.created_at
            newest = newest or made
            if made < newest - _ANSWER_DAYS:
                return None
            if item.status == "Pending" and fits(item):
                return item
        number += 1
    return None


def _is_of(order: ConsentOrder, asked: AuthorizationRequest | AuthorizationDocument) -> bool:
    """Whether a request or document is what an order asks for: the answer does not name the person by number."""
    meta = asked.meta
    return (
        asked.kind == order.kind
        and meta.requested_for_metering_point_id == str(order.metering_point)
        and _same(meta.requested_from_name, order.name)
        and _same(meta.balance_supplier_contract_name, order.contract)
        and meta.move_in_date in {None, order.move_in_date}
    )


def _same(one: str | None, other: str) -> bool:
    return one is not None and one.strip().casefold() == other.strip().casefold()


def wait_for_answer(
    session: Session,
    identification: str,
    *,
    way: Literal["request", "document"] = "request",
    within: float = 600,
    first: float = 2,
    longest: float = 60,
) -> Plan[AuthorizationRequest | AuthorizationDocument]:
    """Ask for the status until the end user has answered, with longer and longer pauses.

    Args:
        session: of the client: ``elhub.session``.
        identification: of the request or document.
        way: which of the two.
        within: seconds after which it is given as it stands, ``Pending``.
        first: seconds before the second question; each pause is half as long again.
        longest: seconds between two questions, at the most.
    """
    until, pause = time.monotonic() + within, first
    while True:
        found: AuthorizationRequest | AuthorizationDocument
        if way == "request":
            found = yield from session.perform(request(identification))
        else:
            found = yield from session.perform(document(identification))
        left = until - time.monotonic()
        if found.status != "Pending" or left <= 0:
            return found
        yield Pause(min(pause, left))
        pause = min(longest, pause * 1.5)
