"""What can go wrong on the wire; part of the one exception tree."""

from __future__ import annotations

from typing import Literal

from ediel.errors import EdielError

__all__ = [
    "InvalidAddress",
    "InvalidConfig",
    "InvalidIdentity",
    "NoClient",
    "NoOperation",
    "Reason",
    "SecurityRefused",
    "TransportError",
]

Reason = Literal[
    "unreadable", "layout", "algorithm", "scope", "signature", "certificate", "trust", "organisation", "time", "replay"
]


class TransportError(EdielError):
    """Something is wrong on the way of a message."""


class NoClient(TransportError, LookupError):
    """Nobody can sign for a physical sender."""


class SecurityRefused(TransportError, ValueError):
    """An envelope that cannot be trusted. A hub answers with a SOAP fault of group ``Security``.

    Attributes:
        reason: what kind of thing is wrong: ``unreadable`` (no XML), ``layout`` (the header is not as the policy has
            it), ``algorithm``, ``scope`` (something else is signed than the Body and the Timestamp that are read),
            ``signature`` (it does not fit), ``certificate`` (not valid now, or not for signing), ``trust`` (nobody
            that is trusted has issued it), ``organisation`` (of somebody else), ``time`` (expired, or not yet valid),
            ``replay`` (it has come before).
    """

    def __init__(self, reason: Reason, text: str) -> None:
        super().__init__(text)
        self.reason = reason


class NoOperation(TransportError, LookupError):
    """No service takes a message, or several do and none was named."""


class InvalidConfig(TransportError, ValueError):
    """A configuration that cannot be used."""


class InvalidIdentity(TransportError, ValueError):
    """A key or a certificate that cannot be used. The text never holds any of it."""


class InvalidAddress(TransportError, ValueError):
    """An address that cannot be listened on."""
