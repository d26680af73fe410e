"""Labels: a message's name, and the variant of it that the tables tell apart.

``RequestStartOfSupply``, ``RequestStartOfSupply:cancel``, ``RejectStartOfSupply:rollback``, ``Acknowledgement:add rejected``.
"""

from __future__ import annotations

from typing import Final

from ediel import brs
from ediel.codes import DocumentType, StatusType
from ediel.messages import Acknowledgement, Message, RequestUpdateSharedProduction, UpdateThirdPartyAccess

_ANSWERS: Final = frozenset({"ConfirmStartOfSupply", "RejectStartOfSupply", "ConfirmEndOfSupply", "RejectEndOfSupply"})
_REQUESTS: Final = frozenset({"RequestStartOfSupply", "RequestEndOfSupply"})
_NOTICES: Final = frozenset({"NotifyStartOfSupply", "NotifyEndOfSupply"})


def label_of(message: Message, about: str | None = None) -> str:
    """The label of a message.

    Args:
        message: the message.
        about: for an answer, the label of the message that it answers, when that is known. Without it the document type
            and the process tell, as far as they can.
    """
    name = message.name()
    variant = _variant(name, message, about)
    return f"{name}:{variant}" if variant else name


def variant_of(label: str) -> str:
    """What is behind the colon, or ``request``."""
    return label.partition(":")[2] or "request"


def occurs(process: brs.Process, label: str) -> bool:
    """Whether a message may come with a label in a process: a rollback is a process of its own."""
    name, variant = label.partition(":")[0], variant_of(label)
    use = process.use(name)
    if use is None:
        return False
    rolls_back = brs.is_rollback(process.code)
    if name in _NOTICES:
        return (rolls_back or use.cancels) if variant == "rollback" else not rolls_back
    if name in _REQUESTS or name in _ANSWERS:
        return rolls_back if variant == "rollback" else not rolls_back and (variant == "request" or use.cancels)
    return True


def _variant(name: str, message: Message, about: str | None) -> str | None:
    if name in _REQUESTS:
        found = _kind(message)
        return None if found == "request" else found
    if name in _ANSWERS:
        return variant_of(about) if about else _kind(message)
    if name in _NOTICES:
        return "rollback" if _kind(message) != "request" else None
    if isinstance(message, Acknowledgement):
        status = "accepted" if message.payload.status is StatusType.ACCEPTED else "rejected"
        return f"{variant_of(about)} {status}" if about else status
    if isinstance(message, UpdateThirdPartyAccess | RequestUpdateSharedProduction):
        return str(message.payload.update_indicator.value).lower()
    return None


def _kind(message: Message) -> str:
    if brs.is_rollback(message.process.business_process):
        return "rollback"
    return "cancel" if message.header.document_type is DocumentType.CANCELLATION else "request"
