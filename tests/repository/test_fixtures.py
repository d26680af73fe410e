"""The fixtures: every valid one is taken, every broken one gets exactly the findings beside it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import ediel
from ediel.messages import MESSAGES
from tests.support.helpers import canonical_bytes
from tests.support.places import FIXTURES
from tools.write_fixtures import KEPT

VALID = sorted((FIXTURES / "valid").glob("*.xml"))
BROKEN = sorted((FIXTURES / "invalid").glob("*.xml"))
MISSION = {101, 102, 103, 104, 303, 313, 315, 317, 611, 622, 701}


def test_there_are_enough() -> None:
    assert len(BROKEN) >= 60
    names = {path.name.partition("-")[0].removesuffix(".xml") for path in VALID}
    assert names >= set(MESSAGES)
    processes = {
        message.process.business_process.value for path in VALID for message in ediel.read_all(path.read_bytes())
    }
    assert processes >= {f"BRS-NO-{number}" for number in MISSION}


@pytest.mark.parametrize("path", VALID, ids=lambda path: path.stem)
def test_valid(path: Path) -> None:
    inspection = ediel.inspect(path.read_bytes())
    assert list(inspection.report.all_findings()) == []
    assert inspection.valid
    for item in inspection.messages:
        assert item.message is not None
        written = ediel.write(item.message)
        assert ediel.read(written) == item.message
        assert ediel.from_json(ediel.to_json(item.message)) == item.message
    if inspection.report.kind == "message":
        assert canonical_bytes(written) == canonical_bytes(path.read_bytes())


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_broken(path: Path) -> None:
    expected = json.loads(path.with_suffix("").with_suffix(".findings.json").read_text(encoding="utf-8"))
    report = ediel.inspect(path.read_bytes()).report
    found = [{key: getattr(finding, key) for key in KEPT} for finding in report.all_findings()]
    assert found == expected
    assert found, "a broken fixture has findings"
    if not path.stem.startswith("warning"):
        assert not report.valid


def test_fixtures_are_those_of_the_tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``make fixtures`` has been run after the last change of the tables."""
    from tools import write_fixtures

    monkeypatch.setattr(write_fixtures, "ROOT", tmp_path)
    write_fixtures.main()
    for folder in ("valid", "invalid", "field"):
        fresh = {path.name: path.read_bytes() for path in (tmp_path / folder).iterdir()}
        kept = {path.name: path.read_bytes() for path in (FIXTURES / folder).iterdir()}
        assert fresh == kept
