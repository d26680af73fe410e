"""Changes of master data, questions and settlement data at the stand-in hub: what they do to the register, who is told."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

import ediel
from ediel.codes import MeteringPointType, PhysicalStatus, SettlementMethod
from ediel.conformance import market as market_of_cases
from ediel.conformance._market import newcomer
from ediel.errors import InvalidRegister
from ediel.hub import HubPoint
from ediel.messages import (
    Customer,
    MeterFacility,
    MeteringPointAddress,
    MeteringPointCharacteristics,
)
from ediel.testing import HubUnderTest, hub
from tests.support.hub_market import (
    ADDRESSES,
    GRID,
    LAST_RESORT,
    NEW,
    NEWCOMER,
    OLD,
    POINT,
    THIRD_PARTY,
    UNKNOWN,
    at,
    customer,
    received,
)

_TODAY = date(2026, 11, 27)


def change(kind: Any = "302", start: date = _TODAY, where: str = POINT, **classes: Any) -> ediel.MasterDataUpdate:
    return ediel.MasterDataUpdate(kind=kind, metering_point=where, start=start, **classes)


def point(market: HubUnderTest, where: str) -> HubPoint:
    """A metering point as it stands at the hub."""
    found = market.hub.decisions.view(market.clock()).metering_point(where)
    assert found is not None
    return found


def told(**more: Any) -> MeteringPointCharacteristics:
    kinds = {"metering_point_type": MeteringPointType.CONSUMPTION, "settlement_method": SettlementMethod.NON_PROFILED}
    return MeteringPointCharacteristics.model_validate({**kinds, **more})


def capacity(market: HubUnderTest) -> Any:
    found = point(market, POINT).described()
    return None if found.contracted_connection_capacity is None else int(found.contracted_connection_capacity)


def test_a_change_holds_from_its_day(market: HubUnderTest) -> None:
    """BRS-NO-302: told at once, in force on the day; a later change of the same day lies over it."""
    grid, old = market.party(GRID), market.party(OLD)
    first = grid.start(change(start=date(2026, 11, 30), characteristics=told(contracted_connection_capacity=25)))
    again = grid.start(change(start=date(2026, 11, 30), characteristics=told(contracted_connection_capacity=35)))
    market.carry()
    assert grid.state(first) == grid.state(again) == "accepted"
    told_of = received(old, "NotifyMeteringPointCharacteristics")
    assert [int(item.payloads[0].characteristics.contracted_connection_capacity) for item in told_of] == [25, 35]
    assert capacity(market) is None
    market.move(at("2026-11-30 00:00"))
    assert capacity(market) == 35
    assert point(market, POINT).status is PhysicalStatus.ACTIVE
    assert [row["state"] for row in old.engine.browse.processes()] == ["informed", "informed"]


def test_what_is_left_out_of_a_class_is_cleared_but_not_by_a_correction(market: HubUnderTest) -> None:
    grid = market.party(GRID)
    grid.start(change(characteristics=told(contracted_connection_capacity=25, installed_capacity=3)))
    grid.start(change("402", characteristics=MeteringPointCharacteristics(contracted_connection_capacity=63)))
    found = point(market, POINT).described()
    assert (int(found.contracted_connection_capacity or 0), int(found.installed_capacity or 0)) == (63, 3)
    grid.start(change(characteristics=told(contracted_connection_capacity=40)))
    found = point(market, POINT).described()
    assert (int(found.contracted_connection_capacity or 0), found.installed_capacity) == (40, None)
    assert found.metering_point_type is MeteringPointType.CONSUMPTION
    assert found.blocked_for_switching is False
    before = point(market, POINT)
    grid.start(change(meter=MeterFacility(meter="123456789012")))
    after = point(market, POINT)
    assert after.meter is not None
    assert (str(after.meter.meter), after.meter.number_of_digits) == ("123456789012", None)
    assert after.model_copy(update={"meter": before.meter}) == before, "a class that is left out keeps its values"


def test_a_new_metering_point_is_inactive(market: HubUnderTest) -> None:
    """BRS-NO-121: there at once, without end user and supplier; the number may be used once."""
    grid = market.party(GRID)
    area = point(market, POINT).grid_area
    address = MeteringPointAddress.model_validate(
        {"street_name": "Prøvegata", "building_number": "1", "postcode": "0150", "city_name": "OSLO", "country": "NO"}
    )
    new = {"where": UNKNOWN, "characteristics": told(), "grid_area": area, "address": address}
    assert grid.state(grid.start(change("121", **new))) == "accepted"
    found = point(market, UNKNOWN)
    assert (found.status, found.contracts, found.end_users) == (PhysicalStatus.INACTIVE, (), ())
    assert (found.grid_access_provider, found.address) == (GRID, address)
    assert grid.state(grid.start(change("121", **new))) == "rejected"


def test_a_customer_is_corrected(market: HubUnderTest) -> None:
    """BRS-NO-301: for as long as the customer is tied to the point; extended storage can be turned on, and not off."""
    old, grid = market.party(OLD), market.party(GRID)

    def correct(**more: Any) -> str:
        whole = Customer.model_validate({**customer(POINT), **more})
        order = ediel.CustomerUpdate(metering_point=POINT, day=_TODAY, customer=whole, addresses=ADDRESSES)
        return old.state(old.start(order))

    assert correct(family_name="Nytt", extended_storage=True) == "accepted"
    assert correct(family_name="Nyere", extended_storage=False) == "accepted"
    market.carry()
    (resident,) = point(market, POINT).end_users
    assert (resident.family_name, resident.extended_storage) == ("Nyere", True)
    assert [item.payload.customer.family_name for item in received(grid, "NotifyCustomerInformation")] == [
        "Nytt",
        "Nyere",
    ]
    other = ediel.CustomerUpdate(metering_point=POINT, day=_TODAY, customer=newcomer(), addresses=ADDRESSES)
    new = market.party(NEW)
    assert new.state(new.start(other)) == "rejected"


def test_what_was_changed_is_found_by_a_search(market: HubUnderTest) -> None:
    """BRS-NO-611 finds a meter that BRS-NO-302 brought and a customer that BRS-NO-301 corrected; the old ones lead nowhere."""
    old, grid, third = market.party(OLD), market.party(GRID), market.party(THIRD_PARTY)

    def found(**what: Any) -> bool:
        return third.state(third.start(ediel.PointSearch(**what))) == "answered"

    before, was = customer(POINT), point(market, POINT).meter
    assert was is not None
    who = {name: before[name] for name in ("identification", "identification_scheme")}
    assert found(meter=str(was.meter), customer=who)
    grid.start(change(meter=MeterFacility(meter="123456789012")))
    assert found(meter="123456789012", customer=who)
    assert not found(meter=str(was.meter), customer=who)
    other = {**who, "identification": NEWCOMER["identification"]}
    assert not found(meter="123456789012", customer=other)
    whole = Customer.model_validate({**before, **other})
    old.start(ediel.CustomerUpdate(metering_point=POINT, day=_TODAY, customer=whole, addresses=ADDRESSES))
    address = point(market, POINT).address
    assert address is not None
    assert found(customer=other, address={"postcode": str(address.postcode)})
    assert not found(customer=who, address={"postcode": str(address.postcode)})


def test_a_question_is_passed_on_and_answered(market: HubUnderTest) -> None:
    """BRS-NO-601: in Elhub's name to the grid company, and back to the one who has asked; only its words are passed on."""
    old, grid = market.party(OLD), market.party(GRID)
    words = {"category": "INV", "subject": "Avlesning av Kari", "request_private": "Når ble måleren lest av?"}
    begun = old.start(ediel.GridQuestion(metering_point=POINT, **words))
    market.carry()
    assert old.state(begun) == "accepted"
    (asked,) = received(grid, "RequestToGridAccessProvider")
    assert (asked.payload.subject, asked.header.juridical_sender) == ("Avlesning av Kari", market.hub.gln)
    (waiting,) = (row for row in grid.engine.browse.processes() if row["state"] == "asked")
    grid.engine.command(waiting["id"], "answer", feedback_private="Den 1. november.")
    market.carry()
    assert old.state(begun) == "answered"
    assert grid.engine.process(waiting["id"]).state == "answered"
    (answer,) = received(old, "ResponseFromGridAccessProvider")
    assert answer.payload.feedback_private == "Den 1. november."
    assert answer.payload.request_private is None
    assert "Kari" not in str(old.engine.browse.process(begun.id)), "what is asked may be about a person"


def test_an_answer_without_words_is_not_sent(market: HubUnderTest) -> None:
    old, grid = market.party(OLD), market.party(GRID)
    words = {"category": "INV", "subject": "Avlesning", "request_public": "Når?"}
    begun = old.start(ediel.GridQuestion(metering_point=POINT, **words))
    market.carry()
    (waiting,) = (row for row in grid.engine.browse.processes() if row["state"] == "asked")
    with pytest.raises(ediel.engine.PreflightRefused, match="EH034"):
        grid.engine.command(waiting["id"], "answer")
    assert grid.engine.process(waiting["id"]).state == "asked"
    assert old.state(begun) == "accepted"


def test_elhub_answers_a_question(market: HubUnderTest) -> None:
    """BRS-NO-602: somebody at the hub answers."""
    party = market.party(LAST_RESORT)
    words = {"category": "ELHUB_MASTERDATA", "subject": "Adresse", "text": "Hvilken adresse gjelder?"}
    begun = party.start(ediel.HubQuestion(metering_point=POINT, **words), "SLR")
    (waiting,) = (row for row in market.hub.engine.browse.processes() if row["machine"] == "question/hub")
    market.hub.decide(waiting["id"], "answer", feedback="Den som er registrert.")
    market.carry()
    assert party.state(begun) == "answered"
    (answer,) = received(party, "ResponseFromElhub")
    assert (answer.payload.request, answer.payload.feedback) == ("Hvilken adresse gjelder?", "Den som er registrert.")


# --- settlement data (BRS-NO-324)


def test_settlement_data_are_shown_to_those_whom_they_name() -> None:
    """The grid company sees its grid area, a balance responsible what names it; a supplier that is not named, nothing."""
    seed = market_of_cases(_TODAY)
    area = seed.metering_points[0].grid_area
    order = ediel.SettlementQuery(grid_area=area, start=date(2026, 11, 25), end=_TODAY)
    with hub(seed) as market:
        seen = {}
        for role in ("DDM", "DDK", "SLR", "BSL", "DDQ"):
            party = market.party(role)
            state = party.state(party.start(order, role))
            market.carry()
            found = received(party, "NotifyValidatedDataForBillingEnergy")
            kinds = [series.characteristics.business_type.value for item in found for series in item.payloads]
            seen[role] = (state if not found else "answered", sorted(kinds))
        assert seen == {
            "DDM": ("answered", ["SE05", "SE05", "SE08", "SE08"]), "BSL": ("answered", ["SE05", "SE05", "SE08", "SE08"]),
            "DDK": ("answered", ["SE08", "SE08"]), "SLR": ("answered", ["SE05", "SE05"]), "DDQ": ("rejected", []),
        }  # fmt: skip
        party = market.party("DDM")
        day = ediel.SettlementQuery(
            grid_area=area, start=date(2026, 11, 25), end=date(2026, 11, 26), business_type="SE08"
        )
        before = {item.header.identification for item in received(party, "NotifyValidatedDataForBillingEnergy")}
        party.start(day, "DDM")
        (answer,) = (
            item
            for item in received(party, "NotifyValidatedDataForBillingEnergy")
            if item.header.identification not in before  # an archive has no order of its own
        )
        (series,) = answer.payloads
        assert (series.grid_area, series.period.start, len(series.observations)) == (area, at("2026-11-25 00:00"), 24)


def test_a_settlement_series_without_a_grid_area_is_refused() -> None:
    seed = market_of_cases(_TODAY)
    nowhere = seed.settlement[0].model_copy(update={"grid_area": None})
    with (
        pytest.raises(InvalidRegister, match="expected a grid area"),
        hub(seed.model_copy(update={"settlement": (nowhere,)})),
    ):
        pass
