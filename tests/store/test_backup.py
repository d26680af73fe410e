"""Backups: of one moment, made under load, whole when they appear, and read without a change."""

from __future__ import annotations

import base64
import hashlib
import multiprocessing
import shutil
import sqlite3
import stat
import time
from datetime import UTC, datetime
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest
from sqlalchemy import update

from ediel.cli import main
from ediel.engine import Engine, Party
from ediel.identifiers import Gsrn
from ediel.store import (
    ArchiveDamaged,
    Evidence,
    Store,
    StoreError,
    back_up,
    check_archive,
    check_log,
    contents_of,
    dump_command,
    opened_backup,
    values_files,
)
from ediel.store import _schema as schema
from tests.support.world import NEW, start

NOW = datetime(2026, 11, 27, 8, tzinfo=UTC)


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as found:
        main(list(arguments))
    code = found.value.code
    return code if isinstance(code, int) else 0 if code is None else 1


def _point(number: int) -> str:
    digits = f"7070575{number:010}"
    return digits + Gsrn(f"{digits}0").check_digit


def _load(url: str, stop: Event, begun: Event) -> None:
    """Another process that begins processes and receives inputs without a pause; each commit keeps both counts equal."""
    engine = Engine.open(url, party=Party(NEW, "DDQ"), clock=lambda: NOW)
    number = 0
    while not stop.is_set():
        with engine.store.transaction():
            engine.start(start(metering_point=_point(number)), key=f"key-{number}")
            data = b"input %d" % number
            with engine.store.unit() as unit:
                unit.archive([(hashlib.sha256(data).hexdigest(), data)], "load", NOW)
        number += 1
        if number == 20:
            begun.set()
    engine.close()


def test_a_backup_in_the_middle_of_load_is_of_one_moment_and_restored(tmp_path: Path) -> None:
    source, target = tmp_path / "a.db", tmp_path / "copy.db"
    url = f"sqlite:///{source}"
    context = multiprocessing.get_context("spawn")
    stop, begun = context.Event(), context.Event()
    writer = context.Process(target=_load, args=(url, stop, begun))
    Store.open(url).close()
    writer.start()
    try:
        assert begun.wait(120)
        with sqlite3.connect(source) as own:
            before = own.execute("SELECT count(*) FROM instances").fetchone()[0]
        back_up(url, target)
        deadline = time.monotonic() + 60
        with sqlite3.connect(source) as own:  # the writer goes on
            while own.execute("SELECT count(*) FROM instances").fetchone()[0] <= before + 5:
                assert time.monotonic() < deadline
                time.sleep(0.05)
    finally:
        stop.set()
        writer.join(60)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    with opened_backup(target) as store:
        rows = contents_of(store).rows
        assert before <= rows["instances"]
        assert rows["instances"] == rows["archive"] == rows["process_keys"] == rows["outbox"]  # none half of a commit
        assert check_log(store).broken == ()
        arrived = check_archive(store)
        assert (arrived.count, arrived.damaged) == (rows["archive"], ())
    restored = tmp_path / "restored.db"
    shutil.copy(target, restored)
    engine = Engine.open(f"sqlite:///{restored}", party=Party(NEW, "DDQ"), clock=lambda: NOW)
    assert len(engine.find(status="open", most=10_000)) == rows["instances"]
    engine.start(start(metering_point=_point(10**9)), key="after")
    engine.close()


def test_a_backup_is_never_written_over_and_leaves_nothing_half(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'a.db'}"
    Store.open(url).close()
    there = tmp_path / "there.db"
    there.write_bytes(b"precious")
    with pytest.raises(StoreError, match="is there already"):
        back_up(url, there)
    assert there.read_bytes() == b"precious"
    with pytest.raises(StoreError, match="cannot be written"):
        back_up(url, tmp_path / "none" / "b.db")
    with pytest.raises(StoreError, match="there is no database"):
        back_up(f"sqlite:///{tmp_path / 'none.db'}", tmp_path / "b.db")
    with pytest.raises(StoreError, match="only a database in a file"):
        back_up("sqlite://", tmp_path / "b.db")
    (tmp_path / "broken.db").write_bytes(b"no database" * 100)
    with pytest.raises(StoreError, match="cannot be copied"):
        back_up(f"sqlite:///{tmp_path / 'broken.db'}", tmp_path / "b.db")
    assert not any("b.db" in path.name and path.name != "broken.db" for path in tmp_path.iterdir())


def test_verifying_changes_nothing_and_finds_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url, target = f"sqlite:///{tmp_path / 'a.db'}", tmp_path / "b.db"
    engine = Engine.open(url, party=Party(NEW, "DDQ"))
    process = engine.start(start())
    assert engine.receive(b"<nothing/>")[0].outcome == "dead"
    assert run("db", "backup", str(target), "--db", url) == 0
    told = capsys.readouterr()
    assert "1 processes, 1 steps, 1 inputs, 0 messages received, 1 to send or sent (1 waiting)" in told.out
    assert "ask for it again" in told.err
    before = target.read_bytes()
    assert run("db", "verify", str(target)) == 0
    told = capsys.readouterr()
    assert "1 processes, 1 steps and 1 inputs were read" in told.out
    assert "ask for it again" in told.err
    assert target.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith("b.db")) == ["b.db"]

    def changed(statement: str) -> str:
        with sqlite3.connect(target) as own:
            own.execute(statement)
        own.close()
        assert run("db", "verify", str(target)) == 1
        said = capsys.readouterr().err
        target.write_bytes(before)
        return said

    assert "does not hold what arrived" in changed("UPDATE archive SET data = x'00', packing = ''")
    assert f"process {process.id}: the log of steps is broken" in changed("UPDATE transitions SET reason = 'other'")
    assert f"process {process.id} cannot be read" in changed("UPDATE instances SET machine = 'none/such'")
    with sqlite3.connect(f"file:{target}?immutable=1", uri=True) as own:
        (versions,) = own.execute("SELECT name FROM sqlite_schema WHERE name GLOB '*_version'").fetchone()
    own.close()
    assert "tables are of release 0001" in changed(f"UPDATE {versions} SET version_num = '0001'")
    target.write_bytes(before[: len(before) // 2])
    assert run("db", "verify", str(target)) == 1
    assert "damaged" in capsys.readouterr().err
    engine.close()


def test_what_is_no_backup_is_refused_in_words(tmp_path: Path) -> None:
    engine = Engine.open(f"sqlite:///{tmp_path / 'a.db'}", party=Party(NEW, "DDQ"))
    with pytest.raises(StoreError, match=r"is in use \(a.db-wal"), opened_backup(tmp_path / "a.db"):
        pass
    engine.close()
    for content, words in (
        (b"PGDMP\x01", "pg_restore"),
        (b"", "no database of SQLite"),
        (b"<xml/>" * 9, "no database"),
    ):
        (tmp_path / "b").write_bytes(content)
        with pytest.raises(StoreError, match=words), opened_backup(tmp_path / "b"):
            pass
    with pytest.raises(StoreError, match="cannot be read"), opened_backup(tmp_path / "none"):
        pass


def test_postgresql_is_told_its_own_command(capsys: pytest.CaptureFixture[str]) -> None:
    address = "postgresql://ediel:secret-word@db.example:5433/market"
    command = "pg_dump --format=custom '--file=a b' --host=db.example --port=5433 --username=ediel --dbname=market"
    assert dump_command(address, "a b") == command
    assert dump_command("sqlite:///a.db", "b") is None
    assert run("db", "backup", "b.dump", "--db", address) == 1
    told = capsys.readouterr()
    assert "pg_dump --format=custom --file=b.dump --host=db.example" in told.err
    assert "secret-word" not in told.out + told.err


def test_files_of_the_values_store_are_named_or_copied(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url, target, place = f"sqlite:///{tmp_path / 'a.db'}", tmp_path / "b.db", tmp_path / "values"
    data = b"columns"
    store = Store.open(url)
    row = {
        "path": "party=1/a.parquet", "party": NEW, "month": "2026-11", "first_cursor": 1, "last_cursor": 1, "rows": 1,
        "size": len(data), "sha256": hashlib.sha256(data).hexdigest(), "message_id": None, "sender": None,
        "added_at": "2026-11-27T08:00:00.000000Z",
    }  # fmt: skip
    with store.unit() as unit:
        unit.add("values_place", {"name": "values", "place": str(place)})
        unit.add("values_files", row)
    store.close()
    (place / "party=1").mkdir(parents=True)
    (place / "party=1" / "a.parquet").write_bytes(data)
    assert run("db", "backup", str(target), "--db", url) == 0
    assert f"the values store is not in it: 1 files, 7 bytes in {place}" in capsys.readouterr().err
    assert run("db", "verify", str(target)) == 0
    assert (
        f"the values store is not part of this backup: it names 1 files, 7 bytes, in {place}" in capsys.readouterr().err
    )
    target.unlink()
    assert run("db", "backup", str(target), "--values", "--db", url) == 0
    copy = tmp_path / "b.db.values" / "party=1" / "a.parquet"
    assert copy.read_bytes() == data
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    with opened_backup(target) as opened:
        assert [item["path"] for item in values_files(opened)] == ["party=1/a.parquet"]
    assert run("db", "verify", str(target)) == 0
    copy.write_bytes(b"column!")
    assert run("db", "verify", str(target)) == 1
    assert "is not what was written" in capsys.readouterr().err
    (place / "party=1" / "a.parquet").unlink()
    target.unlink()
    assert run("db", "backup", str(target), "--values", "--db", url) == 1
    assert "a.parquet is missing" in capsys.readouterr().err


def test_evidence_is_given_back_as_it_was_signed_or_not_at_all(tmp_path: Path) -> None:
    engine = Engine.open(f"sqlite:///{tmp_path / 'a.db'}", party=Party(NEW, "DDQ"))
    engine.start(start())
    (entry,) = engine.outbox.pending()
    engine.outbox.sent(entry["message_id"], evidence=Evidence(b"<signed/>", None, None))
    assert [row["data"] for row in engine.evidence(entry["message_id"])] == [b"<signed/>"]
    with engine.store.connection(write=True) as connection:
        connection.execute(update(schema.EVIDENCE).values(data=b"<signed>other</signed>"))
    with pytest.raises(ArchiveDamaged, match="what the hub has signed is not kept as it came"):
        engine.evidence(entry["message_id"])
    engine.close()


def test_a_backup_of_an_encrypted_database_is_verified_with_its_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    url, target = f"sqlite:///{tmp_path / 'a.db'}", tmp_path / "b.db"
    monkeypatch.setenv("EDIEL_KEY", base64.b64encode(b"k" * 32).decode())
    engine = Engine.open(url, party=Party(NEW, "DDQ"))
    engine.start(start())
    engine.receive(b"<nothing/>")
    engine.close()
    assert run("db", "backup", str(target), "--db", url) == 0
    before = target.read_bytes()
    assert b"Testesen" not in before
    assert run("db", "verify", str(target)) == 0
    assert "1 processes, 1 steps and 1 inputs were read" in capsys.readouterr().out
    monkeypatch.setenv("EDIEL_KEY", base64.b64encode(b"o" * 32).decode())
    assert run("db", "verify", str(target)) != 0
    told = capsys.readouterr().err
    assert "key" in told
    assert "damaged" not in told
    assert target.read_bytes() == before
