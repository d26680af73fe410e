"""The customer and its addresses, in every message that names them: a start, an end, an update of the customer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ediel.codes import EndUserScheme
from ediel.rules._rule import NOT_APPLICABLE, Flaw, Known, Outcome, Row

if TYPE_CHECKING:
    from ediel.rules._shapes import CustomerEvent

_PERSON: Final = EndUserScheme.NATIONAL_IDENTITY_NUMBER


def _person_named(event: CustomerEvent, _facts: Known) -> Outcome:
    customer = event.customer
    if customer.identification_scheme is not _PERSON:
        return NOT_APPLICABLE
    if customer.given_name is not None or customer.family_name is not None:
        return ()
    return (Flaw("customer.family_name", None, "GivenName or FamilyName, or both"),)


def _person_only(event: CustomerEvent, _facts: Known) -> Outcome:
    if event.customer.identification_scheme is not _PERSON:
        return NOT_APPLICABLE
    return () if event.customer.name is None else (Flaw("customer.name", None, "nothing"),)


def _organisation_named(event: CustomerEvent, _facts: Known) -> Outcome:
    if event.customer.identification_scheme is _PERSON:
        return NOT_APPLICABLE
    return () if event.customer.name is not None else (Flaw("customer.name", None, "Name"),)


def _organisation_only(event: CustomerEvent, _facts: Known) -> Outcome:
    customer = event.customer
    if customer.identification_scheme is _PERSON:
        return NOT_APPLICABLE
    given = [name for name in ("given_name", "family_name") if getattr(customer, name) is not None]
    return tuple(Flaw(f"customer.{name}", None, "nothing") for name in given)


CUSTOMER: Final = (
    Row(
        "person-name", "EH031", "A person has a given name, a family name, or both.",
        "En person har fornavn, etternavn eller begge.", _person_named,
    ),
    Row("person-only", "EH031", "A person has no Name.", "En person har ikke Name.", _person_only),
    Row("organisation-name", "EH031", "An organisation has a Name.", "En virksomhet har Name.", _organisation_named),
    Row(
        "organisation-only", "EH031", "An organisation has no given or family name.",
        "En virksomhet har verken fornavn eller etternavn.", _organisation_only,
    ),
)  # fmt: skip


def _addresses(event: CustomerEvent, _facts: Known) -> Outcome:
    kinds = [address.address_type for address in event.addresses]
    if len(set(kinds)) == len(kinds):
        return ()
    return (Flaw("addresses.1.address_type", kinds[1].value, "the other type"),)


ADDRESSES: Final = Row(
    "addresses", None, "There is at most one postal and one invoice address.",
    "Det er høyst én postadresse og én fakturaadresse.", _addresses,
)  # fmt: skip
