"""What to do about a refusal. Codes and statuses are those of the published OpenAPI documents; the advice is ours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_BY_CODE: Final[Mapping[str, str]] = {
    # Maskinporten (OAuth 2.0, RFC 6749 section 5.2)
    "invalid_grant": "check the clock of this machine, the client id, and that key and certificate are valid",
    "invalid_scope": "add the scope to the client in Samarbeidsportalen; Elhub must have granted it",
    "invalid_client": "check the client id, and that the key or the certificate is registered for it",
    "invalid_request": "the request is not as Maskinporten wants it; is the environment the right one?",
    "unauthorized_client": "the client is not registered for this grant type; see Samarbeidsportalen",
    # Contracts API
    "INVALID_INPUT": "see the pointer: something is missing in the contract",
    "INVALID_END_DATE": "give an end date on or after the start date",
    "INVALID_STATUS_UPDATE": "this status is set by Elhub, not by a party",
    "END_USER_RESTRICTED_FIELD_UPDATE": "an end user may change the status alone",
    "CONTRACT_NOT_FOUND": "fetch the contracts of the metering point, and take the identification from there",
    "CONTRACT_NOT_FOUND_FOR_METERING_POINT": "check the metering point, and that you have a valid contract on it",
    "CONTRACT_ALREADY_EXISTS": "change the contract that is there, or end it first",
    "METERING_POINT_MISMATCH": "the contract is of another metering point; fetch it anew",
    "CONTRACT_TYPE_MISMATCH": "the contract is of another type; fetch it anew",
    "INVALID_STATUS_TRANSITION": "fetch the contract: its status does not allow that; after 14 days it is locked",
}
_BY_STATUS: Final[Mapping[int, str]] = {
    400: "correct what the text names",
    401: "check that the token's organisation is that of the sender's GLN, and the clock of this machine",
    403: "check that the party has the role for this API, and that the sender may act for the party it names",
    404: "check the identification, and that the party may see it",
    406: "this client asks for the published type; is there a proxy between?",
    409: "something of this kind is there already: fetch it before you try again",
    413: "a signed document may be 1 MB at the most",
    415: "the body was not accepted as the published type; is there a proxy between?",
    422: "correct what the text names; names, address and contract must be as Elhub and strompris.no have them",
    429: "call less often, or wait as long as the answer says",
}


def advice_for(status: int, code: str | None) -> str:
    """What to do; empty where nothing is known."""
    return _BY_CODE.get(code or "") or _BY_STATUS.get(status, "")
