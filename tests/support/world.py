"""A small market to test in: a hub and five parties, two databases, a clock that is moved by hand, and messages between them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import ediel
from ediel.calendar import OSLO, market_day
from ediel.engine import Engine, Opinion, Party
from ediel.market import deadline, load
from ediel.messages import CustomerAddress, EndOfSupplyCustomer, Message, StartOfSupplyCustomer
from ediel.processes import Instance, label_of

NEW, OLD, LAST_RESORT = "7080001100018", "7080001100025", "7080001200039"
GRID, COLLECTOR, THIRD_PARTY, HUB = "7080001200015", "7080001200022", "7080001300012", "7080003824349"
POINT, POINT_2, POINT_3 = "707057542000000117", "707057542000000285", "707057542000000353"
AREA = "50YPROVEOMRADE1M"
SUPPLIES = ("supply/hub", "end_of_supply/hub")
PARTIES = (
    Party(NEW, "DDQ"),
    Party(OLD, "DDQ"),
    Party(LAST_RESORT, "SLR"),
    Party(GRID, "DDM"),
    Party(GRID, "MDR"),
    Party(COLLECTOR, "DDE"),
    Party(THIRD_PARTY, "AG"),
)
KARI = StartOfSupplyCustomer(
    identification="12818525018",
    identification_scheme="Z01",
    given_name="Kari",
    family_name="Testesen",
    extended_storage=False,
)
LEAVING = EndOfSupplyCustomer(
    identification="12818525018", identification_scheme="Z01", given_name="Kari", family_name="Testesen"
)
ADDRESS = CustomerAddress(address_type="postaladr", postcode="0001", city_name="OSLO", country="NO")


def at(text: str) -> datetime:
    """A Norwegian moment, such as ``2026-11-27 09:00``."""
    return datetime.fromisoformat(text).replace(tzinfo=OSLO)


def start(kind: type[Any] = ediel.ChangeOfSupplier, day: date = date(2026, 12, 1), **more: Any) -> Any:
    """A start of supply for Kari; interval settled unless told otherwise."""
    return kind(
        **{
            "metering_point": POINT, "start": day, "settlement": "interval", "customer": KARI, "addresses": (ADDRESS,),
            **more,
        }
    )  # fmt: skip


def end(kind: type[Any], day: date = date(2026, 12, 1), **more: Any) -> Any:
    """An end of supply for Kari."""
    return kind(
        **{
            "metering_point": POINT, "end": day, "settlement": "interval", "customer": LEAVING, "addresses": (ADDRESS,),
            **more,
        }
    )  # fmt: skip


@dataclass
class Decisions:
    """What the hub's desk finds: accepted, unless a code is set for a label; and what the register knows.

    ``again``: the register is told with every message of a process, as it then stands, and not with the first one alone.
    """

    refusals: dict[str, list[str]] = field(default_factory=dict)
    register: dict[str, Any] = field(default_factory=lambda: {"grid": GRID, "leaver": OLD, "grid_area": AREA})
    settlement: str = "interval"
    again: bool = True
    more: Callable[[Message], Mapping[str, Any]] = lambda message: {}

    def __call__(self, message: Message | None, now: datetime) -> Opinion:
        """The verdict."""
        return Opinion(lambda instance: self.advice(message, instance, now))

    def advice(self, message: Message | None, instance: Instance, now: datetime) -> Mapping[str, Any]:
        """What a step needs to know."""
        if message is None:
            return {}
        label = label_of(message)
        known = self.register if instance.machine in SUPPLIES and (self.again or instance.version == 0) else {}
        if instance.machine == "question/hub":
            known = {"grid": self.register["grid"]}
        found: dict[str, Any] = {**known, **self.more(message), "verdict": "accepted", "reasons": []}
        if label in self.refusals:
            found |= {"verdict": "refused", "reasons": self.refusals[label]}
        payload: Any = getattr(message, "payload", None)
        told = getattr(payload, "start_of_occurrence", None) or getattr(payload, "end_of_occurrence", None)
        process = message.process.business_process
        if told is not None and process.value < "BRS-NO-3" and instance.version == 0:
            settlement: Any = self.settlement
            limit = deadline(load(), process, settlement, "cancellation", market_day(told))
            found["cancellation"] = None if limit is None else limit.day.isoformat()
        if process.value == "BRS-NO-622":
            found["answer_by"] = load().shift(market_day(now), load().limit(process, "interval", "answer")).isoformat()
        return found


class World:
    """The market."""

    def __init__(self, folder: Path, now: str = "2026-11-27 09:00", url: str | None = None) -> None:
        self.now = at(now)
        self.decisions = Decisions()
        self.events: list[tuple[str, str]] = []
        self.log: list[str] = []
        self.hub = Engine.open(
            f"sqlite:///{folder / 'hub.db'}", party=Party(HUB, "DDZ"), clock=lambda: self.now, decisions=self.decisions
        )
        self.parties = Engine.open(
            url or f"sqlite:///{folder / 'parties.db'}", party=PARTIES, clock=lambda: self.now
        )  # fmt: skip
        self.parties.on(ediel.events.Event, lambda event: self.events.append((event.party, event.name)))

    def deliver(self, *, to_hub: bool = True, to_parties: bool = True) -> None:
        """Carry every message that waits, and the answers, until none is left."""
        moved = True
        while moved:
            moved = False
            for sender, recipient, wanted in ((self.parties, self.hub, to_hub), (self.hub, self.parties, to_parties)):
                for row in sender.outbox.pending() if wanted else ():
                    (found,) = recipient.receive(row["data"])
                    assert found.outcome in {"handled", "ignored"}, found
                    self.log.append(row["label"])
                    sender.outbox.sent(row["message_id"])
                    moved = True

    def time(self, text: str) -> None:
        """Move the clock, fire what is due on both sides, and carry messages."""
        self.now = at(text)
        self.hub.run_due()
        self.deliver()
        self.parties.run_due()
        self.deliver()

    def state(self, machine: str, party: str, point: str | None = POINT) -> str:
        """State of the latest process of a table."""
        rows = [
            row for row in self.parties.browse.processes(party=party, metering_point=point) if row["machine"] == machine
        ]
        return str(rows[0]["state"]) if rows else "none"

    def hub_state(self, machine: str = "supply/hub", point: str | None = POINT) -> str:
        """State of the hub's latest process of a table."""
        rows = [row for row in self.hub.browse.processes(metering_point=point) if row["machine"] == machine]
        return str(rows[0]["state"]) if rows else "none"

    def heard(self, party: str) -> list[str]:
        """Names of the events of a party, in order."""
        return [name for whose, name in self.events if whose == party]

    def suppliers(self, day: date, point: str = POINT) -> set[str]:
        """Who supplies a point on a day, as each supplier itself has been told."""
        found = set()
        for row in self.parties.browse.contracts(metering_point=point):
            own = row["party"] == row["supplier"] and row["status"] == "in force"
            if own and row["start"] <= day.isoformat() and (row["end"] is None or day.isoformat() < row["end"]):
                found.add(row["supplier"])
        return found

    def hub_suppliers(self, day: date, point: str = POINT) -> set[str]:
        """Who supplies a point on a day, as the hub knows."""
        return {
            row["supplier"]
            for row in self.hub.browse.contracts(metering_point=point)
            if row["status"] == "in force"
            and row["start"] <= day.isoformat()
            and (row["end"] is None or day.isoformat() < row["end"])
        }

    def close(self) -> None:
        """Let go of the databases."""
        self.hub.close()
        self.parties.close()
