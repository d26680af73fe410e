"""The Access API of the stand-in hub (v0): who may call, what is asked, and the answers.

Source: OpenAPI of auth-grant-manager. Where it names no status for something, the nearest that it has is used. Updates
of requests and grants are for Elhub's own systems: whoever calls from outside is refused (403).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final, TypeAlias
from uuid import UUID

from ediel.codes import Role
from ediel.hub._register import RegisterStore
from ediel.hub._replies import Reply
from ediel.hub.rest import _pdf
from ediel.hub.rest._answers import JSON_API, Document, Refused, RestCall, document, page_of
from ediel.hub.rest._checks import Wanted, status_of
from ediel.hub.rest._issuer import Bearer, Issuer
from ediel.hub.rest._records import KINDS, Asked, Way, shown, shown_grant, shown_scope
from ediel.hub.rest.consents import Consents, Granted

__all__ = ["OPERATIONS", "AccessApi"]

BASE: Final = "/access/v0"
_SCOPES: Final = frozenset({"elhub:balancesupplier", "elhub:serviceprovider"})
_LANGUAGES: Final = frozenset({"nb", "nn", "en"})
_NOBODY: Final = "Authentication credentials are missing or invalid."


class AccessApi:
    """Answers calls.

    Args:
        consents: what is kept.
        issuer: knows tokens.
        register_store: the parties.
    """

    def __init__(self, consents: Consents, issuer: Issuer, register_store: RegisterStore) -> None:
        self.consents = consents
        self._issuer = issuer
        self._register_store = register_store

    def supplier(self, call: RestCall) -> str:
        """GLN of the supplier that the call is for.

        Raises:
            Refused: nobody, or somebody who may not.
        """
        bearer = self._issuer.bearer(call.headers.get("authorization", ""))
        sender = self._register_store.party(call.headers.get("sendergln", ""))
        if bearer is None or sender is None or sender.organisation not in {None, bearer.organisation}:
            raise Refused(401, _NOBODY)
        whom = call.headers.get("onbehalfofgln", sender.gln)
        party = self._register_store.party(whom)
        if party is None or (whom != sender.gln and whom not in sender.acts_for):
            raise Refused(401, _NOBODY)
        if not _may(bearer, party.roles):
            raise Refused(403, "Only balance suppliers may do this, with a token for that.")
        return party.gln

    # --- requests and documents

    def list_requests(self, call: RestCall) -> Reply:
        """Requests of the supplier."""
        wanted = [text.strip() for text in call.query.get("filter[status]", "").split(",") if text.strip()]
        return self._list(call, "request", wanted)

    def list_documents(self, call: RestCall) -> Reply:
        """Documents of the supplier."""
        return self._list(call, "document", [])

    def _list(self, call: RestCall, way: Way, statuses: list[str]) -> Reply:
        supplier, now = self.supplier(call), self.consents.clock()
        found = [item for item in self.consents.of(supplier, way) if not statuses or item.stands(now) in statuses]
        return self._page(call, [self._shown(item, call) for item in found], f"/authorization-{way}s")

    def _page(self, call: RestCall, resources: list[dict[str, Any]], path: str) -> Reply:
        number, size = page_of(call.query)
        count = -(-len(resources) // size)
        meta = {"totalItems": len(resources), "totalPages": count, "page": number, "pageSize": size}
        part = resources[number * size : (number + 1) * size]
        return document(Document(part, f"{call.base}{path}", (number, count), meta), self.consents.clock())

    def ask_request(self, call: RestCall) -> Reply:
        """Ask the end user by a request."""
        return self._ask(call, "request")

    def ask_document(self, call: RestCall) -> Reply:
        """Make a document to sign."""
        return self._ask(call, "document")

    def _ask(self, call: RestCall, way: Way) -> Reply:
        supplier = self.supplier(call)
        if call.content_type != JSON_API:
            raise Refused(415, f"The body must be {JSON_API}.")
        wanted = _wanted(call.body, way)
        if wanted.requested_by[1] not in {"", supplier}:
            raise Refused(401, _NOBODY)
        asked = self.consents.ask(wanted)
        if isinstance(asked, str):
            raise Refused(status_of(asked), f"The request cannot be carried out: {asked.replace('_', ' ')}.")
        return self._one(call, asked, status=201)

    def get_request(self, call: RestCall) -> Reply:
        """A request."""
        return self._one(call, self._found(call, "request", wrong=400))

    def get_document(self, call: RestCall) -> Reply:
        """A document."""
        return self._one(call, self._found(call, "document", wrong=400))

    def get_pdf(self, call: RestCall) -> Reply:
        """The PDF of a document."""
        return Reply(200, _pdf.issued(self._found(call, "document", wrong=404)), content_type="application/pdf")

    def put_pdf(self, call: RestCall) -> Reply:
        """A signed document comes back."""
        asked = self._found(call, "document", wrong=400)
        if call.content_type != "application/pdf":
            raise Refused(415, "The body must be application/pdf.")
        if len(call.body) > _pdf.LARGEST:
            raise Refused(413, "Signed PDF upload size is limited to 1 MB.")
        if not self.consents.submit(asked, call.body):
            raise Refused(422, "The document is not validly signed by the end user, or is not waited for.")
        return Reply(204, b"", content_type=JSON_API)

    def refuse_update(self, call: RestCall) -> Reply:
        """Updates are for Elhub's own systems."""
        if self._issuer.bearer(call.headers.get("authorization", "")) is None:
            raise Refused(401, _NOBODY)
        raise Refused(403, "This is for Elhub's own systems.")

    def _found(self, call: RestCall, way: Way, *, wrong: int) -> Asked:
        supplier = self.supplier(call)
        asked = self.consents.one(_uuid(call, wrong), supplier, way)
        if asked is None:
            raise Refused(404, f"There is no such {way}.")
        return asked

    def _shown(self, asked: Asked, call: RestCall) -> dict[str, Any]:
        return shown(asked, self.consents.clock(), call.base, self.consents.person(asked.person))

    def _one(self, call: RestCall, asked: Asked, *, status: int = 200) -> Reply:
        address = f"{call.base}/authorization-{asked.way}s/{asked.identification}"
        return document(Document(self._shown(asked, call), address, status=status), self.consents.clock())

    # --- grants

    def list_grants(self, call: RestCall) -> Reply:
        """Grants of the supplier."""
        found = self.consents.grants_of(self.supplier(call))
        return self._page(call, [self._shown_grant(item, call) for item in found], "/authorization-grants")

    def get_grant(self, call: RestCall) -> Reply:
        """A grant."""
        granted = self._grant(call)
        address = f"{call.base}/authorization-grants/{granted.grant.identification}"
        return document(Document(self._shown_grant(granted, call), address), self.consents.clock())

    def list_scopes(self, call: RestCall) -> Reply:
        """What a grant allows."""
        granted = self._grant(call)
        address = f"{call.base}/authorization-grants/{granted.grant.identification}/scopes"
        return document(Document([shown_scope(granted.asked, granted.grant)], address), self.consents.clock())

    def _grant(self, call: RestCall) -> Granted:
        supplier = self.supplier(call)
        found = self.consents.grant(_uuid(call, 400), supplier)
        if found is None:
            raise Refused(404, "There is no such grant.")
        return found

    def _shown_grant(self, granted: Granted, call: RestCall) -> dict[str, Any]:
        person = self.consents.person(granted.asked.person)
        return shown_grant(granted.asked, granted.grant, granted.status, call.base, person)


Operation: TypeAlias = Callable[[AccessApi, RestCall], Reply]
_DOCUMENT, _REQUEST, _GRANT = "/authorization-documents", "/authorization-requests", "/authorization-grants"
OPERATIONS: Final[tuple[tuple[str, str, Operation], ...]] = (
    ("GET", _DOCUMENT, AccessApi.list_documents),
    ("POST", _DOCUMENT, AccessApi.ask_document),
    ("GET", f"{_DOCUMENT}/{{id}}.pdf", AccessApi.get_pdf),
    ("PUT", f"{_DOCUMENT}/{{id}}.pdf", AccessApi.put_pdf),
    ("GET", f"{_DOCUMENT}/{{id}}", AccessApi.get_document),
    ("GET", _REQUEST, AccessApi.list_requests),
    ("POST", _REQUEST, AccessApi.ask_request),
    ("GET", f"{_REQUEST}/{{id}}", AccessApi.get_request),
    ("PATCH", f"{_REQUEST}/{{id}}", AccessApi.refuse_update),
    ("GET", _GRANT, AccessApi.list_grants),
    ("GET", f"{_GRANT}/{{id}}", AccessApi.get_grant),
    ("PATCH", f"{_GRANT}/{{id}}", AccessApi.refuse_update),
    ("GET", f"{_GRANT}/{{id}}/scopes", AccessApi.list_scopes),
)
"""Method, path below the API, and what answers."""


def _may(bearer: Bearer, roles: frozenset[Role] | None) -> bool:
    return bool(bearer.scopes & _SCOPES) and (roles is None or Role.DDQ in roles)


def _uuid(call: RestCall, wrong: int) -> str:
    try:
        return str(UUID(call.path["id"]))
    except ValueError:
        raise Refused(wrong, "The identification is no UUID.") from None


def _wanted(body: bytes, way: Way) -> Wanted:
    """What a body asks for.

    Raises:
        Refused: it is no JSON, or not of the published form (400).
    """
    try:
        data = json.loads(body)["data"]
        resource = "AuthorizationDocument" if way == "document" else "AuthorizationRequest"
        kind = data["attributes"]["documentType" if way == "document" else "requestType"]
        meta = data["meta"]
        if data["type"] != resource or kind not in KINDS or not isinstance(meta, dict):
            raise ValueError("of another form")
        moved = _text(meta, "moveInDate")
        language = _text(meta, "language") or "nb"
        if way == "document" and language not in _LANGUAGES:
            raise ValueError("no such language")
        return Wanted(
            way=way, kind=kind, requested_by=_party(meta, "requestedBy"), requested_from=_party(meta, "requestedFrom"),
            requested_to=_party(meta, "requestedTo"), name=_text(meta, "requestedFromName"),
            metering_point=_text(meta, "requestedForMeteringPointId"),
            address=_text(meta, "requestedForMeteringPointAddress"), supplier_name=_text(meta, "balanceSupplierName"),
            contract=_text(meta, "balanceSupplierContractName"),
            move_in_date=date.fromisoformat(moved) if moved else None, language=language,
            redirect_uri=(_text(meta, "redirectURI") or None) if way == "request" else None,
        )  # fmt: skip
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise Refused(400, "A required field is missing or invalid.") from None


def _text(meta: Mapping[str, Any], name: str) -> str:
    value = meta.get(name, "")
    if not isinstance(value, str):
        raise TypeError(name)
    value.encode()  # a lone surrogate is no text; UnicodeEncodeError is a ValueError
    return value.strip()


def _party(meta: Mapping[str, Any], name: str) -> tuple[str, str]:
    value = meta.get(name)
    if value is None:
        return "", ""
    return _text(value, "idType"), _text(value, "idValue")
