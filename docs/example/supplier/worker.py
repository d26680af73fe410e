"""Carries the messages: ``python -m supplier.worker ediel.toml``. Run one or several of them beside the web processes.

Handlers run here as well, for most of what happens is known when a message has come.
"""

from __future__ import annotations

import signal
import sys
import threading

from ediel.transport import Clients, ClockGuard, Config, Courier, CourierSettings, Daemon
from supplier.backend import Backend

__all__ = ["run"]


def run(config: Config, stop: threading.Event) -> None:
    """Carry messages until stopped.

    Raises:
        EdielError: the configuration or the database cannot be used.
    """
    with Clients(config, stop=stop.is_set) as clients:
        backend = Backend.open(config.database_url())
        courier = Courier(
            backend.engine,
            clients.of,
            stop=stop.is_set,
            guard=ClockGuard(backend.engine.clock),
            settings=CourierSettings(workers=4),
        )
        try:
            Daemon(courier, config.courier.interval).run(stop)
        finally:
            courier.close()
            backend.close()


if __name__ == "__main__":
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    run(Config.read(sys.argv[1]), stopping)
