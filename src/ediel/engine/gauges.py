"""What an operator watches, as gauges: for Prometheus, OpenTelemetry, or a program of one's own.

A gauge is read from the database when it is asked for, along an index over what waits. Labels are parties (GLN) and
names of subscriptions: nothing about end users or metering points.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Final

from ediel.engine.observe import log
from ediel.store import Depth, StoreError, backlog, moment_of, stamp

if TYPE_CHECKING:
    from opentelemetry.metrics import CallbackOptions, MeterProvider, Observation
    from prometheus_client import CollectorRegistry
    from prometheus_client.core import GaugeMetricFamily

    from ediel.engine._engine import Engine

__all__ = ["GAUGES", "Gauge", "Gauges", "PrometheusGauges", "observe_gauges"]

GAUGES: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "ediel_outbox_pending": ("Messages that wait to be sent.", ("party",)),
    "ediel_outbox_oldest_seconds": ("Age of the oldest message that waits to be sent.", ("party",)),
    "ediel_outbox_held": ("Messages that are sent only after a decision.", ("party",)),
    "ediel_outbox_failed": ("Messages that were refused for good, or given up.", ("party",)),
    "ediel_timers_overdue": ("Timers whose moment has passed.", ()),
    "ediel_timers_overdue_seconds": ("How long ago the first overdue timer fell due.", ()),
    "ediel_dead_letters": ("Inputs that could not be handled, and are not settled.", ()),
    "ediel_dead_letters_oldest_seconds": ("Age of the oldest of these inputs.", ()),
    "ediel_events_waiting": ("Events that a subscription has still to hear.", ("subscription",)),
    "ediel_events_oldest_seconds": ("Age of the oldest event that it has still to hear.", ("subscription",)),
    "ediel_events_dead": ("Events whose handler has failed for good.", ("subscription",)),
    "ediel_certificate_expires_seconds": (
        "When a certificate or a revocation list runs out, in seconds since 1970.", ("kind", "file"),
    ),
    "ediel_party_stopped": ("1 for a party that is stopped.", ("party",)),
    "ediel_cycle_age_seconds": ("Since the last cycle of the courier ended.", ()),
}  # fmt: skip
"""What each gauge says, and its labels. The last three are those of a process that carries messages."""
_FRESH: Final = 1.0
"""Seconds for which what was read serves every gauge."""


@dataclass(frozen=True, slots=True)
class Gauge:
    """The value of a gauge.

    Attributes:
        name: of the table ``GAUGES``.
        value: now.
        labels: what it is of.
    """

    name: str
    value: float
    labels: Mapping[str, str] = field(default_factory=dict)


class Gauges:
    """The gauges of an engine, read when they are asked for.

    Args:
        engine: whose database is read.
        more: further gauges, such as those of a courier.
    """

    def __init__(self, engine: Engine, more: Callable[[], Iterable[Gauge]] = tuple) -> None:
        self._engine = engine
        self._more = more
        self._lock = threading.Lock()
        self._read: tuple[float, tuple[Gauge, ...]] | None = None

    def read(self) -> tuple[Gauge, ...]:
        """The gauges now: what was read in the last second is given again.

        Raises:
            StoreError: the database refuses.
        """
        with self._lock:
            if self._read is None or time.monotonic() - self._read[0] > _FRESH:
                now = self._engine.clock()
                self._read = (time.monotonic(), (*_of_database(self._engine, now), *self._more()))
            return self._read[1]

    def quietly(self) -> tuple[Gauge, ...]:
        """As ``read``; none where the database refuses: whoever collects metrics shall have the others."""
        try:
            return self.read()
        except StoreError as error:
            log.warning("gauges could not be read", error=type(error).__name__)
            return ()


def _of_database(engine: Engine, now: datetime) -> Iterator[Gauge]:
    found = backlog(engine.store, stamp(now))
    glns = sorted({party.gln for party in engine.parties} | set(found.outbox) | set(found.held) | set(found.failed))

    def seconds(depth: Depth) -> float:
        return 0.0 if depth.oldest_at is None else max((now - moment_of(depth.oldest_at)).total_seconds(), 0.0)

    for gln in glns:
        waiting, label = found.outbox.get(gln, Depth()), {"party": gln}
        yield Gauge("ediel_outbox_pending", waiting.count, label)
        yield Gauge("ediel_outbox_oldest_seconds", seconds(waiting), label)
        yield Gauge("ediel_outbox_held", found.held.get(gln, 0), label)
        yield Gauge("ediel_outbox_failed", found.failed.get(gln, 0), label)
    yield Gauge("ediel_timers_overdue", found.timers.count)
    yield Gauge("ediel_timers_overdue_seconds", seconds(found.timers))
    yield Gauge("ediel_dead_letters", found.dead_letters.count)
    yield Gauge("ediel_dead_letters_oldest_seconds", seconds(found.dead_letters))
    for name, waiting in found.events.items():
        label = {"subscription": name}
        yield Gauge("ediel_events_waiting", waiting.count, label)
        yield Gauge("ediel_events_oldest_seconds", seconds(waiting), label)
        yield Gauge("ediel_events_dead", found.dead_events.get(name, 0), label)


class PrometheusGauges:
    """Gauges for Prometheus, read with each scrape; needs the extra ``prometheus``.

    Args:
        gauges: what is read.
        registry: where they are collected from; the default one when not given.
    """

    def __init__(self, gauges: Gauges, registry: CollectorRegistry | None = None) -> None:
        from prometheus_client import REGISTRY  # noqa: PLC0415 - an extra

        self._gauges = gauges
        self._registry = registry or REGISTRY
        self._registry.register(self)

    def describe(self) -> list[GaugeMetricFamily]:
        """Nothing: what is collected is not asked for when it is registered."""
        return []

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Every gauge with its values."""
        from prometheus_client.core import GaugeMetricFamily  # noqa: PLC0415 - an extra

        found: dict[str, list[Gauge]] = {}
        for gauge in self._gauges.quietly():
            found.setdefault(gauge.name, []).append(gauge)
        for name, values in found.items():
            words, labels = GAUGES[name]
            family = GaugeMetricFamily(name, words, labels=labels)
            for gauge in values:
                family.add_metric([gauge.labels[label] for label in labels], gauge.value)
            yield family

    def close(self) -> None:
        """Collect them no more."""
        self._registry.unregister(self)


def observe_gauges(gauges: Gauges, provider: MeterProvider | None = None) -> None:
    """Gauges as OpenTelemetry metrics, read with each collection; needs the extra ``opentelemetry``.

    Args:
        gauges: what is read.
        provider: a ``MeterProvider``; the global one when not given.
    """
    from opentelemetry import metrics  # noqa: PLC0415 - an extra

    meter = metrics.get_meter("ediel", meter_provider=provider)

    def reading(name: str) -> Callable[[CallbackOptions], Iterable[Observation]]:
        def read(_: CallbackOptions) -> Iterator[Observation]:
            for gauge in gauges.quietly():
                if gauge.name == name:
                    yield metrics.Observation(gauge.value, dict(gauge.labels))

        return read

    for name, (words, _) in GAUGES.items():
        unit = "s" if name.endswith("_seconds") else "1"
        meter.create_observable_gauge(name, [reading(name)], unit=unit, description=words)
