"""What people do wrong without the schema noticing it, and files that are no XML: each has words that help."""

from __future__ import annotations

import gzip
import io
import zipfile

import pytest

import ediel
from tests.support.places import FIXTURES

START = (FIXTURES / "valid" / "RequestStartOfSupply-101.xml").read_text(encoding="utf-8")
VALUES = (FIXTURES / "valid" / "CollectedData-313-25-hours.xml").read_text(encoding="utf-8")
SHARES = (FIXTURES / "invalid" / "share-comma.xml").read_text(encoding="utf-8")


def findings(text: str | bytes) -> list[ediel.Finding]:
    return list(ediel.inspect(text, level="schema").report.all_findings())


def test_what_is_right_has_no_doubts() -> None:
    for path in sorted((FIXTURES / "valid").glob("*.xml")):
        assert not [item for item in findings(path.read_bytes()) if item.rule in {"TEXT/encoding", "TIME/offset"}], path


@pytest.mark.parametrize(
    ("number", "right"),
    [
        ("1 000.5", "1000.5"),
        ("1\u00a0000.5", "1000.5"),
        ("1\u202f000.5", "1000.5"),
        ("+ 1", "+1"),
        ("1 000,5", "1000.5"),
    ],
)
def test_a_number_with_blanks_says_how_to_write_it(number: str, right: str) -> None:
    (finding,) = findings(VALUES.replace(">1.220<", f">{number}<", 1))
    assert (
        finding.text
        == f"The value of {(finding.path or '').rpartition('/')[2]} is not allowed; write {right}, without blanks in it."
    )
    assert finding.found == number
    assert finding.line is not None


@pytest.mark.parametrize("number", ["1 000.5 kWh", "\u0661\u0662", "1_000", "one"])
def test_what_is_no_number_is_refused_with_its_place(number: str) -> None:
    (finding,) = findings(VALUES.replace(">1.220<", f">{number}<", 1))
    assert (finding.rule, finding.found) == ("XSD/value", number)
    assert (finding.path or "").startswith("/CollectedData/PayloadEnergyTimeSeries/Observation[")


def test_an_organisation_number_in_place_of_a_person() -> None:
    at = START.index("</", START.index('schemeAgencyIdentifier="Z01"'))
    begins = START.rindex(">", 0, at) + 1
    (finding,) = findings(START[:begins] + "922542570" + START[at:])
    assert "schemeAgencyIdentifier is 82" in finding.text
    assert finding.severity == "warning"
    assert "922542570" not in str(finding)


def test_a_text_that_was_encoded_twice() -> None:
    twice = "Pr\u00f8veveien".encode().decode("latin-1")
    (finding,) = findings(START.replace(">Testesen<", f">{twice}<", 1))
    assert finding.text == "This text looks as if it was encoded twice; write UTF-8 once."
    assert twice not in str(finding)  # a name
    assert not findings(START.replace(">Testesen<", ">\u00c3sne<", 1)), "a letter that some names have"


def test_characters_that_cannot_be_seen() -> None:
    (finding,) = findings(START.replace(">Testesen<", ">Test\u200besen<", 1))
    assert "cannot be seen" in finding.text


def test_the_offset_of_summer_in_winter() -> None:
    (finding,) = findings(START.replace("2026-12-01T00:00:00+01:00", "2026-12-01T00:00:00+02:00", 1))
    assert finding.text.startswith("This is 2026-11-30 23:00 in Norway")
    assert finding.severity == "warning"
    assert not findings(START.replace("2026-12-01T00:00:00+01:00", "2026-11-30T23:00:00Z", 1))


def test_a_message_as_text_in_a_body() -> None:
    escaped = START.partition("?>")[2].replace("&", "&amp;").replace("<", "&lt;")
    soap = "http://schemas.xmlsoap.org/soap/envelope/"
    (finding,) = findings(f'<s:Envelope xmlns:s="{soap}"><s:Body>{escaped}</s:Body></s:Envelope>')
    assert "was put in as text" in finding.text


def _zip() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.xml", START)
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (_zip(), "a zip archive, no XML; unpack it"),
        (b"%PDF-1.7 ...", "a PDF"),
        (b'{"header": {}}', "JSON, no XML; `ediel generate`"),
        (b"SQLite format 3\x00", "an SQLite database"),
        (gzip.compress(_zip()), "a zip archive"),
    ],
)
def test_a_file_that_is_no_xml_is_named(data: bytes, what: str) -> None:
    (finding,) = findings(data)
    assert what in finding.text


def test_a_declaration_of_another_encoding_is_seen_however_long_it_is() -> None:
    declared = "<?xml version='1.0'" + " " * 300 + "encoding='ISO-8859-1'?>"
    (finding,) = findings((declared + START.partition("?>")[2]).encode())
    assert finding.rule == "READ/encoding"
