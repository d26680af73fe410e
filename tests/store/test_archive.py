"""The archive: packed, verified when it is read, and readable whatever release has packed it."""

from __future__ import annotations

import gzip
import hashlib
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from lxml import etree
from sqlalchemy import insert, select, update

from ediel.cli import main
from ediel.messages import MESSAGES, model
from ediel.store import ArchiveDamaged, Browser, Store, check_archive
from ediel.store import _packing as packing
from ediel.store import _schema as schema
from ediel.testing._sample import sample
from ediel.xml import write
from tests.benchmarks import bench
from tests.support.databases import KINDS, url

NOW = datetime(2026, 11, 27, 8, tzinfo=UTC)
MESSAGE = write(sample(model("ConfirmStartOfSupply"), seed=99))


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def run(arguments: list[str]) -> int:
    with pytest.raises(SystemExit) as found:
        main(arguments)
    return int(found.value.code or 0)


@pytest.fixture(params=KINDS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    made = Store.open(url(request.param, tmp_path))
    yield made
    made.close()


@given(st.binary(max_size=200) | st.sampled_from([MESSAGE, MESSAGE * 100, gzip.compress(MESSAGE)]))
@example(b"")
@example(b"x" * 32_768)
@example(b"x" * 32_769)
def test_what_is_packed_is_unpacked_and_never_larger(data: bytes) -> None:
    form, packed = packing.pack(data)
    assert len(packed) <= len(data)
    assert packing.unpack(form, packed, digest(data)) == data
    assert b"".join(packing.stream(form, packed, digest(data))) == data


def test_a_small_message_that_was_never_seen_takes_few_bytes() -> None:
    """Of each kind, some that the dictionary was not trained with; random digits and words cannot be packed."""
    for name in MESSAGES:
        made = [write(sample(model(name), seed=seed)) for seed in range(4700, 4710)]
        forms = [*made, *(etree.tostring(etree.fromstring(data), method="c14n", exclusive=True) for data in made)]
        small = [form for form in forms if len(form) < 5_000]
        assert sum(len(packing.pack(form)[1]) for form in small) <= 0.2 * sum(map(len, small)), name


def test_values_take_no_more_than_the_packed_bytes_that_came() -> None:
    data = bench.series(200, 24)
    canonical = etree.tostring(etree.fromstring(data), method="c14n", exclusive=True)
    assert len(packing.pack(canonical)[1]) <= 1.3 * len(gzip.compress(data))


def test_rows_of_a_release_that_did_not_pack_stay_readable(store: Store) -> None:
    """And beside them, what arrives now; the same bytes again change nothing."""
    old = {"sha256": digest(MESSAGE), "data": MESSAGE, "source": "", "received_at": "2026-01-01"}
    with store.connection(write=True) as connection:
        connection.execute(insert(schema.ARCHIVE).values(old))
    new = MESSAGE + b"<!-- another -->"
    with store.unit() as unit:
        assert not unit.archive([(digest(MESSAGE), MESSAGE), (digest(new), new)], "", NOW)
        assert unit.archived(digest(MESSAGE)) == MESSAGE
    browse = Browser(store)
    assert list(browse.archive()) == [(digest(MESSAGE), MESSAGE), (digest(new), new)]
    assert b"".join(browse.archived_pieces(digest(new))) == new
    assert list(browse.archived_pieces("0" * 64)) == []
    with store.connection() as connection:
        rows = connection.execute(select(schema.ARCHIVE.c.packing, schema.ARCHIVE.c.data))
        kept = {row.packing: bytes(row.data) for row in rows}
    assert kept[""] == MESSAGE
    assert len(kept[packing.DICTIONARIES[-1]]) < len(new) / 4


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"data": packing.pack(MESSAGE + b" ")[1]}, "what is there has the digest"),
        ({"data": b"\x28\xb5\x2f\xfd nonsense"}, "cannot be unpacked"),
        ({"data": packing.pack(MESSAGE)[1][:-9]}, "does not hold what arrived"),
        ({"data": MESSAGE + b" ", "packing": ""}, "what is there has the digest"),
        ({"packing": "zstd-99"}, "it is packed as zstd-99, and this release knows zstd, zstd-1"),
        ({"packing": "zstd"}, "cannot be unpacked"),
    ],
)
def test_what_is_damaged_is_never_given_back(store: Store, change: dict[str, object], words: str) -> None:
    with store.unit() as unit:
        unit.archive([(digest(MESSAGE), MESSAGE)], "", NOW)
    with store.connection(write=True) as connection:
        connection.execute(update(schema.ARCHIVE).values(change))
    browse = Browser(store)
    with pytest.raises(ArchiveDamaged, match=words):
        browse.archived(digest(MESSAGE))
    with pytest.raises(ArchiveDamaged, match=words):
        list(browse.archived_pieces(digest(MESSAGE)))
    with pytest.raises(ArchiveDamaged, match=words), store.unit() as unit:
        unit.archived(digest(MESSAGE))


def test_the_whole_archive_is_checked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    address = f"sqlite:///{tmp_path / 'a.db'}"
    store = Store.open(address)
    texts = [MESSAGE + b" " * number for number in range(5)]
    with store.unit() as unit:
        unit.archive([(digest(data), data) for data in texts], "", NOW)
    checked = check_archive(store)
    assert (checked.count, checked.damaged) == (5, ())
    assert run(["db", "check", "--archive", "--db", address]) == 0
    bad = digest(texts[3])
    with store.connection(write=True) as connection:
        connection.execute(update(schema.ARCHIVE).where(schema.ARCHIVE.c.sha256 == bad).values(data=b"?"))
    checked = check_archive(store)
    count, problems = checked.count, checked.damaged
    assert count == 5
    assert [bad in str(problem) for problem in problems] == [True]
    assert run(["db", "check", "--db", address]) == 0
    assert run(["db", "check", "--archive", "--db", address]) == 1
    assert f"arrived with the digest {bad}" in capsys.readouterr().err
    store.close()


def test_a_released_dictionary_is_never_changed() -> None:
    """Rows of the archive need it as it is: a better one gets another name."""
    folder = Path(packing.__file__).with_name("dictionaries")
    assert {path.name: digest(path.read_bytes()) for path in folder.iterdir()} == {
        "zstd-1.dict": "d719c3071f96461478e1316ce6df76b37d3810b1d45d52e2bfd968536f2281e2",
    }
    assert tuple(sorted(path.stem for path in folder.iterdir())) == packing.DICTIONARIES


def test_threads_pack_beside_each_other() -> None:
    messages = [MESSAGE + b" " * number for number in range(50)]
    wrong: list[bytes] = []

    def work() -> None:
        wrong.extend(data for data in messages if packing.unpack(*packing.pack(data), digest(data)) != data)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
