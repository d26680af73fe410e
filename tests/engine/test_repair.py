"""Nothing is stuck: what a person can do with a process in each state, and no alarm while an answer may still come."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

import ediel
from ediel.codes import EndReason
from ediel.engine import Engine, EngineError
from ediel.processes import MACHINES, CommandRefused, InvalidData, machine, settles
from ediel.store import Evidence, check_log
from tests.support.world import GRID, LAST_RESORT, NEW, OLD, POINT, POINT_2, THIRD_PARTY, World, at, end, start

HERE = Path(__file__).parent


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.close()


def stored(folder: Path, side: str) -> Engine:
    """The database of an earlier release with processes in very many states."""
    path = folder / f"{side}.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript((HERE / f"second-release-{side}.sql").read_text(encoding="utf-8"))
    return Engine.open(f"sqlite:///{path}", clock=lambda: at("2027-03-01 09:00"))


@pytest.mark.parametrize("side", ["parties", "hub"])
def test_every_process_that_stands_somewhere_can_be_abandoned(tmp_path: Path, side: str) -> None:
    engine = stored(tmp_path, side)
    stood = list(engine.find(status="open", most=10_000))
    assert len({(item.machine, item.state) for item in stood}) > (20 if side == "parties" else 7)
    for item in stood:
        assert {"settle", "abandon"} <= set(item.commands)
        over = engine.abandon(item.id, reason="nobody waits for it")
        assert (over.state, over.status) == (item.state, "abandoned")
        with pytest.raises(CommandRefused, match="the process is abandoned"):
            engine.abandon(item.id, reason="twice")
    assert list(engine.find(status="open")) == []
    ids = {item.id for item in stood}
    assert {item.id for item in engine.find(status="abandoned", most=10_000)} == ids
    assert not ids & {row["instance_id"] for row in engine.due(timedelta(days=9999))}
    assert not ids & {row["instance_id"] for row in engine.outbox.pending()}
    assert check_log(engine.store).broken == ()
    engine.close()


@pytest.mark.parametrize("side", ["parties", "hub"])
def test_every_state_can_be_settled_as_each_state_that_an_answer_leads_to(tmp_path: Path, side: str) -> None:
    """Or it says why not, in words; in any case nothing is sent."""
    engine = stored(tmp_path, side)
    before = len(engine.browse.outbox(status=None, most=100_000))
    tried: dict[str, set[str]] = {}
    for item in engine.find(status="open", most=10_000):
        table = machine(item.machine)
        for state in settles(table, item.state):
            path = tried.setdefault(f"{item.machine}: {item.state}", set())
            with engine.store.transaction() as connection, suppress(CommandRefused, InvalidData):
                assert engine.settle(item.id, state, reason="the portal shows it").state == state
                path.add(state)
                connection.rollback()
    if side == "parties":
        guarded = {"end_of_supply/requester: notified"}  # only a move-out by the grid access provider is rejected there
        assert {name for name, states in tried.items() if not states} <= guarded
    assert len(engine.browse.outbox(status=None, most=100_000)) == before
    engine.close()


def test_every_state_of_every_table_is_in_one_of_the_four_statuses() -> None:
    """Abandoning asks the status alone, so that no table can have a state without an end."""
    for table in MACHINES:
        for state in table.states:
            begun = table.begin("5f0a3c1e-7d0f-5f2e-9c62-3a4f1f1f7b11", NEW, ediel.Party(NEW, "DDQ").actor())
            standing = replace(begun, state=state)
            assert table.status(standing) in {"open", "resting", "closed"}
            expected = table.status(standing) if state in table.finals else "abandoned"
            assert table.status(replace(standing, abandoned=True)) == expected


def test_the_hub_is_heeded_after_a_process_was_abandoned(world: World) -> None:
    switch = world.parties.start(start(), party=NEW)
    world.deliver(to_parties=False)
    world.parties.abandon(switch.id, reason="the customer has regretted it")
    assert world.heard(NEW)[-1] == "ProcessAbandoned"
    assert list(world.parties.due(timedelta(days=30))) == []
    world.deliver()
    again = world.parties.process(switch.id)
    assert (again.state, again.status) == ("accepted", "open")
    assert [row["name"] for row in world.parties.due(timedelta(days=30))] == ["date"], "it waits for its day again"
    world.time("2026-12-01 00:00")
    assert world.parties.process(switch.id).state == "supplying"
    assert world.suppliers(date(2026, 12, 1)) == {NEW}


def test_what_was_abandoned_does_not_stand_in_the_way(world: World) -> None:
    switch = world.parties.start(start(), party=NEW)
    with pytest.raises(CommandRefused, match="the same is under way"):
        world.parties.start(start(), party=NEW)
    world.parties.abandon(switch.id, reason="a mistake")
    assert world.parties.outbox.pending(NEW) == [], "what was not sent is not sent"
    assert world.parties.start(start(), party=NEW).id != switch.id


def test_settling_writes_what_the_message_would_have_written(world: World) -> None:
    switch = world.parties.start(start(), party=NEW)
    for row in world.parties.outbox.pending():
        world.parties.outbox.sent(row["message_id"])
    world.now = at("2026-12-01 12:00")
    world.parties.run_due()
    assert world.parties.process(switch.id).state == "unanswered"
    with pytest.raises(CommandRefused, match="Possible states: rejected, notified, supplying, cancelled"):
        world.parties.settle(switch.id, "granted", reason="?")
    done = world.parties.command(switch.id, "settle", state="supplying", reason="the portal shows the contract")
    assert (done.state, done.status) == ("supplying", "resting")
    assert world.heard(NEW)[-2:] == ["SupplyConfirmed", "SupplyStarted"]
    assert world.suppliers(date(2026, 12, 1)) == {NEW}
    assert world.parties.outbox.pending() == []


def test_commands_by_hand_want_a_reason(world: World) -> None:
    switch = world.parties.start(start(), party=NEW)
    with pytest.raises(CommandRefused, match="abandon needs a reason"):
        world.parties.command(switch.id, "abandon")
    with pytest.raises(CommandRefused, match="settle needs a reason"):
        world.parties.command(switch.id, "settle", state="rejected")
    with pytest.raises(CommandRefused, match="settle is not possible: the process is requested"):
        world.parties.command(switch.id, "settle")
    for reason in ("", " ", "x" * 1001, "a\nb"):
        with pytest.raises(EngineError, match="printable characters"):
            world.parties.abandon(switch.id, reason=reason)
    with pytest.raises(EngineError, match="there is no process"):
        world.parties.abandon("5f0a3c1e-7d0f-5f2e-9c62-3a4f1f1f7b11", reason="x")
    assert world.parties.process(switch.id).status == "open"


def test_what_never_arrived_is_cancelled_without_a_message(world: World) -> None:
    switch = world.parties.start(start(), party=NEW)
    over = world.parties.cancel(switch.id)
    assert (over.state, over.sent) == ("cancelled", ())
    assert world.parties.outbox.pending() == []
    assert world.heard(NEW)[-1] == "SupplyCancelled"


@pytest.mark.parametrize("how", ["tried", "claimed", "sent", "retried"])
def test_what_may_have_arrived_is_cancelled_by_a_message(world: World, how: str) -> None:
    switch = world.parties.start(start(), party=NEW)
    (message_id,) = switch.sent
    if how == "claimed":
        assert world.parties.outbox.claim(NEW, "courier") is not None
    elif how == "sent":
        world.parties.outbox.sent(message_id)
    else:
        world.parties.outbox.failed(message_id, "no answer", again_at=world.now)
        if how == "retried":
            world.parties.outbox.retry(message_id)
    over = world.parties.cancel(switch.id)
    assert (over.state, len(over.sent)) == ("cancelling", 1)


def refused(world: World, message_id: str) -> None:
    """The hub has refused a message for good, by a fault that it has signed."""
    world.parties.outbox.failed(message_id, "XSD: refused", evidence=Evidence(b"<fault/>", "123456785", "a" * 64))
    world.parties.deliver()


def test_a_refused_request_says_so_and_is_corrected(world: World) -> None:
    wrong = start(day=date(2026, 12, 1))
    first = world.parties.start(wrong, party=NEW, key="web-1", tags={"customer": "c1"})
    refused(world, *first.sent)
    assert world.heard(NEW)[-1] == "MessageNotSent"
    (problem,) = world.parties.process(first.id).not_sent
    assert (problem.status, problem.error, problem.name) == ("failed", "XSD: refused", "RequestStartOfSupply")
    second = world.parties.correct(first.id, start(day=date(2026, 12, 2)), reason="the day was wrong")
    assert world.parties.process(first.id).status == "abandoned"
    assert second.facts["day"] == "2026-12-02"
    assert world.parties.start(wrong, party=NEW, key="web-1").id == second.id, "the key is that of the new one"
    assert {item.id for item in world.parties.find(tags={"customer": "c1"})} == {second.id, first.id}
    assert [item.id for item in world.parties.find(tags={"corrects": first.id})] == [second.id]
    world.deliver()
    world.time("2026-12-02 00:00")
    assert world.parties.process(second.id).state == "supplying"


def test_a_rejected_order_is_corrected_and_one_that_has_arrived_is_not(world: World) -> None:
    first = world.parties.start(start(), party=NEW)
    world.deliver(to_parties=False)
    with pytest.raises(CommandRefused, match="has arrived at the hub, or may have"):
        world.parties.correct(first.id, start())
    world.decisions.refusals["RequestStartOfSupply"] = ["E17"]
    other = world.parties.start(start(metering_point=POINT_2), party=NEW)
    world.deliver()
    assert world.parties.process(other.id).state == "rejected"
    del world.decisions.refusals["RequestStartOfSupply"]
    with pytest.raises(EngineError, match="expected an order that begins supply/requester"):
        world.parties.correct(other.id, end(ediel.MoveOut))
    assert world.parties.correct(other.id, start(metering_point=POINT_2)).state == "requested"


def test_a_correction_that_would_be_refused_changes_nothing(world: World) -> None:
    first = world.parties.start(ediel.PointSearch(metering_point=POINT), party=NEW)
    refused(world, *first.sent)
    with pytest.raises(ediel.PreflightRefused):
        world.parties.correct(first.id, ediel.PointSearch(metering_point=POINT, meter="1234"))
    assert world.parties.process(first.id).status == "open"


def test_resend(world: World) -> None:
    switch = world.parties.start(start(), party=NEW)
    with pytest.raises(EngineError, match="nothing to resend"):
        world.parties.resend(switch.id)
    (message_id,) = switch.sent
    world.parties.outbox.hold(message_id, "tried 20 times")
    assert world.parties.outbox.pending() == []
    assert world.parties.resend(switch.id) == switch.sent
    assert [row["message_id"] for row in world.parties.outbox.pending()] == list(switch.sent)


def test_a_request_back_in_time_is_not_called_unanswered(world: World) -> None:
    """Nobody says by when the hub answers it."""
    for kind, who in ((ediel.MoveIn, NEW), (ediel.ChangeFromLastResort, OLD)):
        world.parties.start(start(kind, date(2026, 11, 20)), party=who)
    world.parties.start(start(ediel.GridMoveIn, date(2026, 11, 27)), party=GRID)
    assert world.parties.run_due(at("2026-11-27 09:00")) == []
    for row in world.parties.outbox.pending():
        world.parties.outbox.sent(row["message_id"])
    assert world.parties.run_due(at("2026-12-27 09:00")) == []


def test_an_access_does_not_lapse_before_it_was_asked_for(world: World) -> None:
    asked = world.parties.start(ediel.AccessRequest(metering_point=POINT), party=THIRD_PARTY)
    world.now = at("2026-12-24 09:00")
    assert world.parties.run_due() == []
    assert world.parties.process(asked.id).state == "asked"
    for row in world.parties.outbox.pending():
        world.parties.outbox.sent(row["message_id"])
    world.now = at("2026-12-24 10:00")
    assert [item.state for item in world.parties.run_due()] == ["lapsed"]


def test_a_move_out_by_the_grid_access_provider_ends_and_can_be_rolled_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The hub has a deadline here, which no source gives: else it waits for a word."""
    ordinary = world.decisions.advice
    monkeypatch.setattr(
        world.decisions, "advice", lambda *given: {**ordinary(*given), "cancellation": "2026-11-30"} if given[0] else {}
    )
    out = world.parties.start(end(ediel.GridMoveOut, settlement="interval"), party=GRID)
    world.deliver()
    world.time("2026-12-01 00:00")
    done = world.parties.process(out.id)
    assert (done.state, done.status, done.commands) == ("ended", "resting", ("roll back",))
    assert world.heard(GRID)[-2:] == ["EndOfSupplyConfirmed", "EndOfSupplyEffective"]
    world.parties.roll_back(out.id)
    world.deliver()
    assert world.parties.process(out.id).state == "rolled back"
    assert world.state("supply/grid access provider", GRID) == "withdrawn", "BRS-NO-222: test SYS-DDM222-01"
    assert world.log[-1] == "NotifyStartOfSupply:rollback"
    assert world.parties.browse.dead_letters() == []


def test_a_move_in_by_the_grid_access_provider_that_is_rolled_back_is_told_to_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """BRS-NO-133: test SYS-DDM133-01. The hub has a deadline here, which no source gives."""
    ordinary = world.decisions.advice
    monkeypatch.setattr(
        world.decisions, "advice", lambda *given: {**ordinary(*given), "cancellation": "2026-11-30"} if given[0] else {}
    )
    world.decisions.register |= {"last_resort": LAST_RESORT, "leaver": OLD, "supplier": LAST_RESORT}
    move = world.parties.start(start(ediel.GridMoveIn, date(2026, 12, 1)), party=GRID)
    world.deliver()
    world.time("2026-12-01 00:00")
    world.deliver()
    assert world.parties.process(move.id).state == "supplying"
    world.parties.roll_back(move.id)
    world.deliver()
    assert world.parties.process(move.id).state == "rolled back"
    notices = [item for item in world.parties.browse.inbox(most=1000) if item["process"] == "BRS-NO-133"]
    assert ("NotifyStartOfSupply", GRID, "DDM") in {(row["name"], row["party"], row["role"]) for row in notices}
    (told,) = [row for row in notices if (row["name"], row["party"]) == ("NotifyStartOfSupply", GRID)]
    assert world.parties.message(told["message_id"]).header.document_type == "414"
    assert world.state("supply/grid access provider", GRID) == "withdrawn"
    assert world.parties.browse.dead_letters() == []


def test_a_move_out_by_death_says_so_to_the_supplier(world: World) -> None:
    world.parties.start(end(ediel.MoveOut, reason=EndReason.DEATH), party=OLD)
    world.decisions.register |= {"leaver": None}
    world.deliver()
    world.now = at("2026-12-01 00:00")
    world.hub.run_due()
    notices = [ediel.read(row["data"]) for row in world.hub.outbox.pending()]
    told = [item.payload.reason for item in notices if isinstance(item, ediel.messages.NotifyEndOfSupply)]
    assert told == [EndReason.DEATH]


ORDERS: list[tuple[Any, str, int]] = [
    (lambda day: start(day=day), NEW, 4),
    (lambda day: start(ediel.MoveIn, day), NEW, 3),
    (lambda day: start(ediel.MoveIn, day, move_in_to_slr=False), NEW, -6),
    (lambda day: start(ediel.ChangeFromLastResort, day), NEW, -11),
    (lambda day: end(ediel.MoveOut, day), OLD, 4),
    (lambda day: end(ediel.EndOfSupply, day), OLD, 4),
    (lambda day: end(ediel.GridMoveOut, day), GRID, 4),
]


@pytest.mark.parametrize("seed", range(21))
def test_nobody_says_unanswered_while_the_hub_answers_in_time(world: World, seed: int) -> None:
    """Whatever is sent, fetched and fired when: nothing lies longer than four hours on its way."""
    random = Random(seed)
    make, who, ahead = ORDERS[seed % len(ORDERS)]
    if make(date(2026, 12, 1)).process(date(2026, 11, 27)) == "BRS-NO-104":
        world.decisions.register |= {"leaver": LAST_RESORT, "leaver_role": "SLR"}
    begun = world.parties.start(make(date(2026, 11, 27) + timedelta(days=ahead)), party=who)
    seen: dict[str, datetime] = {}
    for _ in range(6 * 24):
        world.now += timedelta(hours=1)
        world.parties.run_due()
        if random.random() < 0.5 or world.now.hour % 4 == 0:
            world.hub.run_due()
        for sender, recipient in ((world.parties, world.hub), (world.hub, world.parties)):
            for row in sender.outbox.pending():
                since = seen.setdefault(row["message_id"], world.now)
                if random.random() < 0.3 or world.now - since >= timedelta(hours=4):
                    assert recipient.receive(row["data"])[0].outcome in {"handled", "ignored"}
                    sender.outbox.sent(row["message_id"])
        world.parties.run_due()
    assert [name for _, name in world.events if "Unanswered" in name] == []
    found = world.parties.process(begun.id)
    assert found.status == "resting", found.state
