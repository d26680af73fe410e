"""The wire: SOAP envelopes around messages, the signatures on them, and calls to a hub. Needs the extra ``transport``.

``wrap`` puts a message into an envelope, ``sign`` signs it, ``verify`` gives back what was signed; ``Client``
calls a hub, ``Courier`` carries the messages of an engine.
"""

from typing import Final

from ediel._lazy import lazily

_NAMES: Final = {
    "_large": ("LargeAnswer", "receive_large"),
    "_settings": ("ClientSettings", "CourierSettings"),
    "_spool": ("Spool",),
    "answers": ("Answer",),
    "client": ("Client",),
    "clients": ("Clients",),
    "config": ("Config",),
    "courier": ("Courier", "Cycle"),
    "daemon": ("Daemon", "listening"),
    "doctor": ("Check", "examine"),
    "envelope": ("Envelope", "wrap"),
    "environments": ("ENVIRONMENTS", "Environment", "environment"),
    "errors": (
        "AnswerRefused", "AnswerTooLarge", "BadRoad", "HubFault", "InvalidAddress", "InvalidConfig", "InvalidIdentity",
        "NoClient", "NoOperation", "SecurityRefused", "TransportError", "Unavailable",
    ),
    "explaining": ("Explanation", "explain_envelope"),
    "folder": ("Fate", "Folders", "fetch", "send_file"),
    "guard": ("ClockGuard",),
    "identity": ("Identity", "Trust", "organisation_number"),
    "polling": ("CHANNELS", "acknowledgement_of", "poll_of"),
    "signing": ("Algorithm", "sign"),
    "replays": ("Replays",),
    "verifying": ("Verified", "verify", "verify_again"),
}  # fmt: skip

__getattr__, __dir__, __all__ = lazily(__name__, globals(), _NAMES)
