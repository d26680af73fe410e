"""Purging metering values: files of old months go, but for the one that numbers the next arrival."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import ediel
from ediel.engine import Engine, EngineSettings, Retention
from ediel.engine import _purging as purging
from ediel.store import check_entries, entries
from ediel.values._keeping import check
from tests.benchmarks import bench
from tests.engine.test_columns import NOW, party
from tests.support.databases import url
from tests.support.world import at

SMALL = bench.series(1, 24)
YEAR = Retention.model_validate({"values": "1y"})


class Killed(BaseException):
    """The process is gone."""


def another(number: int) -> bytes:
    before: Any = ediel.read(SMALL)
    name = before.header.identification
    return SMALL.replace(name.encode(), f"00000000-0000-4000-8000-{number:012}".encode(), 1)


def test_old_months_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "values"
    settings = EngineSettings(values=folder)
    engine = Engine.open(url("sqlite", tmp_path), party=party(), clock=lambda: NOW, settings=settings)
    for number in range(3):
        engine.receive(another(number))
    assert engine.purge(YEAR, now=NOW)[0].rows == 0
    later = at("2036-01-01 00:00")
    (planned,) = engine.purge(YEAR, now=later, dry_run=True)
    assert (planned.rows, len(engine.values.manifest())) == (48, 3)
    assert list(planned.kept.values()) == [1]

    def dies(_self: object, _name: str) -> None:
        raise Killed

    with monkeypatch.context() as patch:  # the file stays behind, and no manifest names it
        patch.setattr(type(engine.values.folder), "remove", dies)
        with pytest.raises(Killed):
            engine.purge(YEAR, now=later)
    assert len(engine.values.manifest()) == 2
    assert check(engine.values) == []
    (done,) = engine.purge(YEAR, now=later)
    assert (done.kind, done.rows) == ("values", 24)
    (left,) = engine.values.manifest()
    assert left["last_cursor"] == 3
    assert check(engine.values) == []
    engine.receive(another(9))
    assert [row["last_cursor"] for row in engine.values.manifest()] == [3, 4]
    assert engine.values.series().num_rows == 24
    assert [item.detail["kind"] for item in entries(engine.store)] == ["values", "values"]
    assert check_entries(engine.store).problems == ()
    assert purging.planned(engine.store, None, YEAR, later) == []
    engine.close()
