"""Traces: one from the message that was fetched to the handler of its event, in another process, and nothing about people."""

from __future__ import annotations

import multiprocessing
import queue as queues
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from multiprocessing.queues import Queue
from pathlib import Path
from typing import Any

import pytest

from ediel.engine import Engine, EngineSettings, OpenTelemetryTracing, Party, events
from ediel.processes import CommandRefused
from tests.support.databases import KINDS, url
from tests.support.world import KARI, NEW, POINT, World, at, start

pytest.importorskip("opentelemetry.sdk")

from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter


class Spans:
    """What was traced."""

    def __init__(self) -> None:
        self.exporter = InMemorySpanExporter()
        self.provider = TracerProvider()
        self.provider.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.settings = EngineSettings(tracing=OpenTelemetryTracing(self.provider))

    def all(self) -> list[ReadableSpan]:
        return list(self.exporter.get_finished_spans())

    def named(self, name: str) -> list[ReadableSpan]:
        return [span for span in self.all() if span.name == name]

    def one(self, name: str) -> ReadableSpan:
        (span,) = self.named(name)
        return span


@pytest.fixture
def spans() -> Spans:
    return Spans()


def ids(span: ReadableSpan) -> tuple[int, int]:
    assert span.context is not None
    return span.context.trace_id, span.context.span_id


def parent(span: ReadableSpan) -> tuple[int, int] | None:
    return None if span.parent is None else (span.parent.trace_id, span.parent.span_id)


@pytest.fixture
def confirmed(tmp_path: Path) -> Iterator[tuple[World, bytes]]:
    """A market in which the hub has confirmed a switch, and the confirmation has not arrived yet."""
    world = World(tmp_path)
    world.parties.start(start(), party=NEW)
    world.deliver(to_parties=False)
    (row,) = [row for row in world.hub.outbox.pending() if row["recipient"] == NEW]
    yield world, row["data"]
    world.close()


def traced(world: World, spans: Spans) -> Engine:
    """Another engine on the database of the parties."""
    address = str(world.parties.store.engine.url)
    return Engine.open(address, clock=lambda: world.now, settings=spans.settings)


def _handle(address: str, fails: bool, found: Queue[tuple[Any, ...]]) -> None:
    """Another process with a handler: what it has traced."""
    spans = Spans()
    engine = Engine.open(address, clock=lambda: at("2026-11-27 10:00"), settings=spans.settings)
    heard: list[str] = []

    def bill(event: events.Event) -> None:
        with spans.provider.get_tracer("shop").start_as_current_span("shop.bill"):
            heard.append(event.name)
        if fails:
            raise ValueError("Kari Testesen")

    engine.subscribe("billing", events.SupplyAccepted, since=datetime(2026, 1, 1, tzinfo=UTC))(bill)
    engine.deliver()
    engine.close()
    for span in spans.all():
        found.put(
            (span.name, ids(span), parent(span), dict(span.attributes or {}), span.status.status_code.name, heard)
        )


@pytest.mark.parametrize("fails", [False, True])
def test_a_handler_in_another_process_goes_on_in_the_trace(
    confirmed: tuple[World, bytes], spans: Spans, fails: bool
) -> None:
    world, data = confirmed
    engine = traced(world, spans)
    engine.receive(data)
    engine.close()
    received, message = spans.one("ediel.receive"), spans.one("ediel.message")
    assert parent(received) is None
    assert parent(message) == ids(received)
    for name in ("ediel.judge", "ediel.step"):
        assert parent(spans.one(name)) == ids(message)
    assert parent(spans.one("ediel.commit")) == ids(received)
    context = multiprocessing.get_context("spawn")
    found: Queue[tuple[Any, ...]] = context.Queue()
    worker = context.Process(target=_handle, args=(str(world.parties.store.engine.url), fails, found))
    worker.start()
    rows = [found.get(timeout=120)]
    worker.join(60)
    while True:
        try:
            rows.append(found.get(timeout=0.5))
        except queues.Empty:
            break
    by_name = {row[0]: row for row in rows}
    _, own, above, attributes, status, heard = by_name["ediel.handle"]
    assert heard == ["SupplyAccepted"]
    assert above == ids(message)
    assert own[0] == ids(received)[0]  # one trace
    assert by_name["shop.bill"][2] == own
    assert attributes["ediel.subscription"] == "billing"
    assert attributes["ediel.event"] == "SupplyAccepted"
    assert status == ("ERROR" if fails else "UNSET")
    assert "Kari" not in str(rows)


def test_nothing_about_people_or_homes_is_traced(confirmed: tuple[World, bytes], spans: Spans) -> None:
    world, data = confirmed
    engine = traced(world, spans)
    engine.receive(data)
    engine.receive(b"<Kari/>")
    process = engine.start(start(metering_point="707057542000000285"), party=NEW)
    engine.cancel(process.id)
    with pytest.raises(CommandRefused):
        engine.command(process.id, "roll back")
    engine.close()
    names = {span.name for span in spans.all()}
    assert names == {
        "ediel.receive", "ediel.message", "ediel.judge", "ediel.step", "ediel.commit", "ediel.start", "ediel.command",
    }  # fmt: skip
    words = " ".join(span.to_json() for span in spans.all())
    for hidden in (KARI.identification, "Kari", "Testesen", POINT, "707057542000000285"):
        assert str(hidden) not in words
    assert all(not span.events for span in spans.all())  # no text of an exception


def test_what_a_span_says(confirmed: tuple[World, bytes], spans: Spans) -> None:
    world, data = confirmed
    engine = traced(world, spans)
    (received,) = engine.receive(data)
    engine.close()
    said = dict(spans.one("ediel.message").attributes or {})
    assert said == {
        "ediel.message": "ConfirmStartOfSupply", "ediel.message_id": received.message_id, "ediel.outcome": "handled",
        "ediel.process_id": received.process_id, "ediel.state": "accepted",
    }  # fmt: skip
    said = dict(spans.one("ediel.step").attributes or {})
    assert (said["ediel.from_state"], said["ediel.state"], said["ediel.brs"]) == ("requested", "accepted", "BRS-NO-101")


@pytest.mark.parametrize("kind", KINDS)
def test_rows_say_in_which_span_they_were_written(tmp_path: Path, spans: Spans, kind: str) -> None:
    engine = Engine.open(
        url(kind, tmp_path), party=Party(NEW, "DDQ"), clock=lambda: at("2026-11-27 09:00"), settings=spans.settings
    )
    with spans.provider.get_tracer("shop").start_as_current_span("shop.order") as order:
        engine.start(start())
    (row,) = engine.outbox.pending()
    context = order.get_span_context()
    version, trace_id, span_id, flags = row["trace"].split("-")
    assert (version, int(trace_id, 16), int(flags, 16) & 1) == ("00", context.trace_id, 1)
    assert int(span_id, 16) in {ids(span)[1] for span in spans.all()}
    engine.close()


def test_without_tracing_nothing_is_kept_and_nothing_is_asked(tmp_path: Path) -> None:
    engine = Engine.open(
        f"sqlite:///{tmp_path / 'a.db'}", party=Party(NEW, "DDQ"), clock=lambda: at("2026-11-27 09:00")
    )
    assert not engine.tracing.is_on
    engine.start(start())
    assert [row["trace"] for row in engine.outbox.pending()] == [None]
    assert engine.tracing.current() is None
    with engine.tracing.span("ediel.any", {"party": NEW}) as span:
        span.note(state="open")
        span.failed("ValueError")
    engine.close()


def test_timers_and_their_steps_are_traced(tmp_path: Path, spans: Spans) -> None:
    world = World(tmp_path)
    world.parties.start(start(), party=NEW)
    world.deliver()
    engine = traced(world, spans)
    due = engine.due(timedelta(days=30))
    assert len(due) > 0
    engine.run_due(at("2026-12-24 09:00"))
    engine.close()
    world.close()
    fired = spans.named("ediel.timer")
    assert fired
    steps = [span for span in spans.named("ediel.step") if parent(span) in {ids(item) for item in fired}]
    assert steps
