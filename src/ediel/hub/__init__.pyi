# Written by tools/write_stubs.py from the table in __init__.py; do not edit.
from ediel.hub._calls import Call as Call
from ediel.hub._calls import Keys as Keys
from ediel.hub._calls import RefusedCall as RefusedCall
from ediel.hub._guard import kept_token as kept_token
from ediel.hub._hub import Hub as Hub
from ediel.hub._replies import Reply as Reply
from ediel.hub._settings import HubSettings as HubSettings
from ediel.hub.app import SERVICES as SERVICES
from ediel.hub.app import asgi as asgi
from ediel.hub.clock import VirtualClock as VirtualClock
from ediel.hub.errors import Rebound as Rebound
from ediel.hub.keyring import Keyring as Keyring
from ediel.hub.keyring import keys_folder as keys_folder
from ediel.hub.misbehaviour import KINDS as KINDS
from ediel.hub.misbehaviour import Misbehaviour as Misbehaviour
from ediel.hub.misbehaviour import Misbehaviours as Misbehaviours
from ediel.hub.seed import HubParty as HubParty
from ediel.hub.seed import HubPoint as HubPoint
from ediel.hub.seed import Resident as Resident
from ediel.hub.seed import Seed as Seed
from ediel.hub.seed import plausible as plausible

__all__ = [
    "Call",
    "Hub",
    "HubParty",
    "HubPoint",
    "HubSettings",
    "KINDS",
    "Keyring",
    "Keys",
    "Misbehaviour",
    "Misbehaviours",
    "Rebound",
    "RefusedCall",
    "Reply",
    "Resident",
    "SERVICES",
    "Seed",
    "VirtualClock",
    "asgi",
    "kept_token",
    "keys_folder",
    "plausible",
]
