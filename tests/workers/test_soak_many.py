"""The soak with many in small: three workers, a hub that misbehaves, kills and a restart, and in the end all agree."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest

from tests.support.own_server import NoServer, Server
from tests.workers.soak_many import soak


def test_kills_and_a_restart_lose_nothing() -> None:
    place = tempfile.mkdtemp(prefix="pg")
    try:
        server = Server(Path(place))
    except NoServer as error:
        shutil.rmtree(place, ignore_errors=True)
        pytest.skip(str(error))
    try:
        found = soak(
            12, 3, restarts=1, suppliers=3, seed=2, pause=(0.5, 1.5), patience=400, server=server, measured=False
        )
    finally:
        server.cleanup()
        shutil.rmtree(place, ignore_errors=True)
    assert found.problems == []
    assert (found.kills, found.restarts) == (3, 1)
    assert found.messages >= 12 * 3
