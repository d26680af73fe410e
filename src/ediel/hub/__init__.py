"""A stand-in Elhub: a register of the market, decisions by the rules, queues to poll, a SOAP endpoint, misbehaviours.

``Hub.open`` makes one on a database, ``asgi`` puts it on the network, ``plausible`` makes a market for it. Needs the
extra ``hub``.
"""

from typing import Final

from ediel._lazy import lazily

_NAMES: Final = {
    "_calls": ("Call", "Keys", "RefusedCall"),
    "_guard": ("kept_token",),
    "_hub": ("Hub",),
    "_settings": ("HubSettings",),
    "_replies": ("Reply",),
    "app": ("SERVICES", "asgi"),
    "clock": ("VirtualClock",),
    "errors": ("Rebound",),
    "keyring": ("Keyring", "keys_folder"),
    "misbehaviour": ("KINDS", "Misbehaviour", "Misbehaviours"),
    "seed": ("HubParty", "HubPoint", "Resident", "Seed", "plausible"),
}  # fmt: skip

__getattr__, __dir__, __all__ = lazily(__name__, globals(), _NAMES)
