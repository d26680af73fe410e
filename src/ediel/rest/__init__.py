"""Elhub's REST side: one identity, Maskinporten's tokens, and clients of the APIs. Needs the extra ``rest``.

``Elhub`` and ``AsyncElhub`` make calls; ``access`` describes those of the Access API (consents), ``contracts``
those of Norgespris; ``Consents`` lets an engine's processes follow consents; ``AccessByUrl`` sends end users to Elhub
who shall give a third party access, and takes what comes back.
"""

from typing import Final

from ediel._lazy import lazily

_NAMES: Final = {
    "_pending": ("DatabasePending", "MemoryPending", "PendingAccess", "PendingAccesses"),
    "_return_data": ("AccessReturn", "GivenAccess", "ReturnNames"),
    "callback": ("AccessByUrl", "Invitation", "Received"),
    "client": ("AsyncElhub", "Elhub"),
    "configured": ("elhub_of",),
    "consents": ("Consents", "ConsentState"),
    "environments": ("REST_ENVIRONMENTS", "Api", "RestEnvironment", "rest_environment"),
    "errors": (
        "ApiError", "ApiRefused", "ApiUnavailable", "InvalidRestIdentity", "NoConsent", "RestError", "ReturnRefused",
        "TokenRefused", "TooManyCalls", "UnexpectedAnswer",
    ),
    "identity": ("SCOPES", "PartyType", "RestIdentity"),
    "jsonapi": ("Listing", "Page"),
}  # fmt: skip

__getattr__, __dir__, __all__ = lazily(__name__, globals(), _NAMES, modules=("access", "contracts"))
