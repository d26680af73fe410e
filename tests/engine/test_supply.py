"""Start and end of supply, told as the standard tells them, with a virtual clock."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import pytest

import ediel
from ediel import brs
from ediel.calendar import midnight
from ediel.codes import Agency, BusinessProcess, Role
from ediel.messages import MeteringPointCharacteristics
from ediel.processes import CommandRefused
from ediel.testing import conforming
from tests.support.world import GRID, HUB, LAST_RESORT, NEW, OLD, POINT, World, at, end, start

INACTIVE = MeteringPointCharacteristics(physical_status="E23").model_dump(mode="json", exclude_none=True)
FIRST = date(2026, 12, 1)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.close()


def test_change_of_supplier(world: World) -> None:
    """BRS-NO-101: requested, accepted, notified when the cancellation deadline has passed, supplied from the first day."""
    switch = world.parties.start(start(), party=NEW)
    assert switch.state == "requested"
    assert switch.facts["cancellation"] == "2026-11-30"
    assert switch.facts["cancellation_standing"] == "assumed"
    world.deliver()
    assert world.parties.process(switch.id).state == "accepted"
    assert world.hub_state() == "waiting"
    world.time("2026-11-30 23:59")
    assert world.hub_state() == "waiting"
    world.time("2026-12-01 00:00")
    assert world.hub_state() == "effective"
    assert world.parties.process(switch.id).state == "supplying"
    assert world.state("supply/leaver", OLD) == "ended"
    assert world.state("supply/grid access provider", GRID) == "informed"
    assert world.heard(NEW) == ["SupplyRequested", "SupplyAccepted", "SupplyConfirmed", "SupplyStarted"]
    assert world.heard(OLD) == ["SupplyEnding", "SupplyEnded"]
    assert world.suppliers(FIRST) == world.hub_suppliers(FIRST) == {NEW}
    assert world.suppliers(date(2026, 11, 30)) == {OLD}
    history = world.parties.browse.process(switch.id)
    assert history is not None
    assert [row["to_state"] for row in history["transitions"]] == ["requested", "accepted", "supplying"]
    assert all(row["source"] for row in history["transitions"])
    assert "Testesen" not in str(history)


def test_without_a_positive_answer_silence_means_that_all_is_well(world: World) -> None:
    switch = world.parties.start(start(day=date(2026, 12, 3), ask=False), party=NEW)
    world.deliver()
    assert world.parties.process(switch.id).state == "requested"
    assert world.log == ["RequestStartOfSupply"]
    world.time("2026-12-03 00:00")
    assert world.parties.process(switch.id).state == "supplying"


@pytest.mark.parametrize("codes", [["E17"], ["E22"], ["E10", "EH016"]])
def test_rejections(world: World, codes: list[str]) -> None:
    world.decisions.refusals["RequestStartOfSupply"] = codes
    switch = world.parties.start(start(), party=NEW)
    world.deliver()
    found = world.parties.process(switch.id)
    assert (found.state, found.facts["reasons"], found.commands) == ("rejected", codes, ())
    world.time("2026-12-02 00:00")
    assert world.suppliers(FIRST) == world.hub_suppliers(FIRST) == set()
    assert world.heard(NEW) == ["SupplyRequested", "SupplyRejected"]


def test_cancellation_at_the_last_moment_and_one_moment_later(world: World) -> None:
    """The deadline is a day; the day ends at Norwegian midnight."""
    first, second = (
        world.parties.start(start(metering_point=point), party=NEW) for point in (POINT, "707057542000000285")
    )
    world.deliver()
    world.now = at("2026-11-30 23:59:59")
    world.parties.cancel(first.id)
    world.deliver()
    assert world.parties.process(first.id).state == "cancelled"
    assert world.hub_state() == "cancelled"
    world.now = at("2026-12-01 00:00")
    with pytest.raises(CommandRefused, match="cancel is not possible: it needs the cancellation deadline lies ahead"):
        world.parties.cancel(second.id)
    world.time("2026-12-01 00:00")
    assert world.parties.process(second.id).state == "supplying"
    assert world.hub_suppliers(FIRST) == set()
    with pytest.raises(CommandRefused, match="Possible now: nothing"):
        world.parties.cancel(first.id)


def test_a_cancellation_that_crosses_the_notice(world: World) -> None:
    """The hub has passed the deadline while the cancellation was on its way: the notice wins."""
    switch = world.parties.start(start(), party=NEW)
    world.deliver()
    world.now = at("2026-11-30 23:59:59")
    world.parties.cancel(switch.id)
    world.now = at("2026-12-01 00:00")
    world.hub.run_due()
    world.deliver()
    assert world.parties.process(switch.id).state == "supplying"
    assert "RejectStartOfSupply:cancel" in world.log
    assert world.suppliers(FIRST) == world.hub_suppliers(FIRST) == {NEW}


def test_a_refused_cancellation_leaves_the_request_in_force(world: World) -> None:
    switch = world.parties.start(start(), party=NEW)
    world.deliver()
    world.decisions.refusals["RequestStartOfSupply:cancel"] = ["EH033"]
    world.parties.cancel(switch.id)
    world.deliver()
    assert world.parties.process(switch.id).state == "accepted"
    assert world.heard(NEW)[-1] == "SupplyCancellationRejected"


def test_rollback(world: World) -> None:
    """BRS-NO-111, after the deadline: contracts are what they were before."""
    switch = world.parties.start(start(day=date(2026, 12, 3)), party=NEW)
    world.deliver()
    world.time("2026-12-03 00:00")
    world.parties.roll_back(switch.id)
    world.deliver()
    assert world.parties.process(switch.id).state == "rolled back"
    assert world.hub_state() == "rolled back"
    assert world.state("supply/leaver", OLD) == "reopened"
    assert world.state("supply/grid access provider", GRID) == "withdrawn"
    assert world.suppliers(date(2026, 12, 5)) == world.hub_suppliers(date(2026, 12, 5)) == {OLD}
    assert world.heard(NEW)[-1] == "SupplyRolledBack"


def test_a_refused_rollback(world: World) -> None:
    switch = world.parties.start(start(), party=NEW)
    world.deliver()
    world.time("2026-12-01 00:00")
    world.decisions.refusals["RequestStartOfSupply:rollback"] = ["E14"]
    world.parties.roll_back(switch.id)
    world.deliver()
    assert world.parties.process(switch.id).state == "supplying"
    assert world.suppliers(FIRST) == {NEW}


def test_silence(world: World) -> None:
    """The hub says nothing until the first day: a person must look. A late notice is still taken."""
    switch = world.parties.start(start(), party=NEW)
    world.now = at("2026-12-01 00:00")
    assert world.parties.run_due() == []
    world.deliver(to_parties=False)
    world.now = at("2026-12-01 11:59")
    assert world.parties.run_due() == [], "the notice may still come"
    world.now = at("2026-12-01 12:00")
    world.parties.run_due()
    assert world.parties.process(switch.id).state == "unanswered"
    assert world.heard(NEW)[-1] == "SupplyUnanswered"
    world.deliver()
    world.hub.run_due()
    world.deliver()
    assert world.parties.process(switch.id).state == "supplying"


@pytest.mark.parametrize("ahead", [True, False])
def test_move_in(world: World, ahead: bool) -> None:
    """BRS-NO-102 waits for the deadline, 103 takes effect at once; the old end user's supply ends by itself."""
    day = date(2026, 12, 1) if ahead else date(2026, 11, 20)
    more = {} if ahead else {"move_in_to_slr": False}
    consent = "d0b3b7a4-9a4e-4bd5-9e5f-5a5b5c5d5e5f"
    move = world.parties.start(start(ediel.MoveIn, day, consent_id=consent, **more), party=NEW)
    assert move.facts["process"] == ("BRS-NO-102" if ahead else "BRS-NO-103")
    (row,) = world.parties.outbox.pending()
    request = ediel.read(row["data"])
    assert request.payload.consent_id == consent  # type: ignore[attr-defined]
    assert request.payload.move_in_to_slr == (None if ahead else False)  # type: ignore[attr-defined]
    world.deliver()
    assert world.parties.process(move.id).state == ("accepted" if ahead else "supplying")
    world.time("2026-12-01 00:00")
    assert world.parties.process(move.id).state == "supplying"
    assert world.state("supply/leaver", OLD) == "ended"
    assert world.hub_suppliers(day) == {NEW}
    if not ahead:
        assert world.parties.process(move.id).commands == ("roll back",)


def test_move_in_back_in_time_cannot_be_cancelled(world: World) -> None:
    move = world.parties.start(start(ediel.MoveIn, date(2026, 11, 20)), party=NEW)
    world.deliver(to_parties=False)
    with pytest.raises(CommandRefused):
        world.parties.cancel(move.id)


def test_move_in_on_an_inactive_point(world: World) -> None:
    """The grid access provider activates with BRS-NO-122; only then is there a contract."""
    world.decisions.register |= {"inactive": True, "characteristics": INACTIVE, "leaver": None}
    move = world.parties.start(start(ediel.MoveIn), party=NEW)
    world.deliver()
    assert world.hub_state() == "asking the grid"
    assert world.state("supply/grid access provider", GRID) == "asked"
    assert world.hub_suppliers(FIRST) == set()
    asked = world.parties.browse.processes(party=GRID, metering_point=POINT)[0]
    world.decisions.register |= {"inactive": False, "characteristics": None}
    world.parties.command(asked["id"], "activate", activation_day="2026-12-01")
    world.deliver()
    assert world.state("supply/grid access provider", GRID) == "informed"
    assert world.parties.process(move.id).state == "notified"
    world.time("2026-12-01 00:00")
    assert world.parties.process(move.id).state == "supplying"
    assert "ActivationAccepted" in world.heard(GRID)


def test_an_activation_that_the_hub_refuses_can_be_sent_again(world: World) -> None:
    world.decisions.register |= {"inactive": True, "characteristics": INACTIVE, "leaver": None}
    world.parties.start(start(ediel.MoveIn), party=NEW)
    world.deliver()
    asked = world.parties.browse.processes(party=GRID, metering_point=POINT)[0]
    world.decisions.refusals["RequestUpdateMasterDataMeteringPoint"] = ["EH032"]
    world.parties.command(asked["id"], "activate")
    world.deliver()
    assert world.state("supply/grid access provider", GRID) == "asked"
    assert world.heard(GRID)[-1] == "ActivationRejected"


def test_a_point_that_cannot_be_activated(world: World) -> None:
    """EH095 goes to the hub, and on to the supplier."""
    world.decisions.register |= {"inactive": True, "characteristics": INACTIVE, "leaver": None}
    move = world.parties.start(start(ediel.MoveIn), party=NEW)
    world.deliver()
    asked = world.parties.browse.processes(party=GRID, metering_point=POINT)[0]
    world.parties.command(asked["id"], "refuse")
    (row,) = world.parties.outbox.pending()
    refusal = ediel.read(row["data"])
    assert [(reason.code.value, reason.agency.value) for reason in refusal.payload.reasons] == [("EH095", "89")]  # type: ignore[attr-defined]
    world.deliver()
    found = world.parties.process(move.id)
    assert (found.state, found.facts["reasons"]) == ("rejected", ["EH095"])
    assert world.state("supply/grid access provider", GRID) == "refused"
    assert world.hub_state() == "refused by the grid"


def test_change_from_last_resort_and_its_rollback(world: World) -> None:
    """BRS-NO-104 takes effect at once, back in time; rolled back, last-resort supply is in force again."""
    world.decisions.register |= {"leaver": LAST_RESORT, "leaver_role": "SLR"}
    day = date(2026, 11, 16)
    switch = world.parties.start(start(ediel.ChangeFromLastResort, day), party=NEW)
    world.deliver()
    assert world.parties.process(switch.id).state == "supplying"
    assert world.state("supply/last resort", LAST_RESORT) == "ending"
    assert world.suppliers(day) == {NEW}
    world.time("2026-11-27 09:01")
    assert world.state("supply/last resort", LAST_RESORT) == "ended"
    world.parties.roll_back(switch.id)
    world.deliver()
    assert world.state("supply/last resort", LAST_RESORT) == "supplying"
    assert world.suppliers(day) == world.hub_suppliers(day) == {LAST_RESORT}


def test_move_in_from_the_grid_access_provider_and_its_rollback(world: World) -> None:
    """BRS-NO-123 gives last-resort supply; 133 undoes it."""
    world.decisions.register |= {"last_resort": LAST_RESORT, "leaver": OLD, "supplier": LAST_RESORT}
    move = world.parties.start(start(ediel.GridMoveIn, date(2026, 12, 1)), party=GRID)
    world.deliver()
    assert world.parties.process(move.id).state == "accepted"
    world.time("2026-12-01 00:00")
    assert world.hub_state() == "waiting", "no source gives the cancellation deadline of BRS-NO-123"
    timers = world.hub.browse.process(world.hub.browse.processes()[0]["id"])
    assert timers is not None
    assert [(row["name"], row["status"]) for row in timers["timers"]] == [("cancellation", "unknown")]


def test_move_out_and_its_cancellation(world: World) -> None:
    """BRS-NO-201, cancelled by the same process with E02: nothing has changed."""
    out = world.parties.start(end(ediel.MoveOut), party=OLD)
    world.deliver()
    assert world.parties.process(out.id).state == "accepted"
    world.parties.cancel(out.id)
    world.deliver()
    assert world.parties.process(out.id).state == "cancelled"
    assert world.hub_state("end_of_supply/hub") == "cancelled"
    again = world.parties.start(end(ediel.MoveOut), party=OLD)
    world.decisions.register["leaver"] = None
    world.deliver()
    world.time("2026-12-01 00:00")
    assert world.parties.process(again.id).state == "ended"
    assert world.suppliers(FIRST) == world.hub_suppliers(FIRST) == set()


def test_end_of_supply_goes_to_last_resort_and_is_rolled_back(world: World) -> None:
    """BRS-NO-202, then 221."""
    world.decisions.register |= {"last_resort": LAST_RESORT, "leaver": None, "supplier": LAST_RESORT}
    over = world.parties.start(end(ediel.EndOfSupply), party=OLD)
    world.deliver()
    world.time("2026-12-01 00:00")
    assert world.parties.process(over.id).state == "ended"
    assert world.state("supply/last resort", LAST_RESORT) == "supplying"
    assert world.suppliers(FIRST) == world.hub_suppliers(FIRST) == {LAST_RESORT}
    world.parties.roll_back(over.id)
    world.deliver()
    assert world.parties.process(over.id).state == "rolled back"
    assert world.state("supply/last resort", LAST_RESORT) == "withdrawn"
    assert world.suppliers(FIRST) == world.hub_suppliers(FIRST) == {OLD}


def test_move_out_from_the_grid_access_provider(world: World) -> None:
    """BRS-NO-211: the supplier is told; 222 sets it back."""
    out = world.parties.start(end(ediel.GridMoveOut), party=GRID)
    world.decisions.settlement = "interval"
    world.deliver()
    assert world.parties.process(out.id).state == "accepted"
    (process,) = world.hub.browse.processes()
    assert process["state"] == "waiting"


@pytest.mark.parametrize("kind", [ediel.MoveOut, ediel.EndOfSupply])
def test_an_end_that_is_refused(world: World, kind: type[object]) -> None:
    world.decisions.refusals["RequestEndOfSupply"] = ["E17"]
    out = world.parties.start(end(kind), party=OLD)
    world.deliver()
    found = world.parties.process(out.id)
    assert (found.state, found.facts["reasons"]) == ("rejected", ["E17"])


def test_a_deadline_over_easter(tmp_path: Path) -> None:
    """Three working days before the Wednesday after Easter 2027 lie before the holidays."""
    world = World(tmp_path, "2027-03-19 12:00")
    world.decisions.settlement = "profiled"
    switch = world.parties.start(start(day=date(2027, 3, 31), settlement="profiled"), party=NEW)
    assert switch.facts["cancellation"] == "2027-03-23"
    world.deliver()
    world.time("2027-03-23 23:59:59")
    assert world.hub_state() == "waiting"
    world.time("2027-03-24 00:00")
    assert world.hub_state() == "contracted"
    assert world.parties.process(switch.id).state == "notified"
    world.time("2027-03-31 00:00")
    assert world.parties.process(switch.id).state == "supplying"
    world.close()


def test_a_first_day_when_the_clock_changes(tmp_path: Path) -> None:
    """The first day begins at Norwegian midnight, in winter and in summer time."""
    world = World(tmp_path, "2027-03-24 12:00")
    switch = world.parties.start(start(day=date(2027, 3, 29)), party=NEW)
    world.deliver()
    world.time("2027-03-28 23:59:59")
    assert world.parties.process(switch.id).state == "accepted"
    world.time("2027-03-29 00:00:00")
    assert world.parties.process(switch.id).state == "supplying"
    world.close()


def test_superseded_by_a_crossing_process(world: World) -> None:
    switch = world.parties.start(start(), party=NEW)
    world.deliver()
    (process,) = world.hub.browse.processes()
    world.hub.decide(process["id"], "supersede", reasons=["E14"])
    world.deliver()
    assert world.parties.process(switch.id).state == "rejected"
    assert world.hub_state() == "superseded"


def test_unknown_requests_are_refused(world: World) -> None:
    """A cancellation or rollback of something that the hub does not know."""
    switch = world.parties.start(start(), party=NEW)
    (request,) = world.parties.outbox.pending()
    world.parties.outbox.sent(request["message_id"])
    world.parties.cancel(switch.id)
    world.decisions.register["reasons"] = ["EH033"]
    world.deliver()
    assert world.hub_state() == "unfounded"
    assert world.parties.process(switch.id).state == "accepted"


def test_a_cancellation_never_touches_another_suppliers_process(world: World) -> None:
    """Found by the model test: one that refers to an unknown request was once taken for the process on the point."""
    mine = world.parties.start(start(), party=NEW)
    world.deliver()
    other = world.parties.start(start(day=date(2026, 12, 5)), party=OLD)
    (lost,) = world.parties.outbox.pending()
    world.parties.outbox.sent(lost["message_id"])
    world.decisions.register["reasons"] = ["EH033"]
    world.parties.cancel(other.id)
    world.deliver()
    assert world.parties.process(mine.id).state == "accepted"
    assert world.parties.process(other.id).state == "accepted"
    assert world.log[-1] == "RejectStartOfSupply:cancel"
    assert "waiting" in {row["state"] for row in world.hub.browse.processes()}


def test_a_notice_belongs_to_the_request_of_its_day(world: World) -> None:
    """Found by the model test: two requests of one supplier on one point, and a notice that refers to neither."""
    world.decisions.register["leaver"] = None
    first = world.parties.start(start(), party=NEW)
    world.deliver()
    second = world.parties.start(start(day=date(2026, 12, 3)), party=NEW)
    world.time("2026-12-01 00:00")
    assert world.parties.process(first.id).state == "supplying"
    assert world.parties.process(second.id).state == "accepted"
    with pytest.raises(CommandRefused, match="the same is under way"):
        world.parties.start(start(day=date(2026, 12, 3)), party=NEW)


def notice(process: BusinessProcess, name: str, to: str, role: str, **payload: object) -> bytes:
    """A notice of the hub to a party, about the metering point."""
    made: Any = conforming(process, name, random=Random(5), on=date(2026, 11, 27))
    header = made.header.model_copy(
        update={
            "juridical_sender": HUB, "physical_sender": HUB, "juridical_recipient": to,
            "document_type": next(iter(brs.of(process).use(name).documents or (made.header.document_type,))),  # type: ignore[union-attr]
            "document_type_agency": Agency("6"),
        }
    )  # fmt: skip
    context = made.process.model_copy(update={"role": Role(role), "role_agency": Agency(Role(role).agency or "6")})
    if hasattr(made, "payload"):
        about = {"payload": made.payload.model_copy(update={"metering_point": POINT, **payload})}
    else:
        one = made.payloads[0].model_copy(update={"metering_point": POINT, **payload})
        about = {"payloads": (one,)}
    return ediel.write(made.model_copy(update={"header": header, "process": context, **about}))


def test_a_deactivation_ends_the_supply(world: World) -> None:
    """BRS-NO-214: suppliers are told that the supply ends with the day; it was a dead letter."""
    told = notice(
        BusinessProcess.BRS_NO_214, "NotifyEndOfSupply", OLD, "DDQ",
        balance_supplier=OLD, end_of_occurrence=midnight(FIRST),
    )  # fmt: skip
    (received,) = world.parties.receive(told)
    assert received.outcome == "handled"
    assert world.state("supply/leaver", OLD) == "ending"
    world.time("2026-12-01 00:00")
    assert world.state("supply/leaver", OLD) == "ended"
    assert world.heard(OLD) == ["SupplyEnding", "SupplyEnded"]


def test_a_supply_that_was_begun_elsewhere_is_adopted(world: World) -> None:
    """In the portal, or by another system of the same supplier; it was a dead letter, without an event or a contract."""

    def told(day: date, identification: str) -> bytes:
        made = ediel.read(
            notice(
                BusinessProcess.BRS_NO_101, "NotifyStartOfSupply", NEW, "DDQ", balance_supplier=NEW,
                start_of_occurrence=midnight(day),
            )
        )  # fmt: skip
        header = made.header.model_copy(update={"identification": identification})
        return ediel.write(made.model_copy(update={"header": header}))

    first = "5f0a3c1e-7d0f-5f2e-9c62-3a4f1f1f7b0{}"
    (received,) = world.parties.receive(told(FIRST, first.format(1)))
    assert (received.outcome, received.state) == ("handled", "notified")
    (again,) = world.parties.receive(told(FIRST, first.format(2)))
    assert again.process_id == received.process_id, "the same supply, whoever says it again"
    assert world.suppliers(FIRST) == {NEW}
    world.now = at("2026-12-01 00:00")
    world.parties.run_due()
    world.parties.deliver()
    assert world.parties.process(str(received.process_id)).state == "supplying"
    assert world.heard(NEW)[-1] == "SupplyStarted"
    (late,) = world.parties.receive(told(date(2026, 11, 20), first.format(3)))
    assert late.state == "supplying", "back in time it begins at once, and is another supply"
    assert late.process_id != received.process_id


def test_a_notice_of_an_own_supply_begins_no_other(world: World) -> None:
    switch = world.parties.start(start(), party=NEW)
    world.deliver()
    world.time("2026-12-01 00:00")
    assert world.parties.process(switch.id).state == "supplying"
    again = notice(
        BusinessProcess.BRS_NO_101, "NotifyStartOfSupply", NEW, "DDQ", balance_supplier=NEW,
        start_of_occurrence=midnight(FIRST),
    )  # fmt: skip
    assert world.parties.receive(again)[0].outcome == "ignored"
    assert {row["machine"] for row in world.parties.browse.processes(party=NEW)} == {"supply/requester"}


@pytest.mark.parametrize(("party", "role"), [(NEW, "DDQ"), (GRID, "DDM"), (LAST_RESORT, "SLR")])
def test_a_start_that_elhub_has_begun_is_told(world: World, party: str, role: str) -> None:
    """BRS-NO-305: what it means for a contract could not be read, so none is written; it was a dead letter to suppliers."""
    told = notice(BusinessProcess.BRS_NO_305, "NotifyStartOfSupply", party, role, balance_supplier=NEW)
    (received,) = world.parties.receive(told)
    assert received.outcome == "handled"
    assert world.state("master_data/receiver", party, None) == "informed"
    assert world.heard(party) == ["SupplyNotified"]
    assert world.parties.browse.contracts(party=party) == []


def test_master_data_that_elhub_has_changed(world: World) -> None:
    """BRS-NO-305: a change of master data comes as it does after an update of the grid access provider."""
    told = notice(BusinessProcess.BRS_NO_305, "NotifyMeteringPointCharacteristics", NEW, "DDQ")
    (received,) = world.parties.receive(told)
    assert received.outcome == "handled"
    assert world.heard(NEW) == ["MasterDataChanged"]
