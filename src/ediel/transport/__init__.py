"""The wire: SOAP envelopes around messages, the signatures on them, and calls to a hub. Needs the extra ``transport``.

``wrap`` puts a message into an envelope, ``sign`` signs it, ``verify`` gives back what was signed; ``Client``
calls a hub, ``Courier`` carries the messages of an engine.
"""

from ediel.transport.answers import Answer, AnswerRefused, HubFault, Unavailable
from ediel.transport.client import Client
from ediel.transport.clients import Clients
from ediel.transport.config import Config, InvalidConfig
from ediel.transport.courier import Courier, Cycle
from ediel.transport.daemon import Daemon, InvalidAddress, listening
from ediel.transport.doctor import Check, examine
from ediel.transport.envelope import Envelope, NoOperation, wrap
from ediel.transport.environments import ENVIRONMENTS, Environment, environment
from ediel.transport.errors import NoClient, SecurityRefused, TransportError
from ediel.transport.explaining import Explanation, explain_envelope
from ediel.transport.folder import Fate, Folders, fetch, send_file
from ediel.transport.guard import ClockGuard
from ediel.transport.identity import Identity, InvalidIdentity, Trust, organisation_number
from ediel.transport.polling import CHANNELS, acknowledgement_of, poll_of
from ediel.transport.signing import Algorithm, sign
from ediel.transport.verifying import Replays, Verified, verify, verify_again

__all__ = [
    "CHANNELS",
    "ENVIRONMENTS",
    "Algorithm",
    "Answer",
    "AnswerRefused",
    "Check",
    "Client",
    "Clients",
    "ClockGuard",
    "Config",
    "Courier",
    "Cycle",
    "Daemon",
    "Envelope",
    "Environment",
    "Explanation",
    "Fate",
    "Folders",
    "HubFault",
    "Identity",
    "InvalidAddress",
    "InvalidConfig",
    "InvalidIdentity",
    "NoClient",
    "NoOperation",
    "Replays",
    "SecurityRefused",
    "TransportError",
    "Trust",
    "Unavailable",
    "Verified",
    "acknowledgement_of",
    "environment",
    "examine",
    "explain_envelope",
    "fetch",
    "listening",
    "organisation_number",
    "poll_of",
    "send_file",
    "sign",
    "verify",
    "verify_again",
    "wrap",
]
