"""Elhub's REST side: one identity, Maskinporten's tokens, and clients of the APIs. Needs the extra ``rest``.

``Elhub`` and ``AsyncElhub`` make calls; ``access`` describes those of the Access API (consents), ``contracts``
those of Norgespris; ``Consents`` lets an engine's processes follow consents.
"""

from typing import Final

from ediel._lazy import lazily

_NAMES: Final = {
    "client": ("AsyncElhub", "Elhub"),
    "configured": ("elhub_of",),
    "consents": ("Consents", "ConsentState"),
    "environments": ("REST_ENVIRONMENTS", "Api", "RestEnvironment", "rest_environment"),
    "errors": (
        "ApiError", "ApiRefused", "ApiUnavailable", "InvalidRestIdentity", "NoConsent", "RestError", "TokenRefused",
        "TooManyCalls", "UnexpectedAnswer",
    ),
    "identity": ("SCOPES", "PartyType", "RestIdentity"),
    "jsonapi": ("Listing", "Page"),
}  # fmt: skip

__getattr__, __dir__, __all__ = lazily(__name__, globals(), _NAMES, modules=("access", "contracts"))
