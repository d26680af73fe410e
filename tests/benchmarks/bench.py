"""``make bench``: what things cost, as ratios to work that everybody knows.

All candidates of a group run in one process, interleaved: in each round every candidate is timed once, in a new order,
and divided by the baseline of the same round; the ratio is the median over the rounds. Absolute times on a shared
machine wander by a quarter, ratios by a twentieth. Whole commands are timed as processes in the same way.

Rivals run when they are installed (``pip install --group rivals``). The table goes to the terminal, and to
``build/bench.json`` as a list of objects with ``name``, ``ratio`` and ``limit``.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from random import Random
from statistics import median
from typing import Any
from uuid import UUID

from lxml import etree

import ediel
from ediel import messages as m
from ediel.xml import packaged

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build"
Task = Callable[[], object]


@dataclass
class Result:
    """One row of the table."""

    name: str
    ratio: float
    limit: float | None
    note: str = ""


def ratios(baseline: str, tasks: dict[str, Task], rounds: int, inner: int) -> tuple[dict[str, float], float]:
    """Median ratio of each task to the baseline, and the baseline's median time in seconds."""
    random = Random(1)
    for task in tasks.values():
        task()
    samples: dict[str, list[float]] = {name: [] for name in tasks}
    times: list[float] = []
    gc.collect()
    gc.freeze()
    for _ in range(rounds):
        order = list(tasks)
        random.shuffle(order)
        took = {}
        for name in order:
            task = tasks[name]
            gc.collect()
            bytearray(1 << 16)  # the allocator sorts what the task before has freed now, and not on this one's time
            started = time.perf_counter()
            for _ in range(inner):
                task()
            took[name] = (time.perf_counter() - started) / inner
        times.append(took[baseline])
        for name, value in took.items():
            samples[name].append(value / took[baseline])
    gc.unfreeze()
    return {name: median(values) for name, values in samples.items()}, median(times)


def start_of_supply() -> bytes:
    return (ROOT / "fixtures" / "valid" / "RequestStartOfSupply-101.xml").read_bytes()


def series(count: int = 400, values: int = 24) -> bytes:
    """Notified values of ``count`` points: mostly metered, some estimated and temporary, as a morning brings them."""
    random = Random(7)
    header = ediel.read(start_of_supply()).header
    payloads = []
    for number in range(count):
        rows = []
        for place in range(1, values + 1):
            value = ediel.messages._values.decimal_value(f"{random.lognormvariate(0, 1):.3f}")
            draw = random.random()
            if draw < 0.9:
                rows.append(m.Observation(place, value))
            elif draw < 0.98:
                rows.append(
                    m.Observation(
                        place, value, m.ObservationKind.ESTIMATED, ediel.codes.Quality.ESTIMATED,
                        ediel.codes.ValidationCode.V002, ediel.codes.EstimationCode.E001,
                    )
                )  # fmt: skip
            else:
                rows.append(
                    m.Observation(
                        place, value, m.ObservationKind.TEMPORARY, validation_code=ediel.codes.ValidationCode.V003
                    )
                )
        payloads.append(
            {
                "identification": UUID(int=random.getrandbits(128)),
                "registration_time": "2026-11-20T04:34:12+01:00",
                "insert_time": "2026-11-20T06:34:12+01:00",
                "period": {
                    "resolution": "PT1H",
                    "start": "2026-11-19T00:00:00+01:00",
                    "end": "2026-11-20T00:00:00+01:00",
                },
                "product": {"product": "8716867000030", "unit": "kWh"},
                "characteristics": {"direction": "Out", "business_type": "MP01"},
                "metering_point": f"{707057500000000000 + number * 10}",
                "observations": rows,
            }
        )
    message = m.NotifyValidatedDataForBillingEnergy.model_validate(
        {
            "header": header.model_copy(
                update={
                    "document_type": ediel.codes.DocumentType("E66"),
                    "document_type_agency": ediel.codes.Agency("260"),
                }
            ),
            "process": {"business_process": "BRS-NO-313", "role": "DDQ"},
            "payloads": payloads,
        }
    )
    return ediel.write(message)


def collected(count: int = 400, values: int = 24) -> bytes:
    """The same as a collector sends them in, BRS-NO-313."""
    notified = ediel.read(series(count, values))
    model: Any = ediel.read((ROOT / "fixtures" / "valid" / "CollectedData-313-hourly.xml").read_bytes())
    one = model.payloads[0]
    fields = ("identification", "registration_time", "period", "product", "metering_point", "observations")
    payloads = tuple(
        one.model_copy(update={name: getattr(item, name) for name in fields})
        for item in notified.payloads  # type: ignore[attr-defined]
    )
    return ediel.write(model.model_copy(update={"payloads": payloads}))


def rules(rounds: int) -> list[Result]:
    """The business rules on a typed message, against parsing and validating its bytes."""
    from ediel.rules import judge

    results = []
    for name, data, limit, inner in (
        ("start of supply", start_of_supply(), 1.0, 40),
        ("313, 400 x 24 values", collected(), 0.6, 1),
    ):
        message = ediel.read(data)
        verdicts = judge(message, DAY)
        assert len(verdicts) > 10
        assert not any(verdict.outcome == "failed" for verdict in verdicts)
        tasks: dict[str, Task] = {BASE: baseline(data), "rules": partial(judge, message, DAY)}
        found, _ = ratios(BASE, tasks, max(rounds // 3, 5) if inner == 1 else rounds, inner)
        results.append(Result(f"{name}: rules", found["rules"], limit))
    return results


def baseline(data: bytes) -> Task:
    """What everybody must pay: lxml parses and validates the same bytes."""
    schema = packaged().schema(etree.QName(etree.fromstring(data)).namespace or "")

    def task() -> None:
        if not schema.validate(etree.fromstring(data)):
            raise AssertionError("the benchmark's own message is not valid")

    return task


BASE = "lxml parse + XSD"
DAY = date(2026, 11, 25)
"""The day for which the fixtures were made."""


def small(rounds: int, *, rivals: bool) -> list[Result]:
    data = start_of_supply()
    message = ediel.read(data)
    tasks: dict[str, Task] = {
        BASE: baseline(data),
        "read": lambda: ediel.read(data),
        "write": lambda: ediel.write(message, validate=False),
        "write and check": lambda: ediel.write(message),
        "inspect": lambda: ediel.xml.check_schema(data),
    }
    names = {"read": 2.5, "write": 1.0, "write and check": None, "inspect": None}
    others = _rivals("RequestStartOfSupply", data) if rivals else {}
    found, seconds = ratios(BASE, {**tasks, **others}, rounds, 40)
    results = [Result(f"start of supply: {BASE}", 1.0, None, f"{seconds * 1e6:.0f} µs")]
    results += [Result(f"start of supply: {name}", found[name], limit) for name, limit in names.items()]
    return results + [Result(f"start of supply: {name}", found[name], None, "rival") for name in others]


def large(rounds: int, *, rivals: bool) -> list[Result]:
    data = series()
    message = ediel.read(data)
    tasks: dict[str, Task] = {
        BASE: baseline(data),
        "read to typed columns": lambda: ediel.read(data),
        "write": lambda: ediel.write(message, validate=False),
    }
    others = _rivals("NotifyValidatedDataForBillingEnergy", data) if rivals else {}
    found, seconds = ratios(BASE, {**tasks, **others}, max(rounds // 3, 5), 1)
    results = [
        Result(f"400 x 24 values: {BASE}", 1.0, None, f"{seconds * 1e3:.1f} ms, {9600 / seconds / 1e3:.0f}k values/s")
    ]
    results.append(Result("400 x 24 values: read to typed columns", found["read to typed columns"], 2.2))
    results.append(Result("400 x 24 values: write", found["write"], None))
    return results + [Result(f"400 x 24 values: {name}", found[name], None, "rival") for name in others]


def _rivals(name: str, data: bytes) -> dict[str, Task]:
    from tests.benchmarks.rivals import tasks

    return tasks(name, data, BUILD / "rivals")


def columns(rounds: int) -> list[Result]:
    """Bytes to validated columns and back, compact and indented, without the accelerator and with it."""
    try:
        from ediel.series import _fast, _matched, write_messages
    except ModuleNotFoundError:
        return []
    ways: dict[str, Any] = {"": _fast} | ({", accelerated": _matched} if _matched.available() else {})
    results = []
    for name, count, values, inner in (("9999 x 24", 9999, 24, 1), ("400 x 24", 400, 24, 1), ("100 x 96", 100, 96, 1)):
        data = series(count, values) if values == 24 else quarters(count)
        pretty = etree.tostring(etree.fromstring(data), pretty_print=True, xml_declaration=True, encoding="UTF-8")
        rows = rounds if count < 1000 else 7
        for form, text in (("compact", data), ("indented", pretty)):
            tasks = {way: partial(_table, module, text) for way, module in ways.items()}
            found, seconds = ratios(BASE, {BASE: baseline(text), **tasks}, rows, inner)
            for way in ways:
                limit = (0.06 if count > 1000 else 0.10) if way else 0.40 if form == "compact" else 0.80
                note = f"{count * values / seconds / found[way] / 1e6:.2f} M values/s"
                results.append(Result(f"{name} values to columns, {form}{way}", found[way], limit, note))
        table, message = _fast.read(data).table(), ediel.read(data)
        writing = {way: partial(_written, write_messages, table, message, quick=bool(way)) for way in ways}
        wrote, _ = ratios(BASE, {BASE: baseline(data), **writing}, rows, inner)
        results += [Result(f"{name} values from columns{way}", wrote[way], 0.15) for way in ways]
    return results


def _table(module: Any, data: bytes) -> object:
    return module.read(data).table()


def _written(write: Callable[..., Any], table: object, message: Any, *, quick: bool) -> int:
    """Columns as messages, each with its frame checked by nobody: valid by construction."""
    made = write(table, message.header, message.process, kind=message.name(), check="none", quick=quick)
    return sum(len(data) for data in made)


def quarters(count: int) -> bytes:
    """Quarter-hourly values of a day."""
    return series(count, 96).replace(b">PT1H<", b">PT15M<")


def signed(rounds: int, *, rivals: bool) -> list[Result]:
    """Signing and verifying a small envelope beside one RSA signature and one parse; verifying a large one of values."""
    from tests.benchmarks import signatures as bench

    tasks = bench.small(start_of_supply(), rivals=rivals)
    found, seconds = ratios(bench.BASE, tasks, rounds, 20)
    results = [Result(f"envelope: {bench.BASE}", 1.0, None, f"{seconds * 1e6:.0f} µs")]
    limits = {"sign": 1.5, "verify": 1.5}
    for name in list(tasks)[1:]:
        note = "rival" if name.endswith(("zeep", "signxml")) else ""
        results.append(Result(f"envelope: {name}", found[name], limits.get(name), note))
    results.append(Result(f"envelope: verify / {bench.VERIFYING}", found["verify"] / found[bench.VERIFYING], None))
    one = series(5000)
    data, tasks = bench.values((one, one))
    found, seconds = ratios(
        "lxml parse", {"lxml parse": lambda: etree.fromstring(data), **tasks}, max(rounds // 4, 5), 1
    )
    for name in tasks:
        note = f"{len(data) / 1e6 / seconds / found[name]:.0f} MB/s"
        limit = 1.0 if "bytes" in name else None
        results.append(Result(f"10,000 x 24 values, signed: {name} / lxml parse", found[name], limit, note))
    return results


def commands(rounds: int) -> list[Result]:
    """Whole processes: Python's start, imports and all."""
    ediel_command = str(Path(sys.executable).with_name("ediel"))
    fixture = str(ROOT / "fixtures" / "valid" / "RequestStartOfSupply-101.xml")
    tasks = {
        "import click": [sys.executable, "-c", "import click"],
        "ediel --help": [ediel_command, "--help"],
        "import lxml.etree, pydantic": [sys.executable, "-c", "import lxml.etree, pydantic"],
        "ediel validate": [ediel_command, "validate", "--on", DAY.isoformat(), fixture],
    }

    # as an installed package is, with its modules compiled; wherever this runs
    compiled = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(BUILD / "compiled")}

    def task(command: list[str]) -> Task:
        return lambda: subprocess.run(command, stdout=subprocess.DEVNULL, check=True, env={**os.environ, **compiled})

    run = {name: task(command) for name, command in tasks.items()}
    first, click_seconds = ratios("import click", {k: run[k] for k in ("import click", "ediel --help")}, rounds, 1)
    pair = ("import lxml.etree, pydantic", "ediel validate")
    second, import_seconds = ratios(pair[0], {k: run[k] for k in pair}, rounds, 1)
    return [
        Result("process: ediel --help / import click", first["ediel --help"], 2.5, f"{click_seconds * 1e3:.0f} ms = 1"),
        Result(
            "process: ediel validate FILE / import lxml.etree, pydantic",
            second["ediel validate"],
            4.0,
            f"{import_seconds * 1e3:.0f} ms = 1",
        ),
    ]


def engine(*, grow: bool) -> list[Result]:
    """Receiving with full durability on SQLite: archive, schema, rules, step, one commit."""
    from tests.benchmarks import engine as bench
    from tests.benchmarks import lookup
    from tests.benchmarks import many as many_orders

    results = []
    for wait, disk in ((0.0, ""), (0.001, ", a commit 1 ms slower")):
        found, seconds = bench.throughput(wait=wait)
        single, batch = found["one by one"], found["in batches"]
        note = f"bare commit {seconds * 1e6:.0f} us = 1; a message in a batch {batch * seconds * 1e6:.0f} us"
        results += [
            Result(f"engine: receive one by one / bare commits{disk}", single, 3.0, note),
            Result(f"engine: receive in batches of 100 / bare commits{disk}", batch, None),
            Result(f"engine: in batches / one by one{disk}", batch / single, 1 / 8),
        ]
        many, seconds = many_orders.started(wait=wait)
        note = f"bare commit {seconds * 1e6:.0f} us = 1"
        results.append(Result(f"engine: start_many of 1,000, each / bare commits{disk}", many, None, note))
    if grow:
        results.append(Result("engine: 1,000,000 stored processes / 1,000", bench.growth(), 1.3))
        found = lookup.growth()
        results += [Result(f"engine: {name}, 1,000,000 / 1,000", ratio, 1.3) for name, ratio in found.items()]
    return results


def main() -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description="What things cost, as ratios.")
    parser.add_argument("--rounds", type=int, default=31)
    parser.add_argument("--no-rivals", action="store_true")
    parser.add_argument("--no-growth", action="store_true", help="leave out the database with a million processes")
    options = parser.parse_args()
    rivals = not options.no_rivals
    results = (
        small(options.rounds, rivals=rivals)
        + large(options.rounds, rivals=rivals)
        + columns(options.rounds)
        + rules(options.rounds)
        + signed(options.rounds, rivals=rivals)
        + commands(options.rounds)
        + engine(grow=not options.no_growth)
    )
    width = max(len(result.name) for result in results)
    print(f"\nRatio to {BASE!r} of the same bytes = 1.00, medians of interleaved rounds; smaller is faster\n")
    print(f"{'':<{width}}  {'ratio':>7}  {'limit':>6}")
    for result in results:
        limit = f"{result.limit:.2f}" if result.limit is not None else ""
        verdict = "" if result.limit is None else "  ok" if result.ratio <= result.limit else "  OVER THE LIMIT"
        print(f"{result.name:<{width}}  {result.ratio:>7.2f}  {limit:>6}{verdict}  {result.note}")
    BUILD.mkdir(exist_ok=True)
    rows = [
        {"name": item.name, "ratio": round(item.ratio, 4), "limit": item.limit, "note": item.note} for item in results
    ]
    (BUILD / "bench.json").write_text(json.dumps(rows, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"\nwritten to {(BUILD / 'bench.json').relative_to(ROOT)}")
    over = [result.name for result in results if result.limit is not None and result.ratio > result.limit]
    return 1 if over else 0


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))  # it is run by its path
    sys.exit(main())
