"""Values that a message brings are in the values store when the message is in the inbox, and never otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import ediel
from ediel.engine import Engine, EngineError, EngineSettings
from ediel.engine import events as happened
from ediel.series import read_table
from ediel.store import Store, StoreError, head
from ediel.values import ValuesError, _keeping
from tests.benchmarks import bench
from tests.engine.test_columns import NOW, party
from tests.support.databases import KINDS, url
from tests.support.places import ROOT

LARGE, SMALL = bench.series(30, 24), bench.series(1, 24).replace(b"<abie:Metered>0", b"<abie:Metered>9")


def opened(folder: Path, kind: str = "sqlite", **more: Any) -> Engine:
    return Engine.open(url(kind, folder), party=party(), clock=lambda: NOW, **more)


@pytest.fixture(params=KINDS)
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    made = opened(tmp_path, request.param, settings=EngineSettings(values=tmp_path / "values"))
    yield made
    made.close()


def another(data: bytes, number: int) -> bytes:
    """The same values under another identification."""
    before: Any = ediel.read(data)
    name = before.header.identification
    return data.replace(name.encode(), f"00000000-0000-4000-8000-{number:012}".encode(), 1)


@pytest.mark.parametrize("data", [LARGE, SMALL], ids=["columns", "objects"])
def test_what_came_is_asked_for_and_told(engine: Engine, data: bytes) -> None:
    heard: list[happened.ValuesReceived] = []
    engine.on(happened.ValuesReceived, heard.append)
    engine.receive(data)
    table = read_table(data)
    assert sorted(map(str, engine.values.series().to_pylist())) == sorted(map(str, table.to_pylist()))
    (event,) = heard
    assert event.cursor == 1
    assert event.data["arrival"]["values"] == table.num_rows
    assert event.data["arrival"]["points"] == len(event.points) == len(set(table["metering_point"].to_pylist()))
    assert event.period == (min(table["start"].to_pylist()), max(table["end"].to_pylist()))
    assert event.table is not None
    assert event.table.to_pylist() == table.to_pylist()
    assert engine.values.changes(event.cursor).table.num_rows == 0
    row = engine.values.manifest()[0]
    assert (row["message_id"], row["sender"]) == (ediel.read(data).header.identification, party().hub)


def test_what_is_not_in_the_inbox_is_not_in_the_store(engine: Engine) -> None:
    engine.receive(LARGE)
    engine.receive(LARGE)  # the same again
    engine.receive(LARGE + b"\n")  # in other bytes
    dead = another(LARGE, 1).replace(str(party().gln).encode(), b"7080001300012")
    assert engine.receive(dead)[0].outcome == "dead"
    assert engine.receive(another(LARGE, 2).replace(b"<abie:Metered>", b"<abie:Metered>x", 1))[0].outcome == "dead"
    assert len(engine.values.manifest()) == 1
    engine.receive(another(LARGE, 3))
    assert engine.values.changes().cursor == 2
    assert engine.values.versions().num_rows == 2 * engine.values.series().num_rows


def test_several_in_one_commit(engine: Engine) -> None:
    heard: list[Any] = []
    engine.on(happened.ValuesReceived, lambda event: heard.append(event.cursor))
    engine.receive_many([another(SMALL, number) for number in range(5)])
    assert sorted(heard) == [1, 2, 3, 4, 5]
    assert engine.values.changes(after=2).table["cursor"].to_pylist() == [3] * 24 + [4] * 24 + [5] * 24


def test_other_messages_bring_no_values(engine: Engine) -> None:
    engine.receive((ROOT / "fixtures" / "valid" / "NotifyStartOfSupply-101-DDQ.xml").read_bytes())
    assert engine.values.manifest() == []


def test_small_files_are_tended(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_keeping, "GRACE", timedelta(0))
    engine.receive_many([another(SMALL, number) for number in range(20)])
    assert engine.tend_values() == 19
    assert engine.tend_values() == 0
    assert engine.values.versions().num_rows == 480
    _keeping.clean(engine.values, datetime.now(UTC) + timedelta(seconds=1), grace=timedelta(0))
    assert len(list((tmp_path / "values").glob("**/*.parquet"))) == 1


def test_the_database_remembers(tmp_path: Path) -> None:
    plain = opened(tmp_path)
    with pytest.raises(EngineError, match="has no values store"):
        plain.values  # noqa: B018
    assert plain.tend_values() == 0
    plain.receive(another(SMALL, 1))
    plain.close()
    first = opened(tmp_path, settings=EngineSettings(values=tmp_path / "values"))
    first.receive(another(SMALL, 2))
    first.close()
    later = opened(tmp_path)
    later.receive(another(SMALL, 3))
    assert later.values.changes().cursor == 2
    later.close()
    with pytest.raises(ValuesError, match="2 of its files are not in"):
        opened(tmp_path, settings=EngineSettings(values=tmp_path / "elsewhere"))


def test_without_what_it_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "ediel.values._store", None)
    with pytest.raises(ValuesError, match=r"needs the extra ediel\[values\]"):
        opened(tmp_path, settings=EngineSettings(values=tmp_path / "values"))
    opened(tmp_path).close()


def test_a_full_disk_keeps_nothing_and_acknowledges_nothing(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(type(engine.values.folder), "write", full)
    with pytest.raises(StoreError, match=r"cannot be written.*No space left"):
        engine.receive(SMALL)
    monkeypatch.undo()
    assert list(engine.browse.archive()) == []
    assert engine.browse.inbox() == []
    engine.receive(SMALL)
    assert engine.values.series().num_rows == 24


def test_the_manifest_is_in_every_new_database(tmp_path: Path) -> None:
    store = Store.open(f"sqlite:///{tmp_path / 'a.db'}")
    assert store.revision() == head()
    store.close()
