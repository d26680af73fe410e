"""Writes two databases, of a hub and of its parties, with a process of every table in every state that is not closed.

It is run with the code of the release that is to be kept, and with that release's ``tests/world.py``, so that what it writes
is what that release stored; ``tests/engine/test_releases.py`` opens it with the code of today::

    git worktree add ../kept b4da249
    PYTHONPATH=../kept/src:../kept/tests python tools/stored_release.py tests/engine/second-release

It knows nothing of the tables but their commands, so it says itself when a release has other ones.
"""

# mypy: ignore-errors
# It is checked against the release that it is run with, whose names and types are other ones than those of today.

from __future__ import annotations

import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from world import COLLECTOR, GRID, HUB, LAST_RESORT, NEW, OLD, THIRD_PARTY, World, end, start

import ediel
from ediel.calendar import midnight
from ediel.codes import DocumentType, StatusType
from ediel.engine import Engine
from ediel.identifiers import Gsrn
from ediel.messages import (
    Acknowledgement,
    AcknowledgementEvent,
    CollectedSeries,
    MeteringPointCharacteristics,
    Observation,
    Observations,
    Participant,
    Participants,
    ProductCharacteristics,
    TimeSeriesPeriod,
    VirtualCalculation,
)
from ediel.processes import BEGIN, Instance, Trigger, command, machine

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures" / "valid"
FIRST, NEAR, LATER = date(2026, 12, 1), date(2026, 12, 3), date(2026, 12, 15)
INACTIVE = MeteringPointCharacteristics(physical_status="E23").model_dump(mode="json", exclude_none=True)
SPACE = UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")


def points() -> Iterator[str]:
    """Metering points, a new one for each process."""
    for number in count(500):
        body = f"70705754{number:09d}"
        yield next(f"{body}{digit}" for digit in range(10) if Gsrn(f"{body}{digit}").is_valid)


class Story:
    """The market, and what is done in it."""

    def __init__(self, folder: Path) -> None:
        self.world = World(folder)
        self.parties, self.hub = self.world.parties, self.world.hub
        self.points = points()
        self.register = dict(self.world.desk.register)
        self.names = count(1)

    def deliver(self) -> None:
        self.world.deliver()

    def supply(self, order: Any, party: str, *, settlement: str = "interval", **register: Any) -> Any:
        """A start or an end of supply on a new metering point, taken to the hub and answered."""
        found = self.begin(order, party)
        self.world.desk.settlement = settlement
        self.world.desk.register = {**self.register, **register}
        self.deliver()
        self.world.desk.settlement, self.world.desk.register = "interval", dict(self.register)
        return found

    def begin(self, order: Any, party: str) -> Any:
        return self.parties.start(order.model_copy(update={"metering_point": next(self.points)}), party=party)

    def of_hub(self, process: Any) -> str:
        """The hub's process on the metering point of another one."""
        (row,) = self.hub.browse.processes(metering_point=process.facts["metering_point"])
        return str(row["id"])

    def of_grid(self, process: Any) -> str:
        """The grid access provider's process on the metering point of another one."""
        point = process.facts["metering_point"]
        if not (rows := self.parties.browse.processes(party=GRID, metering_point=point)):
            rows = [row for row in self.parties.browse.processes(party=GRID) if row["machine"].startswith("question/")]
        return str(rows[0]["id"])

    def lost(self, engine: Engine | None = None) -> None:
        """What waits in an outbox is lost on the way."""
        which = engine or self.parties
        for row in which.outbox.pending():
            which.outbox.sent(row["message_id"])

    def answered(self, process: Any, status: StatusType, payload: str | None = None) -> None:
        """The hub acknowledges a message, or one payload of it."""
        sent = self.parties.browse.process(process.id)
        assert sent is not None
        request = ediel.read(
            self.parties.browse.messages([sent["sent"][0]["message_id"]])[sent["sent"][0]["message_id"]]
        )
        refused = status is StatusType.REJECTED
        answer = Acknowledgement(
            header=request.header.model_copy(
                update={
                    "identification": str(uuid5(SPACE, f"answer {next(self.names)}")),
                    "document_type": DocumentType.ACKNOWLEDGEMENT,
                    "request_positive_acknowledgement": None,
                    "physical_sender": HUB, "juridical_sender": HUB,
                    "juridical_recipient": request.header.juridical_sender,
                }
            ),
            process=request.process,
            payload=AcknowledgementEvent(
                status=status,
                reasons=({"code": "E10"},) if refused else (),
                original_reference=request.header.identification,
                original_payload_reference=payload,
            ),
        )  # fmt: skip
        (found,) = self.parties.receive(ediel.write(answer))
        assert found.outcome == "handled", found

    # --- what is settled before the first day of December

    def november(self) -> None:
        """Processes whose date comes."""
        self.supply(start(day=FIRST), NEW)
        undone = self.supply(start(day=FIRST), NEW)
        self.supply(end(ediel.MoveOut, FIRST), OLD, leaver=None)
        last = {"leaver": None, "supplier": LAST_RESORT, "last resort": LAST_RESORT}
        self.supply(end(ediel.EndOfSupply, FIRST), OLD, **last)
        moved = self.supply(end(ediel.EndOfSupply, FIRST), OLD, **last)
        self.supply(start(ediel.ChangeFromLastResort, date(2026, 11, 20)), NEW, leaver=LAST_RESORT, leaver_role="SLR")
        self.supply(start(day=NEAR), NEW, settlement="profiled")
        self.supply(start(day=NEAR), NEW, settlement="profiled", leaver=LAST_RESORT, leaver_role="SLR")
        self.supply(end(ediel.MoveOut, NEAR), OLD, settlement="profiled", leaver=None)
        back = [
            self.supply(start(day=NEAR), NEW, settlement="profiled"),
            self.supply(end(ediel.MoveOut, NEAR), OLD, settlement="profiled", leaver=None),
        ]
        moving = self.supply(start(ediel.MoveIn, LATER), NEW, inactive=True, characteristics=INACTIVE, leaver=None)
        self.parties.command(self.of_grid(moving), "refuse")
        self.deliver()
        self.begin(start(day=FIRST), NEW)
        self.begin(end(ediel.MoveOut, FIRST), OLD)
        self.lost()  # the hub never hears of them: unanswered, when the day has come
        self.world.time("2026-12-01 00:00")
        for process in (undone, moved):
            self.parties.roll_back(process.id)
        self.deliver()
        self.back = back

    # --- what is under way on that day

    def december(self) -> None:
        """Processes that are under way."""
        self.world.time("2026-12-01 09:00")
        cancelled = [self.supply(start(day=LATER), NEW), self.supply(end(ediel.MoveOut, LATER), OLD, leaver=None)]
        self.supply(start(day=LATER), NEW)
        self.supply(end(ediel.MoveOut, LATER), OLD, leaver=None)
        self.activations()
        self.accesses()
        self.consents()
        self.payloads()
        self.questions()
        calculations = self.calculations()
        for process in cancelled:
            self.parties.cancel(process.id)
        for process in self.back:
            self.parties.roll_back(process.id)
        for name, process in calculations.items():
            self.parties.command(process.id, name)
        self.parties.command(self.activating, "activate", activation_day="2026-12-10")
        self.parties.command(self.refusing, "refuse")
        self.parties.command(self.changing, "update", end="2027-06-01")
        self.parties.command(self.deleting, "delete")
        self.parties.command(self.answering, "answer", feedback_public="Det er den 1. desember.")
        self.begin(start(day=LATER), NEW)
        self.begin(end(ediel.MoveOut, LATER), OLD)
        self.begin(ediel.AccessRequest(metering_point="0" * 18), THIRD_PARTY)
        self.begin(ediel.MasterDataQuery(metering_point="0" * 18, snapshot=date(2026, 11, 20)), NEW)
        self.begin(
            ediel.GridQuestion(metering_point="0" * 18, category="INV", subject="Målerbytte", request_public="Når?"),
            NEW,
        )
        self.parties.start(self.volumes(1), party=GRID)
        self.parties.start(self.calculation(), party=GRID)

    def activations(self) -> None:
        """A grid access provider that is asked to activate a point, in four stages."""
        more = {"inactive": True, "characteristics": INACTIVE, "leaver": None}
        asked = [self.of_grid(self.supply(start(ediel.MoveIn, LATER), NEW, **more)) for _ in range(4)]
        self.activating, self.refusing, activated, _ = asked
        self.parties.command(activated, "activate", activation_day="2026-12-10")
        self.world.deliver(to_parties=False)
        acknowledgement = next(row for row in self.hub.outbox.pending() if row["label"].startswith("Acknowledgement"))
        self.parties.receive(acknowledgement["data"])
        self.hub.outbox.sent(acknowledgement["message_id"])
        self.held = self.hub.outbox.pending()
        self.lost(self.hub)  # the notices are held back

    def accesses(self) -> None:
        """Third-party access: waiting, granted, changing, deleting."""
        found = []
        for number in range(4):
            process = self.begin(ediel.AccessRequest(metering_point="0" * 18), THIRD_PARTY)
            self.deliver()
            if number:
                self.hub.decide(self.of_hub(process), "approve")
                self.parties.decide(process.id, "approve")
            found.append(process.id)
        self.changing, self.deleting = found[2], found[3]

    def consents(self) -> None:
        """Consents as the supplier and the hub follow them: pending and active."""
        for name in ("supplier", "hub"):
            for accepted in (False, True):
                kind = "ChangeOfBalanceSupplierForPerson"
                order = ediel.ConsentRequest(metering_point=next(self.points), kind=kind)
                if name == "supplier":
                    process = self.parties.start(order, party=NEW).id
                    engine = self.parties
                else:
                    engine, process = self.hub, self.consent_at_hub(order)
                if accepted:
                    engine.decide(process, "accept", grant=str(uuid5(SPACE, process)))

    def consent_at_hub(self, order: Any) -> str:
        """The hub's own process of a consent: it is begun by no order, so the engine's inside is used."""
        from ediel.engine._route import base_facts
        from ediel.market import load

        hub = self.hub.parties[0]
        facts = {**base_facts(hub, hub.role), **order.facts(hub, self.world.now.date(), load())}
        table = machine("authorisation", "hub")
        begun = Instance(str(uuid5(SPACE, order.metering_point)), table.key, hub.gln, BEGIN, 0, facts)
        with self.hub.store.unit() as unit:
            self.hub._make(unit, table, begun, Trigger(command("ask")), self.world.now)
        return begun.id

    def volumes(self, number: int) -> Any:
        rows = [{"metering_point": next(self.points), "start": "2026-12-01", "total": 12000} for _ in range(number)]
        return ediel.AnnualVolumes(volumes=rows)

    def payloads(self) -> None:
        """Annual volumes and metering values: accepted, and refused in part; values without an answer."""
        self.parties.start(self.volumes(1), party=GRID)
        self.deliver()
        partly = self.parties.start(self.volumes(2), party=GRID)
        self.lost()
        sent = self.parties.browse.process(partly.id)
        assert sent is not None
        message: Any = ediel.read(
            self.parties.browse.messages([sent["sent"][0]["message_id"]])[sent["sent"][0]["message_id"]]
        )
        self.answered(partly, StatusType.REJECTED, message.payloads[0].identification)
        for status in (None, StatusType.ACCEPTED, StatusType.REJECTED):
            series = self.series()
            process = self.parties.start(ediel.ValuesReport(series=(series,)), party=COLLECTOR)
            self.deliver()
            if status is not None:
                refused = status is StatusType.REJECTED
                self.answered(process, status, series.identification if refused else None)
        reminder: Any = ediel.read((FIXTURES / "RequestCollectedData-314.xml").read_bytes())
        header = reminder.header.model_copy(update={"juridical_recipient": GRID})
        self.parties.receive(ediel.write(reminder.model_copy(update={"header": header})))
        update = ediel.MasterDataUpdate(
            metering_point=next(self.points), start=FIRST, ask=False,
            characteristics=MeteringPointCharacteristics(physical_status="E22"),
        )  # fmt: skip
        self.parties.start(update, party=GRID)
        self.deliver()

    def series(self) -> CollectedSeries:
        """Hourly values of a day."""
        first = midnight(date(2026, 11, 26))
        return CollectedSeries(
            identification=str(uuid5(SPACE, f"series {next(self.names)}")),
            registration_time=datetime(2026, 11, 27, 6, tzinfo=first.tzinfo),
            period=TimeSeriesPeriod(resolution="PT1H", start=first, end=first + timedelta(days=1)),
            product=ProductCharacteristics(product="8716867000030", unit="kWh"),
            direction="Out",
            metering_point=next(self.points),
            observations=Observations.of([Observation(place, Decimal("1.220")) for place in range(1, 25)]),
        )

    def questions(self) -> None:
        """Queries and questions: taken, passed on, answered in part, given up."""
        query = self.begin(
            ediel.ValuesQuery(metering_point="0" * 18, start=date(2026, 9, 1), end=date(2026, 11, 1)), NEW
        )
        self.deliver()
        part: Any = ediel.read((FIXTURES / "NotifyValidatedDataForBillingEnergy-315.xml").read_bytes())
        series = part.model_dump(mode="json", exclude_none=True)["payloads"][:1]
        first, last = midnight(date(2026, 10, 1)), midnight(date(2026, 11, 1))
        series[0] |= {
            "request_reference": query.sent[0], "metering_point": str(self.parties.process(query.id).facts["metering_point"]),
            "period": {"resolution": "P1D", "start": first.isoformat(), "end": last.isoformat()},
        }  # fmt: skip
        self.hub.decide(self.of_hub(query), "answer", parts=[{"message": part.name(), "payloads": series}])
        self.deliver()
        self.begin(ediel.MasterDataQuery(metering_point="0" * 18, snapshot=date(2026, 11, 20)), NEW)
        self.deliver()
        ask = ediel.GridQuestion(metering_point="0" * 18, category="INV", subject="Målerbytte", request_public="Når?")
        for number in range(3):
            process = self.begin(ask, NEW)
            self.deliver()
            if number == 0:
                self.parties.command(process.id, "give up")
            if number == 1:
                self.answering = self.of_grid(process)
        self.begin(ediel.HubQuestion(metering_point="0" * 18, category="INV", subject="Målerbytte", text="Hvem?"), NEW)
        self.deliver()

    def calculation(self) -> Any:
        """Shared production by a new name."""
        taken = VirtualCalculation(
            participants=Participants(
                contributors=(Participant(metering_point=next(self.points)),),
                recipients=(
                    Participant(metering_point=next(self.points)),
                    Participant(metering_point=next(self.points)),
                ),
            )
        )
        return ediel.SharedProduction(
            name=f"Prøvegården {next(self.names)}", formula="EquallyDistributed", start=FIRST, calculation=taken
        )

    def calculations(self) -> dict[str, Any]:
        """Calculations that are in force; what is to be done with them, by command."""
        found = [self.parties.start(self.calculation(), party=GRID) for _ in range(3)]
        self.deliver()
        return {"update": found[1], "delete": found[2]}


def dumped(path: Path) -> Iterator[str]:
    """A database as SQL; bytes that are text stand there as text, so that they can be read."""
    connection = sqlite3.connect(path)
    yield "PRAGMA foreign_keys=OFF;"
    yield "BEGIN TRANSACTION;"
    tables = connection.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    ).fetchall()
    for name, sql in tables:
        yield f"{sql};"
        for row in connection.execute(f'SELECT * FROM "{name}"'):
            yield f'INSERT INTO "{name}" VALUES({",".join(map(literal, row))});'
    for (sql,) in connection.execute("SELECT sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"):
        yield f"{sql};"
    yield "COMMIT;"
    connection.close()


def literal(value: object) -> str:
    """A value in SQL."""
    if value is None:
        return "NULL"
    if isinstance(value, bytes):
        return f"CAST({literal(value.decode())} AS BLOB)"
    return str(value) if isinstance(value, int | float) else "'" + str(value).replace("'", "''") + "'"


def main(target: Path) -> None:
    """Write both databases."""
    with tempfile.TemporaryDirectory() as name:
        story = Story(Path(name))
        story.november()
        story.december()
        story.world.close()
        for which in ("hub", "parties"):
            path = target.with_name(f"{target.name}-{which}.sql")
            path.write_text("\n".join(dumped(Path(name) / f"{which}.db")) + "\n", encoding="utf-8")
            print(path, path.stat().st_size)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
