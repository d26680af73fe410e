"""The store on SQLite and on PostgreSQL: the same contract for both."""

from __future__ import annotations

import hashlib
import sqlite3
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import select

from ediel.engine import Engine, Party
from ediel.processes import Instance
from ediel.processes.access import RequestedAccess
from ediel.store import (
    Browser,
    Conflict,
    Evidence,
    OutboxStore,
    SchemaOutOfDate,
    Store,
    StoreError,
    head,
    moment_of,
    revisions,
    stamp,
)
from ediel.store import _schema as schema
from ediel.store._revisions import VERSIONS
from tests.support.databases import KINDS, url
from tests.support.world import NEW, OLD, POINT, at, start

NOW = datetime(2026, 11, 27, 8, tzinfo=UTC)
BYTES = hashlib.sha256(b"\x00<bytes>\xff").hexdigest()
UUID = "123e4567-e89b-12d3-a456-4266554400{:02d}"


@pytest.fixture(params=KINDS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    made = Store.open(url(request.param, tmp_path))
    yield made
    made.close()


def instance(number: int = 1, state: str = "asked", version: int = 1, **facts: Any) -> Instance:
    known = {"process": "BRS-NO-622", "metering_point": POINT, **facts}
    return Instance(
        UUID.format(number),
        "access/third party",
        NEW,
        RequestedAccess(**Party(NEW, "AG").actor(), **known),
        state,
        version,
    )


def test_what_is_written_is_read_again(store: Store) -> None:
    with store.unit() as unit:
        unit.archive([(BYTES, b"\x00<bytes>\xff")], "a test", NOW)
        unit.save(instance(level="æøå '\"% %s"), NOW, is_open=True)
        assert unit.instance(UUID.format(1)) == instance(level="æøå '\"% %s")
    with store.unit() as unit:
        assert unit.archived(BYTES) == b"\x00<bytes>\xff"
        assert unit.instance(UUID.format(1)) == instance(level="æøå '\"% %s")
        assert unit.instances_at(POINT, "access/third party", NEW) == [instance(level="æøå '\"% %s")]
        assert unit.instance(UUID.format(2)) is None
        unit.archive([(BYTES, b"\x00<bytes>\xff")], "again", NOW)
    assert list(Browser(store).archive()) == [(BYTES, b"\x00<bytes>\xff")]


def test_what_is_read_ahead_is_what_is_read_one_by_one(store: Store) -> None:
    """More keys than one statement asks for, most of them of nothing."""
    with store.unit() as unit:
        unit.save(instance(), NOW, is_open=True)
        unit.archive([("a" * 64, b"x")], "", NOW)
        row = dict.fromkeys((column.name for column in schema.INBOX.columns), "x") | {"position": 0, "sha256": "a" * 64}
        unit.record({**row, "message_id": UUID.format(7), "sender": NEW, "instance_id": UUID.format(1)})
        row = dict.fromkeys((column.name for column in schema.OUTBOX.columns), None)
        row |= {"data": b"", "party": NEW, "recipient": OLD, "created_at": stamp(NOW), "status": "sent", "attempts": 0}
        unit.post({**row, "message_id": UUID.format(8), "name": "x", "label": "y", "instance_id": UUID.format(1)})
    keys = [UUID.format(number) for number in range(10, 99)]
    with store.unit() as unit:
        unit.prefetch([(NEW, key) for key in (*keys, UUID.format(7))], [*keys, UUID.format(8)])
        found = [unit.received(NEW, key) for key in keys], unit.received(NEW, UUID.format(7)), unit.sent(UUID.format(8))
        ahead = unit.instance(UUID.format(1))
    assert not any(found[0])
    with store.unit() as unit:
        assert found[1:] == (unit.received(NEW, UUID.format(7)), unit.sent(UUID.format(8)))
        assert found[1] is not None
        assert found[2] == {"message_id": UUID.format(8), "party": NEW, "instance_id": UUID.format(1), "label": "y"}
        assert ahead == unit.instance(UUID.format(1)) == instance()


def test_bytes_that_are_new_are_told_from_those_that_are_not(store: Store) -> None:
    with store.unit() as unit:
        assert unit.archive([("a" * 64, b"a"), ("b" * 64, b"b")], "", NOW)
        assert not unit.archive([("b" * 64, b"b"), ("c" * 64, b"c")], "", NOW)
        assert not unit.archive([("d" * 64, b"d"), ("d" * 64, b"d")], "", NOW)
    assert Browser(store).count(schema.ARCHIVE) == 4


def test_nothing_is_written_when_something_fails(store: Store) -> None:
    def fail() -> None:
        with store.unit() as unit:
            unit.archive([("a" * 64, b"x")], "", NOW)
            unit.save(instance(), NOW, is_open=True)
            unit.flush()
            raise RuntimeError("power cut")

    with pytest.raises(RuntimeError, match="power cut"):
        fail()
    assert list(Browser(store).archive()) == []
    assert Browser(store).processes() == []


def test_two_writers_of_one_process(store: Store) -> None:
    """Optimistic versions: who comes second writes nothing, and is told."""
    with store.unit() as unit:
        unit.save(instance(), NOW, is_open=True)
    with pytest.raises(Conflict, match="changed by another writer"), store.unit() as unit:  # noqa: PT012
        found = unit.instance(UUID.format(1))
        assert found is not None
        unit._loaded[found.id] = 0  # as if it had been read before the other one wrote
        unit.save(instance(state="waiting", version=2), NOW, is_open=True)
    assert Browser(store).processes()[0]["state"] == "asked"


def test_the_same_message_twice_is_a_conflict(store: Store) -> None:
    row = {
        "sender": NEW, "message_id": UUID.format(5), "party": NEW, "sha256": "a" * 64, "position": 0, "name": "x", "label": "x",
        "process": "x", "role": "DDQ", "metering_point": None, "received_at": stamp(NOW), "outcome": "handled",
        "instance_id": None, "text": "",
    }  # fmt: skip
    with store.unit() as unit:
        unit.archive([("a" * 64, b"x")], "", NOW)
        unit.record(row)
    with pytest.raises(Conflict), store.unit() as unit:
        unit.record(dict(row))


def test_foreign_keys_are_watched(store: Store) -> None:
    timer = {"instance_id": UUID.format(9), "name": "x", "due_at": None, "status": "set", "set_at": stamp(NOW)}
    with pytest.raises(StoreError), store.unit() as unit:
        unit.put("timers", timer)


def test_rows_are_put_in_place_of_others(store: Store) -> None:
    timer = {"instance_id": UUID.format(1), "name": "x", "due_at": stamp(NOW), "status": "set", "set_at": stamp(NOW)}
    with store.unit() as unit:
        unit.save(instance(), NOW, is_open=True)
        unit.put("timers", timer)
        assert unit.timer(UUID.format(1), "x") == timer
    with store.unit() as unit:
        unit.put("timers", {**timer, "status": "fired"})
    with store.unit() as unit:
        assert unit.timer(UUID.format(1), "x") == {**timer, "status": "fired"}


def test_moments_survive() -> None:
    for moment in (NOW, datetime(2026, 3, 29, 1, 59, 59, 999999, tzinfo=UTC), at("2026-10-25 02:30")):
        assert moment_of(stamp(moment)) == moment.astimezone(UTC)
    assert stamp(at("2026-11-27 09:00")) == "2026-11-27T08:00:00.000000Z"


def test_lists_are_cut_and_filtered(store: Store) -> None:
    with store.unit() as unit:
        for number in range(1, 6):
            unit.save(instance(number), NOW, is_open=number % 2 == 0)
    browser = Browser(store)
    assert len(browser.processes(most=3)) == 3
    assert len(browser.processes(open_only=True)) == 2
    assert len(browser.processes(metering_point=POINT, party=NEW)) == 5
    assert browser.processes(party="x") == []
    assert browser.count(schema.INSTANCES) == 5
    assert browser.count(schema.INSTANCES, id=UUID.format(1)) == 1
    assert browser.process(UUID.format(7)) is None


def test_many_threads_that_read_while_they_write(store: Store) -> None:
    """More than a pool of connections holds: each asks inside its own transaction, as the desk of a hub does."""
    from concurrent.futures import ThreadPoolExecutor
    from threading import Barrier

    browser = Browser(store)
    together = Barrier(24)

    def work(number: int) -> int:
        together.wait()
        for _ in range(3):
            with store.unit() as unit:
                browser.processes()
                unit.put(
                    "parties", {"gln": f"{number:013}", "role": "DDQ", "physical_sender": "", "hub": "", "added_at": ""}
                )
            browser.queues()
        return number

    with ThreadPoolExecutor(24) as pool:
        assert sorted(pool.map(work, range(24))) == list(range(24))
    with store.unit() as unit:
        assert len(unit.parties()) == 24


# --- migrations


def test_migrations_make_the_tables_that_the_code_expects(store: Store) -> None:
    with store.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "render_as_batch": True, "version_table": VERSIONS}
        )
        assert compare_metadata(context, schema.METADATA) == []
    assert store.revision() == head() == revisions()[-1]
    assert store.upgrade() == []


FIRST = (Path(__file__).parent / "first-release.sql").read_text(encoding="utf-8")


def test_a_database_of_the_first_release_is_brought_here(tmp_path: Path) -> None:
    """Made by the first released tables, with a process under way in it: it is upgraded, and the process goes on."""
    path = tmp_path / "old.db"
    connection = sqlite3.connect(path)
    connection.executescript(FIRST)
    connection.commit()
    connection.close()
    engine = Engine.open(f"sqlite:///{path}", clock=lambda: at("2026-11-30 12:00"))
    assert engine.store.revision() == head()
    (process,) = engine.browse.processes()
    assert (process["machine"], process["state"]) == ("supply/requester", "requested")
    assert engine.parties == (Party(NEW, "DDQ"),)
    engine.outbox.sent(engine.outbox.pending()[0]["message_id"])
    cancelled = engine.cancel(process["id"])
    assert cancelled.state == "cancelling"
    assert len(engine.outbox.pending()) == 1
    engine.close()


def test_an_older_database_is_not_used_unless_it_is_upgraded(tmp_path: Path) -> None:
    where = f"sqlite:///{tmp_path / 'new.db'}"
    with pytest.raises(SchemaOutOfDate, match=r"of release none, expected .*: run ediel db upgrade"):
        Store.open(where, upgrade=False)
    Store.open(where).close()
    Store.open(where, upgrade=False).close()


@pytest.mark.parametrize(
    ("where", "text"),
    [
        ("mysql://localhost/x", "this is no database URL that can be used"),
        ("nonsense", "this is no database URL that can be used"),
        ("postgresql://u:p@[::1/d", "its host or port cannot be read"),
        ("sqlite:////no/such/folder/x.db", "there is no folder"),
        ("postgresql://nobody@127.0.0.1:1/x", "the database cannot be reached now"),
    ],
)
def test_wrong_urls(where: str, text: str) -> None:
    with pytest.raises(StoreError, match=text):
        Store.open(where)


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    path.write_bytes(b"this is a letter, not a database" * 100)
    with pytest.raises(StoreError, match="the database cannot be used: file is not a database"):
        Store.open(f"sqlite:///{path}")
    assert path.read_bytes().startswith(b"this is a letter")


def test_a_full_disk_loses_nothing(tmp_path: Path) -> None:
    """The step is refused in words, and what was there before is still there."""
    engine = Engine.open(
        f"sqlite:///{tmp_path / 'a.db'}", party=Party(NEW, "DDQ"), clock=lambda: at("2026-11-27 09:00")
    )
    first = engine.start(start())
    _pragma(engine, f"max_page_count={_pragma(engine, 'page_count')}")
    with pytest.raises(StoreError, match="the database refuses: database or disk is full"):
        _until_it_fails(engine)
    _pragma(engine, "max_page_count=1000000")
    assert engine.process(first.id).state == "requested"
    with engine.store.engine.connect() as connection:
        written = [row["id"] for row in connection.execute(select(schema.INSTANCES)).mappings()]
        logged = {row["instance_id"] for row in connection.execute(select(schema.TRANSITIONS)).mappings()}
        posted = {row["instance_id"] for row in connection.execute(select(schema.OUTBOX)).mappings()}
    assert set(written) == logged == posted, "each process with its log and its message, or not at all"
    engine.close()


def _pragma(engine: Engine, text: str) -> Any:
    """On the connection that the next unit uses."""
    connection = engine.store._connection()
    found = connection.cursor().execute(f"PRAGMA {text}").fetchone()[0]
    engine.store._give_back(connection)
    return found


def _until_it_fails(engine: Engine) -> None:
    for number in range(200):
        engine.start(start(day=date(2026, 12, 2) + timedelta(days=number)))


def message(number: int, *, metering_point: str | None = POINT) -> dict[str, Any]:
    """A row of the outbox, of the process with the same number."""
    return {
        "message_id": UUID.format(50 + number), "instance_id": UUID.format(number), "party": NEW, "name": "x",
        "label": "x", "recipient": OLD, "metering_point": metering_point, "created_at": stamp(NOW), "status": "pending",
        "attempts": 0, "next_at": None, "sent_at": None, "error": None, "data": b"<x/>", "role": "AG", "channel": None,
        "lease_by": None, "lease_until": None, "doubts": 0, "version": 1,
    }  # fmt: skip


def test_a_message_is_claimed_by_one(store: Store) -> None:
    """Four threads claim at once, each with a clock of its own that is a little behind or ahead."""
    with store.unit() as unit:
        for number in range(1, 13):
            unit.save(instance(number, metering_point=f"{707057542000000000 + number}"), NOW, is_open=True)
            unit.post(message(number, metering_point=f"{707057542000000000 + number}"))
    outbox = OutboxStore(store)
    claimed: list[str] = []

    def take(who: int) -> None:
        while (row := outbox.claim(NEW, f"sender {who}", NOW + timedelta(seconds=who))) is not None:
            claimed.append(row["message_id"])

    threads = [threading.Thread(target=take, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(claimed) == len(set(claimed)) == 12
    assert outbox.claim(NEW, "late", NOW + timedelta(minutes=4)) is None
    assert outbox.claim(NEW, "late", NOW + timedelta(minutes=6)) is not None


def test_order_is_kept_for_a_process_and_a_metering_point(store: Store) -> None:
    """The second is of the same process as the first, the third about the same metering point; the fourth is neither."""
    with store.unit() as unit:
        for number in (1, 3, 4):
            unit.save(instance(number), NOW, is_open=True)
        unit.post(message(1))
        unit.post({**message(2, metering_point=None), "instance_id": UUID.format(1)})
        unit.post(message(3))
        unit.post(message(4, metering_point=None))
    outbox = OutboxStore(store)

    def next_one() -> int | None:
        row = outbox.claim(NEW, "me", NOW)
        return None if row is None else int(row["message_id"][-2:]) - 50

    assert (next_one(), next_one(), next_one()) == (1, 4, None)
    assert outbox.later(UUID.format(51), "busy", NOW + timedelta(minutes=1), NOW, doubt=True)
    assert next_one() is None
    assert outbox.ended(UUID.format(51), "held", "no answer", NOW)
    assert next_one() is None, "they wait for what is held"
    assert outbox.decide(UUID.format(51), "failed", "given up")
    assert (next_one(), next_one()) == (2, 3)
    assert outbox.sent(UUID.format(52), NOW, Evidence(b"<signed/>", "123456785", "ab" * 32))
    assert not outbox.sent(UUID.format(52), NOW), "it is sent already"
    assert [row["decided"] for row in outbox.evidence(UUID.format(52))] == ["sent"]
    names = [row["name"] for row in Browser(store).events()]
    assert names == ["MessageNotSent"]


def test_messages_are_numbered_in_the_order_in_which_they_were_taken(store: Store) -> None:
    """At one moment too, whatever their identifications are."""
    with store.unit() as unit:
        unit.archive([("a" * 64, b"x")], "test", NOW)
    names = ["f0000000-0000-4000-8000-000000000000", "00000000-0000-4000-8000-000000000000", "a0000000-0000-4000-8000-000000000000"]  # fmt: skip
    for place, name in enumerate(names):
        with store.unit() as unit:
            row = {
                "message_id": name, "sender": "7080001100018", "party": "7080001100025", "sha256": "a" * 64,
                "position": place, "name": "x", "label": "x", "process": "BRS-NO-101", "role": "DDQ",
                "metering_point": None, "received_at": stamp(NOW), "outcome": "handled", "instance_id": None, "text": "",
            }  # fmt: skip
            unit.record(row)
    found = Browser(store).inbox()
    assert [row["message_id"] for row in found] == names[::-1]
    assert [row["number"] for row in found] == [3, 2, 1]


def test_every_migration_follows_another_one() -> None:
    """They run in the order in which each names the one before it, whatever their numbers are."""
    from alembic.script import ScriptDirectory

    from ediel.store import head, revisions
    from ediel.store._revisions import config

    scripts = ScriptDirectory.from_config(config())
    assert [script.revision for script in reversed(list(scripts.walk_revisions()))] == list(revisions())
    assert scripts.get_current_head() == head()
