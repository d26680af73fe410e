"""Databases of earlier releases: they open, are upgraded, and every process that is under way in them goes on to its end.

``second-release-*.sql`` were written by ``tools/stored_release.py`` with the code of that release: a hub and its parties, with
a process of every table in every state that is not closed.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from click.testing import CliRunner
from sqlalchemy import select

import ediel
from ediel.cli import cli
from ediel.codes import DocumentType, StatusType
from ediel.engine import Engine, ProcessesUnreadable
from ediel.messages import Acknowledgement, AcknowledgementEvent
from ediel.processes import BEGIN, MACHINES, Machine, UnreadableProcess, machine, supply
from ediel.store import SchemaOutOfDate, Store, check_processes, head, migrations
from ediel.store import _schema as schema
from tests.support.databases import KINDS, url
from tests.support.places import FIXTURES
from tests.support.world import HUB, NEW, World, start

HERE = Path(__file__).parent
UUID = "123e4567-e89b-12d3-a456-4266554400{:02d}"
RENAMED = {
    "annual volume": "annual_volume", "end of supply": "end_of_supply", "master data": "master_data",
    "shared production": "shared_production", "values": "metering_values",
}  # fmt: skip

STATES = {
    ("query/hub", "accepted"): "looking", ("question/asker", "accepted"): "taken", ("question/hub", "accepted"): "looking",
}  # fmt: skip
"""How that release has called a state that is not closed."""


def load(folder: Path, which: str) -> Path:
    path = folder / f"{which}.db"
    connection = sqlite3.connect(path)
    connection.executescript((HERE / f"second-release-{which}.sql").read_text(encoding="utf-8"))
    connection.close()
    return path


def stored(path: Path, what: str) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(path)
    rows = connection.execute(what).fetchall()
    connection.close()
    return rows


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """The market as it was left, with the code of today."""
    load(tmp_path, "hub")
    load(tmp_path, "parties")
    made = World(tmp_path, "2026-12-01 09:00")
    made.decisions.again = False
    yield made
    made.close()


def test_every_state_is_in_it(tmp_path: Path) -> None:
    """A process of every table in every state that is not closed, as the release itself stored it."""
    there = set()
    for which in ("hub", "parties"):
        path = load(tmp_path, which)
        assert stored(path, "SELECT version_num FROM alembic_version") == [("0002",)]
        there |= set(stored(path, "SELECT machine, state FROM instances WHERE open"))
    before = {new: old for old, new in RENAMED.items()}
    expected = {
        (f"{before.get(table.name, table.name)}/{table.role}", STATES.get((table.key, state), state))
        for table in MACHINES
        for state in table.states
        if table is not supply.ELSEWHERE and state != BEGIN and state not in table.closed  # that table came later
    }
    assert expected <= there
    assert len(expected) == 69


def test_it_opens_and_is_upgraded(world: World) -> None:
    for engine in (world.hub, world.parties):
        assert engine.store.revision() == head()
        found = check_processes(engine.store, open_only=False)
        assert (found.count > 20, found.problems) == (True, ())
        for row in engine.browse.processes(most=1000):
            assert row["revision"] == 1
            assert row["machine"] in {table.key for table in MACHINES}
            assert row["facts"]["process"].startswith("BRS-NO-")


@pytest.mark.parametrize("kind", KINDS)
def test_processes_are_renamed_and_get_a_revision(kind: str, tmp_path: Path) -> None:
    """In PostgreSQL as in SQLite: the column, and the names of families; other names stay."""
    where = url(kind, tmp_path)
    fresh = Store.open(where)
    row = dict.fromkeys(("party", "state", "begun_at", "changed_at"), "x") | {"open": True, "version": 1, "facts": "{}"}
    names = [f"{old}/hub" for old in RENAMED] + ["supply/hub", "access/third party"]
    with fresh.connection(write=True) as connection:
        for number, name in enumerate(names):
            connection.execute(schema.INSTANCES.insert().values(id=UUID.format(number), machine=name, **row))
        connection.exec_driver_sql("ALTER TABLE instances DROP COLUMN revision")
        found = fresh_migration("0003")
        context = MigrationContext.configure(connection)
        with Operations.context(context):
            found.upgrade()
        rows = connection.execute(select(schema.INSTANCES.c.machine, schema.INSTANCES.c.revision)).all()
    fresh.close()
    assert sorted(rows) == sorted(
        (RENAMED.get(name[:-4], name[:-4]) + "/hub", 1) if name.endswith("/hub") else (name, 1) for name in names
    )


def fresh_migration(number: str) -> Any:
    folder = Path(migrations.__path__[0]) / "versions"
    (path,) = folder.glob(f"m{number}_*.py")
    spec = spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    found = module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


# --- to their end


def resend(world: World) -> None:
    """Everything that either side has ever sent comes once more: what was lost on the way comes at last."""
    for sender, recipient in ((world.parties, world.hub), (world.hub, world.parties)):
        for row in sender.browse.outbox(status=None, most=10_000):
            (found,) = recipient.receive(row["data"])
            assert found.outcome in {"handled", "ignored", "duplicate"}, found
            sender.outbox.sent(row["message_id"])


def acknowledged(world: World, process: str, status: StatusType) -> None:
    """The hub answers what a process sent first."""
    sent = world.parties.browse.process(process)
    assert sent is not None
    name = sent["sent"][0]["message_id"]
    request = ediel.read(world.parties.browse.messages([name])[name])
    header = request.header.model_copy(
        update={
            "identification": process, "document_type": DocumentType.ACKNOWLEDGEMENT, "physical_sender": HUB,
            "juridical_sender": HUB, "juridical_recipient": request.header.juridical_sender,
            "request_positive_acknowledgement": None,
        }
    )  # fmt: skip
    event = AcknowledgementEvent(
        status=status,
        reasons=({"code": "E10"},) if status is StatusType.REJECTED else (),
        original_reference=name,
    )
    (found,) = world.parties.receive(
        ediel.write(Acknowledgement(header=header, process=request.process, payload=event))
    )
    assert found.outcome == "handled", found


def part(reference: str) -> dict[str, Any]:
    message: Any = ediel.read((FIXTURES / "valid" / "NotifyMeteringPointCharacteristics-303.xml").read_bytes())
    (row,) = message.model_dump(mode="json", exclude_none=True)["payloads"]
    return {"points": [{**row, "original_reference": reference}]}


def push(world: World, row: dict[str, Any]) -> None:
    """What moves a process on that no message and no timer moves."""
    table, state, process = row["machine"], row["state"], row["id"]
    match table:
        case "query/hub":
            instance = world.hub.browse.instance(process)
            world.hub.decide(process, "answer", parts=[part(instance.facts.answering)])  # type: ignore[union-attr]
        case "question/hub" if state == "accepted":
            world.hub.decide(process, "answer", feedback="Den som er registrert.")
        case "question/grid access provider" if state == "asked":
            world.parties.command(process, "answer", feedback_private="Den 1. desember.")
        case "supply/grid access provider" if state == "asked":
            world.parties.command(process, "activate", activation_day="2026-12-10")
        case "metering_values/metered data responsible":
            world.parties.command(process, "settle")
        case "query/asker" if state == "answering":
            world.parties.command(process, "give up")
        case "access/third party" if state == "granted":
            world.parties.command(process, "delete")
        case "authorisation/supplier" if state == "active":
            world.parties.decide(process, "exhaust")
        case "authorisation/hub" if state == "active":
            world.hub.decide(process, "exhaust")
        case "shared_production/grid access provider" if state == "active":
            world.parties.command(process, "delete")
        case "annual_volume/grid access provider" | "metering_values/collector":
            acknowledged(world, process, StatusType.REJECTED)
        case "master_data/sender":
            acknowledged(world, process, StatusType.ACCEPTED)
        case "supply/requester" | "end_of_supply/requester" if state in {"supplying", "ended"}:
            world.parties.roll_back(process)


def under_way(engine: Engine) -> list[dict[str, Any]]:
    rows = engine.browse.processes(open_only=True, most=1000)
    return [row for row in rows if row["state"] not in ends(machine(row["machine"]))]


def test_every_process_goes_on_to_its_end(world: World) -> None:
    """By the messages, the timers and the commands that its table allows: none is left where it stood."""
    engines = (world.hub, world.parties)
    before = {row["id"]: row for engine in engines for row in engine.browse.processes(open_only=True, most=1000)}
    world.deliver()
    resend(world)
    world.deliver()
    for moment in ("2026-12-01 09:01", "2026-12-16 00:00", "2027-01-10 00:00", "2027-01-11 00:00"):
        for engine in engines:
            for row in under_way(engine):
                push(world, row)
        world.deliver()
        world.time(moment)
    after = {row["id"]: row for engine in engines for row in engine.browse.processes(most=1000)}
    left = [
        (row["machine"], was["state"], row["state"])
        for was in before.values()
        if (row := after[was["id"]])["state"] not in ends(machine(row["machine"]))
    ]
    assert left == []
    stood = [was["machine"] for was in before.values() if after[was["id"]]["version"] == was["version"]]
    assert {machine(key).closed for key in stood} <= {()}, (
        "only those that have no closed state may rest where they were"
    )
    moved = [row for was in before.values() if (row := after[was["id"]])["version"] > was["version"]]
    assert {row["revision"] - machine(row["machine"]).revision for row in moved} == {0}
    assert world.hub.browse.dead_letters() == world.parties.browse.dead_letters() == []


def test_what_was_stored_without_a_payload_of_one_kind_is_the_same_message(world: World) -> None:
    """A cancellation repeats the request word for word, though the request was stored by another release."""
    (row,) = [
        row
        for row in world.parties.browse.processes(most=1000)
        if row["state"] == "cancelling" and row["machine"] == "supply/requester"
    ]
    found = world.parties.browse.process(row["id"])
    assert found is not None
    data = world.parties.browse.messages([item["message_id"] for item in found["sent"]])
    request, cancellation = (ediel.read(data[item["message_id"]]) for item in found["sent"])
    instance = world.parties.browse.instance(row["id"])
    assert instance is not None
    assert instance.facts.payload.value == request.payload  # type: ignore[attr-defined]
    update = {"original_reference": request.header.identification}
    assert cancellation.payload == request.payload.model_copy(update=update)  # type: ignore[attr-defined]


# --- what cannot be read


REVISION = machine("supply", "requester").revision
BREAKS = {
    "a fact by another name": (
        "UPDATE instances SET facts = replace(facts, '\"day\"', '\"first_day\"')",
        r"day is missing|first_day: Unexpected keyword argument",
    ),
    "a fact of another kind": ("UPDATE instances SET facts = replace(facts, '2026-12-01', 'soon')", "day|payload"),
    "no facts": ("UPDATE instances SET facts = '[]'", "dictionary|object"),
    "no JSON": ("UPDATE instances SET facts = 'x'", "JSON"),
    "a part that is not read": (
        "UPDATE instances SET facts = replace(facts, '0001', '')", "postcode",
    ),
    "a table of another release": ("UPDATE instances SET machine = 'supply/somebody'", "this release has no such table"),
    "a state of another release": ("UPDATE instances SET state = 'elsewhere'", "the table has no state 'elsewhere'"),
    "a newer release": (
        f"UPDATE instances SET revision = {REVISION + 1}",
        f"a newer release has stored it; this one knows revisions up to {REVISION}",
    ),
    "an older release than any": ("UPDATE instances SET revision = 0", f"cannot be brought to revision {REVISION}"),
}  # fmt: skip


@pytest.mark.parametrize("name", BREAKS)
def test_what_cannot_be_read_says_so_everywhere(name: str, tmp_path: Path) -> None:
    """At opening, at the check, and at each use: with the process, its revision and what to do; nothing is changed."""
    statement, problem = BREAKS[name]
    world = World(tmp_path)
    process = world.parties.start(start(), party=NEW)
    world.parties.outbox.sent(process.sent[0])
    url = f"sqlite:///{tmp_path / 'parties.db'}"
    connection = sqlite3.connect(tmp_path / "parties.db")
    connection.execute(statement)
    connection.commit()
    before = connection.execute("SELECT * FROM instances").fetchall()
    expected = rf"process {process.id} of .*, stored with revision \d, cannot be read: .*({problem})"

    lazy = name == "a part that is not read"
    for use in (world.parties.cancel, world.parties.process):
        if lazy and use == world.parties.process:
            continue
        with pytest.raises(UnreadableProcess, match=expected) as caught:
            use(process.id)
        assert "ediel db check" in str(caught.value)
        assert "Testesen" not in str(caught.value)
    (listed,) = world.parties.browse.processes()
    assert lazy or "ediel db check" in listed["facts"]["problem"]
    with pytest.raises(ProcessesUnreadable, match=expected) as refused:
        Engine.open(url)
    assert refused.value.problems[0].process_id == process.id
    Engine.open(url, check=False).close()

    shown = CliRunner().invoke(cli, ["db", "check", "--db", url])
    assert shown.exit_code == 1
    assert process.id in shown.output
    listing = CliRunner().invoke(cli, ["db", "check", "--db", url, "--format", "json"])
    (row,) = (row for row in json.loads(listing.stdout) if row["table"] != "log of steps")
    assert row["process"] == process.id
    assert connection.execute("SELECT * FROM instances").fetchall() == before
    connection.close()
    world.close()


def test_an_answer_to_a_process_that_cannot_be_read_is_kept(tmp_path: Path) -> None:
    """It is a dead letter, and the other messages of the same poll are handled."""
    world = World(tmp_path)
    world.decisions.register["leaver"] = None
    first = world.parties.start(start(), party=NEW)
    second = world.parties.start(start(metering_point="707057542000000285"), party=NEW)
    world.deliver(to_parties=False)
    connection = sqlite3.connect(tmp_path / "parties.db")
    connection.execute("UPDATE instances SET facts = '{}' WHERE id = ?", (first.id,))
    connection.commit()
    answers = [row["data"] for row in world.hub.outbox.pending()]
    found = [entry for (entry,) in world.parties.receive_many(answers)]
    assert sorted(entry.outcome for entry in found) == ["dead", "handled"]
    dead = next(entry for entry in found if entry.outcome == "dead")
    assert (str(dead.reason), first.id in dead.text) == ("unreadable process", True)
    assert world.parties.process(second.id).state == "accepted"
    connection.close()
    world.close()


def test_the_check_of_a_whole_database(tmp_path: Path) -> None:
    path = load(tmp_path, "parties")
    url = f"sqlite:///{path}"
    refused = CliRunner().invoke(cli, ["db", "check", "--db", url])
    assert "run ediel db upgrade" in str(refused.exception)
    assert CliRunner().invoke(cli, ["db", "upgrade", "--db", url]).exit_code == 0
    found = CliRunner().invoke(cli, ["db", "check", "--db", url, "--all"])
    assert (found.exit_code, "all can go on" in found.output) == (0, True), found.output
    missing = CliRunner().invoke(cli, ["db", "check", "--db", f"sqlite:///{tmp_path / 'none.db'}"])
    assert missing.exit_code != 0
    assert not (tmp_path / "none.db").exists()


def test_a_database_of_a_newer_release_is_left_alone(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'new.db'}"
    Store.open(url).close()
    connection = sqlite3.connect(tmp_path / "new.db")
    connection.execute("UPDATE ediel_version SET version_num = '9999'")
    connection.commit()
    connection.close()
    with pytest.raises(SchemaOutOfDate, match=r"release 9999.*a newer release of ediel"):
        Store.open(url)


def ends(table: Machine) -> tuple[str, ...]:
    """Where a process of a table is at its end."""
    return table.closed or table.resting
