"""The fixtures that the package brings for pytest, as a user's test has them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from importlib.resources import files
from pathlib import Path

import pytest

import ediel
from ediel.calendar import OSLO
from ediel.engine import Engine, EngineError
from ediel.hub import VirtualClock
from ediel.testing import HubUnderTest, MarketParty


def test_a_search(hub: HubUnderTest, party: Callable[..., MarketParty], clock: VirtualClock) -> None:
    third_party = party("AG")
    point = hub.seed.metering_points[0].identification
    search = third_party.start(ediel.PointSearch(metering_point=point))
    assert third_party.state(search) == "answered"
    assert party("DDQ", 1).gln != party("DDQ").gln
    hub.move(datetime(2026, 12, 1, tzinfo=OSLO))
    assert clock() == datetime(2026, 12, 1, tzinfo=OSLO)


def test_cases_are_tests_where_they_are_asked_for(tmp_path: Path) -> None:
    """A case is a test that fails at its step; without the option, no file is looked at."""
    text = (files("ediel.conformance") / "cases" / "query" / "AG611-01.toml").read_text(encoding="utf-8")
    (tmp_path / "right.toml").write_text(text, encoding="utf-8")
    (tmp_path / "wrong.toml").write_text(text.replace("E01", "E02"), encoding="utf-8")
    (tmp_path / "broken.toml").write_text("[[step]]", encoding="utf-8")
    (tmp_path / "other.toml").write_text("a = 1", encoding="utf-8")
    found = _pytest(tmp_path, "--ediel-target", "simulator")
    assert found.returncode == 1
    assert "2 failed, 1 passed" in found.stdout
    assert "failed at step 2, actor gets ResponseUpfrontMeteringPointCharacteristics: expected" in found.stdout
    assert "broken.toml: id: Field required" in found.stdout
    assert "Traceback" not in found.stdout
    assert _pytest(tmp_path).returncode == 5, "no tests"


def test_an_engine_of_ones_own(hub: HubUnderTest, own_engine: Callable[..., Engine]) -> None:
    """One engine for two parties of the market: its messages are carried, by the market's clock, and only once."""
    engine = own_engine("DDQ", ("DDQ", 1), "AG")
    supplier, other = hub.known("DDQ").gln, hub.known("DDQ", 1).gln
    assert {party.gln for party in engine.parties} == {supplier, other, hub.known("AG").gln}
    point = hub.seed.metering_points[0].identification
    search = engine.start(ediel.PointSearch(metering_point=point), party=other)
    assert sum(cycle.sent for cycle in hub.carry()) == 1
    assert engine.process(search.id).state == "answered"
    hub.move(datetime(2026, 12, 1, tzinfo=OSLO))
    assert engine.clock() == datetime(2026, 12, 1, tzinfo=OSLO)
    assert hub.party("DDQ").engine is engine
    with pytest.raises(EngineError, match=f"messages of {supplier} are carried for another engine already"):
        own_engine("DDQ")
    nobody = Engine.open(hub.database())
    with pytest.raises(EngineError, match="acts for nobody"):
        hub.attach(nobody)
    nobody.close()


def _pytest(folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", str(folder), *more]
    return subprocess.run(command, check=False, capture_output=True, text=True, cwd=folder)
