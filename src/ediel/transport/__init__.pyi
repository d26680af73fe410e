# Written by tools/write_stubs.py from the table in __init__.py; do not edit.
from ediel.transport._large import LargeAnswer as LargeAnswer
from ediel.transport._large import receive_large as receive_large
from ediel.transport._settings import ClientSettings as ClientSettings
from ediel.transport._settings import CourierSettings as CourierSettings
from ediel.transport._spool import Spool as Spool
from ediel.transport.answers import Answer as Answer
from ediel.transport.client import Client as Client
from ediel.transport.clients import Clients as Clients
from ediel.transport.config import Config as Config
from ediel.transport.courier import Courier as Courier
from ediel.transport.courier import Cycle as Cycle
from ediel.transport.daemon import Daemon as Daemon
from ediel.transport.daemon import listening as listening
from ediel.transport.doctor import Check as Check
from ediel.transport.doctor import examine as examine
from ediel.transport.envelope import Envelope as Envelope
from ediel.transport.envelope import wrap as wrap
from ediel.transport.environments import ENVIRONMENTS as ENVIRONMENTS
from ediel.transport.environments import Environment as Environment
from ediel.transport.environments import environment as environment
from ediel.transport.errors import AnswerRefused as AnswerRefused
from ediel.transport.errors import AnswerTooLarge as AnswerTooLarge
from ediel.transport.errors import BadRoad as BadRoad
from ediel.transport.errors import HubFault as HubFault
from ediel.transport.errors import InvalidAddress as InvalidAddress
from ediel.transport.errors import InvalidConfig as InvalidConfig
from ediel.transport.errors import InvalidIdentity as InvalidIdentity
from ediel.transport.errors import NoClient as NoClient
from ediel.transport.errors import NoOperation as NoOperation
from ediel.transport.errors import SecurityRefused as SecurityRefused
from ediel.transport.errors import TransportError as TransportError
from ediel.transport.errors import Unavailable as Unavailable
from ediel.transport.explaining import Explanation as Explanation
from ediel.transport.explaining import explain_envelope as explain_envelope
from ediel.transport.folder import Fate as Fate
from ediel.transport.folder import Folders as Folders
from ediel.transport.folder import fetch as fetch
from ediel.transport.folder import send_file as send_file
from ediel.transport.guard import ClockGuard as ClockGuard
from ediel.transport.identity import Identity as Identity
from ediel.transport.identity import Trust as Trust
from ediel.transport.identity import organisation_number as organisation_number
from ediel.transport.polling import CHANNELS as CHANNELS
from ediel.transport.polling import acknowledgement_of as acknowledgement_of
from ediel.transport.polling import poll_of as poll_of
from ediel.transport.replays import Replays as Replays
from ediel.transport.signing import Algorithm as Algorithm
from ediel.transport.signing import sign as sign
from ediel.transport.verifying import Verified as Verified
from ediel.transport.verifying import verify as verify
from ediel.transport.verifying import verify_again as verify_again

__all__ = [
    "Algorithm",
    "Answer",
    "AnswerRefused",
    "AnswerTooLarge",
    "BadRoad",
    "CHANNELS",
    "Check",
    "Client",
    "ClientSettings",
    "Clients",
    "ClockGuard",
    "Config",
    "Courier",
    "CourierSettings",
    "Cycle",
    "Daemon",
    "ENVIRONMENTS",
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
    "LargeAnswer",
    "NoClient",
    "NoOperation",
    "Replays",
    "SecurityRefused",
    "Spool",
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
    "receive_large",
    "send_file",
    "sign",
    "verify",
    "verify_again",
    "wrap",
]
