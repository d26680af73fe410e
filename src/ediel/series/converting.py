"""Files of values to files by month: each input once, whatever it is called, and what it no longer holds is removed.

An input is known by its path and by the digest of its content. What was written of it stands in a record beside the
files; where the content is another one, all of it is written again, and files that are not of it any more go.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Final, TypedDict

import pyarrow as pa

from ediel.errors import InvalidTable
from ediel.series._read import count_ways, ways
from ediel.series._rows import Reading
from ediel.series.exporting import ENDINGS, Form, Written, export
from ediel.series.importing import load_all
from ediel.series.streaming import stream

__all__ = ["Converted", "convert", "gone", "remove"]

_RECORDS: Final = ".done"
_TABLES: Final = (".parquet", ".csv", ".jsonl")


@dataclass(frozen=True, slots=True)
class Converted:
    """One input.

    Attributes:
        path: where it is.
        files: what there is of it, a file for each Norwegian month.
        rows: how many values it holds; as many are in the files.
        skipped: it was converted before, and neither it nor the files have changed.
        removed: files that held values of it, and are gone.
        notes: what was found out about its form.
    """

    path: Path
    files: tuple[Written, ...]
    rows: int
    skipped: bool = False
    removed: tuple[Path, ...] = ()
    notes: tuple[str, ...] = ()


def convert(
    paths: Iterable[Path], folder: Path, form: Form, *, jobs: int = 1, reading: Reading | None = None
) -> Iterator[Converted]:
    """Convert files, one by one; one that was converted before and has not changed is let pass.

    Args:
        paths: messages, envelopes or poll responses (see ``stream``), or tables (see ``load_all``); each is converted
            once, however often it is named.
        folder: where; ``month=2026-11/NAME-KEY.parquet`` and the like are made in it, with a key of the path.
        form: as ``export`` has it.
        jobs: how many files at the same time, each in a process of its own.
        reading: how CSV files are to be read.

    Yields:
        Each input with what there is of it.

    Raises:
        InvalidMessage, InvalidTable: a file is not valid; those before it are written.
        InvalidTable: a file has changed while it was read, or the folder was written by an earlier release.
        OSError: a file cannot be read or written.
    """
    every = list({path.resolve(): path for path in paths}.values())
    old = [path for path in (folder / _RECORDS).glob(f"*.{form}") if path.is_file()]
    if old:
        raise InvalidTable(f"{folder} was written by an earlier release, which kept no digests; give another folder")
    one = partial(_convert, folder=folder, form=form, reading=reading)
    if jobs <= 1:
        for path in every:
            yield one(path)[0]
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        try:
            for converted, ways_before in pool.map(one, every):
                count_ways(ways_before)
                yield converted
        finally:
            pool.shutdown(cancel_futures=True)


def gone(folder: Path, form: Form) -> Iterator[tuple[Path, tuple[Path, ...]]]:
    """Inputs that were converted and are not there any more, with the files that hold their values."""
    for record in sorted((folder / _RECORDS).glob(f"*.{form}.json")):
        known = _read(record)
        if known is not None and not Path(known["path"]).exists():
            yield record, tuple(folder / item["path"] for item in known["files"])


def remove(record: Path, files: Iterable[Path]) -> None:
    """Remove the files of an input, and its record."""
    for path in files:
        path.unlink(missing_ok=True)
    record.unlink(missing_ok=True)


def _convert(path: Path, folder: Path, form: Form, reading: Reading | None) -> tuple[Converted, dict[str, int]]:
    """One file; gives what there is of it, and which ways of reading were taken."""
    place = str(path.resolve())
    key = hashlib.sha256(place.encode("utf-8", "surrogateescape")).hexdigest()[:12]
    record = folder / _RECORDS / f"{key}.{form}.json"
    before, digest = _stamp(path), _digest(path, reading)
    name = f"{_stem(path)}-{key}"
    known = _read(record)
    mine = [] if known is None else [Written(folder / item["path"], item["rows"]) for item in known["files"]]
    if known is not None and known["digest"] == digest and all(item.path.exists() for item in mine):
        return Converted(path, tuple(mine), known["rows"], skipped=True), {}
    ways_before = ways()
    notes: list[str] = []
    read = 0

    def tables() -> Iterator[pa.Table]:
        nonlocal read
        for table in _tables(path, reading, notes):
            read += table.num_rows
            yield table
        if _stamp(path) != before:
            raise InvalidTable(f"{path.name} has changed while it was read; convert it again")

    there = set(folder.glob(f"month=*/{name}{ENDINGS[form]}"))  # the record may be lost
    written = tuple(export(tables(), folder, form, name))
    rows = sum(item.rows for item in written)
    if rows != read:
        raise AssertionError(f"{read} values were read and {rows} written")
    left = tuple(sorted((there | {item.path for item in mine}) - {item.path for item in written}))
    for stale in left:
        stale.unlink(missing_ok=True)
    files = [{"path": item.path.relative_to(folder).as_posix(), "rows": item.rows} for item in written]
    entry = {"path": place, "digest": digest, "rows": rows, "files": files}
    _write(record, json.dumps(entry, ensure_ascii=False, indent=1).encode("utf-8", "surrogateescape"))
    used = {way: count - ways_before.get(way, 0) for way, count in ways().items()}
    return Converted(path, written, rows, removed=left, notes=tuple(notes)), used


def _tables(path: Path, reading: Reading | None, notes: list[str]) -> Iterator[pa.Table]:
    if not is_table(path):
        yield from stream(path)
        return
    loaded = load_all(path, reading=reading)
    notes += loaded.notes
    yield loaded.table


def is_table(path: Path) -> bool:
    """Whether the name of a file says that it is a table, and no message."""
    return path.name.lower().removesuffix(".gz").endswith(_TABLES)


def _stem(path: Path) -> str:
    name = path.name[:-3] if path.name.lower().endswith(".gz") else path.name
    return name[: -len(Path(name).suffix)] if Path(name).suffix.lower() in {*_TABLES, ".xml"} else name


def _stamp(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_mtime_ns, found.st_size


def _digest(path: Path, reading: Reading | None) -> str:
    """Of the content, and of how it is read."""
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256")
    if reading is not None and is_table(path):
        found.update(repr((reading.delimiter, reading.decimal, sorted(reading.columns.items()))).encode())
    return found.hexdigest()


class _Record(TypedDict):
    """What was written of an input."""

    path: str
    digest: str
    rows: int
    files: list[_File]


class _File(TypedDict):
    path: str
    rows: int


def _read(record: Path) -> _Record | None:
    """The record of an input; nothing where there is none, or a torn one: then the input is converted again."""
    try:
        found: _Record = json.loads(record.read_bytes())
        return found if found.keys() >= _Record.__annotations__.keys() else None
    except (OSError, ValueError, AttributeError):
        return None


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.new")
    temporary.write_bytes(data)
    temporary.replace(path)
