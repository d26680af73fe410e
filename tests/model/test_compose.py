"""Both sides of every process together: nothing is stuck, no message unhandled, and all agree in the end."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from ediel.processes import (
    Machine,
    Row,
    access,
    annual_volume,
    master_data,
    metering_values,
    query,
    question,
    shared_production,
    supply,
)
from ediel.processes._supply_messages import COURSE
from tests.model.compose import Model, World, explore


def by_name(model: Model, world: World) -> dict[str, str]:
    return dict(zip(model.sides, world.states, strict=True))


def settled(model: Model, still: list[World]) -> None:
    """When nothing more must happen, every side is done."""
    for world in still:
        states = by_name(model, world)
        if states.get("hub") == "asking the grid" and states["grid"] == "asked":
            assert states["requester"] in {"requested", "accepted", "unanswered", "cancelling"}
            continue  # the grid access provider keeps silent; what the hub does then is not published
        for name, state in states.items():
            table = model.sides[name]
            assert state in table.finals or state == "begin", f"{name} is stuck in {state}: {' > '.join(world.trail)}"


def _course(*allowed: str) -> object:
    def answers(row: Row, answer: str) -> bool:
        return row.when is None or row.when.condition is not COURSE or answer in allowed

    return answers


def mark(row: Row, label: str) -> str:
    """What the hub's messages say of the point, of the payload, of the supply."""
    if label == "NotifyStartOfSupply":
        return "inactive" if row.to == "asking the grid" else "active"
    if label.startswith("Acknowledgement:request rejected"):
        return "one payload" if label.endswith("payload") else "the message"
    if label == "NotifySharedProduction":
        return "ended" if row.to == "ended" else "in force"
    return "undone" if label == "NotifyStartOfSupply:rollback" else ""


SWITCH = {
    "hub": supply.START_HUB,
    "requester": supply.START_REQUESTER,
    "grid": supply.GRID,
    "leaver": supply.LEAVER,
}


@pytest.mark.parametrize("course", ["refused", "waits", "at once", "asks the grid"])
@pytest.mark.parametrize("leaver", [True, False])
def test_a_switch(course: str, leaver: bool) -> None:
    """The requester, the leaver and the grid access provider know in the end what the hub knows."""
    facts = {"by_supplier", *(("leaver",) if leaver else ())}
    model = Model(SWITCH, facts=frozenset(facts), answers=_course(course), commands=4, mark=mark)  # type: ignore[arg-type]
    count, still = explore(model, depth=60)
    assert count > 10
    settled(model, still)
    seen = Counter(by_name(model, world)["hub"] for world in still)
    for world in still:
        state = by_name(model, world)
        trail = " > ".join(world.trail)
        supplies = state["requester"] in {"notified", "supplying"}
        assert supplies == (state["hub"] in {"contracted", "effective"}), trail
        lost = state["leaver"] in {"ending", "ended"}
        assert lost == (supplies and leaver), trail
        assert (state["grid"] == "informed") == supplies, trail
        if state["hub"] == "rolled back":
            assert (state["requester"], state["grid"]) == ("rolled back", "withdrawn"), trail
            assert state["leaver"] == ("reopened" if leaver else "begin"), trail
        if state["hub"] in {"refused", "superseded", "refused by the grid"}:
            assert state["requester"] == "rejected", trail
        if state["hub"] == "cancelled":
            assert state["requester"] == "cancelled", trail
    ends = {"begin", "effective", "rolled back"}
    expected = {
        "refused": {"begin", "refused"},
        "waits": ends | {"cancelled", "superseded"},
        "at once": ends,
        "asks the grid": ends | {"asking the grid", "cancelled", "superseded", "refused by the grid"},
    }
    assert set(seen) == expected[course]


END = {
    "hub": supply.END_HUB,
    "requester": supply.END_REQUESTER,
    "grid": supply.GRID,
    "leaver": supply.LEAVER,
    "last resort": supply.LAST_RESORT,
}
TOLD = frozenset({"by_supplier", "leaver", "last_resort", "grid"})


@pytest.mark.parametrize(
    ("sides", "facts", "course"),
    [
        (SWITCH, frozenset({"by_supplier", "leaver"}), "waits"),
        (SWITCH, frozenset({"by_supplier"}), "at once"),
        (SWITCH, frozenset({"by_supplier", "leaver"}), "refused"),
        (END, TOLD, None),
        (END, TOLD - {"by_supplier", "last_resort"}, None),
    ],
    ids=["101, 102", "103, 104", "refused", "201, 202", "211"],
)
def test_nobody_says_unanswered_while_the_other_side_answers_in_time(
    sides: dict[str, Machine], facts: frozenset[str], course: str | None
) -> None:
    """Whatever comes in whatever order, with every cancellation and rollback between."""
    answers: Any = (lambda row, answer: True) if course is None else _course(course)
    model = Model(sides, facts=facts, answers=answers, commands=4, mark=mark, prompt=True)
    silent: list[World] = []
    reached: set[str] = set()

    def visit(world: World) -> None:
        states = by_name(model, world)
        reached.add(states["requester"])
        if any(state in model.sides[name].silent for name, state in states.items()):
            silent.append(world)

    count, still = explore(model, depth=80, visit=visit)
    assert count > 20
    settled(model, [world for world in still if world not in silent])
    if "by_supplier" in facts:
        assert [world.trail for world in silent] == []
    else:  # a grid access provider is told of nothing: without a positive answer, which it need not ask for, nothing comes
        for world in silent:
            assert "requester: ConfirmEndOfSupply:request" not in world.trail, " > ".join(world.trail)
    assert {"begin", "requested"} < reached
    late = Model(sides, facts=facts, answers=answers, commands=1, mark=mark)
    states: set[str] = set()
    explore(late, depth=80, visit=lambda world: states.add(by_name(late, world)["requester"]))
    assert "unanswered" in states, "where the other side may be late, silence is told"


def test_an_end_that_the_grid_access_provider_reports() -> None:
    """BRS-NO-211: the one that asks is notified of nothing; once it was accepted, it ends, and can be rolled back."""
    model = Model(
        {"hub": supply.END_HUB, "requester": supply.END_REQUESTER, "leaver": supply.LEAVER},
        facts=frozenset({"leaver"}),
        mark=mark,
        commands=3,
    )
    count, still = explore(model, depth=60)
    answered = [world for world in still if "unanswered" not in world.states]
    settled(model, answered)
    seen = set()
    for world in still:
        state = by_name(model, world)
        if state["requester"] == "unanswered":  # a person settles it: no positive answer was asked for, or none came
            assert (
                "requester: ConfirmEndOfSupply:request" not in world.trail or "requester: command cancel" in world.trail
            )
        seen.add((state["hub"], state["requester"]))
        if state["requester"] == "ended":
            assert state["hub"] in {"contracted", "effective"}, world.trail
        if state["hub"] == "rolled back":
            assert (state["requester"], state["leaver"]) == ("rolled back", "reopened"), world.trail
    assert {("effective", "ended"), ("rolled back", "rolled back"), ("superseded", "rejected")} <= seen
    assert count > 100


def test_an_end_of_supply() -> None:
    model = Model(
        {
            "hub": supply.END_HUB,
            "requester": supply.END_REQUESTER,
            "grid": supply.GRID,
            "last resort": supply.LAST_RESORT,
        },
        facts=frozenset({"by_supplier", "last_resort", "grid"}),
        mark=mark,
        commands=4,
    )
    count, still = explore(model, depth=60)
    settled(model, still)
    for world in still:
        state = by_name(model, world)
        over = state["requester"] in {"notified", "ended"}
        assert over == (state["hub"] in {"contracted", "effective"}), world.trail
        assert (state["last resort"] == "supplying") == over, world.trail
        if state["hub"] == "rolled back":
            assert (state["requester"], state["last resort"], state["grid"]) == (
                "rolled back",
                "withdrawn",
                "withdrawn",
            )
    assert count > 100


def test_third_party_access() -> None:
    model = Model({"hub": access.HUB, "third party": _asking()}, commands=5, decisions=False)
    count, still = explore(model, depth=60)
    settled(model, still)
    for world in still:
        state = by_name(model, world)
        pairs = {("begin", "begin"), ("refused", "refused"), ("lapsed", "lapsed"), ("refused", "lapsed")}
        assert (state["hub"], state["third party"]) in pairs, world.trail
    assert count > 10
    told = Model(
        {"hub": _approved(), "third party": _asking()},
        commands=5,
        decisions=False,
        due=lambda name: {"answer": 2, "end": 2}[name],
    )
    count, still = explore(told, depth=60)
    settled(told, still)
    for world in still:
        state = by_name(told, world)
        assert (state["third party"] == "granted") == (state["hub"] == "granted"), world.trail
    assert any("third party: command delete" in world.trail for world in still)


def _asking() -> Machine[Any]:
    """A third party that asks; one that takes over an access presupposes that the hub has it."""
    from dataclasses import replace

    from ediel.processes import command

    table = access.THIRD_PARTY
    return replace(table, rows=tuple(row for row in table.rows if row.on != command("adopt")))


def _approved() -> Machine[Any]:
    """The hub, when the end user approves at once: values begin to flow with the answer."""
    from dataclasses import replace

    from ediel.processes import Send, SetTimer, message
    from ediel.processes._conditions import VERDICT

    rows = tuple(
        replace(
            row,
            to="granted",
            do=(
                Send("Acknowledgement:add accepted", "third party"),
                Send("NotifyValidatedDataForBillingEnergy", "third party"),
                SetTimer("end"),
            ),
        )
        if row.on == message("UpdateThirdPartyAccess:add") and row.when == VERDICT("accepted")
        else row
        for row in access.HUB.rows
    )
    return replace(access.HUB, rows=rows)


def test_annual_volumes() -> None:
    model = Model(
        {"hub": annual_volume.HUB, "grid access provider": annual_volume.GRID, "receiver": annual_volume.RECEIVER},
        mark=mark,
        decisions=False,
    )
    count, still = explore(model, depth=30)
    settled(model, still)
    assert count > 5


def test_values() -> None:
    model = Model(
        {"hub": metering_values.HUB, "collector": metering_values.COLLECTOR, "receiver": metering_values.RECEIVER,
         "metered data responsible": metering_values.REMINDED},
        mark=mark,
    )  # fmt: skip
    count, still = explore(model, depth=30)
    for world in still:
        state = by_name(model, world)
        if state["hub"] == "refused":
            assert state["collector"] in {"rejected", "partly rejected"}
        if state["hub"] == "distributed":
            assert state["receiver"] in {"received", "withdrawn"}
    assert count > 5


def test_queries() -> None:
    labels = (
        "NotifyMeteringPointCharacteristics",
        "NotifyValidatedDataForBillingEnergy",
        "ResponseUpfrontMeteringPointCharacteristics",
    )

    def alias(label: str) -> tuple[str, ...]:
        return labels if label == "answer" else (label,)

    model = Model({"hub": query.HUB, "asker": query.ASKER}, alias=alias)
    count, still = explore(model, depth=30)
    for world in still:
        state = by_name(model, world)
        if state["hub"] == "refused":
            assert state["asker"] in {"rejected", "given up"}
        if state["hub"] == "answered":
            assert state["asker"] in {"answered", "answering", "given up"}
    assert count > 5


def test_shared_production() -> None:
    model = Model(
        {"hub": shared_production.HUB, "grid access provider": shared_production.GRID},
        mark=mark,
        commands=4,
    )
    count, _still = explore(model, depth=40)
    assert count > 10


def test_master_data() -> None:
    """Whoever sends a change learns what the hub makes of it; whoever is told, is told once it is taken."""
    model = Model(
        {"hub": master_data.HUB, "sender": master_data.SENDER, "receiver": master_data.RECEIVER},
        facts=frozenset({"asked"}),
        decisions=False,
        commands=1,
    )
    count, still = explore(model, depth=20)
    settled(model, still)
    for world in still:
        state = by_name(model, world)
        assert (state["hub"], state["sender"], state["receiver"]) in {
            ("begin", "begin", "begin"), ("accepted", "accepted", "informed"), ("refused", "rejected", "begin"),
        }, world.trail  # fmt: skip
    assert count > 10


def test_questions() -> None:
    """An answer that the hub refuses may be given again; in the end all three agree, or somebody still has to act."""
    model = Model(
        {"hub": question.HUB, "asker": question.ASKER, "grid access provider": question.ANSWERER},
        facts=frozenset({"asked"}),
        commands=5,
    )
    count, still = explore(model, depth=40)
    for world in still:
        state = by_name(model, world)
        hub, asker, grid = state["hub"], state["asker"], state["grid access provider"]
        if hub == "answered":
            assert asker == "answered", world.trail
            assert grid in {"answering", "answered", "begin"}, world.trail  # begin: Elhub was asked
        if hub == "refused":
            assert asker in {"rejected", "given up"}, world.trail
        if hub == "passed on":
            assert grid == "asked", world.trail
            assert asker in {"asked", "accepted", "given up"}, world.trail
    assert count > 50
