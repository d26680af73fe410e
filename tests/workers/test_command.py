"""``ediel worker``: once, beside others, until told to stop, and everything that may be missing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ediel.cli import main
from ediel.engine import Engine, Party
from tests.support.databases import KINDS, postgresql
from tests.support.world import NEW, start
from tests.transport.test_run import ENDPOINTS, folder, states

__all__ = ["folder"]

HANDLERS = """
import ediel

def added(engine):
    @engine.subscribe("billing", ediel.events.SupplyRequested)
    def bill(event):
        with open("heard", "a") as file:
            file.write(event.id + "\\n")
    return {"a chore": lambda: open("chore", "a").write("done\\n")}
"""


def worker(folder: Path, capsys: pytest.CaptureFixture[str], *more: str) -> tuple[Any, str, str]:
    with pytest.raises(SystemExit) as caught:
        main(["worker", "--config", str(folder / "ediel.toml"), *more])
    found = capsys.readouterr()
    assert "internal error" not in found.err
    return caught.value.code, found.out, found.err


def test_once(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = worker(folder, capsys, "--once")
    assert (code, err) == (0, "")
    assert out.splitlines()[-1].startswith("sent 1, refused 0, postponed 0, received")
    ends = time.monotonic() + 60
    while states(folder) != ["accepted"] and time.monotonic() < ends:  # fetching may have come before the answer
        time.sleep(0.3)  # longer than the interval
        worker(folder, capsys, "--once", "--queues", "poll")
    assert states(folder) == ["accepted"]


def test_what_may_be_missing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, _, err = worker(folder, capsys, "--queues", "send,pol")
    assert "pol: expected some of send, poll, timers, events, values" in err
    _, _, err = worker(folder, capsys, "--once", "--handlers", "there.is:none")
    assert "there is no function there.is:none" in err
    (folder / "ediel.toml").write_text((folder / "ediel.toml").read_text() + "\n[worker]\nlease = 1\nhandlers = '3'\n")
    _, _, err = worker(folder, capsys, "--once")
    assert "worker.lease" in err
    assert "worker.handlers" in err


def until(found: Callable[[], object], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not found():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.1)


@pytest.mark.parametrize("kind", KINDS)
def test_three_beside_each_other_until_they_are_told_to_stop(
    folder: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They begin at once, on a database that is made; each message is sent once, each event handled once."""
    config = folder / "ediel.toml"
    where = postgresql() if kind == "postgresql" else f"sqlite:///{folder / 'shared.db'}"
    text = config.read_text().replace('url = "sqlite:///parties.db"', f'url = "{where}"\nparties = ["{NEW}:DDQ"]')
    config.write_text(f'{text}\n[worker]\nlease = 5\nhandlers = "our_handlers:added"\n')
    (folder / "our_handlers.py").write_text(HANDLERS)
    monkeypatch.chdir(folder)
    command = [sys.executable, "-m", "ediel", "worker", "--config", str(config)]
    children = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ)
        for _ in range(3)
    ]
    found: list[tuple[str, str]] = []
    try:
        until(lambda: (folder / "chore").is_file() or any(child.poll() is not None for child in children))
        engine = Engine.open(where, party=Party(NEW, "DDQ"))
        day = (datetime.now(UTC) + timedelta(days=28)).date()
        for number in range(9):
            engine.start(start(day=day, metering_point=f"7070575420000{number:05}"))
        until(lambda: engine.browse.outbox_counts() == {"sent": 9})
        until(
            lambda: (
                len(engine.browse.processes()) == 9
                and {row["state"] for row in engine.browse.processes()} == {"accepted"}
            )
        )
        until(lambda: (folder / "heard").is_file() and len((folder / "heard").read_text().split()) >= 9)
        engine.close()
    finally:
        for child in children:
            child.send_signal(signal.SIGTERM)
        found += [child.communicate(timeout=60) for child in children]
    assert [child.returncode for child in children] == [0, 0, 0], found
    assert "Traceback" not in str(found)
    heard = (folder / "heard").read_text().split()
    assert len(heard) == len(set(heard)) == 9
    assert ENDPOINTS[folder].calls["RequestStartOfSupply"] == 9
    assert (folder / "chore").read_text() == "done\n", "by one of them"
