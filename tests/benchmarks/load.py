"""Load: so many parties send and poll at once; messages a second, 99th percentile, memory of the hub.

``python tests/benchmarks/load.py --parties 20 --minutes 10`` begins a hub of its own and prints JSON. With ``--calls``
it counts calls a second of CPU time instead, by kind, in this process (with ``--http``, over HTTP of a hub in its
own): other work on the machine matters little then.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import httpx2

from ediel.calendar import midnight
from ediel.codes import Agency, BusinessProcess, DocumentType, Role
from ediel.engine import Party
from ediel.hub import SERVICES, Hub, HubSettings, Keyring, Keys, Seed, VirtualClock, plausible
from ediel.hub._calls import Call
from ediel.messages import (
    Header,
    Message,
    ProcessContext,
    RequestStartOfSupply,
    RequestStartOfSupplyEvent,
    RequestUpfrontMeteringPointCharacteristics,
    RequestUpfrontMeteringPointCharacteristicsEvent,
    StartOfSupplyCustomer,
)
from ediel.transport import CHANNELS, Client, Environment, HubFault, Identity
from ediel.transport.envelope import wrap
from ediel.transport.polling import poll_of
from ediel.transport.signing import sign

SUPPLIERS = 20
POINTS = 2000


CREATED = midnight(date(2026, 11, 27)) + timedelta(hours=9)


def market(folder: Path) -> None:
    (folder / "seed.json").write_text(plausible(POINTS, suppliers=SUPPLIERS).to_json(), encoding="utf-8")


class Writer:
    """Writes what a supplier of the market asks: switches, searches."""

    def __init__(self, seed: Seed, number: int) -> None:
        self.seed = seed
        self.own = [item for item in seed.parties if Role.DDQ in (item.roles or ())][number]
        self.who = Party(self.own.gln, "DDQ", hub=seed.hub)
        self._chance = Random(number)

    def _head(self, document: DocumentType, *, ask: bool | None = None) -> Header:
        return Header(
            identification=str(UUID(int=self._chance.getrandbits(128), version=4)), document_type=document,
            document_type_agency=Agency(str(document.agency)), creation=CREATED, request_positive_acknowledgement=ask,
            physical_sender=self.own.gln, juridical_sender=self.own.gln, juridical_recipient=self.seed.hub,
        )  # fmt: skip

    def switch(self) -> Message:
        """A change of supplier, somewhere, some time."""
        point = self._chance.choice(self.seed.metering_points)
        resident = point.end_users[0]
        return RequestStartOfSupply(
            header=self._head(DocumentType.CHANGE_OF_SUPPLIER_REQUEST, ask=True),
            process=ProcessContext(business_process=BusinessProcess.BRS_NO_101, role=Role.DDQ),
            payload=RequestStartOfSupplyEvent(
                start_of_occurrence=midnight(date(2026, 12, 1) + timedelta(days=self._chance.randrange(300))),
                metering_point=point.identification,
                balance_supplier=self.own.gln,
                customer=StartOfSupplyCustomer(
                    identification=resident.identification, identification_scheme=resident.scheme,
                    given_name=resident.given_name, family_name=resident.family_name, extended_storage=False,
                ),
                addresses=resident.addresses,
            ),
        )  # fmt: skip

    def search(self) -> Message:
        """A search for a metering point."""
        return RequestUpfrontMeteringPointCharacteristics(
            header=self._head(DocumentType.MASTER_DATA_REQUEST),
            process=ProcessContext(business_process=BusinessProcess.BRS_NO_611, role=Role.DDQ),
            payload=RequestUpfrontMeteringPointCharacteristicsEvent(
                metering_point=self._chance.choice(self.seed.metering_points).identification
            ),
        )

    def poll(self) -> Message:
        """What is asked of a channel."""
        return poll_of(self.who, CREATED)


def party(folder: str, address: str, number: int, seconds: float, results: Any) -> None:
    """One party: it searches, asks for switches, and polls, one call after the other."""
    writer = Writer(Seed.read(Path(folder) / "seed.json"), number)
    ring = Keyring(Path(folder) / "keys")
    identity = ring.identity(str(writer.own.organisation))
    client = Client(Environment("local", f"{address}{SERVICES}"), identity, ring.trust)
    who = writer.who
    took: list[float] = []
    end = time.monotonic() + seconds
    messages = faults = 0
    while time.monotonic() < end:
        for make in (writer.switch, writer.search):
            before = time.monotonic()
            try:
                client.call(make())
            except HubFault as fault:
                faults += 1
                print(f"party {number}: {make.__name__}: {fault}", file=sys.stderr)
            took.append(time.monotonic() - before)
            messages += 1
        before = time.monotonic()
        answer = client.poll(who, CHANNELS[0])
        took.append(time.monotonic() - before)
        messages += len(answer.messages)
        if answer.result_set is not None:
            before = time.monotonic()
            client.acknowledge(who, CHANNELS[0], answer.result_set)
            took.append(time.monotonic() - before)
    results.put((messages, took, faults))


def calls(parties: int = SUPPLIERS, each: int = 20) -> dict[str, dict[str, float]]:
    """Calls a second of CPU time on one core, in this process: without HTTP and clients, by kind, signed and plain.

    Args:
        parties: how many take turns.
        each: calls of each kind by each of them, that are counted.
    """
    found: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory(prefix="ediel-load-") as name:
        seed, ring = plausible(POINTS, suppliers=SUPPLIERS), Keyring(Path(name) / "keys")
        writers = [Writer(seed, number) for number in range(parties)]
        for signed in (True, False):
            hub = Hub.open(
                f"sqlite:///{name}/{signed}.db",
                seed=seed,
                keys=ring.keys() if signed else Keys(None, None),
                clock=VirtualClock(CREATED, runs=False),
                settings=HubSettings(security="required" if signed else "optional"),
            )
            rates = {}
            for kind in ("poll", "switch", "search"):
                made = [
                    _call(writer, kind, ring.identity(str(writer.own.organisation)) if signed else None)
                    for _ in range(each + 1)
                    for writer in writers
                ]
                for call in made[:parties]:
                    hub.call(call)
                before = time.process_time()
                failed = sum(hub.call(call).status != httpx2.codes.OK for call in made[parties:])
                took = time.process_time() - before
                if failed:
                    raise RuntimeError(f"{failed} calls of kind {kind} failed")
                rates[kind] = round(parties * each / took, 1)
            found["signed" if signed else "plain"] = rates
            hub.close()
    return found


def _call(writer: Writer, kind: str, identity: Identity | None) -> Call:
    service = CHANNELS[0] if kind == "poll" else None
    envelope = wrap(getattr(writer, kind)(), service)
    data = envelope.to_bytes() if identity is None else sign(envelope, identity, datetime.now(UTC))
    return Call(envelope.service, data, action=f'"{envelope.operation}"')


def cpu_seconds(pid: int) -> float:
    """CPU time that a process has used, in seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_mb(pid: int) -> float:
    """Memory of a process, MB."""
    text = Path(f"/proc/{pid}/status").read_text()
    return int(next(line.split()[1] for line in text.splitlines() if line.startswith("VmRSS"))) / 1024


@contextmanager
def serving(folder: Path) -> Iterator[tuple[str, int]]:
    """A hub in a process of its own, for as long as it is needed: its address and its process."""
    market(folder)
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    command = [
        sys.executable, "-m", "ediel", "hub", "serve", "--port", str(port), "--seed", "seed.json", "--keys", "keys",
        "--clock", "2026-11-27T09:00", "--frozen",
    ]  # fmt: skip
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL) as hub:
        address = f"http://127.0.0.1:{port}"
        try:
            for _ in range(600):
                with suppress(httpx2.HTTPError):
                    httpx2.get(f"{address}/health")
                    break
                time.sleep(0.1)
            yield address, hub.pid
        finally:
            hub.terminate()
            hub.wait()


def calls_over_http(parties: int = SUPPLIERS, each: int = 20) -> dict[str, float]:
    """Calls a second of CPU time of the hub's process, by kind, signed both ways; the clients' time is not counted.

    Args:
        parties: how many take turns, on four connections.
        each: calls of each kind by each of them, that are counted.
    """
    rates = {}
    with tempfile.TemporaryDirectory(prefix="ediel-load-") as name, serving(Path(name)) as (address, pid):
        seed, ring = Seed.read(Path(name) / "seed.json"), Keyring(Path(name) / "keys")
        writers = [Writer(seed, number) for number in range(parties)]
        with httpx2.Client(timeout=60) as http, ThreadPoolExecutor(4) as pool:

            def post(call: Call) -> int:
                headers = {"content-type": "text/xml; charset=utf-8", "soapaction": call.action}
                return http.post(f"{address}{SERVICES}/{call.service}", content=call.body, headers=headers).status_code

            for kind in ("poll", "switch", "search"):
                used = 0.0
                for round_ in range(each + 1):
                    made = [_call(writer, kind, ring.identity(str(writer.own.organisation))) for writer in writers]
                    before = cpu_seconds(pid)
                    statuses = list(pool.map(post, made))
                    if set(statuses) != {httpx2.codes.OK}:
                        raise RuntimeError(f"calls of kind {kind} failed: {statuses}")
                    used += cpu_seconds(pid) - before if round_ else 0.0
                rates[kind] = round(parties * each / used, 1)
    return rates


def load(parties: int, seconds: float) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="ediel-load-") as name:
        folder = Path(name)
        with serving(folder) as (address, pid):
            results: Any = multiprocessing.Queue()
            workers = [
                multiprocessing.Process(target=party, args=(name, address, number, seconds, results))
                for number in range(parties)
            ]
            for worker in workers:
                worker.start()
            memory = []
            used = cpu_seconds(pid)
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                time.sleep(min(10, max(0.5, seconds / 10)))
                memory.append(round(resident_mb(pid), 1))
            counts = [results.get(timeout=60) for _ in workers]
            used = cpu_seconds(pid) - used
            for worker in workers:
                worker.join()
    took = sorted(one for _, times, _ in counts for one in times)
    return {
        "parties": parties,
        "seconds": seconds,
        "calls": len(took),
        "faults": sum(faults for _, _, faults in counts),
        "messages": sum(count for count, _, _ in counts),
        "messages_per_second": round(sum(count for count, _, _ in counts) / seconds, 1),
        "calls_per_second": round(len(took) / seconds, 1),
        "calls_per_cpu_second": round(len(took) / used, 1),
        "median_ms": round(statistics.median(took) * 1000, 1),
        "p99_ms": round(took[int(len(took) * 0.99)] * 1000, 1),
        "memory_mb": memory,
    }


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--parties", type=int, default=20)
    arguments.add_argument("--minutes", type=float, default=10)
    arguments.add_argument("--http", action="store_true", help="with --calls: over HTTP, of a hub in its own process")
    arguments.add_argument("--calls", action="store_true", help="calls a second of CPU time, by kind, in this process")
    asked = arguments.parse_args()
    if asked.calls:
        print(json.dumps(calls_over_http(asked.parties) if asked.http else calls(asked.parties)))
        sys.exit(0)
    found = load(asked.parties, asked.minutes * 60)
    print(json.dumps(found))
    sys.exit(1 if found["faults"] else 0)
