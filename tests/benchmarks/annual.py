"""Annual volumes out of core: a year of hourly values of many metering points in Parquet, and the sums of it.

``python tests/benchmarks/annual.py --points 20000`` makes the files in a temporary folder (about 10 MB for 1,000 points),
computes, compares a sample of 1,000 points with a sum that is slow and obvious, and prints JSON. ``--duckdb`` sums the
same days by DuckDB, in turns, on one thread each, and compares every point to the thousandth.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

ON = date(2026, 11, 27)
BLOCK = 1000
SAMPLE = 1000


def block(first: int, count: int) -> tuple[pa.Table, Any]:
    """A year of some points, and its thousandths, a row for each point."""
    from ediel.calendar import midnight
    from ediel.series import SCHEMA
    from ediel.series._columns import micros

    begin, end = micros(midnight(ON - timedelta(days=365))), micros(midnight(ON))
    hours = (end - begin) // 3_600_000_000
    values = np.random.default_rng(first).integers(0, 5000, (count, hours))
    rows = count * hours
    start = np.tile(begin + np.arange(hours, dtype="i8") * 3_600_000_000, count)

    def word(text: str) -> pa.Array:
        return pa.DictionaryArray.from_arrays(np.zeros(rows, "i4"), pa.array([text]))

    points = pa.array([f"7070575{number:011}" for number in range(first, first + count)])
    given = {
        "metering_point": pa.DictionaryArray.from_arrays(np.repeat(np.arange(count, dtype="i4"), hours), points),
        "product": word("8716867000030"), "direction": word("Out"), "resolution": word("PT1H"),
        "start": pa.array(start).cast(SCHEMA.field("start").type),
        "end": pa.array(start + 3_600_000_000).cast(SCHEMA.field("end").type),
        "thousandths": pa.array(values.ravel()), "kind": word("Metered"),
        "registration_time": pa.array(start + 10**11).cast(SCHEMA.field("registration_time").type),
        "insert_time": pa.array(start + 10**11).cast(SCHEMA.field("insert_time").type),
    }  # fmt: skip
    return pa.table(given), values


_SQL = """
with days as (
    select metering_point, timezone('Europe/Oslo', start)::date as day, count(*) as found, sum(thousandths) as total
    from read_parquet({files})
    where direction = 'Out' and start >= '{begin}' and start < '{end}'
    group by all
)
select metering_point, count(*) as days, sum(total)::bigint as total from days group by all
"""


def by_duckdb(paths: list[Path]) -> tuple[dict[str, int], float]:
    """Thousandths of each point by SQL over Norwegian days, and the seconds of processor time."""
    import duckdb

    from ediel.calendar import midnight

    connection = duckdb.connect(config={"threads": 1})
    files = [str(path) for path in paths]
    begin, end = (midnight(day).isoformat() for day in (ON - timedelta(days=365), ON))
    begun = time.process_time()
    rows = connection.execute(_SQL.format(files=files, begin=begin, end=end)).fetchall()
    seconds = time.process_time() - begun
    connection.close()
    if {days for _, days, _ in rows} != {365}:
        raise AssertionError("days are missing")
    return {point: total for point, _, total in rows}, seconds


def against_duckdb(points: int, rounds: int = 3) -> dict[str, Any]:
    """Both in turns, on one thread each."""
    from ediel.series import annual_volumes

    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)
    with tempfile.TemporaryDirectory(prefix="ediel-annual-") as name:
        paths = []
        for first in range(0, points, BLOCK):
            paths.append(Path(name) / f"part-{first:08}.parquet")
            pq.write_table(block(first, min(BLOCK, points - first))[0], paths[-1], compression="zstd")
        ours, theirs, columns = [], [], []
        for _ in range(rounds):
            begun = time.process_time()
            found = pa.concat_tables(list(annual_volumes(paths, ON)))
            ours.append(time.process_time() - begun)
            totals, seconds = by_duckdb(paths)
            theirs.append(seconds)
            begun = time.process_time()
            for path in paths:
                pq.read_table(path, columns=["metering_point", "direction", "start", "thousandths"], use_threads=False)
            columns.append(time.process_time() - begun)
    volumes = dict(zip(found["metering_point"].to_pylist(), found["kwh"].to_pylist(), strict=True))
    if volumes != {point: (total * 2 + 1000) // 2000 for point, total in totals.items()}:
        raise AssertionError("the volumes are not those of DuckDB")
    values, best = points * 8760, min(ours)
    return {
        "points": points, "values": values, "values_per_second": round(values / best),
        "duckdb_values_per_second": round(values / min(theirs)), "of_duckdb": round(best / min(theirs), 2),
        "of_reading_the_columns": round(best / min(columns), 2),
    }  # fmt: skip


def measure(points: int) -> dict[str, Any]:
    """Make, compute, compare."""
    from ediel.series import annual_volumes

    expected: dict[str, int] = {}
    with tempfile.TemporaryDirectory(prefix="ediel-annual-") as name:
        paths = []
        for first in range(0, points, BLOCK):
            count = min(BLOCK, points - first)
            table, values = block(first, count)
            paths.append(Path(name) / f"part-{first:08}.parquet")
            pq.write_table(table, paths[-1], compression="zstd", use_dictionary=True)
            for number in range(count):
                if len(expected) < SAMPLE and (first + number) % max(1, points // SAMPLE) == 0:
                    total = sum(int(value) for value in values[number])  # slow and obvious
                    expected[f"7070575{first + number:011}"] = (total * 2 + 1000) // 2000
            del table, values
        size = sum(path.stat().st_size for path in paths)
        begun = time.perf_counter()
        found = pa.concat_tables(list(annual_volumes(paths, ON)))
        seconds = time.perf_counter() - begun
    volumes = dict(zip(found["metering_point"].to_pylist(), found["kwh"].to_pylist(), strict=True))
    wrong = [point for point, kwh in expected.items() if volumes[point] != kwh]
    if wrong or found.num_rows != points:
        raise AssertionError(f"{len(wrong)} of {len(expected)} are wrong, {found.num_rows} points")
    values_read = points * 8760
    return {
        "points": points, "values": values_read, "seconds": round(seconds, 1), "parquet_gb": round(size / 1e9, 2),
        "values_per_second": round(values_read / seconds), "compared": len(expected),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "seconds_for_a_million": round(seconds / points * 1e6),
    }  # fmt: skip


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--points", type=int, default=20_000)
    arguments.add_argument("--duckdb", action="store_true")
    options = arguments.parse_args()
    made = (against_duckdb if options.duckdb else measure)(options.points)
    sys.stdout.write(json.dumps(made) + "\n")
