"""Purging: what is too old goes in batches, what is under way stays whole, and the log stays verifiable."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, text

import ediel
from ediel.calendar import OSLO
from ediel.cli import main
from ediel.engine import Age, Engine, EngineError, Party, Retention
from ediel.store import _purge as purging
from ediel.store import _schema as schema
from ediel.store import check_archive, check_entries, check_log, check_processes, entries, write_entry
from tests.support.databases import KINDS, url
from tests.support.world import NEW, POINT, World, at, end, start

EVERYTHING = Retention.model_validate(
    dict.fromkeys(("customer", "log", "events", "sent", "evidence", "dead_letters", "archive"), "2y")
)
MUCH_LATER = at("2036-01-01 00:00")


@pytest.fixture(params=KINDS)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path, url=url(request.param, tmp_path))
    yield made
    made.close()


def counts(engine: Engine) -> dict[str, int]:
    with engine.store.connection() as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in schema.METADATA.sorted_tables
        }


def sound(engine: Engine) -> None:
    log, protection = check_log(engine.store), check_entries(engine.store)
    assert (log.broken, protection.problems) == ((), ())
    assert check_archive(engine.store).damaged == ()
    assert check_processes(engine.store, open_only=False).problems == ()


def switched(world: World) -> str:
    """A switch that was done, and ended by a move out; its process is over then."""
    process = world.parties.start(start(), party=NEW, key="web-1", tags={"campaign": "c1"})
    world.deliver()
    world.time("2026-12-01 09:00")
    world.parties.start(end(ediel.MoveOut, date(2026, 12, 10)), party=NEW)
    world.deliver()
    for day in range(2, 29):
        world.time(f"2026-12-{day:02} 09:00")
    return process.id


def test_what_is_over_goes_and_the_seal_stays(world: World) -> None:
    engine = world.parties
    switched(world)
    engine.receive(b"<what/>")
    with engine.store.connection(write=True) as connection:
        connection.execute(text("UPDATE dead_letters SET resolved_at = at"))
    before, seal = counts(engine), check_log(engine.store).seal
    assert before["instances"] > 2
    with engine.acting("kari@company", reason="yearly"):
        planned = engine.purge(EVERYTHING, dry_run=True, now=MUCH_LATER)
        assert counts(engine) == before
        done = engine.purge(EVERYTHING, now=MUCH_LATER)
    assert [(item.kind, item.rows) for item in planned if item.kind in {"customer", "dead_letters"}] == [
        (item.kind, item.rows) for item in done if item.kind in {"customer", "dead_letters"}
    ]
    after = counts(engine)
    left = {"parties", "protection_log", "log_cuts", "subscriptions"}
    assert {name for name, count in after.items() if count} == left
    assert check_log(engine.store).seal == seal
    sound(engine)
    (first, *_) = entries(engine.store)
    assert (first.action, first.actor, first.reason) == ("purge", "kari@company", "yearly")
    assert sum(item.detail["rows"] for item in entries(engine.store)) == sum(item.rows for item in done)
    assert all(item.rows == 0 for item in engine.purge(EVERYTHING, now=MUCH_LATER))


def test_what_is_under_way_stays_whole(world: World) -> None:
    """A process that waits, one with a contract in force, a message that waits, an event that nobody has handled."""
    engine = world.parties
    waits = engine.start(start(), party=NEW)
    before = counts(engine)
    done = engine.purge(EVERYTHING, now=MUCH_LATER)
    assert counts(engine) == before
    assert all(item.rows == 0 for item in done)
    world.deliver()
    for day in range(1, 12):
        world.time(f"2026-12-{day:02} 09:00")
    assert engine.process(waits.id).status == "resting"
    before = counts(engine)
    planned = engine.purge(EVERYTHING, dry_run=True, now=MUCH_LATER)
    reasons = next(item for item in planned if item.kind == "customer").kept
    assert "a contract or an access of its party is in force at the metering point" in reasons
    engine.purge(EVERYTHING, now=MUCH_LATER)
    kept = engine.process(waits.id)
    assert kept.status == "resting"
    assert [item.name for item in kept.messages] == [
        "RequestStartOfSupply", "ConfirmStartOfSupply", "NotifyStartOfSupply",
    ]  # fmt: skip
    sound(engine)


def test_bytes_go_before_their_processes_and_that_is_said(world: World) -> None:
    engine = world.parties
    process = switched(world)
    sent, received, *_ = engine.process(process).messages
    assert (sent.direction, received.direction) == ("sent", "received")
    engine.purge(Retention.model_validate({"archive": "2y", "sent": "2y", "log": "2y"}), now=MUCH_LATER)
    assert engine.process(process).state == "supplying"
    with pytest.raises(EngineError, match="were purged"):
        engine.message(received.message_id)
    with pytest.raises(EngineError, match="were purged by their retention"):
        engine.message(sent.message_id)
    checked = check_archive(engine.store)
    assert sum(checked.removed.values()) > 0
    assert check_log(engine.store).removed > 0
    sound(engine)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ("UPDATE protection_log SET reason = 'another' WHERE number = 1", "entry 1 is not as it was written"),
        ("DELETE FROM protection_log WHERE number = 1", "entry 2 is not as it was written"),
        ("UPDATE log_cuts SET version = version - 1", "says of the log of steps is not as it was written"),
        ("DELETE FROM log_cuts", "says of the log of steps is not as it was written"),
    ],
)
def test_every_change_of_the_protection_log_shows(tmp_path: Path, change: str, problem: str) -> None:
    engine = Engine.open(url("sqlite", tmp_path), party=Party(NEW, "DDQ"), clock=lambda: at("2026-11-27 09:00"))
    process = engine.start(ediel.MasterDataQuery(metering_point=POINT))
    engine.outbox.sent(engine.outbox.pending()[0]["message_id"])
    engine.command(process.id, "give up")
    engine.purge(EVERYTHING, now=MUCH_LATER)
    engine.purge(EVERYTHING, now=MUCH_LATER)
    other = engine.start(ediel.MasterDataQuery(metering_point=POINT))
    engine.outbox.sent(engine.outbox.pending()[0]["message_id"])
    engine.command(other.id, "give up")
    engine.purge(EVERYTHING, now=MUCH_LATER)
    sound(engine)
    with engine.store.connection(write=True) as connection:
        connection.execute(text(change))
    assert any(problem in words for words in check_entries(engine.store).problems)
    engine.close()


class Killed(BaseException):
    """The process is gone."""


@pytest.mark.parametrize("place", range(1, 10))
def test_a_purge_that_is_killed_is_run_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: int) -> None:
    engine = Engine.open(url("sqlite", tmp_path), party=Party(NEW, "DDQ"), clock=lambda: at("2026-11-27 09:00"))
    for _ in range(6):
        process = engine.start(ediel.MasterDataQuery(metering_point=POINT))
        engine.outbox.sent(engine.outbox.pending()[0]["message_id"])
        engine.command(process.id, "give up")
        engine.receive(f"<what>{process.id}</what>".encode())
    with engine.store.connection(write=True) as connection:
        connection.execute(text("UPDATE dead_letters SET resolved_at = at"))
    seal, calls = check_log(engine.store).seal, iter(range(1, 100))
    real = write_entry

    def dies(*given: Any, **more: Any) -> int:
        if next(calls) == place:
            raise Killed
        return real(*given, **more)

    monkeypatch.setattr(purging, "write_entry", dies)
    with pytest.raises(Killed):
        engine.purge(EVERYTHING, now=MUCH_LATER, batch=2)
    sound(engine)
    assert check_log(engine.store).seal == seal
    engine.purge(EVERYTHING, now=MUCH_LATER, batch=2)
    sound(engine)
    left = counts(engine)
    assert {name: count for name, count in left.items() if count} == {
        "parties": 1, "protection_log": left["protection_log"], "log_cuts": 6,
    }  # fmt: skip
    assert check_log(engine.store).seal == seal
    engine.close()


@given(st.integers(0, 30_000), st.integers(1, 40), st.sampled_from("ymd"))
@settings(max_examples=200)
def test_ages(days: int, number: int, unit: str) -> None:
    now = datetime(2000, 1, 1, 12, tzinfo=OSLO) + timedelta(days=days)
    before = Age(f"{number}{unit}").before(now)
    assert before < now
    least, most = {"y": (365, 366), "m": (28, 31), "d": (1, 1)}[unit]
    assert number * least - 3 <= (now.date() - before.date()).days <= number * most + 3
    if unit != "d":
        assert (now.year * 12 + now.month) - (before.year * 12 + before.month) == number * (12 if unit == "y" else 1)


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("[retention]\ncustomer = '10'", "write years, months or days, such as 10y"),
        ("[retention]\npeople = '10y'", "people"),
        ("[[retention.keep]]\nkind = 'sent'\nfor = '5y'", "reason"),
        ("[retention", "is no TOML"),
    ],
)
def test_a_wrong_configuration_says_what_is_wrong(tmp_path: Path, written: str, words: str) -> None:
    file = tmp_path / "ediel.toml"
    file.write_text(written, encoding="utf-8")
    with pytest.raises(EngineError, match=words):
        Retention.read(file)


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    where = url("sqlite", tmp_path)
    engine = Engine.open(where, party=Party(NEW, "DDQ"), clock=lambda: at("2020-11-27 09:00"))
    process = engine.start(ediel.MasterDataQuery(metering_point=POINT))
    engine.start(ediel.MasterDataQuery(metering_point=POINT))
    for row in engine.outbox.pending():
        engine.outbox.sent(row["message_id"])
    engine.command(process.id, "give up")
    engine.close()
    file = tmp_path / "ediel.toml"
    file.write_text("[retention]\ncustomer = '1y'\n", encoding="utf-8")

    def run(*arguments: str) -> int:
        with pytest.raises(SystemExit) as found:
            main(["db", *arguments, "--db", where])
        return int(found.value.code or 0)

    assert run("purge", "--config", str(file), "--dry-run") == 0
    out = capsys.readouterr().out
    assert "customer  1" in out
    assert "1: something is awaited, or to be done" in out
    assert "nothing was changed" in out
    assert run("purge", "--config", str(file), "--actor", "kari") == 0
    assert "recorded in the protection log" in capsys.readouterr().out
    assert run("compact") == 0
    capsys.readouterr()
    assert run("check", "--all", "--archive") == 0
    out = capsys.readouterr().out
    assert "the protection log has 2 entries" in out
    assert "steps of 1 processes were purged" in out
    file.write_text("", encoding="utf-8")
    assert run("purge", "--config", str(file)) == 2
