# Written by tools/write_stubs.py from the table in __init__.py; do not edit.
from ediel.rest import access as access
from ediel.rest import contracts as contracts
from ediel.rest._pending import DatabasePending as DatabasePending
from ediel.rest._pending import MemoryPending as MemoryPending
from ediel.rest._pending import PendingAccess as PendingAccess
from ediel.rest._pending import PendingAccesses as PendingAccesses
from ediel.rest._return_data import AccessReturn as AccessReturn
from ediel.rest._return_data import GivenAccess as GivenAccess
from ediel.rest._return_data import ReturnNames as ReturnNames
from ediel.rest.callback import AccessByUrl as AccessByUrl
from ediel.rest.callback import Invitation as Invitation
from ediel.rest.callback import Received as Received
from ediel.rest.client import AsyncElhub as AsyncElhub
from ediel.rest.client import Elhub as Elhub
from ediel.rest.configured import elhub_of as elhub_of
from ediel.rest.consents import ConsentState as ConsentState
from ediel.rest.consents import Consents as Consents
from ediel.rest.environments import Api as Api
from ediel.rest.environments import REST_ENVIRONMENTS as REST_ENVIRONMENTS
from ediel.rest.environments import RestEnvironment as RestEnvironment
from ediel.rest.environments import rest_environment as rest_environment
from ediel.rest.errors import ApiError as ApiError
from ediel.rest.errors import ApiRefused as ApiRefused
from ediel.rest.errors import ApiUnavailable as ApiUnavailable
from ediel.rest.errors import InvalidRestIdentity as InvalidRestIdentity
from ediel.rest.errors import NoConsent as NoConsent
from ediel.rest.errors import RestError as RestError
from ediel.rest.errors import ReturnRefused as ReturnRefused
from ediel.rest.errors import TokenRefused as TokenRefused
from ediel.rest.errors import TooManyCalls as TooManyCalls
from ediel.rest.errors import UnexpectedAnswer as UnexpectedAnswer
from ediel.rest.identity import PartyType as PartyType
from ediel.rest.identity import RestIdentity as RestIdentity
from ediel.rest.identity import SCOPES as SCOPES
from ediel.rest.jsonapi import Listing as Listing
from ediel.rest.jsonapi import Page as Page

__all__ = [
    "AccessByUrl",
    "AccessReturn",
    "Api",
    "ApiError",
    "ApiRefused",
    "ApiUnavailable",
    "AsyncElhub",
    "ConsentState",
    "Consents",
    "DatabasePending",
    "Elhub",
    "GivenAccess",
    "InvalidRestIdentity",
    "Invitation",
    "Listing",
    "MemoryPending",
    "NoConsent",
    "Page",
    "PartyType",
    "PendingAccess",
    "PendingAccesses",
    "REST_ENVIRONMENTS",
    "Received",
    "RestEnvironment",
    "RestError",
    "RestIdentity",
    "ReturnNames",
    "ReturnRefused",
    "SCOPES",
    "TokenRefused",
    "TooManyCalls",
    "UnexpectedAnswer",
    "access",
    "contracts",
    "elhub_of",
    "rest_environment",
]
