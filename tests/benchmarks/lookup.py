"""What a lookup costs in a database of a million processes, against one of a thousand; interleaved, in one run.

Each process has a log, an event that nobody subscribes to, a timer, a tag and a key; one in a thousand is open.
"""

from __future__ import annotations

import gc
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from itertools import count
from random import Random
from statistics import median

import ediel
from tests.benchmarks.engine import SUPPLIER, Bench, waiting

_MORE = """
BEGIN;
INSERT INTO transitions (instance_id, version, at, "trigger", from_state, to_state, message_id, effects, source, standing)
    SELECT id, 1, begun_at, 'command start', 'begin', 'requested', NULL, '[]', 'BIM 1', 'published' FROM instances;
INSERT INTO events (instance_id, version, position, name, party, at, data)
    SELECT id, 1, 0, 'SupplyRequested', party, begun_at, '{}' FROM instances;
INSERT INTO process_keys (party, key, instance_id) SELECT party, 'web-' || rowid, id FROM instances;
INSERT INTO process_tags (instance_id, name, value, begun_at)
    SELECT id, 'customer', 'c' || (rowid / 3), begun_at FROM instances;
COMMIT;
ANALYZE;
"""
PAGE = 20


def filled(stored: int) -> Bench:
    """A database with so many processes, all but a thousandth of which supply."""
    bench = waiting(stored, 1)
    with closing(sqlite3.connect(bench.folder / "market.db")) as connection:
        connection.execute("PRAGMA synchronous=OFF")
        done = "UPDATE instances SET state = 'supplying', status = 'resting' WHERE rowid % :part > 0"
        connection.execute(done, {"part": max(stored // 500, 2)})
        connection.commit()
        connection.executescript(_MORE)
    return bench


def tasks(bench: Bench, stored: int) -> dict[str, Callable[[int], object]]:
    """What is timed, by name; each is given the number of a process."""
    engine = bench.engine
    numbers = count()

    def point(number: int) -> str:
        return f"70705754{number % stored:010d}"

    def begin(_number: int) -> object:
        return engine.start(ediel.MasterDataQuery(metering_point=f"70705755{next(numbers):010d}"), party=SUPPLIER)

    return {
        "find by metering point": lambda number: engine.find(metering_point=point(number), most=PAGE),
        "find by key": lambda number: engine.find(key=f"web-{number % stored + 1}", most=PAGE),
        "find by tag": lambda number: engine.find(tags={"customer": f"c{number % stored // 3}"}, most=PAGE),
        "find by status open": lambda _number: engine.find(status="open", most=PAGE),
        "find by process and status": lambda _: engine.find(process="BRS-NO-101", status="done", most=PAGE),
        "timeline": lambda number: engine.timeline(point(number), most=PAGE),
        "due": lambda _number: engine.due(timedelta(days=5), most=PAGE),
        "start, with events that nobody subscribes to": begin,
    }


def growth(small: int = 1_000, large: int = 1_000_000, rounds: int = 41, inner: int = 25) -> dict[str, float]:
    """How much more each costs with a million stored processes than with a thousand."""
    benches = [(filled(size), size) for size in (small, large)]
    try:
        random = Random(1)
        sets = [tasks(bench, size) for bench, size in benches]
        ratios: dict[str, list[float]] = {name: [] for name in sets[0]}
        for turn in range(rounds):
            for name, found in ratios.items():
                chosen = [random.randrange(large) for _ in range(inner)]
                took = [0.0, 0.0]
                for place in (0, 1) if turn % 2 else (1, 0):
                    task = sets[place][name]
                    gc.collect(0)
                    began = time.perf_counter()
                    for number in chosen:
                        task(number)
                    took[place] = time.perf_counter() - began
                found.append(took[1] / took[0])
        return {name: median(found[2:]) for name, found in ratios.items()}
    finally:
        for bench, _ in benches:
            bench.close()


if __name__ == "__main__":
    for name, ratio in growth().items():
        print(f"{name:48} {ratio:.2f}")
