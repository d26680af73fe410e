"""What a daemon says of itself: health, and metrics with gauges."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, timedelta
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import httpx2
import pytest

from ediel.engine import Engine, EngineSettings, OpenTelemetryTracing, Party
from ediel.testing import certificates
from ediel.transport import Client, Clients, ClientSettings, Config, Courier, Daemon, environment, listening
from tests.support import pki
from tests.support.world import NEW, World, start
from tests.transport.test_courier import Endpoint
from tests.transport.test_renewal import CONFIG, NOW, make, pem


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Daemon]:
    issuer = make("An issuer", 1, ca=True)
    ending = certificates.make(
        "A supplier", NOW, issuer, key=pki.key(3), valid=(timedelta(days=-1), timedelta(days=3, hours=1))
    )
    (tmp_path / "us.pem").write_bytes(ending.pem())
    (tmp_path / "hub.pem").write_bytes(pem(make("A hub", 7, issuer).certificate))
    for name in ("issuers.pem", "tls.pem"):
        (tmp_path / name).write_bytes(pem(issuer.certificate))
    (tmp_path / "ediel.toml").write_text(CONFIG)
    engine = Engine.open(f"sqlite:///{tmp_path / 'a.db'}", party=Party(NEW, "DDQ"))
    engine.start(start(), now=NOW)
    engine.receive(b"nonsense")
    with Clients(Config.read(tmp_path / "ediel.toml")) as clients:
        yield Daemon(Courier(engine, clients.of, stop=lambda: True), 1, clients=clients)
    engine.close()


def get(address: str, path: str) -> tuple[int, str]:
    try:
        with urlopen(f"http://{address}{path}") as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        return error.code, error.read().decode()


def test_health_and_metrics(daemon: Daemon) -> None:
    pytest.importorskip("prometheus_client")
    stop = threading.Event()
    stop.set()
    daemon.run(stop)
    with listening(daemon, "127.0.0.1:0") as address:
        status, text = get(address, "/metrics")
        assert status == 200
        assert f'ediel_outbox_pending{{party="{NEW}"}} 1.0' in text
        assert "ediel_dead_letters 1.0" in text
        assert f'ediel_party_stopped{{party="{NEW}"}} 0.0' in text
        (line,) = [line for line in text.splitlines() if line.startswith("ediel_certificate") and "us.pem" in line]
        assert float(line.rpartition(" ")[2]) == (NOW + timedelta(days=3, hours=1)).timestamp()
        assert "ediel_cycle_age_seconds" in text
        assert get(address, "/metrics")[1].count("# TYPE ediel_outbox_pending gauge") == 1
        status, text = get(address, "/health")
        state = json.loads(text)
        assert status == 200
        assert (state["status"], state["outbox"], state["dead_letters"], state["dead_events"]) == ("ok", 1, 1, 0)
        assert ["runs out on" in words and "in 3 days" in words for words in state["expiring"]] == [True]
        daemon.courier.stopped[NEW] = "refused"
        daemon.run(stop)
        assert get(address, "/health")[0] == 503
        assert f'ediel_party_stopped{{party="{NEW}"}} 1.0' in get(address, "/metrics")[1]
        assert get(address, "/other")[0] == 404


@pytest.mark.parametrize("named", [False, True])
def test_a_message_is_sent_and_answered_in_traces_that_go_on(tmp_path: Path, named: bool) -> None:
    """The web process that orders, the courier that sends and fetches; the header to the hub only where it is wanted."""
    pytest.importorskip("opentelemetry.sdk")
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracing = OpenTelemetryTracing(provider)
    world = World(tmp_path)
    endpoint = Endpoint(world)
    headers: list[tuple[str, str | None]] = []

    def noted(request: httpx2.Request) -> httpx2.Response:
        headers.append((request.headers["soapaction"].strip('"'), request.headers.get("traceparent")))
        return endpoint(request)

    address = str(world.parties.store.engine.url)
    engine = Engine.open(address, clock=lambda: world.now, settings=EngineSettings(tracing=tracing))
    client = Client(
        environment("local"),
        pki.supplier().identity,
        pki.trust(),
        clock=lambda: world.now.astimezone(UTC),
        http=httpx2.Client(transport=httpx2.MockTransport(noted)),
        settings=ClientSettings(traceparent=tracing.current if named else None),
    )
    with provider.get_tracer("shop").start_as_current_span("shop.order") as order:
        engine.start(start(), party=NEW)
    trace = order.get_span_context().trace_id
    assert Courier(engine, client).cycle().sent == 1
    engine.close()
    world.close()
    spans = exporter.get_finished_spans()
    (sent,) = [span for span in spans if span.name == "ediel.send"]
    assert sent.context is not None
    assert sent.context.trace_id == trace
    assert dict(sent.attributes or {})["ediel.message"] == "RequestStartOfSupply"
    (fetched,) = [span for span in spans if span.name == "ediel.poll"]
    (received,) = [span for span in spans if span.name == "ediel.receive"]
    assert fetched.context is not None
    assert received.parent is not None
    assert received.parent.span_id == fetched.context.span_id
    assert fetched.parent is None
    assert fetched.start_time is not None
    assert received.start_time is not None
    assert fetched.start_time < received.start_time  # with the call that fetched it
    (header,) = [header for action, header in headers if action == "RequestStartOfSupply"]
    assert header == (f"00-{trace:032x}-{sent.context.span_id:016x}-{sent.context.trace_flags:02x}" if named else None)
    assert len(headers) > 10  # polls that bring nothing are no spans
