"""The tables are whole, and the checks that say so see every kind of hole."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

import ediel
from ediel.engine import events
from ediel.processes import (
    BEGIN,
    MACHINES,
    CommandRefused,
    Condition,
    Inform,
    Instance,
    Machine,
    NoTransition,
    ProcessState,
    Row,
    Send,
    SetTimer,
    Trigger,
    abandon,
    access,
    command,
    label_of,
    machine,
    mermaid,
    message,
    problems,
    settles,
    step,
    timer,
)
from tests.support.places import FIXTURES

NOW = datetime(2026, 11, 27, 9, tzinfo=UTC)


@pytest.mark.parametrize("table", MACHINES, ids=lambda table: table.key)
def test_every_table_is_whole(table: Machine) -> None:
    assert problems(table) == []
    assert len(table.rows) >= 2
    assert len({item.key for item in MACHINES}) == len(MACHINES)


@pytest.mark.parametrize("table", MACHINES, ids=lambda table: table.key)
def test_every_event_has_a_class_and_every_state_a_meaning(table: Machine) -> None:
    for row in table.rows:
        for effect in row.do:
            if isinstance(effect, Inform):
                assert events.BY_NAME[effect.event].__doc__
    assert all(text for text in table.states.values())


def test_every_event_is_told_by_some_table() -> None:
    told = {effect.event for table in MACHINES for row in table.rows for effect in row.do if isinstance(effect, Inform)}
    # what becomes of a message is told by the outbox; that notices disagree, by the contracts that they change
    others = {"MessageNotSent", "NoticesDisagree", "ProcessAbandoned", "ProcessAdopted"}
    assert told | others == set(events.BY_NAME)


@pytest.mark.parametrize("table", MACHINES, ids=lambda table: table.key)
def test_from_every_state_a_person_can_reach_an_end(table: Machine) -> None:
    """By commands alone, whatever the other side does not do: nothing waits any more, and what comes then is heeded."""
    begun = table.begin(str(UUID(int=1)), "7080001100018", ediel.Party("7080001100018", table.codes[0]).actor())
    for state in table.states:
        standing = replace(begun, state=state, version=1)
        if state in table.finals or state == BEGIN:
            with pytest.raises(CommandRefused):
                abandon(table, standing)
            continue
        assert table.status(standing) == "open"
        over = abandon(table, standing)
        assert table.status(over.instance) == "abandoned"
        assert set(over.cancelled) == set(table.due), "no timer is left that could move it"
        assert (over.sends, over.timers, over.changes) == ((), (), ())
        heeded = {on for at, on in table.index if at == state and on.kind == "message"}
        assert heeded == {on for at, on in table.index if at == over.instance.state and on.kind == "message"}
        assert all(to in table.states for to in settles(table, state))


YES_NO: Condition[Any] = Condition("is it so", ("yes", "no"), lambda facts, trigger, now: "yes")


def whole() -> Machine:
    """A small table without a flaw."""
    return Machine(
        name="test", role="role", title="a test", codes=("DDQ",), family="supply",
        states={BEGIN: "nothing", "on": "on", "off": "off"},
        rows=(
            Row((BEGIN,), command("go"), "on", (SetTimer("end"),), source="x"),
            Row(("on",), message("Acknowledgement"), "off", when=YES_NO("yes"), source="x"),
            Row(("on",), message("Acknowledgement"), when=YES_NO("no"), ignored="no", source="x"),
            Row(("on",), timer("end"), "off", source="x"),
            Row(("off",), message("Acknowledgement"), ignored="late", source="x"),
        ),
        closed=("off",), facts=ProcessState, receives=("Acknowledgement",), due={"end": lambda facts: None},
        public=("process",), revision=1,
    )  # fmt: skip


def rows_of(table: Machine, *more: Row, without: int | None = None) -> tuple[Row, ...]:
    return tuple(row for place, row in enumerate(table.rows) if place != without) + more


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda table: {"rows": rows_of(table, Row(("lost",), timer("end"), "off", source="x"))}, "state lost is not described"),
        (lambda table: {"states": {**table.states, "idle": "idle"}}, "state idle is in no row"),
        (lambda table: {"closed": ("gone",)}, "final state gone is unknown"),
        (lambda table: {"rows": rows_of(table, Row(("idle",), timer("end"), "off", source="x")), "states": {**table.states, "idle": "x"}}, "state idle cannot be reached"),
        (lambda table: {"closed": ()}, "state on reaches no final state"),
        (lambda table: {"rows": rows_of(table, without=4)}, "Acknowledgement has no row in the state off"),
        (lambda table: {"receives": ()}, "Acknowledgement is in a row, but the role does not receive it"),
        (lambda table: {"rows": rows_of(table, Row(("on",), timer("end"), "on", source="x"))}, "two rows can both fire in the state on on timer end"),
        (lambda table: {"rows": rows_of(table, Row(("on",), message("Acknowledgement"), "off", when=YES_NO("yes"), source="x"))}, "two rows can both fire in the state on on Acknowledgement"),
        (lambda table: {"rows": rows_of(table, without=2)}, "no row in the state on on Acknowledgement for no"),
        (lambda table: {"rows": rows_of(table, Row(("off",), timer("end"), "on", ignored="x", source="x"))}, "an ignored timer end has effects"),
        (lambda table: {"rows": rows_of(table, Row(("off",), timer("end"), ignored="x"))}, "timer end in off names no source"),
        (lambda table: {"rows": rows_of(table, Row(("off",), timer("end"), None, (Send("X", "hub"),), source="x"))}, "nothing makes X to hub"),
        (lambda table: {"due": {}}, "nothing says when timer end is due"),
        (lambda table: {"public": ("day",)}, "there is no fact day"),
        (lambda table: {"revision": 2}, "nothing brings revision 1 to the next one"),
    ],
)  # fmt: skip
def test_the_check_sees_every_kind_of_hole(change: Any, problem: str) -> None:
    table = whole()
    assert problems(table) == []
    assert problem in problems(replace(table, **change(table)))


def test_a_condition_knows_its_answers() -> None:
    with pytest.raises(ValueError, match="is it so has no answer maybe"):
        YES_NO("maybe")


def test_a_step_is_the_same_each_time() -> None:
    """The same instance, trigger and moment give the same messages, with the same identifications."""
    table = access.THIRD_PARTY
    facts = access.RequestedAccess(
        sender="7080001300012", physical_sender="7080001300012", hub="7080003824349", role="AG",
        process="BRS-NO-622", metering_point="707057542000000117",
    )  # fmt: skip
    begun = Instance("5f0a3c1e-7d0f-5f2e-9c62-3a4f1f1f7b11", table.key, "7080001300012", facts)
    first = step(table, begun, Trigger(command("add")), NOW)
    assert first == step(table, begun, Trigger(command("add")), NOW)
    assert begun.state == BEGIN
    assert (first.instance.state, first.instance.version) == ("asked", 1)
    assert [item.due for item in first.timers] == [None], "an unknown deadline sets no timer, and says so"
    with pytest.raises(NoTransition, match="no row for timer end in the state asked") as caught:
        step(table, first.instance, Trigger(timer("end")), NOW)
    assert (caught.value.state, caught.value.on) == ("asked", "timer end")


def test_unknown_table() -> None:
    with pytest.raises(ediel.UnknownName, match="did you mean supply/hub"):
        machine("supply/hubb")


@pytest.mark.parametrize(
    ("name", "about", "label"),
    [
        ("RequestStartOfSupply-101", None, "RequestStartOfSupply"),
        ("RequestStartOfSupply-101-cancel", None, "RequestStartOfSupply:cancel"),
        ("RequestStartOfSupply-111", None, "RequestStartOfSupply:rollback"),
        ("RequestEndOfSupply-221", None, "RequestEndOfSupply:rollback"),
        ("ConfirmStartOfSupply-101", None, "ConfirmStartOfSupply:request"),
        ("ConfirmStartOfSupply-101", "RequestStartOfSupply:cancel", "ConfirmStartOfSupply:cancel"),
        ("RejectStartOfSupply-101", "RequestStartOfSupply:rollback", "RejectStartOfSupply:rollback"),
        ("NotifyStartOfSupply-101-DDQ", None, "NotifyStartOfSupply"),
        ("NotifyEndOfSupply-101", None, "NotifyEndOfSupply"),
        ("Acknowledgement-622-refused", "UpdateThirdPartyAccess:add", "Acknowledgement:add rejected"),
        ("Acknowledgement-622-accepted", None, "Acknowledgement:accepted"),
        ("UpdateThirdPartyAccess-622-delete", None, "UpdateThirdPartyAccess:delete"),
        ("RequestUpdateSharedProduction-701-add", None, "RequestUpdateSharedProduction:add"),
        ("CollectedData-313-hourly", None, "CollectedData"),
    ],
)
def test_labels(name: str, about: str | None, label: str) -> None:
    data = (FIXTURES / "valid" / f"{name}.xml").read_bytes()
    assert label_of(ediel.read(data), about) == label


@pytest.mark.parametrize("table", MACHINES, ids=lambda table: table.key)
def test_diagrams(table: Machine) -> None:
    text = mermaid(table)
    lines = text.splitlines()
    assert lines[0] == "stateDiagram-v2"
    assert any(line.startswith("    [*] --> ") for line in lines)
    for state in table.states:
        assert state == BEGIN or f'state "{state}" as' in text
    for line in lines:
        if "-->" in line:
            assert line.count(":") <= 1, "a colon ends the label for Mermaid"
