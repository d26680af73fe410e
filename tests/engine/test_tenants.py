"""A party's view of an engine: whatever is asked of it, nothing of another party, or of its other role, shows or changes."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

import ediel
from ediel.engine import Engine, EngineError, Order, Page, PartyView, Process
from tests.support.world import GRID, NEW, OLD, POINT, POINT_2, THIRD_PARTY, World, start

VIEWS = ((NEW, "DDQ"), (OLD, "DDQ"), (GRID, "DDM"), (GRID, "MDR"), (THIRD_PARTY, "AG"))
UNKNOWN = "123e4567-e89b-12d3-a456-426655440000"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.close()


def filled(world: World) -> None:
    """Processes of every party about the same points, with the same keys and tags."""
    for gln, role in VIEWS:
        view = world.parties.as_party(gln, role)
        for point in (POINT, POINT_2):
            orders: list[Any] = [ediel.PointSearch(metering_point=point)]
            if role == "DDQ":
                orders = [ediel.MasterDataQuery(metering_point=point), start(metering_point=point)]
            if role == "AG":
                orders = [ediel.AccessRequest(metering_point=point)]
            for number, order in enumerate(orders):
                if role in order.roles:
                    view.start(order, key=f"{point}/{number}", tags={"customer": "c1"})
    world.deliver()


BY_ID: dict[str, Callable[[PartyView, str], object]] = {
    "process": lambda view, it: view.process(it),
    "command": lambda view, it: view.command(it, "cancel"),
    "cancel": lambda view, it: view.cancel(it),
    "roll_back": lambda view, it: view.roll_back(it),
    "decide": lambda view, it: view.decide(it, "approve"),
    "abandon": lambda view, it: view.abandon(it, reason="x"),
    "settle": lambda view, it: view.settle(it, "rejected", reason="x"),
    "resend": lambda view, it: view.resend(it),
    "correct": lambda view, it: view.correct(it, start()),
    "message": lambda view, it: view.message(it),
}
LISTS: dict[str, Callable[[PartyView, Random], Page[Any]]] = {
    "find": lambda view, random: view.find(
        **{
            name: value
            for name, value in (
                ("key", f"{POINT}/0"), ("tags", {"customer": "c1"}), ("metering_point", POINT), ("status", "open"),
                ("process", "BRS-NO-101"), ("most", 2),
            )
            if random.random() < 0.3
        }
    ),
    "timeline": lambda view, random: view.timeline(random.choice((POINT, POINT_2)), most=random.choice((1, 100))),
    "due": lambda view, random: view.due(timedelta(days=40), most=random.choice((1, 100))),
}  # fmt: skip
BEGINNING = {"start", "start_many"}


def test_every_method_is_tried() -> None:
    """A method that is added to the view must be added here."""
    methods = {name for name, _ in inspect.getmembers(PartyView, inspect.isfunction) if not name.startswith("_")}
    assert methods == {*BY_ID, *LISTS, *BEGINNING, "acting"}


def owner(engine: Engine, item: Any) -> tuple[str, str | None]:
    name = item.id if isinstance(item, Process) else item["instance_id"] if isinstance(item, dict) else item.process_id
    process = engine.process(name)
    return process.party, process.role


@pytest.mark.parametrize("seed", range(8))
def test_nothing_of_another_shows(world: World, seed: int) -> None:
    filled(world)
    random = Random(seed)
    for gln, role in VIEWS:
        view = world.parties.as_party(gln, role)
        for _ in range(12):
            page = LISTS[random.choice(list(LISTS))](view, random)
            assert {owner(world.parties, item) for item in page} <= {(gln, role)}
        seen, after = set(), None
        while True:
            page = view.find(after=after, most=2)
            seen |= {item.id for item in page}
            after = page.after
            if after is None:
                break
        everything = world.parties.find(most=1000)
        assert seen == {item.id for item in everything if (item.party, item.role) == (gln, role)}


def test_ids_of_others_do_not_exist(world: World) -> None:
    """The same words as for an identification that nobody has, and nothing moves."""
    filled(world)
    engine = world.parties
    everything = {item.id: item for item in engine.find(most=1000)}
    messages = {message.message_id: item for item in everything.values() for message in item.messages}
    before = {name: (item.state, item.changed_at) for name, item in everything.items()}
    sent = len(engine.browse.outbox(status=None, most=10_000))
    for gln, role in VIEWS:
        view = engine.as_party(gln, role)
        for method, call in BY_ID.items():
            there = messages if method == "message" else everything
            for name, item in there.items():
                if (item.party, item.role) == (gln, role):
                    continue
                with pytest.raises(EngineError) as unknown:
                    call(view, UNKNOWN)
                with pytest.raises(EngineError) as caught:
                    call(view, name)
                assert type(caught.value) is type(unknown.value) is EngineError
                assert str(caught.value) == str(unknown.value).replace(UNKNOWN, name), method
    assert {
        name: (item.state, item.changed_at) for name, item in ((it.id, it) for it in engine.find(most=1000))
    } == before
    assert len(engine.browse.outbox(status=None, most=10_000)) == sent


def test_own_ids_do(world: World) -> None:
    filled(world)
    view = world.parties.as_party(NEW, "DDQ")
    for item in view.find():
        assert view.process(item.id) == item
        for message in item.messages:
            assert view.message(message.message_id) == message.message
    (switch,) = view.find(key=f"{POINT}/1")
    with view.acting("kari@company"):
        assert view.cancel(switch.id).state == "cancelling"


def test_beginning_is_for_the_party_and_its_role(world: World) -> None:
    view = world.parties.as_party(NEW, "DDQ")
    assert view.start(start()).party == NEW
    (made,) = view.start_many([Order(start(metering_point=POINT_2), party=OLD)])
    assert made.process is not None
    assert made.process.party == NEW, "the party that an order names is passed over"
    for call in (
        lambda: view.start(ediel.AccessRequest(metering_point=POINT)),
        lambda: view.start_many([ediel.AccessRequest(metering_point=POINT)]),
    ):
        with pytest.raises(EngineError, match="AccessRequest is for AG; this is the view of 7080001100018 as DDQ"):
            call()
    with pytest.raises(EngineError, match="no party here is 7080001100018 as DDM"):
        world.parties.as_party(NEW, "DDM")


def belongings(world: World) -> dict[tuple[str, str | None], list[tuple[object, ...]]]:
    """Everything that is of each party in each role: processes, their log, messages, deadlines, keys and tags."""
    from sqlalchemy import select

    from ediel.store import _schema as schema

    owners = {item.id: (item.party, item.role) for item in world.parties.find(most=1000)}
    found: dict[tuple[str, str | None], list[tuple[object, ...]]] = {}
    with world.parties.store.connection() as connection:
        for table in (schema.INSTANCES, schema.TRANSITIONS, schema.OUTBOX, schema.TIMERS, schema.KEYS, schema.TAGS):
            for row in connection.execute(select(table)).mappings():
                owner = owners[row["id" if table is schema.INSTANCES else "instance_id"]]
                found.setdefault(owner, []).append((table.name, *row.values()))
    return {owner: sorted(rows, key=repr) for owner, rows in found.items()}


@pytest.mark.parametrize("seed", range(4))
def test_whatever_a_party_does_what_is_of_others_stays(world: World, seed: int) -> None:
    """Every method, in any order, with own ids and those of others, with keys and tags that others use, too."""
    filled(world)
    random = Random(seed)
    tried: set[str] = set()
    for _ in range(40):
        gln, role = random.choice(VIEWS)
        view = world.parties.as_party(gln, role)
        before = belongings(world)
        ids = [item.id for item in world.parties.find(most=1000)]
        messages = [row["message_id"] for row in world.parties.browse.outbox(status=None, most=1000)]
        name = random.choice([*BY_ID, *LISTS, *BEGINNING])
        tried.add(name)
        orders: list[Any] = [start(metering_point=POINT_2), ediel.AccessRequest(metering_point=POINT_2)]
        try:
            if name in BY_ID:
                BY_ID[name](view, random.choice(messages if name == "message" else ids))
            elif name in LISTS:
                LISTS[name](view, random)
            elif name == "start":
                view.start(random.choice(orders), key=f"{POINT}/{random.randrange(3)}", tags={"customer": "c1"})
            else:
                view.start_many([Order(item, key=f"k{random.randrange(3)}", party=OLD) for item in orders])
        except ediel.EdielError:
            pass  # refused, or not there; what counts is what has changed
        after = belongings(world)
        others = before.keys() | after.keys()
        for owner in others - {(gln, role)}:
            assert after.get(owner) == before.get(owner), (name, owner)
    assert len(tried) > 8
