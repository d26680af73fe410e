"""Documents to sign: a small PDF, and a local fake of the signing service.

Elhub's own documents are sealed, and end users sign them by BankID (PAdES). The fake signature here is a comment behind
the file that only this hub can make: it shows who signed what, and stands for nothing outside of tests.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Final

from ediel.hub.rest._records import MOVE_IN, Asked

LARGEST: Final = 1_048_576
"""Bytes of a signed document, at the most; whether 1 MB means this or 1,000,000 is not published."""
_MARK: Final = b"\n%EDIEL-FAKE-SIGNATURE "
_TEXTS: Final = {
    "nb": ("Samtykke", "bytte av kraftleverandør", "innflytting og bytte av kraftleverandør", "Målepunkt", "Avtale"),
    "nn": ("Samtykke", "byte av kraftleverandør", "innflytting og byte av kraftleverandør", "Målepunkt", "Avtale"),
    "en": ("Consent", "change of supplier", "move-in and change of supplier", "Metering point", "Contract"),
}  # fmt: skip


def issued(asked: Asked) -> bytes:
    """The PDF of a document; the same each time."""
    title, change, move, point, contract = _TEXTS.get(asked.language, _TEXTS["nb"])
    lines = (
        f"{title}: {move if asked.kind == MOVE_IN else change}",
        asked.name,
        f"{point}: {asked.metering_point}, {asked.address}",
        f"{contract}: {asked.contract}, {asked.supplier_name}",
        asked.identification,
    )
    return _pdf(lines)


def _pdf(lines: tuple[str, ...]) -> bytes:
    """A page of lines."""
    text = b"BT /F1 11 Tf 60 780 Td 18 TL " + b" ".join(b"(%s) Tj T*" % _escaped(line) for line in lines) + b" ET"
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources 6 0 R >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(text), text),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        b"<< /Font << /F1 5 0 R >> >>",
    )
    out, places = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"), []
    for number, item in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, item)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)


def _escaped(text: str) -> bytes:
    data = text.encode("cp1252", "replace")
    return data.replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)").replace(b"\r", b" ")


def signed(document: bytes, person: str, secret: bytes) -> bytes:
    """A document that a person has signed, as far as this hub is concerned."""
    return document + _MARK + _mac(document, person, secret) + b"\n%%EOF\n"


def is_signed(data: bytes, document: bytes, person: str, secret: bytes) -> bool:
    """Whether it is that document, signed by that person."""
    head, mark, tail = data.rpartition(_MARK)
    return bool(mark) and head == document and hmac.compare_digest(tail[:64], _mac(document, person, secret))


def _mac(document: bytes, person: str, secret: bytes) -> bytes:
    return hmac.new(secret, document + person.encode(), hashlib.sha256).hexdigest().encode()
