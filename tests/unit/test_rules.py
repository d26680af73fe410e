"""Every rule fails where it must, passes where it must, and nothing else fails with it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID as UUID_OF

import pytest
from hypothesis import given
from hypothesis import strategies as st

import ediel
from conftest import FIXTURES
from ediel import rules
from ediel.calendar import OSLO, midnight
from ediel.codes import (
    AddressType,
    Agency,
    BusinessProcess,
    BusinessType,
    Direction,
    DocumentType,
    EndUserScheme,
    FormulaType,
    MeteringPointType,
    PhysicalStatus,
    Product,
    QueryType,
    Resolution,
    Role,
    SettlementMethod,
    Unit,
)
from ediel.market import load
from ediel.messages import MESSAGES, Message, model
from ediel.messages._observations import Observations
from ediel.rules._rule import UNKNOWN
from ediel.rules._usage import USAGES, Usage
from ediel.testing import Sampler

ON = date(2026, 11, 21)
LATER = datetime(2027, 1, 1, tzinfo=OSLO)
LONG_AGO = datetime(2019, 1, 1, tzinfo=OSLO)
UUID = "123e4567-e89b-12d3-a456-426655440000"
_REACHABLE = {rule.key for rule in rules.all_rules() if rule.needs != "register"}


def changed(item: Any, path: str, value: Any) -> Any:
    """A copy of a message with one field changed."""
    name, _, rest = path.partition(".")
    if isinstance(item, tuple):
        index = int(name)
        return (*item[:index], changed(item[index], rest, value) if rest else value, *item[index + 1 :])
    return item.model_copy(update={name: changed(getattr(item, name), rest, value) if rest else value})


def outcomes(message: Message) -> dict[str, str]:
    return {verdict.rule.key: verdict.outcome for verdict in rules.judge(message, ON)}


def failed(message: Message) -> set[str]:
    return {key for key, outcome in outcomes(message).items() if outcome == "failed"}


def fixture(name: str) -> Message:
    return ediel.read((FIXTURES / "valid" / f"{name}.xml").read_bytes())


def _new_point() -> Message:
    """A new metering point, BRS-NO-121; the activation with what 121 asks for."""
    message: Any = fixture("RequestUpdateMasterDataMeteringPoint-122")
    full: Any = Sampler(Random(7), full=True).message(type(message.payloads[0]))
    characteristics = full.characteristics.model_copy(
        update={
            "metering_point_type": MeteringPointType("E19"),
            "settlement_method": SettlementMethod("E01"),
            "physical_status": None,
        }
    )
    event = full.model_copy(
        update={"characteristics": characteristics, "identification": None, "original_reference": None}
    )
    message = changed(message, "process.business_process", BusinessProcess.BRS_NO_121)
    return message.model_copy(update={"payloads": (event,)})  # type: ignore[no-any-return]


def _activated() -> Message:
    message: Any = changed(_new_point(), "process.business_process", BusinessProcess.BRS_NO_122)
    return changed(message, "payloads.0.grid_area", None)  # type: ignore[no-any-return]


def _withdrawal() -> Message:
    """The payload of the replacement that withdraws."""
    message: Any = fixture("CollectedData-332-replacement")
    kept = tuple(item for item in message.payloads if item.profiled_observation.withdrawn)
    assert kept
    return message.model_copy(update={"payloads": kept})  # type: ignore[no-any-return]


def _of_process(base: str, process: str, document: DocumentType | None = None) -> Message:
    message: Any = changed(fixture(base), "process.business_process", BusinessProcess(f"BRS-NO-{process}"))
    if document:
        message = changed(message, "header.document_type", document)
        message = changed(message, "header.document_type_agency", Agency(document.agency or ""))
    return message  # type: ignore[no-any-return]


def _rollback_222() -> Message:
    message: Any = _of_process("RequestEndOfSupply-221", "222")
    return changed(changed(message, "process.role", Role.DDM), "payload.balance_supplier", None)  # type: ignore[no-any-return]


BASES: Mapping[str, Any] = {
    "101": lambda: fixture("RequestStartOfSupply-101"),
    "102": lambda: fixture("RequestStartOfSupply-102"),
    "103": lambda: fixture("RequestStartOfSupply-103"),
    "104": lambda: fixture("RequestStartOfSupply-104"),
    "111": lambda: fixture("RequestStartOfSupply-111"),
    "121": _new_point,
    "122": _activated,
    "123": lambda: fixture("RequestStartOfSupply-123"),
    "133": lambda: changed(_of_process("RequestStartOfSupply-111", "133"), "process.role", Role.DDM),
    "201": lambda: fixture("RequestEndOfSupply-201"),
    "202": lambda: fixture("RequestEndOfSupply-202"),
    "221": lambda: fixture("RequestEndOfSupply-221"),
    "222": _rollback_222,
    "301": lambda: fixture("RequestUpdateCustomerInformation-301"),
    "303": lambda: fixture("RequestDataFromElhub-303-MDCU"),
    "311": lambda: fixture("CollectedData-311"),
    "313": lambda: fixture("CollectedData-313-hourly"),
    "315": lambda: fixture("RequestDataFromElhub-315"),
    "324": lambda: fixture("RequestDataFromElhub-324"),
    "332": _withdrawal,
    "601": lambda: fixture("RequestToGridAccessProvider-601"),
    "601-answer": lambda: fixture("ResponseFromGridAccessProvider-601"),
    "611": lambda: fixture("RequestUpfrontMeteringPointCharacteristics-611-search"),
    "701": lambda: fixture("RequestUpdateSharedProduction-701-add"),
}


def _organisation(base: Any) -> Any:
    customer = base.payload.customer.model_copy(
        update={
            "identification_scheme": EndUserScheme.ORGANISATION_NUMBER,
            "identification": "974760673",
            "name": "Testverket AS",
            "given_name": None,
            "family_name": None,
        }
    )
    return changed(base, "payload.customer", customer)


def _person(base: Any) -> Any:
    customer = base.payload.customer.model_copy(
        update={
            "identification_scheme": EndUserScheme.NATIONAL_IDENTITY_NUMBER,
            "name": None,
            "given_name": "Kari",
            "family_name": "Testesen",
        }
    )
    return changed(base, "payload.customer", customer)


def _twice(base: Any) -> Any:
    address = base.payload.addresses[0].model_copy(update={"address_type": AddressType.POSTAL})
    return changed(base, "payload.addresses", (address, address))


def _cut(base: Any) -> Any:
    """One value fewer."""
    values: Observations = base.payloads[0].observations
    return changed(base, "payloads.0.observations", Observations.of(list(values)[:-1]))


def _shifted(field: str) -> Any:
    def change(base: Any) -> Any:
        moment = getattr(base.payloads[0].period, field) + timedelta(minutes=30)
        return changed(base, f"payloads.0.period.{field}", moment)

    return change


def _moved(days: int) -> Any:
    """The whole series elsewhere in time, so that only its place is wrong."""

    def change(base: Any) -> Any:
        period = base.payloads[0].period
        start = midnight(period.start.astimezone(OSLO).date() + timedelta(days=days))
        return changed(
            base,
            "payloads.0.period",
            period.model_copy(update={"start": start, "end": start + (period.end - period.start)}),
        )

    return change


def _set(path: str, value: Any) -> Any:
    return lambda base: changed(base, path, value)


def _at(days: int) -> Any:
    def change(base: Any) -> Any:
        field = "end_of_occurrence" if hasattr(base.payload, "end_of_occurrence") else "start_of_occurrence"
        return changed(base, f"payload.{field}", midnight(ON + timedelta(days=days)))

    return change


def _backwards(base: Any) -> Any:
    period = base.payloads[0].period
    return changed(base, "payloads.0.period", period.model_copy(update={"start": period.end, "end": period.start}))


def _query_backwards(base: Any) -> Any:
    period = base.payload.period
    return changed(base, "payload.period", period.model_copy(update={"start": period.end, "end": period.start}))


def _query_long(days: int) -> Any:
    def change(base: Any) -> Any:
        period = base.payload.period
        return changed(base, "payload.period", period.model_copy(update={"end": period.start + timedelta(days=days)}))

    return change


_DROP = lambda path: _set(path, None)  # noqa: E731
_P = "payloads.0"
_C = f"{_P}.characteristics"

# key: base, change, other keys that follow from the change
CASES: dict[str, tuple[str, Any, set[str]]] = {
    "BRS-NO-313/8": ("313", _DROP(f"{_P}.period"), set()),
    "BRS-NO-313/9": ("313", _set(f"{_P}.period.resolution", Resolution.PT30M), set()),
    "BRS-NO-313/10": ("313", _shifted("start"), set()),
    "BRS-NO-313/11": ("313", _shifted("end"), set()),
    "BRS-NO-313/12": ("313", _backwards, set()),
    "BRS-NO-313/13": ("313", _cut, set()),
    "BRS-NO-313/14": ("313", _moved(60), set()),
    "BRS-NO-313/15": ("313", _moved(-1400), set()),
    "BRS-NO-313/16": ("313", _set(f"{_P}.period.meter_reading_start", Decimal(1)), set()),
    "BRS-NO-313/17": ("313", _set(f"{_P}.period.meter_reading_end", Decimal(1)), set()),
    "BRS-NO-313/18": ("313", _DROP(f"{_P}.product"), set()),
    "BRS-NO-313/19": ("313", _set(f"{_P}.product.unit", Unit.KVARH), set()),
    "BRS-NO-332/profiled-observation": ("332", _DROP(f"{_P}.profiled_observation"), set()),
    "BRS-NO-332/meter-index": (
        "332",
        lambda base: changed(base, f"{_P}.profiled_observation", fixture("CollectedData-311").payloads[0].profiled_observation),  # type: ignore[attr-defined]
        set(),
    ),
    "BRS-NO-332/withdrawal-period": ("332", _DROP(f"{_P}.period"), set()),
    "BRS-NO-332/withdrawal-resolution": ("332", _set(f"{_P}.period.resolution", Resolution.PT1H), set()),
    "BRS-NO-332/withdrawal-start": ("332", _DROP(f"{_P}.period.start"), set()),
    "BRS-NO-332/withdrawal-end": ("332", _DROP(f"{_P}.period.end"), set()),
    "BRS-NO-332/withdrawal-end-start": ("332", _backwards, set()),
    "BRS-NO-332/withdrawal-future": ("332", _set(f"{_P}.period.end", LATER), set()),
    "BRS-NO-332/withdrawal-age": ("332", _moved(-2000), set()),
    "BRS-NO-332/withdrawal-reading-start": ("332", _set(f"{_P}.period.meter_reading_start", Decimal(1)), set()),
    "BRS-NO-332/withdrawal-reading-end": ("332", _set(f"{_P}.period.meter_reading_end", Decimal(1)), set()),
    "BRS-NO-332/withdrawal-product": ("332", _DROP(f"{_P}.product"), set()),
    "BRS-NO-332/withdrawal-active": ("332", _set(f"{_P}.product.product", Product.VIRTUAL_NET), set()),
    "BRS-NO-332/withdrawal-unit": ("332", _set(f"{_P}.product.unit", Unit.KVARH), set()),
    "BRS-NO-332/withdrawal-characteristic": ("332", _DROP(f"{_P}.direction"), set()),
    "BRS-NO-332/withdrawal-direction": ("332", _set(f"{_P}.direction", Direction.IN), set()),
    "BRS-NO-311/value": (
        "311", _set(f"{_P}.profiled_observation", _withdrawal().payloads[0].profiled_observation), set(),  # type: ignore[attr-defined]
    ),
    "BRS-NO-311/start": ("311", _DROP(f"{_P}.period.start"), set()),
    "BRS-NO-311/end": ("311", _set(f"{_P}.period.end", LATER), set()),
    "BRS-NO-311/resolution": ("311", _set(f"{_P}.period.resolution", Resolution.PT1H), set()),
    "BRS-NO-311/reading-start": ("311", _set(f"{_P}.period.meter_reading_start", Decimal(1)), set()),
    "BRS-NO-311/reading-end": ("311", _set(f"{_P}.period.meter_reading_end", Decimal(1)), set()),
    "BRS-NO-324/8": ("324", _set("payload.query_type", QueryType.MVTS), set()),
    "BRS-NO-324/9": ("324", _set("payload.snapshot", LONG_AGO), set()),
    "BRS-NO-324/10": ("324", _DROP("payload.period"), set()),
    "BRS-NO-324/11": ("324", _query_backwards, set()),
    "BRS-NO-324/12": ("324", _query_long(400), set()),
    "BRS-NO-324/13": ("324", _set("payload.metering_point", "707057500011939811"), set()),
    "BRS-NO-324/14": ("324", _DROP("payload.grid_area"), set()),
    "BRS-NO-324/15": ("324", _set("payload.business_type", BusinessType("MP01")), set()),
    "BRS-NO-303/query-type": ("303", _set("payload.query_type", QueryType.MVTS), set()),
    "BRS-NO-303/metering-point": ("303", _DROP("payload.metering_point"), set()),
    "BRS-NO-315/query-type": ("315", _set("payload.query_type", QueryType.MDMP), set()),
    "BRS-NO-315/period": ("315", _DROP("payload.period"), set()),
    "BRS-NO-315/metering-point": ("315", _DROP("payload.metering_point"), set()),
    "BRS-NO-315/end": ("315", _query_backwards, set()),
    "BRS-NO-315/length": ("315", _query_long(4000), set()),
    "BRS-NO-601/question": (
        "601", lambda base: changed(_DROP("payload.request_private")(base), "payload.request_public", None), set(),
    ),
    "BRS-NO-601/answer": (
        "601-answer", lambda base: changed(_DROP("payload.feedback_private")(base), "payload.feedback_public", None), set(),
    ),
    "BRS-NO-601/no-question": ("601-answer", _set("payload.request_public", "why?"), set()),
    "BRS-NO-222/6": ("222", _DROP("payload.original_reference"), set()),
    "BRS-NO-222/7": ("222", _set("payload.balance_supplier", "7080003824349"), set()),
    "BRS-NO-301/start": ("301", _DROP("payload.start_of_occurrence"), set()),
    "BRS-NO-121/one-payload": ("121", lambda base: base.model_copy(update={"payloads": base.payloads * 2}), set()),
    "BRS-NO-122/one-payload": ("122", lambda base: base.model_copy(update={"payloads": base.payloads * 2}), set()),
    "BRS-NO-302/one-payload": (
        "121", lambda base: changed(base.model_copy(update={"payloads": base.payloads * 2}), "process.business_process", BusinessProcess.BRS_NO_302), set(),
    ),
    "BRS-NO-402/one-payload": (
        "121", lambda base: changed(base.model_copy(update={"payloads": base.payloads * 2}), "process.business_process", BusinessProcess.BRS_NO_402), set(),
    ),
    "BRS-NO-121/identification": ("121", _set(f"{_P}.identification", UUID), set()),
    "BRS-NO-122/identification": ("122", _set(f"{_P}.identification", UUID), set()),
    "BRS-NO-121/grid-area": ("121", _DROP(f"{_P}.grid_area"), set()),
    "BRS-NO-122/grid-area": ("122", lambda base: changed(base, f"{_P}.grid_area", _new_point().payloads[0].grid_area), set()),  # type: ignore[attr-defined]
    "BRS-NO-121/address": ("121", _DROP(f"{_P}.address"), set()),
    "BRS-NO-701/midnight": ("701", _set("payload.start_of_occurrence", datetime(2026, 12, 1, 3, tzinfo=OSLO)), set()),
    "BRS-NO-701/shares": (
        "701",
        lambda base: changed(
            changed(base, "payload.calculation.formula", FormulaType.MANUAL),
            "payload.calculation.participants.recipients.0.share",
            Decimal("0.9"),
        ),
        set(),
    ),
}  # fmt: skip
for _process in ("121", "122"):
    CASES |= {
        f"BRS-NO-{_process}/start": (_process, _DROP(f"{_P}.start_of_occurrence"), set()),
        f"BRS-NO-{_process}/original-reference": (_process, _set(f"{_P}.original_reference", UUID), set()),
        f"BRS-NO-{_process}/physical-status": (_process, _set(f"{_C}.physical_status", PhysicalStatus("E22")), set()),
        f"BRS-NO-{_process}/settlement-method": (_process, _DROP(f"{_C}.settlement_method"), set()),
        f"BRS-NO-{_process}/point-type": (_process, _DROP(f"{_C}.metering_point_type"), set()),
        f"BRS-NO-{_process}/exchange": (
            _process,
            _set(f"{_C}.metering_point_type", MeteringPointType("E20")),
            {f"BRS-NO-{_process}/consumption-sub-type", f"BRS-NO-{_process}/production-sub-type"},
        ),
        f"BRS-NO-{_process}/consumption-sub-type": (
            _process,
            _set(f"{_C}.metering_point_type", MeteringPointType("E18")),
            {f"BRS-NO-{_process}/connection-capacity", f"BRS-NO-{_process}/priority"},
        ),
        f"BRS-NO-{_process}/production-sub-type": (
            _process,
            _set(f"{_C}.metering_point_type", MeteringPointType("E17")),
            {f"BRS-NO-{_process}/installed-capacity"},
        ),
    }
    CASES[f"BRS-NO-{_process}/installed-capacity"] = (
        _process,
        CASES[f"BRS-NO-{_process}/production-sub-type"][1],
        {f"BRS-NO-{_process}/production-sub-type"},
    )
    for _name in ("connection-capacity", "priority"):
        CASES[f"BRS-NO-{_process}/{_name}"] = (
            _process,
            CASES[f"BRS-NO-{_process}/consumption-sub-type"][1],
            {f"BRS-NO-{_process}/{other}" for other in ("consumption-sub-type", "connection-capacity", "priority")},
        )
for _process in ("101", "102", "103", "104", "111", "123", "133", "201", "202", "221", "301"):
    CASES |= {
        f"BRS-NO-{_process}/person-name": (
            _process,
            lambda base: changed(changed(_person(base), "payload.customer.given_name", None), "payload.customer.family_name", None),
            set(),
        ),
        f"BRS-NO-{_process}/person-only": (_process, lambda base: changed(_person(base), "payload.customer.name", "X"), set()),
        f"BRS-NO-{_process}/organisation-name": (
            _process, lambda base: changed(_organisation(base), "payload.customer.name", None), set(),
        ),
        f"BRS-NO-{_process}/organisation-only": (
            _process, lambda base: changed(_organisation(base), "payload.customer.given_name", "Kari"), set(),
        ),
        f"BRS-NO-{_process}/addresses": (_process, _twice, set()),
    }  # fmt: skip
    if _process != "301":
        CASES[f"BRS-NO-{_process}/original-reference"] = (
            _process,
            lambda base: changed(
                changed(
                    changed(base, "header.document_type", DocumentType.CANCELLATION),
                    "header.document_type_agency",
                    Agency("260"),
                ),
                "payload.original_reference",
                None,
            ),
            set(),
        )
    if _process in {"101", "102", "103", "104", "111"}:
        CASES[f"BRS-NO-{_process}/balance-supplier"] = (_process, _DROP("payload.balance_supplier"), set())
    if _process in {"101", "102", "104", "111", "123", "133"}:
        CASES[f"BRS-NO-{_process}/move-in-to-slr"] = (_process, _set("payload.move_in_to_slr", True), set())
    if _process in {"101", "102", "201", "202"}:
        CASES[f"BRS-NO-{_process}/date"] = (_process, _at(-1), set())
    if _process in {"103", "104"}:
        CASES[f"BRS-NO-{_process}/date"] = (_process, _at(1), set())
        CASES[f"BRS-NO-{_process}/back"] = (_process, _at(-60), set())
_ROWS_611 = {
    "7": {"metering_point": "707057500011939811", "address": {"postcode": "70*"}, "customer": True},
    "8": {"customer": True, "address": {"street_name": "*"}},
    "9": {"meter": "1234"},
    "10": {"meter": "1234", "customer": True, "metering_point": "707057500011939811"},
    "11": {"address": {"postcode": "7010"}},
    "12": {"customer": True, "address": {"postcode": "7010", "street_name": "Stor*"}},
    "13": {"customer": True, "address": {"postcode": "7010", "building_number": "1*2"}},
}
_FOLLOW_611 = {"10": {"BRS-NO-611/7"}}


def _search(given: Mapping[str, Any]) -> Any:
    def change(base: Any) -> Any:
        customer = base.payload.customer
        assert customer is not None
        address = None
        if "address" in given:
            nothing = {"street_name": None, "building_number": None, "postcode": None}
            address = base.payload.address.model_copy(update={**nothing, **given["address"]})
        update = {
            "metering_point": given.get("metering_point"),
            "customer": customer if given.get("customer") else None,
            "address": address,
            "meter": given.get("meter"),
        }
        return base.model_copy(update={"payload": base.payload.model_copy(update=update)})

    return change


for _row, _given in _ROWS_611.items():
    CASES[f"BRS-NO-611/{_row}"] = ("611", _search(_given), _FOLLOW_611.get(_row, set()))

PASSES_611 = {
    "7": {"metering_point": "707057500011939811"},
    "9": {"meter": "1234", "address": {"postcode": "7010"}},
    "10": {"meter": "1234", "address": {"postcode": "7010"}},
}
"""Searches in which a row passes that the fixture leaves out."""


def _uses() -> list[tuple[Usage, str]]:
    return [(usage, process) for usage in USAGES for process in usage.processes]


def _made(usage: Usage, process: str) -> Any:
    """A message whose header and process are right."""
    message: Any = Sampler(Random(3)).message(model(usage.message))
    document = usage.documents[0] if usage.documents else DocumentType.QUERY
    role = usage.roles[0] if usage.roles else Role.DDQ
    header = message.header.model_copy(
        update={
            "document_type": document,
            "document_type_agency": Agency(document.agency or ""),
            "request_positive_acknowledgement": None,
        }
    )
    context = message.process.model_copy(
        update={
            "business_process": BusinessProcess(f"BRS-NO-{process}"),
            "role": role,
            "role_agency": Agency("89" if role in {Role.SLR, Role.BSL} else "6"),
        }
    )
    return message.model_copy(update={"header": header, "process": context})


def _common(usage: Usage, process: str) -> dict[str, Any]:
    """The rules of the block, by name."""
    found = {}
    for rule in rules.rules_for(BusinessProcess(f"BRS-NO-{process}"), usage.message):
        if rule.part in {"Header", "Process"}:
            found[rule.text.split(" is ")[0]] = rule
    return found


COVERED: dict[str, set[str]] = {"passed": set(), "failed": set()}


def _note(message: Message, *, only_common: bool = False) -> dict[str, str]:
    found = outcomes(message)
    for key, outcome in found.items():
        if outcome in COVERED:
            COVERED[outcome].add(key)
    if only_common:
        parts = {rule.key: rule.part for rule in rules.all_rules()}
        return {key: outcome for key, outcome in found.items() if parts[key] in {"Header", "Process"}}
    return found


@pytest.mark.parametrize(("usage", "process"), _uses(), ids=lambda item: getattr(item, "message", item))
def test_header_and_process(usage: Usage, process: str) -> None:
    """Each check of the common block fails alone, and passes on the message as it should be."""
    right = _made(usage, process)
    assert set(_note(right, only_common=True).values()) <= {"passed"}
    wrong_document = next(
        item for item in DocumentType if item not in (usage.documents or ()) and item.agency == right.header.document_type.agency
    )  # fmt: skip
    wrong_role = next(
        item for item in (Role.PQ, Role.DDX) if item not in (usage.roles or ())
    )  # fmt: skip
    other = Agency("6" if right.header.document_type_agency == "260" else "260")
    changes = {
        "The document type": changed(right, "header.document_type", wrong_document),
        "The issuer of the document type": changed(right, "header.document_type_agency", other),
        "RequestPositiveAcknowledgement": changed(right, "header.request_positive_acknowledgement", True),
        "The role": changed(right, "process.role", wrong_role),
        "The issuer of the role": changed(
            right, "process.role_agency", Agency("89" if right.process.role_agency == "6" else "6")
        ),
    }
    block = _common(usage, process)
    assert set(block) - {"The message"} <= set(changes)
    for name, message in changes.items():
        expected = {block[name].key} if name in block else set()
        assert {key for key, outcome in _note(message, only_common=True).items() if outcome == "failed"} == expected, (
            name
        )


@pytest.mark.parametrize("process", sorted({process for _, process in _uses()}))
def test_message_of_the_process(process: str) -> None:
    """A message that the process does not use; every process has a rule for that, with the code of the tables."""
    uses = {usage.message for usage, number in _uses() if number == process}
    name = next(item for item in ("RequestToElhub", "RequestCollectedData") if item not in uses)
    message: Any = Sampler(Random(3)).message(model(name))
    message = changed(message, "process.business_process", BusinessProcess(f"BRS-NO-{process}"))
    found = _note(message)
    (key,) = found
    assert found[key] == "failed"
    (verdict,) = rules.judge(message, ON)
    assert (verdict.rule.code, verdict.rule.part) == ("EH055", "Header")
    assert verdict.flaws[0].found == f"BRS-NO-{process}"


@pytest.mark.parametrize("name", sorted(BASES))
def test_bases_pass(name: str) -> None:
    message = BASES[name]()
    found = _note(message)
    assert {key for key, outcome in found.items() if outcome == "failed"} == set()
    if name in {"101", "102", "103", "104", "111", "123", "133", "201", "202", "221", "301"}:
        for other in (_person(message), _organisation(message)):
            assert "failed" not in _note(other).values()


@pytest.mark.parametrize("key", sorted(CASES))
def test_each_rule_fails_alone(key: str) -> None:
    base, change, follow = CASES[key]
    message = change(BASES[base]())
    assert {found for found, outcome in _note(message).items() if outcome == "failed"} == {key, *follow}
    flaws = [finding for finding in rules.findings(message, rules.judge(message, ON)) if finding.rule == key]
    assert flaws
    for finding in flaws:
        assert finding.path is not None
        assert finding.path.startswith(f"/{message.name()}/")
        assert finding.severity == ("error" if finding.standing == "published" else "warning")


@pytest.mark.parametrize("row", sorted(PASSES_611))
def test_other_searches_pass(row: str) -> None:
    message = _search(PASSES_611[row])(BASES["611"]())
    found = _note(message)
    assert found[f"BRS-NO-611/{row}"] == "passed"
    assert "failed" not in found.values()


def test_more_that_passes() -> None:
    """What the bases leave out."""
    _note(
        _search({"customer": True, "address": {"postcode": "70*", "street_name": "Storg*", "building_number": "1*"}})(
            BASES["611"]()
        )
    )
    for process in ("101", "102", "103", "104", "123", "201", "202"):
        message = changed(BASES[process](), "header.document_type", DocumentType.CANCELLATION)
        message = changed(message, "header.document_type_agency", Agency("260"))
        assert failed(message) == {f"BRS-NO-{process}/original-reference"}
        assert "failed" not in _note(changed(message, "payload.original_reference", UUID)).values()
    business = changed(
        BASES["324"](),
        "payload.business_type",
        next(item for item in BusinessType if item.value[:2] not in {"MP", "HP"}),
    )
    assert _note(business)["BRS-NO-324/15"] == "passed"
    for process in ("121", "122"):
        for kind in ("E17", "E18"):
            message = changed(BASES[process](), f"{_C}.metering_point_type", MeteringPointType(kind))
            _note(message)
    for process in (BusinessProcess.BRS_NO_302, BusinessProcess.BRS_NO_402):
        _note(changed(_new_point(), "process.business_process", process))
    reading: Any = BASES["311"]()
    kept = tuple(item for item in reading.payloads if item.profiled_observation is not None)
    assert _note(reading.model_copy(update={"payloads": kept}))["BRS-NO-311/start"] == "passed"
    one = fixture("CollectedData-332-replacement")
    assert "failed" not in _note(one).values()
    manual: Any = changed(BASES["701"](), "payload.calculation.formula", FormulaType.MANUAL)
    recipients = manual.payload.calculation.participants.recipients
    thirds = tuple(item.model_copy(update={"share": Decimal("0.333333")}) for item in (recipients * 3)[:3])
    assert (
        _note(changed(manual, "payload.calculation.participants.recipients", thirds))["BRS-NO-701/shares"] == "passed"
    )


def test_every_rule_is_tested() -> None:
    """Runs last in this file: each rule that can be judged has failed and has passed above."""
    for usage, process in _uses():
        test_header_and_process(usage, process)
    for process in sorted({process for _, process in _uses()}):
        test_message_of_the_process(process)
    for name in BASES:
        test_bases_pass(name)
    for key in CASES:
        test_each_rule_fails_alone(key)
    for row in PASSES_611:
        test_other_searches_pass(row)
    test_more_that_passes()
    assert set(CASES) <= _REACHABLE
    assert _REACHABLE - COVERED["failed"] == set()
    assert _REACHABLE - COVERED["passed"] == set()


def test_rows() -> None:
    keys = [rule.key for rule in rules.all_rules()]
    assert len(set(keys)) == len(keys)
    for rule in rules.all_rules():
        assert rule.key.startswith(f"{rule.process.value}/")
        assert rule.text.endswith(".")
        assert rule.text_nb.endswith(".")
        assert rule.source
        assert all(name in MESSAGES for name in rule.messages)
        assert (rule.part == "Register") == (rule.needs == "register")
        if rule.needs == "register":
            assert rule.look(None, rules.Facts.on(None)) is UNKNOWN


def test_without_a_date_rules_that_need_one_are_unknown() -> None:
    for process in ("101", "104", "201", "313", "332"):
        unknown = {verdict.rule.needs for verdict in rules.judge(BASES[process]()) if verdict.outcome == "unknown"}
        assert "date" in unknown


def test_moments_and_days() -> None:
    message: Any = BASES["313"]()
    end = message.payloads[0].period.end
    before = {verdict.rule.key: verdict.outcome for verdict in rules.judge(message, end - timedelta(hours=1))}
    after = {verdict.rule.key: verdict.outcome for verdict in rules.judge(message, end)}
    assert (before["BRS-NO-313/14"], after["BRS-NO-313/14"]) == ("failed", "passed")
    with pytest.raises(ValueError, match="no time zone"):
        rules.judge(message, datetime(2026, 1, 1))  # noqa: DTZ001


def test_clock_changes() -> None:
    for name, count in (("23-hours", 23), ("25-hours", 25)):
        message: Any = fixture(f"CollectedData-313-{name}")
        assert any(len(series.observations) == count for series in message.payloads)
        assert outcomes(message)["BRS-NO-313/13"] == "passed"


def test_profile_of_the_user_counts() -> None:
    profile = load()
    rows = tuple(replace(row, count=-100) if row.what == "back" else row for row in profile.limits)
    message = _at(-60)(BASES["104"]())
    assert any(verdict.outcome == "failed" for verdict in rules.judge(message, ON, profile=profile))
    assert not any(
        verdict.outcome == "failed" for verdict in rules.judge(message, ON, profile=replace(profile, limits=rows))
    )


def test_forwarded_readings_are_unknown() -> None:
    message = changed(BASES["311"](), "process.role", Role.MDR)
    found = outcomes(message)
    assert failed(message) == set()
    assert found["BRS-NO-311/role"] == "unknown"


@given(st.integers(0, 10_000), st.sampled_from(sorted(MESSAGES)), st.booleans())
def test_any_valid_message_can_be_judged(seed: int, name: str, wild: bool) -> None:
    """Whatever the schema takes: a verdict for each rule, a place for each flaw, and counts that add up."""
    message: Any = Sampler(Random(seed), wild=wild).message(model(name))
    verdicts = rules.judge(message, ON)
    count = rules.count(verdicts)
    assert count.applied + count.not_applicable + count.unknown == len(verdicts)
    data = ediel.write(message)
    inspection = rules.inspect(data, on=ON)
    assert inspection.messages[0].report.rules == count
    for finding in inspection.report.all_findings():
        assert finding.path
        assert finding.line


def test_lines_and_positions() -> None:
    text = ediel.write(_cut(BASES["313"]()))
    report = rules.inspect(text, on=ON).report
    (finding,) = [item for item in report.all_findings() if item.rule == "BRS-NO-313/13"]
    assert finding.code == "E87"
    assert finding.path is not None
    assert finding.path.split("/")[-1].startswith("Observation")
    assert finding.expected == "24 values"
    assert report.messages[0].valid is False
    strict = rules.inspect(ediel.write(_at(-1)(BASES["101"]())), on=ON, strict=True)
    assert not strict.valid
    assert rules.inspect(ediel.write(_at(-1)(BASES["101"]())), on=ON).valid


DATED = ("RequestStartOfSupply-104", "CollectedData-313-hourly", "RequestDataFromElhub-315", "RequestDataFromElhub-324",
         "RequestUpdateSharedProduction-701-add", "CollectedData-332-replacement")  # fmt: skip


@pytest.mark.parametrize("name", DATED)
@pytest.mark.parametrize("moment", ["9999-12-31T23:59:59Z", "9999-12-31T24:00:00Z", "2000-01-01T00:00:00Z"])
@pytest.mark.parametrize("on", [ON, date(2099, 1, 1), date(2, 1, 1)])
def test_dates_at_the_ends_of_the_calendar(name: str, moment: str, on: date) -> None:
    """What the schema takes can be judged, on any day."""
    data = (FIXTURES / "valid" / f"{name}.xml").read_bytes()
    for text in (data, re.sub(rb"\d{4}-\d\d-\d\dT[^<]*", moment.encode(), data)):
        assert rules.inspect(text, on=on).messages[0].report.rules.applied
    with pytest.raises(ValueError, match="the last day"):
        rules.inspect(data, on=date.max)


def test_many_broken_series_are_cut_and_said_to_be() -> None:
    base: Any = _cut(BASES["313"]())
    one = base.payloads[0]
    payloads = tuple(one.model_copy(update={"identification": str(UUID_OF(int=number))}) for number in range(1200))
    report = rules.inspect(ediel.write(base.model_copy(update={"payloads": payloads})), on=ON).report
    found = list(report.all_findings())
    assert len(found) == 1001
    assert {finding.rule for finding in found} == {"BRS-NO-313/13", "READ/many-findings"}
    paths = {finding.path for finding in found if finding.rule == "BRS-NO-313/13"}
    assert len(paths) == 1000


def test_wire_path_of_an_unknown_field() -> None:
    with pytest.raises(LookupError, match="no field colour"):
        rules.wire_path(BASES["101"](), "payload.colour")
