"""The official example messages: all are read; all are valid and survive, except the two that are officially broken."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

import ediel
from ediel import rules
from ediel.messages import MESSAGES
from ediel.report import Finding
from tests.support.helpers import canonical_bytes, collapse

BROKEN = {"NotifySharedProduction.xml", "RequestUpdateSharedProduction.xml"}


@pytest.fixture(scope="module")
def examples(official: Path) -> list[Path]:
    found = sorted((official / "examples").glob("*.xml"))
    assert len(found) == 24
    return found


def test_examples_survive(examples: list[Path]) -> None:
    for path in examples:
        if path.name in BROKEN:
            continue
        data = path.read_bytes()
        message = ediel.read(data)
        written = ediel.write(message)
        assert collapse(canonical_bytes(written)) == collapse(canonical_bytes(data)), path.name
        assert ediel.read(written) == message
        assert ediel.from_json(ediel.to_json(message)) == message


def test_examples_are_known_by_name(examples: list[Path]) -> None:
    for path in examples:
        inspection = ediel.xml.check_schema(path.read_bytes())
        assert [item.name for item in inspection.messages] == [path.stem.partition("_")[0]]
        assert inspection.messages[0].name in MESSAGES


def errors(path: Path) -> list[Finding]:
    with pytest.raises(ediel.InvalidMessage) as caught:
        ediel.read(path.read_bytes())
    return [finding for finding in caught.value.report.all_findings() if finding.severity == "error"]


def line_of(path: Path, text: str, number: int = 1) -> int:
    lines = [place for place, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1) if text in line]
    return lines[number - 1]


def test_broken_example_notify(official: Path) -> None:
    path = official / "examples" / "NotifySharedProduction.xml"
    found = errors(path)
    misspelt = found[0]
    assert misspelt.rule == "XSD/unexpected-element"
    assert (misspelt.found, misspelt.expected) == ("EndOfOccurence", "EndOfOccurrence")
    assert misspelt.line == line_of(path, "EndOfOccurence")
    assert found[1].path == "/NotifySharedProduction/PayloadMasterDataMPEvent/VirtualCalculation/Id"
    commas = [finding for finding in found if finding.found == "0,250000"]
    assert [finding.line for finding in commas] == [line_of(path, "0,250000", n) for n in (1, 2, 3, 4)]
    assert all("decimal point, not a comma" in finding.text for finding in commas)
    assert len(found) == 6


def test_broken_example_request(official: Path) -> None:
    path = official / "examples" / "RequestUpdateSharedProduction.xml"
    found = errors(path)
    assert [finding.found for finding in found] == ["0,250000"] * 4
    assert [finding.line for finding in found] == [line_of(path, "0,250000", n) for n in (1, 2, 3, 4)]


def test_same_verdicts_by_the_official_schemas(examples: list[Path], official: Path) -> None:
    schemas = ediel.SchemaSet.in_folder(official)
    for path in examples:
        data = path.read_bytes()
        assert (
            ediel.xml.check_schema(data, schemas=schemas).valid
            == ediel.xml.check_schema(data).valid
            == (path.name not in BROKEN)
        )


BROKEN_RULES = {
    "CollectedData.xml": ({"BRS-NO-313/15"}, "its series are of 2015, more than 3 years before the day of judgement"),
    "RequestEndOfSupply.xml": ({"BRS-NO-201/not-back", "BRS-NO-201/window-latest"}, "its day has passed"),
    "RequestStartOfSupply.xml": ({"BRS-NO-101/not-back", "BRS-NO-101/window-latest"}, "its day has passed"),
    "RequestUpdateCustomerInformation.xml": (
        {"BRS-NO-301/start"},
        "it has no StartOfOccurrence, which VAL-301 demands",
    ),
    "RequestUpfrontMeteringPointCharacteristics.xml": (
        {"BRS-NO-611/9", "BRS-NO-611/10", "BRS-NO-611/11"},
        "it gives customer, whole address and meter at once: an example of structure only",
    ),
    "PriceVolumeCombinationForReconciliation.xml": (
        {"BRS-NO-503/code-issuer"},
        "it gives agency 89 with settlement method E02, which is ebIX's, 260",
    ),
    "ResponseFromGridAccessProvider.xml": ({"BRS-NO-601/no-question"}, "it repeats the question"),
}
"""Rules that the official examples break, each with the reason."""


def test_examples_by_the_rules(examples: list[Path]) -> None:
    for path in examples:
        inspection = rules.inspect(path.read_bytes(), on=date(2026, 11, 25))
        found = {item.rule for item in inspection.report.all_findings() if item.rule.startswith("BRS-NO-")}
        assert found == BROKEN_RULES.get(path.name, (set(), ""))[0], path.name
        if path.name not in BROKEN:
            counts = inspection.messages[0].report.rules
            assert counts.applied, path.name


@pytest.mark.parametrize("name", sorted(BROKEN))
def test_shared_production_examples_repeat_a_point(official: Path, name: str) -> None:
    """With their spelling mended they can be judged: the same metering point stands twice in a list."""
    data = (official / "examples" / name).read_bytes()
    data = data.replace(b",250000<", b".250000<").replace(b"EndOfOccurence", b"EndOfOccurrence")
    data = data.replace(b">10<", b">123e4567-e89b-12d3-a456-426655440000<")
    message: Any = ediel.read(data)
    recipients = [item.metering_point for item in message.payload.calculation.participants.recipients]
    assert len(set(recipients)) < len(recipients)
    found = {item.rule for item in rules.inspect(data, on=date(2026, 11, 25)).report.all_findings()}
    assert ("BRS-NO-701/once" in found) == (message.name() == "RequestUpdateSharedProduction")
