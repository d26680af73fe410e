"""The engine against a simple model of the market: many random steps, no difference.

The model knows nothing of tables. It keeps, for each metering point, who supplies it and what is asked for, and says in a few
lines what the hub must decide. Messages are delivered in any order, twice, and after the engine has been closed and opened.
"""

from __future__ import annotations

from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from ediel.calendar import market_day
from ediel.engine import Engine, Opinion, Party
from ediel.messages import Message
from ediel.processes import CommandRefused, Instance, label_of
from ediel.processes.supply import HubSupply
from ediel.store import _schema as schema
from tests.support.databases import url
from tests.support.world import AREA, GRID, HUB, at, start

SUPPLIERS = ("7080001100018", "7080001100025", "7080001100032")
POINTS = ("707057542000000117", "707057542000000285", "707057542000000353", "707057542000000421")


@dataclass
class Asked:
    """A request as the model sees it at the hub."""

    point: str
    supplier: str
    day: date
    before: str | None
    state: str = "waiting"


@dataclass
class Market:
    """The whole market in a page: what the hub must know."""

    asked: dict[str, Asked] = field(default_factory=dict)
    supplied: dict[str, list[Asked]] = field(default_factory=dict)

    def supplier(self, point: str) -> str | None:
        """Who supplies a point, or will."""
        found = self.supplied.get(point)
        return found[-1].supplier if found else None

    def verdict(self, message: Any, today: date) -> bool:
        """What the desk must say, and what follows in the market."""
        label = label_of(message)
        payload = message.payload
        point, sender = str(payload.metering_point), message.header.juridical_sender
        if label == "RequestStartOfSupply":
            day = market_day(payload.start_of_occurrence)
            busy = any(item.point == point and item.state == "waiting" for item in self.asked.values())
            ahead = any(item.day >= day for item in self.supplied.get(point, []))
            if busy or ahead or self.supplier(point) == sender or day <= today:
                return False
            self.asked[message.header.identification] = Asked(point, sender, day, self.supplier(point))
            return True
        found = self.asked.get(payload.original_reference)
        if found is None:
            return False
        if label.endswith(":cancel"):
            if found.state != "waiting":
                return False
            found.state = "cancelled"
            return True
        latest = self.supplied.get(point, [])
        if found.state != "contracted" or not latest or latest[-1] is not found:
            return False
        latest.pop()
        found.state = "rolled back"
        return True

    def day_passes(self, today: date) -> None:
        """Deadlines of interval settled points: the day before the first day."""
        for item in self.asked.values():
            if item.state == "waiting" and today >= item.day:
                item.state = "contracted"
                self.supplied.setdefault(item.point, []).append(item)


class Drive:
    """Both engines, the model, and the things that may happen."""

    def __init__(self, folder: Path, kind: str = "sqlite") -> None:
        self.now = at("2027-01-04 09:00")
        self.market = Market()
        self.urls = {"hub": f"sqlite:///{folder / 'hub.db'}", "parties": url(kind, folder)}
        self.delivered: list[tuple[str, bytes]] = []
        self.refused = 0
        self.open()

    def open(self) -> None:
        """Open both databases."""
        self.hub = Engine.open(
            self.urls["hub"], party=Party(HUB, "DDZ"), clock=lambda: self.now, decisions=self.decisions
        )  # fmt: skip
        parties = [*(Party(gln, "DDQ") for gln in SUPPLIERS), Party(GRID, "DDM")]
        self.parties = Engine.open(self.urls["parties"], party=parties, clock=lambda: self.now)

    def decisions(self, message: Message | None, now: datetime) -> Opinion:
        return Opinion(lambda instance: self.advice(message, instance, now))

    def advice(self, message: Message | None, instance: Instance, now: datetime) -> dict[str, Any]:
        """The hub's desk asks the model."""
        if message is None:
            return {"leaver": self.leaver(instance)} if instance.state == "waiting" else {}
        payload: Any = message.payload  # type: ignore[attr-defined]
        before = self.market.supplier(str(payload.metering_point))
        good = self.market.verdict(message, market_day(now))
        day = market_day(payload.start_of_occurrence) - timedelta(days=1)
        found: dict[str, Any] = {
            "verdict": "accepted" if good else "refused",
            "reasons": [] if good else ["E17"],
            "grid": GRID,
        }
        if label_of(message) == "RequestStartOfSupply":
            found |= {"leaver": before, "grid_area": AREA, "cancellation": day.isoformat()}
        return found

    def leaver(self, instance: Instance) -> str | None:
        """Who supplies the point when the deadline has passed: the one before the request in the model's list."""
        facts = instance.facts
        assert isinstance(facts, HubSupply)
        supplied = self.market.supplied.get(str(facts.metering_point), [])
        place = supplied.index(self.market.asked[str(facts.request)])
        return supplied[place - 1].supplier if place else None

    # --- what may happen

    def ask(self, point: str, supplier: str, ahead: int) -> None:
        day = market_day(self.now) + timedelta(days=ahead)
        with suppress(CommandRefused):  # the same is under way
            self.parties.start(start(metering_point=point, day=day), party=supplier)

    def push(self, number: int, name: str) -> None:
        rows = self.parties.browse.processes(most=1000)
        rows = sorted(
            (row for row in rows if row["machine"] == "supply/requester"), key=lambda row: row["begun_at"] + row["id"]
        )
        if not rows:
            return
        try:
            self.parties.command(rows[number % len(rows)]["id"], name)
        except CommandRefused:
            self.refused += 1

    def deliver(self, number: int) -> None:
        """One message, any of those that wait."""
        waiting = [("hub", row) for row in self.parties.outbox.pending()]
        waiting += [("parties", row) for row in self.hub.outbox.pending()]
        if not waiting:
            return
        to, row = waiting[number % len(waiting)]
        self.hand_over(to, row["data"])
        (self.parties if to == "hub" else self.hub).outbox.sent(row["message_id"])

    def hand_over(self, to: str, data: bytes) -> None:
        (found,) = (self.hub if to == "hub" else self.parties).receive(data)
        assert found.outcome in {"handled", "ignored"}, found
        self.delivered.append((to, data))

    def repeat(self, number: int) -> None:
        """A message comes again."""
        if self.delivered:
            to, data = self.delivered[number % len(self.delivered)]
            (found,) = (self.hub if to == "hub" else self.parties).receive(data)
            assert found.outcome == "duplicate", found

    def wait(self, hours: int) -> None:
        """Time passes; what is due happens on both sides."""
        self.now += timedelta(hours=hours)
        self.market.day_passes(market_day(self.now))
        self.hub.run_due()
        self.parties.run_due()

    def restart(self) -> None:
        """Both programs end and begin again."""
        self.close()
        self.open()

    def close(self) -> None:
        self.hub.close()
        self.parties.close()

    # --- what must be true

    def settle(self) -> None:
        """Everything arrives; then all know the same, and it is what the model says."""
        while self.parties.outbox.pending() or self.hub.outbox.pending():
            self.deliver(0)
        self.compare()

    def compare(self) -> None:
        today = market_day(self.now)
        first: dict[str, str] = {}
        withdrawn: set[str] = set()
        for row in self.parties.browse.outbox(status=None, most=100_000):
            first.setdefault(row["instance_id"], row["message_id"])
            if row["status"] == "failed":
                withdrawn.add(row["message_id"])
        states = {
            first[process["id"]]: (process["state"], process["id"])
            for process in self.parties.browse.processes(most=10_000)
            if process["machine"] == "supply/requester"
        }
        for message_id, (state, process_id) in states.items():
            found = self.market.asked.get(message_id)
            expected = {
                None: {"cancelled"} if message_id in withdrawn else {"rejected"},
                "waiting": {"accepted"},
                "cancelled": {"cancelled"},
                "rolled back": {"rolled back"},
                "contracted": {"supplying"} if found and found.day <= today else {"notified", "supplying"},
            }[found.state if found else None]
            assert state in expected, (process_id, found, state)
        for point in POINTS:
            for ahead in (0, 1, 3, 20):
                day = today + timedelta(days=ahead)
                right = next(
                    (item.supplier for item in reversed(self.market.supplied.get(point, [])) if item.day <= day), None
                )
                assert self._suppliers(self.hub, point, day) == ({right} if right else set()), (point, day)
        assert self.parties.browse.dead_letters() == self.hub.browse.dead_letters() == []

    @staticmethod
    def _suppliers(engine: Engine, point: str, day: date) -> set[str]:
        text = day.isoformat()
        return {
            row["supplier"]
            for row in engine.browse.contracts(metering_point=point)
            if row["status"] == "in force" and row["start"] <= text and (row["end"] is None or text < row["end"])
        }

    def lost_nothing(self) -> None:
        """Every message is archived once, and every one that was sent is known to the other side."""
        for engine, other in ((self.parties, self.hub), (self.hub, self.parties)):
            sent = {row["message_id"] for row in engine.browse.outbox(status=None, most=100_000)}
            known = {row["message_id"] for row in other.browse.inbox(most=100_000)}
            assert known <= sent
            assert other.browse.count(schema.ARCHIVE) == len(known)


OPERATIONS = (
    "ask",
    "cancel",
    "roll back",
    "deliver",
    "deliver",
    "deliver",
    "repeat",
    "wait",
    "wait",
    "restart",
    "settle",
)


def do(drive: Drive, random: Random) -> None:
    """One random step."""
    number = random.randrange(1000)
    match random.choice(OPERATIONS):
        case "ask":
            drive.ask(random.choice(POINTS), random.choice(SUPPLIERS), random.choice((1, 2, 3, 5)))
        case "deliver":
            drive.deliver(number)
        case "repeat":
            drive.repeat(number)
        case "wait":
            drive.wait(random.choice((1, 7, 24)))
        case "restart":
            if random.random() < 0.1:
                drive.restart()
        case "settle":
            if random.random() < 0.3:
                drive.settle()
        case name:
            drive.push(number, name)


@pytest.mark.parametrize(("kind", "seed"), [("sqlite", 1), ("sqlite", 2), ("postgresql", 3)])
def test_two_thousand_steps(kind: str, seed: int, tmp_path: Path) -> None:
    with closing(Drive(tmp_path, kind)) as drive:
        random = Random(seed)
        for _ in range(2000):
            do(drive, random)
        drive.settle()
        drive.lost_nothing()
        kinds = {item.state for item in drive.market.asked.values()}
        assert {"contracted", "cancelled", "rolled back"} <= kinds, "the steps lead everywhere"


class EngineMachine(RuleBasedStateMachine):
    """The same, led by hypothesis, which makes a failing run as short as it can."""

    folder: Path

    @initialize()
    def begin(self) -> None:
        import tempfile

        self.folder = Path(tempfile.mkdtemp(prefix="model"))
        self.drive = Drive(self.folder)

    @rule(point=st.sampled_from(POINTS[:2]), supplier=st.sampled_from(SUPPLIERS), ahead=st.sampled_from((1, 2, 3)))
    def ask(self, point: str, supplier: str, ahead: int) -> None:
        self.drive.ask(point, supplier, ahead)

    @rule(number=st.integers(0, 5), name=st.sampled_from(("cancel", "roll back")))
    def push(self, number: int, name: str) -> None:
        self.drive.push(number, name)

    @rule(number=st.integers(0, 8))
    def deliver(self, number: int) -> None:
        self.drive.deliver(number)

    @rule(number=st.integers(0, 8))
    @precondition(lambda self: bool(self.drive.delivered))
    def repeat(self, number: int) -> None:
        self.drive.repeat(number)

    @rule(hours=st.sampled_from((1, 24)))
    def wait(self, hours: int) -> None:
        self.drive.wait(hours)

    @rule()
    def settle(self) -> None:
        self.drive.settle()

    def teardown(self) -> None:
        import shutil

        if hasattr(self, "drive"):
            self.drive.close()
            shutil.rmtree(self.folder, ignore_errors=True)


TestEngine = EngineMachine.TestCase
TestEngine.settings = settings(
    max_examples=12, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
