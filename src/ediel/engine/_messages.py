"""What was received and sent, typed: by identification, by process, by the step that it made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Literal

from ediel.engine.errors import EngineError
from ediel.messages import Message
from ediel.store import ArchiveRemoved, Browser, moment_of
from ediel.xml import Document, Part, read

__all__ = ["Exchanged", "Messages", "NotSent"]


@dataclass(frozen=True, slots=True)
class Exchanged:
    """One message of a process.

    Attributes:
        direction: ``received`` or ``sent``.
        name: name of the message.
        message_id: its identification.
        at: when it was received, or written to the outbox.
        status: of a received one ``handled`` or ``ignored``, of a sent one its status in the outbox.
        message: the message itself, typed. It may hold people.
    """

    direction: Literal["received", "sent"]
    name: str
    message_id: str
    at: datetime
    status: str
    message: Message


@dataclass(frozen=True, slots=True)
class NotSent:
    """A message that has not arrived at the hub, and will not without a decision.

    Attributes:
        message_id: its identification.
        name: name of the message.
        status: ``held`` (until somebody decides) or ``failed`` (refused for good, or given up).
        attempts: how often it was tried.
        error: what was answered, or why it was given up.
    """

    message_id: str
    name: str
    status: str
    attempts: int
    error: str | None


class Messages:
    """The messages of a database."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._parsed = lru_cache(maxsize=4)(self._parse)

    def get(self, message_id: str, *, sender: str | None = None) -> Message:
        """A message that was received or sent.

        Args:
            message_id: its identification.
            sender: GLN of the juridical sender, where two have used the same identification.

        Raises:
            EngineError: there is none, or several senders have used the identification.
        """
        rows = [row for row in self._browser.received(message_id) if sender in {None, row["sender"]}]
        if len(rows) > 1:
            senders = ", ".join(sorted(row["sender"] for row in rows))
            raise EngineError(f"several have sent a message {message_id}: {senders}. Say which with sender=")
        if rows:
            return self.at(rows[0]["sha256"], rows[0]["position"])
        sent = self._browser.messages([message_id])
        if message_id not in sent:
            raise EngineError(f"there is no message {message_id} here, neither received nor sent")
        return _sent(message_id, sent[message_id])

    def of_process(self, process_id: str) -> list[Exchanged]:
        """What moved a process, and what it sent, in the order of its steps."""
        exchanged = [
            (row["version"], 0, Exchanged(
                "received", row["name"], row["message_id"], moment_of(row["received_at"]), row["outcome"],
                self.at(row["sha256"], row["position"]),
            ))
            for row in self._browser.received_for(process_id)
        ]  # fmt: skip
        exchanged += [
            (row["version"] or 0, row["number"], Exchanged(
                "sent", row["name"], row["message_id"], moment_of(row["created_at"]), row["status"],
                _sent(row["message_id"], row["data"]),
            ))
            for row in self._browser.sent_for(process_id)
        ]  # fmt: skip
        return [item for _, _, item in sorted(exchanged, key=lambda row: row[:2])]

    def not_sent(self, process_id: str) -> list[NotSent]:
        """What a process could not send, in the order in which it was written."""
        return [
            NotSent(row["message_id"], row["name"], row["status"], row["attempts"], row["error"])
            for row in self._browser.sent_for(process_id)
            if row["status"] in {"held", "failed"}
        ]

    def of_step(self, process_id: str, version: int) -> Message | None:
        """The received message that made a step; ``None`` where none did."""
        row = self._browser.received_at(process_id, version)
        return None if row is None else self.at(row["sha256"], row["position"])

    def forget(self) -> None:
        """Read again what was read: it may have been purged, or a person in it erased."""
        self._parsed.cache_clear()

    def at(self, sha256: str, position: int) -> Message:
        """A received message, by the digest of the bytes that it came in, and its place in them.

        Raises:
            EngineError: it is not there, or cannot be read.
        """
        message = self._parsed(sha256)[position].message
        if message is None:
            raise EngineError(f"the schema of this release refuses message {position + 1} of {sha256} in the archive")
        return message

    def _parse(self, sha256: str) -> tuple[Part, ...]:
        try:
            data = self._browser.archived(sha256)
        except ArchiveRemoved as error:
            raise EngineError(f"the bytes of the message were purged: {error}") from None
        if data is None:
            raise EngineError(f"the archive has lost {sha256}; `ediel db check` tells what else is missing")
        return Document.read(data).parts


def _sent(message_id: str, data: bytes) -> Message:
    """A sent message.

    Raises:
        EngineError: its bytes were purged.
    """
    if not data:
        raise EngineError(f"the bytes of the sent message {message_id} were purged by their retention")
    return read(data)
