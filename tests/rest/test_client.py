"""The client by itself: tokens, retries, limits, pages and errors, against answers that are made here."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import cache
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID, uuid4

import httpx2
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc import jwt
from joserfc.jwk import RSAKey

from ediel.rest import AsyncElhub, Elhub, RestIdentity, access, errors
from ediel.rest.environments import APIS, RestEnvironment, rest_environment

GLN, OTHER = "7080001100018", "7080001100025"
PLACE = RestEnvironment("test", "https://api.test", "https://issuer.test/", "https://issuer.test/token")
NOW = datetime(2026, 11, 27, 8, tzinfo=UTC)


@cache
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def identity(**more: Any) -> RestIdentity:
    der = key().private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return RestIdentity(**{"gln": GLN, "client": "abc", "key": der, "scopes": ("elhub:balancesupplier",), "kid": "k1", **more})  # fmt: skip


class Place:
    """Answers as it is told; keeps what was asked."""

    def __init__(self) -> None:
        self.tokens = 0
        self.token: Callable[[int], httpx2.Response] = self.given
        self.answers: list[httpx2.Response | Exception] = []
        self.asked: list[httpx2.Request] = []
        self.slept: list[float] = []
        self.now = NOW
        self.ticks = 0.0

    def given(self, number: int) -> httpx2.Response:
        return httpx2.Response(
            200, json={"access_token": f"t{number}", "expires_in": 120, "scope": "elhub:balancesupplier"}
        )

    def handle(self, request: httpx2.Request) -> httpx2.Response:
        if request.url.host == "issuer.test":
            self.tokens += 1
            self.asked.append(request)
            return self.token(self.tokens)
        self.asked.append(request)
        found = self.answers.pop(0)
        if isinstance(found, Exception):
            raise found
        return found

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.ticks += seconds

    def client(self, *, patience: float = 60, who: RestIdentity | None = None) -> Elhub:
        http = httpx2.Client(transport=httpx2.MockTransport(self.handle))
        made = Elhub(who or identity(), environment=PLACE, http=http, patience=patience, clock=lambda: self.now)
        made._sleep = self.sleep
        session = made.session
        session._ticks = lambda: self.ticks
        assert session.tokens is not None
        session.tokens._ticks = lambda: self.ticks
        return made

    @property
    def calls(self) -> list[httpx2.Request]:
        return [item for item in self.asked if item.url.host != "issuer.test"]


@pytest.fixture
def place() -> Place:
    return Place()


def consent(identification: str | None = None, **attributes: Any) -> dict[str, Any]:
    moment = "2026-11-27T09:00:00+01:00"
    return {
        "id": identification or str(uuid4()), "type": "AuthorizationRequest",
        "attributes": {
            "requestType": access.CHANGE, "status": "Pending", "createdAt": moment, "updatedAt": moment,
            "validTo": "2026-12-25T23:59:59+01:00", **attributes,
        },
        "relationships": {name: {"data": {"type": "Person", "id": "x"}} for name in ("requestedBy", "requestedFrom", "requestedTo")},
        "meta": {"requestedForMeteringPointId": "707057500000000018"}, "links": {"self": "/x"},
    }  # fmt: skip


def one(**attributes: Any) -> httpx2.Response:
    return httpx2.Response(200, json={"data": consent(**attributes), "links": {}, "meta": {}})


def page(number: int, pages: int, *items: dict[str, Any]) -> httpx2.Response:
    meta = {"totalItems": 250, "totalPages": pages, "page": number, "pageSize": 100}
    return httpx2.Response(200, json={"data": list(items), "links": {}, "meta": meta})


def refused(status: int, **headers: str) -> httpx2.Response:
    row = {"status": str(status), "title": "Not so", "detail": "because of Kari"}
    return httpx2.Response(status, json={"errors": [row]}, headers=headers)


ID = str(uuid4())


def test_one_token_for_many_calls_and_a_new_one_before_it_expires(place: Place) -> None:
    elhub = place.client()
    place.answers = [one(), one(), one()]
    elhub.run(access.request(ID))
    elhub.run(access.request(ID))
    assert place.tokens == 1
    place.ticks += 97  # of 120 seconds, 24 before the end it is not used any more
    elhub.run(access.request(ID))
    assert place.tokens == 2
    assert [call.headers["authorization"] for call in place.calls] == ["Bearer t1", "Bearer t1", "Bearer t2"]


def test_the_assertion_is_signed_and_says_what_maskinporten_wants(place: Place) -> None:
    place.answers = [one()]
    place.client().run(access.request(ID))
    form = parse_qs(place.asked[0].content.decode())
    assert form["grant_type"] == ["urn:ietf:params:oauth:grant-type:jwt-bearer"]
    pem = key().public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    found = jwt.decode(form["assertion"][0], RSAKey.import_key(pem), algorithms=["RS256"])
    assert found.header["kid"] == "k1"
    assert "x5c" not in found.header
    claims = found.claims
    assert (claims["aud"], claims["iss"], claims["scope"]) == ("https://issuer.test/", "abc", "elhub:balancesupplier")
    assert claims["iat"] == NOW.timestamp()
    assert 0 < claims["exp"] - claims["iat"] <= 120
    assert set(claims) == {"aud", "iss", "scope", "iat", "exp", "jti"}, "an unknown claim is refused"


def test_an_assertion_is_never_used_twice(place: Place) -> None:
    place.token = lambda number: httpx2.Response(503) if number < 3 else place.given(number)
    place.answers = [one()]
    place.client().run(access.request(ID))
    used = [item.content for item in place.asked if item.url.host == "issuer.test"]
    assert len(set(used)) == 3


def test_one_party_in_every_dialect_of_headers(place: Place) -> None:
    from dataclasses import replace

    elhub = place.client(who=identity(on_behalf_of=OTHER))
    place.answers = [one() for _ in APIS]
    for api in APIS:
        elhub.run(replace(access.request(ID), api=api))
    for api, call in zip(APIS, place.calls, strict=True):
        own = {name: value for name, value in call.headers.items() if value in {GLN, OTHER}}
        expected = {} if api.sender is None else {api.sender.lower(): GLN, str(api.on_behalf_of).lower(): OTHER}
        assert own == expected
        assert call.headers["user-agent"] == "ediel"
    UUID(place.calls[0].headers["elhubtraceid"])


def test_a_refused_token_is_renewed_once(place: Place) -> None:
    elhub = place.client()
    place.answers = [refused(401), one(), refused(401), refused(401)]
    assert elhub.run(access.request(ID)).status == "Pending"
    assert place.tokens == 2
    with pytest.raises(errors.ApiRefused, match="401") as caught:
        elhub.run(access.request(ID))
    assert (caught.value.status, place.tokens) == (401, 3)


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (httpx2.Response(400, json={"error": "invalid_grant", "error_description": "MP-110"}), "invalid_grant (MP-110); check the clock"),
        (httpx2.Response(400, json={"error": "invalid_scope"}), "invalid_scope; add the scope"),
        (httpx2.Response(200, json={"access_token": "x", "expires_in": 0}), "a token that has expired"),
        (httpx2.Response(200, json={"access_token": "x", "expires_in": 100, "scope": "other"}), "without the scope elhub:balancesupplier"),
        (httpx2.Response(200, json={"expires_in": 100}), "no access_token"),
        (httpx2.Response(200, json={"access_token": "tø", "expires_in": 100}), "no access_token"),
        (httpx2.Response(200, json={"access_token": "x", "expires_in": "soon"}), "does not say when it expires"),
        (httpx2.Response(200, content=b"<html>"), "no JSON"),
        (httpx2.Response(200, json=[1]), "no JSON"),
    ],
)  # fmt: skip
def test_a_token_endpoint_that_gives_nothing_of_use(place: Place, answer: httpx2.Response, text: str) -> None:
    place.token = lambda _: answer
    with pytest.raises(errors.TokenRefused) as caught:
        place.client().run(access.request(ID))
    assert text in str(caught.value)
    assert not place.calls


@pytest.mark.parametrize(("apart", "side"), [(240, "240 seconds ahead of"), (-240, "240 seconds behind")])
def test_a_wrong_clock_is_named(place: Place, apart: int, side: str) -> None:
    theirs = format_datetime(NOW - timedelta(seconds=apart), usegmt=True)
    place.token = lambda _: httpx2.Response(400, json={"error": "invalid_grant"}, headers={"Date": theirs})
    with pytest.raises(errors.TokenRefused, match=f"this machine's clock is {side} Maskinporten's: set it"):
        place.client().run(access.request(ID))


def test_a_token_endpoint_that_is_down_is_given_up_and_no_call_was_made(place: Place) -> None:
    def down(_number: int) -> httpx2.Response:
        raise httpx2.ConnectTimeout("no")

    place.token = down
    with pytest.raises(errors.ApiUnavailable, match="no call was made") as caught:
        place.client(patience=30).run(access.request(ID))
    assert caught.value.arrived is False
    assert place.tokens > 3
    assert sum(place.slept) <= 30


def test_too_many_calls_are_spread_as_the_api_wants(place: Place) -> None:
    place.answers = [refused(429, **{"Retry-After": "7"}), refused(429), one()]
    place.client().run(access.request(ID))
    assert 7 <= place.slept[0] < 8
    assert len(place.slept) == 2


def test_retry_after_may_be_a_moment(place: Place) -> None:
    moments = {
        "Date": format_datetime(NOW, usegmt=True),
        "Retry-After": format_datetime(NOW + timedelta(seconds=9), usegmt=True),
    }
    place.answers = [refused(429, **moments), one()]
    place.client().run(access.request(ID))
    assert 9 <= place.slept[0] < 10


def test_a_storm_of_429_ends_in_one_clear_line(place: Place) -> None:
    place.answers = [refused(429, **{"Retry-After": "25"}) for _ in range(10)]
    with pytest.raises(errors.TooManyCalls, match=r"in 25 s; given up after 60 s") as caught:
        place.client().run(access.request(ID))
    assert caught.value.retry_after == 25
    assert len(place.calls) == 3


ORDER = access.ConsentOrder(
    kind=access.CHANGE, supplier=GLN, person="12818525018", name="Kari Testesen", metering_point="707057500000000018",
    address="Prøvegata 1, 0150 OSLO", supplier_name="Kraft", contract="Spot",
)  # fmt: skip


def test_what_may_have_arrived_is_not_sent_again_blindly(place: Place) -> None:
    for problem in (
        httpx2.ReadTimeout("x"),
        httpx2.RemoteProtocolError("x"),
        httpx2.Response(504),
        httpx2.Response(500),
    ):
        place.answers = [problem]
        with pytest.raises(errors.ApiUnavailable) as caught:
            place.client().run(access.send_request(ORDER))
        assert caught.value.arrived is None
        assert not place.answers
    place.answers = [httpx2.ConnectError("x"), one()]
    place.client().run(access.send_request(ORDER))
    place.answers = [httpx2.ReadTimeout("x"), httpx2.Response(502), one()]
    place.client().run(access.request(ID))


def test_an_order_whose_answer_is_lost_is_looked_for_before_it_is_sent_again(place: Place) -> None:
    own = consent()
    own["meta"] |= {"requestedFromName": " kari testesen", "balanceSupplierContractName": "SPOT "}
    place.answers = [page(0, 0), httpx2.ReadTimeout("x"), page(0, 1, consent(), own)]
    elhub = place.client()
    found = elhub.carry_out(access.send_request_once(elhub.session, ORDER))
    assert found.id == own["id"]
    assert [call.method for call in place.calls] == ["GET", "POST", "GET"]
    place.answers = [
        page(0, 0),
        httpx2.ReadTimeout("x"),
        page(0, 1, consent()),
        httpx2.Response(201, json={"data": own}),
    ]
    assert elhub.carry_out(access.send_request_once(elhub.session, ORDER)).id == own["id"]


def test_pages_are_followed_and_what_moves_between_them_comes_once(place: Place) -> None:
    items = [consent() for _ in range(5)]
    place.answers = [page(0, 3, *items[:2]), page(1, 3, *items[1:4]), page(2, 3, items[4])]
    found = list(place.client().each(access.requests(("Pending", "Expired"))))
    assert [item.id for item in found] == [item["id"] for item in items]
    queries = [dict(call.url.params) for call in place.calls]
    assert queries[1] == {"filter[status]": "Pending,Expired", "page[number]": "1", "page[size]": "100"}


@pytest.mark.parametrize(
    ("bad", "text"),
    [
        (lambda: page(3, 4, consent()), "asked for page 1, and page 3 came"),
        (lambda: page(1, 4), "page 1 is empty"),
        (lambda: httpx2.Response(200, json={"data": {}, "meta": {}}), "not as published"),
        (lambda: httpx2.Response(200, content=b'{"data": ['), "not as published"),
        (lambda: httpx2.Response(200, json={"data": [{"id": "x"}], "meta": {"totalItems": 1, "totalPages": 1, "page": 1, "pageSize": 1}}), "not as published"),
    ],
)  # fmt: skip
def test_broken_pages_are_refused_and_nothing_is_passed_over(
    place: Place, bad: Callable[[], httpx2.Response], text: str
) -> None:
    place.answers = [page(0, 4, consent()), bad()]
    found = place.client().each(access.requests())
    next(found)
    with pytest.raises(errors.UnexpectedAnswer, match=text):
        list(found)


def test_errors_say_what_to_do_and_nothing_about_people(place: Place) -> None:
    row = {
        "status": "422",
        "code": None,
        "title": "Unprocessable",
        "detail": "Kari 12818525018",
        "source": {"pointer": "/data/meta"},
    }
    place.answers = [httpx2.Response(422, json={"errors": [row, row]})]
    with pytest.raises(errors.ApiRefused) as caught:
        place.client().run(access.send_request(ORDER))
    error = caught.value
    assert "Kari" not in f"{error}{error!r}{error.errors!r}"
    assert error.errors[0].detail == "Kari 12818525018"
    assert str(error).startswith("422 Unprocessable at /data/meta (and 1 more); correct what the text names")
    assert error.trace == place.calls[0].headers["elhubtraceid"]


def test_unknown_attributes_are_kept_and_not_shown(place: Place) -> None:
    place.answers = [one(status="Postponed", nickname="Kari")]
    found = place.client().run(access.request(ID))
    assert found.status == "Postponed"
    assert found.attributes.model_extra == {"nickname": "Kari"}
    assert "Kari" not in repr(found)
    assert "128185" not in repr(ORDER)
    assert "Prøvegata" not in repr(ORDER)


def test_an_answer_that_has_no_end_is_given_up(place: Place) -> None:
    def endless() -> Iterator[bytes]:
        while True:
            yield b" " * 1_000_000

    place.answers = [httpx2.Response(200, content=endless())]
    with pytest.raises(errors.ApiUnavailable, match="larger than 20000000 bytes"):
        place.client().run(access.send_request(ORDER))


def test_identities_that_cannot_be() -> None:
    for more, text in (
        ({"gln": "123"}, "gln is '123'"),
        ({"client": " "}, "client is empty"),
        ({"scopes": ()}, "scopes is empty"),
        ({"kid": None}, "expected kid"),
        ({"key": b"x"}, "the key cannot be read"),
    ):
        with pytest.raises(errors.InvalidRestIdentity, match=text):
            identity(**more)
    assert "key" not in repr(identity())


def test_signed_documents_are_checked_before_they_are_sent() -> None:
    with pytest.raises(ValueError, match="no PDF"):
        access.submit(ID, b"x")
    with pytest.raises(ValueError, match="at most 1000000"):
        access.submit(ID, b"%PDF-" + b" " * 1_000_000)
    with pytest.raises(ValueError, match="badly formed"):
        access.request("../../admin")


def test_environments() -> None:
    assert rest_environment("mt1").address(APIS[0], "/x") == "https://api-mt1.elhub.no/access/v0/x"
    with pytest.raises(LookupError, match="no environment is called 'mt2'"):
        rest_environment("mt2")


def test_open_apis_keep_to_five_calls_a_second(place: Place) -> None:
    from dataclasses import replace

    from ediel.rest.environments import ENERGY_DATA

    elhub = place.client()
    elhub.session._paces["energy data"]._ticks = lambda: place.ticks
    place.answers = [one() for _ in range(11)]
    for _ in range(11):
        elhub.run(replace(access.request(ID), api=ENERGY_DATA, secured=False))
    assert place.ticks == pytest.approx(2.0)
    assert not place.tokens


def test_asynchronous_calls_share_one_token() -> None:
    place = Place()

    async def handle(request: httpx2.Request) -> httpx2.Response:
        await asyncio.sleep(0.001)
        return place.handle(request)

    async def run() -> list[str]:
        http = httpx2.AsyncClient(transport=httpx2.MockTransport(handle))
        async with AsyncElhub(identity(), environment=PLACE, http=http) as elhub:
            found = await asyncio.gather(*(elhub.run(access.request(ID)) for _ in range(50)))
            place.answers = [page(0, 2, consent()), page(1, 2, consent())]
            listed = [item.id async for item in elhub.each(access.requests())]
        await http.aclose()
        return [item.status for item in found] + listed

    place.answers = [one() for _ in range(50)]
    assert len(asyncio.run(run())) == 52
    assert place.tokens == 1


def test_waiting_for_an_answer_backs_off(place: Place) -> None:
    place.answers = [one(), one(), one(), one(status="Accepted")]
    elhub = place.client()
    found = elhub.carry_out(access.wait_for_answer(elhub.session, ID))
    assert found.status == "Accepted"
    assert place.slept == [2, 3, 4.5]
    json.dumps(found.model_dump(mode="json"))
