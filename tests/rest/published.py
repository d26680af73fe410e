"""The stand-in hub against Elhub's published OpenAPI documents, by schemathesis; a judge that a test and `make` share.

``python -m tests.rest.published 10000`` judges so many answers, spread over the operations.
"""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx2
import hypothesis.strategies as st
from hypothesis import HealthCheck, Phase, given, settings

import ediel
from ediel.rest import access
from ediel.testing import HubUnderTest
from tests.support.hub_market import MARKET, NEW, NEWCOMER, POINTS
from tests.support.hub_market import point as seeded
from tests.support.places import OFFICIAL

SHARED: Final = OFFICIAL.parents[1]
CONSENT_API: Final = SHARED / "consent-api" / "openapi.yaml"
_BASE: Final = "http://hub.test"


@dataclass
class Judged:
    """What was judged.

    Attributes:
        answers: how many answers of each operation had each status.
    """

    answers: Counter[tuple[str, int]] = field(default_factory=Counter)

    @property
    def examples(self) -> int:
        return sum(self.answers.values())

    def statuses(self, operation: str) -> set[int]:
        return {status for name, status in self.answers if name == operation}


def body_of(kind: str, way: str, point: str, newcomer: bool, changed: tuple[str, object] | None) -> dict[str, Any]:
    """The body of an order, right or with one thing changed."""
    person = NEWCOMER["identification"] if newcomer else seeded(point).end_users[0].identification
    order = access.ConsentOrder(
        kind=kind, supplier=NEW, person=person, name="Kari Testesen", metering_point=point, address="Prøvegata 1",
        supplier_name="Kraft", contract="Spot", redirect_uri="https://supplier.example/x",
    )  # fmt: skip
    body = order.body("AuthorizationDocument" if way == "document" else "AuthorizationRequest")
    if changed is not None:
        body["data"]["meta"][changed[0]] = changed[1]
    return body


_PARTIES = st.fixed_dictionaries(
    {
        "idType": st.sampled_from(["NationalIdentityNumber", "OrganizationNumber", "GlobalLocationNumber"]),
        "idValue": st.sampled_from(["", NEW, "12818525018", "x"]),
    }
)
_CHANGES = st.none() | st.one_of(
    st.tuples(st.sampled_from(["requestedBy", "requestedFrom", "requestedTo"]), _PARTIES),
    st.tuples(
        st.sampled_from(
            ["requestedFromName", "balanceSupplierName", "requestedForMeteringPointAddress", "redirectURI"]
        ),
        st.text(max_size=20),
    ),
    st.tuples(st.just("moveInDate"), st.dates().map(str) | st.text(max_size=10)),
)
_BODIES = st.tuples(
    st.sampled_from([access.CHANGE, access.MOVE_IN]), st.sampled_from(POINTS[:-1]), st.booleans(), _CHANGES
)


def judge(examples: int, *, document: Path = CONSENT_API) -> Judged:
    """Judge about so many answers of a stand-in hub.

    Raises:
        AssertionError: one is not as published; schemathesis says how to get it again.
    """
    import schemathesis
    from schemathesis.core.result import Ok

    def as_it_is(_context: Any, value: Any) -> dict[str, Any]:
        return {"data": value if isinstance(value, bytes | str) else bytes(getattr(value, "data", b""))}

    schemathesis.serializer("application/pdf")(as_it_is)
    schema = schemathesis.openapi.from_path(document)
    operations = []
    for item in schema.get_all_operations():
        assert isinstance(item, Ok), "an operation that cannot be read"
        operations.append(item.ok())
    judged = Judged()
    with ediel.testing.hub(MARKET, patience=30) as market:
        known = _begin(market)
        for operation in operations:
            _judge_one(operation, market, known, judged, -(-examples // len(operations)))
    return judged


def _begin(market: HubUnderTest) -> list[str]:
    """Some requests, documents and grants, in all their states."""
    elhub = market.elhub(NEW)
    known = []
    for number, point in enumerate(POINTS[:6]):
        way = "document" if number % 2 else "request"
        order = access.ConsentOrder(
            kind=access.CHANGE, supplier=NEW, person=seeded(point).end_users[0].identification, name="Kari Testesen",
            metering_point=point, address="Prøvegata 1", supplier_name="Kraft", contract="Spot",
        )  # fmt: skip
        asked: access.AuthorizationRequest | access.AuthorizationDocument
        asked = elhub.run(access.send_request(order)) if way == "request" else elhub.run(access.send_document(order))
        known.append(asked.id)
        if number in {2, 4}:
            done = market.hub.consents.accept(asked.id)
            assert done.grant is not None
            known.append(done.grant)
        if number == 4:
            market.hub.consents.revoke(known[-1])
        if number == 3:
            elhub.run(access.submit(asked.id, market.hub.consents.sign(asked.id)))
        if number == 5:
            market.hub.consents.reject(asked.id)
    return known


def _token(market: HubUnderTest) -> str:
    """A token that holds for as long as the judge needs."""
    issuer = market.hub.rest.issuer
    from datetime import UTC, datetime
    from urllib.parse import urlencode

    assertion = market.rest_identity(NEW).assertion(market.rest.issuer, datetime.now(UTC))
    form = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": assertion}
    status, found = issuer.answer(urlencode(form).encode(), (market.rest.issuer,), life=100_000)
    assert status == 200, found
    return str(found["access_token"])


def _judge_one(operation: Any, market: HubUnderTest, known: list[str], judged: Judged, examples: int) -> None:
    from schemathesis.checks import not_a_server_error
    from schemathesis.specs.openapi.checks import (
        content_type_conformance,
        response_headers_conformance,
        response_schema_conformance,
        status_code_conformance,
    )

    checks = [
        not_a_server_error, status_code_conformance, content_type_conformance, response_headers_conformance,
        response_schema_conformance,
    ]  # fmt: skip
    token, way = _token(market), "document" if "documents" in operation.path else "request"

    @settings(
        max_examples=examples, deadline=None, database=None, derandomize=True, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(
        case=operation.as_strategy(),
        known_party=st.sampled_from([True, True, True, False]),
        identification=st.none() | st.sampled_from(known),
        body=st.none() | _BODIES,
    )
    def each(case: Any, known_party: bool, identification: str | None, body: Any) -> None:
        if known_party:
            case.headers = {**dict(case.headers or {}), "Authorization": f"Bearer {token}", "SenderGln": NEW}
            case.headers.pop("OnBehalfOfGln", None)
        if identification is not None and "id" in (case.path_parameters or {}):
            case.path_parameters = {"id": identification}
        if body is not None and operation.method.upper() == "POST":
            kind, point, newcomer, changed = body
            case.body = body_of(kind, way, point, newcomer, changed)
        response = _sent(case, market.http)
        judged.answers[operation.label, response.status_code] += 1
        case.validate_response(response, checks=checks)

    each()


def _sent(case: Any, http: httpx2.Client) -> httpx2.Response:
    wanted = case.as_transport_kwargs(base_url=f"{_BASE}/access/v0")
    headers = [(name.encode("latin-1"), str(value).encode("latin-1")) for name, value in wanted["headers"].items()]
    if not any(name.lower() == b"authorization" for name, _ in headers):
        headers.append((b"Authorization", b""))  # or the client's own, of the back office, would go along
    return http.request(
        wanted["method"], wanted["url"], headers=headers, params=wanted.get("params"),
        **{name: wanted[name] for name in ("json",) if wanted.get(name) is not None},
        **({"content": wanted["data"]} if isinstance(wanted.get("data"), bytes | str) else {}),
    )  # fmt: skip


def main(examples: int) -> None:
    judged = judge(examples)
    for (operation, status), count in sorted(judged.answers.items()):
        print(f"{count:6} {status} {operation}")
    print(f"{judged.examples} answers as published")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
