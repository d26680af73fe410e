"""What many orders cost in one call, against bare commits of the bytes that they send; interleaved, in one run."""

from __future__ import annotations

import shutil
import tempfile
import time
from datetime import timedelta
from itertools import count
from pathlib import Path
from statistics import median

import ediel
from ediel.engine import Engine, Order, Party
from tests.benchmarks.engine import NOW, bare

THIRD_PARTY = "7080001300012"


def requests(first: int, size: int) -> list[Order]:
    """Requests for access, each with a key and a tag."""
    points = [f"7070575400{number:08d}" for number in range(first, first + size)]
    return [
        Order(ediel.AccessRequest(metering_point=point), key=f"spring/{point}", tags={"campaign": "spring"})
        for point in points
    ]


def started(rounds: int = 9, size: int = 1000, *, wait: float = 0) -> tuple[float, float]:
    """Of one request: its ratio to a bare commit, and the seconds of that; medians. ``wait`` slows each commit."""
    folder = Path(tempfile.mkdtemp(prefix="many"))
    ticks = count(1)
    engine = Engine.open(
        f"sqlite:///{folder / 'market.db'}",
        party=Party(THIRD_PARTY, "AG"),
        clock=lambda: NOW + timedelta(milliseconds=next(ticks)),
    )
    try:
        commit = bare(folder)
        engine.start_many(requests(0, 100))
        data = bytes(engine.outbox.pending(most=1)[0]["data"])
        ratios, times = [], []
        for number in range(1, rounds + 1):
            began = time.perf_counter()
            for _ in range(size):
                commit(data)
                time.sleep(wait)
            baseline = time.perf_counter() - began
            orders = requests(number * size, size)
            began = time.perf_counter()
            results = engine.start_many(orders, batch=500)
            took = time.perf_counter() - began + wait * size / 500
            if any(item.outcome != "begun" for item in results):
                raise AssertionError("an order was refused")
            ratios.append(took / baseline)
            times.append(baseline / size)
        return median(ratios), median(times)
    finally:
        engine.close()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    print(started())
