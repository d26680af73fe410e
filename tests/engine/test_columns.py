"""The engine takes values as columns: what comes of a message is what comes of it as objects."""

from __future__ import annotations

import gzip
import sys
from pathlib import Path
from typing import Any

import pytest

import ediel
from ediel.engine import Engine, Party, _columns
from ediel.series import _matched
from ediel.store import _schema as schema
from tests.benchmarks import bench
from tests.support.readings import typed_series
from tests.support.wire import poll_response
from tests.support.world import at

pytestmark = pytest.mark.skipif(not _matched.available(), reason="the accelerator was not built")
NOW = at("2026-11-27 09:00")


def party() -> Party:
    header: Any = ediel.read(bench.series(1, 1)).header
    return Party(header.juridical_recipient, "DDQ", hub=header.juridical_sender)


def rows(engine: Engine) -> dict[str, list[Any]]:
    """All that an engine has written."""
    with engine.store.connection() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(table.select().order_by(*table.primary_key.columns))]
            for table in (schema.ARCHIVE, schema.INBOX, schema.INSTANCES, schema.TRANSITIONS, schema.EVENTS, schema.DEAD_LETTERS)
        }  # fmt: skip


def taken(folder: Path, *inputs: bytes) -> dict[str, list[Any]]:
    folder.mkdir()
    engine = Engine.open(f"sqlite:///{folder / 'a.db'}", party=party(), clock=lambda: NOW)
    for data in inputs:
        engine.receive(data)
    found = rows(engine)
    engine.close()
    return found


@pytest.mark.parametrize("form", ["message", "gzip", "poll", "twice", "broken", "for somebody else"])
def test_what_is_written_is_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    one = bench.series(30, 24)
    other = one.replace(b"BRS-NO-313", b"BRS-NO-312", 1)
    inputs = {
        "message": [one],
        "gzip": [gzip.compress(one)],
        "poll": [poll_response(one, other.replace(b"</abie:Identification>", b"</abie:Identification>"), channel="PollMeteringValues")],
        "twice": [one, one + b"\n", other],
        "broken": [one.replace(b"<abie:Metered>", b"<abie:Metered>x", 1), one],
        "for somebody else": [one.replace(str(party().gln).encode(), b"7080001300012")],
    }[form]  # fmt: skip
    made = typed_series(monkeypatch)
    columns = taken(tmp_path / "columns", *inputs)
    if form in {"message", "gzip", "poll"}:
        assert set(made) == {0}  # the first one tells the metering point; no other is made typed
    monkeypatch.setattr(_columns, "_reader", lambda: None)
    assert columns == taken(tmp_path / "objects", *inputs)
    assert columns["inbox"] or columns["dead_letters"]


def test_without_the_extra_it_works_as_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _columns._reader.cache_clear()
    monkeypatch.setitem(sys.modules, "ediel.series.arriving", None)
    try:
        assert _columns.arrived(bench.series(30, 24)) is None
    finally:
        monkeypatch.undo()
        _columns._reader.cache_clear()
    assert _columns.arrived(bench.series(30, 24)) is not None
