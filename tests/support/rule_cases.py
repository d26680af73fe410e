"""What breaks each rule: a right message of each process, and for each rule the change that it must object to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from random import Random
from typing import Any

import ediel
from ediel import brs, rules
from ediel.calendar import OSLO, midnight
from ediel.codes import (
    AddressType,
    Agency,
    BusinessProcess,
    BusinessType,
    ChannelResolution,
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
    StatusType,
    Unit,
)
from ediel.messages import Message
from ediel.messages._observations import Observations
from ediel.messages.points import MeasurementDefinitionUpdate, ProductCharacteristics
from ediel.testing import Sampler, conforming
from tests.support.places import FIXTURES

ON = date(2026, 11, 25)
LATER = datetime(2027, 1, 1, tzinfo=OSLO)
LONG_AGO = datetime(2019, 1, 1, tzinfo=OSLO)
UUID = "123e4567-e89b-12d3-a456-426655440000"
_WINDOWS = {"window-earliest", "window-latest", "cancellation-latest"}
REACHABLE = {
    rule.key
    for rule in rules.all_rules()
    if rule.needs != "register"
    and rule.key.partition("/")[2] not in _WINDOWS
    and (rule.messages or brs.of(rule.process).uses)
}
"""Rules that a message alone, or with a day, can break; windows depend on how a point is settled: ``test_register``."""


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


_ACTIVE = ProductCharacteristics(product=Product.ACTIVE_ENERGY, unit=Unit.KWH)


def new_point() -> Message:
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
    channels = tuple(
        MeasurementDefinitionUpdate(product=_ACTIVE, direction=direction, resolution=ChannelResolution.PT1H)
        for direction in Direction
    )
    event = full.model_copy(
        update={
            "characteristics": characteristics,
            "identification": None,
            "original_reference": None,
            "measurements": channels,
        }
    )
    message = changed(message, "process.business_process", BusinessProcess.BRS_NO_121)
    return message.model_copy(update={"payloads": (event,)})  # type: ignore[no-any-return]


def _activated() -> Message:
    message: Any = changed(new_point(), "process.business_process", BusinessProcess.BRS_NO_122)
    return changed(message, "payloads.0.grid_area", None)  # type: ignore[no-any-return]


def _withdrawal() -> Message:
    """The payload of the replacement that withdraws."""
    message: Any = fixture("CollectedData-332-replacement")
    kept = tuple(item for item in message.payloads if item.profiled_observation.withdrawn)
    assert kept
    return message.model_copy(update={"payloads": kept})  # type: ignore[no-any-return]


def _replacement() -> Message:
    """The payload of the replacement that brings a new value."""
    message: Any = fixture("CollectedData-332-replacement")
    kept = tuple(item for item in message.payloads if not item.profiled_observation.withdrawn)
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
    "121": new_point,
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
    "312": lambda: fixture("CollectedData-312"),
    "313": lambda: fixture("CollectedData-313-hourly"),
    "315": lambda: fixture("RequestDataFromElhub-315"),
    "324": lambda: fixture("RequestDataFromElhub-324"),
    "332": _withdrawal,
    "601": lambda: fixture("RequestToGridAccessProvider-601"),
    "601-answer": lambda: fixture("ResponseFromGridAccessProvider-601"),
    "611": lambda: fixture("RequestUpfrontMeteringPointCharacteristics-611-search"),
    "211": lambda: changed(_of_process("RequestEndOfSupply-201", "211"), "process.role", Role.DDM),
    "303-answer": lambda: fixture("NotifyMeteringPointCharacteristics-303"),
    "314": lambda: fixture("RequestCollectedData-314"),
    "317": lambda: fixture("RequestUpdateMasterDataMeteringPoint-317"),
    "317-notice": lambda: fixture("NotifyMeteringPointCharacteristics-317"),
    "332-volume": _replacement,
    "503": lambda: fixture("PriceVolumeCombinationForReconciliation-503"),
    "622": lambda: changed(fixture("UpdateThirdPartyAccess-622-storage"), "payload.end_of_occurrence", LATER),
    "701": lambda: fixture("RequestUpdateSharedProduction-701-add"),
    "701-delete": lambda: fixture("RequestUpdateSharedProduction-701-delete"),
    "302": lambda: _of_process_point("302"),
    "402": lambda: _of_process_point("402"),
    "311-refusal": lambda: _refusal(_full("311:Acknowledgement")),  # type: ignore[has-type]
    "701-notice": lambda: fixture("NotifySharedProduction-701"),
}


def _of_process_point(process: str) -> Any:
    return changed(new_point(), "process.business_process", BusinessProcess(f"BRS-NO-{process}"))


@cache
def _full(name: str) -> Any:
    """A conforming message of a process whose payload has reasons, a settlement method and a metered product."""
    number, _, message = name.partition(":")
    for seed in range(400):
        made: Any = conforming(BusinessProcess(f"BRS-NO-{number}"), message, random=Random(seed), on=ON)
        payload = made.payload if hasattr(made, "payload") else made.payloads[0]
        characteristics = getattr(payload, "characteristics", payload)
        metered = getattr(payload, "product", None) is None or payload.product.product is Product.ACTIVE_ENERGY
        if (
            getattr(payload, "reasons", True)
            and getattr(characteristics, "settlement_method", True) is not None
            and metered
        ) and (getattr(payload, "product", True) is not None):
            return made
    raise AssertionError(name)


def base_of(name: str) -> Any:
    return _full(name) if ":" in name else BASES[name]()


def of_organisation(base: Any) -> Any:
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


def of_person(base: Any) -> Any:
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


def one_value_fewer(base: Any) -> Any:
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


def setting(path: str, value: Any) -> Any:
    return lambda base: changed(base, path, value)


def at_days(days: int) -> Any:
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


dropping = lambda path: setting(path, None)  # noqa: E731
PAYLOAD = "payloads.0"
CHARACTERISTICS = f"{PAYLOAD}.characteristics"

# key: base, change, other keys that follow from the change
CASES: dict[str, tuple[str, Any, set[str]]] = {
    "BRS-NO-313/8": ("313", dropping(f"{PAYLOAD}.period"), set()),
    "BRS-NO-313/9": ("313", setting(f"{PAYLOAD}.period.resolution", Resolution.PT30M), set()),
    "BRS-NO-313/10": ("313", _shifted("start"), set()),
    "BRS-NO-313/11": ("313", _shifted("end"), {"BRS-NO-313/whole-days"}),
    "BRS-NO-313/12": ("313", _backwards, set()),
    "BRS-NO-313/13": ("313", one_value_fewer, set()),
    "BRS-NO-313/14": ("313", _moved(60), set()),
    "BRS-NO-313/15": ("313", _moved(-1400), set()),
    "BRS-NO-313/16": ("313", setting(f"{PAYLOAD}.period.meter_reading_start", Decimal(1)), set()),
    "BRS-NO-313/17": ("313", setting(f"{PAYLOAD}.period.meter_reading_end", Decimal(1)), set()),
    "BRS-NO-313/18": ("313", dropping(f"{PAYLOAD}.product"), set()),
    "BRS-NO-313/19": ("313", setting(f"{PAYLOAD}.product.unit", Unit.KVARH), set()),
    "BRS-NO-332/profiled-observation": ("332", dropping(f"{PAYLOAD}.profiled_observation"), set()),
    "BRS-NO-332/meter-index": (
        "332",
        lambda base: changed(base, f"{PAYLOAD}.profiled_observation", fixture("CollectedData-311").payloads[0].profiled_observation),  # type: ignore[attr-defined]
        set(),
    ),
    "BRS-NO-332/withdrawal-period": ("332", dropping(f"{PAYLOAD}.period"), set()),
    "BRS-NO-332/withdrawal-resolution": ("332", setting(f"{PAYLOAD}.period.resolution", Resolution.PT1H), set()),
    "BRS-NO-332/withdrawal-start": ("332", dropping(f"{PAYLOAD}.period.start"), set()),
    "BRS-NO-332/withdrawal-end": ("332", dropping(f"{PAYLOAD}.period.end"), set()),
    "BRS-NO-332/withdrawal-end-start": ("332", _backwards, set()),
    "BRS-NO-332/withdrawal-future": ("332", setting(f"{PAYLOAD}.period.end", LATER), set()),
    "BRS-NO-332/withdrawal-age": ("332", _moved(-2000), set()),
    "BRS-NO-332/withdrawal-reading-start": ("332", setting(f"{PAYLOAD}.period.meter_reading_start", Decimal(1)), set()),
    "BRS-NO-332/withdrawal-reading-end": ("332", setting(f"{PAYLOAD}.period.meter_reading_end", Decimal(1)), set()),
    "BRS-NO-332/withdrawal-product": ("332", dropping(f"{PAYLOAD}.product"), set()),
    "BRS-NO-332/withdrawal-active": ("332", setting(f"{PAYLOAD}.product.product", Product.VIRTUAL_NET), set()),
    "BRS-NO-332/withdrawal-unit": ("332", setting(f"{PAYLOAD}.product.unit", Unit.KVARH), set()),
    "BRS-NO-332/withdrawal-characteristic": ("332", dropping(f"{PAYLOAD}.direction"), set()),
    "BRS-NO-332/withdrawal-direction": ("332", setting(f"{PAYLOAD}.direction", Direction.IN), set()),
    "BRS-NO-311/value": (
        "311", setting(f"{PAYLOAD}.profiled_observation", _withdrawal().payloads[0].profiled_observation), set(),  # type: ignore[attr-defined]
    ),
    "BRS-NO-311/start": ("311", dropping(f"{PAYLOAD}.period.start"), set()),
    "BRS-NO-311/end": ("311", setting(f"{PAYLOAD}.period.end", LATER), set()),
    "BRS-NO-311/resolution": ("311", setting(f"{PAYLOAD}.period.resolution", Resolution.PT1H), set()),
    "BRS-NO-311/reading-start": ("311", setting(f"{PAYLOAD}.period.meter_reading_start", Decimal(1)), set()),
    "BRS-NO-311/reading-end": ("311", setting(f"{PAYLOAD}.period.meter_reading_end", Decimal(1)), set()),
    "BRS-NO-324/8": ("324", setting("payload.query_type", QueryType.MVTS), set()),
    "BRS-NO-324/9": ("324", setting("payload.snapshot", LONG_AGO), set()),
    "BRS-NO-324/10": ("324", dropping("payload.period"), set()),
    "BRS-NO-324/11": ("324", _query_backwards, set()),
    "BRS-NO-324/12": ("324", _query_long(400), set()),
    "BRS-NO-324/13": ("324", setting("payload.metering_point", "707057500011939811"), set()),
    "BRS-NO-324/14": ("324", dropping("payload.grid_area"), set()),
    "BRS-NO-324/15": ("324", setting("payload.business_type", BusinessType("MP01")), set()),
    "BRS-NO-303/query-type": ("303", setting("payload.query_type", QueryType.MVTS), set()),
    "BRS-NO-303/metering-point": ("303", dropping("payload.metering_point"), set()),
    "BRS-NO-315/query-type": ("315", setting("payload.query_type", QueryType.MDMP), set()),
    "BRS-NO-315/period": ("315", dropping("payload.period"), set()),
    "BRS-NO-315/metering-point": ("315", dropping("payload.metering_point"), set()),
    "BRS-NO-315/end": ("315", _query_backwards, set()),
    "BRS-NO-315/length": ("315", _query_long(4000), set()),
    "BRS-NO-601/question": (
        "601", lambda base: changed(dropping("payload.request_private")(base), "payload.request_public", None), set(),
    ),
    "BRS-NO-601/answer": (
        "601-answer", lambda base: changed(dropping("payload.feedback_private")(base), "payload.feedback_public", None), set(),
    ),
    "BRS-NO-601/no-question": ("601-answer", setting("payload.request_public", "why?"), set()),
    "BRS-NO-222/6": ("222", dropping("payload.original_reference"), set()),
    "BRS-NO-222/7": ("222", setting("payload.balance_supplier", "7080003824349"), set()),
    "BRS-NO-301/start": ("301", dropping("payload.start_of_occurrence"), set()),
    "BRS-NO-121/one-payload": ("121", lambda base: base.model_copy(update={"payloads": base.payloads * 2}), set()),
    "BRS-NO-122/one-payload": ("122", lambda base: base.model_copy(update={"payloads": base.payloads * 2}), set()),
    "BRS-NO-302/one-payload": (
        "121", lambda base: changed(base.model_copy(update={"payloads": base.payloads * 2}), "process.business_process", BusinessProcess.BRS_NO_302), set(),
    ),
    "BRS-NO-402/one-payload": (
        "121", lambda base: changed(base.model_copy(update={"payloads": base.payloads * 2}), "process.business_process", BusinessProcess.BRS_NO_402), set(),
    ),
    "BRS-NO-121/identification": ("121", setting(f"{PAYLOAD}.identification", UUID), set()),
    "BRS-NO-122/identification": ("122", setting(f"{PAYLOAD}.identification", UUID), set()),
    "BRS-NO-121/grid-area": ("121", dropping(f"{PAYLOAD}.grid_area"), set()),
    "BRS-NO-122/grid-area": ("122", lambda base: changed(base, f"{PAYLOAD}.grid_area", new_point().payloads[0].grid_area), set()),  # type: ignore[attr-defined]
    "BRS-NO-121/address": ("121", dropping(f"{PAYLOAD}.address"), set()),
    "BRS-NO-701/midnight": ("701", setting("payload.start_of_occurrence", datetime(2026, 12, 1, 3, tzinfo=OSLO)), set()),
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


def _wrong_issuer(path: str) -> Any:
    """The issuer of a code becomes another one."""

    def change(base: Any) -> Any:
        found = base
        for step in path.split("."):
            found = found[int(step)] if step.isdigit() else getattr(found, step)
        return changed(base, path, Agency("260" if found == "89" else "89"))

    return change


_DROP_REASONS = setting("payload.reasons", ())
_ISSUED = {
    "Acknowledgement": _wrong_issuer("payload.reasons.0.agency"),
    "CollectedData": _wrong_issuer(f"{PAYLOAD}.product.product_agency"),
    "NotifyMeteringPointCharacteristics": _wrong_issuer(f"{CHARACTERISTICS}.settlement_method_agency"),
    "NotifyStartOfSupply": _wrong_issuer("payload.characteristics.settlement_method_agency"),
    "NotifyValidatedDataForBillingEnergy": _wrong_issuer(f"{PAYLOAD}.product.product_agency"),
    "PriceVolumeCombinationForReconciliation": _wrong_issuer(f"{PAYLOAD}.characteristics.settlement_method_agency"),
    "RejectEndOfSupply": _wrong_issuer("payload.reasons.0.agency"),
    "RejectStartOfSupply": _wrong_issuer("payload.reasons.0.agency"),
    "RequestUpdateMasterDataMeteringPoint": _wrong_issuer(f"{CHARACTERISTICS}.settlement_method_agency"),
    "ResponseUpfrontMeteringPointCharacteristics": _wrong_issuer(f"{CHARACTERISTICS}.settlement_method_agency"),
}


def _twice_as(field: str) -> Any:
    """The first channel again, in another way."""

    def change(base: Any) -> Any:
        channels = base.payloads[0].measurements
        value: Any = {"once": None, "unit": Unit.KVARH}.get(field)
        if field == "unit":
            return changed(base, f"{PAYLOAD}.measurements.0.product.unit", value)
        if field == "product":
            return changed(base, f"{PAYLOAD}.measurements.0.product.product", Product.ACTIVE_PROFILED)
        return changed(base, f"{PAYLOAD}.measurements", (channels[0], channels[0]))

    return change


def _consumption(base: Any) -> Any:
    """A consumption point with the channel of production."""
    plain = base.payloads[0].characteristics.model_copy(
        update={
            "metering_point_type": MeteringPointType("E17"),
            "production_sub_type": None,
            "installed_capacity": None,
        }
    )
    return changed(base, CHARACTERISTICS, plain)


def _renumbered(base: Any) -> Any:
    """One number is skipped: the last value moves one place on."""
    values = list(base.payloads[0].observations)
    last = replace(values[-1], sequence=values[-1].sequence + 1)
    return changed(base, f"{PAYLOAD}.observations", Observations.of([*values[:-1], last]))


def _half_day(base: Any) -> Any:
    """From noon to noon."""
    period = base.payloads[0].period
    shift = timedelta(hours=-12)
    return changed(
        base, f"{PAYLOAD}.period", period.model_copy(update={"start": period.start + shift, "end": period.end + shift})
    )


def _another_point(base: Any) -> Any:
    """A payload of another metering point."""
    other = changed(base.payloads[0], "metering_point", "707057500011939811")
    return base.model_copy(update={"payloads": (*base.payloads, other)})


def _as_reading(base: Any) -> Any:
    return changed(base, f"{PAYLOAD}.observations", None)


def _refusal(base: Any) -> Any:
    return changed(changed(base, "process.role", Role.MDR), "payload.original_payload_reference", UUID)


_VOLUME = {
    "period": dropping(f"{PAYLOAD}.period"),
    "start": dropping(f"{PAYLOAD}.period.start"),
    "end": dropping(f"{PAYLOAD}.period.end"),
    "end-start": _backwards,
    "future": setting(f"{PAYLOAD}.period.end", LATER),
    "reading-start": dropping(f"{PAYLOAD}.period.meter_reading_start"),
    "reading-end": dropping(f"{PAYLOAD}.period.meter_reading_end"),
    "product": setting(f"{PAYLOAD}.product.product", Product.VIRTUAL_NET),
    "unit": setting(f"{PAYLOAD}.product.unit", Unit.KVARH),
    "direction": setting(f"{PAYLOAD}.direction", Direction.IN),
}
for _process, _base in (("312", "312"), ("332", "332-volume")):
    for _name, _change in _VOLUME.items():
        CASES[f"BRS-NO-{_process}/volume-{_name}"] = (_base, _change, set())
CASES |= {
    "BRS-NO-312/value": (
        "312", setting(f"{PAYLOAD}.profiled_observation", _withdrawal().payloads[0].profiled_observation), set(),  # type: ignore[attr-defined]
    ),
    "BRS-NO-313/values": ("313", _as_reading, {"BRS-NO-313/13"}),
    "BRS-NO-313/whole-days": ("313", _half_day, set()),
    "BRS-NO-313/holes": ("313", _renumbered, set()),
    "BRS-NO-313/direction": ("313", dropping(f"{PAYLOAD}.direction"), set()),
    "BRS-NO-313/metered-product": ("313", setting(f"{PAYLOAD}.product.product", Product.VIRTUAL_NET), set()),
    "BRS-NO-303/snapshot": ("303", setting("payload.snapshot", LATER), set()),
    "BRS-NO-303/period": ("303", lambda base: changed(base, "payload.period", BASES["315"]().payload.period), set()),
    "BRS-NO-303/business-type": ("303", setting("payload.business_type", BusinessType("MP01")), set()),
    "BRS-NO-303/grid-area": ("303", setting("payload.grid_area", "50Y0000000000001"), set()),
    "BRS-NO-315/snapshot": ("315", setting("payload.snapshot", LONG_AGO), set()),
    "BRS-NO-315/business-type": ("315", setting("payload.business_type", BusinessType("MP01")), set()),
    "BRS-NO-315/grid-area": ("315", setting("payload.grid_area", "50Y0000000000001"), set()),
    "BRS-NO-317/start": ("317", dropping(f"{PAYLOAD}.start_of_occurrence"), set()),
    "BRS-NO-317/original-reference": ("317", setting(f"{PAYLOAD}.original_reference", UUID), set()),
    "BRS-NO-317/annual-volume": ("317", dropping(f"{PAYLOAD}.annual_volume"), set()),
    "BRS-NO-314/reminder-end": ("314", setting("payload.reminders.0.period.end", LONG_AGO), set()),
    "BRS-NO-622/change": (
        "622", lambda base: changed(changed(base, "payload.customer", None), "payload.end_of_occurrence", None), set(),
    ),
    "BRS-NO-622/end": ("622", setting("payload.end_of_occurrence", LONG_AGO), set()),
    "BRS-NO-622/midnight": ("622", setting("payload.end_of_occurrence", LATER + timedelta(hours=5)), set()),
    "BRS-NO-701/whole": ("701", dropping("payload.calculation.formula"), set()),
    "BRS-NO-701/named": (
        "701-delete", lambda base: changed(dropping("payload.calculation.id")(base), "payload.calculation.name", None), set(),
    ),
    "BRS-NO-701/once": (
        "701",
        lambda base: changed(
            base, "payload.calculation.participants.recipients", base.payload.calculation.participants.recipients[:1] * 2
        ),
        set(),
    ),
    "BRS-NO-701/notice-start-midnight": ("701-notice", setting("payload.start_of_occurrence", LONG_AGO + timedelta(hours=1)), set()),
    "BRS-NO-701/notice-end-midnight": ("701-notice", setting("payload.end_of_occurrence", LATER + timedelta(hours=1)), set()),
    "BRS-NO-701/notice-end": ("701-notice", setting("payload.end_of_occurrence", LONG_AGO), set()),
    "BRS-NO-311/refusal-status": (
        "311-refusal", lambda base: changed(changed(base, "payload.status", StatusType.ACCEPTED), "payload.reasons", ()), set(),
    ),
    "BRS-NO-311/refusal-payload": ("311-refusal", dropping("payload.original_payload_reference"), set()),
}  # fmt: skip
for _process in ("121", "122", "302", "402"):
    CASES |= {
        f"BRS-NO-{_process}/channel-unit": (_process, _twice_as("unit"), set()),
        f"BRS-NO-{_process}/channel-product": (_process, _twice_as("product"), set()),
        f"BRS-NO-{_process}/channel-once": (_process, _twice_as("once"), set()),
        f"BRS-NO-{_process}/channel-direction": (_process, _consumption, set()),
    }
for _row in brs.ROWS:
    _process = _row.number
    for _usage in _row.uses:
        if _usage.message in _ISSUED:
            CASES[f"BRS-NO-{_process}/code-issuer"] = (f"{_process}:{_usage.message}", _ISSUED[_usage.message], set())
        if _usage.message == "Acknowledgement":
            CASES[f"BRS-NO-{_process}/reasons"] = (f"{_process}:Acknowledgement", _DROP_REASONS, set())
        if _usage.message == "NotifyMeteringPointCharacteristics":
            _base = f"{_process}:{_usage.message}"
            CASES[f"BRS-NO-{_process}/notice-end"] = (_base, setting(f"{PAYLOAD}.end_of_occurrence", LONG_AGO), set())
            if _row.family != "annual_volume":
                CASES[f"BRS-NO-{_process}/one-point"] = (_base, _another_point, set())
        if _usage.message in {"NotifyValidatedDataForBillingEnergy", "PriceVolumeCombinationForReconciliation"}:
            CASES |= {
                f"BRS-NO-{_process}/series-unit": (
                    f"{_process}:{_usage.message}",
                    setting(f"{PAYLOAD}.product.unit", Unit.KVARH),
                    set(),
                ),
                f"BRS-NO-{_process}/series-end": (f"{_process}:{_usage.message}", _backwards, set()),
            }
for _process in ("121", "122"):
    CASES |= {
        f"BRS-NO-{_process}/start": (_process, dropping(f"{PAYLOAD}.start_of_occurrence"), set()),
        f"BRS-NO-{_process}/original-reference": (_process, setting(f"{PAYLOAD}.original_reference", UUID), set()),
        f"BRS-NO-{_process}/physical-status": (
            _process,
            setting(f"{CHARACTERISTICS}.physical_status", PhysicalStatus("E22")),
            set(),
        ),
        f"BRS-NO-{_process}/settlement-method": (_process, dropping(f"{CHARACTERISTICS}.settlement_method"), set()),
        f"BRS-NO-{_process}/point-type": (_process, dropping(f"{CHARACTERISTICS}.metering_point_type"), set()),
        f"BRS-NO-{_process}/exchange": (
            _process,
            setting(f"{CHARACTERISTICS}.metering_point_type", MeteringPointType("E20")),
            {f"BRS-NO-{_process}/consumption-sub-type", f"BRS-NO-{_process}/production-sub-type"},
        ),
        f"BRS-NO-{_process}/consumption-sub-type": (
            _process,
            setting(f"{CHARACTERISTICS}.metering_point_type", MeteringPointType("E18")),
            {f"BRS-NO-{_process}/{other}" for other in ("connection-capacity", "priority", "channel-direction")},
        ),
        f"BRS-NO-{_process}/production-sub-type": (
            _process,
            setting(f"{CHARACTERISTICS}.metering_point_type", MeteringPointType("E17")),
            {f"BRS-NO-{_process}/installed-capacity", f"BRS-NO-{_process}/channel-direction"},
        ),
    }
    CASES[f"BRS-NO-{_process}/installed-capacity"] = (
        _process,
        CASES[f"BRS-NO-{_process}/production-sub-type"][1],
        {f"BRS-NO-{_process}/production-sub-type", f"BRS-NO-{_process}/channel-direction"},
    )
    for _name in ("connection-capacity", "priority"):
        CASES[f"BRS-NO-{_process}/{_name}"] = (
            _process,
            CASES[f"BRS-NO-{_process}/consumption-sub-type"][1],
            {
                f"BRS-NO-{_process}/{other}"
                for other in ("consumption-sub-type", "connection-capacity", "priority", "channel-direction")
            },
        )
for _process in ("101", "102", "103", "104", "111", "123", "133", "201", "202", "211", "221", "301"):
    CASES |= {
        f"BRS-NO-{_process}/person-name": (
            _process,
            lambda base: changed(changed(of_person(base), "payload.customer.given_name", None), "payload.customer.family_name", None),
            set(),
        ),
        f"BRS-NO-{_process}/person-only": (_process, lambda base: changed(of_person(base), "payload.customer.name", "X"), set()),
        f"BRS-NO-{_process}/organisation-name": (
            _process, lambda base: changed(of_organisation(base), "payload.customer.name", None), set(),
        ),
        f"BRS-NO-{_process}/organisation-only": (
            _process, lambda base: changed(of_organisation(base), "payload.customer.given_name", "Kari"), set(),
        ),
        f"BRS-NO-{_process}/addresses": (_process, _twice, set()),
    }  # fmt: skip
    if _process != "301":
        _follow = {"BRS-NO-103/no-cancellation"} if _process == "103" else set()
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
            _follow,
        )
    if _process in {"101", "102", "103", "104", "111"}:
        CASES[f"BRS-NO-{_process}/balance-supplier"] = (_process, dropping("payload.balance_supplier"), set())
    if _process in {"101", "102", "104", "111", "123", "133"}:
        CASES[f"BRS-NO-{_process}/move-in-to-slr"] = (_process, setting("payload.move_in_to_slr", True), set())
    if _process in {"101", "102", "201", "202"}:
        CASES[f"BRS-NO-{_process}/not-back"] = (_process, at_days(-1), {f"BRS-NO-{_process}/window-latest"})
    if _process in {"101", "201", "202"}:
        CASES[f"BRS-NO-{_process}/date"] = (_process, at_days(0), {f"BRS-NO-{_process}/window-latest"})
    if _process in {"103", "104"}:
        CASES[f"BRS-NO-{_process}/date"] = (_process, at_days(1), set())
        CASES[f"BRS-NO-{_process}/back"] = (_process, at_days(-60), set())
CASES["BRS-NO-104/30-days"] = ("104", at_days(-61), {"BRS-NO-104/back"})
CASES["BRS-NO-103/no-cancellation"] = (
    "103",
    lambda base: changed(CASES["BRS-NO-103/original-reference"][1](base), "payload.original_reference", UUID),
    set(),
)
_ROWS_611: dict[str, dict[str, Any]] = {
    "7": {"metering_point": "707057500011939811", "address": {"postcode": "70*"}, "customer": True},
    "8": {"customer": True, "address": {"street_name": "*"}},
    "9": {"meter": "1234"},
    "10": {"meter": "1234", "customer": True, "metering_point": "707057500011939811"},
    "11": {"address": {"postcode": "7010"}},
    "12": {"customer": True, "address": {"postcode": "7010", "street_name": "Stor*"}},
    "13": {"customer": True, "address": {"postcode": "7010", "building_number": "1*2"}},
    "search": {"customer": True, "address": {"postcode": "7010", "street_name": "*"}},
    "postcode": {"customer": True, "address": {"postcode": "7*", "building_number": "1"}},
}
_FOLLOW_611 = {"10": {"BRS-NO-611/7"}}


def search(given: Mapping[str, Any]) -> Any:
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


for _number, _search in _ROWS_611.items():
    CASES[f"BRS-NO-611/{_number}"] = ("611", search(_search), _FOLLOW_611.get(_number, set()))

PASSES_611: dict[str, dict[str, Any]] = {
    "7": {"metering_point": "707057500011939811"},
    "9": {"meter": "1234", "address": {"postcode": "7010"}},
    "10": {"meter": "1234", "address": {"postcode": "7010"}},
}
"""Searches in which a row passes that the fixture leaves out."""
