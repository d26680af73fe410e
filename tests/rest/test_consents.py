"""Consents from end to end at the stand-in hub: asked over HTTP, answered by the end user, used up by a switch."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import httpx2
import pytest

import ediel
from ediel.engine.events import ConsentGranted
from ediel.hub import Seed, plausible
from ediel.hub.rest import _pdf
from ediel.hub.rest.consents import NotPending
from ediel.rest import Consents, Elhub, RestIdentity, access, errors
from ediel.testing import HubUnderTest
from tests.support.hub_market import GRID, MARKET, NEW, NEWCOMER, OLD, POINT, POINTS, at, customer, move_in, switch
from tests.support.hub_market import point as seeded

HOST = {NEW: "supplier.example"}
OWN = MARKET.model_copy(
    update={
        "parties": tuple(
            party.model_copy(update={"redirect_host": HOST.get(party.gln)}) for party in MARKET.parties
        )
    }
)  # fmt: skip


@pytest.fixture
def market() -> Iterator[HubUnderTest]:
    with ediel.testing.hub(OWN, consent_control=True) as made:
        yield made


def order(metering_point: str = POINT, **more: Any) -> access.ConsentOrder:
    person = seeded(metering_point).end_users[0].identification
    return access.ConsentOrder(
        **{
            "kind": access.CHANGE, "supplier": NEW, "person": person, "name": "Kari Testesen",
            "metering_point": metering_point, "address": "Prøvegata 1, 0150 OSLO", "supplier_name": "Kraft",
            "contract": "Spot", **more,
        }
    )  # fmt: skip


def consents(market: HubUnderTest) -> Consents:
    return Consents(market.party(NEW).engine, market.elhub(NEW))


def answer(market: HubUnderTest, identification: str, how: str) -> dict[str, Any]:
    reply = market.http.post(f"/admin/consents/{identification}/{how}")
    assert reply.status_code == 200, reply.text
    return dict(reply.json())


def test_asked_granted_used_once(market: HubUnderTest) -> None:
    own = consents(market)
    asked = own.ask(order())
    assert (asked.process.state, asked.asked.status) == ("pending", "Pending")
    assert own.follow() == []
    with pytest.raises(errors.NoConsent, match=f"no active consent for ChangeOfSupplier at metering point {POINT}"):
        own.start(switch())
    grant = answer(market, asked.asked.id, "accept")["grant"]
    (moved,) = own.follow()
    assert (moved.process.state, moved.process.facts["grant"]) == ("active", grant)
    begun = own.start(switch())
    market.deliver()
    assert market.party(NEW).state(begun) == "accepted"
    market.move(at("2026-12-02 09:00"))
    assert market.party(NEW).state(begun) == "supplying"
    spent = market.party(NEW).engine.process(asked.process.id)
    assert (spent.state, spent.facts["switch"]) == ("exhausted", begun.id), "known before Elhub is asked"
    (grant_there,) = market.elhub(NEW).each(access.grants())
    assert (grant_there.id, grant_there.status) == (grant, "Exhausted")
    assert own.follow() == []
    with pytest.raises(errors.NoConsent):
        own.start(switch(day=date(2027, 1, 5)))
    again = market.party(NEW).start(switch(day=date(2027, 1, 5), consent_id=grant))
    market.deliver()
    assert market.party(NEW).state(again) == "rejected", "one grant, one completed switch"


def test_what_has_not_changed_costs_the_engine_nothing(market: HubUnderTest, monkeypatch: pytest.MonkeyPatch) -> None:
    own = consents(market)
    for point in POINTS[:3]:
        own.ask(order(point))
    own.follow()
    monkeypatch.setattr(own._engine, "start", lambda *_, **__: pytest.fail("began a process"))
    assert own.follow() == []


def test_without_consent_a_switch_is_refused_where_the_hub_controls_it(market: HubUnderTest) -> None:
    begun = market.party(NEW).start(switch())
    market.deliver()
    assert market.party(NEW).state(begun) == "rejected"
    (row,) = market.http.get("/admin/processes", params={"metering_point": POINT}).json()
    assert row["rules"] == ["consent-needed"]
    with ediel.testing.hub(OWN) as other:
        begun = other.party(NEW).start(switch())
        other.deliver()
        assert other.party(NEW).state(begun) == "accepted"


def test_move_in_with_a_document_signed_elsewhere(market: HubUnderTest) -> None:
    own, elhub = consents(market), market.elhub(NEW)
    wanted = order(kind=access.MOVE_IN, person=NEWCOMER["identification"], language="en")
    asked = own.ask(wanted, way="document")
    assert own.ask(wanted, way="document").asked.id == asked.asked.id
    paper = elhub.run(access.pdf(asked.asked.id))
    assert b"Consent: move-in and change of supplier" in paper
    with pytest.raises(errors.ApiRefused, match="422"):
        elhub.run(access.submit(asked.asked.id, paper))
    other = _pdf.signed(paper, "12345678901", market.hub.consents.secret)
    with pytest.raises(errors.ApiRefused, match="422"):
        elhub.run(access.submit(asked.asked.id, other))
    signed = base64.b64decode(answer(market, asked.asked.id, "sign")["pdf"])
    elhub.run(access.submit(asked.asked.id, signed))
    with pytest.raises(errors.ApiRefused, match="422"):
        elhub.run(access.submit(asked.asked.id, signed))
    assert [item.process.state for item in own.follow()] == ["active"]
    begun = own.start(move_in())
    market.deliver()
    assert market.party(NEW).state(begun) == "accepted"
    (grant,) = elhub.each(access.grants())
    (scope,) = elhub.run(access.scopes(grant.id))
    assert (scope.metering_points, grant.source) == ((POINT,), asked.asked.id)
    with pytest.raises(errors.NoConsent):
        own.start(switch())


def test_a_consent_begins_its_switch_by_itself_and_once(market: HubUnderTest) -> None:
    own, engine = consents(market), market.party(NEW).engine
    waiting = {POINT: switch()}
    heard: list[ConsentGranted] = []

    def order_for(event: ConsentGranted) -> ediel.ChangeOfSupplier | None:
        heard.append(event)
        return waiting.get(event.metering_point or "")

    own.hand_over(order_for)
    asked = own.ask(order())
    answer(market, asked.asked.id, "accept")
    for _ in range(3):
        own.follow()
        engine.deliver()
    market.deliver()
    begun = [row for row in engine.browse.processes(metering_point=POINT) if row["machine"] == "supply/requester"]
    assert [row["state"] for row in begun] == ["accepted"]
    assert engine.process(asked.process.id).facts["switch"] == begun[0]["id"]
    assert engine.process(begun[0]["id"]).warnings == ()
    assert len(heard) == 1


def test_a_consent_of_another_person_is_warned_of(market: HubUnderTest) -> None:
    """Whose it is was known when it was asked for; of the number a mark alone is kept."""
    own, engine = consents(market), market.party(NEW).engine
    asked = own.ask(order())
    answer(market, asked.asked.id, "accept")
    own.follow()
    begun = engine.start(switch(customer=NEWCOMER, consent=asked.process.id))
    assert [item.rule for item in begun.warnings if item.rule.startswith("CONSENT/")] == ["CONSENT/person"]
    assert str(NEWCOMER["identification"]) not in str(begun.warnings)


def test_the_end_user_refuses_revokes_or_is_silent(market: HubUnderTest) -> None:
    own = consents(market)
    first, second, third = (own.ask(order(point)) for point in POINTS[:3])
    answer(market, first.asked.id, "reject")
    grant = answer(market, second.asked.id, "accept")["grant"]
    assert {item.process.state for item in own.follow()} == {"rejected", "active"}
    assert market.http.post(f"/admin/grants/{grant}/revoke").json() == {"status": "Revoked"}
    assert [item.process.state for item in own.follow()] == ["revoked"]
    elhub = market.elhub(NEW)
    market.move(at("2026-12-25 23:59:59"))
    assert elhub.run(access.request(third.asked.id)).status == "Pending"
    market.move(timedelta(seconds=1))
    assert elhub.run(access.request(third.asked.id)).status == "Expired"
    engine = market.party(NEW).engine
    assert engine.process(third.process.id).state == "expired"
    with pytest.raises(NotPending, match="a request that is Expired"):
        market.hub.consents.accept(third.asked.id)
    assert market.http.post(f"/admin/consents/{third.asked.id}/accept").status_code == 409
    assert own.follow() == []


def test_an_answer_that_is_fetched_after_the_lapse_counts(market: HubUnderTest) -> None:
    own = consents(market)
    asked = own.ask(order())
    answer(market, asked.asked.id, "accept")
    market.move(at("2026-12-30 09:00"))
    assert market.party(NEW).engine.process(asked.process.id).state == "expired"
    assert [item.process.state for item in own.follow()] == ["active"]


def test_a_grant_ends_after_a_year(market: HubUnderTest) -> None:
    own, elhub = consents(market), market.elhub(NEW)
    grant = answer(market, own.ask(order()).asked.id, "accept")["grant"]
    own.follow()
    market.move(at("2027-11-27 23:59"))
    assert elhub.run(access.grant(grant)).status == "Active"
    market.move(at("2027-11-28 00:00"))
    assert elhub.run(access.grant(grant)).status == "Expired"
    assert own.grant_for(switch()) is None


def test_what_was_asked_before_a_stop_is_taken_up(market: HubUnderTest) -> None:
    """Killed between the API's answer and the engine's commit: the process begins later, and nobody is asked twice."""
    elhub = market.elhub(NEW)
    asked = elhub.carry_out(access.send_request_once(elhub.session, order()))
    own = consents(market)
    assert own.ask(order()).asked.id == asked.id
    answer(market, asked.id, "accept")
    with ediel.testing.hub(OWN) as other:  # an engine that knows nothing of it
        late = Consents(other.party(NEW).engine, elhub)
        assert [item.process.state for item in late.follow()] == ["active"]


@pytest.mark.parametrize("kind", ["silence", "truncated", "empty"])
def test_a_lost_answer_asks_nobody_twice(market: HubUnderTest, kind: str) -> None:
    market.misbehave(kind, operation="POST /authorization-requests", times=1)
    own = Consents(market.party(NEW).engine, market.elhub(NEW, patience=2))
    if kind == "silence":
        own.ask(order())
    else:  # an answer came, of another form: whether it was done is for the next call to find out
        with pytest.raises(errors.UnexpectedAnswer):
            own.ask(order())
        own.ask(order())
    assert len(market.http.get("/admin/consents").json()) == 1


def test_misbehaviours_of_the_token_endpoint(market: HubUnderTest) -> None:
    token = "POST /maskinporten/token"
    market.misbehave("http", operation=token, status=503, seconds=0, times=2)
    assert list(market.elhub(NEW).each(access.grants())) == []
    market.misbehave("wrong scope", operation=token, times=1)
    with pytest.raises(errors.TokenRefused, match="without the scope elhub:balancesupplier"):
        list(market.elhub(NEW).each(access.grants()))
    market.misbehave("expired token", operation=token)
    with pytest.raises(errors.ApiRefused, match="401 Unauthorized; check that the token"):
        list(market.elhub(NEW).each(access.grants()))
    market.hub.misbehaviours.clear()
    market.misbehave("silence", operation=token)
    with pytest.raises(errors.ApiUnavailable, match=r"Maskinporten gives no token.*ReadTimeout"):
        list(market.elhub(NEW, patience=1).each(access.grants()))


def test_misbehaviours_of_the_api(market: HubUnderTest) -> None:
    elhub = market.elhub(NEW, patience=3)
    market.misbehave("http", operation="GET /authorization-grants", status=429, seconds=1, times=2)
    assert list(elhub.each(access.grants())) == []
    market.misbehave("http", operation="GET /authorization-grants", status=429, seconds=1)
    with pytest.raises(errors.TooManyCalls):
        list(elhub.each(access.grants()))
    market.hub.misbehaviours.clear()
    market.misbehave("broken page", times=1)
    with pytest.raises(errors.UnexpectedAnswer, match="asked for page 0, and page 1 came"):
        list(elhub.each(access.requests()))
    market.misbehave("truncated", times=1)
    with pytest.raises(errors.UnexpectedAnswer):
        list(elhub.each(access.requests()))


def test_two_hundred_at_once(market: HubUnderTest) -> None:
    del market
    seed = plausible(200)
    new = seed.parties[0].gln
    with ediel.testing.hub(seed, patience=60) as large:
        elhub = large.elhub(new, patience=60)
        own = Consents(large.party(new).engine, elhub)

        def ask(number: int) -> str:
            point = seed.metering_points[number]
            person = point.end_users[0].identification
            wanted = order(supplier=new, person=person).model_copy(update={"metering_point": point.identification})
            return elhub.run(access.send_request(wanted)).id

        with ThreadPoolExecutor(20) as pool:
            asked = set(pool.map(ask, range(200)))
        assert len(asked) == 200
        assert {item.id for item in elhub.each(access.requests())} == asked, "three pages, none lost"
        for identification in asked:
            large.hub.consents.accept(identification)
        moved = own.follow()
        assert {item.process.state for item in moved} == {"active"}
        assert len({item.process.facts["grant"] for item in moved}) == 200


REFUSED: tuple[tuple[dict[str, Any], int, str], ...] = (
    ({"metering_point": "707057500000999998"}, 404, "metering point not found"),
    ({"person": NEWCOMER["identification"]}, 422, "requested from not metering point end user"),
    ({"kind": access.MOVE_IN}, 422, "requested from is metering point end user"),
    ({"kind": access.MOVE_IN, "person": NEWCOMER["identification"], "move_in_date": date(2026, 12, 1)}, 422, "move in date not back in time"),
    ({"redirect_uri": "https://other.example/x"}, 422, "redirect uri not matching ediel"),
    ({"redirect_uri": "https://notsupplier.example/x"}, 422, "redirect uri not matching ediel"),
)  # fmt: skip


@pytest.mark.parametrize(("more", "status", "why"), REFUSED)
def test_what_the_api_refuses(market: HubUnderTest, more: dict[str, Any], status: int, why: str) -> None:
    wanted = order().model_copy(update=more)
    if "metering_point" in more:
        wanted = order().model_copy(update={"metering_point": more["metering_point"]})
    with pytest.raises(errors.ApiRefused) as caught:
        market.elhub(NEW).run(access.send_request(wanted))
    assert (caught.value.status, caught.value.code) == (status, None)
    assert why in caught.value.errors[0].detail


def test_a_supplier_may_ask_at_a_point_that_it_supplies(market: HubUnderTest) -> None:
    found = market.elhub(OLD).run(access.send_request(order(supplier=OLD)))
    assert found.status == "Pending"


def test_addresses_to_come_back_to(market: HubUnderTest) -> None:
    for address in ("https://supplier.example/back", "https://www.supplier.example/back?x=1"):
        found = market.elhub(NEW).run(access.send_request(order(redirect_uri=address)))
        assert found.meta.redirect_uri == address


def test_nobody_sees_what_another_has_asked(market: HubUnderTest) -> None:
    asked = market.elhub(NEW).run(access.send_request(order()))
    other = market.elhub(OLD)
    assert list(other.each(access.requests())) == []
    with pytest.raises(errors.ApiRefused, match="404"):
        other.run(access.request(asked.id))
    with pytest.raises(errors.ApiRefused, match="403 Forbidden"):
        list(market.elhub(GRID).each(access.requests()))
    with pytest.raises(errors.ApiRefused, match="401"):
        list(market.elhub(OLD, on_behalf_of=NEW).each(access.requests()))


def test_a_service_provider_asks_for_the_party_that_it_acts_for() -> None:
    parties = tuple(
        party.model_copy(update={"acts_for": frozenset({NEW})}) if party.gln == OLD else party for party in OWN.parties
    )
    seed: Seed = OWN.model_copy(update={"parties": parties})
    with ediel.testing.hub(seed) as made:
        provider = made.elhub(OLD, on_behalf_of=NEW, party_type="service provider")
        asked = provider.run(access.send_request(order()))
        assert made.elhub(NEW).run(access.request(asked.id)).id == asked.id


def test_tokens_are_not_for_everybody(market: HubUnderTest) -> None:
    assert market.http.get("/access/v0/authorization-requests").status_code == 401
    strange = market.rest_identity(NEW)

    def listed(who: RestIdentity) -> list[access.AuthorizationRequest]:
        return list(Elhub(who, environment=market.rest, http=market.http).each(access.requests()))

    with pytest.raises(errors.TokenRefused, match="invalid_scope"):
        listed(replace(strange, scopes=("elhub:gridowner",)))
    with pytest.raises(errors.ApiRefused, match="401"):
        listed(replace(strange, gln=OLD))
    with pytest.raises(errors.TokenRefused, match="expected x5c"):
        listed(replace(strange, kid="k1"))


def test_an_assertion_is_taken_once_and_in_time(market: HubUnderTest) -> None:
    from datetime import UTC, datetime

    identity, issuer = market.rest_identity(NEW), market.rest.issuer

    def ask(assertion: str) -> httpx2.Response:
        form = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": assertion}
        return market.http.post("/maskinporten/token", data=form)

    assertion = identity.assertion(issuer, datetime.now(UTC))
    assert ask(assertion).status_code == 200
    assert ask(assertion).json()["error_description"] == "the assertion was used before"
    late = identity.assertion(issuer, datetime.now(UTC) - timedelta(minutes=4))
    assert ask(late).json()["error"] == "invalid_grant"
    elsewhere = identity.assertion("https://maskinporten.no/", datetime.now(UTC))
    assert ask(elsewhere).json()["error_description"] == "Invalid JWT claim aud"
    head, body, signature = identity.assertion(issuer, datetime.now(UTC)).split(".")
    assert ask(f"{head}.{body}.{signature[::-1]}").json()["error"] == "invalid_grant"
    assert ask("x").status_code == 400
    assert market.http.post("/maskinporten/token", content=b"\xff").status_code == 400


def test_people_are_masked_in_the_back_office(market: HubUnderTest) -> None:
    market.elhub(NEW).run(access.send_request(order()))
    assert "Testesen" not in market.http.get("/admin/consents").text
    assert "Testesen" in market.http.get("/admin/consents", params={"personal": "true"}).text
    assert customer()["identification"] not in market.http.get("/access/v0/authorization-requests").text


def test_consents_outlive_a_stop_of_the_hub(tmp_path: Any) -> None:
    from ediel.hub import Hub, HubSettings, VirtualClock
    from ediel.hub.rest._checks import Wanted

    url, clock = f"sqlite:///{tmp_path / 'hub.db'}", VirtualClock(at("2026-11-27 09:00"), runs=False)
    hub = Hub.open(url, seed=OWN, clock=clock, settings=HubSettings(security="optional"))
    person = ("NationalIdentityNumber", seeded(POINT).end_users[0].identification)
    asked = hub.consents.ask(
        Wanted(
            "request", access.CHANGE, ("GlobalLocationNumber", NEW), person, person, "Kari", POINT, "Gata 1", "K", "S"
        )
    )
    assert not isinstance(asked, str)
    hub.close()
    again = Hub.open(url, clock=clock, settings=HubSettings(security="optional"))
    assert again.consents.accept(asked.identification).grant is not None
    assert again.consents.secret == hub.consents.secret
    again.close()
