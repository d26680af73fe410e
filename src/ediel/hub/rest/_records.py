"""What the stand-in hub keeps of a consent, and how the Access API shows it.

Source: OpenAPI of auth-grant-manager (v0). People are known by an identification of the hub's own, never by a number.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any, Final, Literal
from uuid import UUID, uuid5

from pydantic import Field

from ediel.calendar import OSLO, market_day, midnight
from ediel.market import Grant, PartyGln, Record
from ediel.market._register import PointId, Reference

Way = Literal["request", "document"]
Status = Literal["Pending", "Accepted", "Signed", "Rejected", "Expired"]
ANSWER_DAYS: Final = 28
"""Days that the end user has: today (Oslo) and 28 days."""
MOVE_IN: Final = "MoveInAndChangeOfBalanceSupplierForPerson"
KINDS: Final = ("ChangeOfBalanceSupplierForPerson", MOVE_IN)


class Asked(Record):
    """A request or a document."""

    identification: Reference
    way: Way
    kind: str
    status: Status = "Pending"
    supplier: PartyGln
    person: str = Field(repr=False)
    name: str = Field(repr=False)
    metering_point: PointId
    address: str = Field(repr=False)
    supplier_name: str
    contract: str
    move_in_date: date | None = None
    language: str = "nb"
    redirect_uri: str | None = None
    created_at: datetime
    updated_at: datetime
    last_day: date = Field(description="Last day on which the end user may answer.")
    grant: Reference | None = None

    def stands(self, now: datetime) -> Status:
        """Its status at a moment: what was not answered in time has lapsed."""
        return "Expired" if self.status == "Pending" and market_day(now) > self.last_day else self.status


def last_day(now: datetime) -> date:
    """Last day on which the end user may answer what is asked now."""
    return market_day(now) + timedelta(days=ANSWER_DAYS)


def year_later(day: date) -> date:
    """The same day a year on; 28 February for the 29th."""
    try:
        return day.replace(year=day.year + 1)
    except ValueError:
        return day.replace(year=day.year + 1, day=28)


def _moment(value: datetime) -> str:
    return value.astimezone(OSLO).isoformat(timespec="seconds")


def _end(day: date) -> str:
    """The last second of a day."""
    return _moment(midnight(day + timedelta(days=1)) - timedelta(seconds=1))


def links(address: str, pages: tuple[int, int] | None = None) -> dict[str, str]:
    """Links of a document; of a page where its number and how many there are is given."""
    if pages is None:
        return {"self": address, "first": address, "last": address}
    number, count = pages
    last = max(0, count - 1)

    def at(page: int) -> str:
        return f"{address}?page[number]={page}".replace("[", "%5B").replace("]", "%5D")

    found = {"self": at(number), "first": at(0), "last": at(last)}
    if number > 0:
        found["prev"] = at(min(number - 1, last))
    if number < last:
        found["next"] = at(number + 1)
    return found


def _party(kind: str, identification: str) -> dict[str, Any]:
    return {"data": {"type": kind, "id": identification}}


def shown(asked: Asked, now: datetime, base: str, person: str) -> dict[str, Any]:
    """A request or document as a resource.

    Args:
        asked: what is kept.
        now: the market's moment.
        base: address of the API.
        person: the hub's identification of the end user.
    """
    document = asked.way == "document"
    name = "Document" if document else "Request"
    own = f"{base}/authorization-{name.lower()}s/{asked.identification}"
    meta: dict[str, Any] = {
        "requestedFromName": asked.name,
        "requestedForMeteringPointId": asked.metering_point,
        "requestedForMeteringPointAddress": asked.address,
        "balanceSupplierName": asked.supplier_name,
        "balanceSupplierContractName": asked.contract,
    }
    if asked.redirect_uri is not None and not document:
        meta["redirectURI"] = asked.redirect_uri
    relationships: dict[str, Any] = {
        "requestedBy": _party("OrganizationEntity", asked.supplier),
        "requestedFrom": _party("Person", person),
        "requestedTo": _party("Person", person),
    }
    if asked.grant is not None:
        relationships["signedBy" if document else "approvedBy"] = _party("Person", person)
        relationships["authorizationGrant"] = {
            "links": {"self": f"{base}/authorization-grants/{asked.grant}"},
            "data": {"type": "AuthorizationGrant", "id": asked.grant},
        }
    return {
        "id": asked.identification,
        "type": f"Authorization{name}",
        "attributes": {
            f"{name.lower()}Type": asked.kind,
            "status": asked.stands(now),
            "createdAt": _moment(asked.created_at),
            "updatedAt": _moment(asked.updated_at),
            "validTo": _end(asked.last_day),
        },
        "relationships": relationships,
        "meta": meta,
        "links": {"self": own, "file": f"{own}.pdf"} if document else links(own),
    }


def shown_grant(asked: Asked, grant: Grant, status: str, base: str, person: str) -> dict[str, Any]:
    """A grant as a resource."""
    name = "Document" if asked.way == "document" else "Request"
    own = f"{base}/authorization-grants/{grant.identification}"
    found: dict[str, Any] = {
        "id": grant.identification,
        "type": "AuthorizationGrant",
        "attributes": {
            "status": status,
            "createdAt": _moment(asked.updated_at),
            "updatedAt": _moment(asked.updated_at),
            "grantedAt": _moment(asked.updated_at),
            "validFrom": _moment(midnight(grant.valid_from)),
            "validTo": _end(grant.valid_to),
        },
        "relationships": {
            "grantedFor": _party("Person", person),
            "grantedBy": _party("Person", person),
            "grantedTo": _party("OrganizationEntity", grant.supplier),
            "source": {
                "data": {"id": asked.identification, "type": f"Authorization{name}"},
                "links": {"self": f"{base}/authorization-{name.lower()}s/{asked.identification}"},
            },
            "scopes": {"data": [{"id": scope_of(grant), "type": "AuthorizationScope"}]},
        },
        "links": {"self": own},
    }
    if asked.move_in_date is not None:
        found["meta"] = {"moveInDate": asked.move_in_date.isoformat()}
    return found


def scope_of(grant: Grant) -> str:
    """Identification of the one scope of a grant."""
    return str(uuid5(UUID(grant.identification), "scope"))


def shown_scope(asked: Asked, grant: Grant) -> dict[str, Any]:
    """The scope of a grant as a resource: one permission at one metering point."""
    return {
        "id": scope_of(grant),
        "type": "AuthorizationScope",
        "attributes": {"permissionType": asked.kind, "createdAt": _moment(asked.updated_at)},
        "relationships": {"authorizedResources": {"data": [{"type": "MeteringPoint", "id": grant.metering_point}]}},
    }
