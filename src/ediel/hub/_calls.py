"""A call to the hub's endpoint, what is kept of it for whoever looks, and who the hub is on the wire."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from ediel.transport import Algorithm, Identity, Replays, Trust
from ediel.transport._signer import Refer

__all__ = ["Acknowledged", "Call", "Keys", "RefusedCall", "Security"]

Security = Literal["required", "optional"]


@dataclass(slots=True)
class Call:
    """An HTTP request to a service.

    Attributes:
        service: last part of the address.
        body: the bytes, as they came.
        content_type, encoding, action: the headers ``Content-Type``, ``Content-Encoding`` and ``SOAPAction``.
        signed: whether there is a signature in it; ``None`` until it has been read.
    """

    service: str
    body: bytes
    content_type: str = "text/xml; charset=utf-8"
    encoding: str = ""
    action: str = ""
    signed: bool | None = None


@dataclass(frozen=True, slots=True)
class RefusedCall:
    """Something that was refused at the endpoint, for whoever looks."""

    at: datetime
    group: str
    text: str
    service: str
    sender: str | None


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """An acknowledgement that has come, for whoever looks.

    Attributes:
        at: the market's time.
        sender: who has told it.
        service: through which service; a channel for polling, where it is as in the samples.
        taken: whether a result set waited for it.
    """

    at: datetime
    sender: str
    service: str
    waited: bool


@dataclass
class Keys:
    """Who the hub is on the wire.

    Attributes:
        identity: signs the answers; ``None`` for answers without a signature.
        trust: whose requests are believed.
        expired: an identity whose certificate has expired, to misbehave with.
        algorithm: how answers are signed.
        replays: which requests have come before.
        refer: whether answers hold the certificate, or how they name it. What Elhub does is not published: its WSDL
            says that it does not send it, and a mock service of its does.
    """

    identity: Identity | None
    trust: Trust | None
    expired: Identity | None = None
    algorithm: Algorithm = Algorithm.RSA_SHA1
    replays: Replays = field(default_factory=Replays)
    refer: Refer = "token"
