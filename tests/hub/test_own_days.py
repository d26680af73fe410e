"""Nobody reads another resident's day: every role asks for everything at every time, in markets with a random past.

What each may know is found slowly here, day by day from the lines; the hub's answers, and whatever it sends unasked, are
held against that. It holds both ways: who has a right to every day that is asked for is answered.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, Final

import pytest
from sqlalchemy import select

import ediel
from ediel.calendar import market_day, midnight
from ediel.codes import BusinessProcess, DocumentType, QueryType, Role
from ediel.messages import ProcessContext
from ediel.store._schema import OUTBOX
from tests.hub.market_model import (
    ACTIONS,
    DAY,
    PEOPLE,
    POINTS,
    SUPPLIERS,
    THIRD_PARTIES,
    WEIGHTS,
    MarketModel,
)
from tests.support.hub_market import GRID, GRID_B, LAST_RESORT, hours

BACK: Final = 12
"""Days that are asked for, before the present one."""
ASKERS: Final = (
    *((gln, Role.DDQ) for gln in SUPPLIERS), (LAST_RESORT, Role.SLR), *((gln, Role.AG) for gln in THIRD_PARTIES),
    (GRID, Role.DDM), (GRID, Role.MDR), (GRID_B, Role.DDM), (SUPPLIERS[0], Role.AG), (THIRD_PARTIES[0], Role.DDQ),
)  # fmt: skip
"""Also in a role that is not theirs."""
VALUES: Final = (QueryType.MVTS, QueryType.MVRV, QueryType.MVVT)


class Asking:
    """A market with a past, and everybody who asks in it."""

    def __init__(self, folder: Path, seed: int) -> None:
        chance = Random(seed)
        self.model = MarketModel(f"sqlite:///{folder / 'hub.db'}", "inferred")
        self.today = self.model.today()
        self.number = 0
        names = [name for name in ACTIONS if name not in {"query", "values", "repeat"}]
        for _ in range(40):
            name = chance.choices(
                names, [2 * WEIGHTS.get(item, 1) if item in {"access", "decide"} else 1 for item in names]
            )
            self.model.act(name[0], [chance.randrange(1 << 20) for _ in range(8)])
        for gln in THIRD_PARTIES:  # somebody has access, whatever has happened
            self._give(gln, chance.choice(POINTS), chance.choice(("full", "limited")))
        self.model.hub.forward(timedelta(days=2))
        self.model.touched |= set(POINTS)
        self.model.check()
        self.today = self.model.today()
        self.outbox: int = 0
        for _ in self.sent():
            pass  # what was sent so far is held against the same by the model

    def _give(self, gln: str, name: str, level: str) -> None:
        model = self.model
        model.send(
            ediel.messages.UpdateThirdPartyAccess(
                header=model._head(gln, DocumentType.MASTER_DATA_REQUEST),
                process=ProcessContext(business_process=BusinessProcess.BRS_NO_622, role=Role.AG),
                payload={"update_indicator": "Add", "metering_point": name},
            )
        )
        for row in model.hub.engine.browse.processes(metering_point=name, most=1000):
            if row["machine"] == "access/hub" and row["state"] == "waiting":
                try:
                    model.hub.decide(row["id"], "approve", level=level)
                except ediel.EdielError:
                    continue  # nobody lives there

    # --- what each may know, day by day

    def may(self, gln: str, role: Role, name: str, day: date) -> bool:
        state = self.model.hub.decisions.view(self.model.now()).lines(name).now
        if role in {Role.DDM, Role.MDR}:
            return gln == GRID
        if role in {Role.DDQ, Role.SLR}:
            supply = state.supply(day)
            return supply is not None and supply.supplier == gln
        return self.level(gln, name, day) is not None

    def level(self, gln: str, name: str, day: date) -> str | None:
        """The level of a third party's access on a day on which the one who gave it lives there."""
        state = self.model.hub.decisions.view(self.model.now()).lines(name).now
        line, home = state.given.get(gln), state.resident(day)
        terms = None if line is None else line.on(day)
        return None if terms is None or home is None or home.key != terms.value.residence else terms.value.level

    def resident(self, name: str, day: date) -> str | None:
        home = self.model.hub.decisions.view(self.model.now()).lines(name).now.resident(day)
        return None if home is None else home.person.identification

    # --- asking

    def ask(self, gln: str, role: Role, kind: QueryType, name: str, **more: Any) -> list[Any]:
        """What comes of a query: the messages that the hub sends for it."""
        process = BusinessProcess.BRS_NO_315 if kind in VALUES else BusinessProcess.BRS_NO_303
        message = ediel.messages.RequestDataFromElhub(
            header=self.model._head(gln, DocumentType.QUERY, ask=None),
            process=ProcessContext(business_process=process, role=role),
            payload={"query_type": kind, "metering_point": name, **more},
        )
        self.model.hub.receive(ediel.Document.read(ediel.write(message)))
        return list(self.sent())

    def sent(self) -> Iterator[Any]:
        with self.model.hub.engine.store.connection() as connection:
            rows = connection.execute(
                select(OUTBOX.c.number, OUTBOX.c.data).where(OUTBOX.c.number > self.outbox).order_by(OUTBOX.c.number)
            ).all()
        for number, data in rows:
            self.outbox = number
            yield from ediel.read_all(bytes(data))

    def collected(self, name: str) -> list[Any]:
        """Values of every day that is asked for; and what the hub sends on."""
        self.number += 1
        first = self.today - BACK * DAY
        message = ediel.messages.CollectedData(
            header=self.model._head(GRID, DocumentType.INTERVAL_VOLUMES, ask=None),
            process=ProcessContext(business_process=BusinessProcess.BRS_NO_313, role=Role.DDE),
            payloads=(hours(name, first, BACK, number=self.number),),
        )
        received = self.model.hub.receive(ediel.Document.read(ediel.write(message)))
        assert received.outcome == "handled", received
        return list(self.sent())


def days_of(series: Any) -> Iterator[date]:
    day: date = market_day(series.period.start)
    while midnight(day) < series.period.end:
        yield day
        day += DAY


def named(message: Any) -> set[str]:
    """Everybody whose identification stands anywhere in a message."""
    text = ediel.write(message).decode()
    return {str(person["identification"]) for person in PEOPLE if str(person["identification"]) in text}


@pytest.mark.parametrize("seed", range(2))
def test_nobody_reads_another_residents_day(seed: int, tmp_path: Path) -> None:
    asking = Asking(tmp_path, seed)
    try:
        answered, refused = 0, 0
        for name in POINTS[:2]:
            _what_is_sent_on(asking, name)
            for gln, role in ASKERS:
                for kind in VALUES:
                    for back, length in ((1, 1), (BACK, BACK), (BACK, 1), (7, 3), (4, 4)):
                        first = asking.today - back * DAY
                        right = _values(asking, gln, role, kind, name, first, first + length * DAY)
                        answered, refused = answered + right, refused + (not right)
                for ago in (None, 0, 1, 4, 7, BACK):
                    right = _master_data(asking, gln, role, name, ago)
                    answered, refused = answered + right, refused + (not right)
        assert answered > 30, "most would be refused of nothing but a fault"
        assert refused > 30
    finally:
        asking.model.close()


def _what_is_sent_on(asking: Asking, name: str) -> None:
    """Values go to whoever may know of the day, and to all of them."""
    got: dict[tuple[str, Role], set[date]] = {}
    for message in asking.collected(name):
        if message.name() != "NotifyValidatedDataForBillingEnergy":
            continue
        key = (str(message.header.juridical_recipient), message.process.role)
        got.setdefault(key, set()).update(day for series in message.payloads for day in days_of(series))
        assert named(message) == set()
    days = [asking.today - number * DAY for number in range(1, BACK + 1)]
    for gln, role in (*ASKERS, *got):
        if role is Role.DDQ and gln not in SUPPLIERS:
            continue
        last_resort = {
            day for day in days if (supply := _supply(asking, name, day)) is not None and supply.kind == "last resort"
        }
        right = {day for day in days if asking.may(gln, role, name, day)}
        if role in {Role.DDQ, Role.SLR}:
            right &= last_resort if role is Role.SLR else set(days) - last_resort
        assert got.get((gln, role), set()) == right, (gln, role, name)


def _supply(asking: Asking, name: str, day: date) -> Any:
    return asking.model.hub.decisions.view(asking.model.now()).lines(name).now.supply(day)


def _values(asking: Asking, gln: str, role: Role, kind: QueryType, name: str, first: date, end: date) -> bool:
    period = {"start": midnight(first), "end": midnight(end)}
    asked = {first + number * DAY for number in range((end - first).days)}
    right = _has_role(gln, role) and all(asking.may(gln, role, name, day) for day in asked)
    got: set[date] = set()
    for message in asking.ask(gln, role, kind, name, period=period):
        assert message.header.juridical_recipient == gln
        assert named(message) == set()
        if message.name() == "NotifyValidatedDataForBillingEnergy":
            got |= {day for series in message.payloads for day in days_of(series)}
    expected = asked if right and kind is not QueryType.MVRV else set()
    assert got == expected, (gln, role, kind, name, first, end)
    return right


def _master_data(asking: Asking, gln: str, role: Role, name: str, back: int | None) -> bool:
    day = asking.today if back is None else asking.today - back * DAY
    snapshot: dict[str, datetime] = {} if back is None else {"snapshot": midnight(day) + timedelta(minutes=7)}
    right = _has_role(gln, role) and asking.may(gln, role, name, day)
    answers = asking.ask(gln, role, QueryType.MDMP, name, **snapshot)
    assert any(item.name() == "NotifyMeteringPointCharacteristics" for item in answers) == right, (gln, role, name, day)
    if role is Role.AG:
        assert all(named(item) == set() for item in answers)
    else:
        assert all(named(item) <= {asking.resident(name, day)} for item in answers)
    answers = asking.ask(gln, role, QueryType.MDCU, name, **snapshot)
    if role is Role.AG:
        right = right and asking.level(gln, name, day) == asking.level(gln, name, asking.today) == "full"
    person = asking.resident(name, day)
    told = {who for item in answers for who in named(item)}
    assert told == ({person} if right and person is not None else set()), (gln, role, name, day)
    return right


def _has_role(gln: str, role: Role) -> bool:
    return (gln, role) not in {(SUPPLIERS[0], Role.AG), (THIRD_PARTIES[0], Role.DDQ)}
