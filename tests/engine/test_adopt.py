"""A portfolio of another system is taken over: checked as a whole first, once, in batches, into processes that go on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import ediel
from ediel.engine import Adoption, InvalidPortfolio, portfolio
from ediel.processes import MACHINES, CommandRefused, adopt, machine, supply
from tests.support.world import (
    GRID,
    HUB,
    KARI,
    LAST_RESORT,
    NEW,
    OLD,
    POINT,
    POINT_2,
    POINT_3,
    THIRD_PARTY,
    World,
    at,
    end,
    start,
)  # fmt: skip

REQUEST = "5f0a3c1e-7d0f-4f2e-9c62-3a4f1f1f7b11"
HEADER = "kind,party,metering_point,supplier,start,end,customer,third_party,level,grid_area,settlement,command,order,state,request,asked,key"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.close()


def order(made: Any) -> str:
    return json.dumps(made.model_dump(mode="json", exclude_none=True))


def csv(folder: Path, *rows: dict[str, str], name: str = "portfolio.csv") -> Path:
    import csv as module

    path = folder / name
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = module.DictWriter(file, HEADER.split(","))
        writer.writeheader()
        writer.writerows(rows)
    return path


def whole(folder: Path) -> Path:
    return csv(
        folder,
        {"kind": "point", "party": NEW, "metering_point": POINT, "settlement": "interval", "grid_area": "50YPROVEOMRADE1M"},
        {"kind": "contract", "party": NEW, "metering_point": POINT, "start": "2024-03-01", "customer": "12818525018"},
        {"kind": "contract", "party": NEW, "metering_point": POINT_2, "start": "2026-12-05", "customer": "12818525018"},
        {"kind": "contract", "party": OLD, "metering_point": POINT_2, "start": "2020-01-01", "end": "2026-12-05"},
        {"kind": "contract", "party": GRID, "metering_point": POINT_2, "supplier": OLD, "end": "2026-12-05"},
        {"kind": "contract", "party": LAST_RESORT, "metering_point": POINT_3, "start": "2026-11-01"},
        {"kind": "access", "metering_point": POINT, "party": THIRD_PARTY, "start": "2026-01-15", "level": "full"},
        {
            "kind": "under way", "party": NEW, "metering_point": POINT_3, "command": "ChangeOfSupplier",
            "order": order(start(metering_point=POINT_3)), "state": "accepted", "request": REQUEST,
            "asked": "2026-11-20", "key": "old-system-17",
        },
    )  # fmt: skip


def test_a_portfolio_becomes_what_goes_on(world: World, tmp_path: Path) -> None:
    steps: list[Adoption] = []
    done = world.parties.adopt(whole(tmp_path), batch=3, progress=steps.append)
    assert (done.done, done.total, done.counts) == (8, 8, {"adopted": 8, "known": 0, "refused": 0})
    assert [item.done for item in steps] == [3, 6, 8]
    assert world.parties.outbox.pending() == []
    states = {(item.party, item.machine, item.facts["metering_point"]): item.state for item in world.parties.find()}
    assert states == {
        (NEW, "supply/supplier", POINT): "supplying",
        (NEW, "supply/supplier", POINT_2): "notified",
        (OLD, "supply/supplier", POINT_2): "supplying",
        (OLD, "supply/leaver", POINT_2): "ending",
        (LAST_RESORT, "supply/last resort", POINT_3): "supplying",
        (THIRD_PARTY, "access/third party", POINT): "granted",
        (NEW, "supply/requester", POINT_3): "accepted",
    }
    assert {name for _, name in world.events} == {"ProcessAdopted"}
    contracts = {(row["party"], row["metering_point"], row["supplier"], row["start"], row["end"]) for row in world.parties.browse.contracts()}  # fmt: skip
    assert contracts == {
        (NEW, POINT, NEW, "2024-03-01", None),
        (NEW, POINT_2, NEW, "2026-12-05", None),
        (OLD, POINT_2, OLD, "2020-01-01", "2026-12-05"),
        (GRID, POINT_2, OLD, "", "2026-12-05"),
        (LAST_RESORT, POINT_3, LAST_RESORT, "2026-11-01", None),
    }
    (access,) = world.parties.browse.accesses()
    assert (access["start"], access["level"], access["end"]) == ("2026-01-15", "full", None)
    (point,) = world.parties.browse.points(party=NEW)
    assert (point["settlement"], point["grid_area"]) == ("interval", "50YPROVEOMRADE1M")
    world.events.clear()
    world.now = at("2026-12-05 00:00")
    world.parties.run_due()
    world.parties.deliver()
    assert {(NEW, "SupplyStarted"), (OLD, "SupplyEnded")} <= set(world.events)


def test_the_same_file_twice_changes_nothing(world: World, tmp_path: Path) -> None:
    path = whole(tmp_path)
    world.parties.adopt(path)
    world.time("2026-12-05 00:00")
    before = rows_of(world)
    again = world.parties.adopt(path)
    assert again.counts == {"adopted": 0, "known": 8, "refused": 0}
    assert rows_of(world) == before
    assert [(item.row, item.outcome, item.text) for item in again.remarks] == [
        (9, "known", "state: here unanswered, in the row accepted")
    ]


def rows_of(world: World) -> list[list[tuple[object, ...]]]:
    from sqlalchemy import select

    from ediel.store import _schema as schema

    with world.parties.store.connection() as connection:
        return [
            sorted((tuple(row) for row in connection.execute(select(table))), key=repr)
            for table in schema.METADATA.sorted_tables
        ]


def test_it_goes_on_where_it_was_stopped(world: World, tmp_path: Path) -> None:
    def stop(done: Adoption) -> None:
        if done.done == 6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        world.parties.adopt(whole(tmp_path), batch=3, progress=stop)
    done = world.parties.adopt(whole(tmp_path), batch=3)
    assert done.counts == {"adopted": 2, "known": 6, "refused": 0}


def test_what_is_under_way_goes_on_with_the_hub(world: World) -> None:
    """The hub answers the message of the other system; a cancellation points to it."""
    asked = start()
    row = portfolio.UnderWay(
        order=asked, state="requested", request=REQUEST, asked=date(2026, 11, 27), party=NEW, tags={"from": "old"}
    )
    first = world.parties.start(asked, party=NEW)
    (sent,) = world.parties.outbox.pending()
    message = ediel.read(sent["data"])
    header = message.header.model_copy(update={"identification": REQUEST})
    world.hub.receive(ediel.write(message.model_copy(update={"header": header})))
    world.parties.abandon(first.id, reason="it is the other system's")
    assert world.parties.adopt([row]).counts["adopted"] == 1
    (switch,) = world.parties.find(tags={"from": "old"})
    assert (switch.state, switch.facts["cancellation"]) == ("requested", first.facts["cancellation"])
    world.deliver()
    assert world.parties.process(switch.id).state == "accepted"
    world.parties.cancel(switch.id)
    world.deliver()
    assert world.parties.process(switch.id).state == "cancelled"
    (original,) = [item.message for item in switch.messages if item.message.header.identification == REQUEST]
    assert isinstance(original, ediel.messages.RequestStartOfSupply)
    assert original.payload.customer == KARI


@pytest.mark.parametrize(
    ("row", "column", "text"),
    [
        ({"kind": "contrct", "metering_point": POINT}, "kind", "found 'contrct'; expected contract, access, point, under way"),
        ({"kind": "contract", "party": NEW, "start": "2024-03-01"}, "metering_point", "empty; expected a value"),
        (
            {"kind": "contract", "party": NEW, "metering_point": "707057542000000118"}, "metering_point",
            "found '707057542000000118'; the check digit is 8, it should be 7",
        ),
        ({"kind": "contract", "party": NEW, "metering_point": POINT, "start": "1.3.2024"}, "start", "found '1.3.2024'; input should be a valid date"),
        ({"kind": "contract", "party": NEW, "metering_point": POINT, "level": "full"}, "level", "filled; expected nothing here"),
        ({"kind": "contract", "metering_point": POINT, "start": "2024-03-01"}, "party", "found nothing; several that it may be"),
        ({"kind": "contract", "party": HUB, "metering_point": POINT}, "party", f"found {HUB}; the parties here that it may be: {NEW} as DDQ"),
        ({"kind": "contract", "party": GRID, "metering_point": POINT}, "supplier", "empty; expected a GLN"),
        (
            {"kind": "contract", "party": NEW, "metering_point": POINT, "start": "2024-03-01", "end": "2024-03-01"}, None,
            "the end 2024-03-01 is not after the start 2024-03-01",
        ),
        ({"kind": "access", "party": THIRD_PARTY, "metering_point": POINT, "start": "2027-01-01"}, "start", "not ahead"),
        ({"kind": "under way", "metering_point": POINT, "command": "Switch"}, "command", "found Switch; expected one of AccessRequest"),
        (
            {"kind": "under way", "metering_point": POINT, "command": "ChangeOfSupplier", "order": "{}"}, "order",
            "start: Field required",
        ),
        ({"kind": "under way", "metering_point": POINT, "command": "AccessRequest", "order": "{"}, "order", "no JSON"),
        (
            {"kind": "under way", "metering_point": POINT, "command": "AccessRequest", "state": "waiting", "request": REQUEST, "asked": "2027-01-01"},
            "asked", "found 2027-01-01; expected a day that is not ahead",
        ),
    ],
)  # fmt: skip
def test_mistakes_are_told_by_row_and_column(
    world: World, tmp_path: Path, row: dict[str, str], column: str | None, text: str
) -> None:
    path = csv(tmp_path, {"kind": "point", "party": NEW, "metering_point": POINT_2}, row)
    with pytest.raises(InvalidPortfolio, match="nothing was written") as refused:
        world.parties.adopt(path)
    found = refused.value.mistakes[0]
    assert (found.row, found.column) == (3, column)
    assert text in found.text
    assert world.parties.browse.points() == []


def test_rows_that_stand_against_each_other(world: World, tmp_path: Path) -> None:
    row = {"kind": "contract", "party": NEW, "metering_point": POINT, "start": "2024-03-01", "customer": "12818525018"}
    point = {"kind": "point", "party": NEW, "metering_point": POINT}
    asked = {
        "kind": "under way", "metering_point": POINT, "command": "AccessRequest", "state": "waiting", "request": REQUEST,
        "asked": "2026-11-20",
    }  # fmt: skip
    path = csv(tmp_path, row, {**row, "start": "2025-01-01"}, point, point, asked, {**asked, "metering_point": POINT_2})
    with pytest.raises(InvalidPortfolio) as refused:
        world.parties.adopt(path)
    assert [str(item) for item in refused.value.mistakes] == [
        f"row 3, start, {POINT}: these days are those of row 2, too",
        f"row 5, metering_point, {POINT}: the same as in row 4; expected each once",
        f"row 7, request, {POINT_2}: the same as in row 6; expected each once",
    ]


def test_a_mistake_shows_no_person(world: World, tmp_path: Path) -> None:
    path = csv(tmp_path, {"kind": "contract", "party": NEW, "metering_point": POINT, "customer": "1281852501"})
    with pytest.raises(InvalidPortfolio) as refused:
        world.parties.adopt(path)
    assert "1281852501" not in str(refused.value)
    kept = portfolio.Contract(metering_point=POINT, party=NEW, start=date(2024, 3, 1), customer="12818525018")
    assert "12818525018" not in repr(kept)
    world.parties.adopt([kept])
    world.parties.store.engine.dispose()
    assert b"12818525018" not in (tmp_path / "parties.db").read_bytes()


def test_what_stands_against_what_is_here_is_refused_with_the_reason(world: World) -> None:
    world.parties.adopt([portfolio.Contract(metering_point=POINT, party=NEW, start=date(2024, 3, 1))])
    asked = start(metering_point=POINT_2)
    begun = world.parties.start(asked, party=NEW, key="k")
    done = world.parties.adopt(
        [
            portfolio.Contract(metering_point=POINT, party=NEW, supplier=OLD, start=date(2025, 1, 1)),
            portfolio.UnderWay(order=asked, state="accepted", request=REQUEST, asked=date(2026, 11, 27), party=NEW),
            portfolio.UnderWay(
                order=end(ediel.MoveOut), state="cancelled", request=REQUEST.replace("5f", "6f"), asked=date(2026, 11, 27),
                party=OLD,
            ),
            portfolio.UnderWay(
                order=ediel.KnownAccess(metering_point=POINT), state="granted", request=REQUEST.replace("5f", "7f"),
                asked=date(2026, 11, 27), party=THIRD_PARTY,
            ),
        ]
    )  # fmt: skip
    texts = {item.row: (item.outcome, item.text) for item in done.remarks}
    assert texts[1] == ("refused", f"these days are those of another contract here: of {NEW}, 2024-03-01 to now on")
    assert texts[2][0] == "refused"
    assert begun.id in texts[2][1]
    assert "nothing is under way in it any more; expected requested, accepted" in texts[3][1]
    assert "KnownAccess sends nothing" in texts[4][1]
    assert done.counts == {"adopted": 0, "known": 0, "refused": 4}
    other = portfolio.Contract(metering_point=POINT, party=NEW, start=date(2024, 3, 1), end=date(2026, 12, 24))
    (remark,) = world.parties.adopt([other]).remarks
    assert (remark.outcome, remark.text) == ("known", "end: here none, in the row 2026-12-24")
    assert len(world.parties.find()) == 2


def test_a_notice_of_a_supply_that_was_taken_over_begins_no_other(world: World) -> None:
    from ediel.calendar import midnight
    from ediel.codes import BusinessProcess
    from tests.engine.test_supply import notice

    world.parties.adopt([portfolio.Contract(metering_point=POINT, party=NEW, start=date(2026, 12, 1))])
    told = notice(
        BusinessProcess.BRS_NO_101, "NotifyStartOfSupply", NEW, "DDQ", balance_supplier=NEW,
        start_of_occurrence=midnight(date(2026, 12, 1)),
    )  # fmt: skip
    world.parties.receive(told)
    assert [item.machine for item in world.parties.find(party=NEW)] == ["supply/supplier"]


def test_forms_of_files_say_the_same(world: World, tmp_path: Path) -> None:
    rows = [
        {"kind": "contract", "party": NEW, "metering_point": POINT, "start": "2024-03-01"},
        {
            "kind": "under way", "party": NEW, "command": "ChangeOfSupplier", "state": "accepted", "request": REQUEST,
            "order": json.loads(order(start(metering_point=POINT_3))), "asked": "2026-11-20",
        },
    ]  # fmt: skip
    lines = tmp_path / "portfolio.jsonl"
    lines.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    assert world.parties.adopt(lines).counts["adopted"] == 2
    semicolons = tmp_path / "with-semicolons.csv"
    semicolons.write_bytes(
        "﻿kind;party;metering_point;start\r\ncontract;".encode() + f"{NEW};{POINT};2024-03-01\r\n".encode()
    )
    assert world.parties.adopt(semicolons).counts["known"] == 1
    pa = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    table = pa.table(
        {
            "kind": ["contract"],
            "party": [NEW],
            "metering_point": [POINT],
            "start": [date(2024, 3, 1)],
            "end": pa.nulls(1),
        }
    )
    parquet.write_table(table, tmp_path / "portfolio.parquet")
    assert world.parties.adopt(tmp_path / "portfolio.parquet").counts["known"] == 1


@pytest.mark.parametrize(
    ("name", "data", "text"),
    [
        ("a.csv", b"", "is empty; expected a line with the names"),
        ("a.csv", b"kind,point\n", "columns that are not known: point; expected of kind, metering_point"),
        ("a.csv", b"party\n", "has no column kind"),
        ("a.csv", b"kind,party\ncontract\n", "row 2: 1 columns; expected 2, as in the first line"),
        ("a.csv", b"kind\n\xff\n", "is not UTF-8"),
        ("a.jsonl", b"[]\n", "row 1: the line is no JSON object"),
        ("a.jsonl", b'{"kynd": 1}\n', "row 1: names that are not known: kynd"),
        ("a.xlsx", b"", "is no .csv, .jsonl or .parquet"),
        ("a.parquet", b"PAR1", "is no Parquet file, or is damaged"),
    ],
)
def test_files_of_another_form(world: World, tmp_path: Path, name: str, data: bytes, text: str) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(ediel.EdielError) as refused:
        world.parties.adopt(path)
    assert text in str(refused.value)


@pytest.mark.parametrize("table", [item for item in MACHINES if "DDZ" not in item.codes], ids=lambda table: table.key)
def test_every_state_in_which_something_is_under_way_can_be_taken_over(table: Any) -> None:
    """Or the process says what it lacks; a state that is over is refused."""
    begun = table.begin("5f0a3c1e-7d0f-4f2e-9c62-3a4f1f1f7b11", NEW, {"sender": NEW, "physical_sender": NEW, "hub": HUB, "role": "DDQ"})  # fmt: skip
    for state in table.states:
        try:
            made = adopt(table, begun, state, at("2026-11-27 09:00"))
        except CommandRefused:
            assert state == "begin" or state in table.closed
        except ediel.InvalidData:
            assert table.facts.needs
        else:
            assert made.instance.state == state
            assert made.events == ("ProcessAdopted",)


def test_a_state_brings_what_led_to_it(world: World) -> None:
    """A switch that is notified has its contract; one that is accepted has none yet."""
    for number, (state, contracts) in enumerate((("accepted", 0), ("notified", 1), ("rolling back", 2))):
        point = (POINT, POINT_2, POINT_3)[number]
        row = portfolio.UnderWay(
            order=start(metering_point=point), state=state, request=REQUEST.replace("5f", f"{number}f"),
            asked=date(2026, 11, 20), party=NEW,
        )  # fmt: skip
        assert world.parties.adopt([row]).counts["adopted"] == 1
        assert len(world.parties.browse.contracts(party=NEW)) == contracts


def test_silence_about_a_request_back_in_time_means_nothing() -> None:
    """As when it is begun here: nobody says by when the hub answers it."""
    table = machine("supply", "requester")
    facts = supply.StartRequest(
        sender=NEW, physical_sender=NEW, hub=HUB, role="DDQ", process="BRS-NO-103", day=date(2026, 11, 1)
    )
    from dataclasses import replace

    begun = replace(
        table.begin(REQUEST, NEW, {"sender": NEW, "physical_sender": NEW, "hub": HUB, "role": "DDQ"}), facts=facts
    )
    assert [item.due for item in adopt(table, begun, "requested", at("2026-11-20 00:00")).timers] == [None]
    assert [item.due for item in adopt(table, begun, "requested", at("2026-10-20 00:00")).timers] == [
        at("2026-11-01 00:00")
    ]
