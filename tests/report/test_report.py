"""Reports and their renderings."""

from __future__ import annotations

import json as stdlib_json
from pathlib import Path
from urllib.parse import unquote

import pytest
from jsonschema import Draft4Validator, Draft202012Validator
from lxml import etree
from sarif_pydantic import Sarif

import ediel
from ediel.codes import Standing
from ediel.report import FAIL_ON, Finding, MessageReport, Report, RuleCount, Severity, Summary, junit, sarif, text
from ediel.report import json as as_json
from tests.support.places import FIXTURES, ROOT

CONTRACT = ROOT / "tests" / "contract"
JUDGES = ROOT / "build" / "judges"
"""Published schemas of report forms; `make judges` fetches them. They are not ours to keep here."""


@pytest.fixture(scope="module")
def reports() -> list[Report]:
    found = [ediel.inspect(path.read_bytes(), path=str(path)).report for path in sorted(FIXTURES.rglob("*.xml"))]
    nasty = Finding("X/y", 'a < b & "c" ]]> \x00', path="/a", found="\x01", severity="warning")
    return [
        *found,
        Report("-", "empty poll"),
        Report("with space & å.xml", "message", (MessageReport("PollForData", findings=(nasty,)),), (nasty,)),
    ]


def test_summary(reports: list[Report]) -> None:
    summary = Summary.of(reports)
    assert summary.files == len(reports)
    assert summary.messages == sum(report.checked for report in reports)
    assert summary.refused + summary.doubtful + summary.not_refused + summary.unknown == summary.messages
    assert summary.exit_code == 2
    valid = [report for report in reports if report.valid]
    assert Summary.of(valid).exit_code == 0
    refused = [report for report in reports if report.readable and report.messages and not report.valid]
    assert Summary.of([*valid, *refused]).exit_code == 1
    assert Summary.of([]).exit_code == 2
    assert Summary.of([Report("-", "empty poll")]).exit_code == 2


def test_json_follows_its_schema(reports: list[Report]) -> None:
    schema = stdlib_json.loads((ROOT / "docs" / "report.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    document = stdlib_json.loads(as_json.render(reports))
    Draft202012Validator(schema).validate(document)
    assert document["version"] == as_json.VERSION == 2
    assert [file["path"] for file in document["files"]] == [report.path for report in reports]
    wrong = stdlib_json.loads(as_json.render(reports))
    wrong["files"][0]["messages"] = [{"name": "x"}]
    assert not Draft202012Validator(schema).is_valid(wrong)


def test_sarif_follows_the_standard(reports: list[Report]) -> None:
    document = stdlib_json.loads(sarif.render(reports, version="1.2.3"))
    schema = stdlib_json.loads((CONTRACT / "sarif.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(document)
    parsed = Sarif.model_validate(document)
    run = parsed.runs[0]
    assert run.results is not None
    assert len(run.results) == sum(1 for report in reports for _ in report.all_findings())
    rules = document["runs"][0]["tool"]["driver"]["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    for result in document["runs"][0]["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
    uris = [item["location"]["uri"] for item in document["runs"][0]["artifacts"]]
    assert "stdin" in uris
    assert "with%20space%20%26%20%C3%A5.xml" in uris
    assert any(unquote(uri).endswith("fixtures/invalid/value-comma.xml") for uri in uris)


@pytest.mark.skipif(
    not (JUDGES / "sarif.json").exists(), reason="`make judges` fetches the OASIS schema of SARIF 2.1.0"
)
def test_sarif_by_the_schema_of_oasis(reports: list[Report]) -> None:
    judge = Draft4Validator(stdlib_json.loads((JUDGES / "sarif.json").read_text(encoding="utf-8")))
    document = stdlib_json.loads(sarif.render(reports, version="1.2.3"))
    judge.validate(document)
    del document["runs"][0]["tool"]
    assert not judge.is_valid(document)


@pytest.mark.skipif(not (JUDGES / "junit.xsd").exists(), reason="`make judges` fetches the JUnit schema of Jenkins")
def test_junit_by_the_schema_of_jenkins(reports: list[Report]) -> None:
    judge = etree.XMLSchema(file=str(JUDGES / "junit.xsd"))
    document = etree.fromstring(junit.render(reports).encode())
    judge.assertValid(document)
    document[0].tag = "suite"
    assert not judge.validate(document)


def test_junit_follows_the_common_schema(reports: list[Report]) -> None:
    schema = etree.XMLSchema(file=str(CONTRACT / "junit.xsd"))
    document = etree.fromstring(junit.render(reports).encode())
    schema.assertValid(document)
    assert int(document.get("tests", "0")) == len(document.findall("testsuite/testcase"))
    assert int(document.get("failures", "0")) == len(document.findall("testsuite/testcase/failure"))
    assert int(document.get("errors", "0")) == len(document.findall("testsuite/testcase/error"))
    for suite, report in zip(document, reports, strict=True):
        assert suite.get("name") == (report.path or "input")
        assert int(suite.get("failures", "0")) == sum(not message.valid for message in report.messages)
        if not report.valid:
            assert suite.find("testcase/failure") is not None or suite.find("testcase/error") is not None


def test_text_is_readable() -> None:
    path = FIXTURES / "invalid" / "missing-postcode.xml"
    report = ediel.inspect(path.read_bytes(), path="missing-postcode.xml").report
    assert text.render([report]) == (
        "refused      missing-postcode.xml: RequestStartOfSupply BRS-NO-101 as DDQ "
        f"{report.messages[0].identification}\n"
        "  error [XSD] line 49: Postcode is missing after BuildingNumber.\n"
        "      at       /RequestStartOfSupply/PayloadMPEvent/ConsumerInvolvedCustomerAddress/Postcode\n"
        "      expected Postcode\n"
        "      rule     XSD/missing-element (published)\n"
        "1 file, 1 message checked against the schema: 1 refused, 0 doubtful, 0 not refused; 1 error, 0 warnings.\n"
    )


def test_text_of_everything(reports: list[Report]) -> None:
    whole = text.render(reports)
    assert whole.count("refused") >= 60
    assert "nothing to check" in whole
    assert "cannot be read" in whole
    quiet = [line for report in reports for line in text.lines(report, quiet=True)]
    assert not any(line.startswith("not refused") and "soap" in line for line in quiet)
    assert "nothing was checked" in text.summary_line(Summary.of([]))
    styled = list(text.lines(reports[0], style=lambda value, kind: f"<{kind}>{value}"))
    assert any("<" in line for line in styled)


def test_a_report_that_checked_nothing_is_not_valid() -> None:
    assert not Report().valid
    assert not Report("x", "empty poll").valid
    assert MessageReport("PollForData").valid
    assert Report("x", "message", (MessageReport("PollForData"),)).valid


def test_paths_in_reports_are_as_given(tmp_path: Path) -> None:
    target = tmp_path / "a.xml"
    target.write_bytes(b"")
    report = ediel.inspect(target.read_bytes(), path=str(target)).report
    assert report.path == str(target)
    assert sarif.document([report], version="1")["runs"][0]["artifacts"][0]["location"]["uri"] == target.as_uri()


@pytest.mark.parametrize(
    ("findings", "rules", "verdict"),
    [
        ((), RuleCount(applied=3, unknown=9), "not refused"),
        ((), RuleCount(), "not refused"),
        ((), RuleCount(unknown=9), "unknown"),
        ((Finding("A/b", "x", severity="info"),), RuleCount(applied=1), "not refused"),
        ((Finding("A/b", "x", severity="warning", standing="assumed"),), RuleCount(applied=1), "doubtful"),
        ((Finding("A/b", "x", severity="warning", standing="inferred"),), RuleCount(unknown=1), "doubtful"),
        ((Finding("A/b", "x", standing="inferred"),), RuleCount(applied=1), "doubtful"),
        ((Finding("A/b", "x", standing="assumed"), Finding("A/c", "x")), RuleCount(applied=1), "refused"),
    ],
)
def test_the_four_words(findings: tuple[Finding, ...], rules: RuleCount, verdict: str) -> None:
    message = MessageReport("PollForData", findings=findings, rules=rules)
    assert message.verdict == verdict
    report = Report("x", "message", (MessageReport("PollForData", rules=RuleCount(applied=1)), message))
    assert report.verdict == verdict
    assert Report("x", "message", (message,), (Finding("XSD/other", "x"),)).verdict == "refused"
    assert Report("x").verdict == "unknown"


@pytest.mark.parametrize(
    ("standing", "severity", "codes"),
    [
        ("published", "error", (1, 1, 1, 1)),
        ("inferred", "warning", (0, 1, 1, 1)),
        ("assumed", "warning", (0, 0, 1, 1)),
        ("assumed", "error", (1, 1, 1, 1)),
        ("published", "info", (0, 0, 0, 0)),
    ],
)
def test_exit_codes(standing: Standing, severity: Severity, codes: tuple[int, ...]) -> None:
    finding = Finding("A/b", "x", severity=severity, standing=standing)
    message = MessageReport("PollForData", findings=(finding,), rules=RuleCount(applied=1))
    summary = Summary.of([Report("x", "message", (message,))])
    assert tuple(summary.exit_code_on(level) for level in FAIL_ON) == codes
    unknown = Summary.of([Report("x", "message", (MessageReport("PollForData", rules=RuleCount(1, unknown=1)),))])
    assert tuple(unknown.exit_code_on(level) for level in FAIL_ON) == (0, 0, 0, 1)
    unread = Summary.of([Report("x", readable=False), Report("x", "message", (message,))])
    assert {unread.exit_code_on(level) for level in FAIL_ON} == {2}
