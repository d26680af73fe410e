"""Dead letters: what could not be handled is kept, and why; nothing of it is lost."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import uuid5

from ediel.engine._results import DeadReason, Received
from ediel.engine._route import NAMESPACE
from ediel.engine.errors import PreflightRefused, Unroutable
from ediel.engine.observe import log, where
from ediel.errors import EdielError
from ediel.messages import Message
from ediel.processes import NoTransition, UnreadableProcess
from ediel.store import Unit, stamp

if TYPE_CHECKING:
    from ediel.engine._intake import Input

__all__ = ["dead_letter", "internal", "reason_of", "settle"]


def dead_letter(
    unit: Unit, item: Input, place: int, message: Message | None, reason: DeadReason, text: str, now: datetime
) -> Received:
    """Keep what could not be handled, and why; again under the same identification when it fails again."""
    identification = _dead_letter_id(item.sha256, place)
    before = unit.dead_letter(identification)
    header = None if message is None else message.header
    row = {
        "id": identification,
        "sha256": item.sha256,
        "position": place,
        "sender": header and str(header.juridical_sender),
        "message_id": header and header.identification,
        "name": None if message is None else message.name(),
        "reason": reason.value,
        "text": text,
        "at": before["at"] if before else stamp(now),
        "attempts": before["attempts"] + 1 if before else 1,
        "resolved_at": None,
    }
    unit.put("dead_letters", row)
    name = "" if message is None else message.name()
    message_id = "" if header is None else header.identification
    return Received("dead", name, message_id, None, None, text, identification, reason)


def settle(unit: Unit, item: Input, place: int, now: datetime) -> None:
    """A message that was a dead letter, and has been handled now."""
    row = unit.dead_letter(_dead_letter_id(item.sha256, place))
    if row is not None and row["resolved_at"] is None:
        unit.put("dead_letters", {**row, "resolved_at": stamp(now)})


def _dead_letter_id(sha256: str, place: int) -> str:
    return str(uuid5(NAMESPACE, f"{sha256}/{place}"))


def reason_of(error: EdielError) -> DeadReason:
    """Why a message cannot be handled, by its error."""
    match error:
        case Unroutable():
            return DeadReason.UNROUTABLE
        case NoTransition():
            return DeadReason.UNEXPECTED
        case PreflightRefused():
            return DeadReason.ANSWER_REFUSED
        case UnreadableProcess():
            return DeadReason.UNREADABLE_PROCESS
        case _:
            return DeadReason.REFUSED


def internal(message: Message, error: Exception) -> str:
    """Say that there is a mistake in a table, and where; nothing of the message."""
    log.error(
        "internal error", message_id=message.header.identification, error=type(error).__name__, where=where(error)
    )
    return f"internal error ({type(error).__name__}): a mistake in ediel, not in the message; please report it"
