"""The back office: every row answers, says what is wrong with what it was given, and shows nobody who was not asked for."""

from __future__ import annotations

from typing import Any

import pytest
from openapi_spec_validator import validate

from ediel.hub import KINDS, Seed
from ediel.hub.admin import ENDPOINTS, openapi
from ediel.testing import HubUnderTest
from tests.support.hub_market import MARKET, NEW, POINT, at, move_in, point


def test_the_description_is_openapi(market: HubUnderTest) -> None:
    served = market.http.get("/admin/openapi.json").json()
    assert served == openapi("")
    validate(served)
    assert set(served["paths"]) == {f"/admin{row.path}" for row in ENDPOINTS}
    assert all(f"`{kind}`" in served["info"]["description"] for kind in KINDS)


def test_every_row_answers(market: HubUnderTest) -> None:
    """None of them fails for want of a path, a query or a body: a clear error at the most."""
    for row in ENDPOINTS:
        path = row.path.replace("{metering_point}", POINT).replace("{", "").replace("}", "")
        response = market.http.request(row.method, f"/admin{path}", json=None if row.takes is None else {})
        assert response.status_code in {200, 400, 404}, (row.path, response.text)
        assert response.status_code == 200 or response.json()["error"]


def test_the_clock(market: HubUnderTest) -> None:
    market.party(NEW).start(move_in())
    assert market.http.get("/admin/clock").json()["now"] == "2026-11-27T09:00:00+01:00"
    moved = market.http.put("/admin/clock", json={"now": "2026-12-01T00:00:00+01:00"}).json()
    assert (moved["runs"], moved["fired"]) == (False, 2)
    market.http.put("/admin/clock", json={"forward": 3600, "runs": True})
    assert market.clock.runs
    assert market.clock() > at("2026-12-01 01:00")


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "text"),
    [
        ("PUT", "/clock", {"now": "2026-12-01"}, 400, "now: "),
        ("PUT", "/clock", {"now": "2026-12-01T00:00:00"}, 400, "timezone"),
        ("PUT", "/clock", {"forward": -1}, 400, "forward: "),
        ("PUT", "/clock", None, 400, "expected a JSON body"),
        ("POST", "/seed", {"metering_points": [{"identification": "1"}]}, 400, "metering_points.0."),
        ("POST", "/misbehaviours", {"kind": "bad mood"}, 400, "kind: "),
        ("POST", "/misbehaviours", {"kind": "http", "status": 99}, 400, "status: "),
        ("POST", "/misbehaviours", {"kind": "delay", "accepted": False}, 400, "then it must be"),
        ("DELETE", "/misbehaviours/nothing", None, 404, "there is no misbehaviour nothing"),
        ("GET", "/processes/nothing", None, 404, "there is no process nothing"),
        ("POST", "/processes/nothing/decisions/approve", None, 404, "there is no process nothing"),
        ("GET", "/metering-points/707057500000999991", None, 404, "there is no metering point"),
        ("GET", "/processes?most=0", None, 400, "expected a number from 1 to 10000"),
    ],
)
def test_what_is_wrong_is_said(market: HubUnderTest, method: str, path: str, body: Any, status: int, text: str) -> None:
    response = market.http.request(method, f"/admin{path}", json=body)
    assert (response.status_code, text in response.json()["error"]) == (status, True), response.text


def test_a_seed_is_never_repeated_in_an_error(market: HubUnderTest) -> None:
    broken = point().model_dump(mode="json", exclude_none=True)
    broken["end_users"][0]["scheme"] = "99"
    response = market.http.post("/admin/seed", json={"metering_points": [broken]})
    assert response.status_code == 400
    assert point().end_users[0].identification not in response.text


def test_nobody_is_shown_unless_asked_for(market: HubUnderTest) -> None:
    resident = point().end_users[0]
    shown = market.http.get(f"/admin/metering-points/{POINT}").text
    assert resident.identification not in shown
    assert str(resident.family_name) not in shown
    asked = market.http.get(f"/admin/metering-points/{POINT}?personal=true").text
    assert resident.identification in asked
    market.party(NEW).start(move_in())
    for path in ("/processes", "/queues", "/refused", "/dead-letters"):
        assert "12818525018" not in market.http.get(f"/admin{path}").text
    (row,) = market.http.get("/admin/processes").json()
    assert "12818525018" not in market.http.get(f"/admin/processes/{row['id']}").text


def test_misbehaviours_are_set_and_taken_back(market: HubUnderTest) -> None:
    made = market.http.post("/admin/misbehaviours", json={"kind": "delay", "party": NEW, "seconds": 1}).json()
    assert market.http.get("/admin/misbehaviours").json() == [made]
    assert market.http.delete(f"/admin/misbehaviours/{made['id']}").json() == {"misbehaviours": 0}
    market.http.post("/admin/misbehaviours", json={"kind": "silence"})
    assert market.http.delete("/admin/misbehaviours").json() == {"misbehaviours": 0}


def test_a_seed_adds_to_what_is_there(market: HubUnderTest) -> None:
    more = Seed(metering_points=(point().model_copy(update={"blocked_for_switching": True}),))
    market.http.post("/admin/seed", content=more.to_json(), headers={"Content-Type": "application/json"})
    assert market.http.get(f"/admin/metering-points/{POINT}").json()["blocked_for_switching"]
    other = MARKET.metering_points[1].identification
    assert not market.http.get(f"/admin/metering-points/{other}").json()["blocked_for_switching"]


def test_health(market: HubUnderTest) -> None:
    assert market.http.get("/health").json()["status"] == "ok"
