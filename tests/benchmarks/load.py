"""Load: so many parties send and poll at once; messages a second, 99th percentile, memory of the hub.

``python tests/benchmarks/load.py --parties 20 --minutes 10`` begins a hub of its own and prints JSON.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import httpx2

SUPPLIERS = 20
POINTS = 2000


def market(folder: Path) -> None:
    from ediel.hub import plausible

    (folder / "seed.json").write_text(plausible(POINTS, suppliers=SUPPLIERS).to_json(), encoding="utf-8")


def party(folder: str, address: str, number: int, seconds: float, results: Any) -> None:
    """One party: it searches, asks for switches, and polls, one call after the other."""
    from ediel.codes import BusinessProcess, DocumentType, Role
    from ediel.engine import Party
    from ediel.hub import SERVICES, Keyring, Seed
    from ediel.messages import (
        Header,
        ProcessContext,
        RequestUpfrontMeteringPointCharacteristics,
        RequestUpfrontMeteringPointCharacteristicsEvent,
    )
    from ediel.transport import CHANNELS, Client, Environment, HubFault

    seed = Seed.read(Path(folder) / "seed.json")
    own = [item for item in seed.parties if Role.DDQ in (item.roles or ())][number]
    ring = Keyring(Path(folder) / "keys")
    client = Client(Environment("local", f"{address}{SERVICES}"), ring.identity(str(own.organisation)), ring.trust)
    chance = Random(number)
    who = Party(own.gln, "DDQ")
    took: list[float] = []
    from ediel.calendar import midnight

    created = midnight(date(2026, 11, 27)) + timedelta(hours=9)

    def switch() -> Any:
        from ediel.messages import RequestStartOfSupply, RequestStartOfSupplyEvent, StartOfSupplyCustomer

        point = chance.choice(seed.metering_points)
        resident = point.end_users[0]
        return RequestStartOfSupply(
            header=head(DocumentType.CHANGE_OF_SUPPLIER_REQUEST, ask=True),
            process=ProcessContext(business_process=BusinessProcess.BRS_NO_101, role=Role.DDQ),
            payload=RequestStartOfSupplyEvent(
                start_of_occurrence=midnight(date(2026, 12, 1) + timedelta(days=chance.randrange(300))),
                metering_point=point.identification,
                balance_supplier=own.gln,
                customer=StartOfSupplyCustomer(
                    identification=resident.identification, identification_scheme=resident.scheme,
                    given_name=resident.given_name, family_name=resident.family_name, extended_storage=False,
                ),
                addresses=resident.addresses,
            ),
        )  # fmt: skip

    def head(document: Any, *, ask: bool | None = None) -> Header:
        from ediel.codes import Agency

        return Header(
            identification=str(UUID(int=chance.getrandbits(128), version=4)), document_type=document,
            document_type_agency=Agency(document.agency), creation=created, request_positive_acknowledgement=ask,
            physical_sender=own.gln, juridical_sender=own.gln, juridical_recipient=seed.hub,
        )  # fmt: skip

    def search() -> Any:
        return RequestUpfrontMeteringPointCharacteristics(
            header=head(DocumentType.MASTER_DATA_REQUEST),
            process=ProcessContext(business_process=BusinessProcess.BRS_NO_611, role=Role.DDQ),
            payload=RequestUpfrontMeteringPointCharacteristicsEvent(
                metering_point=chance.choice(seed.metering_points).identification
            ),
        )

    end = time.monotonic() + seconds
    messages = faults = 0
    while time.monotonic() < end:
        for make in (switch, search):
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


def resident_mb(pid: int) -> float:
    """Memory of a process, MB."""
    text = Path(f"/proc/{pid}/status").read_text()
    return int(next(line.split()[1] for line in text.splitlines() if line.startswith("VmRSS"))) / 1024


def load(parties: int, seconds: float) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="ediel-load-") as name, socket.socket() as found:
        folder = Path(name)
        market(folder)
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
        found.close()
        command = [
            sys.executable, "-m", "ediel", "hub", "serve", "--port", str(port), "--seed", "seed.json", "--keys", "keys",
            "--clock", "2026-11-27T09:00", "--frozen",
        ]  # fmt: skip
        with subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL) as hub:
            address = f"http://127.0.0.1:{port}"
            for _ in range(600):
                with suppress(httpx2.HTTPError):
                    httpx2.get(f"{address}/health")
                    break
                time.sleep(0.1)
            results: Any = multiprocessing.Queue()
            workers = [
                multiprocessing.Process(target=party, args=(name, address, number, seconds, results))
                for number in range(parties)
            ]
            for worker in workers:
                worker.start()
            memory = []
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                time.sleep(min(10, max(0.5, seconds / 10)))
                memory.append(round(resident_mb(hub.pid), 1))
            counts = [results.get(timeout=60) for _ in workers]
            for worker in workers:
                worker.join()
            hub.terminate()
            hub.wait()
    took = sorted(one for _, times, _ in counts for one in times)
    return {
        "parties": parties,
        "seconds": seconds,
        "calls": len(took),
        "faults": sum(faults for _, _, faults in counts),
        "messages": sum(count for count, _, _ in counts),
        "messages_per_second": round(sum(count for count, _, _ in counts) / seconds, 1),
        "calls_per_second": round(len(took) / seconds, 1),
        "median_ms": round(statistics.median(took) * 1000, 1),
        "p99_ms": round(took[int(len(took) * 0.99)] * 1000, 1),
        "memory_mb": memory,
    }


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--parties", type=int, default=20)
    arguments.add_argument("--minutes", type=float, default=10)
    asked = arguments.parse_args()
    found = load(asked.parties, asked.minutes * 60)
    print(json.dumps(found))
    sys.exit(1 if found["faults"] else 0)
