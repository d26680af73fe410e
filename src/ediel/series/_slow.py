"""Columns from typed messages: the ordinary way, and the judge of the fast one."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import cache
from typing import Any, Final

from ediel.messages import CollectedSeries, Message, ProfiledCollected, ProfiledNotified, ValidatedSeries
from ediel.messages._base import Composite, fields_of
from ediel.messages._observations import Observations, decimal_text, split
from ediel.messages.series_layout import INTERVAL_FORMS, MESSAGES, PROFILED_FORMS, leaves_of
from ediel.series._columns import SERIES_WORDS, Columns, Words, micros
from ediel.series._texts import NUMBERS

_PROFILED: Final = {
    spec.name: place
    for place, form in enumerate(PROFILED_FORMS, len(INTERVAL_FORMS))
    for spec in (*fields_of(ProfiledNotified), *fields_of(ProfiledCollected))
    if spec.path[0] == form.element
}


def columns(messages: Iterable[Message]) -> Columns:
    """The values of the messages that hold metering values; others are let pass."""
    found = Columns()
    words: dict[str, list[str | None]] = {name: [] for name in SERIES_WORDS}
    for message in messages:
        if isinstance(message, MESSAGES):
            for series in message.payloads:
                _take(found, words, message, series)
    found.words = {name: Words.of(texts) for name, texts in words.items()}
    return found


@cache
def _kept(model: type[Composite]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """What is kept of a series before its values: its name, and the way to it."""
    return tuple((leaf.name, leaf.fields) for leaf in leaves_of(model) if leaf.name in {*SERIES_WORDS, *NUMBERS})


def _take(
    found: Columns, kept: dict[str, list[str | None]], message: Message, series: CollectedSeries | ValidatedSeries
) -> None:
    words: dict[str, str | None] = dict.fromkeys(SERIES_WORDS)
    words |= {"message_id": message.header.identification, "process": str(message.process.business_process)}
    moments: dict[str, datetime | None] = dict.fromkeys(NUMBERS)
    value: Any
    for name, fields in _kept(type(series)):
        value = series
        for field in fields:
            value = getattr(value, field)
            if value is None:
                break
        else:
            if name in moments:
                moments[name] = value
            else:
                words[name] = str.__str__(value)  # of a code, the code itself
    for name, text in words.items():
        kept[name].append(text)
    found.start.append(micros(moments["start"]))
    found.end.append(micros(moments["end"]))
    found.registered.append(micros(moments["registration_time"]))
    found.inserted.append(micros(moments["insert_time"]))
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
