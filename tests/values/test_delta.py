"""The Delta table has every value that came, once: with two writers at a time, and killed at any moment."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pytest

from ediel.series._columns import SCHEMA
from ediel.values import ValuesError, ValuesStore
from ediel.values._keeping import compact
from ediel.values.delta import deliver
from tests.series.slow_values import table
from tests.support.places import ROOT
from tests.values.test_values_store import NOW, Model, day, model, shown

deltalake = pytest.importorskip("deltalake", reason="the extra delta is not installed")


def handed(folder: Path) -> pa.Table:
    return pa.table(deltalake.DeltaTable(str(folder / "delta")).to_pyarrow_table())


def holds(folder: Path, own: Model) -> None:
    found = handed(folder)
    assert shown(found.select(SCHEMA.names).to_pylist()) == shown(table(own.rows()).to_pylist())


def test_each_value_once_however_often(tmp_path: Path) -> None:
    own = model(tmp_path)
    address = str(tmp_path / "delta")
    assert deliver(own.values, address).values == 0
    for number in range(6):
        own.add(day(number % 3, 1000 + number))
    first = deliver(own.values, address, most=50)
    assert (first.values, first.commits, first.cursor) == (144, 3, 6)
    assert deliver(own.values, address).commits == 0
    compact(own.values, own.store, NOW, least=2)
    own.add(day(40))
    assert deliver(own.values, address).values == 24
    holds(tmp_path, own)
    found = handed(tmp_path)
    assert sorted(set(found["month"].to_pylist())) == ["2026-10", "2026-12"]
    assert found.filter(pa.compute.equal(found["cursor"], 7)).num_rows == 24
    own.store.close()


def test_who_commits_on_an_older_table_starts_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another writer commits between reading where the hand-over stands and writing."""
    own = model(tmp_path)
    own.add(day(0))
    address = str(tmp_path / "delta")
    changes, calls = own.values.changes, []

    def meanwhile(*arguments: Any, **more: Any) -> Any:
        found = changes(*arguments, **more)
        calls.append(arguments)
        if len(calls) == 1:
            assert deliver(own.values, address).values == 24  # it calls this once more itself
        return found

    monkeypatch.setattr(own.values, "changes", meanwhile)
    assert deliver(own.values, address).values == 0
    monkeypatch.undo()
    holds(tmp_path, own)
    own.store.close()


def test_a_table_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = model(tmp_path)
    own.add(day(0))
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(ValuesError, match="cannot be written"):
        deliver(own.values, str(tmp_path / "file" / "delta"))
    monkeypatch.setitem(sys.modules, "deltalake", None)
    with pytest.raises(ValuesError, match=r"needs the extra ediel\[delta\]"):
        deliver(own.values, str(tmp_path / "delta"))
    own.store.close()


def survives(folder: Path, kills: int, seed: int, arrivals: int) -> None:
    """Two writers at a time, killed again and again, while values arrive."""
    chance = Random(seed)
    own = model(folder)
    ValuesStore.of(own.store, folder / "values")
    code = (
        "import sys\nfrom ediel.store import Store\nfrom ediel.values import ValuesStore\n"
        "from ediel.values.delta import deliver\n"
        "values = ValuesStore.of(Store.open(sys.argv[1]), None)\n"
        "print('begun', flush=True)\n"
        "while True:\n    deliver(values, sys.argv[2], most=1)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    command = [sys.executable, "-c", code, f"sqlite:///{folder / 'test.db'}", str(folder / "delta")]
    database = next(folder.glob("*.db"))
    command[3] = f"sqlite:///{database}"

    def writer() -> subprocess.Popen[bytes]:
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert process.stdout is not None
        with process.stdout as out:
            assert out.readline() == b"begun\n"
        return process

    two = [writer(), writer()]
    for number in range(kills):
        for _ in range(arrivals // kills):
            own.add(day(chance.randrange(60), chance.randrange(9000)))
        time.sleep(chance.random() * 0.4)
        victim = two[number % 2]
        assert victim.poll() is None
        victim.send_signal(signal.SIGKILL)
        victim.wait()
        two[number % 2] = writer()
    for process in two:
        process.kill()
        process.wait()
    deliver(own.values, str(folder / "delta"))
    holds(folder, own)
    assert handed(folder).num_rows == len(own.rows())
    own.store.close()


def test_two_writers_and_kills(tmp_path: Path) -> None:
    survives(tmp_path, 4, 7, 24)


if __name__ == "__main__":
    from tempfile import TemporaryDirectory

    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    for turn in range(0, wanted, 20):
        with TemporaryDirectory() as place:
            survives(Path(place), 20, turn, 200)
        print(turn + 20, "kills survived", flush=True)
