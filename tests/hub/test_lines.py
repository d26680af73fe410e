"""One supplier and one resident a day at the stand-in hub, and nobody reads another resident's day: situations of the field."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

import ediel
from ediel.calendar import market_day
from ediel.codes import EndReason, QueryType
from ediel.market import broken
from ediel.testing import HubUnderTest
from tests.support.hub_market import (
    ADDRESSES,
    GRID,
    LAST_RESORT,
    NEW,
    NEWCOMER,
    OLD,
    OTHER,
    POINT,
    POINTS,
    PROFILED,
    THIRD_PARTY,
    at,
    customer,
    hours,
    move_in,
    point,
    process_of,
    received,
    switch,
)

Spell = tuple[str, date, date | None]


def day(text: str) -> date:
    return date.fromisoformat(f"2026-{text}")


def contracts(market: HubUnderTest, since: str = "11-01") -> list[Spell]:
    """Contracts that hold on some day since then; what must always be so, is so."""
    found = market.hub.decisions.view(market.clock()).metering_point(POINT)
    assert found is not None
    assert broken(found) == []
    rows = [(item.supplier, item.start, item.end) for item in found.contracts]
    return sorted((row for row in rows if row[2] is None or row[2] > day(since)), key=lambda row: row[1])


def told(market: HubUnderTest, gln: str, name: str) -> list[Any]:
    """Messages of a kind that a party has been sent."""
    party = market.party(gln)
    market.carry()
    return received(party, name)


def ends(market: HubUnderTest, gln: str) -> list[tuple[date, EndReason | None]]:
    """What a supplier was told of the end of its supply."""
    return [
        (market_day(item.payload.end_of_occurrence), item.payload.reason)
        for item in told(market, gln, "NotifyEndOfSupply")
    ]


def person(number: int, **more: Any) -> dict[str, Any]:
    """Somebody who lives at another metering point."""
    return customer(POINTS[number], **more)


def leaving(who: dict[str, Any] | None = None) -> dict[str, Any]:
    return {name: value for name, value in (who or customer(POINT)).items() if name != "extended_storage"}


def move_out(end: str, **more: Any) -> ediel.MoveOut:
    return ediel.MoveOut(
        **{
            "metering_point": POINT, "customer": leaving(), "end": day(end), "settlement": "interval",
            "addresses": ADDRESSES, **more,
        }
    )  # fmt: skip


def end_of_supply(end: str) -> ediel.EndOfSupply:
    return ediel.EndOfSupply(
        metering_point=POINT, customer=leaving(), end=day(end), settlement="interval", addresses=ADDRESSES
    )


def decide(market: HubUnderTest, name: str, **body: Any) -> Any:
    process = process_of(market, "access/hub")
    return market.http.post(f"/admin/processes/{process['id']}/decisions/{name}", json=body)


def access(market: HubUnderTest, level: str = "limited") -> Any:
    """An access that the end user has given, today."""
    third = market.party(THIRD_PARTY)
    begun = third.start(ediel.AccessRequest(metering_point=POINT))
    assert decide(market, "approve", level=level).status_code == 200
    third.engine.decide(begun.id, "approve")
    return begun


def values_of(market: HubUnderTest, gln: str) -> set[date]:
    """Days of which a party has got values, sent or asked for."""
    return {
        market_day(series.period.start)
        for message in told(market, gln, "NotifyValidatedDataForBillingEnergy")
        for series in message.payloads
    }


def asks(market: HubUnderTest, gln: str, order: Any, role: str | None = None) -> str:
    party = market.party(gln)
    begun = party.start(order, role=role)
    market.carry()
    return party.state(begun)


# --- double supply


def test_a_move_in_back_in_time_over_an_executed_switch(market: HubUnderTest) -> None:
    """The switch was of somebody who had left: its supplier is told that it ends, and gets no values."""
    new, old, other, grid = (market.party(gln) for gln in (NEW, OLD, OTHER, GRID))
    switched = new.start(switch(day=day("12-01")))
    market.move(at("2026-12-08 09:00"))
    moved = other.start(move_in(day=day("11-25")))
    market.carry()
    assert contracts(market) == [(OLD, point().contracts[0].start, day("11-25")), (OTHER, day("11-25"), None)]
    assert ends(market, NEW) == [(day("12-01"), EndReason.MOVE_OUT)]
    assert sorted(ends(market, OLD)) == [
        (day("11-25"), EndReason.MOVE_OUT),
        (day("12-01"), EndReason.CHANGE_OF_SUPPLIER),
    ]
    (notice,) = received(new, "NotifyEndOfSupply")
    assert notice.payload.customer.identification == point().end_users[0].identification, "its own customer"
    market.clock.forward(timedelta(minutes=1))
    grid.start(ediel.ValuesReport(series=(hours(POINT, day("12-07")),)))
    market.carry()
    assert [values_of(market, gln) for gln in (NEW, OTHER, OLD)] == [set(), {day("12-07")}, set()]
    question = ediel.ValuesQuery(metering_point=POINT, start=day("12-07"), end=day("12-08"))
    assert [asks(market, gln, question) for gln in (NEW, OTHER)] == ["rejected", "answered"]
    assert (new.state(switched), other.state(moved)) == ("supplying", "supplying")
    assert market.hub.engine.browse.dead_letters() == []
    assert [row["reason"] for party in (new, old, other, grid) for row in party.engine.browse.dead_letters()] == []


def test_a_move_in_back_in_time_before_a_later_move_in(market: HubUnderTest) -> None:
    """It lasts until the later one, and its supplier is told so."""
    new, other = market.party(NEW), market.party(OTHER)
    new.start(move_in(day=day("11-20")))
    market.carry()
    market.clock.forward(timedelta(hours=1))
    other.start(move_in(day=day("11-15"), customer=person(3)))
    market.carry()
    assert contracts(market)[1:] == [(OTHER, day("11-15"), day("11-20")), (NEW, day("11-20"), None)]
    assert ends(market, OTHER) == [(day("11-20"), EndReason.MOVE_OUT)]
    assert ends(market, NEW) == []
    assert sorted(end for end, _ in ends(market, OLD)) == [day("11-15"), day("11-20")]


def test_a_supplier_mends_the_date_of_its_move_in(market: HubUnderTest) -> None:
    """The same supplier for the same customer, five days earlier: one supply, and nothing ends for it."""
    new = market.party(NEW)
    new.start(move_in(day=day("11-20")))
    market.carry()
    market.clock.forward(timedelta(hours=1))
    new.start(move_in(day=day("11-15")))
    market.carry()
    days = [day("11-14") + timedelta(days=number) for number in range(20)]
    rows = contracts(market)
    held = [[gln for gln, start, end in rows if start <= each and (end is None or each < end)] for each in days]
    assert held == [[OLD], *[[NEW]] * 19]
    assert ends(market, NEW) == []
    question = ediel.ValuesQuery(metering_point=POINT, start=day("11-16"), end=day("11-25"))
    market.party(GRID).start(ediel.ValuesReport(series=(hours(POINT, day("11-16"), 9),)))
    market.carry()
    assert asks(market, NEW, question) == "answered", "over the day on which its first contract began"


def test_the_earlier_of_two_switches_is_rolled_back(market: HubUnderTest) -> None:
    """The one before it supplies again until the later one, and is told both; the later one stays."""
    new, other = market.party(NEW), market.party(OTHER)
    first = new.start(switch(day=day("12-01")))
    market.move(at("2026-12-03 09:00"))
    other.start(switch(day=day("12-09")))
    market.move(at("2026-12-09 00:00"))
    new.engine.roll_back(first.id)
    market.carry()
    assert new.state(first) == "rolled back"
    since = point().contracts[0].start
    assert contracts(market) == [(OLD, since, day("12-09")), (OTHER, day("12-09"), None)]
    assert [market_day(item.payload.start_of_occurrence) for item in told(market, OLD, "NotifyStartOfSupply")] == [
        day("12-01")
    ]
    assert sorted(end for end, _ in ends(market, OLD)) == [day("12-01"), day("12-09")]
    assert received(other, "NotifyEndOfSupply") == []


def test_a_rollback_of_a_move_in_gives_back_what_it_had_ended(market: HubUnderTest) -> None:
    """The switch that a move-in back in time had taken away is in force again, and its supplier told so."""
    new, other = market.party(NEW), market.party(OTHER)
    new.start(switch(day=day("12-01")))
    market.move(at("2026-12-08 09:00"))
    moved = other.start(move_in(day=day("11-25")))
    market.carry()
    market.clock.forward(timedelta(hours=1))
    other.engine.roll_back(moved.id)
    market.carry()
    assert contracts(market) == [(OLD, point().contracts[0].start, day("12-01")), (NEW, day("12-01"), None)]
    starts = {
        gln: [market_day(item.payload.start_of_occurrence) for item in told(market, gln, "NotifyStartOfSupply")]
        for gln in (NEW, OLD)
    }
    assert starts == {NEW: [day("12-01"), day("12-01")], OLD: [day("11-25")]}
    for gln in (NEW, OLD):
        for notice in told(market, gln, "NotifyStartOfSupply"):
            assert notice.payload.customer.identification != NEWCOMER["identification"], "who has moved out again"


def test_a_move_in_that_a_switch_rests_on_is_not_rolled_back(market: HubUnderTest) -> None:
    """Who moved in has taken another supplier since: without the move-in there would be a supply without an end user."""
    new, other = market.party(NEW), market.party(OTHER)
    moved = new.start(move_in(day=day("11-20")))
    market.carry()
    other.start(switch(day=day("12-01"), customer=NEWCOMER))
    market.move(at("2026-12-02 09:00"))
    before = contracts(market)
    new.engine.roll_back(moved.id)
    market.carry()
    assert new.state(moved) == "supplying"
    assert len(received(new, "RejectStartOfSupply")) == 1
    assert contracts(market) == before


def test_an_end_whose_customer_has_left_meanwhile_is_not_rolled_back(market: HubUnderTest) -> None:
    """The supplier has the point again, for somebody else: what it would set back is of another customer."""
    old = market.party(OLD)
    ended = old.start(end_of_supply("12-01"))
    market.move(at("2026-12-02 09:00"))
    assert old.state(ended) == "ended"
    old.start(move_in(day=day("11-25")))
    market.carry()
    before = contracts(market)
    assert before[-1] == (OLD, day("11-25"), None)
    market.clock.forward(timedelta(minutes=1))
    old.engine.roll_back(ended.id)
    market.carry()
    assert len(received(old, "RejectEndOfSupply")) == 1
    assert contracts(market) == before


# --- who leaves before a supply begins


@pytest.mark.parametrize("order", [("out", "switch"), ("switch", "out")])
def test_a_switch_falls_when_the_end_user_leaves_before_it(market: HubUnderTest, order: tuple[str, str]) -> None:
    """BRS-NO-201 for the second, BRS-NO-101 for the third of December: whichever came first."""
    new, old = market.party(NEW), market.party(OLD)
    begun: dict[str, Any] = {}
    for name in order:
        begun[name] = old.start(move_out("12-02")) if name == "out" else new.start(switch(day=day("12-03")))
        assert begun[name].state == "accepted"
    market.move(at("2026-12-05 00:00"))
    assert contracts(market) == [(OLD, point().contracts[0].start, day("12-02"))]
    assert (old.state(begun["out"]), new.state(begun["switch"])) == ("ended", "rejected")
    assert received(new, "NotifyStartOfSupply") == []


def test_a_switch_that_is_told_already_falls_with_the_end_user(market: HubUnderTest) -> None:
    """The switch was contracted first: its supplier is told that it will not begin."""
    new, old = market.party(NEW), market.party(OLD)
    new.start(switch(day=day("12-03")))
    out = old.start(move_out("12-02"))
    market.hub.set_time(at("2026-12-02 00:00"))  # both deadlines have passed, none of the parties has fetched
    market.move(at("2026-12-05 00:00"))
    assert old.state(out) == "ended"
    assert contracts(market) == [(OLD, point().contracts[0].start, day("12-02"))]


def test_an_end_of_supply_falls_when_another_supplies_by_then(market: HubUnderTest) -> None:
    new, old = market.party(NEW), market.party(OLD)
    switched = new.start(switch(day=day("11-30")))
    ended = old.start(end_of_supply("12-01"))
    assert ended.state == "accepted"
    market.move(at("2026-12-05 00:00"))
    assert new.state(switched) == "supplying"
    assert old.state(ended) == "rejected"
    assert contracts(market) == [(OLD, point().contracts[0].start, day("11-30")), (NEW, day("11-30"), None)]


def test_last_resort_supply_lasts_until_the_switch(market: HubUnderTest) -> None:
    new, old, resort = market.party(NEW), market.party(OLD), market.party("SLR")
    switched = new.start(switch(day=day("12-04")))
    ended = old.start(end_of_supply("12-01"))
    market.move(at("2026-12-05 00:00"))
    assert (new.state(switched), old.state(ended)) == ("supplying", "ended")
    assert contracts(market)[1:] == [(LAST_RESORT, day("12-01"), day("12-04")), (NEW, day("12-04"), None)]
    assert ends(market, resort.gln) == [(day("12-04"), EndReason.CHANGE_OF_SUPPLIER)]


def test_last_resort_supply_falls_with_the_end_user(market: HubUnderTest, monkeypatch: pytest.MonkeyPatch) -> None:
    """BRS-NO-202 and 201 for one day: who was told to supply of last resort is told that it does not."""
    numbers = iter((1, 2))  # of two that fall due at one moment, the identification says which comes first
    monkeypatch.setattr("ediel.engine._starting.uuid4", lambda: UUID(int=next(numbers), version=4))
    old, resort = market.party(OLD), market.party("SLR")
    ended, left = old.start(end_of_supply("12-01")), old.start(move_out("12-01"))
    market.move(at("2026-12-05 00:00"))
    assert (old.state(ended), old.state(left)) == ("ended", "ended")
    begins = [market_day(item.payload.start_of_occurrence) for item in received(resort, "NotifyStartOfSupply")]
    assert (begins, ends(market, resort.gln)) == ([day("12-01")], [(day("12-01"), EndReason.MOVE_OUT)])
    assert contracts(market) == [(OLD, point().contracts[0].start, day("12-01"))]
    assert resort.engine.browse.dead_letters() == []
    assert [row["status"] for row in resort.engine.browse.contracts(party=resort.gln)] == ["undone"]


def test_last_resort_supply_that_is_told_with_its_end(market: HubUnderTest) -> None:
    """The grid access provider has told when the end user leaves (BRS-NO-211); before that, its supply ends (202)."""
    old, resort, grid = market.party(OLD), market.party("SLR"), market.party(GRID)
    grid.start(
        ediel.GridMoveOut(
            metering_point=POINT, customer=leaving(), end=day("12-10"), settlement="interval", addresses=ADDRESSES
        ),
        role="DDM",
    )
    market.move(at("2026-11-28 09:00"))
    ended = old.start(end_of_supply("12-02"))
    market.move(at("2026-12-05 00:00"))
    assert old.state(ended) == "ended"
    assert contracts(market)[1:] == [(LAST_RESORT, day("12-02"), day("12-10"))]
    assert resort.engine.browse.dead_letters() == []
    assert ends(market, resort.gln) == [(day("12-10"), EndReason.MOVE_OUT)]
    (own,) = resort.engine.browse.contracts(party=resort.gln)
    assert (own["start"], own["end"], own["status"]) == ("2026-12-02", "2026-12-10", "in force")


def test_a_move_in_to_last_resort_is_no_contract_of_the_one_that_asks(market: HubUnderTest) -> None:
    """moveInToSLR: the contract lies with the supplier of last resort; also after it was rolled back."""
    new, resort = market.party(NEW), market.party("SLR")
    begun = new.start(move_in(day=day("11-25"), move_in_to_slr=True))
    market.carry()
    assert new.state(begun) == "supplying"
    assert contracts(market)[-1] == (LAST_RESORT, day("11-25"), None)
    assert new.engine.browse.contracts(party=new.gln) == []
    (own,) = resort.engine.browse.contracts(party=resort.gln)
    assert (own["start"], own["end"], own["status"]) == ("2026-11-25", None, "in force")
    new.engine.roll_back(begun.id)
    market.carry()
    assert new.state(begun) == "rolled back"
    assert new.engine.browse.contracts(party=new.gln) == []
    assert [row["status"] for row in resort.engine.browse.contracts(party=resort.gln)] == ["undone"]


# --- accesses


Move = Callable[[HubUnderTest], None]


def by_103(when: str) -> Move:
    return lambda market: _started(market, NEW, move_in(day=day(when)))


def by_123(when: str) -> Move:
    order = ediel.GridMoveIn(
        metering_point=POINT, start=day(when), settlement="interval", customer=NEWCOMER, addresses=ADDRESSES
    )
    return lambda market: _started(market, GRID, order, role="DDM")


def _started(market: HubUnderTest, gln: str, order: Any, **more: Any) -> None:
    market.party(gln).start(order, **more)
    market.carry()


@pytest.mark.parametrize(
    "move",
    [by_103("11-26"), by_103("12-01"), by_103("12-03"), by_123("11-26"), by_123("12-01")],
    ids=["103 before the access", "103 after it", "103 today", "123 before the access", "123 after it"],
)
def test_an_access_ends_with_its_giver_however_the_move_came_about(market: HubUnderTest, move: Move) -> None:
    """Nobody reads another resident's day: not by values that are sent, not by BRS-NO-315, not by BRS-NO-303."""
    access(market, level="full")
    market.party(LAST_RESORT)
    market.move(at("2026-12-03 09:00"))
    move(market)
    market.move(at("2026-12-04 00:00"))
    assert process_of(market, "access/hub")["state"] == "ended"
    market.move(at("2026-12-05 09:00"))
    market.party(GRID).start(ediel.ValuesReport(series=(hours(POINT, day("12-04")),)))
    market.carry()
    assert day("12-04") not in values_of(market, THIRD_PARTY)
    assert (
        asks(market, THIRD_PARTY, ediel.ValuesQuery(metering_point=POINT, start=day("12-04"), end=day("12-05")))
        == "rejected"
    )
    assert asks(market, THIRD_PARTY, ediel.MasterDataQuery(metering_point=POINT, customer=True)) == "rejected"
    assert asks(market, THIRD_PARTY, ediel.MasterDataQuery(metering_point=POINT)) == "rejected"
    found = market.hub.decisions.view(market.clock()).metering_point(POINT)
    assert found is not None
    assert broken(found) == []


def test_an_access_ends_with_a_move_out(market: HubUnderTest) -> None:
    access(market)
    market.party(OLD).start(move_out("12-01"))
    market.move(at("2026-11-30 23:59"))
    assert process_of(market, "access/hub")["state"] == "granted"
    market.move(at("2026-12-02 09:00"))
    assert process_of(market, "access/hub")["state"] == "ended"


def test_an_access_does_not_come_back_with_a_rollback(market: HubUnderTest) -> None:
    """It was ended; whoever lives there again gives it anew (assumed)."""
    access(market)
    new = market.party(NEW)
    market.move(at("2026-12-03 09:00"))
    moved = new.start(move_in(day=day("12-01")))
    market.carry()
    market.clock.forward(timedelta(hours=1))
    new.engine.roll_back(moved.id)
    market.carry()
    assert new.state(moved) == "rolled back"
    assert process_of(market, "access/hub")["state"] == "ended"
    assert asks(market, THIRD_PARTY, ediel.MasterDataQuery(metering_point=POINT)) == "rejected"


def test_no_access_where_nobody_lives(market: HubUnderTest) -> None:
    """The end user has left while the request lay with them: approving is not possible."""
    third = market.party(THIRD_PARTY)
    third.start(ediel.AccessRequest(metering_point=POINT))
    market.party(OLD).start(move_out("12-01"))
    market.move(at("2026-12-01 09:00"))
    refused = decide(market, "approve")
    assert refused.status_code == 409
    assert "no end user on 2026-12-01" in refused.json()["error"]
    assert process_of(market, "access/hub")["state"] == "waiting"


@pytest.mark.parametrize(("level", "state"), [("limited", "rejected"), ("full", "answered")])
def test_limited_access_never_names_a_person(market: HubUnderTest, level: str, state: str) -> None:
    access(market, level)
    third = market.party(THIRD_PARTY)
    assert asks(market, THIRD_PARTY, ediel.MasterDataQuery(metering_point=POINT, customer=True)) == state
    assert len(received(third, "NotifyCustomerInformation")) == (level == "full")
    assert asks(market, THIRD_PARTY, ediel.MasterDataQuery(metering_point=POINT)) == "answered"
    for message in received(third, "NotifyMeteringPointCharacteristics"):
        assert message.payloads[0].customer is None
        assert message.payloads[0].taxation is None


def test_limited_access_that_was_full_on_the_day_asked_for(market: HubUnderTest) -> None:
    """The level counts that holds today, whatever day is asked for."""
    access(market, "full")
    market.move(at("2026-11-30 09:00"))
    assert decide(market, "level", level="limited").status_code == 200
    asked = ediel.MasterDataQuery(metering_point=POINT, customer=True, snapshot=day("11-28"))
    assert asks(market, THIRD_PARTY, asked) == "rejected"


# --- values of exactly the days


def test_a_period_volume_goes_to_whoever_has_all_its_days(market: HubUnderTest) -> None:
    """It is one number: nobody gets it who has a right to a part of its days only."""
    from ediel.codes import MeterReadReason
    from ediel.messages import ProfiledCollected, ProfiledQuantity, TimeSeriesPeriod

    new, old, grid = market.party(NEW), market.party(OLD), market.party(GRID)
    new.start(move_in(PROFILED, day("11-20")))
    market.carry()
    base: Any = hours(PROFILED, day("11-10"), 15)
    volume = base.model_copy(
        update={
            "period": TimeSeriesPeriod(
                start=base.period.start, meter_reading_start="1000", end=base.period.end, meter_reading_end="1400"
            ),
            "observations": None,
            "profiled_observation": ProfiledCollected(
                metered=ProfiledQuantity(value="400", reason=next(iter(MeterReadReason)))
            ),
        }
    )  # fmt: skip
    grid.start(ediel.ValuesReport(kind="312", series=(volume,)))
    market.carry()
    assert received(new, "NotifyValidatedDataForBillingEnergy") == []
    assert received(old, "NotifyValidatedDataForBillingEnergy") == []
    assert received(grid, "NotifyValidatedDataForBillingEnergy") != []
    asked = ediel.ValuesQuery(
        metering_point=PROFILED, kind=QueryType.MVRV, start=day("11-20"), end=day("11-26")
    )  # fmt: skip
    assert asks(market, NEW, asked) == "rejected"


def test_a_query_that_waited_is_answered_by_the_rights_of_the_moment(market: HubUnderTest) -> None:
    """Asked before a move-in back in time, answered after it."""
    other, old = market.party(OTHER), market.party(OLD)
    market.party(GRID).start(ediel.ValuesReport(series=(hours(POINT, day("11-25")),)))
    market.carry()
    assert (
        asks(market, OLD, ediel.ValuesQuery(metering_point=POINT, start=day("11-25"), end=day("11-26"))) == "answered"
    )
    other.start(move_in(day=day("11-25")))
    market.carry()
    assert (
        asks(market, OLD, ediel.ValuesQuery(metering_point=POINT, start=day("11-25"), end=day("11-26"))) == "rejected"
    )
    assert (
        asks(market, OLD, ediel.ValuesQuery(metering_point=POINT, start=day("11-24"), end=day("11-26"))) == "rejected"
    )
    old.start(ediel.MasterDataQuery(metering_point=POINT, customer=True, snapshot=day("11-26")))
    assert received(old, "NotifyCustomerInformation") == []


# --- which value is newest


def test_the_value_that_was_registered_last_counts(market: HubUnderTest) -> None:
    """Not the one that came last: the hub answers as ``series.latest`` does over the same messages."""
    grid, old = market.party(GRID), market.party(OLD)
    first = hours(POINT, day("11-26"), kwh="1.000")
    older = hours(POINT, day("11-26"), kwh="2.000", number=2).model_copy(
        update={"registration_time": first.registration_time - timedelta(hours=5)}
    )
    for series in (first, older):
        grid.start(ediel.ValuesReport(series=(series,)))
        market.clock.forward(timedelta(minutes=5))
    market.carry()
    asked = ediel.ValuesQuery(metering_point=POINT, start=day("11-26"), end=day("11-27"))
    assert asks(market, OLD, asked) == "answered"
    answers = [
        message
        for message in received(old, "NotifyValidatedDataForBillingEnergy")
        if message.process.business_process.value == "BRS-NO-315"
    ]
    assert {str(row.value) for row in answers[0].payloads[0].observations} == {"1.000"}


@pytest.mark.parametrize(
    ("later", "state"),
    [(timedelta(0), "rejected"), (timedelta(hours=-1), "rejected"), (timedelta(minutes=1), "accepted")],
)
def test_a_withdrawal_is_newer_than_what_it_withdraws(market: HubUnderTest, later: timedelta, state: str) -> None:
    """BRS-NO-332 needs a registration time that is newer than the stored one."""
    from ediel.codes import MeterReadReason
    from ediel.messages import ProfiledCollected, ProfiledQuantity, TimeSeriesPeriod

    grid = market.party(GRID)
    base: Any = hours(PROFILED, day("10-01"), 31)
    volume = base.model_copy(
        update={
            "period": TimeSeriesPeriod(
                start=base.period.start, meter_reading_start="1000", end=base.period.end, meter_reading_end="1400"
            ),
            "observations": None,
            "profiled_observation": ProfiledCollected(
                metered=ProfiledQuantity(value="400", reason=next(iter(MeterReadReason)))
            ),
        }
    )  # fmt: skip
    grid.start(ediel.ValuesReport(kind="312", series=(volume,)))
    market.clock.forward(timedelta(minutes=1))
    withdrawn = volume.model_copy(
        update={
            "identification": "1c1f7a4e-33aa-4b5f-9d65-0b6f0a0c1d11",
            "registration_time": volume.registration_time + later,
            "period": TimeSeriesPeriod(start=base.period.start, end=base.period.end),
            "profiled_observation": ProfiledCollected(withdrawn=True),
        }
    )
    begun = grid.start(ediel.ValuesReport(kind="332", series=(withdrawn,)))
    market.carry()
    documents = [item.header.document_type.value for item in told(market, OLD, "NotifyValidatedDataForBillingEnergy")]
    assert ("E67" in documents) == (state == "accepted")
    assert (grid.state(begun) == "partly rejected") == (state == "rejected"), grid.state(begun)


# --- corrections of a person


def test_a_correction_stays_with_the_one_it_was_made_for(market: HubUnderTest) -> None:
    """BRS-NO-301 of today's end user; then it shows that somebody else had moved in before: the names are not theirs."""
    old, new = market.party(OLD), market.party(NEW)
    mended = {**customer(POINT), "family_name": "Rettetsen"}
    old.start(
        ediel.CustomerUpdate(metering_point=POINT, day=day("11-26"), customer=mended, addresses=ADDRESSES)
    )  # fmt: skip
    market.carry()
    new.start(move_in(day=day("11-25")))
    market.carry()
    found = market.hub.decisions.view(market.clock()).metering_point(POINT)
    assert found is not None
    assert [(item.family_name, item.start) for item in found.end_users][-2:] == [
        ("Rettetsen", point().end_users[0].start), (NEWCOMER["family_name"], day("11-25")),
    ]  # fmt: skip


# --- seeds


def test_a_seed_with_two_on_one_day_is_refused(market: HubUnderTest) -> None:
    known = point()
    twice = (*known.contracts, known.contracts[0].model_copy(update={"start": day("11-01"), "supplier": NEW}))
    seed = market.seed.model_copy(
        update={"parties": (), "metering_points": (known.model_copy(update={"contracts": twice}),)}
    )
    with pytest.raises(
        ediel.InvalidRegister, match=f"metering point {POINT}: one supplier a day: two hold on 2026-11-01"
    ):
        market.hub.load(seed)
    body = seed.model_dump(mode="json", exclude_none=True, exclude={"hub"})
    assert market.http.post("/admin/seed", json=body).status_code == 400


def test_a_point_that_something_rests_on_is_not_replaced(market: HubUnderTest) -> None:
    market.party(NEW).start(switch())
    market.move(at("2026-12-02 09:00"))
    vacant = point().model_copy(update={"end_users": (), "contracts": ()})
    with pytest.raises(ediel.InvalidRegister, match="cannot be replaced: Switched of 2026-12-01"):
        market.hub.load(market.seed.model_copy(update={"parties": (), "metering_points": (vacant,)}))


def test_what_was_known_when(market: HubUnderTest) -> None:
    """The register says what was so, and what was known of it at a moment."""
    market.party(NEW).start(switch(day=day("12-01")))
    market.move(at("2026-12-08 09:00"))
    before = market.clock()
    market.clock.forward(timedelta(minutes=1))
    market.party(OTHER).start(move_in(day=day("11-25")))
    lines = market.hub.decisions.view(market.clock()).lines(POINT)
    now, then = lines.now.supply(day("12-05")), lines.known(before).supply(day("12-05"))
    assert now is not None
    assert then is not None
    assert (now.supplier, then.supplier) == (OTHER, NEW)


# --- days that follow one another


def sent(market: HubUnderTest, *days: str, **more: Any) -> str:
    begun = market.party(GRID).start(ediel.ValuesReport(series=tuple(hours(POINT, day(item), **more) for item in days)))
    market.carry()
    return market.party(GRID).state(begun)


def test_a_series_whose_preceding_day_is_missing_is_refused(market: HubUnderTest) -> None:
    """BRS-NO-313, by its text; the day that is missing may come late, and then the one that was refused again."""
    assert sent(market, "11-20") == "sent", "nothing earlier has come: nobody says that a day is missing"
    assert sent(market, "11-22") == "partly rejected"
    assert sent(market, "11-18") == "sent", "before the first one"
    assert sent(market, "11-21") == "sent"
    assert sent(market, "11-22", number=2) == "sent"
    assert sent(market, "11-20", kwh="2.000", number=3) == "sent", "a correction of what is there"
    assert sent(market, "11-23", "11-24") == "sent", "the day before comes with it"
    assert sent(market, "11-26", "11-25") == "sent", "in any order"


def test_production_may_begin_later_than_consumption(market: HubUnderTest) -> None:
    from ediel.codes import Direction

    assert sent(market, "11-20", "11-21") == "sent"
    production = hours(POINT, day("11-25")).model_copy(update={"direction": Direction.IN})
    begun = market.party(GRID).start(ediel.ValuesReport(series=(production,)))
    market.carry()
    assert market.party(GRID).state(begun) == "sent"
