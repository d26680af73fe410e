"""A morning: from a signed, packed poll answer to values that are committed, judged and can be asked for.

``python -m tests.benchmarks.morning --points 10000`` prints JSON: the whole way through the courier as a ratio to lxml
parsing and validating the unpacked bytes, peak memory, and what a value takes on disk. Answers are made beforehand.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from datetime import UTC, timedelta
from itertools import count
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

import ediel
from tests.support import wire
from tests.support.places import ROOT
from tests.support.world import HUB, NEW, at

NOW = at("2026-11-27 09:00")
CHANNEL = "PollMeteringValues"
MOST = 5_000
"""Series in a message, as the hub makes them."""


def answers(folder: Path, points: int, rounds: int) -> None:
    """The answers of the hub, one a round, and the unpacked bytes of one."""
    from cryptography.hazmat.primitives.serialization import Encoding

    from ediel.testing import Sampler
    from tests.benchmarks import bench
    from tests.support.pki import make, root

    identity = make("A hub", 7, root(), organisation="987654325").identity
    (folder / "issuers.pem").write_bytes(root().certificate.public_bytes(Encoding.PEM))
    sampler = Sampler(Random(3))
    texts = []
    for first in range(0, points, MOST):
        data = bench.series(min(MOST, points - first), 24)
        data = re.sub(rb">7070575\d{11}<", lambda _: b">%s<" % str(sampler.gsrn()).encode(), data)
        header: Any = ediel.read(bench.start_of_supply()).header
        for which, gln in (("PhysicalSender", HUB), ("JuridicalSender", HUB), ("JuridicalRecipient", NEW)):
            place = rb"(<abie:%sEnergyParty>\s*<abie:Identification[^>]*>)\d+" % which.encode()
            data = re.sub(place, rb"\g<1>" + gln.encode(), data, count=1)
        texts.append((data, header.identification.encode()))
    for number in range(rounds):
        named = [
            data.replace(name, b"00000000-0000-4000-8%03d-%012d" % (place, number), 1)
            for place, (data, name) in enumerate(texts)
        ]
        inside = wire.poll_response(*named, channel=CHANNEL, identification=f"00000000-0000-4000-9000-{number:012}")
        signed = wire.signed(inside, identity, NOW)
        (folder / f"answer-{number}.gz").write_bytes(gzip.compress(signed))
        (folder / f"plain-{number}.xml").write_bytes(inside)
    for number in range(10 * rounds):  # none may come twice
        moment = NOW + timedelta(seconds=number)
        (folder / f"empty-{number}.xml").write_bytes(wire.signed(wire.poll_response(channel=CHANNEL), identity, moment))
        (folder / f"accepted-{number}.xml").write_bytes(wire.signed(b"", identity, moment))


def way(folder: Path, rounds: int) -> dict[str, Any]:
    """The whole way, round by round, in this process."""
    import httpx2

    from ediel.engine import Engine, EngineSettings, Party
    from ediel.transport import Client, Courier, Trust, environment
    from tests.support.pki import supplier

    trust = Trust.from_pem((folder / "issuers.pem").read_bytes(), b"")

    waiting = [folder / f"answer-{number}.gz" for number in range(rounds)]
    given: list[Path] = []
    empty, accepted = count(), count()

    def hub(request: httpx2.Request) -> httpx2.Response:
        packed = False
        if request.headers["soapaction"].strip('"') != "PollForData":
            given.clear()
            waiting.pop(0)
            path = folder / f"accepted-{next(accepted)}.xml"
        elif str(request.url).endswith(CHANNEL) and waiting and not done:
            given.append(waiting[0])
            path, packed = waiting[0], True
        else:
            path = folder / f"empty-{next(empty)}.xml"
        if packed:
            done.append(path.name)
        headers = {"content-type": "text/xml; charset=utf-8"} | ({"content-encoding": "gzip"} if packed else {})
        return httpx2.Response(200, content=iter([path.read_bytes()]), headers=headers)

    done: list[str] = []
    database = folder / "morning.db"
    engine = Engine.open(
        f"sqlite:///{database}", party=Party(NEW, "DDQ", hub=HUB), clock=lambda: NOW,
        settings=EngineSettings(values=folder / "values"),
    )  # fmt: skip
    client = Client(
        environment("local"), supplier().identity, trust, clock=lambda: NOW.astimezone(UTC),
        http=httpx2.Client(transport=httpx2.MockTransport(hub)),
    )  # fmt: skip
    courier = Courier(engine, client, chance=Random(1))
    seconds = []
    for _ in range(rounds):
        done.clear()
        begun = time.process_time()
        cycle = courier.cycle()
        seconds.append(time.process_time() - begun)
        if cycle.problems or {item.outcome for item in cycle.received} != {"handled"}:
            raise AssertionError(f"{cycle.problems} {cycle.received[:3]}")
    peak = _peak()
    values = sum(int(row["rows"]) for row in engine.values.manifest())
    if engine.values.changes(after=0, most=1).table.num_rows * rounds < values // 2:
        raise AssertionError("values are missing")
    parquet = sum(int(row["size"]) for row in engine.values.manifest())
    engine.close()
    size = sum(path.stat().st_size for path in folder.glob("morning.db*"))
    return {"seconds": seconds, "peak": peak, "values": values, "database": size, "parquet": parquet}


def _peak() -> float:
    """Megabytes that this process has held at the most; what the kernel counts for children is that of the parent."""
    (line,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def base(folder: Path, rounds: int) -> dict[str, Any]:
    """lxml parsing and validating the unpacked bytes."""
    from lxml import etree

    from ediel.xml.catalogue import packaged

    seconds = []
    for number in range(rounds):
        data = (folder / f"plain-{number}.xml").read_bytes()
        begun = time.process_time()
        tree = etree.fromstring(data)
        uri = etree.QName(tree).namespace or ""
        if not packaged().schema(uri).validate(tree):
            raise AssertionError("the answer is not valid")
        seconds.append(time.process_time() - begun)
        del tree
    return {"seconds": seconds, "peak": _peak()}


def measure(points: int, rounds: int) -> dict[str, Any]:
    """Both, each in a process of its own."""
    with tempfile.TemporaryDirectory(prefix="ediel-morning-") as name:
        answers(Path(name), points, rounds)
        packed = (Path(name) / "answer-0.gz").stat().st_size
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT / "src"), str(ROOT)))}
        found = {}
        for which in ("base", "way"):
            command = [sys.executable, "-m", "tests.benchmarks.morning", "--only", which, name, "--rounds", str(rounds)]
            out = subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True)
            found[which] = json.loads(out.stdout)
    done, parsed = found["way"], found["base"]
    took, floor = median(done["seconds"]), median(parsed["seconds"])
    values = done["values"] / rounds
    return {
        "points": points, "values": int(values), "seconds": round(took, 3), "values_per_second": int(values / took),
        "ratio": round(took / floor, 2), "peak_mb": int(done["peak"]), "peak_mb_of_parsing": int(parsed["peak"]),
        "bytes_per_value": round((done["database"] + done["parquet"]) / done["values"], 1),
        "of_that_parquet": round(done["parquet"] / done["values"], 1), "packed_bytes_per_value": round(packed / values, 1),
    }  # fmt: skip


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="From a poll answer to values that can be asked for.")
    parser.add_argument("--points", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", nargs=2, metavar=("WHICH", "FOLDER"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.only:
        which, folder = options.only
        found = {"way": way, "base": base}[which](Path(folder), options.rounds)
    else:
        found = measure(options.points, options.rounds)
    print(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
