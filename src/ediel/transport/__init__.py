"""The wire: SOAP envelopes around messages, and the signatures on them. Needs the extra ``transport``.

identity = Identity.from_pkcs12(data, password)
envelope = wrap(message)
signed = sign(envelope, identity, now)          # bytes to send
verified = verify(answer, trust, now)           # what was signed, and by whom
"""

from ediel.transport.envelope import Envelope, NoOperation, wrap
from ediel.transport.errors import SecurityRefused, TransportError
from ediel.transport.identity import Identity, InvalidIdentity, Trust, organisation_number
from ediel.transport.signing import Algorithm, sign
from ediel.transport.verifying import Replays, Verified, verify

__all__ = [
    "Algorithm",
    "Envelope",
    "Identity",
    "InvalidIdentity",
    "NoOperation",
    "Replays",
    "SecurityRefused",
    "TransportError",
    "Trust",
    "Verified",
    "organisation_number",
    "sign",
    "verify",
    "wrap",
]
