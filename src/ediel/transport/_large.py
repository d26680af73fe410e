"""Answers to a poll that are larger than memory allows: verified as they are read from disk, and handled in pieces.

The whole envelope stays in a file, as evidence. What is read are the octets whose digest was checked, some messages at
a time, each piece as a result set of its own; what is too large even alone is named by a dead letter, and stands in
the file.
"""

from __future__ import annotations

import gzip
import hashlib
import re
import tempfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO, Final

from lxml import etree

from ediel.engine import Engine, Received
from ediel.engine._evidence import IN_FILE
from ediel.engine.observe import log
from ediel.identifiers import Uuid
from ediel.store import Evidence
from ediel.transport._admission import admit
from ediel.transport._opened import Tree, prefixes_of_body
from ediel.transport._spool import Spooled
from ediel.transport._streaming import Canonical, Head, head_of, write_canonical
from ediel.transport.errors import AnswerRefused, SecurityRefused, Unavailable
from ediel.transport.identity import Trust
from ediel.transport.replays import Replays
from ediel.transport.verifying import ANYBODY, outcome, verify_opened
from ediel.xml import Document, Limits, Signer
from ediel.xml.head import HEADER
from ediel.xml.parser import Unreadable

__all__ = ["LargeAnswer", "is_in_file", "read_large", "receive_large", "verify_file"]

_PIECE: Final = 8_000_000
"""Bytes of messages that are handled at a time; a larger message comes alone."""
_NODES: Final = 400_000
_COPY: Final = 1 << 20
_BEGINNING: Final = HEADER + 65_536
_MARK: Final = b"<?ediel-file %b?>"
_UUID: Final = re.compile(Uuid.shape)


@dataclass(frozen=True, slots=True)
class _TooLarge:
    """A message that is larger than any that is read."""

    number: int
    size: int
    sha256: str


@dataclass
class _Streamed:
    """An envelope whose Body is in a file, in canonical form. See ``Opened``."""

    root: etree._Element
    limits: Limits
    prefixes: tuple[str, ...]
    form: Canonical
    file: IO[bytes]

    def identifications(self) -> list[str]:
        """See ``Opened``."""
        return self.form.identifications

    def over_limits(self) -> str | None:
        """See ``Opened``: what has more is refused while it is read."""
        return None

    def plain(self) -> bool:
        """See ``Opened``: others are refused while they are read."""
        return True

    def canonical(self, part: etree._Element, prefixes: tuple[str, ...] = ()) -> Iterable[bytes] | None:
        """See ``Opened``."""
        if part is not self.root[-1]:
            return None if part is self.root else Tree(self.root).canonical(part, prefixes)
        return _section(self.file, 0, self.form.size) if prefixes == self.prefixes else None

    def content(self, body: etree._Element, signer: Signer) -> Document | None:
        """See ``Opened``. The content stays in the file."""
        del body, signer
        if self.form.children > 1:
            raise SecurityRefused("layout", f"the Body holds {self.form.children} elements, expected one at most")
        return None

    def whole(self) -> Tree:
        """See ``Opened``: it is too large for that."""
        raise SecurityRefused(
            "signature",
            "the signature does not fit what has come, or is written in a way that cannot be verified in pieces",
        )


@dataclass(slots=True)
class LargeAnswer:
    """An answer that was verified, and lies on the disk.

    Attributes:
        name: local name of what its Body holds.
        result_set: identification of its result set; ``None`` where it has none.
        messages: how many messages are in it.
        size: bytes, as they came.
        evidence: what the hub has signed, with the name of the file in place of the content.
        path: the file with the envelope.
    """

    name: str
    result_set: str | None
    messages: int
    size: int
    evidence: Evidence
    path: Path
    _form: Canonical = field(repr=False)
    _file: IO[bytes] = field(repr=False)
    _limits: Limits = field(repr=False)
    _signer: Signer = field(repr=False)
    _spooled: Spooled = field(repr=False)

    @property
    def in_order(self) -> bool:
        """Whether it has the form of a result set, and can be read in pieces."""
        return self.name == "PollForDataResponse" and self._form.sets == 1 and self.messages > 0

    def keep(self) -> None:
        """Let the file stay, under its name.

        Raises:
            OSError: that cannot be done.
        """
        self._spooled.keep(self.path.name)

    def pieces(self) -> Iterator[Document | _TooLarge]:
        """The messages, some at a time, each piece as a result set; in place of one that is too large, its size."""
        begins, ends, nodes = self._form.begins, self._form.ends, self._form.nodes
        begin, end = self._form.child
        head, tail = _bytes(self._file, begin, begins[0]), _bytes(self._file, ends[-1], end)
        most, dense = min(_PIECE, self._limits.size), min(_NODES, self._limits.nodes)
        place = 0
        while place < len(begins):
            first, size, count = place, 0, 0
            while place < len(begins):
                more = ends[place] - begins[place]
                if place > first and (size + more > most or count + nodes[place] > dense):
                    break
                size, count, place = size + more, count + nodes[place], place + 1
            if size > self._limits.size or count > self._limits.nodes:  # one message alone
                yield _TooLarge(first + 1, size, _sha256(_section(self._file, begins[first], ends[first])))
                continue
            inside = b"".join(_bytes(self._file, begins[number], ends[number]) for number in range(first, place))
            yield Document.unread(head + inside + tail, signer=self._signer, limits=self._limits)

    def close(self) -> None:
        """Let go of what was only needed to read it; a file that was not kept is removed."""
        self._file.close()
        self._spooled.discard()


def read_large(
    spooled: Spooled,
    trust: Trust,
    now: datetime,
    *,
    replays: Replays | None,
    limits: Limits,
    stop: Callable[[], bool] = lambda: False,
) -> LargeAnswer:
    """Verify an answer that lies on the disk.

    Args:
        spooled: the answer, whole.
        trust: whose certificates are believed.
        now: when it began to come, aware.
        replays: what has come before.
        limits: how large one message of it may be.
        stop: asked with every megabyte; true gives it up.

    Raises:
        SecurityRefused: it cannot be trusted.
        AnswerTooLarge: it is more than the bound when it is unpacked.
        Unavailable: it was stopped.
        OSError: there is no room for its canonical form.
    """
    file = tempfile.TemporaryFile(dir=spooled.path.parent)  # noqa: SIM115 - the answer closes it
    try:
        opened, signer, size = _verified(spooled, file, trust, now, replays, limits, stop)
        name = _file_name(opened.form.result_set, spooled)
        head = _head_with(spooled, name.encode())
    except BaseException:
        file.close()
        raise
    evidence = Evidence(head, signer.organisation_number, _digest_of(signer))
    form = opened.form
    return LargeAnswer(
        form.name, form.result_set, len(form.begins), size, evidence, spooled.path.with_name(name),
        form, file, limits, signer, spooled,
    )  # fmt: skip


def verify_file(path: Path, at: datetime, trust: Trust | None, largest: int) -> tuple[bool, str]:
    """Whether an envelope in a file still is what was signed; see ``verify_again``.

    Args:
        path: a gzip file.
        at: when it came, aware.
        trust: whose certificates are believed; without it, only the signature is verified.
        largest: bytes, unpacked, at the most.
    """

    def verified() -> Signer:
        with tempfile.TemporaryFile(dir=path.parent) as file:
            return _verified(Spooled(path, largest, at), file, trust or ANYBODY, at, None, Limits())[1]

    try:
        return outcome(verified, trust)
    except (AnswerRefused, OSError) as error:
        return False, f"{path}: {getattr(error, 'strerror', None) or error}"


def receive_large(
    engine: Engine, large: LargeAnswer, source: str, stop: Callable[[], bool]
) -> tuple[list[Received], bool]:
    """Give an engine what is in a large answer, each piece in a commit of its own; the file is kept first.

    Args:
        engine: who receives.
        large: the answer.
        source: where it came from, for the archive.
        stop: asked before each piece; true ends it.

    Returns:
        The result of each message, and whether everything was received: only then it may be acknowledged.

    Raises:
        StoreError: the database cannot be used.
        OSError: the file cannot be kept.
    """
    large.keep()
    received: list[Received] = []
    if not large.in_order:
        received.append(engine.set_aside(_unknown(large), source=source))
        return received, True
    for piece in large.pieces():
        if stop():
            return received, False
        if isinstance(piece, Document):
            received += engine.receive(piece, source=source, evidence=large.evidence)
        else:
            received.append(engine.set_aside(_too_large(large, piece), source=source))
    log.info("large answer received", result_set=large.result_set, bytes=large.size, messages=large.messages)
    return received, True


def is_in_file(evidence: bytes) -> str | None:
    """The name of the file that an envelope is kept in, where only its head is kept beside it."""
    found = IN_FILE.search(evidence)
    return None if found is None else found[1].decode()


def _too_large(large: LargeAnswer, message: _TooLarge) -> str:
    return (
        f"message {message.number} of {large.messages} in the result set {large.result_set} has {message.size} bytes, "
        f"more than is read of one message. It was kept whole in the file {large.path.name} (canonical SHA-256 "
        f"{message.sha256}), and acknowledged: take it out of there, or raise largest_answer under [courier] and ask "
        "for it again"
    )


def _unknown(large: LargeAnswer) -> str:
    return (
        f"an answer of {large.size} bytes is signed by the hub, and is no result set as this release knows it "
        f"({large.name[:100] or 'nothing'} with {large.messages} messages). It was kept whole in the file "
        f"{large.path.name}: look at it there, and ask Elhub or raise largest_answer under [courier]"
    )


def _verified(
    spooled: Spooled,
    file: IO[bytes],
    trust: Trust,
    now: datetime,
    replays: Replays | None,
    limits: Limits,
    stop: Callable[[], bool] = lambda: False,
) -> tuple[_Streamed, Signer, int]:
    size = 0

    def counted() -> Iterator[bytes]:
        nonlocal size
        for piece in spooled.plain():
            size += len(piece)
            if stop():
                raise Unavailable("a large answer was being read when it was stopped; it comes again", arrived=None)
            yield piece

    try:
        beginning = spooled.beginning(_BEGINNING)
        admit(beginning, trust, now, limits=limits)
        head = head_of(beginning)
        prefixes = prefixes_of_body(head.root)
        form = write_canonical(counted(), file, prefixes, limits, 2 * spooled.largest)
    except Unreadable as error:
        raise SecurityRefused("unreadable", error.finding.text) from None
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise SecurityRefused("unreadable", f"it cannot be unpacked: {type(error).__name__}") from None
    if form.siblings != len(head.root):
        raise SecurityRefused("layout", "expected one Header and then one Body in the envelope")
    file.flush()
    opened = _Streamed(head.root, limits, prefixes, form, file)
    return opened, verify_opened(opened, trust, now, replays=replays).signer, size


def _head_with(spooled: Spooled, name: bytes) -> bytes:
    """The head of an envelope, with the name of its file in place of what its Body holds."""
    found: Head = head_of(spooled.beginning(_BEGINNING))
    head = etree.tostring(found.root)
    begin, slash, _ = head.rpartition(b"</" + found.body.encode())
    if not slash:  # an empty Body is written as one tag
        begin = head[: head.rindex(b"/>")] + b">"
    return begin + _MARK % name + f"</{found.body}></{found.envelope}>".encode()


def _file_name(result_set: str | None, spooled: Spooled) -> str:
    digest = hashlib.sha256()
    with spooled.path.open("rb") as file:
        while piece := file.read(_COPY):
            digest.update(piece)
    name = result_set if result_set is not None and _UUID.fullmatch(result_set) else "unnamed"
    return f"{name}-{digest.hexdigest()[:16]}.xml.gz"


def _digest_of(signer: Signer) -> str:
    from cryptography.hazmat.primitives.serialization import Encoding  # noqa: PLC0415 - as in answers.py

    return hashlib.sha256(signer.certificate.public_bytes(Encoding.DER)).hexdigest()


def _sha256(pieces: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
    return digest.hexdigest()


def _bytes(file: IO[bytes], begin: int, end: int) -> bytes:
    return b"".join(_section(file, begin, end))


def _section(file: IO[bytes], begin: int, end: int) -> Iterator[bytes]:
    """The bytes of a file from one place to another, piece by piece."""
    file.seek(begin)
    while begin < end:
        piece = file.read(min(_COPY, end - begin))
        if not piece:
            raise OSError("the file became shorter while it was read")
        begin += len(piece)
        yield piece
