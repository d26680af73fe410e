"""Encryption at rest: nobody reads the file without the key; everything else is as it was."""

from __future__ import annotations

import base64
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text

import ediel
from ediel.cli import main
from ediel.engine import Engine, EngineSettings, Party, Person
from ediel.store import (
    Store,
    StoreError,
    WrongKey,
    change_key,
    check_archive,
    check_entries,
    check_log,
    check_processes,
    compact,
    key_of,
    reseal,
)
from ediel.store import _rekey as rekeying
from ediel.store import _schema as schema
from ediel.store._keyring import Keyring
from tests.support.databases import KINDS, url
from tests.support.remains import in_files, in_tables
from tests.support.world import KARI, NEW, POINT, at, start

KEY, OTHER = bytes(range(32)), bytes(range(1, 33))
KARI_ID = KARI.identification
MARKS = (KARI_ID, "Testesen", "c-4711", "web-1")


def opened(where: str, key: bytes | None = KEY) -> Engine:
    return Engine.open(
        where, party=Party(NEW, "DDQ"), clock=lambda: at("2026-11-27 09:00"), settings=EngineSettings(key=key)
    )


def used(engine: Engine) -> str:
    """A process with a key, a tag, a message, an answer that nobody expects, and a contract."""
    process = engine.start(start(), key="web-1", tags={"customer": "c-4711"})
    engine.receive(f"<what>{KARI_ID}</what>".encode())
    row = {
        "party": NEW, "metering_point": POINT, "supplier": NEW, "start": "2026-01-01", "customer": "c-4711", "end": None,
        "process": "BRS-NO-101", "status": "in force", "changed_at": "2026-01-01T00:00:00.000000Z", "told_at": None,
    }  # fmt: skip
    with engine.store.unit() as unit:
        unit.put("contracts", row)
    return process.id


def as_ever(engine: Engine, process: str) -> None:
    """Everything is found and read."""
    assert engine.start(start(), key="web-1").id == process
    (found,) = engine.find(key="web-1")
    assert found.id == process
    assert [item.id for item in engine.find(tags={"customer": "c-4711"})] == [process]
    assert not list(engine.find(tags={"customer": "c-4712"}))
    (sent,) = engine.process(process).messages
    message: Any = sent.message
    assert message.payload.customer.identification == KARI_ID
    assert [row["customer"] for row in engine.browse.contracts()] == ["c-4711"]
    with engine.store.unit() as unit:
        (row,) = unit.contracts(NEW, POINT)
        unit.put("contracts", {**row, "end": "2026-12-31"})
    assert [row["end"] for row in engine.browse.contracts()] == ["2026-12-31"]
    (letter,) = engine.browse.dead_letters()
    assert engine.browse.archived(letter["sha256"]) == f"<what>{KARI_ID}</what>".encode()
    assert engine.replay(letter["id"]).outcome == "dead"
    assert check_log(engine.store).broken == ()
    assert check_entries(engine.store).problems == ()
    assert check_archive(engine.store).damaged == ()
    assert check_processes(engine.store).problems == ()


@pytest.mark.parametrize("kind", KINDS)
def test_nobody_reads_it_without_the_key(kind: str, tmp_path: Path) -> None:
    where = url(kind, tmp_path)
    engine = opened(where)
    process = used(engine)
    as_ever(engine, process)
    assert in_tables(engine.store, MARKS) == set()
    engine.close()
    again = opened(where)
    as_ever(again, process)
    again.close()
    if kind == "sqlite":
        assert in_files(tmp_path / "market.db", MARKS) == set()
    for key, words in ((None, "no key is given"), (OTHER, "the key is not that of the database")):
        with pytest.raises(WrongKey, match=words):
            opened(where, key)


@pytest.mark.parametrize("kind", KINDS)
def test_a_database_gets_a_key_later(kind: str, tmp_path: Path) -> None:
    where = url(kind, tmp_path)
    plain = opened(where, None)
    process = used(plain)
    as_ever(plain, process)
    assert {mark for _, mark in in_tables(plain.store, MARKS)} == set(MARKS)
    plain.close()
    engine = opened(where)
    as_ever(engine, process)
    counts = reseal(engine.store, KEY, batch=1)
    assert counts["outbox"] == counts["archive"] == counts["instances"] == 1
    as_ever(engine, process)
    assert in_tables(engine.store, MARKS) == set()
    compact(engine.store)
    engine.close()
    if kind == "sqlite":
        assert in_files(tmp_path / "market.db", MARKS) == set()


@pytest.mark.parametrize("kind", KINDS)
def test_keys_are_exchanged(kind: str, tmp_path: Path) -> None:
    where = url(kind, tmp_path)
    engine = opened(where)
    process = used(engine)
    with pytest.raises(WrongKey):
        change_key(engine.store, OTHER, OTHER)
    change_key(engine.store, KEY, OTHER)
    as_ever(engine, process)
    engine.close()
    with pytest.raises(WrongKey):
        opened(where)
    engine = opened(where, OTHER)
    assert engine.store.keys is not None
    before = engine.store.keys.current
    reseal(engine.store, OTHER, fresh=True)
    assert engine.store.keys.current > before
    with engine.store.connection() as connection:
        numbers = list(connection.execute(select(schema.DATA_KEYS.c.number, schema.DATA_KEYS.c.purpose)))
    assert [row.purpose for row in numbers].count("content") == 1
    as_ever(engine, process)
    engine.close()


class Killed(BaseException):
    """The process is gone."""


@pytest.mark.parametrize("place", range(1, 6))
def test_an_exchange_that_is_killed_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: int) -> None:
    where = url("sqlite", tmp_path)
    engine = opened(where)
    process = used(engine)
    for number in range(3):
        engine.receive(f"<what>{number}</what>".encode())
    with engine.store.connection(write=True) as connection:
        connection.execute(text("DELETE FROM dead_letters WHERE id NOT IN (SELECT min(id) FROM dead_letters)"))
    real, calls = rekeying._reseal_row, iter(range(1, 100))

    def dies(*given: Any) -> int:
        if next(calls) == place:
            raise Killed
        return real(*given)

    with monkeypatch.context() as patch:
        patch.setattr(rekeying, "_reseal_row", dies)
        with pytest.raises(Killed):
            reseal(engine.store, KEY, fresh=True, batch=1)
    engine.close()
    engine = opened(where)
    assert engine.process(process).messages
    assert check_archive(engine.store).damaged == ()
    reseal(engine.store, KEY)
    with engine.store.connection() as connection:
        purposes = list(connection.execute(select(schema.DATA_KEYS.c.purpose)).scalars())
    assert sorted(purposes) == ["content", "lookup"]
    assert engine.process(process).messages
    assert check_archive(engine.store).damaged == ()
    engine.close()


def test_a_person_in_an_encrypted_database_is_exported_and_erased(tmp_path: Path) -> None:
    engine = opened(url("sqlite", tmp_path))
    used(engine)
    person = Person(KARI_ID)
    bundle = engine.export(person)
    assert len(bundle.processes) == 1
    assert bundle.processes[0].tags == {"customer": "c-4711"}
    engine.erase(person, force="asked")
    assert not engine.export(person).processes
    assert check_log(engine.store).broken == ()
    engine.close()


def test_a_backup_of_it_is_read_with_the_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    where, copy = url("sqlite", tmp_path), tmp_path / "copy.db"
    engine = opened(where)
    used(engine)
    engine.close()
    monkeypatch.setenv("EDIEL_KEY", KEY.hex())
    for arguments, code in ((["backup", str(copy), "--db", where], 0), (["verify", str(copy)], 0)):
        with pytest.raises(SystemExit) as found:
            main(["db", *arguments])
        assert int(found.value.code or 0) == code
    assert in_files(copy, MARKS) == set()
    monkeypatch.delenv("EDIEL_KEY")
    with pytest.raises(SystemExit) as found:
        main(["db", "verify", str(copy)])
    assert found.value.code == 2


def test_what_was_moved_or_changed_is_refused(tmp_path: Path) -> None:
    engine = opened(url("sqlite", tmp_path))
    process = used(engine)
    with engine.store.connection(write=True) as connection:
        connection.execute(text("UPDATE outbox SET data = (SELECT data FROM archive LIMIT 1)"))
    with pytest.raises(WrongKey, match=r"outbox\.data holds something that cannot be decrypted"):
        _ = engine.process(process).messages
    engine.close()


def test_a_callers_connection_is_sealed_too(tmp_path: Path) -> None:
    from sqlalchemy import create_engine

    where = url("sqlite", tmp_path)
    engine = opened(where)
    own = create_engine(where)
    with own.begin() as connection:
        process = engine.start(start(), key="web-1", tags={"customer": "c-4711"}, connection=connection)
    own.dispose()
    assert [item.id for item in engine.find(tags={"customer": "c-4711"})] == [process.id]
    assert in_tables(engine.store, MARKS) == set()
    engine.close()


@given(st.binary(max_size=300), st.sampled_from(["archive.data", "outbox.data"]))
def test_what_is_sealed_is_opened_in_its_place_alone(data: bytes, place: str) -> None:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESSIV

    keys = Keyring({1: AESGCM(KEY), 2: AESGCM(OTHER)}, 2, AESSIV(KEY + OTHER))
    sealed = keys.seal(data, place)
    assert keys.open(sealed, place) == data
    assert keys.seal(data, place) != sealed
    assert keys.mark(data, place) == keys.mark(data, place)
    assert keys.of_mark(keys.mark(data, place), place) == data
    with pytest.raises(WrongKey):
        keys.open(sealed, "evidence.data")
    with pytest.raises(WrongKey):
        keys.open(sealed[:-1] + bytes([sealed[-1] ^ 1]), place)
    with pytest.raises(WrongKey, match="data key 2, which is not known here"):
        Keyring({1: AESGCM(KEY)}, 1, AESSIV(KEY + OTHER)).open(sealed, place)


def test_keys_in_every_form(tmp_path: Path) -> None:
    file = tmp_path / "key"
    for form in (KEY, base64.b64encode(KEY) + b"\n", KEY.hex().encode()):
        file.write_bytes(form)
        assert key_of(None, {"EDIEL_KEY_FILE": str(file)}) == KEY
    assert key_of(None, {"EDIEL_KEY": base64.b64encode(KEY).decode()}) == KEY
    assert key_of(None, {}) is None
    file.write_bytes(b"too short")
    with pytest.raises(StoreError, match=r"the key in .*key \(EDIEL_KEY_FILE\) is not one of 32 bytes"):
        key_of(None, {"EDIEL_KEY_FILE": str(file)})
    with pytest.raises(StoreError, match="cannot be read: No such file"):
        key_of(None, {"EDIEL_KEY_FILE": str(tmp_path / "none")})


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    where, new = url("sqlite", tmp_path), tmp_path / "new"
    plain = opened(where, None)
    process = used(plain)
    plain.close()
    new.write_bytes(os.urandom(32))

    def run(*arguments: str) -> int:
        with pytest.raises(SystemExit) as found:
            main(["db", *arguments, "--db", where])
        return int(found.value.code or 0)

    assert run("rekey", "--rows") == 2
    monkeypatch.setenv("EDIEL_KEY", base64.b64encode(KEY).decode())
    assert run("rekey") == 2
    assert run("rekey", "--rows", "--new-data-key", "--new-key-file", str(new)) == 0
    assert "2 data keys are wrapped by the new key" in capsys.readouterr().out
    assert run("check") == 2
    assert "the key is not that of the database" in capsys.readouterr().err
    monkeypatch.delenv("EDIEL_KEY")
    monkeypatch.setenv("EDIEL_KEY_FILE", str(new))
    assert run("check", "--all", "--archive") == 0
    engine = opened(where, None)
    assert engine.process(process).messages
    engine.close()
    assert Store.open(where).keys is not None
    assert ediel.WrongKey is WrongKey
