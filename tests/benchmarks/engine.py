"""What the engine costs: messages through ``receive``, against bare commits of the same bytes in the same run.

A supplier has asked for many starts of supply; the hub's positive answers arrive: archive, schema, rules, step, commit.
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain, count
from pathlib import Path
from random import Random
from statistics import median
from typing import Any
from uuid import UUID, uuid5

import ediel
from ediel.calendar import OSLO
from ediel.codes import Agency, DocumentType
from ediel.engine import Engine, Party
from ediel.messages import ConfirmStartOfSupply, ConfirmStartOfSupplyEvent
from ediel.store import _schema as schema

SUPPLIER, HUB = "7080001100018", "7080003824349"
NOW = datetime(2026, 11, 27, 9, tzinfo=OSLO)
SPACE = UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")
TEMPLATE = Path(__file__).resolve().parents[2] / "fixtures" / "valid" / "RequestStartOfSupply-101.xml"


@dataclass
class Bench:
    """A database with processes that wait for an answer, and the answers."""

    folder: Path
    engine: Engine
    answers: list[bytes]

    def close(self) -> None:
        """Let go of everything."""
        self.engine.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def waiting(stored: int, answered: int) -> Bench:
    """A database with ``stored`` processes, of which the first ``answered`` get an answer."""
    folder = Path(tempfile.mkdtemp(prefix="bench"))
    url = f"sqlite:///{folder / 'market.db'}"
    ticks = count(1)  # no two calls have the same moment
    engine = Engine.open(url, party=Party(SUPPLIER, "DDQ"), clock=lambda: NOW + timedelta(milliseconds=next(ticks)))
    request: Any = ediel.read(TEMPLATE.read_bytes())
    payload = request.payload.model_dump(mode="json", exclude_none=True)
    _fill(folder / "market.db", stored, payload)
    head = request.header.model_copy(
        update={
            "document_type": DocumentType.START_OF_SUPPLY_ACKNOWLEDGEMENT,
            "document_type_agency": Agency("6"),
            "physical_sender": HUB,
            "juridical_sender": HUB,
            "juridical_recipient": SUPPLIER,
        }
    )
    step = max(stored // answered, 1)
    answers = []
    for number in range(0, answered * step, step):
        message = ConfirmStartOfSupply(
            header=head.model_copy(update={"identification": str(uuid5(SPACE, f"answer {number}"))}),
            process=request.process,
            payload=ConfirmStartOfSupplyEvent(
                start_of_occurrence=request.payload.start_of_occurrence,
                original_reference=str(uuid5(SPACE, f"request {number}")),
                metering_point=_point(number),
            ),
        )
        answers.append(ediel.write(message))
    return Bench(folder, engine, answers)


def _point(number: int) -> str:
    return f"70705754{number:010d}"


def _fill(path: Path, stored: int, payload: dict[str, Any]) -> None:
    """Processes as ``engine.start`` would have stored them, quickly."""
    import json

    common = {"process": "BRS-NO-101", "day": "2026-12-01", "sender": SUPPLIER, "physical_sender": SUPPLIER, "hub": HUB,
              "role": "DDQ", "ask": True, "cancellation": "2026-11-30"}  # fmt: skip
    moment = "2026-11-27T08:00:00.000000Z"

    def instances() -> Any:
        for number in range(stored):
            point = _point(number)
            asked = json.dumps({**payload, "metering_point": point})
            facts = json.dumps({**common, "metering_point": point, "payload": asked})
            yield {
                "id": str(uuid5(SPACE, f"process {number}")), "machine": "supply/requester", "party": SUPPLIER,
                "process": "BRS-NO-101", "metering_point": point, "subject": point, "state": "requested", "open": 1,
                "version": 1, "facts": facts, "begun_at": moment, "changed_at": moment, "revision": 2,
            }  # fmt: skip

    def posted() -> Any:
        for number in range(stored):
            yield {
                "message_id": str(uuid5(SPACE, f"request {number}")), "party": SUPPLIER, "recipient": HUB,
                "instance_id": str(uuid5(SPACE, f"process {number}")), "name": "RequestStartOfSupply",
                "label": "RequestStartOfSupply", "metering_point": _point(number), "created_at": moment,
                "status": "sent", "attempts": 0, "sent_at": moment, "data": b"<x/>", "role": "DDQ",
            }  # fmt: skip

    def timers() -> Any:
        for number in range(stored):
            yield {
                "instance_id": str(uuid5(SPACE, f"process {number}")), "name": "date", "status": "set",
                "due_at": "2026-11-30T23:00:00.000000Z", "set_at": moment,
            }  # fmt: skip

    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA synchronous=OFF")
        for table, rows in ((schema.INSTANCES, instances()), (schema.OUTBOX, posted()), (schema.TIMERS, timers())):
            first = next(rows)
            columns = ", ".join(f'"{name}"' for name in first)
            marks = ", ".join(f":{name}" for name in first)
            connection.executemany(f"INSERT INTO {table.name} ({columns}) VALUES ({marks})", chain([first], rows))
        connection.execute("ANALYZE")
        connection.commit()


def bare(folder: Path) -> Callable[[bytes], None]:
    """One commit of the bytes, with the same durability."""
    connection = sqlite3.connect(folder / "bare.db", isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute("CREATE TABLE IF NOT EXISTS bare (id INTEGER PRIMARY KEY, data BLOB)")

    def commit(data: bytes) -> None:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO bare (data) VALUES (?)", (data,))
        connection.execute("COMMIT")

    return commit


def throughput(rounds: int = 21, size: int = 100, *, wait: float = 0) -> tuple[dict[str, float], float]:
    """Per message: bare commits, one by one, in batches of ``size``; medians of ratios of interleaved rounds.

    With ``wait`` every commit takes so many seconds more, as on a disk across a network.
    """
    bench = waiting(rounds * size * 2 + size, rounds * size * 2 + size)
    try:
        commit = bare(bench.folder)
        answers = iter(bench.answers)
        bench.engine.receive_many([next(answers) for _ in range(size)])
        samples: dict[str, list[float]] = {"one by one": [], "in batches": []}
        times = []
        random = Random(1)
        for _ in range(rounds):
            took: dict[str, float] = {}
            kinds = ["bare", "one by one", "in batches"]
            random.shuffle(kinds)
            for kind in kinds:
                chosen = [next(answers) for _ in range(size)] if kind != "bare" else bench.answers[:size]
                began = time.perf_counter()
                if kind == "bare":
                    for data in chosen:
                        commit(data)
                        time.sleep(wait)
                elif kind == "one by one":
                    for data in chosen:
                        bench.engine.receive(data)
                        time.sleep(wait)
                else:
                    bench.engine.receive_many(chosen)
                    time.sleep(wait)
                took[kind] = (time.perf_counter() - began) / size
            times.append(took["bare"])
            for kind, values in samples.items():
                values.append(took[kind] / took["bare"])
        return {kind: median(values) for kind, values in samples.items()}, median(times)
    finally:
        bench.close()


def growth(small: int = 1_000, large: int = 1_000_000, messages: int = 500) -> float:
    """How much more a message costs with a million stored processes than with a thousand; interleaved."""
    benches = [waiting(small, messages), waiting(large, messages)]
    try:
        ratios = []
        numbers = count()
        for first in range(0, messages, 25):
            took = []
            order = benches if next(numbers) % 2 else benches[::-1]
            for bench in order:
                began = time.perf_counter()
                for data in bench.answers[first : first + 25]:
                    bench.engine.receive(data)
                took.append(time.perf_counter() - began)
            by_size = dict(zip([id(bench) for bench in order], took, strict=True))
            ratios.append(by_size[id(benches[1])] / by_size[id(benches[0])])
        return median(ratios[2:])
    finally:
        for bench in benches:
            bench.close()
