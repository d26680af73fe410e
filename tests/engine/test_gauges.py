"""Gauges: what waits and since when, for Prometheus and OpenTelemetry, at the cost of what waits."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import event, update

from ediel.engine import Engine, Gauges, Party, PrometheusGauges, events, observe_gauges
from ediel.store import Store, backlog, stamp
from ediel.store import _schema as schema
from tests.support.databases import KINDS, url
from tests.support.world import NEW, POINT_2, POINT_3, start

NOW = datetime(2026, 11, 27, 8, tzinfo=UTC)


@pytest.fixture(params=KINDS)
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    made = Engine.open(url(request.param, tmp_path), party=Party(NEW, "DDQ"), clock=lambda: NOW)
    yield made
    made.close()


def values(engine: Engine) -> dict[str, float]:
    """Gauges by name and label."""
    return {
        ".".join((item.name.removeprefix("ediel_"), *item.labels.values())): item.value
        for item in Gauges(engine).read()
    }


def test_gauges_say_what_waits_and_since_when(engine: Engine) -> None:
    assert values(engine) == {
        f"outbox_pending.{NEW}": 0, f"outbox_oldest_seconds.{NEW}": 0, f"outbox_held.{NEW}": 0,
        f"outbox_failed.{NEW}": 0, "timers_overdue": 0, "timers_overdue_seconds": 0, "dead_letters": 0,
        "dead_letters_oldest_seconds": 0,
    }  # fmt: skip

    @engine.subscribe("billing", events.MessageNotSent, attempts=1)
    def bill(_: events.Event) -> None:
        raise ValueError

    engine.start(start(), now=NOW - timedelta(seconds=90))
    engine.start(start(metering_point=POINT_2), now=NOW - timedelta(seconds=30))
    engine.start(start(metering_point=POINT_3), now=NOW - timedelta(seconds=10))
    engine.receive(b"nonsense", now=NOW - timedelta(seconds=20))
    first, second, _ = engine.outbox.pending()
    engine.outbox.hold(first["message_id"], "doubt")
    engine.outbox.failed(second["message_id"], "no")
    seen = values(engine)
    assert seen[f"outbox_pending.{NEW}"] == 1
    assert seen[f"outbox_oldest_seconds.{NEW}"] == 10
    assert (seen[f"outbox_held.{NEW}"], seen[f"outbox_failed.{NEW}"]) == (1, 1)
    assert (seen["dead_letters"], seen["dead_letters_oldest_seconds"]) == (1, 20)
    assert (seen["events_waiting.billing"], seen["events_oldest_seconds.billing"], seen["events_dead.billing"]) == (
        2,
        0,
        0,
    )
    engine.deliver(now=NOW)
    seen = values(engine)
    assert (seen["events_waiting.billing"], seen["events_dead.billing"]) == (0, 2)
    with engine.store.connection(write=True) as connection:
        due = {"status": "set", "due_at": stamp(NOW - timedelta(hours=1))}
        assert connection.execute(update(schema.TIMERS).values(due)).rowcount > 0
        late = connection.execute(schema.TIMERS.select()).all()
    seen = values(engine)
    assert (seen["timers_overdue"], seen["timers_overdue_seconds"]) == (len(late), 3600)


def test_prometheus_and_opentelemetry_give_the_same(engine: Engine) -> None:
    prometheus = pytest.importorskip("prometheus_client")
    export = pytest.importorskip("opentelemetry.sdk.metrics.export")
    from opentelemetry.sdk.metrics import MeterProvider

    engine.start(start(), now=NOW - timedelta(seconds=90))
    registry, reader = prometheus.CollectorRegistry(), export.InMemoryMetricReader()
    collector = PrometheusGauges(Gauges(engine), registry)
    observe_gauges(Gauges(engine), MeterProvider([reader]))
    text = prometheus.generate_latest(registry).decode()
    assert f'ediel_outbox_pending{{party="{NEW}"}} 1.0' in text
    assert f'ediel_outbox_oldest_seconds{{party="{NEW}"}} 90.0' in text
    found = {
        metric.name: point.value
        for resource in reader.get_metrics_data().resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
        for point in metric.data.data_points
    }
    assert (found["ediel_outbox_pending"], found["ediel_outbox_oldest_seconds"]) == (1, 90)
    collector.close()
    assert prometheus.generate_latest(registry) == b""


def test_a_database_that_refuses_leaves_the_other_metrics(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    gauges = Gauges(engine)
    monkeypatch.setattr(engine.store, "connection", lambda: (_ for _ in ()).throw(AssertionError))
    from ediel.engine import gauges as module
    from ediel.store import StoreError

    def refused(*_: object) -> None:
        raise StoreError("away")

    monkeypatch.setattr(module, "backlog", refused)
    assert gauges.quietly() == ()
    with pytest.raises(StoreError):
        gauges.read()


def test_every_count_walks_along_an_index_over_what_waits(tmp_path: Path) -> None:
    """None of them reads a table: a row of the outbox holds its message, and there are a million of them."""
    store = Store.open(f"sqlite:///{tmp_path / 'a.db'}")

    plans: list[str] = []

    def explain(connection, cursor, statement, parameters, context, executemany) -> None:  # type: ignore[no-untyped-def]
        if statement.startswith("SELECT"):
            rows = cursor.connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters).fetchall()
            plans.extend(str(row[3]) for row in rows)

    event.listen(store.engine, "before_cursor_execute", explain)
    backlog(store, stamp(NOW))
    event.remove(store.engine, "before_cursor_execute", explain)
    store.close()
    reads = [plan for plan in plans if plan.startswith(("SCAN", "SEARCH"))]
    assert len(reads) >= 7
    for index in (
        "COVERING INDEX ix_outbox_pending", "COVERING INDEX ix_outbox_set_aside", "ix_timers_due",
        "COVERING INDEX ix_dead_letters_resolved_at_at", "ix_deliveries_process", "ix_deliveries_dead",
    ):  # fmt: skip
        assert any(index in plan for plan in reads), (index, reads)
    assert [
        plan for plan in reads if "INDEX" not in plan and "SCAN counted" not in plan and "PRIMARY KEY" not in plan
    ] == []
