"""The envelope of a result set is kept without its content, and made whole again."""

from __future__ import annotations

import gzip
import hashlib

import pytest

from ediel.engine._evidence import Ends, SignedSets, set_of, without_content
from ediel.store import ArchiveDamaged, Evidence
from ediel.xml import Document

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
CONTENT = b'<p:Response xmlns:p="urn:p"><p:Text>a &gt; b</p:Text></p:Response>'
SHA256 = hashlib.sha256(CONTENT).hexdigest()


def envelope(inside: bytes = CONTENT, *, prefix: str = "s:", attributes: str = "", after: str = "") -> bytes:
    name = f"xmlns:{prefix[:-1]}" if prefix else "xmlns"
    return (
        f'<{prefix}Envelope {name}="{SOAP}"><{prefix}Header><h xmlns="">1</h></{prefix}Header>'
        f"<{prefix}Body{attributes}>{inside.decode()}</{prefix}Body>{after}</{prefix}Envelope>"
    ).encode()


@pytest.mark.parametrize(
    "data",
    [
        envelope(),
        envelope(b"\n  " + CONTENT + b"\n"),
        envelope(prefix=""),
        envelope(attributes=' Id="body-1"'),
        b'<?xml version="1.0" encoding="UTF-8"?>\n' + envelope(),
    ],
)
def test_what_is_cut_is_put_back(data: bytes) -> None:
    cut = without_content(data, SHA256)
    assert CONTENT not in cut
    assert SHA256.encode() in cut
    row = {"data": cut, "sha256": hashlib.sha256(data).hexdigest()}
    assert SignedSets({SHA256: CONTENT}.get).of([row]) == [{**row, "data": data}]


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(envelope(attributes=' note="a > b"'), id="a mark in an attribute of the Body"),
        pytest.param(envelope(after="<!-- </s:Body> -->"), id="an end in a comment behind"),
        pytest.param(envelope(b""), id="nothing in it"),
        pytest.param(b"no envelope", id="no envelope"),
        pytest.param(envelope().replace(b"<h", b"<?ediel-content " + b"0" * 64 + b"?><h"), id="a mark of its own"),
        pytest.param(envelope().replace(b'<h xmlns="">', b"<h><s:Body>x</s:Body>"), id="two Bodies"),
    ],
)
def test_what_cannot_be_cut_surely_is_kept_whole(data: bytes) -> None:
    kept = without_content(data, SHA256)
    row = {"data": kept, "sha256": hashlib.sha256(data).hexdigest()}
    whole = SignedSets({SHA256: CONTENT}.get).of([row])[0]["data"]
    assert kept == whole == data


def test_what_is_kept_whole_is_compared_with_its_digest() -> None:
    row = {"data": envelope(b""), "sha256": SHA256}
    with pytest.raises(ArchiveDamaged, match="not kept as it came"):
        SignedSets({SHA256: CONTENT}.get).of([row])
    row["sha256"] = hashlib.sha256(envelope(b"")).hexdigest()
    assert SignedSets({SHA256: CONTENT}.get).of([row]) == [row]


def test_lost_content_leaves_what_is_kept() -> None:
    cut = without_content(envelope(), SHA256)
    row = {"data": cut, "sha256": hashlib.sha256(envelope()).hexdigest()}
    assert SignedSets(lambda _: None).of([row]) == [row]


def test_the_name_of_a_set() -> None:
    name = "5e0f7a0c-1111-4c3e-9a53-000000000001"
    assert set_of(f"PollMarketProcesses 7080 DDQ {name}", SHA256) == name
    assert set_of("a.xml", SHA256) == set_of("b.xml", SHA256) != set_of("a.xml", "0" * 64)
    assert Document.read(CONTENT).sha256 == SHA256


@pytest.mark.parametrize("size", [10, 262_143, 262_144, 600_000, 2_000_000])
@pytest.mark.parametrize("step", [1 << 20, 65_537])
def test_a_large_one_is_cut_as_its_pieces_go_by(size: int, step: int) -> None:
    """Of the same form as where all of it is at hand; no more than its ends are held."""
    content = b'<p:Response xmlns:p="urn:p">%b</p:Response>' % (b"x" * size)
    data = envelope(b"\n " + content + b"\n\t ")
    ends = Ends()
    for first in range(0, len(data), step):
        ends.write(data[first : first + step])
    cut = ends.without_content(SHA256)
    assert cut == data[: data.index(b"\n ")] + b"\n " + b"<?ediel-content %b?>" % SHA256.encode() + (
        b"\n\t " + data[data.rindex(b"</s:Body") :]
    )
    assert (ends.digest.hexdigest(), ends.tell()) == (hashlib.sha256(data).hexdigest(), len(data))
    assert len(cut) < 1000


def test_what_came_packed_is_the_same_evidence() -> None:
    data = envelope(b"<p:Response xmlns:p='urn:p'>%b</p:Response>" % (b"x" * 3_000_000))
    plain, packed = Evidence(data, None, None), Evidence(gzip.compress(data), None, None)
    assert plain.data == packed.data == data
    kept = []
    for evidence in (plain, packed):
        ends = Ends()
        ends.take(evidence)
        kept.append((ends.without_content(SHA256), ends.digest.hexdigest()))
    assert kept[0] == kept[1]
    assert kept[0][0] is not None
