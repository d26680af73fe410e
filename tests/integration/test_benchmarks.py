"""What `make bench` measures still runs: on little, and without looking at the clock."""

from __future__ import annotations

from tests.benchmarks import engine


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
