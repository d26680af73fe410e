"""The typed messages: what they accept, what they refuse, and what they keep to themselves."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError

import ediel
from ediel import messages
from ediel.calendar import midnight
from ediel.codes import Agency, DocumentType, Product, ResponseReason, Role
from ediel.messages import (
    MESSAGES,
    Header,
    MeasurementDefinition,
    ProcessContext,
    ProductCharacteristics,
    Reason,
    RequestStartOfSupply,
    UpdateThirdPartyAccessEvent,
    VirtualCalculation,
    fields_of,
    model,
)
from ediel.messages._base import Composite
from ediel.testing import sample

HEADER: dict[str, Any] = {
    "identification": "123e4567-e89b-12d3-a456-426655440000",
    "document_type": "392",
    "creation": datetime(2026, 12, 1, tzinfo=UTC),
    "physical_sender": "7080003824349",
    "juridical_sender": "7080003824349",
    "juridical_recipient": "7080003824349",
}


def test_there_are_28() -> None:
    assert len(MESSAGES) == 28
    for name in MESSAGES:
        found = model(name)
        assert found.name() == name
        assert found.namespace().endswith(f":{name}:v2")
        assert (found.__doc__ or "").strip()
    with pytest.raises(ediel.UnknownName, match="did you mean RequestStartOfSupply"):
        model("RequestStartOfSuply")
    with pytest.raises(AttributeError):
        messages.Nonsense  # type: ignore[attr-defined]  # noqa: B018


def test_every_field_is_documented() -> None:
    seen: set[type[Composite]] = set()

    def walk(part: type[Composite]) -> None:
        if part in seen:
            return
        seen.add(part)
        assert (part.__doc__ or "").strip(), part
        for spec in fields_of(part):
            assert spec.text.endswith("."), (part, spec.name)
            assert spec.source, (part, spec.name)
            for child in (spec.model, spec.row):
                if child is not None:
                    walk(child)

    for name in MESSAGES:
        walk(model(name))
    assert len(seen) > 60


def test_agency_follows_from_the_code() -> None:
    header = Header(**HEADER)
    assert header.document_type is DocumentType.CHANGE_OF_SUPPLIER_REQUEST
    assert header.document_type_agency is Agency.UN_CEFACT
    assert ProcessContext(business_process="BRS-NO-101", role="SLR").role_agency is Agency.ELHUB
    assert Reason(code="EH095").agency is Agency.ELHUB
    assert Reason(code=ResponseReason.E17).agency is Agency.EBIX
    assert ProductCharacteristics(product=Product.VIRTUAL_NET, unit="kWh").product_agency is Agency.ELHUB
    unusual = Header(**{**HEADER, "document_type_agency": "260"})
    assert unusual.document_type_agency is Agency.EBIX


def test_a_code_without_issuer_asks_for_one() -> None:
    with pytest.raises(ValueError, match="no issuer is published for document_type ERR"):
        Header(**{**HEADER, "document_type": "ERR"})
    assert Header(**{**HEADER, "document_type": "ERR", "document_type_agency": "260"}).document_type == "ERR"


def test_models_are_frozen_and_closed() -> None:
    header = Header(**HEADER)
    with pytest.raises(ValidationError):
        header.creation = datetime.now(UTC)
    with pytest.raises(ValidationError, match="Extra inputs"):
        Header(**HEADER, unknown=1)  # type: ignore[call-arg]
    changed = header.model_copy(update={"physical_sender": "7080004168879"})
    assert changed != header


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("identification", "123E4567-E89B-12D3-A456-426655440000", "UUID in lower case"),
        ("identification", 5, "expected text"),
        ("document_type", "999", "Input should be"),
        ("creation", "2026-12-01", "time zone|expected|offset"),
        ("creation", datetime(2026, 12, 1), "time zone"),  # noqa: DTZ001 - that is the point
        ("creation", 5, "expected a date and time"),
        ("creation", "20261201T000000Z", "such as 2026-12-01"),
        ("creation", "2026-12-01T00:00:00.1234567890Z", "at most 9 decimals"),
        ("physical_sender", "", "1 to 13 characters"),
        ("physical_sender", "12345678901234", "1 to 13 characters"),
        ("request_positive_acknowledgement", "true", "expected true or false"),
        ("request_positive_acknowledgement", 1, "expected true or false"),
    ],
)
def test_refused_values(field: str, value: Any, problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        Header(**{**HEADER, field: value})


def test_accepted_forms() -> None:
    assert (
        Header(**{**HEADER, "identification": UUID(HEADER["identification"])}).identification
        == HEADER["identification"]
    )
    assert (
        Header(**{**HEADER, "creation": midnight(date(2026, 12, 1))}).creation.isoformat()
        == "2026-12-01T00:00:00+01:00"
    )
    assert VirtualCalculation(name="x" * 50).name == "x" * 50
    with pytest.raises(ValidationError, match="1 to 50"):
        VirtualCalculation(name="x" * 51)
    with pytest.raises(ValidationError, match="XML cannot carry"):
        VirtualCalculation(name="a\x00b")


@pytest.mark.parametrize(
    ("share", "problem"),
    [
        ("0.1234567", "at most 6 decimals"),
        ("1.1", "up to 1"),
        ("-0.1", "from 0"),
        (True, "decimal number"),
        ("a", "point"),
        ("NaN", "point"),
    ],
)
def test_shares(share: Any, problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        messages.Participant(metering_point="707057500012345671", share=share)
    assert messages.Participant(metering_point="707057500012345671", share=0.25).share == Decimal("0.25")
    assert messages.Participant(metering_point="707057500012345671", share=Decimal("0.10000000")).share == Decimal(
        "0.1"
    )


def test_decimal_digits() -> None:
    for value in ("999999999999.999", "0", "0.001"):
        messages.ProfiledReading(value=value, reason="1")
    wrong: tuple[str | Decimal, ...] = ("1000000000000", "0.0001", "-1", Decimal("Infinity"))
    for other in wrong:
        with pytest.raises(ValidationError):
            messages.ProfiledReading(value=other, reason="1")


def test_fixed_true() -> None:
    base: dict[str, Any] = {"update_indicator": "Add", "metering_point": "707057500012345671"}
    assert UpdateThirdPartyAccessEvent(**base, customer={"extended_storage": True}).customer
    with pytest.raises(ValidationError, match="expected true"):
        UpdateThirdPartyAccessEvent(**base, customer={"extended_storage": False})
    empty = UpdateThirdPartyAccessEvent(**base, customer={"extended_storage": ""})
    assert (
        empty.model_dump_json()
        == UpdateThirdPartyAccessEvent.model_validate_json(empty.model_dump_json()).model_dump_json()
    )


def test_lists_have_limits() -> None:
    message = sample(RequestStartOfSupply, 1)
    address = message.payload.addresses[0]
    fields = dict(message.payload)
    with pytest.raises(ValidationError, match="at most 2 items"):
        messages.RequestStartOfSupplyEvent(**{**fields, "addresses": (address,) * 3})


def test_parts_that_belong_together() -> None:
    message = sample(RequestStartOfSupply, 1)
    with pytest.raises(ValidationError, match="addresses: expected at least one, found none"):
        messages.RequestStartOfSupplyEvent(**{**dict(message.payload), "addresses": ()})
    with pytest.raises(ValidationError, match="identification and identification_scheme belong together"):
        messages.NotifiedCustomer(identification="907876217", extended_storage=True)
    with pytest.raises(ValidationError, match="role and role_agency belong together"):
        messages.PollForDataFilter(role_agency=Agency.ELHUB)
    assert messages.PollForDataFilter(role=Role.SLR).role_agency is Agency.ELHUB


def test_people_are_not_in_repr() -> None:
    message = sample(RequestStartOfSupply, 3, full=True)
    customer = message.payload.customer
    shown = repr(message) + str(message)
    assert customer.identification not in shown
    for part in (customer, *message.payload.addresses, *customer.communication):
        for spec in fields_of(type(part)):
            value = getattr(part, spec.name)
            if spec.personal and value is not None and len(value) > 3:
                assert f"'{value}'" not in shown
    assert "***" in shown
    assert message.payload.metering_point in shown


def test_people_are_not_in_errors() -> None:
    with pytest.raises(ValidationError) as caught:
        messages.StartOfSupplyCustomer(
            identification="128185250999",
            identification_scheme="Z01",
            given_name="Kari" * 30,
            extended_storage=False,
        )
    assert "128185250999" not in str(caught.value)
    assert "Kari" not in str(caught.value)


def test_every_personal_container_is_masked_in_findings_too() -> None:
    """The marks on the fields and the list of the XML room say the same."""
    from ediel.xml._privacy import CONTAINERS, ELEMENTS

    def walk(part: type[Composite], inside: bool) -> None:
        for spec in fields_of(part):
            here = inside or (spec.kind == "element" and spec.path[0] in CONTAINERS)
            if spec.personal:
                assert here or spec.path[-1] in ELEMENTS, (part, spec.name)
            child = spec.model or spec.row
            if child is not None:
                walk(child, here)

    for name in MESSAGES:
        walk(model(name), inside=False)


def test_json_schema_of_every_message() -> None:
    for name in MESSAGES:
        schema = model(name).model_json_schema()
        assert schema["properties"]["message"]["const"] == name


def test_from_json_says_what_is_wrong() -> None:
    for text, problem in (
        ("{", "not JSON .line 1"),
        (b"\xff", "not JSON"),
        ("[" * 100000, "not JSON"),
        ("[]", "expected an object"),
        ("{}", '"message" is missing'),
        ('{"message": "RequestEndOfSupply"}', "RequestEndOfSupply: 3 problems\n  header: Field required"),
    ):
        with pytest.raises(ediel.InvalidJson, match=problem):
            ediel.from_json(text)
    with pytest.raises(ediel.UnknownName):
        ediel.from_json('{"message": "Nope"}')


def test_from_json_keeps_decimals_exact() -> None:
    message = sample(model("RequestUpdateSharedProduction"), 5, full=True)
    text = ediel.to_json(message).replace('"share": "', '"share": "')
    assert ediel.from_json(text) == message
    share = '"share": 0.100000'
    import re

    changed = re.sub(r'"share": "[^"]+"', share, text, count=1)
    assert share in changed
    written = ediel.write(ediel.from_json(changed)).decode()
    assert ">0.100000<" in written


def test_role_is_its_code() -> None:
    assert Role.DDQ == "DDQ"
    assert f"{Role.DDQ}" == "DDQ"
    assert MeasurementDefinition.model_fields["direction"].annotation is not None
