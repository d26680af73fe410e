"""What the hub has signed with a result set that was fetched.

The content of such an envelope stands in the archive already, as exactly the octets that were signed. Beside it the
envelope is kept with a mark in place of that content, and made whole again for whoever verifies it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from datetime import datetime
from typing import Final
from uuid import UUID, uuid5

from lxml import etree

from ediel.identifiers import Uuid
from ediel.store import ArchiveDamaged, ArchiveRemoved, Evidence, Unit, Values, stamp
from ediel.store import _schema as schema
from ediel.store._packing import without_line
from ediel.xml import Document
from ediel.xml.parser import ANY_SIZE, Unreadable, parse, unpack_to

__all__ = ["IN_FILE", "Ends", "SignedSets"]

_SPACE: Final = UUID("0d6f1cb2-3a0e-5bb7-9c1e-6b9a9b1f7f11")
_BODY: Final = re.compile(rb"<((?:[A-Za-z_][\w.-]*:)?)Body(?:\s[^>]*)?>\s*")
_BLANKS: Final = b" \t\n\r\x0b\x0c"
_BODY_TAG: Final = "{http://schemas.xmlsoap.org/soap/envelope/}Body"
_END: Final = 262_144
"""Bytes at either end of an envelope: more than a header takes, or what closes it."""
_MARK: Final = b"<?ediel-content %b?>"
_MARKED: Final = re.compile(rb"<\?ediel-content ([0-9a-f]{64})\?>")
IN_FILE: Final = re.compile(rb"<\?ediel-file ([\w.-]+)\?>")
"""In place of the content of an envelope that is too large for the database, and lies in a file of this name."""
_UUID: Final = re.compile(Uuid.shape)


class SignedSets:
    """Keeps and gives what the hub has signed with result sets.

    Args:
        archived: gives bytes of the archive.
    """

    def __init__(self, archived: Callable[[str], bytes | None]) -> None:
        self._archived = archived

    @staticmethod
    def keep(unit: Unit, document: Document, evidence: Evidence, now: datetime) -> None:
        """Keep what was signed, in the transaction in which the content is archived."""
        ends = Ends()
        ends.take(evidence)
        cut = ends.without_content(document.sha256)
        row = {
            "message_id": document.result_set or str(uuid5(_SPACE, document.sha256)),
            "sha256": ends.digest.hexdigest(),
            "at": stamp(now),
            "decided": "received",
            "signer": evidence.signer,
            "certificate": evidence.certificate,
            "data": evidence.data if cut is None else cut,
        }
        unit.keep(schema.EVIDENCE, row)

    def of(self, rows: list[Values]) -> list[Values]:
        """Rows of evidence with their envelopes whole; where the archive has lost the content, as they are kept.

        Where a person was erased they are masked, and the signature no longer fits.

        Raises:
            ArchiveDamaged: one is not what came.
        """
        return [{**row, "data": self._whole(bytes(row["data"]), row["sha256"])} for row in rows]

    def _whole(self, data: bytes, sha256: str) -> bytes:
        erased = without_line(data)
        if erased is not None:
            data, sha256 = erased, hashlib.sha256(erased).hexdigest()
        marked = _MARKED.search(data)
        if marked is not None:
            try:
                content = self._archived(marked[1].decode())
            except ArchiveRemoved:  # purged, or erased as a whole
                return data
            # compared with its own digest, and signed in this form
            return data if content is None else data[: marked.start()] + content + data[marked.end() :]
        found = hashlib.sha256(data).hexdigest()
        if found != sha256:
            raise ArchiveDamaged(
                f"what the hub has signed is not kept as it came: its digest is {found}, expected {sha256}. "
                "Restore the database from a backup"
            )
        return data


def set_of(source: str, sha256: str) -> str:
    """The name under which evidence of archived content is kept; ``source`` is where that came from."""
    last = source.rpartition(" ")[2]
    return last if _UUID.fullmatch(last) else str(uuid5(_SPACE, sha256))


class Ends:
    """How an envelope begins and ends, and its digest: of a large one, no more than that is held."""

    def __init__(self) -> None:
        self.digest = hashlib.sha256()
        self._head = self._tail = b""
        self._size = 0

    def take(self, evidence: Evidence) -> None:
        """Take all of it, unpacked some at a time."""
        if evidence.came[:2] == b"\x1f\x8b":
            unpack_to(evidence.came, self, ANY_SIZE)
        else:
            self.write(evidence.came)

    def write(self, data: bytes) -> None:
        """Take more of it."""
        self.digest.update(data)
        self._size += len(data)
        room = _END - len(self._head)
        if room > 0:
            self._head += data[:room]
        self._tail = data[-_END:] if len(data) >= _END else (self._tail + data)[-_END:]

    def tell(self) -> int:
        """How much of it there was."""
        return self._size

    def without_content(self, sha256: str) -> bytes | None:
        """It with a mark in place of the content of its Body; nothing where that cannot be cut out surely.

        One that lies in a file has a mark already.
        """
        if IN_FILE.search(self._head) is not None:
            return None
        body = _BODY.search(self._head)
        if body is None:
            return None
        start = body.end() - (self._size - len(self._tail))  # where the content begins in the tail, or before it
        end = self._tail.rfind(b"</%bBody" % body[1], max(start, 0))
        last = end
        while last > max(start, 0) and self._tail[last - 1] in _BLANKS:
            last -= 1
        rest = self._tail[max(last, 0) :]
        if end < 0 or last <= max(start, 0) or b"<?ediel-content" in self._head[: body.end()] + self._tail[end:]:
            return None
        before = self._head[: body.end()]
        try:
            root = parse(before + b"<content/>" + rest)
        except Unreadable:
            return None
        held = root.findall(_BODY_TAG)
        if len(held) != 1 or [etree.QName(child).localname for child in held[0]] != ["content"]:
            return None
        if (held[0].tail or "").strip():  # the end that was found stands in a comment
            return None
        return before + _MARK % sha256.encode() + rest


def without_content(envelope: bytes, sha256: str) -> bytes:
    """An envelope with a mark in place of the content of its Body; whole, where that cannot be cut out surely."""
    ends = Ends()
    ends.write(envelope)
    cut = ends.without_content(sha256)
    return envelope if cut is None else cut
