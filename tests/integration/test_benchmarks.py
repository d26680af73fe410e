"""What `make bench` measures still runs: on little, and without looking at the clock."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def engine_bench(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1] / "benchmarks"))
    monkeypatch.delitem(sys.modules, "engine", raising=False)
    import engine

    return engine


def test_the_bench_of_the_engine_has_processes_that_get_their_answers(engine_bench: Any) -> None:
    bench = engine_bench.waiting(40, 4)
    try:
        for data in bench.answers:
            assert bench.engine.receive(data)
        states = [row["state"] for row in bench.engine.browse.processes()]
        assert len(states) == 40
        assert states.count("requested") == 36
    finally:
        bench.close()
