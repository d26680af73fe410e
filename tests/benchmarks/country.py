"""The country's day: hourly values of every metering point, made as messages, read, judged, and written.

``python tests/benchmarks/country.py [--points 3400000] [--values 24|96] [--form parquet|csv] [--jobs 2]`` prints JSON.
Messages are made one at a time, and only the reading, judging and writing of them is timed; files go to a temporary
folder, whose size is told. Elhub's own figure for its bulk service, CSV, is about 278,000 values a second.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import date, timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

ROOT = Path(__file__).resolve().parents[2]
DAY = date(2026, 11, 19)
ELHUB = 278_000
SERIES = 9999


def table(first: int, count: int, values: int) -> pa.Table:
    """Some points with a day of values: mostly metered, some estimated and temporary."""
    from ediel.calendar import midnight
    from ediel.series import SCHEMA
    from ediel.series._columns import KINDS, micros

    chance = np.random.default_rng(first)
    rows = count * values
    start, end = micros(midnight(DAY)), micros(midnight(DAY + timedelta(days=1)))
    step = (end - start) // values
    kind = chance.choice(3, rows, p=[0.97, 0.025, 0.005])
    points = pa.array([f"7070575{number:011}" for number in range(first, first + count)])
    ids = pa.array([f"00000000-0000-4000-8000-{number:012x}" for number in range(first, first + count)])
    of = np.repeat(np.arange(count, dtype="i4"), values)
    place = np.tile(np.arange(values, dtype="i8"), count)

    def word(text: str) -> pa.Array:
        return pa.DictionaryArray.from_arrays(np.zeros(rows, "i4"), pa.array([text]))

    def marked(text: str, which: Any) -> pa.Array:
        return pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, "i4"), mask=~which), pa.array([text]))

    def moment(at: Any) -> pa.Array:
        return pa.array(np.broadcast_to(at, rows).astype("i8")).cast(SCHEMA.field("start").type)

    given = {
        "metering_point": pa.DictionaryArray.from_arrays(of, points), "product": word("8716867000030"), "unit": word("kWh"),
        "direction": word("Out"), "business_type": word("MP01"), "resolution": word("PT1H" if values == 24 else "PT15M"),
        "start": moment(start + place * step), "end": moment(start + (place + 1) * step),
        "sequence": pa.array((place + 1).astype("i4")), "thousandths": pa.array(chance.integers(0, 9000, rows)),
        "kind": pa.DictionaryArray.from_arrays(kind.astype("i4"), pa.array(KINDS[:3])), "quality": marked("56", kind == 1),
        "validation_code": marked("V002", kind > 0), "estimation_code": marked("E001", kind == 1),
        "imbalance_settlement": pa.array(np.zeros(rows, "?")), "registration_time": moment(end + 5 * 3600 * 10**6),
        "insert_time": moment(end + 6 * 3600 * 10**6), "payload_id": pa.DictionaryArray.from_arrays(of, ids),
    }  # fmt: skip
    columns = [given.get(field.name, pa.nulls(rows, field.type)) for field in SCHEMA]
    return pa.table([column.cast(field.type) for column, field in zip(columns, SCHEMA, strict=True)], schema=SCHEMA)


def one(first: int, count: int, values: int, form: Any, folder: str) -> dict[str, float]:
    """One message: made, and then read, judged and written."""
    import ediel
    from ediel import series

    sample: Any = ediel.read((ROOT / "fixtures" / "valid" / "NotifyValidatedDataForBillingEnergy-313.xml").read_bytes())
    (data,) = series.write_messages(
        table(first, count, values), sample.header, sample.process, kind="NotifyValidatedDataForBillingEnergy", check="none"
    )  # fmt: skip
    begun = time.perf_counter()
    found = series.read_table(data)
    read = time.perf_counter()
    days = series.completeness(found)
    judged = time.perf_counter()
    written = list(series.export(found, Path(folder), form, f"values-{first:08}"))
    done = time.perf_counter()
    if (days.num_rows, sum(days["missing"].to_pylist()), found.num_rows) != (count, 0, count * values):
        raise AssertionError("what was read is not what was made")
    return {
        "read": read - begun, "judge": judged - read, "write": done - judged, "bytes": len(data),
        "size": sum(item.path.stat().st_size for item in written), "values": found.num_rows,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "fast": series.ways().get("fast", 0),
    }  # fmt: skip


def country(points: int, values: int, form: str, jobs: int) -> dict[str, Any]:
    """All of them, so many messages at the same time."""
    most = SERIES if values == 24 else SERIES // 4
    parts = [(first, min(most, points - first)) for first in range(0, points, most)]
    begun = time.perf_counter()
    pool = ProcessPoolExecutor(jobs, mp_context=get_context("spawn"))
    with tempfile.TemporaryDirectory(prefix="ediel-country-") as folder, pool:
        asked = [pool.submit(one, first, count, values, form, folder) for first, count in parts]
        found = [item.result() for item in asked]
    worked = sum(item[name] for item in found for name in ("read", "judge", "write"))
    every = sum(item["values"] for item in found)
    seconds = worked / jobs
    return {
        "points": points, "values": int(every), "form": form, "jobs": jobs,
        "seconds": round(seconds, 1), "values_per_second": round(every / seconds),
        "times_elhub": round(every / seconds / ELHUB, 1),
        "seconds_of": {name: round(sum(item[name] for item in found) / jobs, 1) for name in ("read", "judge", "write")},
        "xml_gb": round(sum(item["bytes"] for item in found) / 1e9, 2),
        "written_gb": round(sum(item["size"] for item in found) / 1e9, 2),
        "peak_mb_per_process": round(max(item["peak"] for item in found)),
        "with_making_the_messages_s": round(time.perf_counter() - begun, 1),
    }  # fmt: skip


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--points", type=int, default=3_400_000)
    arguments.add_argument("--values", type=int, choices=[24, 96], default=24)
    arguments.add_argument("--form", choices=["parquet", "csv", "jsonl"], default="parquet")
    arguments.add_argument("--jobs", type=int, default=2)
    asked = arguments.parse_args()
    sys.stdout.write(json.dumps(country(asked.points, asked.values, asked.form, asked.jobs)) + "\n")
