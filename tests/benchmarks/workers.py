"""Workers on one PostgreSQL: messages received a second with 1, 2 and 4 processes, and a cycle of thirty tenants.

``python -m tests.benchmarks.workers`` prints JSON: beside them stand bare commits and bare jobs of procrastinate on the
same server. It begins a PostgreSQL of its own, and says so where there is none.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # it begins itself as a process

import httpx2
import psycopg
from procrastinate import App, PsycopgConnector
from procrastinate.types import JSONDict

import ediel
from ediel.codes import Agency, DocumentType
from ediel.engine import Engine, Order, Party
from ediel.hub import plausible
from ediel.messages import ConfirmStartOfSupply, ConfirmStartOfSupplyEvent
from ediel.store import Store
from ediel.transport import Client, environment
from ediel.workers import Job, Work, WorkerSettings, runner_for
from ediel.workers.procrastinating import conninfo, jobs_schema, make_jobs_schema
from tests.support import pki, wire
from tests.support.own_server import NoServer, Server
from tests.support.world import NEW, start

HUB: Final = "7080003824349"
EMPTY: Final = {
    channel: (
        f'<p:PollForDataResponse xmlns:p="urn:no:elhub:emif:wsdl:polling:{channel[4:].lower()}:v2" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true"/>'
    ).encode()
    for channel in ("PollMarketProcesses", "PollMeteringValues")
}
WAIT: Final = 0.05
_LONGEST: Final = 60
"""Seconds for all cycles."""
"""Seconds that a call takes."""


def _point(number: int) -> str:
    return f"70705754{number:010d}"


def fill(url: str, count: int, first: int, folder: Path) -> list[Path]:
    """Requests that wait for their answer, and the answers in files, in batches by round."""
    engine = Engine.open(url, party=Party(NEW, "DDQ"))
    day = date(2027, 1, 15)
    orders = [
        Order(start(day=day, metering_point=_point(number)), key=str(number)) for number in range(first, first + count)
    ]
    begun = engine.start_many(orders)
    paths = []
    for number, item in enumerate(begun, first):
        assert item.process is not None
        request: Any = engine.message(item.process.sent[0])
        head = request.header.model_copy(
            update={
                "document_type": DocumentType.START_OF_SUPPLY_ACKNOWLEDGEMENT, "document_type_agency": Agency("6"),
                "physical_sender": HUB, "juridical_sender": HUB, "juridical_recipient": NEW,
                "identification": f"{number:08d}-0000-4000-8000-000000000000",
            }
        )  # fmt: skip
        answer = ConfirmStartOfSupply(
            header=head, process=request.process,
            payload=ConfirmStartOfSupplyEvent(
                start_of_occurrence=request.payload.start_of_occurrence,
                original_reference=str(request.header.identification), metering_point=_point(number),
            ),
        )  # fmt: skip
        path = folder / f"{number}.xml"
        path.write_bytes(ediel.write(answer))
        paths.append(path)
    engine.close()
    return paths


def receive(url: str, names: str) -> None:
    """A process that receives messages from files, one by one, once it is told to."""
    inputs = [Path(name).read_bytes() for name in Path(names).read_text().split()]
    engine = Engine.open(url)
    engine.receive(inputs[0])
    print("ready", flush=True)
    sys.stdin.readline()
    for data in inputs[1:]:
        (found,) = engine.receive(data)
        assert found.outcome == "handled", found
    print("done", flush=True)


def received(url: str, processes: int, count: int, first: int, folder: Path) -> float:
    """Messages a second that so many processes receive together."""
    paths = fill(url, count, first, folder)
    children = []
    for place in range(processes):
        names = folder / f"part {first} {place}"
        own = paths[place::processes]
        names.write_text("\n".join(map(str, own)))
        command = [sys.executable, __file__, "--receive", url, str(names)]
        children.append(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
    for child in children:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
    began = time.perf_counter()
    for child in children:
        assert child.stdin is not None
        child.stdin.write("go\n")
        child.stdin.flush()
    for child in children:
        assert child.stdout is not None
        assert child.stdout.readline() == "done\n"
    seconds = time.perf_counter() - began
    for child in children:
        child.wait()
    return (count - processes) / seconds


def commits(url: str, count: int) -> float:
    """Bare commits a second, each of one row."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS bare (data bytea)")
        began = time.perf_counter()
        for _ in range(count):
            connection.execute("INSERT INTO bare VALUES (%s)", (b"x" * 1700,))
        return count / (time.perf_counter() - began)


def jobs(url: str, count: int) -> float:
    """Jobs a second of procrastinate that do nothing, ten at a time."""

    async def run() -> float:
        connector = PsycopgConnector(conninfo=url, kwargs={"options": f"-c search_path={jobs_schema()}"})
        app = App(connector=connector)

        async def nothing(number: int) -> None: ...

        task = app.task(name="nothing", queue="bare")(nothing)
        async with app.open_async():
            rows: list[JSONDict] = [{"number": number} for number in range(count)]
            await task.batch_defer_async(*rows)
            began = time.perf_counter()
            await app.run_worker_async(
                queues=["bare"], concurrency=10, wait=False, delete_jobs="always", install_signal_handlers=False
            )
            return count / (time.perf_counter() - began)

    return asyncio.run(run())


class Cycles(Work):
    """Notes when polls begin and end."""

    spans: list[tuple[float, float]]

    def run(self, job: Job) -> Any:
        began = time.perf_counter()
        done = super().run(job)
        if job.queue == "poll":
            self.spans.append((began, time.perf_counter()))
        return done


def cycle(url: str, tenants: int, rounds: int) -> list[float]:
    """Seconds from the first poll of a cycle to the end of its last, for so many tenants on both channels."""
    glns = [party.gln for party in plausible(1, suppliers=tenants).parties[:tenants]]
    engine = Engine.open(url, party=[Party(gln, "DDQ") for gln in glns])
    lock, now = threading.Lock(), datetime.now(UTC)
    ready = {
        channel: [wire.signed(inside, pki.make("A hub", 7, pki.root(), organisation="987654325").identity,
                              now - timedelta(milliseconds=number)) for number in range(tenants * (rounds + 2))]
        for channel, inside in EMPTY.items()
    }  # fmt: skip

    def answer(request: httpx2.Request) -> httpx2.Response:
        channel = request.url.path.rpartition("/")[2]
        time.sleep(WAIT)
        with lock:
            data = ready[channel].pop()
        return httpx2.Response(200, content=iter([data]), headers={"content-type": "text/xml; charset=utf-8"})

    client = Client(
        environment("local"), pki.supplier().identity, pki.trust(),
        http=httpx2.Client(transport=httpx2.MockTransport(answer)),
    )  # fmt: skip
    work = Cycles(engine, client, settings=WorkerSettings(interval=4, tick=1))
    work.spans = []
    stop = threading.Event()
    running = threading.Thread(target=runner_for(work, ("poll",), concurrency=32).run, args=(stop,))
    running.start()
    ends = time.monotonic() + _LONGEST
    while len(work.spans) < tenants * 2 * rounds and time.monotonic() < ends:
        time.sleep(0.1)
    stop.set()
    running.join()
    engine.close()
    if len(work.spans) < tenants * 2 * rounds:
        print(f"cycle not measured: {len(work.spans)} polls in {_LONGEST} s", file=sys.stderr)
        return []
    spans, size = sorted(work.spans), tenants * 2
    groups = [spans[at : at + size] for at in range(0, size * rounds, size)]
    return [round(max(end for _, end in group) - group[0][0], 3) for group in groups]


def measure(count: int, rounds: int, only: str) -> dict[str, Any]:
    """All of it, or one part; what is known already is said meanwhile."""

    place = tempfile.mkdtemp(prefix="pg")
    server = Server(Path(place))
    found: dict[str, Any] = {"received": {}, "commits": [], "jobs": []}
    try:
        with tempfile.TemporaryDirectory() as folder:
            url = server.get_uri()
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute("CREATE DATABASE second")
            store = Store.open(url)
            make_jobs_schema(store.engine.url)
            bare = conninfo(store.engine.url)
            store.close()
            first = 1
            for _ in range(rounds):
                if only in {"", "bare"}:
                    found["commits"].append(round(commits(bare, 500)))
                    found["jobs"].append(round(jobs(bare, 400)))
                for processes in (1, 2, 4) if only in {"", "received"} else ():
                    rate = received(url, processes, count, first, Path(folder))
                    found["received"].setdefault(processes, []).append(round(rate))
                    first += count
                print(json.dumps(found), file=sys.stderr, flush=True)
            if only in {"", "cycle"}:
                found["cycle"] = cycle(server.get_uri("second"), 30, 4)
    finally:
        server.cleanup()
        shutil.rmtree(place, ignore_errors=True)
    found["median"] = {
        "received": {key: statistics.median(rows) for key, rows in found["received"].items()},
        **{name: statistics.median(found[name]) for name in ("commits", "jobs", "cycle") if found.get(name)},
    }
    return found


if __name__ == "__main__":
    options = argparse.ArgumentParser()
    options.add_argument("--receive", nargs=2)
    options.add_argument("--count", type=int, default=800)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--only", choices=["bare", "received", "cycle"], default="")
    given = options.parse_args()
    if given.receive:
        receive(*given.receive)
    else:
        try:
            print(json.dumps(measure(given.count, given.rounds, given.only)))
        except NoServer as error:
            print(f"not measured: {error}")
