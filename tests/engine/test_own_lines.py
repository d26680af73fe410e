"""A supplier's own contracts, and a third party's own accesses, when messages overtake each other or disagree."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

import ediel
from ediel.codes import BusinessProcess, DocumentType, Role
from ediel.engine import Engine, Party
from ediel.messages import Header, ProcessContext
from tests.support.places import FIXTURES
from tests.support.world import HUB, OLD, POINT, at

NOW = at("2026-12-07 21:00")
WHOM = {
    "first": {"identification": "12818525018", "given_name": "Kari", "family_name": "Testesen"},
    "second": {"identification": "26818127094", "given_name": "Ola", "family_name": "Testesen"},
}
BASE: dict[str, Any] = {
    what: ediel.read((FIXTURES / "valid" / f"{name}.xml").read_bytes())
    for what, name in (("start", "NotifyStartOfSupply-101-DDQ"), ("end", "NotifyEndOfSupply-101"))
}
"""Notices that are right; the rest is of each test."""


class Supplier:
    """A supplier whom the hub tells."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.number = 0
        self.events: list[ediel.events.Event] = []
        engine.on(ediel.events.Event, self.events.append)

    def told(self, what: str, day: str, whom: str, *, created: datetime = NOW, process: str = "102") -> None:
        self.number += 1
        end = what == "end"
        base = BASE[what]
        moment = {"end_of_occurrence" if end else "start_of_occurrence": at(f"{day} 00:00")}
        head = {
            "identification": str(UUID(int=self.number << 64, version=4)), "creation": created,
            "juridical_sender": HUB, "physical_sender": HUB, "juridical_recipient": OLD,
        }  # fmt: skip
        customer = base.payload.customer.model_copy(update=WHOM[whom])
        more = {"metering_point": POINT, "balance_supplier": OLD, "customer": customer, **moment}
        message = base.model_copy(
            update={
                "header": base.header.model_copy(update=head),
                "process": ProcessContext(business_process=BusinessProcess(f"BRS-NO-{process}"), role=Role.DDQ),
                "payload": base.payload.model_copy(update=more),
            }
        )
        (found,) = self.engine.receive(ediel.write(message))
        assert found.outcome in {"handled", "ignored"}, found

    def contracts(self) -> list[tuple[str, str | None]]:
        rows = self.engine.browse.contracts(party=OLD, metering_point=POINT)
        return sorted((row["start"], row["end"]) for row in rows if row["status"] == "in force")


@pytest.fixture
def supplier(tmp_path: Path) -> Iterator[Supplier]:
    engine = Engine.open(f"sqlite:///{tmp_path / 'own.db'}", party=Party(OLD, "DDQ"), clock=lambda: NOW)
    yield Supplier(engine)
    engine.close()


def test_the_end_of_another_customer_leaves_what_is_known_by_its_end_alone(supplier: Supplier) -> None:
    """The first moves in on 30.11. and out on 6.12.; its end comes first, then that of whoever lived there before."""
    supplier.told("end", "2026-12-06", "first")
    supplier.told("end", "2026-11-30", "second")
    supplier.told("start", "2026-11-30", "first")
    assert supplier.contracts() == [("", "2026-11-30"), ("2026-11-30", "2026-12-06")]


def test_a_contract_that_ends_where_it_begins_never_was_though_its_end_comes_first(supplier: Supplier) -> None:
    supplier.told("end", "2026-12-06", "first")
    supplier.told("start", "2026-12-06", "first")
    assert supplier.contracts() == []


def test_a_contract_that_begins_anew_on_the_day_on_which_it_had_ended(supplier: Supplier) -> None:
    """The beginning was told later: it has not been overtaken."""
    supplier.told("end", "2026-12-06", "first", created=NOW - timedelta(hours=2))
    supplier.told("start", "2026-12-06", "first")
    assert supplier.contracts() == [("", "2026-12-06"), ("2026-12-06", None)]


def test_what_reopens_a_contract_may_come_after_its_new_end(supplier: Supplier) -> None:
    """Its first end had come before its beginning; a rollback says that it goes on, and ends later: told in that order."""
    supplier.told("end", "2026-11-26", "first", created=NOW - timedelta(hours=5))
    supplier.told("start", "2026-11-23", "first", created=NOW - timedelta(hours=5))
    supplier.told("end", "2026-11-27", "first", process="111")
    supplier.told("start", "2026-11-26", "first", process="111")
    assert supplier.contracts() == [("2026-11-23", "2026-11-27")]


def test_an_end_is_of_every_contract_that_goes_on_over_it(supplier: Supplier) -> None:
    """One moves in ahead of time, then back in time: its contracts follow one another, and end as one.

    A rollback tells that they go on.
    """
    supplier.told("start", "2026-12-17", "first", created=NOW - timedelta(hours=5))
    supplier.told("start", "2026-12-09", "first", created=NOW - timedelta(hours=4), process="103")
    supplier.told("end", "2026-12-17", "first", created=NOW - timedelta(hours=3), process="103")
    assert supplier.contracts() == [("2026-12-09", "2026-12-17")]
    supplier.told("start", "2026-12-17", "first", process="111")
    assert supplier.contracts() == [("2026-12-09", "2026-12-17"), ("2026-12-17", None)]


@pytest.mark.parametrize("late", [timedelta(), timedelta(hours=1)])
def test_an_end_may_come_after_the_contract_that_begins_anew_on_its_day(supplier: Supplier, late: timedelta) -> None:
    """What was told to begin while another one went on has overtaken the end of that one."""
    supplier.told("start", "2026-12-09", "first", created=NOW - timedelta(hours=5))
    supplier.told("start", "2026-12-17", "first")
    supplier.told("end", "2026-12-17", "first", created=NOW - late, process="101")
    assert supplier.contracts() == [("2026-12-09", "2026-12-17"), ("2026-12-17", None)]


def test_notices_that_disagree(supplier: Supplier) -> None:
    """The later one counts, whichever comes first, and it is told."""
    supplier.told("start", "2026-11-30", "first", created=NOW - timedelta(hours=4))
    supplier.told("end", "2026-12-06", "first", created=NOW - timedelta(hours=3))
    supplier.told("end", "2026-12-04", "first", created=NOW - timedelta(hours=1))
    assert supplier.contracts() == [("2026-11-30", "2026-12-04")]
    (event,) = [item for item in supplier.events if isinstance(item, ediel.events.NoticesDisagree)]
    assert (event.earlier, event.day, event.metering_point) == (date(2026, 12, 6), date(2026, 12, 4), POINT)
    assert event.message_id is not None
    assert event.message is not None
    assert event.message.header.identification == event.message_id
    supplier.told("end", "2026-12-05", "first", created=NOW - timedelta(hours=2), process="101")
    assert supplier.contracts() == [("2026-11-30", "2026-12-04")], "an earlier notice that has come late"


def test_an_access_with_an_end_gets_another_one(tmp_path: Path) -> None:
    """A third party has one access a day, however often its end is changed."""
    third = "7080001300012"
    engine = Engine.open(f"sqlite:///{tmp_path / 'own.db'}", party=Party(third, "AG"), clock=lambda: NOW)
    begun = engine.start(ediel.KnownAccess(metering_point=POINT))
    for number, day in enumerate((date(2026, 12, 20), date(2026, 12, 24))):
        engine.command(begun.id, "update", end=day)
        (sent,) = engine.outbox.pending()
        engine.outbox.sent(sent["message_id"])
        (request,) = ediel.read_all(sent["data"])
        answer = ediel.messages.Acknowledgement(
            header=Header(
                identification=str(UUID(int=(number + 1) << 64, version=4)), creation=NOW,
                document_type=DocumentType.ACKNOWLEDGEMENT, physical_sender=HUB, juridical_sender=HUB,
                juridical_recipient=third,
            ),
            process=request.process,
            payload={"status": "39", "original_reference": request.header.identification},
        )  # fmt: skip
        engine.receive(ediel.write(answer))
        rows = engine.browse.accesses(party=third, metering_point=POINT)
        assert [(row["start"], row["end"]) for row in rows] == [("2026-12-07", day.isoformat())]
    engine.close()
