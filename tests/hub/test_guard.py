"""Who may use the back office, and what it cannot be made to keep."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from ediel.hub import Hub, VirtualClock, asgi, kept_token
from ediel.hub._guard import COOKIE, Guard
from ediel.hub.admin import ENDPOINTS
from ediel.testing import HubUnderTest
from tests.support.hub_market import NEW, POINT

OWN = "http://127.0.0.1:8200"


@pytest.fixture
def office(market: HubUnderTest) -> Iterator[TestClient]:
    """The back office as a stranger on this machine reaches it, without a token."""
    with TestClient(asgi(market.hub, ticks=False, token="known"), base_url=OWN) as client:
        yield client


KNOWN = {"Authorization": "Bearer known"}
PATHS = [(row.method, f"/admin{row.path}") for row in ENDPOINTS] + [("GET", "/admin/openapi.json")]


@pytest.mark.parametrize(("method", "path"), PATHS)
def test_nothing_without_the_token(office: TestClient, method: str, path: str) -> None:
    """Loopback is not trust: a page in a browser on this machine reaches it too."""
    headers: dict[str, str]
    for headers in (
        {},
        {"Authorization": "Bearer other"},
        {"Authorization": "Basic known"},
        {"Cookie": f"{COOKIE}=other"},
    ):
        answer = office.request(method, path, headers=headers)
        assert answer.status_code == 401, headers
        assert "token" in answer.json()["error"]


def test_the_token_lets_in(office: TestClient) -> None:
    assert office.get("/admin/clock", headers=KNOWN).status_code == 200
    answer = office.get("/admin?token=known", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/admin/openapi.json")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert office.get("/admin/clock").status_code == 200, "by the cookie"
    assert office.get("/admin?token=other", follow_redirects=False).status_code == 303, "who has the cookie has come in"


def test_a_wrong_token_gives_no_cookie(office: TestClient) -> None:
    for query in ("", "?token=", "?token=other"):
        answer = office.get(f"/admin{query}", follow_redirects=False)
        assert answer.status_code == 401
        assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8200", "127.0.0.1.evil.example", "", "[", "user@evil.example"]
)
def test_a_name_that_is_not_ours(office: TestClient, host: str) -> None:
    """A name of somebody else may be made to stand for 127.0.0.1; people must not be read through it."""
    path = f"/admin/metering-points/{POINT}?personal=true"
    assert office.get(path, headers={**KNOWN, "Host": host}).status_code == 403
    assert office.get("/admin?token=known", headers={"Host": host}, follow_redirects=False).status_code == 403


@pytest.mark.parametrize("host", ["localhost:8200", "127.0.0.1", "[::1]:8200", "LOCALHOST"])
def test_names_that_are(office: TestClient, host: str) -> None:
    assert office.get("/admin/clock", headers={**KNOWN, "Host": host}).status_code == 200


def test_another_name_can_be_allowed(market: HubUnderTest) -> None:
    with TestClient(
        asgi(market.hub, ticks=False, token="known", hosts=("hub.test",)), base_url="http://hub.test"
    ) as client:
        assert client.get("/admin/clock", headers=KNOWN).status_code == 200


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:9999", "https://127.0.0.1:8200"])
def test_a_page_of_another_origin(office: TestClient, origin: str) -> None:
    answer = office.post("/admin/misbehaviours", json={"kind": "silence"}, headers={**KNOWN, "Origin": origin})
    assert answer.status_code == 403
    assert office.get("/admin/misbehaviours", headers=KNOWN).json() == []
    own = office.post("/admin/misbehaviours", json={"kind": "silence"}, headers={**KNOWN, "Origin": OWN})
    assert own.status_code == 200


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_a_form_is_no_json(office: TestClient, kind: str) -> None:
    """A form of any page can be sent without asking; JSON cannot."""
    answer = office.post(
        "/admin/misbehaviours", content=b'{"kind": "silence"}', headers={**KNOWN, "Content-Type": kind}
    )
    assert answer.status_code == 415
    assert office.get("/admin/misbehaviours", headers=KNOWN).json() == []


# --- what it cannot be made to keep

CLOCKS: list[dict[str, Any] | str] = [
    {"now": "0001-01-01T00:00:00+14:00"},
    {"now": "9999-12-31T23:59:59-14:00"},
    {"now": "1999-01-01T00:00:00Z"},
    {"forward": 1e300},
    '{"forward": 1e999}',
    '{"forward": NaN}',
    {"forward": 10**12},
    {"forward": 300_000_000, "runs": False, "now": "2040-01-01T00:00:00Z"},
]


@pytest.mark.parametrize("body", CLOCKS, ids=str)
def test_a_clock_that_no_market_has(market: HubUnderTest, body: dict[str, Any] | str) -> None:
    """Year 1 was kept once, and the hub never began on that database again."""
    told = body if isinstance(body, str) else None
    headers = {"Content-Type": "application/json"}
    if told is None:
        answer = market.http.put("/admin/clock", json=body)
    else:
        answer = market.http.put("/admin/clock", content=told, headers=headers)
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"]
    assert 2015 <= market.hub.clock().year <= 2040
    assert VirtualClock.read(market.hub.register_store.setting("clock") or market.hub.clock.written())().year <= 2040


def test_a_hub_begins_on_a_database_whose_clock_was_left_nowhere(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'hub.db'}"
    with_clock = Hub.open(url)
    for text in ("stands 0001-01-01T00:00:00+14:00", "runs 1e300", "runs nan", "stands yesterday"):
        with_clock.register_store.set("clock", text)
        again = Hub.open(url)
        assert abs(again.clock() - datetime.now(UTC)).total_seconds() < 60
        again.close()
    with_clock.close()


def test_days_that_no_market_has(market: HubUnderTest) -> None:
    grant = {"identification": "123e4567-e89b-12d3-a456-426655440000", "expires": "0001-01-01"}
    answer = market.http.post("/admin/seed", json={"grants": [grant]})
    assert answer.status_code == 400
    assert "year 1;" in answer.json()["error"]


def test_a_body_that_is_too_large(market: HubUnderTest, monkeypatch: pytest.MonkeyPatch) -> None:
    from ediel.hub import app

    monkeypatch.setattr(app, "_LARGEST_JSON", 1000)
    answer = market.http.post("/admin/seed", content=b" " * 2000, headers={"Content-Type": "application/json"})
    assert answer.status_code == 413


def test_who_signs_for_a_party_is_changed_on_purpose_only(market: HubUnderTest) -> None:
    """A seed without an organisation number once took a party's binding to its certificate away."""
    known = market.hub.register_store.parties()[NEW]
    for organisation in (None, "912345688"):
        changed = {"parties": [{"gln": NEW, "roles": ["DDQ"], "active": True, "organisation": organisation}]}
        answer = market.http.post("/admin/seed", json=changed)
        assert answer.status_code == 409
        assert NEW in answer.json()["error"]
        assert market.hub.register_store.parties()[NEW].organisation == known.organisation
    assert market.http.post("/admin/seed?rebind=true", json=changed).status_code == 200
    assert market.hub.register_store.parties()[NEW].organisation == "912345688"


def test_a_mistake_is_told_without_its_words(market: HubUnderTest, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("Kari Testesen")

    monkeypatch.setattr(type(market.hub.queues), "lengths", broken)
    answer = market.http.get("/admin/queues")
    assert answer.status_code == 500
    assert answer.json() == {"error": "RuntimeError: a mistake in the stand-in hub; please report it"}


# --- the token


def test_the_token_is_kept_for_its_owner_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EDIEL_HUB_TOKEN", raising=False)
    before = os.umask(0)
    try:
        token = kept_token(tmp_path)
    finally:
        os.umask(before)
    assert len(token) >= 24
    assert kept_token(tmp_path) == token
    (path,) = tmp_path.iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    monkeypatch.setenv("EDIEL_HUB_TOKEN", "given")
    assert kept_token(tmp_path) == "given"
    assert Guard().token != Guard().token
