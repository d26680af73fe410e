"""Soak: hub and parties exchange messages over loopback while the hub misbehaves and both are killed; in the end they agree.

``python tests/hub/soak.py 4000`` runs it with 4,000 switches; the tests run a small one.
"""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import httpx2

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # it is run by its path

from sqlalchemy import select

from ediel.codes import ReadingResolution, SettlementMethod
from ediel.engine import Engine
from ediel.hub import plausible
from ediel.market import Contract
from ediel.store._schema import EVENTS, INBOX
from tests.support.agreement import disagreements, rows
from tests.support.hub_market import GRID, NEW, OLD

HERE = Path(__file__).parent
TOKEN = "soak"
TROUBLE = ("silence", "duplicate", "reorder", "fault", "http", "broken signature", "expired certificate", "truncated")


@dataclass
class Outcome:
    """What a soak has done."""

    messages: int
    kills: Counter[str]
    seconds: float
    problems: list[str]


def market(points: int) -> Any:
    """Everybody is supplied by the old supplier, in one grid."""
    plain = plausible(points)
    return plain.model_copy(
        update={
            "metering_points": tuple(
                point.model_copy(
                    update={
                        "grid_access_provider": GRID,
                        "settlement": SettlementMethod.NON_PROFILED,
                        "reading_resolution": ReadingResolution.PT1H,
                        "contracts": (Contract(start=date(2022, 1, 1), supplier=OLD),),
                        "end_users": tuple(
                            item.model_copy(update={"start": date(2022, 1, 1)}) for item in point.end_users
                        ),
                    }
                )
                for point in plain.metering_points
            )
        }
    )


class Soak:
    def __init__(self, folder: Path, points: int, seed: int, *, pause: tuple[float, float], patience: float) -> None:
        self.folder = folder
        self.end = time.monotonic() + patience
        self.points = points
        self.chance = random.Random(seed)
        self.pause = pause
        self.kills: Counter[str] = Counter()
        self.hub: subprocess.Popen[bytes] | None = None
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            self.port = found.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}"
        self.office = httpx2.Client(base_url=self.address, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=600)
        (folder / "seed.json").write_text(market(points).to_json(), encoding="utf-8")
        (folder / "began").write_text(str(time.time()))

    def begin_hub(self, *more: str) -> None:
        command = [sys.executable, "-m", "ediel", "hub", "serve", "--port", str(self.port), "--keys", "keys", *more]
        with (self.folder / "hub.log").open("ab") as log:
            environment = {**os.environ, "EDIEL_HUB_TOKEN": TOKEN}
            self.hub = subprocess.Popen(command, cwd=self.folder, stdout=log, stderr=log, env=environment)
        for _ in range(600):
            with suppress(httpx2.HTTPError):
                httpx2.get(f"{self.address}/health")
                break
            assert self.hub.poll() is None, (self.folder / "hub.log").read_text()[-2000:]
            time.sleep(0.05)
        for kind in TROUBLE:
            body = {"kind": kind, "share": 0.01, "seconds": 0.01}
            taken = None if kind in {"duplicate", "reorder"} else self.chance.random() < 0.5
            self.office.post("/admin/misbehaviours", json={**body, "accepted": taken}).raise_for_status()

    def phase(self, number: int, most_kills: int) -> None:
        """Workers until one has come to its end; both are killed at random moments, up to a number of times."""
        kills = 0
        while True:
            command = [sys.executable, str(HERE / "soak_worker.py"), str(self.folder), self.address, str(number)]
            with (self.folder / "worker.log").open("ab") as log:
                worker = subprocess.Popen(command, stdout=log, stderr=log)
            while worker.poll() is None:
                if time.monotonic() > self.end:
                    worker.kill()
                    raise AssertionError(f"no end in sight: {(self.folder / 'worker.log').read_text()[-3000:]}")
                if kills >= most_kills:
                    if kills == most_kills:
                        self.office.delete("/admin/misbehaviours")
                        kills += 1
                    time.sleep(0.1)
                    continue
                with suppress(subprocess.TimeoutExpired):
                    worker.wait(timeout=self.chance.uniform(*self.pause))
                    continue
                kills += 1
                if self.chance.random() < 0.5:
                    self.kills["hub"] += 1
                    assert self.hub is not None
                    self.hub.send_signal(signal.SIGKILL)
                    self.hub.wait()
                    self.begin_hub()
                else:
                    self.kills["parties"] += 1
                    worker.send_signal(signal.SIGKILL)
                    worker.wait()
            if worker.returncode == 0:
                return
            assert worker.returncode == -signal.SIGKILL, (self.folder / "worker.log").read_text()[-3000:]

    def run(self, kills: int) -> Outcome:
        try:
            return self._run(kills)
        finally:
            self.office.close()
            if self.hub is not None:
                self.hub.kill()

    def _run(self, kills: int) -> Outcome:
        began = time.monotonic()
        self.begin_hub("--seed", "seed.json", "--clock", "2026-11-27T09:00", "--frozen")
        self.office.put("/admin/clock", json={"now": "2026-11-27T09:00:00+01:00"})
        self.phase(1, kills * 2 // 3)
        self.office.put("/admin/clock", json={"now": "2026-12-01T00:00:00+01:00"})
        self.phase(2, kills // 3)
        assert self.hub is not None
        self.hub.send_signal(signal.SIGTERM)
        self.hub.wait()
        seconds = time.monotonic() - began
        messages, problems = judge(self.folder, self.points)
        return Outcome(messages, self.kills, seconds, problems)


def judge(folder: Path, points: int) -> tuple[int, list[str]]:
    """Is anything lost, doubled, or seen otherwise by the two sides?"""
    hub = Engine.open(f"sqlite:///{folder / 'hub.db'}")
    parties = Engine.open(f"sqlite:///{folder / 'parties.db'}")
    problems = disagreements(hub, parties)
    told = Counter(row[0] for row in rows(parties, select(EVENTS.c.name).where(EVENTS.c.party == NEW)))
    cancelled = -(-points // 4)
    expected = {"SupplyRequested": points, "SupplyCancelled": cancelled, "SupplyStarted": points - cancelled}
    problems += [
        f"{name}: told {told[name]} times, expected {count}" for name, count in expected.items() if told[name] != count
    ]
    day = "2026-12-01"

    def supplied(engine: Engine, *, own: bool) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for row in engine.browse.contracts():
            if own and row["party"] != row["supplier"]:
                continue
            if row["status"] == "in force" and row["start"] <= day and (row["end"] is None or row["end"] > day):
                found.setdefault(row["metering_point"], set()).add(row["supplier"])
        return found

    at_hub = supplied(hub, own=False)
    by_new = {point for point, who in supplied(parties, own=True).items() if NEW in who}
    hub_new = {point for point, who in at_hub.items() if who == {NEW}}
    problems += (
        []
        if by_new == hub_new and len(hub_new) == points - cancelled
        else [f"contracts differ: {len(by_new)} {len(hub_new)}"]
    )
    problems += (
        []
        if all(len(who) == 1 for who in at_hub.values()) and len(at_hub) == points
        else ["a point with no or two suppliers"]
    )
    total = len(rows(hub, select(INBOX.c.message_id))) + len(rows(parties, select(INBOX.c.message_id)))
    hub.close()
    parties.close()
    return total, problems


def soak(
    points: int, kills: int, *, seed: int = 1, pause: tuple[float, float] = (1.0, 4.0), patience: float = 3600
) -> Outcome:
    """A soak with so many switches and so many kills; it fails when it has not come to its end in so many seconds."""
    with tempfile.TemporaryDirectory(prefix="ediel-soak-") as folder:
        return Soak(Path(folder), points, seed, pause=pause, patience=patience).run(kills)


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 4000
    found = soak(count, int(sys.argv[2]) if len(sys.argv) > 2 else 60)
    print(
        json.dumps(
            {
                "messages": found.messages,
                "kills": dict(found.kills),
                "seconds": round(found.seconds),
                "problems": found.problems,
            }
        )
    )
    sys.exit(1 if found.problems else 0)
