"""Columns from typed messages: the ordinary way, and the judge of the fast one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from ediel.messages import CollectedData, Message, NotifyValidatedDataForBillingEnergy
from ediel.messages._observations import Observations, decimal_text, split
from ediel.series._columns import SERIES_WORDS, Columns, Words, micros

_PROFILED: Final = {"metered": 4, "estimated": 5, "stipulated": 6, "withdrawn": 7, "meter_index": 8}


def columns(messages: Iterable[Message]) -> Columns:
    """The values of the messages that hold metering values; others are let pass."""
    found = Columns()
    words: dict[str, list[str | None]] = {name: [] for name in SERIES_WORDS}
    for message in messages:
        if isinstance(message, CollectedData | NotifyValidatedDataForBillingEnergy):
            for series in message.payloads:
                _take(found, words, message, series)
    found.words = {name: Words.of(texts) for name, texts in words.items()}
    return found


def _take(found: Columns, kept: dict[str, list[str | None]], message: Message, series: Any) -> None:
    period, product = series.period, series.product
    characteristics = getattr(series, "characteristics", None)
    direction = series.direction if characteristics is None else characteristics.direction
    words = {
        "metering_point": series.metering_point,
        "grid_area": getattr(series, "grid_area", None),
        "balance_responsible": getattr(series, "balance_responsible", None),
        "balance_supplier": getattr(series, "balance_supplier", None),
        "product": None if product is None else product.product.value,
        "unit": None if product is None else product.unit.value,
        "direction": None if direction is None else direction.value,
        "business_type": None
        if characteristics is None or characteristics.business_type is None
        else characteristics.business_type.value,
        "resolution": None if period is None or period.resolution is None else period.resolution.value,
        "payload_id": series.identification,
        "message_id": message.header.identification,
        "process": message.process.business_process.value,
        "request_reference": getattr(series, "request_reference", None),
    }
    for name, value in words.items():
        kept[name].append(None if value is None else str(value))
    found.start.append(micros(None if period is None else period.start))
    found.end.append(micros(None if period is None else period.end))
    found.registered.append(micros(series.registration_time))
    found.inserted.append(micros(getattr(series, "insert_time", None)))
    if series.observations is not None:
        _observations(found, series.observations)
    elif series.profiled_observation is not None:
        _profiled(found, series.profiled_observation)
    else:
        found.counts.append(0)  # an annual volume (BRS-NO-311) is no value of a period


def _observations(found: Columns, values: Observations) -> None:
    found.counts.append(len(values))
    found.sequence.append(values.sequence)
    found.thousandths.append(values.thousandths)
    found.kind.append(list(values.kind))
    found.quality.append(list(values.quality))
    found.validation.append(list(values.validation))
    found.estimation.append(list(values.estimation))
    found.imbalance.append([bool(mark) for mark in values.imbalance])


def _profiled(found: Columns, profiled: Any) -> None:
    name, value = next((name, value) for name in _PROFILED if (value := getattr(profiled, name, None)) is not None)
    thousandths = 0 if name == "withdrawn" else split(decimal_text(value.value))[0]
    found.counts.append(1)
    found.sequence.append([0])
    found.thousandths.append([thousandths])
    found.kind.append([_PROFILED[name]])
    for column in (found.quality, found.validation, found.estimation):
        column.append([0])
    found.imbalance.append([False])
