"""The life of a third party's access: approved at the last moment, given unasked, older than the engine; and its end."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

import ediel
from ediel.market import Access
from ediel.processes import CommandRefused
from ediel.testing import HubUnderTest, hub
from tests.support.hub_market import MARKET, POINT, POINTS, THIRD_PARTY, at, hours, process_of, received


def decide(market: HubUnderTest, name: str, **body: Any) -> Any:
    process = process_of(market, "access/hub")
    return market.http.post(f"/admin/processes/{process['id']}/decisions/{name}", json=body)


def values(market: HubUnderTest, day: date, *points: str) -> None:
    market.party("DDE").start(ediel.ValuesReport(series=tuple(hours(name, day) for name in points or (POINT,))))
    market.carry()


def lapsed(market: HubUnderTest) -> Any:
    """Asked on a Friday, approved on the third working day at eight in the evening; the third party hears nothing."""
    third = market.party(THIRD_PARTY)
    begun = third.start(ediel.AccessRequest(metering_point=POINT))
    market.move(at("2026-12-02 20:00"))
    assert decide(market, "approve").json()["state"] == "granted"
    market.move(at("2026-12-03 06:50"))
    assert third.state(begun) == "lapsed"
    return begun


def own(market: HubUnderTest) -> list[tuple[str, str | None]]:
    third = market.party(THIRD_PARTY)
    return [(row["metering_point"], row["end"]) for row in third.engine.browse.accesses(party=THIRD_PARTY)]


def test_values_after_the_lapse_say_that_it_is_granted(market: HubUnderTest) -> None:
    begun, third = lapsed(market), market.party(THIRD_PARTY)
    values(market, date(2026, 12, 2))
    assert third.state(begun) == "granted"
    assert own(market) == [(POINT, None)]
    third.engine.command(begun.id, "delete")
    market.carry()
    assert third.state(begun) == "ended"
    assert process_of(market, "access/hub")["state"] == "ended"


def test_an_approval_after_the_lapse(market: HubUnderTest) -> None:
    begun, third = lapsed(market), market.party(THIRD_PARTY)
    assert third.engine.decide(begun.id, "approve").state == "granted"
    third.engine.command(begun.id, "update", extended_storage=True)
    market.carry()
    assert third.state(begun) == "granted"
    assert third.engine.browse.dead_letters() == []


def test_values_are_said_of_the_latest_request(market: HubUnderTest) -> None:
    """One that has lapsed for good stays so when another one is granted."""
    third = market.party(THIRD_PARTY)
    first = third.start(ediel.AccessRequest(metering_point=POINT))
    market.move(at("2026-12-03 00:01"))
    assert process_of(market, "access/hub")["state"] == "lapsed"
    market.clock.set(at("2026-12-03 09:00"))
    second = third.start(ediel.AccessRequest(metering_point=POINT))
    decide(market, "approve")
    market.move(at("2026-12-04 09:00"))
    values(market, date(2026, 12, 3))
    assert (third.state(first), third.state(second)) == ("lapsed", "granted")


def test_a_second_request_says_what_is_possible(market: HubUnderTest) -> None:
    third = market.party(THIRD_PARTY)
    begun = third.start(ediel.AccessRequest(metering_point=POINT))
    with pytest.raises(CommandRefused, match=r"Nothing is possible for it now: .* three working days"):
        third.start(ediel.AccessRequest(metering_point=POINT))
    assert begun.state == "waiting"


def with_accesses(*names: str) -> Any:
    """The market with accesses that nobody has asked for by a message."""
    access = Access(third_party=THIRD_PARTY, start=date(2026, 1, 1), level="limited")
    return MARKET.model_copy(
        update={
            "metering_points": tuple(
                item.model_copy(update={"accesses": (access,)}) if item.identification in names else item
                for item in MARKET.metering_points
            )
        }
    )


def test_an_access_that_was_given_unasked_is_known_from_its_first_values() -> None:
    """BRS-NO-623, 624: two metering points in one message; each is an access of its own."""
    with hub(with_accesses(POINT, POINTS[2])) as market:
        third = market.party(THIRD_PARTY)
        values(market, date(2026, 11, 26), POINT, POINTS[2])
        assert len(received(third, "NotifyValidatedDataForBillingEnergy")) == 1
        found = [row for row in third.engine.browse.processes() if row["machine"] == "access/third party"]
        assert sorted((row["metering_point"], row["state"], row["process"]) for row in found) == [
            (POINT, "granted", "BRS-NO-622"), (POINTS[2], "granted", "BRS-NO-622"),
        ]  # fmt: skip
        assert sorted(own(market)) == [(POINT, None), (POINTS[2], None)]
        market.clock.forward(at("2026-11-27 10:00") - market.clock())
        values(market, date(2026, 11, 25), POINT)
        assert len(third.engine.browse.processes(metering_point=POINT)) == 1, "values again are no other access"
        assert third.engine.browse.dead_letters() == []


def test_an_access_that_is_older_than_the_engine_is_adopted_and_ended() -> None:
    with hub(with_accesses(POINT)) as market:
        third = market.party(THIRD_PARTY)
        begun = third.engine.start(ediel.KnownAccess(metering_point=POINT))
        assert begun.state == "granted"
        assert "delete" in begun.commands
        assert third.engine.outbox.pending() == [], "nothing is sent for it"
        third.engine.command(begun.id, "delete")
        market.carry()
        found = market.hub.decisions.view(market.clock()).metering_point(POINT)
        assert third.state(begun) == "ended"
        assert found is not None
        assert found.access_on(THIRD_PARTY, date(2026, 11, 28)) is None


def test_an_ended_access_is_not_adopted_by_late_values(market: HubUnderTest) -> None:
    third = market.party(THIRD_PARTY)
    begun = third.start(ediel.AccessRequest(metering_point=POINT))
    decide(market, "approve")
    third.engine.decide(begun.id, "approve")
    market.move(at("2026-11-30 09:00"))
    third.engine.command(begun.id, "delete")
    market.carry()
    market.move(at("2026-12-01 09:00"))
    values(market, date(2026, 11, 28))
    assert len(received(third, "NotifyValidatedDataForBillingEnergy")) == 1, "of a day on which it had access"
    assert [row["state"] for row in third.engine.browse.processes(metering_point=POINT)] == ["ended"]


@pytest.mark.parametrize("indicator", ["update", "delete"])
def test_an_access_without_a_process_at_the_hub_is_changed_and_ended(indicator: str) -> None:
    with hub(with_accesses(POINT)) as market:
        third = market.party(THIRD_PARTY)
        begun = third.engine.start(ediel.KnownAccess(metering_point=POINT))
        more = {"end": date(2026, 12, 1)} if indicator == "update" else {}
        third.engine.command(begun.id, indicator, **more)
        market.carry()
        assert third.state(begun) == ("granted" if indicator == "update" else "ended")
        found = market.hub.decisions.view(market.clock()).metering_point(POINT)
        assert found is not None
        last = found.access_on(THIRD_PARTY, date(2026, 11, 30))
        assert (last is not None) == (indicator == "update")
        assert found.access_on(THIRD_PARTY, date(2026, 12, 1)) is None
