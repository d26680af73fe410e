"""The rights of access and erasure: everything on a person is given; after an erasure nothing is left."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

import ediel
from ediel.cli import main
from ediel.engine import Engine, EngineError, ErasureRefused, Party, Person, Retention
from ediel.engine import _erasing as erasing
from ediel.engine import _protection as protecting
from ediel.processes._changes import mark_of
from ediel.store import _schema as schema
from ediel.store import check_archive, check_entries, check_log, check_processes, entries
from tests.support.databases import KINDS, url
from tests.support.remains import in_files, in_tables
from tests.support.world import KARI, NEW, POINT, World, at, end, start

KARI_ID = KARI.identification
PERSON = Person(KARI_ID, ("kari.testesen@example.com",))
MARKS = (KARI_ID, mark_of(KARI_ID), "kari.testesen@example.com", "Testesen")
OTHER = "13868399923"
LATER = at("2027-06-01 00:00")


@pytest.fixture(params=KINDS)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path, url=url(request.param, tmp_path))
    yield made
    made.close()


def lived(world: World) -> str:
    """Kari has come, and left; her marks stand in all places where a person may write them."""
    engine = world.parties
    mail = {"channel": "Email", "complete_number": "kari.testesen@example.com"}
    customer = type(KARI).model_validate({**KARI.model_dump(), "communication": (mail,)})
    with engine.acting("ola@company", reason=f"for {KARI_ID[:6]} {KARI_ID[6:]}, who has called"):
        process = engine.start(
            start(customer=customer), party=NEW, key=f"web-{KARI_ID}", tags={"customer": KARI_ID, "campaign": "c1"}
        )
    world.deliver()
    world.time("2026-12-01 09:00")
    engine.start(end(ediel.MoveOut, date(2026, 12, 10)), party=NEW)
    world.deliver()
    for day in range(2, 29):
        world.time(f"2026-12-{day:02} 09:00")
    question = engine.start(
        ediel.HubQuestion(metering_point=POINT, category="INV", subject="x", text=f"Kari Testesen, {KARI_ID}"),
        party=NEW,
    )
    engine.outbox.sent(engine.outbox.pending()[-1]["message_id"])
    engine.abandon(question.id, reason="x")
    spaced = f"{KARI_ID[:6]} {KARI_ID[6:]}"
    engine.receive(f"<?xml version='1.0'?><!-- {spaced} --><what who='{KARI_ID}'>of {spaced}</what>".encode())
    engine.receive(gzip.compress(f"<what>{''.join(f'&#{ord(sign)};' for sign in KARI_ID)}</what>".encode()))
    engine.receive(f"not XML, of {KARI_ID}".encode())
    return process.id


def sound(engine: Engine) -> None:
    assert check_log(engine.store).broken == ()
    assert check_entries(engine.store).problems == ()
    assert check_archive(engine.store).damaged == ()
    assert check_processes(engine.store, open_only=False).problems == ()


def test_nothing_is_left(world: World, tmp_path: Path) -> None:
    engine = world.parties
    process = lived(world)
    assert {mark for _, mark in in_tables(engine.store, MARKS)} == set(MARKS)
    seal = check_log(engine.store).seal
    planned = engine.erase(PERSON, dry_run=True, now=LATER)
    assert {mark for _, mark in in_tables(engine.store, MARKS)} == set(MARKS)
    with engine.acting("privacy@company", reason=f"ticket 12, for {KARI_ID}"):
        done = engine.erase(PERSON, now=LATER)
    assert (done.masked, done.kept, done.processes) == (planned.masked, {}, planned.processes)
    assert in_tables(engine.store, MARKS) == set()
    sound(engine)
    assert check_log(engine.store).seal == seal
    assert check_log(engine.store).masked >= 1
    assert sum(check_archive(engine.store).masked.values()) > 0
    found = engine.process(process)
    assert found.state == "supplying"
    assert [item.name for item in found.messages][:2] == ["RequestStartOfSupply", "ConfirmStartOfSupply"]
    payload: Any = found.messages[0].message
    assert payload.payload.customer.identification == "***"
    assert payload.payload.addresses[0].postcode == "***"
    assert payload.payload.addresses[0].country.value == "NO"
    (entry,) = [item for item in entries(engine.store) if item.action == "erase"]
    assert (entry.actor, entry.reason) == ("privacy@company", "ticket 12, for ***")
    assert entry.detail["rows"]["masked"] == dict(done.masked)
    assert engine.erase(PERSON, now=LATER).masked == {}
    assert not engine.export(PERSON, now=LATER).processes
    if engine.store.dialect == "sqlite":
        engine.store.close()
        assert in_files(tmp_path / "market.db", MARKS) == set()
    sound(engine)


def test_signed_envelopes_are_masked_and_still_given(world: World) -> None:
    engine = world.parties
    lived(world)
    (sent, *_) = engine.browse.outbox(status="sent", most=1)
    envelope = f"<envelope><fault>{KARI_ID} is not known</fault></envelope>".encode()
    with engine.store.connection(write=True) as connection:
        values = {
            "message_id": sent["message_id"], "sha256": hashlib.sha256(envelope).hexdigest(), "decided": "failed",
            "at": "2026-12-01T00:00:00.000000Z", "data": envelope,
        }  # fmt: skip
        connection.execute(schema.EVIDENCE.insert().values(values))
    assert engine.evidence(sent["message_id"])[0]["data"] == envelope
    engine.erase(PERSON, now=LATER)
    (row,) = engine.evidence(sent["message_id"])
    assert b"<fault>*** is not known</fault>" in row["data"]
    assert engine.erase(PERSON, now=LATER).masked == {}
    assert in_tables(engine.store, MARKS) == set()


def test_the_raw_file_while_it_is_open(tmp_path: Path) -> None:
    world = World(tmp_path)
    lived(world)
    path = tmp_path / "parties.db"
    assert in_files(path, MARKS) == set(MARKS)
    world.parties.erase(PERSON, now=LATER)
    assert in_files(path, MARKS) == set()
    assert check_entries(world.parties.store).uncompacted == ()
    world.close()


def test_without_compacting_it_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    world = World(tmp_path)
    lived(world)
    done = world.parties.erase(PERSON, compacted=False, now=LATER)
    assert "run ediel db compact" in done.remains[-1]
    assert in_tables(world.parties.store, MARKS) == set()
    assert len(check_entries(world.parties.store).uncompacted) == 1
    world.close()
    where = f"sqlite:///{tmp_path / 'parties.db'}"
    assert run("db", "check", "--db", where)[0] == 1
    assert "was not compacted" in capsys.readouterr().err
    assert run("db", "compact", "--db", where)[0] == 0
    assert run("db", "check", "--all", "--archive", "--db", where)[0] == 0
    assert "masked (a person was erased)" in capsys.readouterr().err
    assert in_files(tmp_path / "parties.db", MARKS) == set()


def test_a_dump_of_postgresql_says_nothing(tmp_path: Path) -> None:
    where = url("postgresql", tmp_path)
    world = World(tmp_path, url=where)
    try:
        lived(world)
        assert KARI_ID in dumped(where)
        done = world.parties.erase(PERSON, now=LATER)
        after = dumped(where)
        assert not [mark for mark in MARKS if mark in after]
        assert "write-ahead log" in done.remains[-1]
    finally:
        world.close()


def test_the_files_of_postgresql_say_nothing(tmp_path: Path) -> None:
    """The tables' own files; what the write-ahead log keeps is said and not reached."""
    world = World(tmp_path, url=url("postgresql", tmp_path))
    engine = world.parties

    def in_pages() -> set[str]:
        with engine.store.engine.connect() as connection:
            place = connection.execute(text("SHOW data_directory")).scalar_one()
            oid = connection.execute(
                text("SELECT oid FROM pg_database WHERE datname = current_database()")
            ).scalar_one()
            connection.execute(text("CHECKPOINT"))
        files = [file for file in (Path(place) / "base" / str(oid)).iterdir() if file.is_file()]
        return {mark for file in files for mark in MARKS if mark.encode() in file.read_bytes()}

    try:
        lived(world)
        assert KARI_ID in in_pages()
        engine.erase(PERSON, now=LATER)
        assert in_pages() == set()
    finally:
        world.close()


def dumped(where: str) -> str:
    """What ``pg_dump`` writes: that of the machine which knows the server's version."""
    for tool in (*sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin/pg_dump")), reverse=True), "pg_dump"):
        try:
            done = subprocess.run([tool, where], capture_output=True, text=True, check=False)
        except OSError:
            continue
        if done.returncode == 0:
            return done.stdout
    pytest.skip("there is no pg_dump of the server's version")


def test_others_stay(world: World) -> None:
    """Somebody else's messages, processes and contracts are as they were."""
    engine = world.parties
    world.parties.start(
        start(metering_point="707057542000000285", customer=type(KARI).model_validate(
            {**KARI.model_dump(), "identification": OTHER, "given_name": "Ola"}
        )), party=NEW,
    )  # fmt: skip
    world.deliver()
    lived(world)
    before = engine.export(Person(OTHER), now=LATER)
    assert before.processes
    assert before.messages
    engine.erase(PERSON, now=LATER)
    after = engine.export(Person(OTHER), now=LATER)
    assert after == before


def test_whoever_is_in_something_under_way_is_not_erased(world: World) -> None:
    engine = world.parties
    process = engine.start(start(), party=NEW)
    with pytest.raises(ErasureRefused, match=f"process {process.id}: something is awaited"):
        engine.erase(PERSON)
    world.deliver()
    world.time("2026-12-01 09:00")
    world.time("2026-12-02 09:00")
    with pytest.raises(ErasureRefused, match="1 contracts of the person are in force"):
        engine.erase(PERSON)
    assert engine.erase(PERSON, dry_run=True).remains
    assert (KARI_ID in str(in_tables(engine.store, MARKS))) is True
    other = engine.start(start(metering_point="707057542000000285", day=date(2026, 12, 20)), party=NEW)
    engine.erase(PERSON, force="a court has said so")
    assert engine.process(other.id).status == "abandoned"
    assert in_tables(engine.store, MARKS) == set()
    assert not engine.outbox.pending()
    sound(engine)
    (entry,) = [item for item in entries(engine.store) if item.action == "erase"]
    assert entry.detail["rows"]["forced"] is True


def test_what_is_to_be_kept_is_kept_and_said(world: World) -> None:
    engine = world.parties
    lived(world)
    keep = Retention.model_validate({"keep": [{"kind": "sent", "for": "5y", "reason": "our rule 7"}]})
    done = engine.erase(PERSON, retention=keep, now=LATER)
    assert done.kept["our rule 7"]["sent"] >= 1
    assert {table for table, _ in in_tables(engine.store, MARKS)} == {"outbox"}
    done = engine.erase(PERSON, retention=keep, now=at("2032-06-01 00:00"))
    assert done.kept == {}
    assert in_tables(engine.store, MARKS) == set()
    sound(engine)


def test_the_bundle(world: World) -> None:
    engine = world.parties
    process = lived(world)
    with engine.acting("privacy@company"):
        bundle = engine.export(PERSON, now=LATER)
    assert bundle.identification == KARI_ID
    assert KARI_ID not in repr(bundle) + str(bundle)
    (found,) = [item for item in bundle.processes if item.id == process]
    assert found.keys == (f"web-{KARI_ID}",)
    assert found.tags == {"customer": KARI_ID, "campaign": "c1"}
    assert found.log[0]["actor"] == "ola@company"
    assert found.facts["payload"]["customer"]["identification"] == KARI_ID
    names = [item.name for item in bundle.messages]
    assert {"RequestStartOfSupply", "NotifyStartOfSupply", "NotifyEndOfSupply", "RequestToElhub"} <= set(names)
    first = next(item for item in bundle.messages if item.name == "RequestStartOfSupply")
    assert first.content is not None
    assert first.content["payload"]["customer"]["family_name"] == "Testesen"
    assert {row["customer"] for row in bundle.contracts} == {KARI_ID}
    assert bundle.metering_points == (POINT,)
    assert any(KARI_ID in (item.text or "") for item in bundle.messages)
    assert json.loads(bundle.model_dump_json())["format"] == 1
    (entry,) = [item for item in entries(engine.store) if item.action == "export"]
    assert (entry.actor, entry.detail["given"]["processes"]) == ("privacy@company", len(bundle.processes))
    sound(engine)


class Killed(BaseException):
    """The process is gone."""


@pytest.mark.parametrize("place", ["in the transaction", "after it"])
def test_an_erasure_that_is_killed_is_done_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    world = World(tmp_path)
    lived(world)
    engine = world.parties

    def dies(*_given: Any, **_more: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(*((protecting, "compact") if place == "after it" else (erasing, "write_entry")), dies)
        with pytest.raises(Killed):
            engine.erase(PERSON, now=LATER)
    sound(engine)
    if place == "after it":
        assert check_entries(engine.store).uncompacted
    else:
        assert {mark for _, mark in in_tables(engine.store, MARKS)} == set(MARKS)
    engine.erase(PERSON, now=LATER)
    sound(engine)
    assert check_entries(engine.store).uncompacted == ()
    assert in_files(tmp_path / "parties.db", MARKS) == set()
    world.close()


def test_the_same_message_again_does_not_bring_the_person_back(world: World) -> None:
    engine = world.parties
    lived(world)
    with engine.store.connection() as connection:
        shas = list(connection.execute(select(schema.ARCHIVE.c.sha256)).scalars())
    data = [engine.browse.archived(item) for item in shas]
    engine.erase(PERSON, now=LATER)
    for item in data:
        assert item is not None
        assert hashlib.sha256(item).hexdigest() in shas
        if item.startswith(b"<") and b"what" not in item[:120]:
            assert {found.outcome for found in engine.receive(item)} == {"duplicate"}
    assert in_tables(engine.store, MARKS) == set()


@pytest.mark.parametrize(
    ("given", "words"),
    [(("1234",), "has 4 characters; expected the 11 digits"), ((KARI_ID, ("ab",)), "word 1 of those")],
)
def test_a_wrong_identification_is_refused_and_not_shown(given: tuple[Any, ...], words: str) -> None:
    with pytest.raises(EngineError, match=words):
        Person(*given)
    assert KARI_ID not in repr(PERSON)


def test_an_organisation_with_spaces(tmp_path: Path) -> None:
    engine = Engine.open(url("sqlite", tmp_path), party=Party(NEW, "DDQ"), clock=lambda: at("2026-11-27 09:00"))
    engine.receive(b"<what>NO 987 654 325 MVA, and 1987654325, which is another number</what>")
    engine.erase(Person("987654325"), now=LATER)
    assert in_tables(engine.store, ("987 654 325",)) == set()
    with engine.store.connection() as connection:
        (row,) = connection.execute(select(schema.ARCHIVE.c.sha256))
    found = engine.browse.archived(row.sha256)
    assert found is not None
    assert b"NO *** MVA, and 1987654325" in found
    engine.close()


def run(*arguments: str) -> tuple[int, None]:
    with pytest.raises(SystemExit) as found:
        main(list(arguments))
    return int(found.value.code or 0), None


def test_the_commands(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(tmp_path)
    lived(world)
    world.close()
    where, file = f"sqlite:///{tmp_path / 'parties.db'}", tmp_path / "who"
    file.write_text(f"{KARI_ID}\nkari.testesen@example.com\n", encoding="utf-8")
    out = tmp_path / "bundle.json"
    assert run("person", "export", "--person", str(file), "--output", str(out), "--db", where)[0] == 0
    assert out.stat().st_mode & 0o777 == 0o600
    assert json.loads(out.read_text(encoding="utf-8"))["identification"] == KARI_ID
    assert run("person", "export", "--person", str(file), "--output", str(out), "--db", where)[0] == 2
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(file.read_bytes())))
    assert run("person", "erase", "--dry-run", "--db", where)[0] == 0
    assert "would be masked: rows" in capsys.readouterr().out
    assert run("person", "erase", "--person", str(file), "--actor", "kari", "--force", "asked", "--db", where)[0] == 0
    shown = capsys.readouterr()
    assert "masked: rows" in shown.out
    assert not [mark for mark in MARKS if mark in shown.out + shown.err]
    assert in_files(tmp_path / "parties.db", MARKS) == set()
