"""The example's worker by itself, against a hub on a socket: what is ordered in one process is carried by another."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

from ediel.engine import Party
from ediel.hub import SERVICES
from ediel.testing import hub
from supplier.backend import Backend
from supplier.orders import place
from supplier.tables import Order
from tests.example.killed_worker import form
from tests.support.hub_market import MARKET, NEW
from tests.support.places import ROOT
from tests.support.serving import on_a_port


def test_the_worker_carries_what_is_ordered(tmp_path: Path) -> None:
    with hub(MARKET, keys=tmp_path / "keys") as market, on_a_port(market) as address:
        path = market.keyring.configuration(market.known(NEW), f"{address}{SERVICES}", market.hub.gln)
        assert path is not None
        backend = Backend.open(f"sqlite:///{path.with_suffix('.db')}", [Party(NEW, "DDQ", hub=market.hub.gln)])
        market.hub.set_time(backend.engine.clock())  # the worker has the system's clock
        day = backend.engine.clock().date() + timedelta(days=21)
        with backend.sessions.begin() as session:
            number = place(session, backend.engine, form(market.seed, 0, day)).number
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(str(ROOT / name) for name in ("src", "docs/example")),
        }
        command = [sys.executable, "-m", "supplier.worker", str(path)]
        with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as worker:
            until = time.monotonic() + 60
            state = ""
            while state != "accepted" and time.monotonic() < until and worker.poll() is None:
                time.sleep(0.1)
                with backend.sessions() as session:
                    state = session.get_one(Order, number).state
            worker.send_signal(signal.SIGTERM)
            _, told = worker.communicate(timeout=60)
        backend.close()
        assert (state, worker.returncode) == ("accepted", 0), told
