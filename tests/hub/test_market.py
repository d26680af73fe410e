"""The processes as market parties live them against the stand-in hub: over SOAP, signed, with a clock that is moved."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

import ediel
from ediel.calendar import midnight
from ediel.codes import QueryType
from ediel.messages import VirtualCalculation
from ediel.testing import HubUnderTest
from tests.support.hub_market import (
    ADDRESSES,
    GRID,
    INACTIVE,
    LAST_RESORT,
    NEW,
    NEWCOMER,
    OLD,
    OTHER,
    POINT,
    POINTS,
    PROFILED,
    THIRD_PARTY,
    UNKNOWN,
    at,
    customer,
    hours,
    move_in,
    point,
    process_of,
    received,
    switch,
)


def suppliers(market: HubUnderTest, day: date, where: str = POINT) -> set[str]:
    found = market.hub.decisions.view(market.clock()).metering_point(where)
    assert found is not None
    return {contract.supplier for contract in found.contracts if contract.holds_on(day)}


# --- switches


def test_a_change_of_supplier(market: HubUnderTest) -> None:
    """BRS-NO-101: confirmed at once, told after the cancellation deadline, in force on the day."""
    new, old, grid = market.party(NEW), market.party(OLD), market.party(GRID)
    begun = new.start(switch())
    assert begun.state == "accepted"
    market.move(at("2026-11-30 23:59"))
    assert old.engine.browse.processes() == [], "nobody is told before the deadline"
    market.move(at("2026-12-01 00:00"))
    assert new.state(begun) == "supplying"
    assert [row["state"] for row in old.engine.browse.processes()] == ["ended"]
    assert [row["state"] for row in grid.engine.browse.processes()] == ["informed"]
    assert suppliers(market, date(2026, 11, 30)) == {OLD}
    assert suppliers(market, date(2026, 12, 1)) == {NEW}
    assert market.hub.queues.lengths() == []
    assert market.hub.engine.browse.dead_letters() == []


def test_no_positive_answer_unless_it_is_asked_for(market: HubUnderTest) -> None:
    new = market.party(NEW)
    begun = new.start(switch(ask=False))
    assert begun.state == "requested"
    assert received(new, "ConfirmStartOfSupply") == []
    market.move(at("2026-12-01 00:00"))
    assert new.state(begun) == "supplying"


@pytest.mark.parametrize(
    ("order", "rule", "codes"),
    [
        (switch(UNKNOWN, customer=NEWCOMER), "BRS-NO-101/point-known", {"E10"}),
        (switch(customer=NEWCOMER), "BRS-NO-101/end-user", set()),
        (switch(INACTIVE, customer=NEWCOMER), "BRS-NO-101/active", set()),
    ],
)
def test_a_refused_change_of_supplier(market: HubUnderTest, order: Any, rule: str, codes: set[str]) -> None:
    """The reject carries the hub's own code, where one is published; the back office says which rule it was."""
    new = market.party(NEW)
    refused = new.start(order)
    assert refused.state == "rejected"
    row = process_of(market, "supply/hub", order.metering_point)
    rules = market.http.get(f"/admin/processes/{row['id']}").json()["rules"]
    assert rule in rules
    (reject,) = received(new, "RejectStartOfSupply")
    assert codes <= {reason.code.value for reason in reject.payload.reasons}


def test_a_supplier_cannot_take_over_from_itself(market: HubUnderTest) -> None:
    old = market.party(OLD)
    assert old.start(switch()).state == "rejected"
    row = process_of(market, "supply/hub")
    assert market.http.get(f"/admin/processes/{row['id']}").json()["rules"] == ["BRS-NO-101/other-supplier"]


def test_cancelled_at_the_last_moment_and_one_moment_later(market: HubUnderTest) -> None:
    new = market.party(NEW)
    first = new.start(switch())
    market.move(at("2026-11-30 23:59"))
    new.engine.cancel(first.id)
    market.carry()
    assert new.state(first) == "cancelled"
    market.move(at("2026-11-27 09:00"))
    second = new.start(switch(POINTS[1]))
    market.move(at("2026-11-30 23:59"))
    new.engine.cancel(second.id)
    market.hub.set_time(at("2026-12-01 00:00"))
    market.carry()
    assert new.state(second) == "supplying"
    assert suppliers(market, date(2026, 12, 1), POINTS[0]) == {OLD}
    assert suppliers(market, date(2026, 12, 1), POINTS[1]) == {NEW}


def test_a_rollback_sets_everything_back(market: HubUnderTest) -> None:
    new, old = market.party(NEW), market.party(OLD)
    begun = new.start(switch())
    market.move(at("2026-12-02 10:00"))
    new.engine.roll_back(begun.id)
    market.carry()
    assert new.state(begun) == "rolled back"
    assert suppliers(market, date(2026, 12, 2)) == {OLD}
    assert received(old, "NotifyStartOfSupply")


def test_a_move_in_changes_the_end_user(market: HubUnderTest) -> None:
    """BRS-NO-102, with the name of the one who leaves in the notice to the leaver."""
    new, old = market.party(NEW), market.party(OLD)
    new.start(move_in())
    market.move(at("2026-12-01 00:00"))
    found = market.hub.decisions.view(market.clock()).metering_point(POINT)
    assert found is not None
    assert [item.identification for item in found.end_users if item.holds_on(date(2026, 12, 1))] == ["12818525018"]
    (notice,) = received(old, "NotifyEndOfSupply")
    assert notice.payload.customer.identification == point().end_users[0].identification
    again = market.party(OTHER).start(switch(day=date(2026, 12, 9), customer=NEWCOMER))
    assert again.state == "accepted", "the newcomer is the end user now"


def test_a_move_in_back_in_time(market: HubUnderTest) -> None:
    """BRS-NO-103 takes effect at once."""
    new = market.party(NEW)
    begun = new.start(move_in(day=date(2026, 11, 20)))
    assert process_of(market, "supply/hub")["process"] == "BRS-NO-103"
    market.move(timedelta(0))
    assert new.state(begun) == "supplying"
    assert suppliers(market, date(2026, 11, 20)) == {NEW}


def test_a_move_in_on_an_inactive_point(market: HubUnderTest) -> None:
    """BRS-NO-102: the grid company activates it with 122, or says that it cannot."""
    new, grid = market.party(NEW), market.party(GRID)
    begun = new.start(move_in(INACTIVE))
    market.carry()
    (asked,) = grid.engine.browse.processes(metering_point=INACTIVE)
    assert asked["state"] == "asked"
    grid.engine.command(asked["id"], "activate")
    market.move(at("2026-12-01 00:00"))
    market.carry()
    assert new.state(begun) == "supplying"
    found = market.http.get(f"/admin/metering-points/{INACTIVE}").json()
    assert found["status"] == "E22"


def test_a_later_move_in_supersedes_a_change_of_supplier(market: HubUnderTest) -> None:
    """Crossing processes: 101 under way, 102 for an earlier day: the 101 is cancelled at the deadline of the 102."""
    new, other = market.party(NEW), market.party(OTHER)
    first = new.start(switch(day=date(2026, 12, 4)))
    second = other.start(move_in(day=date(2026, 12, 2)))
    assert (first.state, second.state) == ("accepted", "accepted")
    market.move(at("2026-12-02 00:00"))
    assert new.state(first) == "rejected"
    assert other.state(second) == "supplying"
    market.move(at("2026-12-05 00:00"))
    assert suppliers(market, date(2026, 12, 5)) == {OTHER}


def test_two_changes_of_supplier_cross(market: HubUnderTest) -> None:
    new, other = market.party(NEW), market.party(OTHER)
    assert new.start(switch(day=date(2026, 12, 4))).state == "accepted"
    refused = other.start(switch(day=date(2026, 12, 4)))
    assert refused.state == "rejected"


def test_an_end_of_supply(market: HubUnderTest) -> None:
    """BRS-NO-201 for one who moves out; BRS-NO-202 for one who stays: last-resort supply follows."""
    old = market.party(OLD)
    leaving = {name: value for name, value in customer(POINT).items() if name != "extended_storage"}
    staying = {name: value for name, value in customer(POINTS[1]).items() if name != "extended_storage"}
    common = {"end": date(2026, 12, 1), "settlement": "interval", "addresses": ADDRESSES}
    out = old.start(ediel.MoveOut(metering_point=POINT, customer=leaving, **common))
    end = old.start(ediel.EndOfSupply(metering_point=POINTS[1], customer=staying, **common))
    market.party("SLR")
    market.move(at("2026-12-01 00:00"))
    assert [out.state, end.state] == ["accepted", "accepted"]
    assert suppliers(market, date(2026, 12, 1)) == set()
    assert suppliers(market, date(2026, 12, 1), POINTS[1]) == {LAST_RESORT}
    assert received(market.party("SLR"), "NotifyStartOfSupply")


def test_a_consent_is_used_once(market: HubUnderTest) -> None:
    grant = {
        "identification": "3f2b8c1e-0f6a-4c55-8d0e-7a0f0c8f7d11", "status": "Active", "metering_point": POINT,
        "supplier": NEW, "valid_from": "2026-11-01", "valid_to": "2027-11-01",
    }  # fmt: skip
    assert market.http.post("/admin/seed", json={"grants": [grant]}).status_code == 200
    new = market.party(NEW)
    assert new.start(switch(POINTS[1], consent_id=grant["identification"])).state == "rejected", "of another point"
    begun = new.start(switch(consent_id=grant["identification"]))
    assert begun.state == "accepted"
    market.move(at("2026-12-01 00:00"))
    found = market.hub.decisions.view(market.clock()).grant(grant["identification"])
    assert found is not None
    assert found.status == "Exhausted"


# --- third parties


def asked_for_access(market: HubUnderTest, **more: Any) -> tuple[Any, dict[str, Any]]:
    third = market.party(THIRD_PARTY)
    begun = third.start(ediel.AccessRequest(metering_point=POINT, **more))
    return begun, process_of(market, "access/hub")


def decide(market: HubUnderTest, process: dict[str, Any], name: str, **body: Any) -> Any:
    return market.http.post(f"/admin/processes/{process['id']}/decisions/{name}", json=body)


def test_an_access_is_approved(market: HubUnderTest) -> None:
    third = market.party(THIRD_PARTY)
    begun, asked = asked_for_access(market)
    assert (begun.state, asked["state"]) == ("waiting", "waiting")
    assert decide(market, asked, "approve").json()["state"] == "granted"
    collector = market.party("DDE")
    collector.start(ediel.ValuesReport(series=(hours(POINT, date(2026, 11, 26)),)))
    market.carry()
    assert third.state(begun) == "waiting", "values of a day before the access are not for it"
    market.move(at("2026-11-28 09:00"))
    collector.start(ediel.ValuesReport(series=(hours(POINT, date(2026, 11, 27)),)))
    market.carry()
    assert third.state(begun) == "granted"
    third.engine.command(begun.id, "delete")
    market.carry()
    assert third.state(begun) == "ended"
    assert process_of(market, "access/hub")["state"] == "ended"


def test_an_access_is_refused_or_lapses(market: HubUnderTest) -> None:
    third = market.party(THIRD_PARTY)
    _, asked = asked_for_access(market)
    assert decide(market, asked, "refuse").json()["state"] == "refused"
    assert decide(market, asked, "approve").status_code == 409, "it is over"
    other = third.start(ediel.AccessRequest(metering_point=POINTS[1]))
    market.move(at("2026-12-02 23:59"))
    assert process_of(market, "access/hub", POINTS[1])["state"] == "waiting"
    market.move(at("2026-12-03 00:00"))
    assert process_of(market, "access/hub", POINTS[1])["state"] == "lapsed", "after three working days"
    third.engine.run_due()
    assert third.state(other) == "lapsed"


def test_an_access_ends_when_the_end_user_leaves(market: HubUnderTest) -> None:
    _, asked = asked_for_access(market)
    decide(market, asked, "approve", level="full")
    market.party(NEW).start(move_in())
    market.move(at("2026-11-30 23:59"))
    assert process_of(market, "access/hub")["state"] == "granted"
    market.move(at("2026-12-01 00:00"))
    assert process_of(market, "access/hub")["state"] == "ended"


def test_extended_storage(market: HubUnderTest) -> None:
    third = market.party(THIRD_PARTY)
    begun, asked = asked_for_access(market)
    decide(market, asked, "approve")
    third.engine.decide(begun.id, "approve")
    third.engine.command(begun.id, "update", extended_storage=True)
    market.carry()
    assert third.state(begun) == "granted"
    (row,) = market.hub.engine.browse.accesses(party=market.hub.gln, metering_point=POINT)
    assert row["extended_storage"]


# --- metering values


def test_values_go_to_everybody_who_has_a_right_to_them(market: HubUnderTest) -> None:
    """Supplier, grid company, third party; and, of a series that spans a switch, to each its own days."""
    new, old, grid, third = (market.party(gln) for gln in (NEW, OLD, GRID, THIRD_PARTY))
    new.start(switch())
    _, asked = asked_for_access(market)
    decide(market, asked, "approve")
    market.move(at("2026-12-03 06:00"))
    grid.start(ediel.ValuesReport(series=(hours(POINT, date(2026, 11, 29), 4),)))
    market.carry()
    (to_old,) = received(old, "NotifyValidatedDataForBillingEnergy")
    (to_new,) = received(new, "NotifyValidatedDataForBillingEnergy")
    (to_third,) = received(third, "NotifyValidatedDataForBillingEnergy")
    to_grid = received(grid, "NotifyValidatedDataForBillingEnergy")
    spans = {
        name: (message.payloads[0].period.start, message.payloads[0].period.end, len(message.payloads[0].observations))
        for name, message in (("old", to_old), ("new", to_new), ("third", to_third), ("grid", to_grid[0]))
    }
    first, change, last = (midnight(date(2026, *day)) for day in ((11, 29), (12, 1), (12, 3)))
    assert spans == {
        "old": (first, change, 48), "new": (change, last, 48), "third": (first, last, 96), "grid": (first, last, 96),
    }  # fmt: skip
    assert {message.process.role.value for message in to_grid} == {"DDM", "MDR"}


def test_one_bad_series_is_refused_and_the_rest_taken(market: HubUnderTest) -> None:
    grid = market.party(GRID)
    begun = grid.start(
        ediel.ValuesReport(
            series=(
                hours(POINT, date(2026, 11, 26)),
                hours(UNKNOWN, date(2026, 11, 26)),
                hours(POINTS[2], date(2026, 11, 26)),
            )
        )
    )
    market.carry()
    assert grid.state(begun) == "partly rejected"
    (answer,) = received(grid, "Acknowledgement")
    assert answer.payload.original_payload_reference == hours(UNKNOWN, date(2026, 11, 26)).identification
    market.party(OLD)
    market.carry()
    found = received(market.party(OLD), "NotifyValidatedDataForBillingEnergy")
    assert [str(series.metering_point) for series in found[0].payloads] == [POINT, POINTS[2]]


@pytest.mark.parametrize(("day", "count"), [(date(2026, 3, 29), 23), (date(2025, 10, 26), 25)])
def test_the_days_on_which_the_clock_is_changed(market: HubUnderTest, day: date, count: int) -> None:
    market.party(GRID).start(ediel.ValuesReport(series=(hours(POINT, day),)))
    old = market.party(OLD)
    market.carry()
    (found,) = received(old, "NotifyValidatedDataForBillingEnergy")
    assert len(found.payloads[0].observations) == count


def test_a_query_for_values_is_answered_with_the_latest(market: HubUnderTest) -> None:
    """BRS-NO-315: corrections replace what they correct, and over 31 days the answer comes in parts."""
    grid, old = market.party(GRID), market.party(OLD)
    grid.start(ediel.ValuesReport(series=(hours(POINT, date(2026, 9, 1), 45),)))
    market.clock.forward(timedelta(minutes=1))
    grid.start(ediel.ValuesReport(series=(hours(POINT, date(2026, 9, 3), kwh="7.5"),)))
    market.carry()
    query = old.start(ediel.ValuesQuery(metering_point=POINT, start=date(2026, 9, 1), end=date(2026, 10, 16)))
    market.carry()
    assert old.state(query) == "answered"
    parts = [
        message
        for message in received(old, "NotifyValidatedDataForBillingEnergy")
        if message.process.business_process.value == "BRS-NO-315"
    ]
    assert len(parts) == 2
    parts.sort(key=lambda message: message.payloads[0].period.start)
    rows = [series for message in parts for series in message.payloads]
    assert [len(series.observations) for series in rows] == [31 * 24, 14 * 24]
    values = [str(value.value) for value in rows[0].observations]
    assert values[47:49] == ["1.250", "7.5"]
    assert values[71:73] == ["7.5", "1.250"]
    assert {series.request_reference for series in rows} == {received_id(market, "RequestDataFromElhub")}


def received_id(market: HubUnderTest, name: str) -> str:
    (row,) = [row for row in market.hub.engine.browse.inbox() if row["name"] == name]
    return str(row["message_id"])


@pytest.mark.parametrize(
    ("who", "order"),
    [
        (NEW, ediel.ValuesQuery(metering_point=POINT, start=date(2026, 11, 1), end=date(2026, 11, 2))),
        (OLD, ediel.ValuesQuery(metering_point=POINT, start=date(2026, 11, 1), end=date(2026, 11, 2))),
        (THIRD_PARTY, ediel.MasterDataQuery(metering_point=POINT)),
        (NEW, ediel.MasterDataQuery(metering_point=INACTIVE, customer=True)),
    ],
)
def test_a_query_that_is_refused(market: HubUnderTest, who: str, order: Any) -> None:
    """No contract in the period, no values in it, no access, no customer."""
    party = market.party(who)
    assert party.start(order).state == "rejected"


def test_a_query_for_master_data(market: HubUnderTest) -> None:
    old = market.party(OLD)
    query = old.start(ediel.MasterDataQuery(metering_point=POINT))
    assert old.state(query) == "answered"
    (found,) = received(old, "NotifyMeteringPointCharacteristics")
    row = found.payloads[0]
    assert row.customer.family_name == point().end_users[0].family_name
    assert row.balance_supplier == OLD
    query = old.start(ediel.MasterDataQuery(metering_point=POINT, customer=True))
    assert old.state(query) == "answered"
    grid = market.party(GRID)
    grid.start(ediel.MasterDataQuery(metering_point=POINT), role="DDM")
    (found,) = received(grid, "NotifyMeteringPointCharacteristics")
    assert found.payloads[0].customer is None


def test_period_volumes_of_a_profiled_point(market: HubUnderTest) -> None:
    """BRS-NO-312 and 332: a volume, its withdrawal, and what a query finds afterwards."""
    from ediel.codes import MeterReadReason
    from ediel.messages import ProfiledCollected, ProfiledQuantity, TimeSeriesPeriod

    grid, old = market.party(GRID), market.party(OLD)
    base = hours(PROFILED, date(2026, 10, 1), 31)
    assert base.period is not None
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
    )
    grid.start(ediel.ValuesReport(kind="312", series=(volume,)))
    market.carry()
    (found,) = received(old, "NotifyValidatedDataForBillingEnergy")
    assert found.header.document_type.value == "E65"
    market.clock.forward(timedelta(minutes=1))
    ask = ediel.ValuesQuery(
        metering_point=PROFILED, kind=QueryType.MVRV, start=date(2026, 9, 1), end=date(2026, 11, 15)
    )
    assert old.start(ask).state == "answered"
    withdrawn = volume.model_copy(
        update={
            "identification": "1c1f7a4e-33aa-4b5f-9d65-0b6f0a0c1d11",
            "registration_time": volume.registration_time + timedelta(hours=1),
            "period": TimeSeriesPeriod(start=base.period.start, end=base.period.end),
            "profiled_observation": ProfiledCollected(withdrawn=True),
        }
    )
    grid.start(ediel.ValuesReport(kind="332", series=(withdrawn,)))
    market.carry()
    told = received(old, "NotifyValidatedDataForBillingEnergy")
    assert {message.header.document_type.value for message in told} == {"E65", "21", "E67"}
    assert old.start(ask).state == "rejected", "nothing is left"


# --- BRS-NO-611


def search(market: HubUnderTest, **what: Any) -> Any:
    third = market.party(THIRD_PARTY)
    begun = third.start(ediel.PointSearch(**what))
    state = third.state(begun)
    found = received(third, "ResponseUpfrontMeteringPointCharacteristics")
    return state, [str(row.metering_point) for row in found[-1].payloads] if found and state == "answered" else []


def test_searches(market: HubUnderTest) -> None:
    resident, address = point().end_users[0], point().address
    assert address is not None
    whose = {"identification": resident.identification, "identification_scheme": resident.scheme}
    assert search(market, metering_point=POINT) == ("answered", [POINT])
    place = {"postcode": str(address.postcode), "building_number": str(address.building_number)}
    assert search(market, customer=whose, address=place) == ("answered", [POINT])
    assert search(market, customer=whose, address={**place, "postcode": "00*"}) == ("rejected", [])
    with pytest.raises(ediel.PreflightRefused, match="two parts of the address"):
        search(market, customer=whose, address={"postcode": str(address.postcode)})
    meter = point().meter
    assert meter is not None
    assert search(market, meter=str(meter.meter), customer=whose) == ("answered", [POINT])
    assert search(market, meter="000000000000", customer=whose) == ("rejected", [])
    assert search(market, metering_point=UNKNOWN) == ("rejected", [])
    market.party(NEW).start(move_in())
    market.move(at("2026-12-01 00:00"))
    newcomer = {name: NEWCOMER[name] for name in ("identification", "identification_scheme")}
    assert search(market, customer=newcomer, address=place) == ("answered", [POINT])
    assert search(market, customer=whose, address=place) == ("rejected", [])


def test_a_search_is_answered_though_the_rest_is_down(market: HubUnderTest) -> None:
    assert market.http.put("/admin/down", json={"down": True}).json() == {"down": True}
    assert search(market, metering_point=POINT) == ("answered", [POINT])
    cycle = market.party(NEW).cycle()
    assert all("System" in problem for problem in cycle.problems)
    assert len(cycle.problems) == 2
    market.http.put("/admin/down", json={"down": False})
    assert market.party(NEW).cycle().problems == []


# --- annual volumes and shared production


def test_annual_volumes_are_told(market: HubUnderTest) -> None:
    """BRS-NO-317: a batch, one of which is of a point that is not the sender's."""
    grid, old = market.party(GRID), market.party(OLD)
    rows = [
        {"metering_point": name, "start": date(2026, 11, 27), "total": 12_000 + place}
        for place, name in enumerate((POINT, UNKNOWN, POINTS[2]))
    ]
    begun = grid.start(ediel.AnnualVolumes(volumes=tuple(ediel.AnnualVolumeUpdate(**row) for row in rows)))
    market.carry()
    assert grid.state(begun) == "partly rejected"
    (found,) = received(old, "NotifyMeteringPointCharacteristics")
    assert [(str(row.metering_point), row.annual_volume.total) for row in found.payloads] == [
        (POINT, 12_000), (POINTS[2], 12_002),
    ]  # fmt: skip
    assert market.http.get(f"/admin/metering-points/{POINT}").json()["annual_volume"]["total"] == 12_000


def test_an_annual_volume_is_computed(market: HubUnderTest) -> None:
    """EI-270: a whole year of values is summed, and supplier and grid access provider are told."""
    grid, old = market.party(GRID), market.party(OLD)
    grid.start(ediel.ValuesReport(series=(hours(POINT, date(2025, 11, 27), 365),)))
    grid.start(ediel.ValuesReport(series=(hours(POINTS[1], date(2026, 1, 1), 300),)))
    market.carry()
    done = market.http.post("/admin/annual-volumes", json={})
    assert done.json().get("process_id"), done.text
    market.carry()
    for party in (old, grid):
        (found,) = received(party, "NotifyMeteringPointCharacteristics")
        assert [(str(row.metering_point), row.annual_volume.total) for row in found.payloads] == [(POINT, 10_950)]
    assert market.http.post("/admin/annual-volumes", json={"metering_points": [POINTS[1]]}).json() == {
        "process_id": None
    }


def test_shared_production(market: HubUnderTest) -> None:
    """BRS-NO-701 Add, Update and Delete, and a recipient that is not of the sender's grid."""
    from ediel.codes import MeteringPointType

    producer = point(POINTS[3]).model_copy(update={"type": MeteringPointType.PRODUCTION})
    market.hub.load(market.seed.model_copy(update={"metering_points": (producer,), "parties": ()}))
    grid = market.party(GRID)

    def calculation(recipient: str) -> VirtualCalculation:
        return VirtualCalculation.model_validate(
            {
                "participants": {
                    "contributors": [{"metering_point": POINTS[3]}],
                    "recipients": [{"metering_point": recipient}],
                }
            }
        )

    common = {"formula": "EquallyDistributed", "start": date(2026, 12, 1)}
    begun = grid.start(ediel.SharedProduction(name="Taket", calculation=calculation(POINT), **common))
    assert begun.state == "active"
    grid.engine.command(begun.id, "delete")
    market.carry()
    assert grid.state(begun) == "ended"
    other = grid.start(ediel.SharedProduction(name="Uthuset", calculation=calculation(UNKNOWN), **common))
    assert other.state == "rejected"
