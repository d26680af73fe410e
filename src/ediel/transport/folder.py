"""Messages by folders: what is dropped in is sent, and what comes back is written out. For those without a database.

A file is moved when its fate is known, and not before: after a crash it is sent again, with the identification that it
has. A result set is acknowledged when its file has been written.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ediel.engine import Party
from ediel.errors import EdielError, InvalidMessage, NotOneMessage
from ediel.messages import Message
from ediel.report import text as text_report
from ediel.rules import inspect
from ediel.transport.client import AnswerRefused, Client, HubFault, Unavailable
from ediel.transport.envelope import SERVICE_OF
from ediel.transport.errors import TransportError
from ediel.transport.polling import CHANNELS
from ediel.xml import Document, read

__all__ = ["Fate", "Folders", "fetch", "send_file"]

_ENDINGS: Final = (".xml", ".xml.gz")


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a file or of a poll.

    Attributes:
        name: name of the file, or what was polled.
        outcome: ``sent``, ``answered``, ``refused``, ``later`` (it will be tried again), ``received``, ``nothing``.
        text: in words.
        data: what came back, if anything did.
    """

    name: str
    outcome: str
    text: str
    data: bytes = b""


ClientOf = Callable[[str], Client]
"""Gives the client of a physical sender."""


def send_file(name: str, data: bytes, client_of: ClientOf, service: str | None = None) -> Fate:
    """Send the one message in a file, as it stands.

    Args:
        name: name of the file.
        data: its bytes.
        client_of: gives the client of the physical sender.
        service: name of the service, for the messages that several take.
    """
    document = Document.read(data)
    report = inspect(document, path=name).report
    if not report.valid:
        return Fate(name, "refused", "\n".join(text_report.lines(report)))
    try:
        message: Message = read(document)
        client = client_of(str(message.header.physical_sender))
        answer = client.call(message, service or SERVICE_OF.get(message.name()))
    except (InvalidMessage, NotOneMessage) as error:
        return Fate(name, "refused", str(error))
    except HubFault as fault:
        return Fate(name, "later" if fault.transient else "refused", fault.details)
    except (Unavailable, AnswerRefused) as error:
        return Fate(name, "later", str(error))
    except EdielError as error:
        return Fate(name, "refused", str(error))
    if answer.messages:
        return Fate(name, "answered", ", ".join(item.name() for item in answer.messages), answer.content)
    return Fate(name, "sent", f"{message.name()} {message.header.identification} was taken")


def fetch(
    client: Client,
    party: Party,
    channel: str,
    keep: Callable[[str, bytes], None],
    *,
    leave: bool = False,
    most: int = 100,
) -> Iterator[Fate]:
    """Fetch what waits for a party on a channel, one result set after the other.

    Args:
        client: who calls.
        party: for whom.
        channel: name of the poll service.
        keep: keeps a result set, by its identification; only then it is acknowledged.
        leave: do not acknowledge; only the first result set is seen then.
        most: result sets, at the most.
    """
    name = f"{channel} {party.gln} {party.role}"
    before: str | None = None
    for _ in range(most):
        try:
            answer = client.poll(party, channel)
            if answer.result_set is None:
                if before is None:
                    yield Fate(name, "nothing", "nothing waits")
                return
            if answer.result_set == before:
                yield Fate(name, "later", f"{before} came again though it was acknowledged")
                return
            keep(answer.result_set, answer.content)
            if not leave:
                client.acknowledge(party, channel, answer.result_set)
        except TransportError as error:
            yield Fate(name, "later", error.details if isinstance(error, HubFault) else str(error))
            return
        what = ", ".join(item.name() for item in answer.messages)
        yield Fate(name, "received", f"{answer.result_set}: {what}", answer.content)
        if leave:
            return
        before = answer.result_set


class Folders:
    """A folder to drop messages into, and one for what becomes of them.

    ``OUT/sent``, ``OUT/answers``, ``OUT/refused`` (with the report beside each file), ``OUT/received``.

    Args:
        incoming: where messages are dropped; a file counts as whole when its name ends in .xml or .xml.gz.
        outgoing: where things are written.
        client_of: gives the client of a physical sender.
        parties: for whom to poll.
    """

    def __init__(self, incoming: Path, outgoing: Path, client_of: ClientOf, parties: tuple[Party, ...]) -> None:
        self._incoming = incoming
        self._outgoing = outgoing
        self._client_of = client_of
        self._parties = parties

    def turn(self, *, poll: bool = True) -> Iterator[Fate]:
        """Send what lies there, and fetch what waits."""
        for path in sorted(self._incoming.iterdir()):
            if path.is_file() and path.name.endswith(_ENDINGS) and not path.name.startswith("."):
                yield self._sent(path)
        for party in self._parties if poll else ():
            for channel in CHANNELS:
                yield from self._fetched(party, channel)

    def _sent(self, path: Path) -> Fate:
        data = path.read_bytes()
        fate = send_file(path.name, data, self._client_of)
        if fate.outcome == "later":
            return fate
        folder = "refused" if fate.outcome == "refused" else "sent"
        if fate.outcome == "refused":
            _write(self._outgoing / "refused" / f"{path.name}.report.txt", fate.text.encode())
        if fate.data:
            _write(self._outgoing / "answers" / path.name.removesuffix(".gz"), fate.data)
        _write(self._free(self._outgoing / folder / path.name), data)
        path.unlink()
        return fate

    @staticmethod
    def _free(path: Path) -> Path:
        """A name that is not taken."""
        stem, _, ending = path.name.partition(".")
        number = 1
        while path.exists():
            number += 1
            path = path.with_name(f"{stem}-{number}.{ending}")
        return path

    def _fetched(self, party: Party, channel: str) -> Iterator[Fate]:
        def keep(identification: str, content: bytes) -> None:
            _write(self._outgoing / "received" / f"{channel}-{party.gln}-{party.role}-{identification}.xml", content)

        try:
            client = self._client_of(party.physical_sender)
        except EdielError as error:
            yield Fate(f"{channel} {party.gln} {party.role}", "later", str(error))
            return
        yield from fetch(client, party, channel, keep)


def _write(path: Path, data: bytes) -> None:
    """Whole or not at all, and on the disk before anybody is told."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.new")
    with temporary.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
