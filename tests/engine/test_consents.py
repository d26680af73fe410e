"""Consents and the starts of supply that they belong to: attached, checked, and spent when Elhub has notified."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import ediel
from ediel.engine import Engine, EngineSettings, Process
from ediel.messages import RequestStartOfSupply, StartOfSupplyCustomer
from ediel.processes._changes import mark_of
from ediel.processes.authorisation import Consent
from tests.support.world import NEW, OLD, POINT, POINT_2, World, start

GRANT = "0f8fad5b-d9cb-469f-a165-70867728950e"
OTHER_GRANT = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
PERSON = str(start().customer.identification)
FIELDS = ("metering_point", "start", "settlement", "customer", "addresses")
CHANGE, MOVE_IN = "ChangeOfBalanceSupplierForPerson", "MoveInAndChangeOfBalanceSupplierForPerson"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.close()


def granted(engine: Engine, metering_point: str = POINT, grant: str = GRANT, **more: Any) -> Process:
    order = {"metering_point": metering_point, "kind": CHANGE, "person": PERSON, **more}
    asked = engine.start(ediel.engine.commands.ConsentRequest.model_validate(order), party=NEW)
    return engine.decide(asked.id, "accept", grant=grant)


def switch(**more: Any) -> ediel.ChangeOfSupplier:
    return ediel.ChangeOfSupplier.model_validate({**dict(start()), **more})


def rules(process: Process) -> list[str]:
    return [item.rule for item in process.warnings if item.rule.startswith("CONSENT/")]


def sent(engine: Engine, process: Process) -> Any:
    message = engine.message(process.sent[0])
    assert isinstance(message, RequestStartOfSupply)
    return message.payload


@pytest.mark.parametrize("by", ["process", "grant", "consent_id"])
def test_attached_and_spent_when_elhub_has_notified(world: World, by: str) -> None:
    engine = world.parties
    consent = granted(engine)
    named = {"process": {"consent": consent.id}, "grant": {"consent": GRANT}, "consent_id": {"consent_id": GRANT}}[by]
    begun = engine.start(switch(**named), party=NEW)
    assert rules(begun) == []
    assert sent(engine, begun).consent_id == GRANT
    assert engine.process(consent.id).facts["switch"] == begun.id
    assert engine.process(consent.id).state == "active"
    world.deliver()
    assert engine.process(consent.id).state == "active", "accepted is not notified"
    world.time("2026-12-01 00:00")
    assert engine.process(begun.id).state in {"notified", "supplying"}
    assert engine.process(consent.id).state == "exhausted"
    assert [row["name"] for row in engine.browse.events(process_id=consent.id, most=10)][-1] == "ConsentUsed"
    again = engine.start(switch(start=date(2027, 1, 11), consent=consent.id), party=NEW)
    assert rules(again) == ["CONSENT/over"]
    assert "the consent is exhausted, expected a consent that is active" in again.warnings[0].text


def test_settled_by_hand_spends_as_well(world: World) -> None:
    engine = world.parties
    consent = granted(engine)
    begun = engine.start(switch(consent=consent.id), party=NEW)
    engine.settle(begun.id, "notified", reason="seen in the portal")
    assert engine.process(consent.id).state == "exhausted"


WRONG: tuple[tuple[dict[str, Any], dict[str, Any], list[str]], ...] = (
    ({"metering_point": POINT_2}, {}, ["CONSENT/point"]),
    ({"person": "21915296387"}, {}, ["CONSENT/person"]),
    ({"kind": MOVE_IN}, {}, ["CONSENT/process"]),
    ({"person": None}, {}, []),
    ({"kind": MOVE_IN, "move_in_date": date(2026, 11, 20)}, {"kind": ediel.MoveIn, "start": date(2026, 11, 21)}, ["CONSENT/date"]),
    ({"kind": MOVE_IN, "move_in_date": date(2026, 11, 20)}, {"kind": ediel.MoveIn, "start": date(2026, 11, 20)}, []),
)  # fmt: skip


@pytest.mark.parametrize(("asked", "ordered", "expected"), WRONG)
def test_what_does_not_fit_is_warned_of(
    world: World, asked: dict[str, Any], ordered: dict[str, Any], expected: list[str]
) -> None:
    engine = world.parties
    consent = granted(engine, **asked)
    kind = ordered.get("kind", ediel.ChangeOfSupplier)
    more = {name: value for name, value in ordered.items() if name != "kind"}
    order = kind.model_validate({**{name: getattr(start(), name) for name in FIELDS}, **more, "consent": consent.id})
    begun = engine.start(order, party=NEW)
    assert rules(begun) == expected
    assert all(item.standing != "published" and item.code is None for item in begun.warnings if "CONSENT" in item.rule)
    assert PERSON not in str(begun.warnings)
    assert engine.process(begun.id).state == "requested"


def test_after_the_year_of_the_grant(world: World) -> None:
    engine = world.parties
    asked = engine.start(ediel.engine.commands.ConsentRequest(metering_point=POINT, kind=CHANGE), party=NEW)
    engine.decide(asked.id, "accept", grant=GRANT, valid_to=date(2026, 11, 30))
    begun = engine.start(switch(consent=asked.id), party=NEW)
    assert rules(begun) == ["CONSENT/date"]
    assert "valid until 2026-11-30, expected valid on 2026-12-01" in begun.warnings[0].text


def test_not_granted(world: World) -> None:
    engine = world.parties
    asked = engine.start(ediel.engine.commands.ConsentRequest(metering_point=POINT, kind=CHANGE), party=NEW)
    begun = engine.start(switch(consent=asked.id), party=NEW)
    assert rules(begun) == ["CONSENT/not-granted"]
    assert sent(engine, begun).consent_id is None
    assert "switch" not in engine.process(asked.id).facts


def test_one_consent_for_one_start_at_a_time(world: World) -> None:
    engine = world.parties
    consent = granted(engine)
    first = engine.start(switch(consent=consent.id), party=NEW)
    second = engine.start(switch(start=date(2026, 12, 15), consent=consent.id), party=NEW)
    assert rules(second) == ["CONSENT/used"]
    engine.cancel(first.id)
    engine.cancel(second.id)
    third = engine.start(switch(start=date(2026, 12, 16), consent=consent.id), party=NEW)
    assert rules(third) == [], "what came to nothing has used nothing up"
    assert engine.process(consent.id).facts["switch"] == third.id


def test_what_is_not_known_here(world: World) -> None:
    engine = world.parties
    granted(engine, POINT_2, OTHER_GRANT)
    begun = engine.start(switch(consent=OTHER_GRANT), party=NEW)
    assert rules(begun) == ["CONSENT/unknown"]
    assert sent(engine, begun).consent_id == OTHER_GRANT
    engine.cancel(begun.id)
    with pytest.raises(ediel.EngineError, match=r"is of supply/requester; expected the process of a consent"):
        engine.start(switch(start=date(2026, 12, 15), consent=begun.id), party=NEW)
    other = engine.start(switch(start=date(2026, 12, 15), consent_id=OTHER_GRANT), party=NEW)
    assert rules(other) == [], "kept elsewhere, as before"


def opened(world: World, **more: Any) -> Engine:
    return Engine(world.parties.store, clock=world.parties.clock, settings=EngineSettings(**more))


def test_none_where_consent_control_applies(world: World) -> None:
    assert rules(world.parties.start(switch(), party=NEW)) == []
    controlled = opened(world, consent_control=True)
    begun = controlled.start(switch(start=date(2026, 12, 15)), party=NEW)
    assert rules(begun) == ["CONSENT/none"]
    company = StartOfSupplyCustomer(
        identification="999999999", identification_scheme="82", family_name="Prøve AS", extended_storage=False
    )
    of_company = controlled.start(switch(start=date(2026, 12, 16), customer=company), party=NEW)
    assert rules(of_company) == [], "the Access API asks persons alone"
    with pytest.raises(ediel.PreflightRefused, match="No consent of the end user goes with the request") as caught:
        opened(world, consent_control=True, strict=True).start(switch(start=date(2026, 12, 17)), party=NEW)
    assert caught.value.report.messages[0].findings[0].rule == "CONSENT/none"


def test_a_wrong_consent_stops_a_strict_engine_and_a_doubt_does_not(world: World) -> None:
    strict = opened(world, strict=True)
    consent = granted(world.parties, POINT_2)
    with pytest.raises(ediel.PreflightRefused, match="for another metering point"):
        strict.start(switch(consent=consent.id), party=NEW)
    assert "switch" not in strict.process(consent.id).facts


def test_the_consent_of_another_party_does_not_exist(world: World) -> None:
    engine = world.parties
    asked = engine.start(ediel.engine.commands.ConsentRequest(metering_point=POINT, kind=CHANGE), party=OLD)
    begun = engine.start(switch(consent=asked.id), party=NEW)
    assert rules(begun) == ["CONSENT/unknown"]


def test_both_at_once_are_a_mistake() -> None:
    with pytest.raises(ValueError, match="consent and consent_id are both given"):
        switch(consent=GRANT, consent_id=GRANT)


def test_only_a_mark_of_the_person_is_kept(world: World) -> None:
    consent = granted(world.parties)
    stored = world.parties.browse.instance(consent.id)
    assert stored is not None
    assert isinstance(stored.facts, Consent)
    assert stored.facts.customer == mark_of(PERSON)
    assert PERSON not in str(world.parties.process(consent.id))
