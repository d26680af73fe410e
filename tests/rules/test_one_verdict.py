"""``ediel.inspect`` and ``ediel validate`` are of one mind, whatever the options."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from click.testing import CliRunner

import ediel
from ediel import market
from ediel.cli import cli
from ediel.report import json as json_report
from tests.support.places import FIXTURES

DAY = date(2026, 12, 24)
FILES = sorted(FIXTURES.rglob("*.xml"))


@pytest.mark.parametrize(
    ("options", "arguments"),
    [
        ([], {}),
        (["--strict"], {"strict": True}),
        (["--level", "schema"], {"level": "schema"}),
    ],
    ids=["rules", "strict", "schema"],
)
def test_the_library_says_what_the_command_says(options: list[str], arguments: dict[str, Any]) -> None:
    when: dict[str, Any] = {} if "schema" in options else {"on": DAY}
    command = ["validate", "--format", "json", "--on", DAY.isoformat(), *options, *map(str, FILES)]
    said = json.loads(CliRunner().invoke(cli, command).stdout)
    found = [ediel.inspect(path.read_bytes(), path=str(path), **when, **arguments).report for path in FILES]
    assert json.loads(json_report.render(found)) == said


def test_what_the_rules_refuse_is_not_valid() -> None:
    """25 values with half an hour each are no day: the schema accepts it, and a published rule does not."""
    data = (FIXTURES / "valid" / "CollectedData-313-25-hours.xml").read_bytes().replace(b"PT1H", b"PT30M")
    assert not ediel.inspect(data).valid
    assert [item.code for item in ediel.inspect(data).report.all_findings() if item.severity == "error"] == ["EH075"]
    assert ediel.inspect(data, level="schema").valid
    with pytest.raises(ValueError, match="expected 'schema' or 'rules'"):
        ediel.inspect(data, level="schemas")  # type: ignore[arg-type]


def test_the_register_is_asked() -> None:
    data = (FIXTURES / "valid" / "RequestStartOfSupply-101.xml").read_bytes()
    nobody = market.Snapshot(complete=True)
    without, asked = (ediel.inspect(data, on=DAY, register=known).report for known in (None, nobody))
    assert {item.rule for item in asked.all_findings()} - {item.rule for item in without.all_findings()} >= {
        "BRS-NO-101/point-known"
    }
    assert asked.messages[0].rules.unknown < without.messages[0].rules.unknown


def test_a_document_is_judged_as_its_bytes() -> None:
    for path in FILES:
        data = path.read_bytes()
        assert ediel.inspect(ediel.Document.read(data)) == ediel.inspect(data)
