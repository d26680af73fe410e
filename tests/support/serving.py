"""A hub in this process behind a port of this machine."""

from __future__ import annotations

import threading
import time

import uvicorn

from ediel.hub import asgi
from ediel.testing import HubUnderTest


class on_a_port:  # noqa: N801 - reads like the context manager that it is
    """Serves a hub for a while; gives its address."""

    def __init__(self, market: HubUnderTest) -> None:
        config = uvicorn.Config(asgi(market.hub, ticks=False), port=0, log_level="critical", lifespan="off")
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, daemon=True)

    def __enter__(self) -> str:
        self.thread.start()
        while not self.server.started:
            time.sleep(0.01)
        return f"http://127.0.0.1:{self.server.servers[0].sockets[0].getsockname()[1]}"

    def __exit__(self, *_: object) -> None:
        self.server.should_exit = True
        self.thread.join()
