"""The courier as a daemon: cycles until it is stopped, with its health and its counts."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final, Protocol

from ediel.engine.gauges import Gauge, Gauges, PrometheusGauges
from ediel.engine.observe import log
from ediel.store import DatabaseAway, StoreError, backlog, stamp
from ediel.transport.clients import Clients
from ediel.transport.courier import Courier, Cycle
from ediel.transport.errors import InvalidAddress

__all__ = ["Daemon", "HasState", "Health", "listening", "metrics_text"]

_LONGEST_WAIT: Final = 60.0
"""Seconds between two tries to reach a database."""
_LATE: Final = 3
"""Intervals without a cycle after which a daemon is not healthy."""


@dataclass
class Health:
    """How a daemon is.

    Attributes:
        cycles: how many it has made.
        latest: when the last one ended, by a clock that only goes forward, in seconds.
        problems: what went wrong in it.
        stopped: parties that are stopped, and why.
        expiring: certificates and revocation lists that run out soon.
    """

    cycles: int = 0
    latest: float | None = None
    problems: list[str] = field(default_factory=list)
    stopped: dict[str, str] = field(default_factory=dict)
    expiring: list[str] = field(default_factory=list)


class Daemon:
    """Makes cycles until it is stopped.

    Args:
        courier: makes them.
        interval: seconds between two.
        on_cycle: called with the result of every cycle.
        clients: whose certificates are renewed when their files change; not watched when not given.
    """

    def __init__(
        self,
        courier: Courier,
        interval: float,
        *,
        on_cycle: Callable[[Cycle], None] = lambda _: None,
        clients: Clients | None = None,
    ) -> None:
        self.courier = courier
        self.health = Health()
        self._interval = interval
        self._on_cycle = on_cycle
        self._clients = clients
        self._warned: tuple[date, list[str]] | None = None
        self._began = time.monotonic()

    def run(self, stop: threading.Event, *, once: bool = False) -> bool:
        """Make cycles until stopped; returns whether the last one had no problem.

        A database that cannot be reached is waited for, longer each time: nothing is acknowledged that was not kept.

        Raises:
            StoreError: the database cannot be used; with ``once`` also when it cannot be reached.
        """
        away = 0
        while True:
            problem = self._renewed()
            try:
                cycle = self.courier.cycle(whole=once)
                cycle.problems += [] if problem is None else [problem]
                away = 0
            except DatabaseAway as error:
                if once:
                    raise
                away += 1
                pause = min(self._interval * 2 ** min(away, 10), _LONGEST_WAIT)
                cycle = Cycle(problems=[f"{error}. Waited for; the next try is in {pause:g} seconds"])
                log.error("the database cannot be reached", tries=away)
                self.health = replace(self.health, problems=list(cycle.problems))
                self._on_cycle(cycle)
                if stop.wait(pause):
                    return False
                continue
            health = Health(
                self.health.cycles + 1, time.monotonic(), list(cycle.problems), dict(self.courier.stopped),
                [] if self._warned is None else self._warned[1],
            )  # fmt: skip
            self.health = health
            self._on_cycle(cycle)
            if once or stop.wait(self._interval):
                return not cycle.problems

    def _renewed(self) -> str | None:
        """Take new certificates into use; why that was not possible, where it was not.

        What runs out soon is said once a day, and whenever it is something else.
        """
        if self._clients is None:
            return None
        renewal = self._clients.renew()
        if renewal.renewed:
            log.warning("certificates were renewed", files=list(renewal.renewed))
            for gln in list(self.courier.stopped):
                self.courier.resume(gln)
        said = (datetime.now(UTC).date(), self._clients.warnings())
        if said != self._warned:
            self._warned = said
            for words in said[1]:
                log.warning("a certificate runs out", words=words)
        if renewal.problem is not None:
            log.error("certificates were not renewed", problem=renewal.problem)
        return renewal.problem

    def state(self) -> tuple[bool, dict[str, object]]:
        """Whether it is healthy, and its state in figures; nothing about people."""
        health, now = self.health, time.monotonic()
        since = now - (self._began if health.latest is None else health.latest)
        late = since > _LATE * self._interval + 60
        try:
            found = backlog(self.courier.engine.store, stamp(datetime.now(UTC)))
        except StoreError as error:
            return False, {"status": "database", "cycles": health.cycles, "problems": [str(error)]}
        state: dict[str, object] = {
            "status": "late" if late else "stopped parties" if health.stopped else "ok",
            "cycles": health.cycles,
            "seconds_since_cycle": round(since, 1),
            "problems": health.problems,
            "stopped": health.stopped,
            "expiring": health.expiring,
            "outbox": sum(item.count for item in found.outbox.values()),
            "failed": sum(found.failed.values()),
            "held": sum(found.held.values()),
            "dead_letters": found.dead_letters.count,
            "due": found.timers.count,
            "dead_events": sum(found.dead_events.values()),
        }
        return not late and not health.stopped, state

    def gauges(self) -> Iterator[Gauge]:
        """Gauges of what carries messages: certificates, parties that are stopped, and the age of the last cycle."""
        for expiry in () if self._clients is None else self._clients.expiries():
            label = {"kind": expiry.kind, "file": expiry.file}
            yield Gauge("ediel_certificate_expires_seconds", expiry.at.timestamp(), label)
        for party in self.courier.engine.parties:
            yield Gauge("ediel_party_stopped", float(party.gln in self.courier.stopped), {"party": party.gln})
        latest = self.health.latest
        yield Gauge("ediel_cycle_age_seconds", time.monotonic() - (self._began if latest is None else latest))


def metrics_text(daemon: Daemon | None = None) -> bytes | None:
    """The counts of this process for Prometheus; ``None`` where its client package is not installed.

    Args:
        daemon: whose gauges are added.
    """
    try:
        from prometheus_client import CollectorRegistry, generate_latest  # noqa: PLC0415 - an extra
    except ModuleNotFoundError:
        return None
    text = bytes(generate_latest())
    if daemon is not None:
        own = CollectorRegistry()  # its own: several daemons of a process have gauges of the same names
        PrometheusGauges(Gauges(daemon.courier.engine, daemon.gauges), own)
        text += bytes(generate_latest(own))
    return text


class HasState(Protocol):
    """What ``/health`` asks."""

    def state(self) -> tuple[bool, dict[str, object]]:
        """Whether it is healthy, and its state in figures."""
        ...


@contextmanager
def listening(daemon: HasState, address: str) -> Iterator[str]:
    """Answer ``/health`` and ``/metrics`` on ``HOST:PORT``; returns the address that is in use.

    Raises:
        InvalidAddress: it is no address, or it is in use already.
    """
    host, _, port = address.rpartition(":")
    if not port.isdecimal() or not host:
        raise InvalidAddress(f"{address!r} is no address to listen on; write 127.0.0.1:9100")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/health":
                healthy, state = daemon.state()
                self._give(200 if healthy else 503, json.dumps(state, ensure_ascii=False).encode(), "application/json")
            elif self.path == "/metrics":
                text = metrics_text(daemon if isinstance(daemon, Daemon) else None)
                missing = b"prometheus-client is not installed; pip install 'ediel[prometheus]' brings it\n"
                self._give(501 if text is None else 200, missing if text is None else text, "text/plain; charset=utf-8")
            else:
                self._give(404, b"there are /health and /metrics\n", "text/plain; charset=utf-8")

        def _give(self, status: int, body: bytes, kind: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            """Say nothing."""

    try:
        server = ThreadingHTTPServer((host.strip("[]"), int(port)), Handler)
    except OSError as error:
        raise InvalidAddress(f"{address} cannot be listened on: {error.strerror or error}") from None
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"{server.server_address[0]!s}:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
