"""Days that are run again: the same tables give the same, other tables give what is otherwise, and nothing is sent."""

from __future__ import annotations

from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

import ediel
from ediel.calendar import market_day
from ediel.engine import EngineError, Party, portfolio
from ediel.processes import Inform, Row, machine
from ediel.processes import message as on_message
from tests.engine.test_adopt import rows_of
from tests.engine.test_model import Drive, do
from tests.support.databases import postgresql
from tests.support.world import GRID, HUB, NEW, OLD, POINT, POINT_2, POINT_3, THIRD_PARTY, World, at, end, start

FIRST, LAST = date(2026, 11, 27), date(2026, 12, 2)


class Ticking(Drive):
    """No two things happen in the same second."""

    def deliver(self, number: int) -> None:
        self.now += timedelta(seconds=1)
        super().deliver(number)

    def push(self, number: int, name: str) -> None:
        self.now += timedelta(seconds=1)
        super().push(number, name)

    def ask(self, point: str, supplier: str, ahead: int) -> None:
        self.now += timedelta(seconds=1)
        super().ask(point, supplier, ahead)


@pytest.mark.parametrize("seed", range(4))
def test_the_same_tables_give_the_same(seed: int, tmp_path: Path) -> None:
    """Whatever has happened, over all days, or over some in the middle."""
    with closing(Ticking(tmp_path)) as drive:
        random = Random(seed)
        for _ in range(250):
            do(drive, random)
        drive.settle()
        days = (market_day(at("2027-01-04 09:00")), market_day(drive.now))
        middle = (days[0] + (days[1] - days[0]) / 3, days[0] + 2 * (days[1] - days[0]) / 3)
        for number, (first, last) in enumerate((days, middle)):
            done = drive.parties.replay_days(first, last, into=f"sqlite:///{tmp_path / f'scratch{number}.db'}")
            assert done.differences == ()
            assert done.processes > 0
            assert done.inputs > done.processes


class Clock(World):
    """A world in which no two things happen in the same second."""

    def deliver(self, *, to_hub: bool = True, to_parties: bool = True) -> None:
        moved = True
        while moved:
            moved = False
            for sender, recipient in ((self.parties, self.hub), (self.hub, self.parties)):
                for row in sender.outbox.pending():
                    self.now += timedelta(seconds=1)
                    recipient.receive(row["data"])
                    sender.outbox.sent(row["message_id"])
                    moved = True

    def tick(self) -> None:
        self.now += timedelta(seconds=1)


@pytest.fixture
def lived(tmp_path: Path) -> Any:
    """Some days of every kind of thing."""
    world = Clock(tmp_path)
    engine = world.parties
    switch = engine.start(start(), party=NEW)
    world.deliver()
    dropped = engine.start(start(metering_point=POINT_2), party=NEW)
    world.deliver()
    engine.cancel(dropped.id)
    world.deliver()
    out = engine.start(end(ediel.MoveOut, metering_point=POINT_2), party=OLD)
    world.tick()
    engine.abandon(out.id, reason="not ours")
    world.tick()
    never = engine.start(start(ediel.MoveIn, metering_point=POINT_3), party=NEW)
    world.tick()
    engine.cancel(never.id)
    world.tick()
    access = engine.start(ediel.AccessRequest(metering_point=POINT), party=THIRD_PARTY)
    world.deliver()
    engine.decide(access.id, "approve", level="full")
    world.tick()
    engine.start(ediel.MasterDataQuery(metering_point=POINT), party=NEW)
    world.deliver()
    engine.adopt(
        [
            portfolio.Contract(party=OLD, metering_point=POINT_3, start=date(2020, 1, 1), end=date(2026, 12, 2)),
            portfolio.UnderWay(
                order=start(metering_point=POINT_3, day=date(2026, 12, 2)), state="accepted", party=NEW,
                request="5f0a3c1e-7d0f-4f2e-9c62-3a4f1f1f7b11", asked=date(2026, 11, 26),
            ),
        ]
    )  # fmt: skip
    for text in ("2026-11-30 08:00", "2026-12-01 00:00", "2026-12-02 00:00", "2026-12-02 12:30"):
        world.now = at(text)
        world.hub.run_due()
        world.deliver()
        world.tick()
        engine.run_due()
        world.deliver()
    assert engine.process(switch.id).state == "supplying"
    yield world
    world.close()


def test_every_kind_of_thing_is_run_again(lived: World, tmp_path: Path) -> None:
    before = rows_of(lived)
    done = lived.parties.replay_days(FIRST, LAST, into=f"sqlite:///{tmp_path / 'scratch.db'}")
    assert done.differences == ()
    assert done.processes == len(lived.parties.find(most=1000))
    assert rows_of(lived) == before, "the database of the days is only read"
    single = lived.parties.replay_days(date(2026, 12, 1), date(2026, 12, 1), into=f"sqlite:///{tmp_path / 'one.db'}")
    assert single.differences == ()
    assert 0 < single.processes < done.processes


def test_other_tables_say_what_is_otherwise(lived: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A release whose table takes a confirmation for a refusal, as an example of a mistake."""
    table = machine("supply", "requester")
    label = "ConfirmStartOfSupply:request"
    wrong = Row(("requested",), on_message(label), "rejected", (Inform("SupplyRejected"),), source="a mistake")
    monkeypatch.setitem(table.index, ("requested", on_message(label)), (wrong,))
    done = lived.parties.replay_days(FIRST, FIRST, into=f"sqlite:///{tmp_path / 'scratch.db'}")
    steps = [item for item in done.differences if item.machine == "supply/requester"]
    assert {(item.what, item.then.split(";")[0], item.now.split(";")[0]) for item in steps} == {
        (
            "step", "ConfirmStartOfSupply:request: requested -> accepted",
            "ConfirmStartOfSupply:request: requested -> rejected",
        )
    }  # fmt: skip
    assert "events SupplyAccepted" in steps[0].then
    assert "events SupplyRejected" in steps[0].now
    assert {item.metering_point for item in steps} <= {f"...{point[-4:]}" for point in (POINT, POINT_2, POINT_3)}
    assert any("cancel is not possible" in item.now for item in steps), "why a command did not go"
    later = lived.parties.replay_days(date(2026, 12, 1), date(2026, 12, 1), into=f"sqlite:///{tmp_path / 'later.db'}")
    assert ("state", "accepted", "rejected") in {(item.what, item.then, item.now) for item in later.differences}


def test_what_was_a_dead_letter_then_is_handled_now(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An older release did not know supplies that were begun elsewhere."""
    from ediel.calendar import midnight
    from ediel.codes import BusinessProcess
    from ediel.engine import _route
    from tests.engine.test_supply import notice

    world = Clock(tmp_path)
    told = notice(
        BusinessProcess.BRS_NO_101, "NotifyStartOfSupply", NEW, "DDQ", balance_supplier=NEW,
        start_of_occurrence=midnight(date(2026, 12, 1)),
    )  # fmt: skip
    with monkeypatch.context() as older:
        older.setattr(_route, "_candidates", lambda *_: ())
        assert world.parties.receive(told)[0].outcome == "dead"
    done = world.parties.replay_days(FIRST, FIRST, into=f"sqlite:///{tmp_path / 'scratch.db'}")
    (found,) = done.differences
    assert (found.what, found.machine, found.then) == ("only now", "supply/supplier", "nothing")
    assert found.now == "NotifyStartOfSupply: begin -> notified; events SupplyFound"
    with monkeypatch.context() as newer:
        world.parties.replay_all()
        newer.setattr(_route, "_candidates", lambda *_: ())
        again = world.parties.replay_days(FIRST, FIRST, into=f"sqlite:///{tmp_path / 'again.db'}")
    assert [(item.what, item.now) for item in again.differences] == [("only then", "nothing")]
    world.close()


def test_nobody_is_shown(lived: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(
        machine("supply", "requester").index, ("requested", on_message("ConfirmStartOfSupply:request")), ()
    )
    done = lived.parties.replay_days(FIRST, LAST, into=f"sqlite:///{tmp_path / 'scratch.db'}")
    text = repr(done)
    assert done.differences
    assert not [word for word in ("12818525018", "Kari", "Testesen", POINT, POINT_2) if word in text]


def test_days_of_postgresql_are_run_again(tmp_path: Path) -> None:
    """And a portfolio is taken over there, once, and is as the hub says."""
    database = postgresql()
    world = Clock(tmp_path, url=database)
    rows = [
        portfolio.Contract(party=OLD, metering_point=POINT_3, start=date(2020, 1, 1), end=date(2026, 12, 2)),
        portfolio.Access(party=THIRD_PARTY, metering_point=POINT, start=date(2026, 1, 1)),
        portfolio.Point(party=NEW, metering_point=POINT),
        portfolio.UnderWay(
            order=start(metering_point=POINT_2), state="requested", party=NEW, asked=date(2026, 11, 26),
            request="5f0a3c1e-7d0f-4f2e-9c62-3a4f1f1f7b11",
        ),
    ]  # fmt: skip
    assert world.parties.adopt(rows).counts["adopted"] == len(rows)
    assert world.parties.adopt(rows).counts["known"] == len(rows)
    assert world.parties.reconcile(rows[:-1], complete=True).differences == ()
    switch = world.parties.start(start(), party=NEW)
    world.deliver()
    world.parties.cancel(switch.id)
    world.deliver()
    with pytest.raises(EngineError, match="is not empty"):
        world.parties.replay_days(FIRST, LAST, into=database)
    for into in (postgresql(), f"sqlite:///{tmp_path / 'scratch.db'}"):
        done = world.parties.replay_days(FIRST, LAST, into=into)
        assert (done.differences, done.processes) == ((), len(world.parties.find(most=100)))
    world.close()


def test_what_cannot_be_run_again(lived: World, tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="expected the first day before the last"):
        lived.parties.replay_days(LAST, FIRST, into=f"sqlite:///{tmp_path / 'scratch.db'}")
    for name in ("parties.db", "other.db"):
        path = tmp_path / name
        path.touch()
        before = path.read_bytes()
        with pytest.raises(EngineError, match="is there already"):
            lived.parties.replay_days(FIRST, LAST, into=f"sqlite:///{path}")
        assert path.read_bytes() == before
    assert lived.hub.replay_days(FIRST, LAST, into=f"sqlite:///{tmp_path / 'scratch.db'}").processes == 0
    assert [item for item in lived.hub.parties if item.is_hub] == [Party(HUB, "DDZ")]
    assert GRID
