"""Logs and metrics of the engine. Nothing about people; whole metering points only when configured.

Logs go to ``logging.getLogger("ediel")`` through structlog: a backend shows, hides and formats them as it does its own.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from traceback import extract_tb
from typing import TYPE_CHECKING, Final, Protocol

import structlog

if TYPE_CHECKING:
    from opentelemetry.metrics import MeterProvider
    from prometheus_client import CollectorRegistry

_LOGGER: Final = logging.getLogger("ediel.engine")
logging.getLogger("ediel").addHandler(logging.NullHandler())  # silent until a backend asks to hear
log: Final[structlog.stdlib.BoundLogger] = structlog.wrap_logger(
    _LOGGER,
    processors=[structlog.stdlib.filter_by_level, structlog.stdlib.render_to_log_kwargs],
    wrapper_class=structlog.stdlib.BoundLogger,
)


def listening() -> bool:
    """Whether log lines of level INFO are read; checking this first is much cheaper than composing them."""
    return _LOGGER.isEnabledFor(logging.INFO)


def where(error: BaseException) -> str:
    """The file and line of this package in which an error was raised, without its data."""
    frames = [frame for frame in extract_tb(error.__traceback__) if "ediel" in Path(frame.filename).parts]
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "unknown"


def masked_point(identification: str | None, *, whole: bool) -> str | None:
    """A metering point as logs may show it: its last four digits tell two apart in most logs, and name no home."""
    return identification if whole or identification is None else f"...{identification[-4:]}"


class Meter(Protocol):
    """Where counts and durations go."""

    def count(self, name: str, labels: Mapping[str, str], value: int = 1) -> None:
        """Add to a counter."""

    def observe(self, name: str, labels: Mapping[str, str], seconds: float) -> None:
        """Note a duration."""


class NoMeter:
    """Keeps nothing."""

    def count(self, name: str, labels: Mapping[str, str], value: int = 1) -> None:
        """Nothing."""

    def observe(self, name: str, labels: Mapping[str, str], seconds: float) -> None:
        """Nothing."""


class CountingMeter:
    """Keeps counts and durations in memory, for tests and for inspection."""

    def __init__(self) -> None:
        self.counts: dict[tuple[str, tuple[tuple[str, str], ...]], int] = {}
        self.seconds: dict[str, list[float]] = {}

    def count(self, name: str, labels: Mapping[str, str], value: int = 1) -> None:
        """Add to a counter."""
        key = (name, tuple(sorted(labels.items())))
        self.counts[key] = self.counts.get(key, 0) + value

    def observe(self, name: str, labels: Mapping[str, str], seconds: float) -> None:  # noqa: ARG002 - the protocol's
        """Note a duration."""
        self.seconds.setdefault(name, []).append(seconds)


_HELP: Final = {
    "ediel_messages": "Messages received, by name and outcome.",
    "ediel_steps": "Steps of processes, by table and new state.",
    "ediel_sent": "Messages put into the outbox, by name.",
    "ediel_receive_seconds": "Time of a call that receives inputs, one or many.",
}


class PrometheusMeter:
    """Counts and durations as Prometheus metrics; needs the extra ``prometheus``.

    Args:
        registry: a ``CollectorRegistry``; the default one when not given.
    """

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        from prometheus_client import REGISTRY, Counter, Histogram  # noqa: PLC0415 - an extra

        self._registry = registry or REGISTRY
        self._counter, self._histogram = Counter, Histogram
        self._counters: dict[str, Counter] = {}
        self._histograms: dict[str, Histogram] = {}

    def count(self, name: str, labels: Mapping[str, str], value: int = 1) -> None:
        """Add to a counter."""
        metric = self._counters.get(name)
        if metric is None:
            metric = self._counter(name, _HELP.get(name, name), sorted(labels), registry=self._registry)
            self._counters[name] = metric
        (metric.labels(**labels) if labels else metric).inc(value)

    def observe(self, name: str, labels: Mapping[str, str], seconds: float) -> None:
        """Note a duration."""
        metric = self._histograms.get(name)
        if metric is None:
            metric = self._histogram(name, _HELP.get(name, name), sorted(labels), registry=self._registry)
            self._histograms[name] = metric
        (metric.labels(**labels) if labels else metric).observe(seconds)


class OpenTelemetryMeter:
    """Counts and durations as OpenTelemetry metrics; needs the extra ``opentelemetry``.

    Args:
        provider: a ``MeterProvider``; the global one when not given.
    """

    def __init__(self, provider: MeterProvider | None = None) -> None:
        from opentelemetry import metrics  # noqa: PLC0415 - an extra

        self._meter = metrics.get_meter("ediel", meter_provider=provider)
        self._counters: dict[str, metrics.Counter] = {}
        self._histograms: dict[str, metrics.Histogram] = {}

    def count(self, name: str, labels: Mapping[str, str], value: int = 1) -> None:
        """Add to a counter."""
        metric = self._counters.get(name)
        if metric is None:
            metric = self._counters[name] = self._meter.create_counter(name, description=_HELP.get(name, name))
        metric.add(value, dict(labels))

    def observe(self, name: str, labels: Mapping[str, str], seconds: float) -> None:
        """Note a duration."""
        metric = self._histograms.get(name)
        if metric is None:
            metric = self._meter.create_histogram(name, unit="s", description=_HELP.get(name, name))
            self._histograms[name] = metric
        metric.record(seconds, dict(labels))


def quietly(meter: Meter, name: str, labels: Mapping[str, str], value: int = 1) -> None:
    """Count; a meter that fails stops nothing."""
    with suppress(Exception):
        meter.count(name, labels, value)
