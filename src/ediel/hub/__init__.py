"""A stand-in Elhub: a register of the market, decisions by the rules, queues to poll, a SOAP endpoint, misbehaviours.

``Hub.open`` makes one on a database, ``asgi`` puts it on the network, ``plausible`` makes a market for it. Needs the
extra ``hub``.
"""

from typing import TYPE_CHECKING, Final

from ediel._lazy import lazily

if TYPE_CHECKING:
    from ediel.hub._endpoint import Call, Keys, RefusedCall
    from ediel.hub._hub import Hub
    from ediel.hub._replies import Reply
    from ediel.hub.app import SERVICES, asgi
    from ediel.hub.clock import VirtualClock
    from ediel.hub.keyring import Keyring, keys_folder
    from ediel.hub.misbehaviour import KINDS, Misbehaviour, Misbehaviours
    from ediel.hub.seed import HubParty, HubPoint, Resident, Seed, plausible

_HOME: Final[dict[str, str]] = {
    **dict.fromkeys(("Call", "Keys", "RefusedCall"), "_endpoint"),
    "Reply": "_replies",
    **dict.fromkeys(("SERVICES", "asgi"), "app"),
    "VirtualClock": "clock",
    "Hub": "_hub",
    "Keyring": "keyring",
    "keys_folder": "keyring",
    **dict.fromkeys(("KINDS", "Misbehaviour", "Misbehaviours"), "misbehaviour"),
    **dict.fromkeys(("HubParty", "HubPoint", "Resident", "Seed", "plausible"), "seed"),
}

__getattr__ = lazily(__name__, _HOME, globals())

__all__ = [
    "KINDS",
    "SERVICES",
    "Call",
    "Hub",
    "HubParty",
    "HubPoint",
    "Keyring",
    "Keys",
    "Misbehaviour",
    "Misbehaviours",
    "RefusedCall",
    "Reply",
    "Resident",
    "Seed",
    "VirtualClock",
    "asgi",
    "keys_folder",
    "plausible",
]
