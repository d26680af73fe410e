"""Messages by folders: what is dropped in is sent, and what comes back is written out. For those without a database.

A file is moved when its fate is known, and not before: after a crash it is sent again, with the identification that it
has. A result set is acknowledged when its file has been written.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ediel.engine import Party
from ediel.errors import EdielError, InvalidMessage, NotOneMessage
from ediel.messages import Message
from ediel.report import text as text_report
from ediel.rules import inspect
from ediel.transport.answers import Answer
from ediel.transport.client import AnswerRefused, Client, HubFault, Unavailable
from ediel.transport.envelope import SERVICE_OF
from ediel.transport.errors import TransportError
from ediel.transport.polling import CHANNELS
from ediel.xml import LIMITS, Document, read

__all__ = ["Fate", "Folders", "fetch", "send_file"]

_NO_LINK: Final = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
_ENDINGS: Final = (".xml", ".xml.gz")


@dataclass(frozen=True, slots=True)
class Fate:
    """The result of a file or of a poll.

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
    if answer.document is not None:
        names = ", ".join(item.name() for item in answer.messages)
        return Fate(name, "answered", names or "an answer that cannot be read here; it is kept", answer.content)
    return Fate(name, "sent", f"{message.name()} {message.header.identification} was accepted")


def fetch(
    client: Client,
    party: Party,
    channel: str,
    keep: Callable[[str, Answer], None],
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
            document = answer.document
            if document is None or document.kind == "empty poll":
                if before is None:
                    yield Fate(name, "nothing", "nothing waits")
                return
            if answer.result_set is None:
                kept = f"unnamed-{document.sha256[:16]}"
                keep(kept, answer)
                text = "a result set came without an identification (a UUID); it cannot be acknowledged: ask Elhub"
                yield Fate(name, "later", f"{text}. It is kept as {kept}", answer.content)
                return
            if answer.result_set == before:
                yield Fate(name, "later", f"{before} came again though it was acknowledged")
                return
            keep(answer.result_set, answer)
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

    ``OUT/sent``, ``OUT/answers``, ``OUT/refused`` (with the report beside each file), ``OUT/received``, and
    ``OUT/signed`` with the envelope of each result set as the hub has signed it. What is written
    there is for its owner alone to read: there are people in it. Links in IN are not followed, and a file that cannot
    be read stops nothing.

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
        """Send the files of the folder, and fetch what waits at the hub."""
        for path in sorted(self._incoming.iterdir()):
            if path.name.lower().endswith(_ENDINGS) and not path.name.startswith("."):
                yield from self._tried(path)
        for party in self._parties if poll else ():
            for channel in CHANNELS:
                yield from self._fetched(party, channel)

    def _tried(self, path: Path) -> Iterator[Fate]:
        """What becomes of one file; whatever is wrong with it, those behind it are sent all the same."""
        try:
            kind = path.lstat().st_mode
            if stat.S_ISLNK(kind):
                yield Fate(path.name, "later", "this is a link, which is not followed; put the file itself here")
            elif stat.S_ISREG(kind):
                yield self._sent(path)
        except OSError as error:
            text = f"the file cannot be read or moved: {error.strerror or type(error).__name__}"
            yield Fate(path.name, "later", text)
        except MemoryError:
            yield Fate(path.name, "later", "there is no memory left to read the file with")

    def _sent(self, path: Path) -> Fate:
        data = _read(path)
        if data is None:
            text = f"the file is larger than {LIMITS.size} bytes, and no hub accepts that; split the message"
            target = self._free(self._outgoing / "refused" / path.name)
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            path.replace(target)
            _write(target.with_name(f"{target.name}.report.txt"), text.encode())
            return Fate(path.name, "refused", text)
        fate = send_file(path.name, data, self._client_of)
        if fate.outcome == "later":
            return fate
        folder = "refused" if fate.outcome == "refused" else "sent"
        if fate.outcome == "refused":
            _write(self._outgoing / "refused" / f"{path.name}.report.txt", fate.text.encode())
        if fate.data:
            _write(self._outgoing / "answers" / _without_gz(path.name), fate.data)
        _write(self._free(self._outgoing / folder / path.name), data)
        path.unlink()
        return fate

    @staticmethod
    def _free(path: Path) -> Path:
        """A file name that is free."""
        stem, _, ending = path.name.partition(".")
        number = 1
        while path.exists():
            number += 1
            path = path.with_name(f"{stem}-{number}.{ending}")
        return path

    def _fetched(self, party: Party, channel: str) -> Iterator[Fate]:
        def keep(identification: str, answer: Answer) -> None:
            name = f"{channel}-{party.gln}-{party.role}-{identification}"
            _write(self._outgoing / "signed" / f"{name}.xml", answer.data)
            _write(self._outgoing / "received" / f"{name}.xml", answer.content)

        try:
            client = self._client_of(party.physical_sender)
        except EdielError as error:
            yield Fate(f"{channel} {party.gln} {party.role}", "later", str(error))
            return
        yield from fetch(client, party, channel, keep)


def _without_gz(name: str) -> str:
    return name[: -len(".gz")] if name.lower().endswith(".gz") else name


def _read(path: Path) -> bytes | None:
    """The bytes of a file; ``None`` when there are more than any hub accepts. A link is never followed.

    Raises:
        OSError: it cannot be read, or has become something else than a file.
    """
    handle = os.open(path, os.O_RDONLY | _NO_LINK)
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(errno.EINVAL, "this is no file")
        data = file.read(LIMITS.size + 1)
    return None if len(data) > LIMITS.size else data


def _write(path: Path, data: bytes) -> None:
    """Whole or not at all, for its owner alone, and on the disk before it is acknowledged."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = path.with_name(f".{path.name}.new")
    temporary.unlink(missing_ok=True)
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
