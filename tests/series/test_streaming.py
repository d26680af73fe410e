"""Files larger than memory, in pieces: the same values, the same verdicts."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from lxml import etree

import ediel
from ediel import series
from ediel.messages.services import SERVICES
from ediel.series import streaming
from ediel.xml import LIMITS
from tests.support.places import FIXTURES

NAMES = (
    "NotifyValidatedDataForBillingEnergy-313", "CollectedData-313-hourly", "RequestCollectedData-314",
    "CollectedData-313-25-hours", "NotifyValidatedDataForBillingEnergy-312", "CollectedData-332-replacement",
)  # fmt: skip


def response(times: int = 3, *, envelope: bool = False, form: str = "indented") -> bytes:
    service = next(item for item in SERVICES if item.name == "PollMeteringValues")
    root = poll = etree.Element(f"{{{service.namespace}}}PollForDataResponse", nsmap={"p": service.namespace})
    if envelope:
        soap = "http://schemas.xmlsoap.org/soap/envelope/"
        root = etree.Element(f"{{{soap}}}Envelope", nsmap={"s": soap})
        etree.SubElement(root, f"{{{soap}}}Body").append(poll)
    etree.SubElement(poll, f"{{{service.namespace}}}Identification").text = "123e4567-e89b-12d3-a456-426655440000"
    data = etree.SubElement(poll, f"{{{service.namespace}}}ResultDataSet")
    for _ in range(times):
        for name in NAMES:
            data.append(etree.fromstring((FIXTURES / "valid" / f"{name}.xml").read_bytes()))
    if form == "canonical":
        return etree.tostring(root, method="c14n", exclusive=True)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming, "_PIECE", 9000)


@pytest.mark.parametrize("form", ["indented", "canonical"])
@pytest.mark.parametrize("envelope", [False, True])
@pytest.mark.parametrize("packed", [False, True])
def test_pieces_are_the_whole(tmp_path: Path, form: str, envelope: bool, packed: bool) -> None:
    data = response(envelope=envelope, form=form)
    path = tmp_path / "poll.xml"
    path.write_bytes(gzip.compress(data) if packed else data)
    parts = list(series.stream(path))
    assert len(parts) > 3
    assert pa.concat_tables(parts).combine_chunks().to_pylist() == series.read_table(data).to_pylist()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b'Sequence="2"', b'Sequence="x"'),
        (b"</p:PollForDataResponse>", b""),
        (b"</p:ResultDataSet>", b"<p:Other/></p:ResultDataSet>"),
        (b"</p:ResultDataSet>", b"</p:ResultDataSet><p:Other/>"),
        (b"<p:Identification>", b"<p:Identification>x"),
        (b"<p:ResultDataSet>", b"<p:ResultDataSet>text"),
        (b"</rsm:CollectedData>", b"</rsm:CollectedData>text"),
        (b"</rsm:CollectedData>", b""),
    ],
)
def test_what_is_wrong_with_the_whole_is_wrong_with_a_piece(tmp_path: Path, before: bytes, after: bytes) -> None:
    data = response()
    assert data.count(before) >= 1
    place = data.rindex(before)
    path = tmp_path / "poll.xml"
    path.write_bytes(data[:place] + after + data[place + len(before) :])
    with pytest.raises(ediel.InvalidMessage, match=r"poll\.xml") as caught:
        list(series.stream(path))
    assert list(caught.value.report.all_findings())


def test_what_cannot_be_read_in_pieces(tmp_path: Path) -> None:
    """With comments a tag may be no tag: read at once, and refused where it is too large for that."""
    path = tmp_path / "poll.xml"
    data = response().replace(b"<p:ResultDataSet>", b"<p:ResultDataSet><!-- </p:ResultDataSet> -->")
    path.write_bytes(data)
    assert sum(part.num_rows for part in series.stream(path)) == series.read_table(data).num_rows
    limits = LIMITS.__class__(size=20_000)
    with pytest.raises(ediel.InvalidMessage, match="in pieces"):
        list(series.stream(path, limits=limits))
    alone: Any = (FIXTURES / "valid" / "CollectedData-313-25-hours.xml").read_bytes()
    path.write_bytes(alone)
    assert [part.num_rows for part in series.stream(path)] == [25]
    path.write_bytes(alone + b" " * 20_000)
    with pytest.raises(ediel.InvalidMessage, match="in pieces"):
        list(series.stream(path, limits=limits))


def test_a_broken_gzip_file(tmp_path: Path) -> None:
    path = tmp_path / "poll.xml.gz"
    path.write_bytes(gzip.compress(response())[:-200])
    with pytest.raises(ediel.InvalidMessage, match="cannot be unpacked"):
        list(series.stream(path))
    path.write_bytes(gzip.compress(b" " * 9_000_000))
    with pytest.raises(ediel.InvalidMessage) as caught:
        list(series.stream(path))
    (finding,) = caught.value.report.all_findings()
    assert (finding.rule, finding.found) == ("READ/gzip", "more than 200 times its size when unpacked")
