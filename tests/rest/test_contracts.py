"""Norgespris: the client against a small contracts API in this test, and its requests against the published document."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from functools import cache
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from ediel.rest import Elhub, contracts, errors
from tests.rest.published import SHARED
from tests.rest.test_client import GLN, PLACE, identity
from tests.support.hub_market import POINTS

PUBLISHED = SHARED / "norgespris-api" / "openapi.yaml"
ID = "4ef727d1-b672-4166-a973-aa6e412b09bb"
DAY = date(2026, 1, 1)


class Api:
    """Registers contracts, all of a call or none; loses answers as it is told."""

    def __init__(self) -> None:
        self.held: dict[str, dict[str, Any]] = {}
        self.bad: set[str] = set()
        self.lost = 0
        self.halfway = False
        self.calls: list[httpx2.Request] = []

    def handle(self, request: httpx2.Request) -> httpx2.Response:
        if request.url.host == "issuer.test":
            return httpx2.Response(200, json={"access_token": "t", "expires_in": 100})
        self.calls.append(request)
        if request.method == "GET":
            wanted = request.url.params.get_list("filter[meteringPointId]")
            return httpx2.Response(200, json={"data": [item for point, item in self.held.items() if point in wanted]})
        answer = self.register(json.loads(request.content)["data"])
        if self.lost:
            self.lost -= 1
            raise httpx2.ReadTimeout("lost")
        return answer

    def register(self, data: list[dict[str, Any]]) -> httpx2.Response:
        points = [item["relationships"]["meteringPoint"]["data"]["id"] for item in data]
        made: list[str] = []
        for point, item in zip(points, data, strict=True):
            code = "CONTRACT_ALREADY_EXISTS" if point in self.held else "CONTRACT_NOT_FOUND_FOR_METERING_POINT"
            if point in self.held or point in self.bad:
                if not self.halfway:
                    for one in made:
                        del self.held[one]
                status = 409 if point in self.held else 404
                error = {"status": str(status), "code": code, "title": "No", "detail": point}
                return httpx2.Response(status, json=error)
            party = item["relationships"]["createdBy"]
            self.held[point] = {
                "type": "contract", "id": str(uuid4()), "attributes": {**item["attributes"], "status": "Initiated"},
                "relationships": {"createdBy": party, "updatedBy": party, "meteringPoint": item["relationships"]["meteringPoint"]},
                "meta": {"createdAt": "2025-07-01T09:47:26.560233Z", "updatedAt": "2025-07-01T09:47:26.560233Z"},
            }  # fmt: skip
            made.append(point)
        return httpx2.Response(201, json={"data": [self.held[point] for point in points]})


def client(api: Api) -> Elhub:
    made = Elhub(identity(), environment=PLACE, http=httpx2.Client(transport=httpx2.MockTransport(api.handle)))
    made._sleep = lambda _: None
    return made


def points(count: int) -> list[contracts.Registration]:
    from ediel.identifiers import Gsrn

    stems = [f"7070575{number:010}" for number in range(1, count + 1)]
    names = [stem + Gsrn(f"{stem}0").check_digit for stem in stems]
    return [contracts.Registration(metering_point=name, start=DAY) for name in names]


def registered(api: Api, wanted: list[contracts.Registration]) -> list[contracts.Outcome]:
    elhub = client(api)
    return elhub.carry_out(contracts.register_all(elhub.session, wanted, by=GLN))


@pytest.mark.parametrize("halfway", [False, True])
def test_one_that_is_wrong_keeps_nobody_back(halfway: bool) -> None:
    """Whether Elhub registers the others of such a call is not published: both come to the same."""
    api, wanted = Api(), points(250)
    api.halfway = halfway
    api.bad = {str(wanted[77].metering_point)}
    found = registered(api, wanted)
    refused = [number for number, item in enumerate(found) if item.contract is None]
    assert refused == [77]
    error = found[77].error
    assert isinstance(error, errors.ApiRefused)
    assert error.code == "CONTRACT_NOT_FOUND_FOR_METERING_POINT"
    assert "check the metering point" in str(error)
    assert len(api.held) == 249
    assert [item.registration for item in found] == wanted
    sizes = [len(json.loads(call.content)["data"]) for call in api.calls if call.method == "POST"]
    assert max(sizes) == 100


def test_a_lost_answer_registers_nothing_twice() -> None:
    api, wanted = Api(), points(30)
    api.lost = 1
    found = registered(api, wanted)
    assert all(item.contract is not None for item in found)
    assert len([call for call in api.calls if call.method == "POST"]) == 1
    api.lost = 10
    found = registered(api, points(31)[30:])
    assert found[0].contract is not None, "found, though every answer was lost"


def test_the_same_list_once_more_gives_the_same_contracts() -> None:
    api, wanted = Api(), points(5)
    first, second = registered(api, wanted), registered(api, wanted)
    assert [item.contract for item in first] == [item.contract for item in second]
    other = [contracts.Registration(metering_point=wanted[0].metering_point, start=date(2026, 2, 1))]
    (found,) = registered(api, other)
    assert isinstance(found.error, errors.ApiRefused)
    assert found.error.code == "CONTRACT_ALREADY_EXISTS"


def test_states_as_others_see_them() -> None:
    def state(status: str, day: date = DAY, end: str | None = "2026-12-31") -> str | None:
        attributes = {"contractType": "Norgespris", "status": status, "endDate": end}
        return contracts.Contract.model_validate({"type": "contract", "id": ID, "attributes": attributes}).state_on(day)

    assert state("Initiated") == "active"
    assert state("Activated", date(2026, 12, 31)) == "active"
    assert state("Activated", date(2027, 1, 1)) == "inactive"
    assert (state("Expired"), state("Cancelled"), state("Paused")) == ("inactive", "cancelled", None)


def test_mistakes_before_anything_is_sent() -> None:
    with pytest.raises(ValueError, match="expected 1 to 100"):
        contracts.register(points(101), by=GLN)
    with pytest.raises(ValueError, match="end lies before start"):
        contracts.Registration(metering_point=POINTS[0], start=DAY, end=date(2025, 12, 31))
    with pytest.raises(ValueError, match="no time zone"):
        contracts.contracts(since=datetime(2026, 1, 1))  # noqa: DTZ001
    with pytest.raises(ValueError, match="badly formed"):
        contracts.contract("..")


CODES = (
    "INVALID_INPUT", "INVALID_END_DATE", "INVALID_STATUS_UPDATE", "END_USER_RESTRICTED_FIELD_UPDATE",
    "CONTRACT_NOT_FOUND", "CONTRACT_NOT_FOUND_FOR_METERING_POINT", "CONTRACT_ALREADY_EXISTS", "METERING_POINT_MISMATCH",
    "CONTRACT_TYPE_MISMATCH", "INVALID_STATUS_TRANSITION",
)  # fmt: skip


@pytest.mark.parametrize("code", CODES)
def test_every_code_has_its_advice(code: str) -> None:
    from ediel.rest._advice import _BY_CODE

    row = {"status": "409", "code": code, "title": "T", "detail": "D", "source": {"pointer": "/data"}}
    answers = iter([httpx2.Response(409, json=row)])

    def handle(request: httpx2.Request) -> httpx2.Response:
        if request.url.host == "issuer.test":
            return httpx2.Response(200, json={"access_token": "t", "expires_in": 100})
        return next(answers)

    elhub = Elhub(identity(), environment=PLACE, http=httpx2.Client(transport=httpx2.MockTransport(handle)))
    with pytest.raises(errors.ApiRefused) as caught:
        elhub.run(contracts.change(ID, by=GLN, cancel=True))
    assert caught.value.code == code
    assert caught.value.advice == _BY_CODE[code]
    assert str(caught.value) == f"409 {code}: T at /data; {_BY_CODE[code]}"


@cache
def published() -> dict[str, Any]:
    if not PUBLISHED.is_file():
        pytest.skip("the published OpenAPI document of the contracts API is not here")
    yaml = pytest.importorskip("yaml")
    found: dict[str, Any] = yaml.safe_load(PUBLISHED.read_text(encoding="utf-8"))
    return found


def validator(name: str) -> Any:
    import jsonschema

    schema = {"$ref": f"#/components/schemas/{name}", "components": published()["components"]}
    return jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())


def test_what_is_sent_is_as_published() -> None:
    dated = [contracts.Registration(metering_point=POINTS[0], start=DAY, end=date(2026, 12, 31))]
    for wanted in (dated, points(100)):
        validator("ContractRequest").validate(json.loads(contracts.register(wanted, by=GLN).content))
    for changed in ({"end": DAY}, {"start": DAY}, {"cancel": True}, {"cancel": False, "end": DAY}):
        body = json.loads(contracts.change(ID, by=GLN, **changed).content)
        validator("SingleContractRequest").validate(body)
    assert list(validator("ContractRequest").iter_errors({"data": []})), "the judge sees what is wrong"


def test_every_call_is_one_that_is_published() -> None:
    paths = published()["paths"]
    listing = contracts.contracts(
        POINTS[:2], since=datetime(2026, 1, 1, tzinfo=UTC), until=datetime(2026, 2, 1, tzinfo=UTC)
    )
    calls = (contracts.register(points(1), by=GLN), contracts.change(ID, by=GLN), contracts.contract(ID), listing, contracts.ping())  # fmt: skip
    for call in calls:
        operation = paths[call.path.replace(ID, "{contractId}")][call.method.lower()]
        names = {item.get("name") for item in operation.get("parameters", ())}
        assert set(call.params) <= names


def test_points_are_repeated_in_the_query_and_answers_are_read() -> None:
    api = Api()
    wanted = points(2)
    registered(api, wanted)
    found = client(api).run(contracts.contracts([str(item.metering_point) for item in wanted]))
    assert [item.metering_point for item in found] == [str(item.metering_point) for item in wanted]
    query = api.calls[-1].url.params
    assert query.get_list("filter[meteringPointId]") == [str(item.metering_point) for item in wanted]
    assert api.calls[-1].headers["sender"] == GLN
    if PUBLISHED.is_file():
        validator("ContractResponse").validate({"data": list(api.held.values())})
