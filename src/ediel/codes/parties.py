"""Codes of customers and addresses, reasons for an end of supply, currencies."""

from ediel.codes._base import Code


class EndUserScheme(Code):
    """Which register an end user's identification belongs to (``schemeAgencyIdentifier``)."""

    ORGANISATION_NUMBER = "82", None, "organisation number, 9 digits", "organisasjonsnummer", "BIM code-list-agencies"
    NATIONAL_IDENTITY_NUMBER = (
        "Z01", None, "national identity number or D-number, 11 digits", "fødselsnummer eller D-nummer",
        "BIM code-list-agencies",
    )  # fmt: skip


class AddressType(Code):
    """What a customer's address is for."""

    INVOICE = "invoiceadr", None, "invoice address", "fakturaadresse", "end-user guideline"
    POSTAL = "postaladr", None, "postal address", "postadresse", "end-user guideline"


class CommunicationChannel(Code):
    """How a customer can be reached."""

    EMAIL = "Email", None, "e-mail", "e-post", "XSD"
    MOBILE = "Mobile", None, "mobile phone", "mobil", "XSD"
    PHONE = "Phone", None, "phone", "telefon", "XSD"
    TELEFAX = "Telefax", None, "telefax", "telefaks", "XSD"


class EndReason(Code):
    """Why a supply ends (``ReasonForTransaction``)."""

    DEATH = "Z41", None, "death", "dødsfall", "BIM referansedata-for-opphoersaarsak"
    MOVE_OUT = "Z42", None, "move-out", "utflytting", "BIM referansedata-for-opphoersaarsak"
    BANKRUPTCY = "Z44", None, "bankruptcy", "konkurs", "BIM referansedata-for-opphoersaarsak"
    CHANGE_OF_SUPPLIER = "Z45", None, "change of supplier", "leverandørskifte", "BIM referansedata-for-opphoersaarsak"


class Currency(Code):
    """ISO 4217 currency (agency 5)."""

    DKK = "DKK", "5", "Danish krone", "danske kroner", "ISO 4217"
    EUR = "EUR", "5", "euro", "euro", "ISO 4217"
    NOK = "NOK", "5", "Norwegian krone", "norske kroner", "ISO 4217"
    SEK = "SEK", "5", "Swedish krona", "svenske kroner", "ISO 4217"
