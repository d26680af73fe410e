"""Access, consent, annual volumes, queries, values and shared production, told as the standard tells them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import ediel
from ediel.calendar import midnight
from ediel.messages import (
    CollectedSeries,
    Message,
    Observation,
    Observations,
    Participant,
    Participants,
    ProductCharacteristics,
    ProfiledCollected,
    TimeSeriesPeriod,
    VirtualCalculation,
)
from ediel.processes import CommandRefused
from ediel.processes.access import access_url
from tests.support.world import COLLECTOR, GRID, NEW, OLD, POINT, POINT_2, THIRD_PARTY, World, at

ACTIVE = ProductCharacteristics(product="8716867000030", unit="kWh")
UUID = "123e4567-e89b-12d3-a456-4266554400{:02d}"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.close()


# --- BRS-NO-622


def asked(world: World, **more: Any) -> Any:
    access = world.parties.start(ediel.AccessRequest(metering_point=POINT, **more), party=THIRD_PARTY)
    world.deliver()
    return access


def hub_process(world: World) -> str:
    return str(world.hub.browse.processes()[0]["id"])


def test_access_approved_changed_and_given_up(world: World) -> None:
    access = asked(world, end=date(2027, 12, 1))
    assert world.parties.process(access.id).state == "waiting"
    assert access.facts["answer_by"] == "2026-12-02", "three working days after Friday 27 November"
    world.hub.decide(hub_process(world), "approve")
    world.parties.decide(access.id, "approve")
    (row,) = world.parties.browse.accesses()
    assert (row["start"], row["end"], row["level"]) == ("2026-11-27", "2027-12-01", "limited")
    world.parties.command(access.id, "update", end="2027-06-01", extended_storage=True)
    world.deliver()
    (row,) = world.parties.browse.accesses()
    assert (row["end"], bool(row["extended_storage"])) == ("2027-06-01", True)
    (known,) = world.hub.browse.accesses()
    assert (known["end"], bool(known["extended_storage"])) == ("2027-06-01", True)
    world.parties.decide(access.id, "level", level="full")
    assert world.parties.browse.accesses()[0]["level"] == "full"
    world.parties.command(access.id, "delete")
    world.deliver()
    assert world.parties.process(access.id).state == "ended"
    assert world.hub_state("access/hub") == "ended"
    assert world.heard(THIRD_PARTY) == [
        "AccessAsked", "AccessPending", "AccessGranted", "AccessChanged", "AccessLevelChanged", "AccessEnded",
    ]  # fmt: skip


def test_access_lapses_after_three_working_days(world: World) -> None:
    access = asked(world)
    world.time("2026-12-02 23:59:59")
    assert world.parties.process(access.id).state == "waiting"
    world.time("2026-12-03 00:00")
    assert world.parties.process(access.id).state == "lapsed"
    assert world.hub_state("access/hub") == "lapsed"
    assert world.parties.browse.accesses() == []


def test_access_refused_by_hub_and_by_end_user(world: World) -> None:
    world.decisions.refusals["UpdateThirdPartyAccess:add"] = ["EH016"]
    refused = asked(world)
    found = world.parties.process(refused.id)
    assert (found.state, found.facts["reasons"]) == ("refused", ["EH016"])
    world.decisions.refusals.clear()
    second = asked(world)
    world.parties.decide(second.id, "refuse")
    assert world.parties.process(second.id).state == "refused"


def test_access_is_known_when_values_begin_to_flow(world: World) -> None:
    access = asked(world)
    world.decisions.more = lambda _message: {"notices": [notice(THIRD_PARTY, "AG")]}
    send_values(world, day_series())
    assert world.parties.process(access.id).state == "granted"
    assert world.state("metering_values/receiver", THIRD_PARTY, None) == "received"


def test_access_ends_with_its_date_or_when_the_end_user_leaves(world: World) -> None:
    first = asked(world, end=date(2026, 12, 20))
    world.parties.decide(first.id, "approve")
    world.now = at("2026-12-20 00:00")
    world.parties.run_due()
    assert world.parties.process(first.id).state == "ended"
    second = asked(world)
    world.parties.decide(second.id, "approve")
    world.parties.decide(second.id, "remove")
    assert world.parties.process(second.id).state == "ended"
    assert all(row["end"] == "2026-12-20" for row in world.parties.browse.accesses())


def test_changes_of_what_is_not_there_are_refused(world: World) -> None:
    access = asked(world)
    world.parties.decide(access.id, "approve")
    world.hub.decide(hub_process(world), "refuse")
    world.parties.command(access.id, "update", end="2027-01-01")
    world.deliver()
    assert world.parties.process(access.id).state == "granted"
    assert world.heard(THIRD_PARTY)[-1] == "AccessChangeRejected"


def test_access_by_url() -> None:
    """BRS-NO-624 is a redirect, no message."""
    found = access_url(THIRD_PARTY, UUID.format(1), "Full")
    assert found.startswith("https://minside.elhub.no/third-party-access/authorize?client_id=7080001300012&request_id=")
    assert found.endswith("&scope=Full")
    with pytest.raises(ValueError, match="expected Full or Limited"):
        access_url(THIRD_PARTY, UUID.format(1), "full")


# --- the Access API


def consent(world: World) -> Any:
    kind = "ChangeOfBalanceSupplierForPerson"
    return world.parties.start(ediel.ConsentRequest(metering_point=POINT, kind=kind), party=NEW)


def test_consent_granted_and_used(world: World) -> None:
    asked = consent(world)
    assert asked.facts["answer_by"] == "2026-12-25", "today and 28 days"
    granted = world.parties.decide(asked.id, "accept", grant=UUID.format(2))
    assert (granted.state, granted.facts["valid_to"]) == ("active", "2027-11-27")
    assert world.parties.decide(asked.id, "exhaust").state == "exhausted"


def test_consent_refused_revoked_and_expired(world: World) -> None:
    first, second, third, fourth = (consent(world) for _ in range(4))
    assert world.parties.decide(first.id, "reject").state == "rejected"
    world.parties.decide(second.id, "accept")
    assert world.parties.decide(second.id, "revoke").state == "revoked"
    world.parties.decide(third.id, "accept")
    world.now = at("2026-12-25 23:59:59")
    world.parties.run_due()
    assert world.parties.process(fourth.id).state == "pending"
    world.now = at("2026-12-26 00:00")
    world.parties.run_due()
    assert world.parties.process(fourth.id).state == "expired"
    world.now = at("2027-11-28 00:00")
    world.parties.run_due()
    assert world.parties.process(third.id).state == "grant expired"


# --- BRS-NO-317


def volumes(*points: str) -> Any:
    rows = [ediel.AnnualVolumeUpdate(metering_point=point, start=date(2026, 12, 1), total=16000) for point in points]
    return ediel.AnnualVolumes(volumes=tuple(rows))


def volume_notice(recipient: str, role: str, *points: str) -> dict[str, Any]:
    volume = {"day": "2026-12-01", "annual_volume": {"total": 16000, "calculation_method": "Manual"}}
    return {"recipient": recipient, "role": role, "volumes": [{"metering_point": point, **volume} for point in points]}


def test_annual_volumes_are_accepted_and_sent_on(world: World) -> None:
    world.decisions.more = lambda _message: {"notices": [volume_notice(OLD, "DDQ", POINT, POINT_2)]}
    sent = world.parties.start(volumes(POINT, POINT_2), party=GRID)
    world.deliver()
    assert world.parties.process(sent.id).state == "accepted"
    assert world.heard(OLD) == ["AnnualVolumesChanged"]
    assert world.hub_state("annual_volume/hub", None) == "accepted"


def test_one_annual_volume_of_many_is_refused(world: World) -> None:
    """A batch of 9,999 points, of which one fails."""
    points = [f"7070575420{number:07d}0" for number in range(9999)]
    order = volumes(*points)
    failing: list[str] = []

    def one(message: Message) -> dict[str, Any]:
        payload = message.payloads[4711]  # type: ignore[attr-defined]
        failing.append(payload.identification)
        return {"failures": [{"payload": payload.identification, "reasons": ["E10"]}]}

    world.decisions.more = one
    sent = world.parties.start(order, party=GRID)
    world.deliver()
    found = world.parties.process(sent.id)
    assert found.state == "partly rejected"
    assert found.facts["failed"] == {failing[0]: ["E10"]}


def test_a_thousand_refusals_of_one_batch_cost_a_thousand_and_not_their_square(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process is written once for a batch of answers, and an event holds the refusal that it is about."""
    from ediel.processes import ProcessState, encode_state
    from ediel.store import _unit

    points = [f"7070575420{number:07d}0" for number in range(300)]
    world.decisions.more = lambda message: {
        "failures": [{"payload": item.identification, "reasons": ["E10"]} for item in message.payloads]  # type: ignore[attr-defined]
    }
    sent = world.parties.start(volumes(*points), party=GRID)
    world.deliver(to_parties=False)
    answers = list(world.hub.outbox.pending())
    written: list[ProcessState] = []

    def encoded(state: ProcessState) -> str:
        written.append(state)
        return encode_state(state)

    monkeypatch.setattr(_unit, "encode_state", encoded)
    world.parties.receive_many([row["data"] for row in answers])
    assert len(answers) == 300
    assert len(written) == 1
    assert len(world.parties.process(sent.id).facts["failed"]) == 300
    heard = [
        row["data"]["failed"] for row in world.parties.browse.events(most=1000) if row["name"] == "AnnualVolumeRejected"
    ]
    assert [len(item) for item in heard] == [1] * 300
    assert len({payload for item in heard for payload in item}) == 300


def test_annual_volumes_refused(world: World) -> None:
    world.decisions.refusals["RequestUpdateMasterDataMeteringPoint"] = ["EH013"]
    sent = world.parties.start(volumes(POINT), party=GRID)
    world.deliver()
    found = world.parties.process(sent.id)
    assert (found.state, found.facts["reasons"]) == ("rejected", ["EH013"])


def test_annual_volumes_that_the_hub_computes(world: World) -> None:
    """EI-270: sent to supplier and grid access provider."""
    from ediel.processes import Trigger, annual_volume, decision, step

    hub = world.hub.parties[0]
    table = annual_volume.HUB
    begun = table.begin(UUID.format(3), hub.gln, hub.actor())
    notices = [volume_notice(OLD, "DDQ", POINT), volume_notice(GRID, "DDM", POINT)]
    result = step(
        table, begun, Trigger(decision("compute"), data={"process": "BRS-NO-317", "notices": notices}), world.now
    )
    for item in result.sends:
        (found,) = world.parties.receive(ediel.write(item.message))
        assert (found.outcome, found.state) == ("handled", "informed")
    assert world.heard(OLD) == world.heard(GRID) == ["AnnualVolumesChanged"]


# --- BRS-NO-303, 315, 611


def answer(name: str) -> dict[str, Any]:
    from tests.support.places import FIXTURES

    message: Any = ediel.read((FIXTURES / "valid" / f"{name}.xml").read_bytes())
    body = "payload" if hasattr(message, "payload") else "payloads"
    return {BODIES[message.name()]: message.model_dump(mode="json", exclude_none=True)[body]}


BODIES = {
    "NotifyCustomerInformation": "customer",
    "NotifyMeteringPointCharacteristics": "points",
    "NotifyValidatedDataForBillingEnergy": "series",
    "ResponseUpfrontMeteringPointCharacteristics": "found",
}


def refer(part: dict[str, Any], reference: str) -> dict[str, Any]:
    for body in part.values():
        for item in [body] if isinstance(body, dict) else body:
            item["original_reference"] = reference
    return part


@pytest.mark.parametrize("customer", [True, False])
def test_query_for_master_data(world: World, customer: bool) -> None:
    query = world.parties.start(
        ediel.MasterDataQuery(metering_point=POINT, customer=customer, snapshot=date(2026, 11, 20)), party=NEW
    )
    world.deliver()
    assert world.hub_state("query/hub") == "accepted"
    name = "NotifyCustomerInformation-303" if customer else "NotifyMeteringPointCharacteristics-303"
    world.hub.decide(hub_process(world), "answer", parts=[refer(answer(name), query.sent[0])])
    world.deliver()
    assert world.parties.process(query.id).state == "answered"
    assert world.heard(NEW) == ["QueryAnswered"]


def values_part(reference: str, first: date, last: date) -> dict[str, Any]:
    part = answer("NotifyValidatedDataForBillingEnergy-315")
    part["series"] = part["series"][:1]
    part["series"][0] |= {
        "request_reference": reference,
        "metering_point": POINT,
        "period": {"resolution": "P1D", "start": midnight(first).isoformat(), "end": midnight(last).isoformat()},
    }
    return part


def test_query_for_values_answered_in_parts(world: World) -> None:
    """Over 31 days the answer may be split; it is whole when the parts cover what was asked for, in any order."""
    query = world.parties.start(
        ediel.ValuesQuery(metering_point=POINT, start=date(2026, 9, 1), end=date(2026, 11, 1)), party=NEW
    )
    world.deliver()
    parts = [
        values_part(query.sent[0], date(2026, 10, 1), date(2026, 11, 1)),
        values_part(query.sent[0], date(2026, 9, 1), date(2026, 10, 1)),
    ]
    world.hub.decide(hub_process(world), "answer", parts=parts)
    first, second = world.hub.outbox.pending()
    assert world.parties.receive(first["data"])[0].state == "answering"
    assert world.parties.receive(second["data"])[0].state == "answered"
    assert world.heard(NEW) == ["QueryPartAnswered", "QueryAnswered"]


def test_query_refused_and_given_up(world: World) -> None:
    world.decisions.refusals["RequestDataFromElhub"] = ["EH017"]
    query = ediel.ValuesQuery(metering_point=POINT, start=date(2026, 9, 1), end=date(2026, 10, 1))
    refused = world.parties.start(query, party=NEW)
    world.deliver()
    assert world.parties.process(refused.id).state == "rejected"
    waiting = world.parties.start(query, party=NEW)
    assert world.parties.command(waiting.id, "give up").state == "given up"
    with pytest.raises(ValueError, match="expected a day after"):
        ediel.ValuesQuery(metering_point=POINT, start=date(2026, 9, 1), end=date(2026, 9, 1))


def test_search_is_answered_in_the_same_call(world: World) -> None:
    """BRS-NO-611: the answer is there when the request has been received."""
    search = world.parties.start(ediel.PointSearch(metering_point=POINT, purpose="StartOfSupply"), party=NEW)
    (row,) = world.parties.outbox.pending()
    found = refer(answer("ResponseUpfrontMeteringPointCharacteristics-611"), search.sent[0])
    world.decisions.more = lambda _message: {"parts": [found]}
    assert world.hub.receive(row["data"])[0].state == "answered"
    (reply,) = world.hub.outbox.pending()
    assert world.parties.receive(reply["data"])[0].state == "answered"
    world.decisions.refusals["RequestUpfrontMeteringPointCharacteristics"] = ["EH015"]
    world.parties.outbox.sent(row["message_id"])
    world.hub.outbox.sent(reply["message_id"])
    second = world.parties.start(ediel.PointSearch(metering_point=POINT), party=NEW)
    world.deliver()
    assert world.parties.process(second.id).state == "rejected"


# --- BRS-NO-312, 313, 332, 314


def day_series(day: date = date(2026, 11, 26), number: int = 1, count: int | None = None) -> CollectedSeries:
    """Hourly values of one Norwegian day."""
    start, stop = midnight(day), midnight(day + timedelta(days=1))
    hours = int((stop.timestamp() - start.timestamp()) // 3600)
    rows = [Observation(place, Decimal("1.220")) for place in range(1, (count or hours) + 1)]
    return CollectedSeries(
        identification=UUID.format(number),
        registration_time=datetime(2026, 11, 27, 6, tzinfo=start.tzinfo),
        period=TimeSeriesPeriod(resolution="PT1H", start=start, end=stop),
        product=ACTIVE,
        direction="Out",
        metering_point=POINT,
        observations=Observations.of(rows),
    )


def notice(recipient: str, role: str) -> dict[str, Any]:
    from tests.support.places import FIXTURES

    message: Any = ediel.read((FIXTURES / "valid" / "NotifyValidatedDataForBillingEnergy-313.xml").read_bytes())
    series = message.model_dump(mode="json", exclude_none=True)["payloads"][:1]
    series[0]["metering_point"] = POINT
    return {"recipient": recipient, "role": role, "document": "E66", "series": series}


def send_values(world: World, *series: CollectedSeries, kind: Any = "313") -> Any:
    sent = world.parties.start(ediel.ValuesReport(kind=kind, series=series), party=COLLECTOR)
    world.deliver()
    return sent


def test_values_flow_to_all_who_have_access(world: World) -> None:
    world.decisions.more = lambda _message: {"notices": [notice(NEW, "DDQ"), notice(GRID, "DDM")]}
    sent = send_values(world, day_series())
    assert world.parties.process(sent.id).state == "sent", "silence means that they are taken"
    assert world.heard(NEW) == world.heard(GRID) == ["ValuesReceived"]


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 10, 25), 25), (date(2026, 3, 29), 23)])
def test_days_on_which_the_clock_changes(world: World, day: date, hours: int) -> None:
    series = day_series(day)
    assert series.observations is not None
    assert len(series.observations) == hours
    assert world.parties.process(send_values(world, series).id).state == "sent"


def test_a_day_with_a_value_too_few_never_leaves(world: World) -> None:
    """Pre-flight: E87, and nothing has changed."""
    from ediel.engine import PreflightRefused

    with pytest.raises(PreflightRefused, match=r"would be refused \[E87\].*one value for each interval") as caught:
        world.parties.start(ediel.ValuesReport(series=(day_series(count=23),)), party=COLLECTOR)
    assert caught.value.report.messages[0].findings[0].code == "E87"
    assert world.parties.browse.processes() == []
    assert world.parties.outbox.pending() == []


def test_one_series_of_two_is_refused(world: World) -> None:
    world.decisions.more = lambda _message: {
        "failures": [{"payload": UUID.format(2), "reasons": ["E87"]}], "notices": [notice(NEW, "DDQ")],
    }  # fmt: skip
    sent = send_values(world, day_series(), day_series(number=2, day=date(2026, 11, 25)))
    found = world.parties.process(sent.id)
    assert (found.state, found.facts["failed"]) == ("partly rejected", {UUID.format(2): ["E87"]})
    assert world.heard(COLLECTOR) == ["ValuesSent", "SeriesRejected"]
    assert world.heard(NEW) == ["ValuesReceived"], "the series that was right is distributed"


def test_values_refused_corrected_and_withdrawn(world: World) -> None:
    world.decisions.refusals["CollectedData"] = ["E55"]
    refused = send_values(world, day_series())
    found = world.parties.process(refused.id)
    assert (found.state, found.facts["reasons"]) == ("rejected", ["E55"])
    world.decisions.refusals.clear()
    assert world.parties.process(send_values(world, day_series(number=4)).id).state == "sent"
    withdrawal = CollectedSeries(
        identification=UUID.format(5),
        registration_time=world.now,
        period=TimeSeriesPeriod(start=midnight(date(2026, 10, 1)), end=midnight(date(2026, 11, 1))),
        product=ACTIVE,
        direction="Out",
        metering_point=POINT,
        profiled_observation=ProfiledCollected(withdrawn=True),
    )
    world.decisions.more = lambda _message: {"notices": [{**notice(NEW, "DDQ"), "document": "E67"}]}
    assert world.parties.process(send_values(world, withdrawal, kind="332").id).state == "sent"
    assert world.heard(NEW)[-1] == "ValuesWithdrawn"


def test_reminder(world: World) -> None:
    from tests.support.places import FIXTURES

    data = (FIXTURES / "valid" / "RequestCollectedData-314.xml").read_bytes()
    message: Any = ediel.read(data)
    header = message.header.model_copy(update={"juridical_recipient": GRID})
    (found,) = world.parties.receive(ediel.write(message.model_copy(update={"header": header})))
    assert (found.outcome, found.state) == ("handled", "reminded")
    assert world.heard(GRID) == ["ValuesMissing"]
    assert found.process_id is not None
    assert world.parties.command(found.process_id, "settle").state == "settled"


# --- BRS-NO-701


def shared() -> Any:
    return ediel.SharedProduction(
        name="Prøvegården",
        formula="EquallyDistributed",
        start=date(2026, 12, 1),
        calculation=VirtualCalculation(
            participants=Participants(
                contributors=(Participant(metering_point="707057542000000421"),),
                recipients=(Participant(metering_point=POINT), Participant(metering_point=POINT_2)),
            )
        ),
    )


def test_shared_production_set_up_changed_and_ended(world: World) -> None:
    calculation = world.parties.start(shared(), party=GRID)
    world.deliver()
    found = world.parties.process(calculation.id)
    assert (found.state, found.facts["version"], found.commands) == ("active", 1, ("update", "delete"))
    world.parties.command(calculation.id, "update")
    world.deliver()
    assert world.parties.process(calculation.id).facts["version"] == 2
    world.parties.command(calculation.id, "delete")
    world.deliver()
    assert world.parties.process(calculation.id).state == "ended"
    assert world.hub_state("shared_production/hub", None) == "ended"
    assert world.heard(GRID) == [
        "SharedProductionAsked", "SharedProductionActive", "SharedProductionActive", "SharedProductionEnded",
    ]  # fmt: skip


def test_an_earlier_version_that_comes_late_changes_nothing(world: World) -> None:
    calculation = world.parties.start(shared(), party=GRID)
    world.deliver(to_parties=False)
    (first,) = world.hub.outbox.pending()
    world.parties.receive(first["data"])
    world.hub.outbox.sent(first["message_id"])
    for _ in range(2):
        world.parties.command(calculation.id, "update")
        world.deliver(to_parties=False)
        second = world.hub.outbox.pending()[-1]
        world.parties.receive(second["data"])
    late = world.hub.outbox.pending()[0]
    (found,) = world.parties.receive(late["data"])
    assert found.outcome == "duplicate"
    assert world.parties.process(calculation.id).facts["version"] == 3


@pytest.mark.parametrize("what", ["add", "update", "delete"])
def test_shared_production_refused(world: World, what: str) -> None:
    world.decisions.refusals[f"RequestUpdateSharedProduction:{what}"] = ["EH032"]
    calculation = world.parties.start(shared(), party=GRID)
    world.deliver()
    if what != "add":
        world.parties.command(calculation.id, what)
        world.deliver()
    assert world.parties.process(calculation.id).state == ("rejected" if what == "add" else "active")
    assert world.heard(GRID)[-1] == "SharedProductionRejected"
    if what == "add":
        with pytest.raises(CommandRefused):
            world.parties.command(calculation.id, "update")
