"""Random markets at the stand-in hub: switches, moves, ends, rollbacks, accesses, corrections, values and queries, back-dated too.

After every step it holds in the hub that a day has one supplier and one resident, that an access is of the one who gave it,
and that nobody is told of another's day; and every supplier that believes what it is told knows its own customers.

    python tests/hub/market_model.py --steps 1000000 --processes 2
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import suppress
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, Final, TypeVar
from uuid import UUID

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # it is run by its path

from sqlalchemy import select

import ediel
from ediel import brs
from ediel.calendar import market_day, midnight
from ediel.codes import BusinessProcess, DocumentType, EndUserScheme, QueryType, Role, UpdateIndicator
from ediel.errors import LineRefused
from ediel.hub import Hub, HubParty, HubPoint, HubSettings, VirtualClock
from ediel.hub._history import base_of, history_of
from ediel.identifiers import Gln
from ediel.market import Access, broken
from ediel.market.intervals import Intervals
from ediel.market.lines import State
from ediel.market.point import Point
from ediel.messages import Header, Message, ProcessContext
from ediel.processes import NoTransition, access
from ediel.store._schema import OUTBOX
from tests.support.hub_market import ADDRESSES, GRID, LAST_RESORT, MARKET, NEW, OLD, OTHER, THIRD_PARTY, at, hours

T = TypeVar("T")
SECOND_PARTY = "708000130002" + Gln("7080001300020").check_digit
SEED = MARKET.model_copy(
    update={
        "metering_points": MARKET.metering_points[:3],
        "parties": (*MARKET.parties, HubParty(gln=SECOND_PARTY, roles=frozenset({Role.AG}), active=True)),
    }
)
POINTS = tuple(point.identification for point in SEED.metering_points)
SUPPLIERS = (NEW, OLD, OTHER)
THIRD_PARTIES = (THIRD_PARTY, SECOND_PARTY)
PEOPLE = tuple(
    {
        "identification": item.end_users[0].identification,
        "identification_scheme": EndUserScheme.NATIONAL_IDENTITY_NUMBER,
        "given_name": item.end_users[0].given_name,
        "family_name": item.end_users[0].family_name,
    }
    for item in MARKET.metering_points[:7]
)
"""The residents of the three points, and four more."""
NOW: Final = at("2026-11-27 09:00")
AROUND: Final = [market_day(NOW) + timedelta(days=number) for number in range(-60, 75)]
"""Days that are looked at."""
DAY: Final = timedelta(days=1)
END: Final = AROUND[-1] + DAY


class Choices:
    """Numbers that decide; the same numbers decide the same."""

    def __init__(self, numbers: Sequence[int]) -> None:
        self._numbers = list(numbers)
        self._next = 0

    def number(self) -> int:
        self._next += 1
        return self._numbers[(self._next - 1) % len(self._numbers)] + 7 * ((self._next - 1) // len(self._numbers))

    def of(self, items: Sequence[T]) -> T:
        return items[self.number() % len(items)]

    def between(self, first: int, last: int) -> int:
        return first + self.number() % (last - first + 1)

    def sometimes(self, times: int) -> bool:
        """Once in so many."""
        return self.number() % times == 0


class MarketModel:
    """A hub, and what everybody has been told by it."""

    def __init__(self, url: str, strictness: Any = "inferred", *, seeded: bool = False) -> None:
        """A market that begins.

        Args:
            url: its database.
            strictness: how the hub judges.
            seeded: whether the database has the seed already.
        """
        self.hub = Hub.open(
            url,
            seed=None if seeded else SEED,
            clock=VirtualClock(NOW, runs=False),
            settings=HubSettings(strictness=strictness),
        )
        self.counts: Counter[str] = Counter()
        self.sent: list[bytes] = []
        self.references: dict[str, str] = {}
        """What each message that refers to another one refers to."""
        self.requests: list[Any] = []
        self.outbox = 0
        self.serial = 0
        self.touched: set[str] = set(POINTS)
        self.beliefs: dict[tuple[str, str], dict[str, dict[date, date]]] = {}
        """Contracts by customer and first day, each with its end, for a metering point and a supplier."""
        self.customers: dict[tuple[str, str], set[str]] = {}
        """Everybody whom a supplier has ever supplied at a metering point, in any state that was known."""
        self.rows: dict[str, int] = {}
        for name in POINTS:
            self._look(name)
            self._believe_the_truth(name)

    def close(self) -> None:
        self.hub.close()

    # --- what is known

    def now(self) -> datetime:
        return self.hub.clock()

    def today(self) -> date:
        return market_day(self.now())

    def point(self, name: str) -> HubPoint:
        found = self.hub.decisions.view(self.now()).metering_point(name)
        assert found is not None
        return found

    def resident(self, name: str, day: date) -> dict[str, Any] | None:
        """Who lives there, as a message names it."""
        found = next((item for item in self.point(name).end_users if item.holds_on(day)), None)
        if found is None:
            return None
        return {
            "identification": found.identification, "identification_scheme": found.scheme,
            "given_name": found.given_name, "family_name": found.family_name,
        }  # fmt: skip

    def _look(self, name: str) -> None:
        """Whom each supplier supplies, in every state that has become known since."""
        rows = self.hub.register_store.history(name)
        seeded = self.hub.register_store.seeded(name)
        assert seeded is not None
        base = base_of(seeded, self.hub.register_store.parties())
        for count in range(self.rows.get(name, -1) + 1, len(rows) + 1):
            state = Point(base, history_of(rows[:count])).now
            homes = _by_day(state.residences)
            for number, supply in _by_day(state.supplies).items():
                if number in homes:
                    whose = homes[number].person.identification
                    self.customers.setdefault((name, supply.supplier), set()).add(whose)
        self.rows[name] = len(rows)

    def _truth(self, name: str) -> dict[str, dict[str, dict[date, date]]]:
        """The contracts of each supplier, by customer, as far as days are looked at."""
        state: State = self.hub.decisions.view(self.now()).lines(name).now
        found: dict[str, dict[str, dict[date, date]]] = {}
        for (supplier, whose), days in self._real_days(state).items():
            held = found.setdefault(supplier, {}).setdefault(whose, {})
            for number in days:
                held[next((start for start, end in held.items() if end == number), number)] = number + DAY
        return found

    @staticmethod
    def _real_days(state: State) -> dict[tuple[str, str], list[date]]:
        """The days of each supplier with each customer, day by day."""
        found: dict[tuple[str, str], list[date]] = {}
        homes = _by_day(state.residences)
        for number, supply in _by_day(state.supplies).items():
            whose = homes[number].person.identification if number in homes else "nobody"
            found.setdefault((supply.supplier, whose), []).append(number)
        return found

    def _believe_the_truth(self, name: str) -> None:
        found = self._truth(name)
        for gln in (*SUPPLIERS, LAST_RESORT):
            self.beliefs[name, gln] = found.get(gln, {})

    # --- sending

    def _head(self, sender: str, document: DocumentType, *, ask: bool | None = True) -> Header:
        self.serial += 1
        return Header(
            identification=str(UUID(int=self.serial << 64, version=4)), document_type=document, creation=self.now(),
            request_positive_acknowledgement=ask, physical_sender=sender, juridical_sender=sender,
            juridical_recipient=self.hub.gln,
        )  # fmt: skip

    def send(self, message: Message) -> None:
        """To the hub, and forget nothing."""
        data = ediel.write(message)
        payload: Any = getattr(message, "payload", None)
        if getattr(payload, "original_reference", None):
            self.references[message.header.identification] = str(payload.original_reference)
        self.sent.append(data)
        self._deliver(data)

    def _deliver(self, data: bytes) -> None:
        document = ediel.Document.read(data)
        message = ediel.read(document)
        for payload in getattr(message, "payloads", None) or (message.payload,):  # type: ignore[attr-defined]
            self.touched.add(str(payload.metering_point))
        received = self.hub.receive(document)
        assert received.outcome in {"handled", "ignored", "duplicate"} or received.reason == "unroutable", received
        self.counts[f"{message.name()} {received.outcome}"] += 1

    # --- actions

    def start(self, c: Choices) -> None:
        process = c.of(("101", "101", "102", "102", "103", "103", "103", "104"))
        name, supplier = c.of(POINTS), c.of(SUPPLIERS)
        offset = c.between(1, 9) if process in {"101", "102"} else c.between(-25, 0)
        day = self.today() + timedelta(days=offset)
        if process == "104" and not c.sometimes(5):
            begun = [item.start for item in self.point(name).contracts if item.kind == "last resort"]
            day = begun[-1] if begun else day
        named = self.resident(name, day) if process in {"101", "104"} else c.of(PEOPLE)
        if named is None or c.sometimes(12):
            named = c.of(PEOPLE)
        event = {
            "start_of_occurrence": midnight(day), "metering_point": name, "balance_supplier": supplier,
            "customer": {**named, "extended_storage": False}, "addresses": ADDRESSES,
            "move_in_to_slr": True if process == "103" and c.sometimes(6) else None,
        }  # fmt: skip
        self._request(ediel.messages.RequestStartOfSupply, supplier, Role.DDQ, process, event)

    def grid_start(self, c: Choices) -> None:
        day = self.today() + timedelta(days=c.between(-20, 8))
        event = {
            "start_of_occurrence": midnight(day), "metering_point": c.of(POINTS),
            "customer": {**c.of(PEOPLE), "extended_storage": False}, "addresses": ADDRESSES,
        }  # fmt: skip
        self._request(ediel.messages.RequestStartOfSupply, GRID, Role.DDM, "123", event)

    def end(self, c: Choices) -> None:
        process, name = c.of(("201", "202", "202", "211")), c.of(POINTS)
        day = self.today() + timedelta(days=c.between(1, 6))
        found = next((item for item in self.point(name).contracts if item.holds_on(day)), None)
        sender = GRID if process == "211" else found.supplier if found and not c.sometimes(8) else c.of(SUPPLIERS)
        named = self.resident(name, day - timedelta(days=1)) or c.of(PEOPLE)
        event = {
            "end_of_occurrence": midnight(day), "metering_point": name, "customer": named, "addresses": ADDRESSES,
            "balance_supplier": sender if process != "211" else None,
        }  # fmt: skip
        role = Role.DDM if process == "211" else Role.DDQ
        self._request(ediel.messages.RequestEndOfSupply, sender, role, process, event)

    def _request(self, kind: Any, sender: str, role: Role, process: str, event: dict[str, Any]) -> None:
        start = kind is ediel.messages.RequestStartOfSupply
        document = DocumentType.CHANGE_OF_SUPPLIER_REQUEST if start else DocumentType.END_OF_SUPPLY_REQUEST
        message = kind(
            header=self._head(sender, document),
            process=ProcessContext(business_process=BusinessProcess(f"BRS-NO-{process}"), role=role),
            payload=event,
        )
        self.requests.append(message)
        self.send(message)

    def _again(self, c: Choices, process: str | None) -> None:
        """A request that was sent, as E02: its cancellation, or its rollback."""
        if not self.requests:
            return
        first = c.of(self.requests[-12:])
        own = first.process.business_process.value
        more: dict[str, Any] = {"original_reference": first.header.identification}
        if process is None:
            process = own
        else:
            process = {"BRS-NO-123": "BRS-NO-133", "BRS-NO-211": "BRS-NO-222"}.get(own) or (
                "BRS-NO-221" if own >= "BRS-NO-2" else "BRS-NO-111"
            )
            more |= {} if own >= "BRS-NO-2" else {"move_in_to_slr": None}
        self.send(
            type(first)(
                header=self._head(str(first.header.juridical_sender), DocumentType.CANCELLATION),
                process=first.process.model_copy(update={"business_process": BusinessProcess(process)}),
                payload=first.payload.model_copy(update=more),
            )
        )

    def cancel(self, c: Choices) -> None:
        self._again(c, None)

    def roll_back(self, c: Choices) -> None:
        self._again(c, "rollback")

    def repeat(self, c: Choices) -> None:
        """A message comes again, later than others that were sent after it."""
        if self.sent:
            self._deliver(c.of(self.sent[-30:]))

    def access(self, c: Choices) -> None:
        sender, indicator = c.of(THIRD_PARTIES), c.of((UpdateIndicator.ADD, *UpdateIndicator))
        ends = c.sometimes(3) and indicator is not UpdateIndicator.DELETE
        event = {
            "update_indicator": indicator, "metering_point": c.of(POINTS),
            "end_of_occurrence": midnight(self.today() + timedelta(days=c.between(0, 20))) if ends else None,
        }  # fmt: skip
        self.send(
            ediel.messages.UpdateThirdPartyAccess(
                header=self._head(sender, DocumentType.MASTER_DATA_REQUEST),
                process=ProcessContext(business_process=BusinessProcess.BRS_NO_622, role=Role.AG),
                payload=event,
            )
        )

    def decide(self, c: Choices) -> None:
        name = c.of(POINTS)
        found = self.hub.engine.browse.instances_at(name, access.HUB, self.hub.gln)
        waiting = [item for item in found if item.state in {"waiting", "granted"}]
        if not waiting:
            return
        item, level = c.of(waiting), c.of(("full", "limited"))
        decision = c.of(("approve", "approve", "refuse") if item.state == "waiting" else ("level", "level", "remove"))
        data = {"level": level} if decision in {"approve", "level"} else {}
        self.touched.add(name)
        with suppress(NoTransition, LineRefused):  # nobody lives there who could give it
            self.hub.decide(item.id, decision, **data)
            self.counts[f"decide {decision}"] += 1

    def values(self, c: Choices) -> None:
        count = c.between(1, 4)
        first = self.today() - timedelta(days=c.between(count, 25))
        series = hours(c.of(POINTS), first, count, kwh=f"{c.between(1, 9)}.000", number=self.serial)
        self.send(
            ediel.messages.CollectedData(
                header=self._head(GRID, DocumentType.INTERVAL_VOLUMES, ask=None),
                process=ProcessContext(business_process=BusinessProcess.BRS_NO_313, role=Role.DDE),
                payloads=(series,),
            )
        )

    def query(self, c: Choices) -> None:
        role = c.of((Role.DDQ, Role.AG, Role.AG, Role.SLR, Role.DDM))
        sender = {Role.AG: c.of(THIRD_PARTIES), Role.SLR: LAST_RESORT, Role.DDM: GRID}.get(role) or c.of(SUPPLIERS)
        kind = c.of((QueryType.MDMP, QueryType.MDCU, QueryType.MVTS, QueryType.MVTS))
        event: dict[str, Any] = {"query_type": kind, "metering_point": c.of(POINTS)}
        first = self.today() - timedelta(days=c.between(1, 25))
        if kind is QueryType.MVTS:
            event["period"] = {"start": midnight(first), "end": midnight(first + timedelta(days=c.between(1, 6)))}
        elif c.sometimes(2):
            event["snapshot"] = midnight(first) + timedelta(hours=12)
        process = BusinessProcess.BRS_NO_315 if kind is QueryType.MVTS else BusinessProcess.BRS_NO_303
        self.send(
            ediel.messages.RequestDataFromElhub(
                header=self._head(sender, DocumentType.QUERY, ask=None),
                process=ProcessContext(business_process=process, role=role),
                payload=event,
            )
        )

    def correct(self, c: Choices) -> None:
        """A supplier corrects who its customer is (BRS-NO-301)."""
        name, day = c.of(POINTS), self.today() - timedelta(days=c.between(0, 20))
        found: Any = next((item for item in self.point(name).contracts if item.holds_on(day)), None)
        named = self.resident(name, day)
        if found is None or named is None or found.kind != "ordinary":
            return
        self.send(
            ediel.messages.RequestUpdateCustomerInformation(
                header=self._head(found.supplier, DocumentType.MASTER_DATA_REQUEST),
                process=ProcessContext(business_process=BusinessProcess.BRS_NO_301, role=Role.DDQ),
                payload={
                    "start_of_occurrence": midnight(day), "metering_point": name, "addresses": ADDRESSES,
                    "customer": {**named, "given_name": c.of(PEOPLE)["given_name"], "extended_storage": False},
                },
            )
        )  # fmt: skip

    def wait(self, c: Choices) -> None:
        self.touched |= set(POINTS)
        self.hub.forward(timedelta(hours=c.of((1, 6, 15, 24, 48, 96))))

    # --- what must hold

    def act(self, action: str, numbers: Sequence[int]) -> None:
        """One step, and everything that must hold after it."""
        ACTIONS[action](self, Choices(numbers))
        self.counts[action] += 1
        self.check()

    def check(self) -> None:
        self.hub.run_due()  # a process back in time has a date that has come
        for name in self.touched:
            self._look(name)
        view = self.hub.decisions.view(self.now())
        point: dict[str, HubPoint] = {}
        for name in self.touched:
            found = view.metering_point(name)
            assert found is not None
            point[name] = found
            assert broken(found) == [], (name, broken(found))
            self._accesses_are_of_residents(found, view.lines(name).now)
        letters = [(row["reason"], row["text"]) for row in self.hub.engine.browse.dead_letters()]
        assert all(reason == "unroutable" for reason, _ in letters), letters
        assert self.hub.engine.browse.due(self.now()) == [], "a timer could not be fired"
        for message in self._told():
            self._only_own_days(message, point)
            self._hear(message)
        for name in self.touched:
            truth = self._real_days(view.lines(name).now)
            for gln in (*SUPPLIERS, LAST_RESORT):
                real = {(whose, day) for (supplier, whose), days in truth.items() if supplier == gln for day in days}
                believed = _days(self.beliefs[name, gln])
                assert believed == real, (name, gln, sorted(believed ^ real, key=lambda item: item[1])[:3])
        self.touched = set()

    @staticmethod
    def _accesses_are_of_residents(found: HubPoint, state: State) -> None:
        """Slowly, day by day: nobody has access on a day on which the one who gave it does not live there."""
        homes = _by_day(state.residences)
        for third_party, line in state.given.items():
            given = _by_day(line)
            held = {
                day
                for item in found.accesses
                if item.third_party == third_party
                for day in _between(item.start, item.end)
            }
            assert held == {day for day in given if day in homes and homes[day].key == given[day].residence}

    def _told(self) -> Iterator[Message]:
        with self.hub.engine.store.connection() as connection:
            rows = connection.execute(
                select(OUTBOX.c.number, OUTBOX.c.data).where(OUTBOX.c.number > self.outbox).order_by(OUTBOX.c.number)
            ).all()
        for number, data in rows:
            self.outbox = number
            (message,) = ediel.read_all(bytes(data))
            self.counts[f"told {message.name()}"] += 1
            yield message

    def _only_own_days(self, message: Any, points: dict[str, HubPoint]) -> None:
        """Nobody reads another resident's day."""
        recipient, role = str(message.header.juridical_recipient), message.process.role
        if role in {Role.DDM, Role.MDR, Role.DDE}:
            return
        name = message.name()
        if name == "NotifyValidatedDataForBillingEnergy":
            for series in message.payloads:
                found = points[str(series.metering_point)]
                day, end = market_day(series.period.start), series.period.end
                while midnight(day) < end:
                    assert _has(found, recipient, role, day), (recipient, role, day)
                    day += timedelta(days=1)
        elif name == "NotifyMeteringPointCharacteristics":
            for row in message.payloads:
                assert role is not Role.AG or (row.customer is None and row.taxation is None)
                if row.customer is not None:
                    known = self.customers.get((str(row.metering_point), recipient), set())
                    assert row.customer.identification in known
        elif name == "NotifyCustomerInformation":
            found, day = points[str(message.payload.metering_point)], market_day(message.payload.snapshot)
            assert _has(found, recipient, role, day)
            home = next(item for item in found.end_users if item.holds_on(day))
            assert message.payload.customer.identification == home.identification
            if role is Role.AG:
                held = found.access_on(recipient, self.today())
                assert isinstance(held, Access)
                assert held.level == "full", "a limited access names nobody"
        elif name in {"NotifyStartOfSupply", "NotifyEndOfSupply"}:
            payload = message.payload
            known = self.customers.get((str(payload.metering_point), recipient), set())
            asked = {
                str(item.payload.customer.identification)
                for item in self.requests
                if recipient == item.header.juridical_sender and payload.metering_point == item.payload.metering_point
            }
            assert payload.customer.identification in known | asked, "a person that was never its customer"

    def _hear(self, message: Any) -> None:
        """What a supplier makes of what it is told."""
        recipient = str(message.header.juridical_recipient)
        if message.process.role not in {Role.DDQ, Role.SLR}:
            return
        name, process = message.name(), message.process.business_process
        payload: Any = getattr(message, "payload", None)
        undone = message.header.document_type is DocumentType.CANCELLATION
        if name == "NotifyStartOfSupply" and payload.balance_supplier == recipient:
            (self._undo if undone else self._turn)(recipient, payload, payload.start_of_occurrence, process)
        elif name == "NotifyEndOfSupply":
            self._turn(recipient, payload, payload.end_of_occurrence, process, opens=False)
        elif name in {"ConfirmStartOfSupply", "ConfirmEndOfSupply"} and undone:
            # the answer to a rollback of its own, which names no customer
            first = next(item for item in self.requests if item.payload.metering_point == payload.metering_point
                         and self._rolled_back(message, item))  # fmt: skip
            if message.process.business_process is first.process.business_process:
                return  # a cancellation: nothing had begun
            started = name == "ConfirmStartOfSupply"
            if started and first.payload.move_in_to_slr:
                return
            day = first.payload.start_of_occurrence if started else first.payload.end_of_occurrence
            (self._undo if started else self._turn)(recipient, first.payload, day, process)

    def _rolled_back(self, confirmation: Any, request: Any) -> bool:
        reference = self.references.get(str(confirmation.payload.original_reference))
        return bool(reference == request.header.identification)

    def _undo(self, gln: str, payload: Any, moment: datetime, _process: BusinessProcess) -> None:
        """A beginning that was told is none."""
        held = self.beliefs[str(payload.metering_point), gln].setdefault(str(payload.customer.identification), {})
        day = max(market_day(moment), AROUND[0])
        if held.pop(day, None) is None:
            for start, end in list(held.items()):
                if start < day < end:
                    held[start] = day

    def _turn(self, gln: str, payload: Any, moment: datetime, process: BusinessProcess, *, opens: bool = True) -> None:
        held = self.beliefs[str(payload.metering_point), gln].setdefault(str(payload.customer.identification), {})
        day = max(market_day(moment), AROUND[0])
        if opens:
            # after a rollback what ended on the day goes on; any other beginning is a contract of its own
            rolled_back = brs.is_rollback(process)
            again = [start for start, end in held.items() if end == day and rolled_back]
            held |= dict.fromkeys(again or [day], END)
            return
        for start, end in list(held.items()):
            if start <= day < end:
                held[start] = day


def _between(start: date, end: date | None) -> list[date]:
    """The days of a period, as far as days are looked at."""
    first = max((start - AROUND[0]).days, 0)
    last = len(AROUND) if end is None else max((end - AROUND[0]).days, 0)
    return AROUND[first:last]


def _by_day(line: Intervals[T]) -> dict[date, T]:
    """What holds on each day, as far as days are looked at."""
    return {day: item.value for item in line for day in _between(item.start, item.end)}


def _days(contracts: dict[str, dict[date, date]]) -> set[tuple[str, date]]:
    return {
        (whose, day) for whose, held in contracts.items() for start, end in held.items() for day in _between(start, end)
    }


def _has(point: HubPoint, party: str, role: Role, day: date) -> bool:
    """Slowly: whether a contract or an access of the party holds on a day."""
    if role is Role.AG:
        return any(item.third_party == party and item.holds_on(day) for item in point.accesses)
    return any(item.supplier == party and item.holds_on(day) for item in point.contracts)


Action = Callable[[MarketModel, Choices], None]
ACTIONS: Final[dict[str, Action]] = {
    "start": MarketModel.start,
    "grid start": MarketModel.grid_start,
    "end": MarketModel.end,
    "cancel": MarketModel.cancel,
    "roll back": MarketModel.roll_back,
    "repeat": MarketModel.repeat,
    "access": MarketModel.access,
    "decide": MarketModel.decide,
    "values": MarketModel.values,
    "query": MarketModel.query,
    "correct": MarketModel.correct,
    "wait": MarketModel.wait,
}
WEIGHTS: Final = {"start": 6, "end": 3, "roll back": 4, "wait": 5, "access": 2, "decide": 3, "query": 3, "values": 2}


# --- the long form


@cache
def _seeded() -> bytes:
    """A database with the seed: making it takes longer than ten steps."""
    with tempfile.TemporaryDirectory(prefix="market-") as folder:
        path = Path(folder) / "hub.db"
        Hub.open(f"sqlite:///{path}", seed=SEED, clock=VirtualClock(NOW, runs=False)).close()
        assert [item.name for item in Path(folder).iterdir()] == [path.name], "nothing is left in a log of its own"
        return path.read_bytes()


def play(seed: int, steps: int, folder: str) -> tuple[Counter[str], str | None]:
    """One market for some steps; what has happened in it, and what went wrong."""
    chance = Random(seed)
    names = list(ACTIONS)
    path = Path(tempfile.mkdtemp(prefix="market-", dir=folder))
    strictness = chance.choice(("published", "inferred"))
    (path / "hub.db").write_bytes(_seeded())
    model = MarketModel(f"sqlite:///{path / 'hub.db'}", strictness, seeded=True)
    done = 0
    try:
        for _ in range(steps):
            name = chance.choices(names, [WEIGHTS.get(item, 1) for item in names])[0]
            model.act(name, [chance.randrange(1 << 20) for _ in range(8)])
            done += 1
    except Exception as error:
        return model.counts, f"seed {seed}, step {done + 1}: {''.join(traceback.format_exception(error)[-6:])}"
    finally:
        model.close()
        shutil.rmtree(path, ignore_errors=True)
    return model.counts, None


def main() -> int:
    """Play markets until there were enough steps."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--steps", type=int, default=1_000_000)
    parser.add_argument("--each", type=int, default=80, help="Steps in one market.")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=None, help="Begin no new market after so long.")
    asked = parser.parse_args()
    folder = "/dev/shm" if Path("/dev/shm").is_dir() else tempfile.gettempdir()
    counts: Counter[str] = Counter()
    wrong: list[str] = []
    began = time.monotonic()
    markets = -(-asked.steps // asked.each)
    with ProcessPoolExecutor(asked.processes) as pool:
        waiting = {
            pool.submit(play, asked.seed + number, asked.each, folder)
            for number in range(min(markets, 4 * asked.processes))
        }
        number = len(waiting)
        while waiting:
            done = next(as_completed(waiting))
            waiting.remove(done)
            found, problem = done.result()
            counts += found
            if problem is not None:
                wrong.append(problem)
                print(problem, flush=True)
            if (
                number < markets
                and (asked.seconds is None or time.monotonic() - began < asked.seconds)
                and len(wrong) < 10
            ):
                waiting.add(pool.submit(play, asked.seed + number, asked.each, folder))
                number += 1
    steps = sum(counts[name] for name in ACTIONS)
    for name, count in sorted(counts.items()):
        print(f"{count:>9}  {name}")
    print(f"{steps} steps in {number} markets, {time.monotonic() - began:.0f} s: {len(wrong)} went wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
