"""Situations that public reports describe: each file gets the words that are right for it, and no others are needed."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

import ediel
from ediel.cli import cli
from ediel.series import InvalidRows, load_all
from tests.support.places import FIXTURES
from tools.fixtures_field import SITUATIONS, Situation

FIELD = FIXTURES / "field"
ON = date(2026, 11, 25)


def words(path: Path) -> list[str]:
    """What ediel has to say about a file."""
    if path.suffix == ".csv":
        try:
            load_all(path)
        except InvalidRows as error:
            return [str(item) for item in error.mistakes]
        return []
    data = path.read_bytes()
    findings = ediel.inspect(data, on=ON).report.all_findings()
    return [f"{item.text} {item.found} {item.expected}" for item in findings]


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda item: item.file)
def test_situation(situation: Situation) -> None:
    found = words(FIELD / situation.file)
    for right in situation.right:
        assert any(right in item for item in found), found
    if not situation.right:
        assert found == []


def test_the_whole_folder_is_judged_and_named() -> None:
    """Endings in capitals and packed files too; what is passed over is named."""
    result = CliRunner().invoke(cli, ["validate", "--on", str(ON), str(FIELD)])
    assert result.exit_code != 0
    assert "ENDING-IN-CAPITALS.XML" in result.output or "11 files" in result.output
    assert "norwegian-spreadsheet.csv" in result.output
