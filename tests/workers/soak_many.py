"""Soak with many: workers on one PostgreSQL, many tenants, a hub that misbehaves; kills and restarts. In the end all agree.

``python tests/workers/soak_many.py 20000`` exchanges so many messages; the tests exchange some hundred.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import date
from functools import partial
from pathlib import Path
from typing import TypeVar

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # it is run by its path

import httpx2
from sqlalchemy import select, text

import ediel
from ediel.codes import ReadingResolution, Role, SettlementMethod
from ediel.engine import Engine, Order, Party
from ediel.hub import Seed, plausible
from ediel.market import Contract
from ediel.store import Lanes, StoreError
from ediel.store._schema import EVENTS, INBOX, OUTBOX, TRANSITIONS
from ediel.workers.procrastinating import jobs_schema
from tests.support.agreement import disagreements, rows
from tests.support.own_server import Server
from tests.workers.soak_many_worker import LEASE, clock

T = TypeVar("T")
HERE = Path(__file__).parent
TOKEN = "soak"
TROUBLE = ("silence", "delay", "duplicate", "reorder", "fault", "http", "broken signature", "truncated")
START = date(2026, 12, 1)


@dataclass
class Outcome:
    """What a soak has done."""

    tenants: int = 0
    messages: int = 0
    kills: int = 0
    restarts: int = 0
    seconds: float = 0
    tried_again: int = 0
    taken_up: list[float] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def market(points: int, suppliers: int) -> Seed:
    """Each point has a supplier, and another one will want it."""
    plain = plausible(points, suppliers=suppliers)
    own = [party.gln for party in plain.parties if Role.DDQ in (party.roles or ())]
    return plain.model_copy(
        update={
            "metering_points": tuple(
                point.model_copy(
                    update={
                        "settlement": SettlementMethod.NON_PROFILED,
                        "reading_resolution": ReadingResolution.PT1H,
                        "contracts": (Contract(start=date(2022, 1, 1), supplier=own[number % len(own)]),),
                        "end_users": tuple(
                            item.model_copy(update={"start": date(2022, 1, 1)}) for item in point.end_users
                        ),
                    }
                )
                for number, point in enumerate(plain.metering_points)
            )
        }
    )


def orders(seed: Seed) -> list[Order]:
    """A switch for each point."""
    own = [party.gln for party in seed.parties if Role.DDQ in (party.roles or ())]
    made = []
    for number, point in enumerate(seed.metering_points):
        resident = point.end_users[0]
        order = ediel.ChangeOfSupplier.model_validate(
            {
                "metering_point": point.identification, "start": START, "settlement": "interval",
                "addresses": resident.addresses,
                "customer": {
                    "identification": resident.identification, "identification_scheme": resident.scheme,
                    "given_name": resident.given_name, "family_name": resident.family_name, "extended_storage": False,
                },
            }
        )  # fmt: skip
        made.append(Order(order, key=f"soak/{number}", party=own[(number + 1) % len(own)]))
    return made


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def again(work: Callable[[], T], seconds: float = 120) -> T:
    """Do something on a database that may be restarting."""
    end = time.monotonic() + seconds
    while True:
        try:
            return work()
        except StoreError:
            if time.monotonic() > end:
                raise
            time.sleep(0.3)


class Soak:
    """The hub, the server, the workers; and who kills them.

    Args:
        folder: where everything is.
        server: a PostgreSQL that can be stopped and started.
        points: how many switches.
        suppliers: how many; five parties are there beside them.
        workers: how many.
        seed: of all chance.
        pause: seconds between two kills, at the least and at the most.
        patience: seconds after which there is no end in sight.
        measured: whether each third kill is followed until what the killed one had is with another.
    """

    def __init__(
        self, folder: Path, server: Server, points: int, *, suppliers: int, workers: int, seed: int,
        pause: tuple[float, float], patience: float, measured: bool,
    ) -> None:  # fmt: skip
        self.measured = measured
        self.folder, self.server, self.points, self.pause = folder, server, points, pause
        self.url: str = server.get_uri("postgres")
        self.end = time.monotonic() + patience
        self.chance = random.Random(seed)
        self.seed = market(points, suppliers)
        self.workers: list[subprocess.Popen[bytes] | None] = [None] * workers
        self.begun = [0] * workers  # where in its log the one that runs has begun
        self.seen: dict[str, int] = {}
        self.hub: subprocess.Popen[bytes] | None = None
        self.found = Outcome(tenants=len(self.seed.parties))
        self.address = f"http://127.0.0.1:{free_port()}"
        self.office = httpx2.Client(base_url=self.address, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=600)
        (folder / "seed.json").write_text(self.seed.to_json(), encoding="utf-8")
        (folder / "began").write_text(str(time.time()))

    # --- beginning

    def begin_hub(self) -> None:
        port = self.address.rpartition(":")[2]
        command = [sys.executable, "-m", "ediel", "hub", "serve", "--port", port, "--keys", "keys", "--seed",
                   "seed.json", "--clock", "2026-11-27T09:00", "--frozen"]  # fmt: skip
        with (self.folder / "hub.log").open("ab") as log:
            environment = {**os.environ, "EDIEL_HUB_TOKEN": TOKEN}
            self.hub = subprocess.Popen(command, cwd=self.folder, stdout=log, stderr=log, env=environment)
        for _ in range(2400):
            with suppress(httpx2.HTTPError):
                httpx2.get(f"{self.address}/health")
                break
            assert self.hub.poll() is None, (self.folder / "hub.log").read_text()[-2000:]
            time.sleep(0.05)
        for kind in TROUBLE:
            body: dict[str, object] = {"kind": kind, "share": 0.01, "seconds": 0.5 if kind == "delay" else 0.01}
            if kind not in {"duplicate", "reorder", "delay"}:
                body["accepted"] = self.chance.random() < 0.5
            self.office.post("/admin/misbehaviours", json=body).raise_for_status()
        self.office.put("/admin/clock", json={"now": "2026-11-27T09:00:00+01:00"}).raise_for_status()

    def is_ready(self, place: int) -> bool:
        """Whether a worker hears a signal."""
        return b"ready" in (self.folder / f"worker {place}.log").read_bytes()[self.begun[place] :]

    def begin_worker(self, place: int) -> None:
        command = [sys.executable, str(HERE / "soak_many_worker.py"), str(self.folder), self.url, self.address]
        with (self.folder / f"worker {place}.log").open("ab") as log:
            self.begun[place] = log.tell()
            self.workers[place] = subprocess.Popen(command, stdout=log, stderr=log)

    def open_engine(self) -> Engine:
        """The driver's own engine: it begins processes, and looks."""
        parties = [
            Party(item.gln, role.value, hub=self.seed.hub)
            for item in self.seed.parties
            for role in sorted(item.roles or (), key=str)
        ]
        engine = Engine.open(self.url, party=parties, clock=clock(self.folder))
        with engine.store.connection(write=True) as connection:
            connection.execute(text("CREATE TABLE soak_heard (id text)"))
        engine.subscriptions.deliveries.register("soak", list(ediel.events.BY_NAME), engine.clock())
        return engine

    # --- trouble

    def trouble(self, engine: Engine, kills: int, restarts: int) -> None:
        """Kill workers at random moments, restart the server in the middle; until it was done so often."""
        at = {kills * (number + 1) // (restarts + 1) for number in range(restarts)}
        for number in range(kills):
            time.sleep(self.chance.uniform(*self.pause))
            self.check()
            if number in at:
                self.found.restarts += 1
                self.server.stop()
                time.sleep(self.chance.uniform(0.2, 2))
                self.server.start()
            place = self.chance.randrange(len(self.workers))
            victim = self.workers[place]
            assert victim is not None
            victim.send_signal(signal.SIGKILL)
            victim.wait()
            self.found.kills += 1
            self.begin_worker(place)
            if self.measured and number % 3 == 0:
                self.measure(engine)

    def measure(self, engine: Engine) -> None:
        """How long until what the killed one had is with somebody else."""
        query = text(
            f"SELECT count(*) FROM {jobs_schema()}.procrastinate_jobs j LEFT JOIN {jobs_schema()}.procrastinate_workers"
            " w ON w.id = j.worker_id WHERE j.status = 'doing' AND (w.id IS NULL OR w.last_heartbeat < now() - "
            f"interval '{LEASE / 2} seconds')"
        )
        began = time.monotonic()
        while time.monotonic() - began < 10 * LEASE:
            time.sleep(0.5)
            try:
                with engine.store.connection() as connection:
                    stalled = connection.execute(query).scalar_one()
            except StoreError:
                continue
            if not stalled and time.monotonic() - began > LEASE:
                break
        self.found.taken_up.append(round(time.monotonic() - began, 1))

    def check(self) -> None:
        """No worker has ended by itself."""
        for place, worker in enumerate(self.workers):
            if worker is not None and worker.poll() is not None:
                raise AssertionError((self.folder / f"worker {place}.log").read_text()[-3000:])
        if time.monotonic() > self.end:
            raise AssertionError(f"no end in sight: {self.state()}")

    def state(self) -> str:
        logs = [(self.folder / f"worker {place}.log").read_text()[-1500:] for place in range(len(self.workers))]
        return f"{self.seen}\n" + "\n".join(logs)

    def settle(self, engine: Engine) -> None:
        """Wait until nothing moves: nothing waits on either side, three times in a row."""
        self.office.delete("/admin/misbehaviours")
        quiet, before = 0, -1
        lanes = Lanes(engine.store)
        while quiet < 3:
            self.check()
            time.sleep(1)
            queued = sum(int(row["messages"]) for row in self.office.get("/admin/queues").json())
            pending = again(lambda: engine.browse.outbox_counts().get("pending", 0))
            waiting = again(lambda: sum(row["waiting"] for row in engine.subscriptions.deliveries.lag()))
            due = again(lambda: len(lanes.deadlines(engine.clock())))
            total = again(lambda: len(rows(engine, select(INBOX.c.message_id))))
            self.seen = {"queued": queued, "pending": pending, "waiting": waiting, "due": due, "inbox": total}
            quiet = quiet + 1 if not (queued or pending or waiting or due) and total == before else 0
            before = total

    # --- the whole

    def run(self, kills: int, restarts: int) -> Outcome:
        began = time.monotonic()
        try:
            self._run(kills, restarts)
        finally:
            self.office.close()
            for worker in self.workers:
                if worker is not None:
                    worker.kill()
                    worker.wait()
            if self.hub is not None:
                self.hub.kill()
                self.hub.wait()
        self.found.seconds = round(time.monotonic() - began, 1)
        return self.found

    def _run(self, kills: int, restarts: int) -> None:
        self.begin_hub()
        engine = self.open_engine()
        for place in range(len(self.workers)):
            self.begin_worker(place)
        begun = again(lambda: engine.start_many(orders(self.seed), batch=100))
        processes = [item.process.id for item in begun if item.process is not None]
        for name in processes[::4]:
            again(partial(self._cancel, engine, name))
        self.trouble(engine, kills * 2 // 3, restarts - restarts // 2)
        self.settle(engine)
        self.office.put("/admin/clock", json={"now": "2026-12-01T00:00:00+01:00"}).raise_for_status()
        (self.folder / "second.new").write_text(str(time.time()))
        (self.folder / "second.new").rename(self.folder / "second")
        self.trouble(engine, kills - kills * 2 // 3, restarts // 2)
        self.settle(engine)
        while not all(self.is_ready(place) for place in range(len(self.workers))):
            self.check()
            time.sleep(0.1)
        for worker in self.workers:
            assert worker is not None
            worker.send_signal(signal.SIGTERM)
        for worker in self.workers:
            assert worker is not None
            if worker.wait(60) != 0:
                self.found.problems.append(f"a worker ended with {worker.returncode}")
        assert self.hub is not None
        self.hub.send_signal(signal.SIGTERM)
        self.hub.wait()
        self.judge(engine)
        engine.close()

    @staticmethod
    def _cancel(engine: Engine, name: str) -> None:
        if engine.process(name).state in {"requested", "accepted"}:
            engine.cancel(name)

    def judge(self, parties: Engine) -> None:
        """Is anything lost, doubled, left behind, or seen otherwise by the two sides?"""
        hub = Engine.open(f"sqlite:///{self.folder / 'hub.db'}")
        found = self.found
        found.problems += disagreements(hub, parties)
        heard = Counter(row[0] for row in rows(parties, text("SELECT id FROM soak_heard")))
        happened = len(rows(parties, select(EVENTS.c.number)))
        if len(heard) != happened or any(count > 1 for count in heard.values()):
            twice = sum(count > 1 for count in heard.values())
            found.problems.append(f"events: {happened} happened, {len(heard)} were handled, {twice} more than once")
        fired = Counter(
            tuple(row)
            for row in rows(parties, select(TRANSITIONS.c.instance_id, TRANSITIONS.c.trigger))
            if "timer" in row[1]
        )
        found.problems += [f"a deadline fired {count} times" for count in fired.values() if count > 1]
        if not fired:
            found.problems.append("no deadline has fired")
        names = Counter(row[0] for row in rows(parties, select(EVENTS.c.name)))
        cancelled = -(-self.points // 4)
        expected = {
            "SupplyRequested": self.points, "SupplyCancelled": cancelled, "SupplyStarted": self.points - cancelled,
        }  # fmt: skip
        found.problems += [
            f"{name}: {names[name]} times, expected {count}" for name, count in expected.items() if names[name] != count
        ]
        found.problems += contracts_differ(hub, parties)
        stuck = [name for name, lane in Lanes(parties.store).all().items() if lane.next_at and "party/" in name]
        found.problems += [f"a party is still left alone: {stuck}"] if stuck else []
        logs = "".join(path.read_text() for path in self.folder.glob("worker *.log"))
        if (at := logs.find("Traceback")) >= 0:
            found.problems.append(f"a worker wrote {logs[at : at + 2000]}")
        found.problems += ["the hub saw a signature twice"] if "Security" in logs else []
        found.tried_again = len(rows(parties, select(OUTBOX.c.number).where(OUTBOX.c.attempts > 0)))
        found.messages = sum(len(rows(side, select(INBOX.c.message_id))) for side in (hub, parties))
        hub.close()


def contracts_differ(hub: Engine, parties: Engine) -> list[str]:
    """Whether a supplier's own contracts are not those that the hub knows of."""

    def own(engine: Engine, *, told: bool) -> set[tuple[str, str]]:
        return {
            (row["metering_point"], row["supplier"])
            for row in engine.browse.contracts()
            if row["status"] == "in force"
            and row["start"] <= str(START)
            and (row["end"] is None or row["end"] > str(START))
            and (not told or row["party"] == row["supplier"])
        }

    begun = {
        (row["metering_point"], row["supplier"]) for row in parties.browse.contracts() if row["start"] == str(START)
    }
    at_hub, at_parties = own(hub, told=False), own(parties, told=True)
    points = [point for point, _ in at_hub]
    problems = ["a point has two suppliers"] if len(points) != len(set(points)) else []
    if (at_hub & begun) != (at_parties & begun):
        problems.append(f"contracts differ: {len(at_hub & begun)} at the hub, {len(at_parties & begun)} at the parties")
    return problems


def soak(
    points: int, kills: int, *, restarts: int = 2, suppliers: int = 26, workers: int = 3, seed: int = 1,
    pause: tuple[float, float] = (1.0, 5.0), patience: float = 7200, server: Server | None = None,
    measured: bool = True,
) -> Outcome:  # fmt: skip
    """A soak; it fails when it has not come to its end in so many seconds."""
    place = tempfile.mkdtemp(prefix="pg")
    own = server is None
    running = server or Server(Path(place))
    try:
        with tempfile.TemporaryDirectory(prefix="ediel-soak-") as folder:
            made = Soak(
                Path(folder), running, points, suppliers=suppliers, workers=workers, seed=seed, pause=pause,
                patience=patience, measured=measured,
            )  # fmt: skip
            return made.run(kills, restarts)
    finally:
        if own:
            running.cleanup()
        shutil.rmtree(place, ignore_errors=True)


if __name__ == "__main__":
    options = argparse.ArgumentParser()
    options.add_argument("messages", type=int, nargs="?", default=20_000)
    options.add_argument("kills", type=int, nargs="?", default=100)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--suppliers", type=int, default=26)
    given = options.parse_args()
    outcome = soak(-(-given.messages * 4 // 15), given.kills, seed=given.seed, suppliers=given.suppliers)
    print(json.dumps(asdict(outcome)))
    sys.exit(1 if outcome.problems else 0)
