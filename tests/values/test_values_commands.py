"""What the commands say of a values store, and hand over."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from ediel.cli import cli
from ediel.engine import Engine, EngineSettings
from tests.engine.test_columns import NOW, party
from tests.engine.test_values import SMALL, another


def run(*arguments: str) -> Any:
    return CliRunner().invoke(cli, list(arguments))


@pytest.fixture
def address(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path / 'a.db'}"
    engine = Engine.open(url, party=party(), clock=lambda: NOW, settings=EngineSettings(values=tmp_path / "values"))
    engine.receive_many([another(SMALL, number) for number in range(16)])
    engine.close()
    return url


def test_store(address: str, tmp_path: Path) -> None:
    found = run("values", "store", "--check", "--db", address)
    assert found.exit_code == 0, found.output
    assert "16 files, 384 values" in found.output
    assert "last arrival 16, in " in found.output
    assert "15 files fewer" in run("values", "store", "--compact", "--db", address).output
    found = run("values", "store", "--db", address)
    assert "1 file, 384 values" in found.output
    for path in (tmp_path / "values").glob("**/*c.parquet"):
        path.write_bytes(path.read_bytes()[:-1])
    found = run("values", "store", "--check", "--db", address)
    assert found.exit_code == 1
    assert "is damaged" in found.output


def test_a_database_without_one(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'a.db'}"
    Engine.open(url).close()
    found = run("values", "store", "--db", url)
    assert found.exit_code != 0


def test_deliver(address: str, tmp_path: Path) -> None:
    pytest.importorskip("deltalake", reason="the extra delta is not installed")
    table = str(tmp_path / "delta")
    assert "384 values added" in run("values", "deliver", "--to", table, "--db", address).output
    assert "0 values added" in run("values", "deliver", "--to", table, "--db", address).output


def test_what_has_changed_since_an_arrival(address: str) -> None:
    found = run("values", "changes", address, "--after", "0", "--format", "json")
    assert found.exit_code == 0, found.output
    assert {row["new"] for row in json.loads(found.stdout)} == {24}
    found = run("values", "changes", address.removeprefix("sqlite:///"), "--after", "16")
    assert found.stdout.startswith("0 new, 0 corrected, 0 gone since arrival 16, 0 channels")
    for arguments, says in (
        ([address], "give --since, or --after"),
        ([address, "--after", "1", "--since", "2026-11-25"], "give --since, or --after"),
        ([address, address, "--after", "1"], "needs one database"),
        (["values.csv", "--after", "1"], "needs one database"),
    ):
        found = run("values", "changes", *arguments)
        assert found.exit_code == 2
        assert says in found.output
