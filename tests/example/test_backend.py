"""The example backend from end to end: what the shop orders, what Elhub makes of it, and what is billed in the end."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from starlette.testclient import TestClient

import ediel
from ediel.hub import HubPoint
from ediel.identifiers import Gsrn
from ediel.testing import HubUnderTest, MarketParty
from supplier import campaigns
from supplier.backend import Backend
from supplier.tables import Access, Account, Consumption, Order, Point, Posting
from tests.support.databases import KINDS
from tests.support.hub_market import NEWCOMER, hours

both = pytest.mark.parametrize("database", KINDS, indirect=True)
START = date(2026, 12, 1)
LOSS = date(2027, 1, 11)


def free(hub: HubUnderTest, backend: Backend, place: int = 0) -> HubPoint:
    """A metering point with intervals that another supplier supplies."""
    ours = {party.gln for party in backend.engine.parties}
    found = [
        point
        for point in hub.seed.metering_points
        if point.reading_resolution is not None and point.contracts and point.contracts[-1].supplier not in ours
    ]
    return found[place]


def form(point: HubPoint, number: str = "web-1", **more: Any) -> dict[str, Any]:
    """An order of the family that lives there."""
    resident = point.end_users[0]
    return {
        "number": number,
        "customer": "c-17",
        "metering_point": point.identification,
        "start": START.isoformat(),
        "settlement": "interval",
        "person": {
            "identification": resident.identification,
            "identification_scheme": "Z01",
            "given_name": resident.given_name,
            "family_name": resident.family_name,
            "extended_storage": False,
        },
        "addresses": [item.model_dump(mode="json", exclude_none=True) for item in resident.addresses],
        **more,
    }


def move_in(point: HubPoint, number: str = "web-1") -> dict[str, Any]:
    """An order of somebody who moves in there."""
    return form(point, number, kind="move in", person={**NEWCOMER, "identification_scheme": "Z01"})


def ordered(shop: TestClient, body: dict[str, Any]) -> dict[str, Any]:
    answer = shop.post("/orders", json=body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def supplied(hub: HubUnderTest, shop: TestClient, body: dict[str, Any]) -> None:
    """An order that has gone all the way."""
    ordered(shop, body)
    hub.carry()
    hub.move(timedelta(days=5))


def state(shop: TestClient, number: str = "web-1") -> str:
    return str(shop.get(f"/orders/{number}").json()["state"])


def accounts(shop: TestClient, point: HubPoint) -> list[tuple[str, str, str | None]]:
    rows = shop.get(f"/points/{point.identification}").json()["accounts"]
    return [(row["order"], row["start"], row["end"]) for row in rows]


def postings(backend: Backend) -> list[str]:
    with backend.sessions() as session:
        return list(session.scalars(select(Posting.name).order_by(Posting.id)))


@both
def test_from_a_web_order_to_billing(hub: HubUnderTest, shop: TestClient, backend: Backend) -> None:
    point = free(hub, backend)
    assert ordered(shop, form(point))["state"] == "ordered"
    assert ordered(shop, form(point))["state"] == "ordered", "the same number once more is the same order"
    hub.carry()
    assert state(shop) == "accepted"
    assert accounts(shop, point) == []
    hub.move(timedelta(days=5))
    assert state(shop) == "supplying"
    assert accounts(shop, point) == [("web-1", "2026-12-01", None)]
    assert postings(backend) == ["SupplyConfirmed", "SupplyStarted"]
    with backend.sessions() as session:  # asked by a handler, answered, kept
        known = session.get_one(Point, point.identification)
    assert (known.grid_area, known.settlement is not None) == (point.grid_area, True)
    assert len(backend.engine.find(metering_point=point.identification)) == 2


def test_cancelled(hub: HubUnderTest, shop: TestClient, backend: Backend) -> None:
    point = free(hub, backend)
    ordered(shop, form(point))
    hub.carry()
    assert "cancel" in shop.get("/orders/web-1").json()["possible"]
    assert shop.post("/orders/web-1/cancel").status_code == 202
    hub.carry()
    assert state(shop) == "cancelled"
    hub.move(timedelta(days=5))
    assert (state(shop), accounts(shop, point)) == ("cancelled", [])
    refused = shop.post("/orders/web-1/cancel")
    assert (refused.status_code, "cancel is not possible" in refused.json()["problem"]) == (409, True)


def test_a_customer_is_lost(hub: HubUnderTest, shop: TestClient, backend: Backend, rival: MarketParty) -> None:
    point = free(hub, backend)
    supplied(hub, shop, form(point))
    order = form(point, start=LOSS.isoformat())
    rival.start(
        ediel.ChangeOfSupplier.model_validate(
            {
                "metering_point": order["metering_point"], "start": LOSS, "settlement": "interval",
                "customer": order["person"], "addresses": order["addresses"],
            }
        )
    )  # fmt: skip
    hub.carry()
    hub.move(timedelta(days=41))
    assert accounts(shop, point) == [("web-1", "2026-12-01", "2027-01-11")]
    assert postings(backend) == ["SupplyConfirmed", "SupplyStarted", "SupplyEnding"]


def test_a_move_in(hub: HubUnderTest, shop: TestClient, backend: Backend) -> None:
    point = free(hub, backend)
    supplied(hub, shop, move_in(point))
    assert (state(shop), accounts(shop, point)) == ("supplying", [("web-1", "2026-12-01", None)])
    (process,) = backend.engine.find(key="web-1")
    assert process.facts["process"] == "BRS-NO-102"


def test_answers_come_into_own_tables(hub: HubUnderTest, shop: TestClient, backend: Backend) -> None:
    point = free(hub, backend)
    name = point.identification
    supplied(hub, shop, form(point))
    hub.move(timedelta(days=1))
    for day, kwh in ((date(2026, 12, 1), "1.250"), (date(2026, 12, 2), "2.000")):
        meter = next(party for party in hub.seed.parties if party.gln == point.grid_access_provider)
        reporter = hub.party(meter.gln)
        reporter.start(ediel.ValuesReport(series=(hours(name, day, kwh=kwh),)), role="DDE")
    hub.move(timedelta(days=1))
    wanted = {"start": "2026-12-01", "end": "2026-12-03"}
    for _ in range(2):  # the second answer replaces the first
        assert shop.post(f"/points/{name}/values", json=wanted).status_code == 202
        assert shop.post(f"/points/{name}/query").status_code == 202
        hub.carry()
    with backend.sessions() as session:
        rows, total = session.execute(select(func.count(), func.sum(Consumption.kwh))).one()
        first = session.scalars(select(Consumption).order_by(Consumption.start)).first()
    assert (rows, float(total)) == (48, 24 * 3.25)
    assert first is not None
    assert (first.minutes, str(first.kwh)) == (60, "1.250")
    assert shop.get(f"/points/{name}").json()["kwh"] == "78.000"


@both
def test_a_refused_order_is_corrected_and_sent_again(hub: HubUnderTest, shop: TestClient, backend: Backend) -> None:
    point = free(hub, backend)
    wrong = form(point, person={**NEWCOMER, "identification_scheme": "Z01"})  # somebody who does not live there
    ordered(shop, wrong)
    hub.carry()
    seen = shop.get("/orders/web-1").json()
    assert (seen["state"], seen["reasons"] != "") == ("refused", True)
    again = shop.put("/orders/web-1", json=form(point))
    assert (again.status_code, again.json()["state"], again.json()["reasons"]) == (200, "ordered", "")
    hub.carry()
    hub.move(timedelta(days=5))
    assert (state(shop), accounts(shop, point)) == ("supplying", [("web-1", "2026-12-01", None)])
    (process,) = backend.engine.find(key="web-1")
    assert process.state == "supplying"
    assert shop.put("/orders/web-1", json=form(point)).status_code == 409, "the hub has it"


def test_what_could_not_be_sent_is_corrected(hub: HubUnderTest, shop: TestClient, backend: Backend) -> None:
    """The hub refuses the request for good before it has judged it: the order says so, and is sent anew."""
    point = free(hub, backend)
    hub.misbehave("fault", times=1, group="Date", operation="RequestStartOfSupply")
    ordered(shop, form(point))
    hub.carry()
    seen = shop.get("/orders/web-1").json()
    assert (seen["state"], "Date" in seen["not_sent"]) == ("ordered", True)
    assert shop.put("/orders/web-1", json=form(point)).json()["not_sent"] == ""
    hub.carry()
    assert state(shop) == "accepted"


def test_nothing_is_kept_of_what_is_refused_at_once(hub: HubUnderTest, shop: TestClient, backend: Backend) -> None:
    point = free(hub, backend)
    secret = point.end_users[0].identification
    unknown = shop.post("/orders", json=form(point, metering_point="7070575000000000180"))
    assert (unknown.status_code, secret in unknown.text) == (422, False)
    assert unknown.json()["problems"][0]["where"] == "metering_point"
    late = shop.post("/orders", json=form(point, start="2020-01-01"))
    assert (late.status_code, secret in late.text) == (422, False)
    assert late.json()["problem"] == "Elhub would refuse it"
    assert shop.get("/orders/web-1").status_code == 404
    assert shop.post("/orders/web-1/cancel").status_code == 404
    assert backend.engine.find(metering_point=point.identification).items == ()
    ordered(shop, form(point))
    twice = shop.post("/orders", json=form(point, "web-2"))
    assert (twice.status_code, "under way" in twice.json()["problem"]) == (409, True)
    with backend.sessions() as session:
        assert list(session.scalars(select(Order.number))) == ["web-1"]


def points(count: int) -> list[str]:
    names = [f"7070575{number:010}" for number in range(1, count + 1)]
    return [name + Gsrn(name + "0").check_digit for name in names]


def test_a_thousand_accesses_are_asked_for(hub: HubUnderTest, shop: TestClient, backend: Backend) -> None:
    """One that cannot be is refused alone; a second call asks for none twice."""
    wanted = points(1000)
    shop.post("/campaigns/winter", json={"metering_points": wanted[:1]})
    done = shop.post("/campaigns/spring", json={"metering_points": wanted}).json()
    assert (done["asked"], done["known"], done["later"]) == (999, 0, 0)
    assert "under way" in done["refused"][wanted[0]]
    assert shop.get("/campaigns/spring").json() == {"asked": 999}
    done = shop.post("/campaigns/spring", json={"metering_points": wanted}).json()
    assert (done["asked"], done["known"], done["later"], len(done["refused"])) == (0, 999, 0, 1)
    assert backend.engine.tally({"campaign": "spring"}).states == {("access/third party", "asked"): 999}


def test_a_campaign_from_asking_to_access(hub: HubUnderTest, shop: TestClient, backend: Backend) -> None:
    """Twenty of the market's own points, in parts; one end user approves, one refuses, the rest are silent."""
    wanted = [point.identification for point in hub.seed.metering_points]
    parts: list[int] = []
    while len(parts) < 10:
        done = campaigns.ask(backend.engine, backend.sessions, "spring", wanted, waiting=8)
        parts.append(done.asked)
        hub.carry()
        if done.later == 0:
            break
    assert parts == [8, 8, 4]
    assert shop.get("/campaigns/spring").json() == {"waiting": 20}
    by_point = {
        row["metering_point"]: row["id"]
        for row in hub.http.get("/admin/processes", params={"machine": "access/hub"}).json()
    }
    assert hub.http.post(f"/admin/processes/{by_point[wanted[0]]}/decisions/approve", json={}).status_code == 200
    hub.move(timedelta(days=2))
    grid = hub.party(hub.seed.metering_points[0].grid_access_provider or "")
    grid.start(ediel.ValuesReport(series=(hours(wanted[0], date(2026, 11, 28)),)), role="DDE")
    hub.move(timedelta(days=5))
    with backend.sessions() as session:
        states = Counter(session.scalars(select(Access.state)))
    assert states == {"granted": 1, "lapsed": 19}


@both
def test_own_rows_and_processes_are_committed_together(hub: HubUnderTest, backend: Backend, shop: TestClient) -> None:
    from supplier.forms import OrderForm
    from supplier.orders import place

    point = free(hub, backend)

    with backend.sessions() as session:
        place(session, backend.engine, OrderForm.model_validate(form(point)))
        session.flush()
        session.rollback()  # as when the process is gone before it has committed
    assert shop.get("/orders/web-1").status_code == 404
    assert backend.engine.find(metering_point=point.identification).items == ()


def test_a_handler_that_fails_changes_nothing(
    hub: HubUnderTest, shop: TestClient, backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it has written is undone; it is tried again, and then done once."""
    from supplier import handlers

    failures = iter([True, True, False])
    real = handlers._post

    def post(event: ediel.events.Event, tx: ediel.Transaction) -> None:
        real(event, tx)
        if next(failures, False):
            raise ConnectionError

    monkeypatch.setattr(handlers, "_post", post)
    point = free(hub, backend)
    ordered(shop, form(point))
    hub.carry()
    for _ in range(5):
        hub.move(timedelta(days=2))
    with backend.sessions() as session:
        assert session.scalar(select(func.count()).select_from(Account)) == 1
    assert postings(backend) == ["SupplyConfirmed", "SupplyStarted"]
