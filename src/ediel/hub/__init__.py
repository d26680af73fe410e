"""A stand-in Elhub: a register, a desk that judges, queues to poll, a door that speaks SOAP; misbehaves when told to.

``Hub.open`` makes one on a database, ``asgi`` puts it on the network, ``plausible`` makes a market for it. Needs the
extra ``hub``.
"""

from typing import TYPE_CHECKING, Final

from ediel._lazy import lazily

if TYPE_CHECKING:
    from ediel.hub._calls import Call, Keys, RefusedCall
    from ediel.hub._guard import kept_token
    from ediel.hub._hub import Hub, Rebound
    from ediel.hub._replies import Reply
    from ediel.hub.app import SERVICES, asgi
    from ediel.hub.clock import VirtualClock
    from ediel.hub.keyring import Keyring
    from ediel.hub.misbehaviour import KINDS, Misbehaviour, Misbehaviours
    from ediel.hub.seed import HubParty, HubPoint, Resident, Seed, plausible

_HOME: Final[dict[str, str]] = {
    **dict.fromkeys(("Call", "Keys", "RefusedCall"), "_calls"),
    "Reply": "_replies",
    **dict.fromkeys(("SERVICES", "asgi"), "app"),
    "VirtualClock": "clock",
    "kept_token": "_guard",
    **dict.fromkeys(("Hub", "Rebound"), "_hub"),
    "Keyring": "keyring",
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
    "Rebound",
    "RefusedCall",
    "Reply",
    "Resident",
    "Seed",
    "VirtualClock",
    "asgi",
    "kept_token",
    "plausible",
]
