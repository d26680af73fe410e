"""What the Access API says: requests, documents, grants and their scopes; and what it is asked with.

Source: the OpenAPI document and schemas of auth-grant-manager, version 0.1.0 (v0); v1 by a dated copy of its schemas.
Status and kind are texts: a value that this release does not know is kept.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AnyUrl, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from ediel.calendar import market_day
from ediel.identifiers import MeteringPointId, PartyId
from ediel.rest.jsonapi import Member, Reference, Related

CHANGE: Final = "ChangeOfBalanceSupplierForPerson"
MOVE_IN: Final = "MoveInAndChangeOfBalanceSupplierForPerson"
CHANGE_ORGANISATION: Final = "ChangeOfEnergySupplierForOrganization"
MOVE_IN_ORGANISATION: Final = "MoveInAndChangeOfEnergySupplierForOrganization"
PersonKind = Literal["ChangeOfBalanceSupplierForPerson", "MoveInAndChangeOfBalanceSupplierForPerson"]
OrganisationKind = Literal["ChangeOfEnergySupplierForOrganization", "MoveInAndChangeOfEnergySupplierForOrganization"]
Language = Literal["nb", "nn", "en"]
_Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
_PERSON: Final = r"^[0-9]{11}$"
_ORGANISATION: Final = r"^[0-9]{9}$"


class _Attributes(Member):
    created_at: datetime
    updated_at: datetime
    valid_to: datetime


class RequestAttributes(_Attributes):
    """Attributes of a request; status Pending, Accepted, Rejected or Expired."""

    request_type: str
    status: str


class DocumentAttributes(_Attributes):
    """Attributes of a document; status Pending, Signed, Rejected or Expired."""

    document_type: str
    status: str


class GrantAttributes(_Attributes):
    """Attributes of a grant; status Active, Exhausted, Expired or Revoked."""

    status: str
    granted_at: datetime | None = None
    valid_from: datetime


class _Relationships(Member):
    requested_by: Related
    requested_from: Related
    requested_to: Related
    approved_by: Related | None = None
    signed_by: Related | None = None
    authorization_grant: Related | None = None


class ConsentMeta(Member):
    """What a request or a document says about the point and the contract. Names and addresses stay out of ``repr``."""

    requested_from_name: str | None = Field(default=None, repr=False)
    requested_for_metering_point_id: str | None = None
    requested_for_metering_point_address: str | None = Field(default=None, repr=False)
    balance_supplier_name: str | None = None
    balance_supplier_contract_name: str | None = None
    text_version: str | None = None
    move_in_date: date | None = None
    redirect_uri: str | None = Field(default=None, alias="redirectURI")


class _Links(Member):
    self_: str | None = Field(default=None, alias="self")
    file: str | None = None


class _Asked(Member):
    """What requests and documents have in common."""

    id: str
    type: str
    relationships: _Relationships
    meta: ConsentMeta = ConsentMeta()
    links: _Links = _Links()

    @property
    def grant(self) -> str | None:
        """Identification of the grant; ``None`` until the end user has consented."""
        found = self.relationships.authorization_grant
        return None if found is None or found.data is None else found.data.id

    @property
    def metering_point(self) -> str | None:
        """The metering point that it is about."""
        return self.meta.requested_for_metering_point_id


class AuthorizationRequest(_Asked):
    """A request that the end user answers on Elhub's pages (Min side)."""

    attributes: RequestAttributes

    @property
    def kind(self) -> str:
        """What it is for."""
        return self.attributes.request_type

    @property
    def status(self) -> str:
        """Pending, Accepted, Rejected or Expired."""
        return self.attributes.status


class AuthorizationDocument(_Asked):
    """A document (PDF) that the end user signs elsewhere, and that is given back signed."""

    attributes: DocumentAttributes

    @property
    def kind(self) -> str:
        """What it is for."""
        return self.attributes.document_type

    @property
    def status(self) -> str:
        """Pending, Signed, Rejected or Expired."""
        return self.attributes.status


class _References(Member):
    data: tuple[Reference, ...] = ()


class _GrantRelationships(Member):
    granted_for: Related
    granted_by: Related | None = None
    granted_to: Related
    source: Related
    scopes: _References


class _GrantMeta(Member):
    move_in_date: date | None = None


class AuthorizationGrant(Member):
    """What an end user has consented to: one completed switch within a year."""

    id: str
    type: str
    attributes: GrantAttributes
    relationships: _GrantRelationships
    meta: _GrantMeta = _GrantMeta()

    @property
    def status(self) -> str:
        """Active, Exhausted, Expired or Revoked."""
        return self.attributes.status

    @property
    def source(self) -> str | None:
        """Identification of the request or document that it comes from."""
        found = self.relationships.source.data
        return None if found is None else found.id

    @property
    def last_day(self) -> date:
        """Last Norwegian day on which it may be used."""
        return market_day(self.attributes.valid_to)


class _ScopeAttributes(Member):
    permission_type: str | None = None
    created_at: datetime | None = None


class _ScopeRelationships(Member):
    authorized_resources: _References = _References()


class AuthorizationScope(Member):
    """What a grant allows, and where."""

    id: str
    type: str
    attributes: _ScopeAttributes
    relationships: _ScopeRelationships

    @property
    def metering_points(self) -> tuple[str, ...]:
        """The metering points."""
        return tuple(item.id for item in self.relationships.authorized_resources.data if item.type == "MeteringPoint")


# --- what it is asked with


class _Order(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class ConsentOrder(_Order):
    """Asks a person for consent to a change of supplier, or to a move-in, at one metering point (Access API v0).

    Name, supplier, contract and address must be as Elhub, the register of parties and strompris.no have them; the
    contract is compared without regard to case.
    """

    kind: PersonKind
    supplier: PartyId = Field(description="GLN of the balance supplier that asks.")
    person: str = Field(repr=False, pattern=_PERSON, description="National identity number of the end user.")
    name: _Text = Field(repr=False, description="Name of the end user.")
    metering_point: MeteringPointId
    address: _Text = Field(repr=False, description="Address of the metering point, in one line.")
    supplier_name: _Text
    contract: _Text = Field(description="Name of the contract, as on strompris.no.")
    move_in_date: date | None = Field(
        default=None, description="Day of a move-in today or back in time (BRS-NO-103); leave it out for a coming one."
    )
    language: Language | None = Field(default=None, description="Of the document; of no meaning for a request.")
    redirect_uri: AnyUrl | None = Field(
        default=None, description="Where the end user is sent afterwards; its host is registered for the supplier."
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.move_in_date is not None and self.kind != MOVE_IN:
            raise ValueError(f"move_in_date goes with {MOVE_IN} alone")
        return self

    def body(self, resource: Literal["AuthorizationRequest", "AuthorizationDocument"]) -> dict[str, Any]:
        """The JSON:API document of the order."""
        document = resource == "AuthorizationDocument"
        party = {"idType": "NationalIdentityNumber", "idValue": self.person}
        meta: dict[str, Any] = {
            "requestedBy": {"idType": "GlobalLocationNumber", "idValue": str(self.supplier)},
            "requestedFrom": party,
            "requestedTo": party,
            "requestedFromName": self.name,
            "requestedForMeteringPointId": str(self.metering_point),
            "requestedForMeteringPointAddress": self.address,
            "balanceSupplierName": self.supplier_name,
            "balanceSupplierContractName": self.contract,
        }
        if self.move_in_date is not None:
            meta["moveInDate"] = self.move_in_date.isoformat()
        if document and self.language is not None:
            meta["language"] = self.language
        if not document and self.redirect_uri is not None:
            meta["redirectURI"] = str(self.redirect_uri)
        kind = "documentType" if document else "requestType"
        return {"data": {"type": resource, "attributes": {kind: self.kind}, "meta": meta}}


class OrganisationConsentOrder(_Order):
    """Asks an organisation for consent at one or more metering points (Access API v1).

    Its shape is known from a dated copy; whether v1 is in use, and under which paths, is not.
    """

    kind: OrganisationKind
    organisation: str = Field(pattern=_ORGANISATION, description="Organisation number of the end user.")
    signer: str = Field(repr=False, pattern=_PERSON, description="National identity number of whoever signs for it.")
    metering_points: Annotated[tuple[MeteringPointId, ...], Field(min_length=1)]
    reference: Annotated[str, StringConstraints(min_length=1, max_length=255)] = Field(
        description="Reference of your own."
    )
    valid_from: date | None = Field(default=None, description="The one day from which the change is allowed.")
    language: Language = "nb"
    redirect_uri: AnyUrl | None = None

    @model_validator(mode="after")
    def _once(self) -> Self:
        if len(set(self.metering_points)) != len(self.metering_points):
            raise ValueError("metering_points: each metering point may stand once")
        return self

    def body(self, resource: Literal["AuthorizationRequest", "AuthorizationDocument"]) -> dict[str, Any]:
        """The JSON:API document of the order."""
        kind = "documentType" if resource == "AuthorizationDocument" else "requestType"
        attributes: dict[str, Any] = {
            kind: self.kind,
            "appliesTo": {"meteringPointId": [str(item) for item in self.metering_points]},
            "externalReference": self.reference,
        }
        if self.valid_from is not None:
            # exactly one date; that it stands in a list is assumed
            attributes["allowedChanges"] = {"validFrom": [self.valid_from.isoformat()]}
        meta: dict[str, Any] = {
            "requestedFrom": {"idType": "OrganizationNumber", "idValue": self.organisation},
            "requestedTo": {"idType": "NationalIdentityNumber", "idValue": self.signer},
            "language": self.language,
        }
        if resource == "AuthorizationRequest" and self.redirect_uri is not None:
            meta["redirectURI"] = str(self.redirect_uri)
        return {"data": {"type": resource, "attributes": attributes, "meta": meta}}
