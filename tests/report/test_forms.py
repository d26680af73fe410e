"""Forms that people and code hosts read: what they claim, in which language, and what they never show."""

from __future__ import annotations

import json
import re
from datetime import date
from html.parser import HTMLParser
from typing import Final

import pytest
from lxml import etree

from ediel import rules
from ediel.report import FORMS, How, Report
from ediel.report._titles import TITLES
from ediel.report._words import grouped
from ediel.xml.places import placed
from tests.support.mistake_rows import MISTAKES
from tests.support.mistakes import mistaken, text, without
from tests.support.places import FIXTURES, ROOT

ON: Final = date(2026, 11, 25)
REFUSED: Final = mistaken(
    "RequestStartOfSupply-101", text("PayloadMPEvent/StartOfOccurrence", "2026-11-24T00:00:00+01:00")
)
DOUBTFUL: Final = mistaken(
    "RequestStartOfSupply-101", text("PayloadMPEvent/StartOfOccurrence", "2026-11-25T00:00:00+01:00")
)
RIGHT: Final = (FIXTURES / "valid" / "RequestStartOfSupply-101.xml").read_bytes()
PEOPLE: Final = ("Kari", "Testesen", "12818525018", "40000000", "kari.testesen", "Prøveveien")


def reports(*data: bytes) -> list[Report]:
    return [placed(rules.inspect(item, on=ON, path=f"{place}.xml").report, item) for place, item in enumerate(data)]


def test_junit_passes_nothing_that_is_not_known() -> None:
    document = etree.fromstring(FORMS["junit"](reports(REFUSED, DOUBTFUL, RIGHT), How()).encode())
    cases = [[child.tag for child in case if child.tag != "system-out"] for case in document.iter("testcase")]
    assert cases == [["failure"], ["skipped"], ["skipped"]]
    assert [item.get("message") for item in document.iter("skipped")] == [
        "doubtful; 16 rules unknown",
        "not refused; 17 rules unknown",
    ]
    assert "registered" not in (document.findtext(".//system-out") or "")
    assert "the register of the market (--register): BRS-NO-101/accounting-point" in etree.tostring(document).decode()
    assert [suite.get("skipped") for suite in document] == ["0", "1", "1"]
    strict = etree.fromstring(FORMS["junit"](reports(REFUSED, DOUBTFUL, RIGHT), How(fail_on="inferred")).encode())
    assert [len(list(suite.iter("failure"))) for suite in strict] == [1, 1, 0]
    unknown = etree.fromstring(FORMS["junit"](reports(RIGHT), How(fail_on="unknown")).encode())
    assert unknown.find(".//failure") is not None
    known = rules.inspect(RIGHT, level="schema", path="a.xml").report
    (passed,) = etree.fromstring(FORMS["junit"]([known], How()).encode()).iter("testcase")
    assert len(passed) == 0, "by the schema alone nothing is left open"


def test_sarif_has_titles_help_and_columns() -> None:
    (run,) = json.loads(FORMS["sarif"](reports(REFUSED, DOUBTFUL), How()))["runs"]
    by_key = {rule["id"]: rule for rule in run["tool"]["driver"]["rules"]}
    rule = by_key["BRS-NO-101/not-back"]
    assert rule["shortDescription"]["text"] == "The date does not lie back in time."
    assert rule["name"] == "BrsNo101NotBack"
    assert rule["help"]["text"].splitlines()[1:] == [
        "Standing: published.",
        "Code: E17 (inferred).",
        "Source: BRS-NO-101.",
        "More: ediel explain BRS-NO-101/not-back",
    ]
    first = run["results"][0]
    region = first["locations"][0]["physicalLocation"]["region"]
    line = REFUSED.decode().split("\n")[region["startLine"] - 1]
    assert line[region["startColumn"] - 1 :].startswith("<abie:StartOfOccurrence>")
    assert first["properties"]["advice"] == "It should be: not before 2026-11-25."
    assert run["properties"]["refused"] == run["properties"]["doubtful"] == 1
    assert len(first["partialFingerprints"]["place/v1"]) == 32


def test_columns_of_a_file_without_line_ends() -> None:
    flat = re.sub(rb">\s+<", b"><", REFUSED)
    (report,) = reports(flat)
    finding = next(item for item in report.all_findings() if item.rule == "BRS-NO-101/not-back")
    assert finding.column is not None
    whole = flat.decode().split("\n")[(finding.line or 0) - 1]
    assert whole[finding.column - 1 :].startswith("<abie:StartOfOccurrence>")
    assert finding.excerpt == ((finding.line, "<abie:StartOfOccurrence>"),)


def test_annotations() -> None:
    found = FORMS["github"](reports(REFUSED), How()).splitlines()
    assert re.match(
        r"::error file=0.xml,line=\d+,col=5,title=The date does not lie back in time. \[E17\]::Rule broken: ", found[0]
    )
    assert found[-1].startswith("1 file, 1 message checked")
    odd = Report("a,b:c%.xml", findings=(next(reports(REFUSED)[0].all_findings()),))
    assert "file=a%2Cb%3Ac%25.xml," in FORMS["github"]([odd], How())
    issues = json.loads(FORMS["gitlab"](reports(REFUSED, REFUSED), How()))
    assert {item["severity"] for item in issues} == {"critical", "minor"}
    assert len({item["fingerprint"] for item in issues}) == len(issues)
    assert issues[0]["location"]["lines"]["begin"]


class _Page(HTMLParser):
    """Whether what is opened is closed, and what is said."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize(("lang", "words"), [("en", "It should be: not before"), ("nb", "Regelen er brutt: Datoen")])
def test_the_page(lang: str, words: str) -> None:
    page = _Page()
    source = FORMS["html"](reports(REFUSED, DOUBTFUL, RIGHT, b"no XML"), How(lang="nb" if lang == "nb" else "en"))
    page.feed(source)
    assert not page.open
    assert words in page.text
    assert f'<html lang="{lang}">' in source
    reject = {"en": "RejectStartOfSupply with E17.", "nb": "RejectStartOfSupply med E17."}[lang]
    assert reject in page.text
    assert {"en": "Maybe RejectStartOfSupply", "nb": "Kanskje RejectStartOfSupply"}[lang] in page.text
    assert {"en": "the register of the market", "nb": "registeret over markedet"}[lang] in page.text
    assert "<abie:StartOfOccurrence>2026-11-24T00:00:00+01:00" in page.text
    assert not [name for name in PEOPLE if name in source]
    assert "<script" not in source
    assert "http" not in source


def test_excerpts_show_nobody() -> None:
    """Whatever the mistake: no form that shows the file shows a person."""
    for mistake in MISTAKES:
        (report,) = reports(mistaken(mistake.fixture, mistake.edit))
        source = FORMS["html"]([report], How())
        assert not [name for name in PEOPLE if name in source], mistake
    commented = RIGHT.replace(b"<abie:GivenName>", b"<!-- Kari --><abie:GivenName>").replace(
        b">Testesen<", b">Testesen" * 30 + b"<"
    )
    (report,) = reports(commented)
    assert report.verdict == "refused"
    assert not [name for name in PEOPLE if name in FORMS["html"]([report], How())]


@pytest.mark.parametrize(
    "line",
    [
        b"<!-- Kari Testesen -->",
        b"<!-- one\nKari Testesen\n-->",
        b"<abie:KariTestesen>1</abie:KariTestesen>",
        b'<abie:DocumentType KariTestesen="1"/>',
        b"<abie:Nam>Kari Testesen</abie:Nam>",
        b"<abie:N12818525018>1</abie:N12818525018>",
    ],
)
def test_excerpts_show_nobody_in_odd_places_either(line: bytes) -> None:
    data = RIGHT.replace(b"<abie:DocumentType", line + b"\n<abie:DocumentTyp", 1).replace(b"</abie:DocumentType>", b"</abie:DocumentTyp>")  # fmt: skip
    (report,) = reports(data)
    assert report.verdict == "refused"
    source = FORMS["html"]([report], How())
    assert "<pre" in source
    assert not [name for name in PEOPLE if name in source]


def test_every_kind_of_finding_has_a_title_and_is_in_the_docs() -> None:
    page = (ROOT / "docs" / "findings.md").read_text(encoding="utf-8")
    keys = set()
    for path in (ROOT / "src").rglob("*.py"):
        keys |= set(re.findall(r'"((?:READ|ID|TEXT|TIME)/[a-z-]+)"', path.read_text(encoding="utf-8")))
    keys |= {finding["rule"] for path in (FIXTURES / "invalid").glob("*.json") for finding in json.loads(path.read_text(encoding="utf-8"))}  # fmt: skip
    keys = {key for key in keys if not key.startswith("BRS-")}
    assert keys - set(TITLES) == set()
    assert [key for key in keys if f"`{key}`" not in page] == []


def test_repeats_are_taken_together() -> None:
    base = (FIXTURES / "valid" / "CollectedData-313-hourly.xml").read_bytes()
    many = re.sub(rb"<abie:Metered>[^<]*<", b"<abie:Metered>1,5<", base)
    (report,) = reports(many)
    (message,) = report.messages
    groups = list(grouped(message.findings))
    assert len(message.findings) > 10
    assert len(groups) == 1
    shown = FORMS["text"]([report], How())
    assert shown.count("error [XSD]") == 1
    assert f"and {len(message.findings) - 1} more like it: lines" in shown
    few = mistaken("RequestStartOfSupply-101", without("PayloadMPEvent/ConsumerInvolvedCustomerAddress/Postcode"))
    assert [len(group) for group in grouped(reports(few)[0].messages[0].findings)] == [1]
