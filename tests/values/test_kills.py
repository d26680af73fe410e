"""Killed at any moment while values arrive, with corrections and repeats: the store equals a slow model.

``python -m tests.values.test_kills 200`` is the long form.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

import pytest

import ediel
from ediel.series import read_table, write_messages
from ediel.values import ValuesStore
from ediel.values._keeping import check, clean
from tests.series.slow_values import happened, table
from tests.support.places import ROOT
from tests.values.killed_worker import work
from tests.values.test_values_store import force, shown

LONGEST = 240


def messages(folder: Path, chance: Random, count: int) -> list[dict[str, Any]]:
    """Messages of a hub, some of them twice; gives the rows that are in them, in the order of arrival."""
    folder.mkdir()
    sample: Any = ediel.read((ROOT / "fixtures" / "valid" / "NotifyValidatedDataForBillingEnergy-313.xml").read_bytes())
    rows: list[dict[str, Any]] = []
    number = 0
    while number < count:
        whole = [row for row in happened(chance) if row["direction"] == "Out" and row["registration_time"]]
        for row in whole:
            row |= {"payload_id": None, "message_id": None, "process": None, "business_type": "MP01"}
        by_series: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
        for row in whole:
            key = (
                row["metering_point"],
                row["product"],
                row["period_start"],
                row["registration_time"],
                row["insert_time"],
                row["resolution"],
            )
            by_series.setdefault(key, []).append(row)
        for series in by_series.values():
            places = {row["sequence"] for row in series}
            if len(places) != len(series) or max(places) - min(places) + 1 != len(series):
                continue  # repeats and holes cannot stand in one series
            name = str(UUID(int=chance.getrandbits(128)))
            for row in series:
                row["payload_id"] = name
            header = sample.header.model_copy(update={"identification": str(UUID(int=chance.getrandbits(128)))})
            ordered = sorted(series, key=lambda row: row["sequence"])
            (data,) = write_messages(table(ordered), header, sample.process, kind="NotifyValidatedDataForBillingEnergy")
            (folder / f"{number:05}.xml").write_bytes(data)
            rows += read_table(data).to_pylist()
            number += 1
            if chance.random() < 0.2:
                (folder / f"{number:05}.xml").write_bytes(data)
                number += 1
    return rows


def survives(folder: Path, kills: int, seed: int, count: int) -> tuple[int, int]:
    """Kills the worker so often while messages arrive; gives how often it was killed, and how many values there are."""
    chance = Random(seed)
    rows = messages(folder / "messages", chance, count)
    command = [sys.executable, "-m", "tests.values.killed_worker", str(folder)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT / "src"), str(ROOT)))}
    done = killed = 0
    until = time.monotonic() + LONGEST * max(1, kills // 4)
    while killed < kills and time.monotonic() < until:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
        heard = folder / "heard"
        seen = heard.stat().st_size if heard.exists() else 0
        while process.poll() is None and (heard.stat().st_size if heard.exists() else 0) == seen:
            time.sleep(0.01)  # until it has taken its first message
        time.sleep(chance.random() * 0.6)
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            killed += 1
        process.wait()
        done += 1
        if done > kills and not killed:
            pytest.fail("the worker was done before it could be killed")
    assert work(folder) == len(rows)
    store = ediel.store.Store.open(f"sqlite:///{folder / 'a.db'}")
    values = ValuesStore.of(store, None)
    assert values is not None
    assert check(values) == []
    assert shown(values.series().to_pylist()) == shown(table(force(rows)).to_pylist())
    assert shown(values.changes().table.select(values.series().schema.names).to_pylist()) == shown(
        table(rows).to_pylist()
    )
    clean(values, datetime.now(UTC) + timedelta(days=2))
    assert {values.folder.address(name) for name, _ in values.folder.names()} == set(values.files())
    assert not list(Path(values.folder.place).glob("**/.*.new"))
    store.close()
    return killed, len(rows)


def test_killed_while_values_arrive(tmp_path: Path) -> None:
    killed, _ = survives(tmp_path, 5, 3, 60)
    assert killed


if __name__ == "__main__":
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    kills = values_in_all = turn = 0
    while kills < wanted:
        with TemporaryDirectory() as place:
            killed, count = survives(Path(place), 10, turn, 400)
        kills, values_in_all, turn = kills + killed, values_in_all + count, turn + 1
        print(kills, "kills survived,", values_in_all, "values", flush=True)
