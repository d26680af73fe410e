"""The commands on a database: set it up, begin and step processes, carry messages by file, look, try again."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from ediel.cli import cli, main
from ediel.engine import commands
from ediel.processes import MACHINES, On, machine
from ediel.store import head
from tests.support.places import FIXTURES
from tests.support.world import NEW, OLD, POINT, World, at, start

STRANGER = "7080010000019"
PERSON = ("Kari", "Testesen", "1980-01-01", "01018012345")


@pytest.fixture
def market(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """A hub in Python; the parties are reached with the command line only."""
    monkeypatch.setenv("EDIEL_DB", f"sqlite:///{tmp_path / 'parties.db'}")
    made = World(tmp_path)
    monkeypatch.setattr("ediel.cli._database.now", lambda: made.now)
    return made


def run(*arguments: str, stdin: str | bytes | None = None, code: int = 0) -> Result:
    result = CliRunner().invoke(cli, arguments, input=stdin)
    assert result.exit_code == code, (result.output, result.exception)
    assert not [word for word in PERSON if word in result.output]
    return result


def rows(*arguments: str) -> Any:
    return json.loads(run(*arguments, "--format", "json").stdout)


def order(**more: Any) -> str:
    """A change of supplier four weeks after the day of the test, as JSON."""
    return str(start(day=date(2026, 12, 24), **more).model_dump_json(exclude_none=True))


def begin(**more: Any) -> Any:
    begun = run("process", "start", "ChangeOfSupplier", "--party", NEW, "--format", "json", stdin=order(**more))
    return json.loads(begun.stdout)


def carry(market: World, folder: Path, *, code: int = 0) -> Result:
    """The outbox by file to the hub, and the hub's answers by file back."""
    folder.mkdir()
    (folder / "out").mkdir()
    (folder / "in").mkdir()
    assert {row["status"] for row in rows("outbox", "--to", str(folder / "out"))} <= {"sent"}
    for path in sorted((folder / "out").iterdir()):
        market.hub.receive(path.read_bytes())
    for row in market.hub.outbox.pending():
        (folder / "in" / f"{row['message_id']}.xml").write_bytes(row["data"])
        market.hub.outbox.sent(row["message_id"])
    return run("receive", str(folder / "in"), code=code)


def test_set_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A mistyped name must not become an empty database."""
    monkeypatch.setenv("EDIEL_DB", f"sqlite:///{tmp_path / 'new.db'}")
    missing = run("party", "list", code=1)
    assert "ediel db upgrade" in missing.output
    assert not (tmp_path / "new.db").exists()
    assert f"release {head()}" in run("db", "upgrade").output
    assert f"release {head()}" in run("db", "upgrade").output
    assert "ediel party add" in run("party", "list").output
    assert f"{NEW} as DDQ" in run("party", "add", NEW, "ddq").output
    run("party", "add", OLD, "DDQ", "--physical-sender", STRANGER)
    assert [(row["gln"], row["role"], row["physical_sender"]) for row in rows("party", "list")] == [
        (NEW, "DDQ", NEW),
        (OLD, "DDQ", STRANGER),
    ]
    for wrong in (["party", "add", "708", "DDQ"], ["party", "add", NEW, "XYZ"], ["db", "upgrade", "--db", "what"]):
        with pytest.raises(SystemExit) as caught:
            main(wrong)
        assert caught.value.code in {1, 2}
        told = capsys.readouterr().err
        assert "internal error" not in told
        assert "Traceback" not in told
        assert told.strip()


def test_a_switch_by_files(market: World, tmp_path: Path) -> None:
    begun = begin()
    assert begun["state"] == "requested"
    (message_id,) = begun["sent"]
    assert message_id in run("outbox").output
    assert "process" in carry(market, tmp_path / "first").output
    assert run("outbox").output == "nothing waits to be sent\n"
    assert [row["status"] for row in rows("outbox", "--all")] == ["sent"]
    assert [row["outcome"] for row in rows("inbox")] == ["handled"]
    listed = rows("process", "list", "--party", NEW, "--point", POINT, "--open")
    assert [(row["id"], row["state"]) for row in listed] == [(begun["id"], "accepted")]
    shown = run("process", "show", begun["id"]).output
    assert "requested -> accepted" in shown
    assert "sent      RequestStartOfSupply" in shown
    assert "received  ConfirmStartOfSupply" in shown
    assert "source: " in shown
    found = rows("process", "show", begun["id"])
    assert [row["to_state"] for row in found["transitions"]] == ["requested", "accepted"]

    due = rows("due", "--within", "5w")
    assert [row["name"] for row in due] == ["date"]
    assert (due[0]["due"], due[0]["working_days_left"]) == ("2026-12-24 00:00", 19)
    assert rows("due", "--within", "1h") == []
    assert "falls due" in run("due", "--within", "1h", "--run").output

    cancelled = run("process", "do", begun["id"], "cancel")
    assert "waits in the outbox" in cancelled.output
    carry(market, tmp_path / "second")
    assert rows("process", "show", begun["id"])["state"] == "cancelled"
    assert "the process is cancelled" in run("process", "do", begun["id"], "cancel", code=1).output
    assert rows("process", "list", "--open") == []


def test_a_request_that_may_be_refused(market: World) -> None:
    order = str(start(day=date(2028, 12, 1)).model_dump_json(exclude_none=True))
    told = run("process", "start", "ChangeOfSupplier", "--party", NEW, stdin=order).output
    assert "warning: the hub may refuse it with E17" in told
    again = str(start(day=date(2028, 12, 2)).model_dump_json(exclude_none=True))
    found = json.loads(
        run("process", "start", "ChangeOfSupplier", "--party", NEW, "--format", "json", stdin=again).stdout
    )
    assert [finding["rule"] for finding in found["warnings"]] == ["BRS-NO-101/window-earliest"]


def test_receive_says_what_became_of_each(market: World, tmp_path: Path) -> None:
    """0 all is well, 1 something is a dead letter, 2 a file could not be read."""
    begin()
    result = carry(market, tmp_path / "first")
    assert result.output.startswith("handled ")
    assert run("receive", str(tmp_path / "first" / "in")).output.startswith("duplicate")
    stranger = str(FIXTURES / "valid" / "ConfirmStartOfSupply-101.xml")
    assert run("receive", stranger, code=1).output.startswith("dead ")
    assert run("receive", "-", stdin=b"<no>", code=1).output.startswith("dead ")
    assert "nothing-there.xml" in run("receive", str(tmp_path / "nothing-there.xml"), code=2).output
    dead = rows("dead-letters")
    assert len(dead) == 2
    assert {row["attempts"] for row in dead} == {1}
    assert run("dead-letters", "replay", dead[0]["id"], code=1).output.startswith("dead ")
    run("dead-letters", "replay", code=1)
    assert sorted(row["attempts"] for row in rows("dead-letters")) == [2, 3]


def test_a_dead_letter_is_handled_when_its_cause_is_gone(market: World, tmp_path: Path) -> None:
    """A notice to a party that the database does not act for yet is kept, and taken when it does."""
    begin()
    carry(market, tmp_path / "first")
    market.now = at("2026-12-24 00:00")
    market.hub.run_due()
    (notice,) = (row for row in market.hub.outbox.pending() if row["recipient"] == OLD)
    other = ("--db", f"sqlite:///{tmp_path / 'other.db'}")
    run("db", "upgrade", *other)
    run("party", "add", NEW, "DDQ", *other)
    assert OLD in run("receive", "-", *other, stdin=notice["data"], code=1).output
    run("dead-letters", "replay", *other, code=1)
    run("party", "add", OLD, "DDQ", *other)
    assert run("dead-letters", "replay", *other).output.startswith("handled ")
    assert rows("dead-letters", *other) == []
    assert [row["attempts"] for row in rows("dead-letters", "--all", *other)] == [2]
    assert [row["machine"] for row in rows("process", "list", *other)] == ["supply/leaver"]


def test_wrong_orders(market: World, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    run("process", "show", "nothing", code=1)
    path = tmp_path / "order.json"
    path.write_text('{"metering_point": "1", "customer": {"name": "Kari Testesen"}}')
    for arguments, told in (
        (["process", "start", "ChangeOfSuplier", str(path)], "did you mean ChangeOfSupplier?"),
        (["process", "start", "ChangeOfSupplier", str(path)], "ChangeOfSupplier: "),
        (["process", "start", "ChangeOfSupplier", str(tmp_path / "none.json")], "none.json"),
        (["process", "do", "nothing", "cancel"], "nothing"),
        (["process", "do", "nothing", "cancel", "--with", "what"], "NAME=VALUE"),
        (["due", "--within", "soon"], "such as 5d"),
        (["process", "diagram", "supply"], "--role"),
        (["process", "diagram", "nothing", "--role", "hub"], "nothing"),
        (["outbox", "--to", str(tmp_path / "none")], "none"),
    ):
        with pytest.raises(SystemExit) as caught:
            main(arguments)
        assert caught.value.code in {1, 2}, arguments
        error = capsys.readouterr().err
        assert told in error, arguments
        assert "internal error" not in error
        assert "Kari" not in error
    assert rows("process", "list") == []


def test_kinds_and_diagrams() -> None:
    kinds = run("process", "kinds").output
    for name in commands.__all__:
        if name != "Command" and issubclass(getattr(commands, name), commands.Command):
            assert f"\n{name}: " in f"\n{kinds}"
    listed = run("process", "diagram").output.splitlines()[1:]
    assert len(listed) == len(MACHINES)
    for table in MACHINES:
        drawn = run("process", "diagram", table.name, "--role", table.role).output
        assert drawn.startswith("stateDiagram-v2")
        assert drawn.count("-->") >= sum(row.ignored is None for row in table.rows)


def test_everything_is_told_in_json(market: World) -> None:
    for arguments in (
        ("party", "list"),
        ("process", "list"),
        ("inbox",),
        ("outbox",),
        ("dead-letters",),
        ("due",),
    ):
        assert isinstance(rows(*arguments), list)


def test_deciding_of_messages(market: World) -> None:
    """A message that is held is listed, sent again, given up; what the hub has signed about it is verified again."""
    import os
    from datetime import UTC, datetime

    from ediel.engine import Engine
    from ediel.store import Evidence
    from tests.support import pki, wire

    (message_id,) = begin()["sent"]
    engine = Engine.open(os.environ["EDIEL_DB"])
    signer = pki.make("A hub", 7, pki.root(), organisation="987654325").identity
    data = wire.signed(wire.fault("UUID"), signer, datetime.now(UTC))
    engine.outbox.hold(message_id, "the hub knows it", evidence=Evidence(data, "987654325", "ab" * 32))
    engine.close()
    assert "held" in run("outbox").output
    shown = run("outbox", "show", message_id, "--evidence").output
    assert "yes" in shown
    assert "by 987654325, rsa-sha1" in shown
    (entry,) = rows("outbox", "show", message_id, "--evidence")
    assert [(item["decided"], item["holds"]) for item in entry["evidence"]] == [("held", "yes")]
    assert "name a message" in run("outbox", "retry", code=2).output
    assert f"{message_id} will be sent again" in run("outbox", "retry", "--held").output
    assert [row["status"] for row in rows("outbox")] == ["pending"]
    run("outbox", "give-up", message_id, "--reason", "by telephone")
    assert [(row["status"], row["error"]) for row in rows("outbox", "--all")] == [("failed", "by telephone")]
    assert rows("outbox") == []
    run("outbox", "show", message_id)
    other = "123e4567-e89b-12d3-a456-426655440000"
    assert "there is no message" in str(CliRunner().invoke(cli, ["outbox", "show", other]).exception)


def test_what_the_hub_has_signed_with_a_result_set(market: World) -> None:
    """The envelope of a poll is archived with what came in it, and verified again by message and by result set."""
    import os
    from datetime import UTC, datetime

    from ediel.engine import Engine
    from ediel.store import Evidence
    from ediel.transport import verify
    from tests.support import pki, wire

    market.parties.start(start(), party=NEW)
    market.deliver(to_parties=False)
    (answer,) = [bytes(row["data"]) for row in market.hub.outbox.pending() if row["recipient"] == NEW]
    signer = pki.make("A hub", 7, pki.root(), organisation="987654325").identity
    moment = datetime.now(UTC)
    data = wire.signed(wire.poll_response(answer), signer, moment)
    document = verify(data, pki.trust(), moment).document
    assert document is not None
    engine = Engine.open(os.environ["EDIEL_DB"])
    source = f"PollMarketProcesses {NEW} DDQ {wire.RESULT_SET}"
    (received,) = engine.receive(
        document, source=source, now=moment, evidence=Evidence(data, "987654325", "ab" * 32)
    )  # fmt: skip
    assert received.outcome == "handled"
    (kept,) = engine.evidence(received.message_id)
    assert kept["data"] == data or verify(kept["data"], pki.trust(), moment).data == document.data
    (stored,) = engine.outbox.evidence(wire.RESULT_SET)
    assert answer[200:400] not in bytes(stored["data"]), "the content is kept once, in the archive"
    engine.close()
    for name in (received.message_id, wire.RESULT_SET):
        shown = run("inbox", "show", name, "--evidence").output
        assert "yes" in shown
        assert "by 987654325, rsa-sha1" in shown
        (entry,) = rows("inbox", "show", name, "--evidence")
        assert [(item["decided"], item["holds"]) for item in entry["evidence"]] == [("received", "yes")]
    run("inbox", "show", received.message_id)
    assert "was received" in run("inbox", "show", "123e4567-e89b-12d3-a456-426655440000", code=2).output
    store = Engine.open(os.environ["EDIEL_DB"])
    with store.store.connection(write=True) as connection:
        connection.exec_driver_sql("UPDATE archive SET packing = '', data = CAST('another' AS BLOB)")
    store.close()
    damaged = CliRunner().invoke(cli, ["inbox", "show", received.message_id, "--evidence"])
    assert damaged.exit_code != 0
    assert "the archive does not hold what arrived" in str(damaged.exception or damaged.output)


def test_events_can_be_listed_heard_again_and_given_up(market: World) -> None:
    begin()

    def refuse(_event: object) -> None:
        raise ValueError("Kari Testesen")

    market.parties.subscribe("billing", since=at("2026-01-01 00:00"), attempts=1)(refuse)
    market.parties.deliver()
    assert "SupplyRequested" in run("events").output
    (waiting,) = (row for row in rows("events", "subscriptions") if row["subscription"] == "billing")
    assert (waiting["subscription"], waiting["waiting"], waiting["dead"]) == ("billing", 0, 1)
    (dead,) = rows("events", "dead")
    assert (dead["name"], dead["error"], dead["attempts"]) == ("SupplyRequested", "ValueError", 1)
    assert run("events", "replay", str(dead["number"])).output == "1 event will be delivered again\n"
    assert rows("events", "dead") == []
    market.parties.deliver()
    assert "0 of 1 are dead events" in run("events", "drop", "999", code=1).output
    assert run("events", "drop", str(dead["number"])).output == "1 event was given up\n"
    assert run("events", "forget", "billing").output == "the subscription billing was dropped\n"
    assert "there is no subscription billing" in run("events", "forget", "billing", code=1).output


def test_a_damaged_page_is_found(market: World) -> None:
    """A row that an index does not have: what a bad disk or a cut copy leaves behind."""
    import os
    import sqlite3

    market.parties.start(start(), party=NEW)
    assert "is damaged" not in run("db", "check").output
    connection = sqlite3.connect(os.environ["EDIEL_DB"].removeprefix("sqlite:///"))
    (name, text) = connection.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'outbox' AND sql IS NOT NULL"
    ).fetchone()
    connection.execute("PRAGMA writable_schema = ON")
    # the index is said to be one of a condition that no row meets, so its entries are too many
    connection.execute(
        "UPDATE sqlite_master SET sql = ? WHERE name = ?", (f"{text.split(' WHERE ')[0]} WHERE 1 = 2", name)
    )
    connection.commit()
    connection.close()
    damaged = CliRunner().invoke(cli, ["db", "check"])
    assert damaged.exit_code == 1
    assert "the file is damaged" in damaged.output


def test_adopt(market: World, tmp_path: Path) -> None:
    path = tmp_path / "portfolio.csv"
    lines = ["kind,party,metering_point,start,customer", f"contract,{NEW},{POINT},2024-03-01,01018012345"]
    path.write_text("\n".join(lines), encoding="utf-8")
    assert "1 rows without a mistake; nothing was written" in run("adopt", str(path), "--dry-run").stdout
    assert market.parties.browse.contracts() == []
    assert run("adopt", str(path)).stdout == "1 rows: 1 adopted, 0 known, 0 refused\n"
    assert rows("adopt", str(path))["counts"] == {"adopted": 0, "known": 1, "refused": 0}
    path.write_text("\n".join([lines[0], f"contract,{NEW},{POINT},2025-03-01,01018012345"]), encoding="utf-8")
    refused = run("adopt", str(path), code=1).stdout
    assert f"row 2, {POINT}: refused: these days are those of another contract here" in refused
    path.write_text("\n".join([lines[0], f"contract,{NEW},{POINT[:-1]},soon,01018012345"]), encoding="utf-8")
    with pytest.raises(SystemExit) as ended:
        main(["adopt", str(path)])
    assert ended.value.code == 2
    columns = run("adopt", "--columns").stdout
    assert "contract: A supply contract" in columns
    assert "National identity or organisation number" in columns
    run("adopt", code=2)


def test_reconcile(market: World, tmp_path: Path) -> None:
    path = tmp_path / "hub.csv"
    path.write_text(f"kind,party,metering_point,start\ncontract,{NEW},{POINT},2024-03-01\n", encoding="utf-8")
    told = run("reconcile", str(path), code=1)
    assert "only theirs" in told.stdout
    assert "certain: --apply does it" in told.stdout
    assert market.parties.browse.contracts() == []
    assert "done" in run("reconcile", str(path), "--apply").stdout
    assert run("reconcile", str(path)).stdout == "everything is as the hub says\n"
    assert rows("reconcile") == {"compared": 0, "differences": []}
    run("reconcile", "--apply", code=2)


def test_replay(market: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    market.parties.start(start(), party=NEW)
    market.deliver()
    day = ("replay", "--from", "2026-11-27", "--into")
    assert run(*day, str(tmp_path / "same.db")).stdout.endswith(": 0 come out otherwise\n")
    table = machine("supply", "requester")
    monkeypatch.setitem(table.index, ("requested", On("message", "ConfirmStartOfSupply:request")), ())
    told = run(*day, f"sqlite:///{tmp_path / 'other.db'}", "--to", "2026-11-28", "--diff", code=1).stdout
    assert "requested -> accepted" in told
    assert POINT not in told
    assert "1 come out otherwise; --diff lists them" in run(*day, str(tmp_path / "brief.db"), code=1).stdout
    found = json.loads(run(*day, str(tmp_path / "json.db"), "--diff", "--format", "json", code=1).stdout)
    assert found["differences"][0]["what"] == "step"
    run("replay", "--from", "soon", "--into", "x.db", code=2)
