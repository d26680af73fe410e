"""Situations that public reports describe, as files of this project's own with synthetic people: ``fixtures/field/``.

A row says what happened, where it was described, and what is right; ``tests/repository/test_field.py`` holds ediel to it. To
add one: write a row, run ``make fixtures``, read what it says, and keep it if it is right.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

START: Final = "RequestStartOfSupply-101"
VALUES: Final = "CollectedData-313-hourly"
SHARES: Final = "RequestUpdateSharedProduction-701-add"


@dataclass(frozen=True)
class Situation:
    """One file.

    Attributes:
        file: its name.
        happened: what somebody met.
        source: where that was described.
        right: words that a finding, or a mistake in a table, must have; none where nothing is wrong.
        base: the valid fixture that it is made from; empty for a table.
        made: what makes the file's bytes from the text of the base.
    """

    file: str
    happened: str
    source: str
    right: tuple[str, ...]
    base: str
    made: Callable[[str], bytes]


def _swap(old: str, new: str) -> Callable[[str], bytes]:
    def made(text: str) -> bytes:
        if old not in text:
            raise ValueError(f"the base does not hold {old!r}")
        return text.replace(old, new, 1).encode()

    return made


def _twice_encoded(text: str) -> bytes:
    return _swap("<abie:GivenName>Kari", "<abie:GivenName>" + "Bjørg".encode().decode("latin-1"))(text)


def _in_a_body(text: str) -> bytes:
    inner = text.partition("?>")[2].strip().replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return (
        '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>'
        f"{inner}</soapenv:Body></soapenv:Envelope>"
    ).encode()


def _without_namespaces(text: str) -> bytes:
    return text.replace("rsm:", "").replace("abie:", "").encode()


def _three_hours(text: str) -> bytes:
    """The series cut to its first three hours."""
    head, _, rest = text.partition("<abie:Observation ")
    rows = [f"<abie:Observation {row}" for row in rest.partition("</rsm:Payload")[0].split("<abie:Observation ")]
    tail = "</rsm:Payload" + rest.partition("</rsm:Payload")[2]
    begin = head.index("<abie:Start>") + len("<abie:Start>")
    start = head[begin : head.index("</abie:Start>")]
    end = f"{start[:11]}03{start[13:]}"
    before, _, after = head.partition("<abie:End>")
    head = f"{before}<abie:End>{end}</abie:End>{after.partition('</abie:End>')[2]}"
    return (head + "".join(rows[:3]).rstrip() + "\n  " + tail).encode()


_COLUMNS: Final = ("metering_point", "product", "unit", "direction", "resolution", "start", "value")


def _table(delimiter: str, value: Callable[[int, int], str], points: int = 1) -> Callable[[str], bytes]:
    """A day of hours for some metering points."""
    numbers = ("707057542000000117", "707057542000000124", "707057542000000131")

    def made(_text: str) -> bytes:
        rows = [
            (point, "8716867000030", "kWh", "Out", "PT1H", f"2026-11-19T{hour:02d}:00:00+01:00", value(place, hour))
            for place, point in enumerate(numbers[:points])
            for hour in range(24)
        ]
        return "".join(f"{delimiter.join(row)}\r\n" for row in (_COLUMNS, *rows)).encode()

    return made


SITUATIONS: Final = (
    Situation(
        "correction-of-three-hours.xml", "a correction holds the corrected hours alone",
        "dok.elhub.no, Krav til innsending og endring til Elhub", (), VALUES, _three_hours,
    ),
    Situation(
        "number-with-a-blank.xml", "a program has put a blank between the thousands", "OpenEnergyDashboard, xsdata #817",
        ("write 1001.740",), VALUES, _swap(">1.740<", ">1 001.740<"),
    ),
    Situation(
        "number-with-a-hard-blank.xml", "the same with the blank that spreadsheets use", "xsdata #817",
        ("write 1001.740",), VALUES, _swap(">1.740<", ">1\u00a0001.740<"),
    ),
    Situation(
        "share-with-a-blank.xml", "a share with a blank behind its sign", "xsdata #817", ("write 0.5",), SHARES,
        _swap(">0.5<", ">0. 5<"),
    ),
    Situation(
        "name-encoded-twice.xml", "UTF-8 was read as Latin-1 and written as UTF-8 again", "common in practice",
        ("encoded twice",), START, _twice_encoded,
    ),
    Situation(
        "name-with-what-cannot-be-seen.xml", "a name was copied from a page, with a character of no width",
        "common in practice", ("cannot be seen",), START, _swap("<abie:GivenName>Kari", "<abie:GivenName>Ka\u200bri"),
    ),
    Situation(
        "summer-offset-in-winter.xml", "the offset is that of summer, so the moment lies on the day before",
        "amshan #55, aio_energy_management #29", ("2026-11-30 23:00 in Norway",), START,
        _swap("2026-12-01T00:00:00+01:00", "2026-12-01T00:00:00+02:00"),
    ),
    Situation(
        "message-as-text.xml", "the message was put into the Body as text, not as elements", "common in practice",
        ("text",), START, _in_a_body,
    ),
    Situation(
        "without-namespaces.xml", "all prefixes and namespaces were dropped", "enonic/xp #9573", ("namespace",), START,
        _without_namespaces,
    ),
    Situation("ENDING-IN-CAPITALS.XML", "a folder from Windows", "admin-cfdi #27", (), START, lambda text: text.encode()),
    Situation(
        "message.xml.gz", "packed by hand, or kept as it came", "common in practice", (), START,
        lambda text: gzip.compress(text.encode(), mtime=0),
    ),
    Situation(
        "norwegian-spreadsheet.csv", "semicolons and decimal commas", "MoBi #210, actualbudget #1769", (), "",
        _table(";", lambda _place, hour: f"{hour},25"),
    ),
    Situation(
        "three-wrong-rows.csv", "several points are wrong in one file", "ha_linznetz #4, eddie #960",
        ("row 3, value, 707057542000000117", "row 28, value, 707057542000000124", "row 53, value, 707057542000000131"),
        "", _table(",", lambda place, hour: f"{hour}.2512" if hour == place + 1 else f"{hour}.25", points=3),
    ),
)  # fmt: skip


def page() -> str:
    """What each file is, as a page beside them."""
    rows = "".join(
        f"| `{item.file}` | {item.happened} | {item.source} | {'; '.join(item.right) or 'nothing is wrong'} |\n"
        for item in SITUATIONS
    )
    return (
        "# Seen in the field\n\nSituations that public reports describe, as files of our own with synthetic people. Made by "
        "`make fixtures` from `tools/fixtures_field.py`.\n\n"
        "| file | what happened | described in | what ediel says |\n|---|---|---|---|\n" + rows
    )


def field(valid: Path) -> dict[str, bytes]:
    """Every file of the folder, by name."""
    made = {
        item.file: item.made((valid / f"{item.base}.xml").read_text(encoding="utf-8") if item.base else "")
        for item in SITUATIONS
    }
    return {**made, "README.md": page().encode()}
