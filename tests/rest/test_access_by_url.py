"""Access that an end user gives by an address: what comes back, once, in time, for its party; and its process."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
import pytest
from click.testing import CliRunner

import ediel
from ediel.cli import cli
from ediel.identifiers import ELHUB
from ediel.rest import (
    AccessByUrl,
    DatabasePending,
    MemoryPending,
    PendingAccesses,
    Received,
    ReturnNames,
    ReturnRefused,
)
from ediel.testing import HubUnderTest, hub
from tests.support import databases
from tests.support.hub_market import MARKET, NEW, POINT, POINTS, THIRD_PARTY
from tests.support.hub_market import point as seeded

BACK = "https://third.example/elhub/back"
MOVED_IN = "2020-02-29"


@pytest.fixture
def market() -> Iterator[HubUnderTest]:
    with hub(MARKET) as made:
        yield made


@pytest.fixture(params=["database", "memory"])
def stores(request: pytest.FixtureRequest, market: HubUnderTest) -> Callable[[], PendingAccesses]:
    """A store of each kind; the same again, as after a new start where it outlives one."""
    memory = MemoryPending()
    return lambda: DatabasePending(engine(market).store) if request.param == "database" else memory


def engine(market: HubUnderTest) -> ediel.Engine:
    return market.party(THIRD_PARTY).engine


def by_url(market: HubUnderTest, **more: Any) -> AccessByUrl:
    return AccessByUrl(engine(market), more.pop("address", BACK), **more)


def given(request_id: str, *points: str, **more: Any) -> dict[str, Any]:
    contracts = [{"meteringPointId": point, "start": MOVED_IN} for point in points or (POINT,)]
    contracts[0].update(more.pop("first", {}))
    return {
        "elhubGln": ELHUB, "receiverGln": THIRD_PARTY, "request_id": request_id, "contracts": contracts, **more,
    }  # fmt: skip


def refused(request_id: str, code: str = "EH088") -> dict[str, Any]:
    return {"elhubGln": ELHUB, "receiverGln": THIRD_PARTY, "request_id": request_id, "error": code}


def processes(market: HubUnderTest) -> list[tuple[str, str]]:
    found = engine(market).browse.processes()
    return sorted((row["metering_point"], row["state"]) for row in found)


def call(own: AccessByUrl, method: str = "GET", address: str = BACK, landing: Any = None, **more: Any) -> Any:
    async def go() -> httpx2.Response:
        transport = httpx2.ASGITransport(app=own.app(landing))
        async with httpx2.AsyncClient(transport=transport) as client:
            return await client.request(method, address, **more)

    return asyncio.run(go())


def query(fields: dict[str, Any]) -> dict[str, str]:
    return {name: value if isinstance(value, str) else json.dumps(value) for name, value in fields.items()}


def test_the_address_and_what_comes_back_begin_an_access(
    market: HubUnderTest, stores: Callable[[], PendingAccesses]
) -> None:
    heard: list[Received] = []
    own = by_url(market, pending=stores(), tell=heard.append)
    invited = own.invite("Full", reference="order 7")
    parts = urlsplit(invited.address)
    assert parts._replace(query="").geturl() == "https://minside.elhub.no/third-party-access/authorize"
    assert parse_qs(parts.query) == {
        "client_id": [THIRD_PARTY], "request_id": [invited.request_id], "scope": ["Full"],
    }  # fmt: skip
    received = by_url(market, pending=stores(), tell=heard.append).receive(
        given(invited.request_id, POINT, POINTS[1], first={"end": "2027-01-01"})
    )
    assert (received.pending.reference, received.pending.scope, received.error, received.again) == (
        "order 7", "Full", None, False,
    )  # fmt: skip
    assert heard == [received]
    assert processes(market) == sorted([(POINT, "granted"), (POINTS[1], "granted")])
    first = engine(market).process(received.processes[0])
    assert (first.facts["level"], first.facts["end"], first.facts["moved_in"]) == ("full", "2027-01-01", MOVED_IN)
    rows = engine(market).browse.accesses(party=THIRD_PARTY)
    assert {(row["metering_point"], row["end"], row["level"]) for row in rows} == {
        (POINT, "2027-01-01", "full"), (POINTS[1], None, "full"),
    }  # fmt: skip
    assert engine(market).outbox.pending() == [], "nothing is sent for it"


def test_the_same_again_changes_nothing_and_another_is_refused(
    market: HubUnderTest, stores: Callable[[], PendingAccesses]
) -> None:
    heard: list[Received] = []
    own = by_url(market, pending=stores(), tell=heard.append)
    request_id = own.invite().request_id
    first = own.receive(given(request_id))
    again = own.receive(query(given(request_id.upper())))
    assert (again.again, again.processes, len(heard)) == (True, first.processes, 1)
    for other in (given(request_id, POINTS[1]), refused(request_id), given(request_id, first={"end": "2027-01-01"})):
        with pytest.raises(ReturnRefused) as problem:
            own.receive(other)
        assert problem.value.reason == "answered"
    assert processes(market) == [(POINT, "granted")]


def test_a_replay_after_the_end_begins_nothing(market: HubUnderTest, stores: Callable[[], PendingAccesses]) -> None:
    """Also where the answer had approved what was asked by a message."""
    own = by_url(market, pending=stores())
    third = market.party(THIRD_PARTY)
    asked = third.start(ediel.AccessRequest(metering_point=POINT))
    assert asked.state == "waiting"
    request_id = own.invite("Full").request_id
    assert own.receive(given(request_id)).processes == (asked.id,)
    assert (third.state(asked), third.engine.process(asked.id).facts["level"]) == ("granted", "full")
    third.engine.decide(asked.id, "remove")
    assert own.receive(given(request_id)).again
    assert processes(market) == [(POINT, "ended")]
    own.receive(given(own.invite().request_id))
    assert processes(market) == [(POINT, "ended"), (POINT, "granted")], "a new request is a new access"


def test_an_access_that_is_there_is_left(market: HubUnderTest) -> None:
    own = by_url(market)
    known = engine(market).start(ediel.KnownAccess(metering_point=POINT, level="full"))
    assert own.receive(given(own.invite().request_id)).processes == (known.id,)
    assert engine(market).process(known.id).facts["level"] == "full"


def test_expired_unknown_and_those_of_others(market: HubUnderTest, stores: Callable[[], PendingAccesses]) -> None:
    own = by_url(market, pending=stores(), life=timedelta(hours=2))
    late, answered = own.invite(), own.invite()
    own.receive(given(answered.request_id))
    other = "00000000-0000-4000-8000-000000000001"
    with pytest.raises(ReturnRefused) as problem:
        own.receive(given(other))
    assert problem.value.reason == "unknown"
    market.clock.forward(timedelta(hours=2))
    with pytest.raises(ReturnRefused) as problem:
        own.receive(given(late.request_id))
    assert problem.value.reason == "expired"
    assert own.receive(given(answered.request_id)).again, "a page that is loaded again, later"
    market.clock.forward(timedelta(seconds=1))
    assert (own.forget(), own.forget()) == (2, 0)
    with pytest.raises(ReturnRefused) as problem:
        own.receive(given(late.request_id))
    assert problem.value.reason == "unknown"


def test_a_request_is_of_one_party(market: HubUnderTest, stores: Callable[[], PendingAccesses]) -> None:
    own, pending = by_url(market), stores()
    mine = by_url(market, pending=pending).invite()
    with (
        pytest.raises(ReturnRefused) as problem,
        pending.claim(next(iter_digest(mine.request_id)), "f", "7080001300029", engine(market).clock()),
    ):
        pass
    assert problem.value.reason == "unknown"
    for wrong in ({"receiverGln": "7080001300029"}, {"elhubGln": THIRD_PARTY}):
        with pytest.raises(ReturnRefused) as problem:
            own.receive(given(mine.request_id, **wrong))
        assert problem.value.reason == "party"


def iter_digest(request_id: str) -> Iterator[str]:
    from ediel.rest._pending import digest_of

    yield digest_of(request_id)


def test_what_fails_halfway_leaves_nothing(market: HubUnderTest, stores: Callable[[], PendingAccesses]) -> None:
    calls: list[Received] = []

    def fail_once(received: Received) -> None:
        calls.append(received)
        if len(calls) == 1:
            raise RuntimeError("the backend is down")

    own = by_url(market, pending=stores(), tell=fail_once)
    request_id = own.invite().request_id
    with pytest.raises(RuntimeError):
        own.receive(given(request_id, POINT, POINTS[1]))
    assert processes(market) == []
    assert not own.receive(given(request_id, POINT, POINTS[1])).again
    assert len(processes(market)) == 2


def test_of_many_at_once_one_counts(market: HubUnderTest, stores: Callable[[], PendingAccesses]) -> None:
    heard: list[Received] = []
    own = by_url(market, pending=stores(), tell=heard.append)
    request_id = own.invite().request_id

    def one(point: str) -> str:
        try:
            own.receive(given(request_id, point))
        except ReturnRefused as problem:
            return problem.reason
        return "taken"

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(one, POINTS[:8]))
    assert sorted(found) == ["answered"] * 7 + ["taken"]
    assert len(heard) == 1
    assert len(processes(market)) == 1


@pytest.mark.parametrize(
    ("code", "known"), [("EH088", "EH088"), ("EH106", "EH106"), ("EH111", "EH111"), ("X", "unknown")]
)
def test_errors_begin_nothing(market: HubUnderTest, code: str, known: str) -> None:
    own = by_url(market)
    request_id = own.invite().request_id
    received = own.receive({"request_id": request_id, "error": code})
    assert (received.error, received.processes, received.points) == (known, (), ())
    with pytest.raises(ReturnRefused, match="another answer"):
        own.receive(given(request_id))
    assert processes(market) == []


@pytest.mark.parametrize("kind", databases.KINDS)
def test_of_many_processes_at_once_one_counts(kind: str, tmp_path: Path) -> None:
    """Several engines on one database, each as in a process of its own; their tables are made at the same time."""
    url = databases.url(kind, tmp_path)
    party = ediel.Party(THIRD_PARTY, "AG")
    engines = [ediel.Engine.open(url, party=party) for _ in range(4)]
    try:
        with ThreadPoolExecutor(4) as pool:
            owns = list(pool.map(lambda own: AccessByUrl(own, BACK), engines))
            request_id = owns[0].invite().request_id

            def one(number: int) -> str:
                try:
                    again = owns[number % 4].receive(given(request_id, POINTS[number // 4])).again
                except ReturnRefused as problem:
                    return str(problem.reason)
                return "again" if again else "taken"

            found = list(pool.map(one, range(8)))
        assert found.count("taken") == 1
        assert (found.count("again"), found.count("answered")) == (3, 4)
        assert len(engines[0].browse.processes()) == 1
        with pytest.raises(ValueError, match="there already"):
            owns[1].invite(request_id=request_id)
    finally:
        for own in engines:
            own.close()


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no identification": ({"request_id": ""}, "request_id: expected a UUID"),
    "neither": ({"contracts": None}, "found neither"),
    "both": ({"error": "EH088"}, "found both"),
    "no receiver": ({"receiverGln": ""}, "expected elhubGln and receiverGln"),
    "no list": ({"contracts": "{"}, "expected a list in JSON"),
    "too deep": ({"contracts": "[" * 100_000}, "expected a list in JSON"),
    "empty": ({"contracts": []}, "1 to 1000 metering points"),
    "no object": ({"contracts": [POINT]}, "item 1: expected an object"),
    "check digit": ({"contracts": [{"meteringPointId": POINT[:-1] + "x", "start": MOVED_IN}]}, "its check digit"),
    "no start": ({"contracts": [{"meteringPointId": POINT}]}, "item 1: expected start"),
    "a week": ({"contracts": [{"meteringPointId": POINT, "start": "2026-W01-1"}]}, "item 1: expected start"),
    "no time zone": ({"contracts": [{"meteringPointId": POINT, "start": "2026-01-01T00:00:00"}]}, "expected start"),
    "end": ({"contracts": [{"meteringPointId": POINT, "start": MOVED_IN, "end": 7}]}, "item 1: expected start"),
    "early": ({"contracts": [{"meteringPointId": POINT, "start": MOVED_IN, "end": "2020-02-28"}]}, "end is before start"),
    "twice": ({"contracts": [{"meteringPointId": POINT, "start": MOVED_IN}] * 2}, "stands there twice"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_read_leaves_the_request_waiting(market: HubUnderTest, name: str) -> None:
    own = by_url(market)
    request_id = own.invite().request_id
    change, text = WRONG[name]
    with pytest.raises(ReturnRefused, match=text) as problem:
        own.receive({**given(request_id), **change})
    assert problem.value.reason == "unreadable"
    assert POINT[:-1] not in str(problem.value)
    assert not own.receive(given(request_id)).again


def test_moments_are_days_in_norway(market: HubUnderTest) -> None:
    own = by_url(market)
    start = {"start": "2026-01-31T23:00:00Z"}
    (point,) = own.receive(given(own.invite().request_id, first=start)).points
    assert point.start == date(2026, 2, 1)


def test_the_names_can_be_set_and_the_return_address_compared(market: HubUnderTest) -> None:
    own = by_url(market, names=ReturnNames(points="points", point="mp", address="returnUrl"))
    request_id = own.invite().request_id
    fields = {**given(request_id), "points": json.dumps([{"mp": POINT, "start": MOVED_IN}]), "contracts": None}
    with pytest.raises(ReturnRefused) as problem:
        own.receive({**fields, "returnUrl": "https://other.example/back"})
    assert problem.value.reason == "address"
    assert own.receive({**fields, "returnUrl": BACK}).points[0].metering_point == POINT


# --- over HTTP


def test_a_browser_returns_and_loads_the_page_again(market: HubUnderTest, caplog: pytest.LogCaptureFixture) -> None:
    own = by_url(market)
    request_id = own.invite().request_id
    with caplog.at_level(logging.DEBUG):
        for _ in range(2):
            reply = call(own, params=query(given(request_id)))
            assert (reply.status_code, "Thank you" in reply.text) == (200, True)
            assert (reply.headers["cache-control"], reply.headers["referrer-policy"]) == ("no-store", "no-referrer")
        assert call(own, params=query(given(request_id, POINTS[1]))).status_code == 409
    assert processes(market) == [(POINT, "granted")]
    records = " ".join(str(vars(item)) for item in caplog.records if item.name.startswith("ediel"))
    assert "access by address" in records
    for kept_out in (request_id, POINT, POINTS[1], MOVED_IN):
        assert kept_out not in records


@pytest.mark.parametrize("form", ["json", "data"])
def test_what_is_posted(market: HubUnderTest, form: str) -> None:
    own = by_url(market)
    fields = given(own.invite().request_id)
    reply = call(own, "POST", landing=lambda received: f"https://third.example/thanks/{len(received.points)}",
                 **{form: fields if form == "json" else query(fields)})  # fmt: skip
    assert (reply.status_code, reply.headers["location"]) == (303, "https://third.example/thanks/1")


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("https://evil.example/elhub/back", 404), ("https://third.example/other", 404),
        ("https://third.example/elhub/back/", 404), ("https://third.example:8443/elhub/back", 404),
        ("https://third.example:443/elhub/back", 200), ("https://THIRD.example/elhub/back", 200),
    ],
)  # fmt: skip
def test_only_the_return_address_takes_anything(market: HubUnderTest, address: str, status: int) -> None:
    own = by_url(market)
    assert call(own, address=address, params=query(given(own.invite().request_id))).status_code == status
    assert len(processes(market)) == (status == 200)


def test_calls_that_are_none(market: HubUnderTest) -> None:
    own = by_url(market)
    fields = query(given(own.invite().request_id))
    assert call(own, "PUT", params=fields).status_code == 405
    assert call(own, "HEAD", params=fields).status_code == 405, "a preview of a link answers nothing"
    assert call(own).status_code == 400
    assert call(own, address=f"{BACK}?{urlencode(fields)}&request_id=x").status_code == 400
    assert call(own, "POST", content=b"x" * 600_000).status_code == 400
    assert call(own, "POST", content=b"\xff=%ff", headers={"content-type": "text/plain"}).status_code == 400
    for body in (b"[]", b"{", b'{"a": 1, "a": 2}', b"[" * 100_000):
        reply = call(own, "POST", content=body, headers={"content-type": "application/json; charset=utf-8"})
        assert reply.status_code == 400
    assert call(own, params=fields).status_code == 200, "none of them used the request up"


def test_a_failure_here_is_told_without_data(market: HubUnderTest, caplog: pytest.LogCaptureFixture) -> None:
    def fail(received: Received) -> None:
        raise RuntimeError(received.points[0].metering_point)

    own = by_url(market, tell=fail)
    reply = call(own, params=query(given(own.invite().request_id)))
    assert (reply.status_code, POINT in reply.text, POINT in caplog.text) == (500, False, False)
    assert processes(market) == []


def test_what_a_backend_sets_wrong(market: HubUnderTest) -> None:
    for address in ("http://third.example/back", "third.example", "https://a:b@third.example/", f"{BACK}?a=b"):
        with pytest.raises(ValueError, match="return_address: expected"):
            by_url(market, address=address)
    by_url(market, address="http://127.0.0.1:8000/back")
    with pytest.raises(ValueError, match=rf"it acts for {THIRD_PARTY}"):
        by_url(market, party="7080001300029")
    with pytest.raises(ValueError, match="above zero"):
        by_url(market, life=timedelta(0))
    own = by_url(market)
    with pytest.raises(ValueError, match="expected Full or Limited"):
        own.invite("full")
    with pytest.raises(ValueError, match="UUID"):
        own.invite(request_id="1")
    used = own.invite().request_id
    with pytest.raises(ValueError, match="there already"):
        own.invite(request_id=used)
    assert used not in repr(own.invite(request_id="00000000-0000-4000-8000-000000000009"))


# --- with the stand-in hub


LISTED = MARKET.model_copy(
    update={
        "parties": tuple(
            party.model_copy(update={"return_address": BACK if party.gln == THIRD_PARTY else None})
            for party in MARKET.parties
        )
    }
)  # fmt: skip


def at_the_hub(market: HubUnderTest, address: str, **more: Any) -> httpx2.Response:
    body = {"address": address, "end_user": seeded(POINT).end_users[0].identification, **more}
    return market.http.post("/admin/access-by-url", json=body)


def test_from_the_address_to_the_end_of_the_access() -> None:
    with hub(LISTED) as market:
        own = by_url(market)
        reply = at_the_hub(market, own.invite("Full").address, end="2027-03-01")
        assert reply.status_code == 200, reply.text
        assert call(own, address=reply.json()["location"]).status_code == 200
        (row,) = [item for item in engine(market).browse.processes() if item["metering_point"] == POINT]
        process = engine(market).process(row["id"])
        moved_in = seeded(POINT).end_users[0].start
        assert (process.state, process.facts["level"], process.facts["end"], process.facts["moved_in"]) == (
            "granted", "full", "2027-03-01", moved_in.isoformat(),
        )  # fmt: skip
        found = market.hub.decisions.view(market.clock()).metering_point(POINT)
        assert found is not None
        access = found.access_on(THIRD_PARTY, date(2027, 2, 28))
        assert access.level == "full"  # type: ignore[union-attr]
        assert found.access_on(THIRD_PARTY, date(2027, 3, 1)) is None
        engine(market).command(process.id, "delete")
        market.carry()
        assert engine(market).process(process.id).state == "ended", "the hub knows of the access that is ended"


def test_an_end_user_refuses_or_has_nothing() -> None:
    with hub(LISTED) as market:
        own = by_url(market)
        for more, code in (
            ({"refuse": True}, "EH088"), ({"metering_points": []}, "EH088"), ({"end_user": "12818525018"}, "EH106"),
        ):  # fmt: skip
            back = at_the_hub(market, own.invite().address, **more).json()["location"]
            assert code in back
            assert call(own, address=back).status_code == 200
        assert processes(market) == []
        other = own.invite().address.replace(THIRD_PARTY, NEW)
        assert at_the_hub(market, other).status_code == 409
        found = market.hub.decisions.view(market.clock()).metering_point(POINT)
        assert found is not None
        assert found.access_on(THIRD_PARTY, date(2027, 2, 28)) is None


def test_the_address_from_the_command_line(tmp_path: Path) -> None:
    """What the command has made, a backend on the same database takes."""
    database = f"sqlite:///{tmp_path / 'third.db'}"
    config = tmp_path / "ediel.toml"
    config.write_text(
        f"""
        [database]
        url = "{database}"
        parties = ["{THIRD_PARTY}:AG"]
        [hub]
        environment = "local"
        [certificate]
        file = "us.pem"
        [trust]
        issuers = "issuers.pem"
        """,
        encoding="utf-8",
    )
    arguments = ["consent", "url", "--config", str(config), "--format", "json", "--reference", "order 9"]
    refused_one = CliRunner().invoke(cli, [*arguments, "--return-address", "http://third.example/"])
    assert (refused_one.exit_code, "expected https" in refused_one.output) == (1, True), refused_one.output
    made = CliRunner().invoke(cli, [*arguments, "--return-address", BACK, "--scope", "Full"])
    assert made.exit_code == 0, made.output
    (row,) = json.loads(made.stdout)
    (request_id,) = parse_qs(urlsplit(row["address"]).query)["request_id"]
    with closing(ediel.Engine.open(database)) as own:
        received = AccessByUrl(own, BACK).receive(given(request_id))
        assert (received.pending.scope, received.pending.reference) == ("Full", "order 9")
        assert own.process(received.processes[0]).state == "granted"
