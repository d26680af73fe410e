"""The wire: SOAP envelopes around messages, the signatures on them, and calls to a hub. Needs the extra ``transport``.

``wrap`` puts a message into an envelope, ``sign`` signs it, ``verify`` gives back what was signed; ``Client``
calls a hub, ``Courier`` carries the messages of an engine.
"""

from ediel.transport.client import Answer, AnswerRefused, Client, HubFault, Unavailable
from ediel.transport.config import Config, InvalidConfig
from ediel.transport.courier import Courier, Tour
from ediel.transport.envelope import Envelope, NoOperation, wrap
from ediel.transport.environments import ENVIRONMENTS, Environment, environment
from ediel.transport.errors import SecurityRefused, TransportError
from ediel.transport.identity import Identity, InvalidIdentity, Trust, organisation_number
from ediel.transport.polling import CHANNELS, acknowledgement_of, poll_of
from ediel.transport.signing import Algorithm, sign
from ediel.transport.verifying import Replays, Verified, verify

__all__ = [
    "CHANNELS",
    "ENVIRONMENTS",
    "Algorithm",
    "Answer",
    "AnswerRefused",
    "Client",
    "Config",
    "Courier",
    "Envelope",
    "Environment",
    "HubFault",
    "Identity",
    "InvalidConfig",
    "InvalidIdentity",
    "NoOperation",
    "Replays",
    "SecurityRefused",
    "Tour",
    "TransportError",
    "Trust",
    "Unavailable",
    "Verified",
    "acknowledgement_of",
    "environment",
    "organisation_number",
    "poll_of",
    "sign",
    "verify",
    "wrap",
]
