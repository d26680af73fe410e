"""Counts how often a message is parsed, checked against its schema and judged by the rules, whoever asks for it."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from types import CodeType, FrameType
from typing import TYPE_CHECKING, Any

import pytest

from ediel.rules import _judge
from ediel.xml import _schema_verdict, parser

if TYPE_CHECKING:
    from ediel.series.arriving import Series


def _holds(value: Any, message_id: str) -> bool:
    """Whether bytes or an element hold the message itself, not only a reference to it."""
    if isinstance(value, bytes):
        return re.search(rb"Identification[^<>]*>%b<" % message_id.encode(), value) is not None
    return any(item.text == message_id for item in value.iter("{*}Identification"))


@contextmanager
def readings(message_id: str) -> Iterator[Counter[str]]:
    """What is done with the message of an identification: ``parse``, ``schema``, ``rules``."""
    found: Counter[str] = Counter()
    watched: dict[CodeType, tuple[str, str]] = {
        parser.parse_checked.__code__: ("parse", "data"),
        _schema_verdict.accepts.__code__: ("schema", "element"),
        _judge.judge.__code__: ("rules", "message"),
        _judge.judge_published.__code__: ("rules", "message"),
    }

    def hook(frame: FrameType, event: str, _: object) -> None:
        if event != "call" or frame.f_code not in watched:
            return
        name, argument = watched[frame.f_code]
        value = frame.f_locals[argument]
        if value.header.identification == message_id if name == "rules" else _holds(value, message_id):
            found[name] += 1

    before = sys.getprofile()
    sys.setprofile(hook)
    try:
        yield found
    finally:
        sys.setprofile(before)


def typed_series(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The places of the series in columns that somebody has made typed from now on."""
    from ediel.series.arriving import ArrivedSeries

    made: list[int] = []
    typed = ArrivedSeries._typed

    def noted(self: ArrivedSeries, place: int) -> Series:
        made.append(place)
        return typed(self, place)

    monkeypatch.setattr(ArrivedSeries, "_typed", noted)
    return made
