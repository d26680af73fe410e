"""What `make bench` measures still runs: on little, and without looking at the clock."""

from __future__ import annotations

from ediel.engine import Page
from tests.benchmarks import engine, lookup


def test_the_bench_of_the_engine_has_processes_that_get_their_answers() -> None:
    bench = engine.waiting(40, 4)
    try:
        for data in bench.answers:
            assert bench.engine.receive(data)
        states = [row["state"] for row in bench.engine.browse.processes()]
        assert len(states) == 40
        assert states.count("requested") == 36
    finally:
        bench.close()


def test_the_bench_of_lookups_finds_what_it_asks_for() -> None:
    bench = lookup.filled(40)
    try:
        found = {name: task(3) for name, task in lookup.tasks(bench, 40).items()}
        sizes = {name: len(page) for name, page in found.items() if isinstance(page, Page)}
        assert sizes == {
            "find by metering point": 1, "find by key": 1, "find by tag": 3, "find by status open": 20,
            "find by process and status": 20, "timeline": 1, "due": 20,
        }  # fmt: skip
    finally:
        bench.close()
