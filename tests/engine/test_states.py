"""What processes know: typed, stored with a revision, silent about people; and what comes from outside must fit."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import MISSING, FrozenInstanceError, fields
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import ediel
from ediel.messages import EndOfSupplyCustomer
from ediel.processes import (
    MACHINES,
    CannotRead,
    InvalidData,
    Kept,
    Machine,
    ProcessState,
    decode_state,
    encode_state,
    supply,
)
from ediel.processes._state import with_data
from tests.support.world import GRID, NEW, THIRD_PARTY, World, start

SHAPES = Path(__file__).parent / "states.json"
OWN = {"sender": NEW, "physical_sender": NEW, "hub": "7080003824349", "role": "DDQ"}


def shape(table: Machine) -> dict[str, Any]:
    """Names, types and defaults of what a process of a table knows: all that a stored one depends on."""
    return {
        "revision": table.revision,
        "states": sorted(table.states),
        "facts": {
            item.name: f"{item.type}{'' if item.default is MISSING else f' = {item.default!r}'}"
            for item in fields(table.facts)
        },
    }


def test_a_table_whose_facts_change_has_a_new_revision() -> None:
    """If this fails: raise ``revision`` of the table, write its upcaster, and only then ``states.json``."""
    found = {table.key: shape(table) for table in MACHINES}
    assert found == json.loads(SHAPES.read_text(encoding="utf-8"))


@pytest.mark.parametrize("table", MACHINES, ids=lambda table: table.key)
def test_a_state_is_frozen_and_silent(table: Machine) -> None:
    state = table.facts(**OWN, process="BRS-NO-101", metering_point="707057542000000117")
    assert repr(state) == str(state) == f"<{table.facts.__name__} of BRS-NO-101>"
    with pytest.raises(FrozenInstanceError):
        state.process = "BRS-NO-102"
    text = encode_state(state)
    assert set(json.loads(text)) == {*OWN, "process", "metering_point"}, "defaults are not stored"
    if table.facts.needs == ("process",) or not table.facts.needs:
        assert decode_state(table.facts, text) == state
    assert not set(table.facts.passing) & set(json.loads(text))


def test_what_a_state_needs() -> None:
    state = supply.StartRequest(**OWN, process="BRS-NO-101", metering_point="707057542000000117", day=date(2026, 12, 1))
    with pytest.raises(CannotRead, match="payload is missing"):
        decode_state(supply.StartRequest, encode_state(state))


def test_kept_is_read_once_and_equal_to_what_it_says() -> None:
    customer = EndOfSupplyCustomer(
        identification="12818525018", identification_scheme="Z01", given_name="Kari", family_name="T"
    )
    kept = Kept.of(customer)
    state = supply.HubSupply(**OWN, leaving_customer=kept)
    again = json.loads(encode_state(state))["leaving_customer"]
    assert json.loads(again)["family_name"] == "T"
    other = with_data(supply.HubSupply(**OWN), {"leaving_customer": json.loads(again)}, "a test").leaving_customer
    assert other is not None
    assert (other, hash(other), other.value) == (kept, hash(kept), customer)
    assert "Kari" not in repr(kept) + repr(state) + f"{kept}"
    assert kept != customer


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.close()


def test_a_command_with_a_name_that_the_process_does_not_know(world: World) -> None:
    access = world.parties.start(ediel.AccessRequest(metering_point="707057542000000117"), party=THIRD_PARTY)
    world.parties.decide(access.id, "approve")
    with pytest.raises(
        InvalidData, match=r"command update: ends: Unexpected keyword argument\. .*: answer_by, end, "
    ) as caught:
        world.parties.command(access.id, "update", ends="2027-06-01")
    assert "sender" not in str(caught.value)
    with pytest.raises(InvalidData, match="command update: end: "):
        world.parties.command(access.id, "update", end="soon")
    assert world.parties.process(access.id).state == "granted"
    world.parties.command(access.id, "update", end="2027-06-01")
    assert world.parties.process(access.id).facts["end"] == "2027-06-01"


def test_a_hub_that_gives_what_no_process_knows(world: World) -> None:
    """The message is kept as a dead letter, and the text names what is right."""
    world.parties.start(start(), party=NEW)
    world.decisions.register = {"grid": GRID, "last resort": GRID}
    (row,) = world.parties.outbox.pending()
    (found,) = world.hub.receive(row["data"])
    assert (found.outcome, str(found.reason)) == ("dead", "refused")
    assert "last resort" in found.text
    assert "last_resort" in found.text


def test_every_state_is_of_one_kind() -> None:
    assert all(issubclass(table.facts, ProcessState) for table in MACHINES)
    assert all(" " not in item.name for table in MACHINES for item in fields(table.facts))
