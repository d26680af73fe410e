"""The hardened parser: what it refuses, and that it says so without repeating the document."""

from __future__ import annotations

import gzip
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

import ediel
from ediel.xml.parser import Limits, Unreadable, over_limits, parse, too_many_attributes, unpack

HEAD = b'<?xml version="1.0" encoding="UTF-8"?>'


def refusal(data: bytes, limits: Limits | None = None) -> tuple[str, str]:
    with pytest.raises(Unreadable) as caught:
        parse(unpack(data, limits or Limits()), limits or Limits())
    finding = caught.value.finding
    assert str(caught.value) == finding.text
    return finding.rule, finding.text


@pytest.mark.parametrize(
    ("data", "rule", "text"),
    [
        (b"", "READ/empty", "empty"),
        (b" \n", "READ/empty", "empty"),
        (HEAD, "READ/empty", "empty"),
        (b"<!-- only a comment -->", "READ/empty", "empty"),
        (b"<!-- never closed", "READ/empty", "empty"),
        (b"<?never closed", "READ/empty", "empty"),
        (b"<!DOCTYPE a><a/>", "READ/doctype", "DOCTYPE"),
        (b"<!-- x -->\n<?y z?> <!doctype a><a/>", "READ/doctype", "DOCTYPE"),
        (b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', "READ/doctype", "DOCTYPE"),
        ("<a/>".encode("utf-16"), "READ/encoding", "UTF-8"),
        ("<a/>".encode("utf-16-be"), "READ/encoding", "UTF-8"),
        ("<a/>".encode("utf-16-le"), "READ/encoding", "UTF-8"),
        ("<a/>".encode("utf-32"), "READ/encoding", "UTF-8"),
        (b'<?xml version="1.0" encoding="ISO-8859-1"?><a/>', "READ/encoding", "UTF-8"),
        (b"<?xml version='1.0' encoding='us-ascii'?><a/>", "READ/encoding", "UTF-8"),
        (HEAD + b"<a>\xe5</a>", "READ/encoding", "not UTF-8"),
        (b"<a>\xed\xa0\x80</a>", "READ/encoding", "not UTF-8"),
        (b"{}", "READ/not-xml", "This is JSON"),
        (b"<a>", "READ/not-well-formed", "ends before"),
        (b"<a></b>", "READ/not-well-formed", "another name"),
        (b"<a/><b/>", "READ/not-well-formed", "after the end"),
        (b"<a>&kari;</a>", "READ/not-well-formed", "entity"),
        (b"<a>Kari & Ola</a>", "READ/not-well-formed", "&amp;"),
        (b"<a b=c/>", "READ/not-well-formed", "quotes"),
        (b"<a b='1' b='2'/>", "READ/not-well-formed", "twice"),
        (b"<x:a/>", "READ/not-well-formed", "prefix"),
        (b"<a>\x01</a>", "READ/not-well-formed", "character"),
        (b"<a>&#0;</a>", "READ/not-well-formed", "character"),
        (b"<a>" * 300, "READ/not-well-formed", "deeper"),
        (b"<a>" + b"x" * 10_000_001 + b"</a>", "READ/not-well-formed", "longer"),
        (b"<a b", "READ/not-well-formed", ""),
        (b"\x1f\x8b\x08", "READ/gzip", "unpacked"),
        (gzip.compress(b"<a/>", mtime=0)[:-9], "READ/gzip", "unpacked"),
        (gzip.compress(b"<a/>", mtime=0) + b"rest", "READ/gzip", "unpacked"),
    ],
)
def test_refused(data: bytes, rule: str, text: str) -> None:
    found = refusal(data)
    assert found[0] == rule
    assert text in found[1]


def test_nothing_of_the_document_is_repeated() -> None:
    for data in (
        b"<Kari>&Testesen;</Kari>",
        b"<a Kari='Testesen' Kari='x'/>",
        b"<a>Kari \xe5 Testesen</a>",
        b"<Kari><Testesen></Kari>",
    ):
        _, text = refusal(data)
        assert "Kari" not in text
        assert "Testesen" not in text


def test_size_limits() -> None:
    small = Limits(size=100, packed=60)
    assert refusal(b"<a>" + b"x" * 100 + b"</a>", small)[0] == "READ/size"
    bomb = gzip.compress(b"<a>" + b"x" * 10_000 + b"</a>")
    assert len(bomb) < 100
    assert refusal(bomb, small)[0] == "READ/size"
    import os

    assert refusal(gzip.compress(os.urandom(100)), small)[0] == "READ/size"
    finding = ediel.inspect(b"<a>" + b"x" * 100 + b"</a>", limits=small).report.findings[0]
    assert finding.code == "Size"
    assert finding.expected == "at most 100 bytes"


def test_gzip_bomb_is_cheap() -> None:
    bomb = gzip.compress(b"\0" * 300_000_000, 9)
    started = time.monotonic()
    assert refusal(bomb)[0] == "READ/size"
    assert time.monotonic() - started < 20  # a hang, not a benchmark


def test_several_gzip_members_are_one_document() -> None:
    assert unpack(gzip.compress(b"<a>") + gzip.compress(b"</a>")) == b"<a></a>"
    assert unpack(gzip.compress(b"<a/>", mtime=0) + b"\0" * 10) == b"<a/>"


def test_what_is_read() -> None:
    root = parse(b"\xef\xbb\xbf" + HEAD + b"<a><!-- x --><?y z?><![CDATA[1]]><!-- x -->2</a>")
    assert (root.text, len(root)) == ("12", 0)
    assert parse(b"<?xml version='1.0' encoding='utf8'?><a/>").tag == "a"


def test_no_xinclude_and_no_files(tmp_path: object) -> None:
    root = parse(b"<a xmlns:xi='http://www.w3.org/2001/XInclude'><xi:include href='/etc/passwd' parse='text'/></a>")
    assert len(root) == 1
    assert root[0].text is None


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"<a>" * 70 + b"</a>" * 70, "nested deeper than 64"),
        (b"<a " + b" ".join(b"x%d='1'" % n for n in range(70)) + b"/>", "more than 64 attributes"),
        (b"<a>" + b"x" * 100_001 + b"</a>", "more than 100000 characters"),
    ],
)
def test_limits_of_a_refused_document(data: bytes, text: str) -> None:
    finding = over_limits(parse(data))
    assert finding is not None
    assert text in finding.text
    assert over_limits(parse(b"<a/>")) is None


def test_limits_reach_the_report() -> None:
    data = ediel.write(__import__("ediel.testing", fromlist=["sample"]).sample(ediel.messages.PollForData))
    deep = data.replace(b"</rsm:Payload>", b"<x>" * 80 + b"</x>" * 80 + b"</rsm:Payload>").replace(
        b"<rsm:Payload/>", b"<rsm:Payload>" + b"<x>" * 80 + b"</x>" * 80 + b"</rsm:Payload>"
    )
    report = ediel.inspect(deep).report
    assert [finding.rule for finding in report.all_findings()] == ["READ/limit"]


def test_many_findings_stop() -> None:
    from ediel.testing import sample

    data = ediel.write(sample(ediel.messages.PollForData))
    many = data.replace(b"<abie:Creation>", b"<abie:Nonsense/>" * 3000 + b"<abie:Creation>")
    report = ediel.inspect(many, limits=Limits(findings=50)).report
    findings = list(report.all_findings())
    assert len(findings) == 51
    assert findings[0].rule == "READ/many-findings"


def test_wide_documents_are_quick() -> None:
    """Just under a megabyte of unknown elements, attributes and text: no second lost."""
    for data in (
        b"<a>" + b"<b/>" * 240_000 + b"</a>",
        b"<a " + b" ".join(b"x%d=''" % n for n in range(80_000)) + b"/>",
        b"<a>" + b"<b>" * 200 + b"x" * 900_000 + b"</b>" * 200 + b"</a>",
    ):
        started = time.monotonic()
        assert not ediel.inspect(data).valid
        assert time.monotonic() - started < 10  # a hang, not a benchmark


def test_many_findings_far_down_are_quick() -> None:
    """Positions are counted once per parent: a thousand findings after ten thousand siblings lose no second."""
    from decimal import Decimal

    from ediel.testing import sample

    message = sample(ediel.messages.CollectedData, 3)
    values = ediel.messages.Observations.metered([Decimal(1)] * 9999, first=0)
    series = message.payloads[0].model_copy(
        update={"observations": values, "profiled_observation": None, "annual_volume": None}
    )
    data = ediel.write(message.model_copy(update={"payloads": (series,)}))
    head, _, tail = data.rpartition(b'Sequence="8900"')
    broken = head + b'Sequence="8900"' + tail.replace(b">1<", b">1,0<")
    started = time.monotonic()
    findings = list(ediel.inspect(broken).report.all_findings())
    assert time.monotonic() - started < 10  # a hang, not a benchmark
    assert len(findings) == 1001
    assert findings[-1].path is not None
    assert findings[-1].path.endswith("/Metered")
    wrong = data.replace(series.metering_point.encode(), b"7" * 18)
    assert [finding.rule for finding in ediel.inspect(wrong).report.all_findings()] == ["ID/check-digit"]


def test_warnings_have_a_limit() -> None:
    from ediel.testing import sample

    message = sample(ediel.messages.NotifyValidatedDataForBillingEnergy, 3)
    series = message.payloads[0].model_copy(update={"metering_point": "7" * 18})
    data = ediel.write(message.model_copy(update={"payloads": (series,) * 3000}))
    started = time.monotonic()
    report = ediel.inspect(data, limits=Limits(findings=500)).report
    assert time.monotonic() - started < 10  # a hang, not a benchmark
    assert [finding.rule for finding in report.all_findings()].count("ID/check-digit") == 500
    assert report.valid


# --- what costs more than its bytes


def test_many_empty_members_are_counted_and_read_once() -> None:
    """A member of 20 bytes once copied the whole rest of the file: 100 MB would have taken hours."""
    empty = gzip.compress(b"", mtime=0)
    assert unpack(empty * 5000 + gzip.compress(b"<a/>", mtime=0)) == b"<a/>"
    found, text = refusal(empty * 10_001)
    assert (found, "members" in text) == ("READ/gzip", True)


@pytest.mark.parametrize("members", [1, 2, 7])
@pytest.mark.parametrize("size", [0, 1, 511, 512, 513, 70_000, 3_000_000])
def test_members_of_any_size_end_where_they_end(members: int, size: int) -> None:
    import random

    content = random.Random(size).randbytes(size)
    assert unpack(gzip.compress(content, mtime=0) * members) == content * members


def test_nodes_are_counted_before_a_tree_is_built(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tree of `<a/>` is thirty times as large as its bytes."""
    import ediel.xml.parser as module

    def built(*_: object) -> None:
        raise AssertionError("a tree was built")

    limits = Limits(nodes=1000)
    monkeypatch.setattr(module, "_parser", built)
    assert refusal(b"<s>" + b"<a/>" * 1000 + b"</s>", limits)[0] == "READ/limit"
    assert refusal(b"<s " + b" ".join(b'a%d=""' % number for number in range(1000)) + b"/>", limits)[0] == "READ/limit"
    finding = ediel.inspect(b"<s>" + b"<a/>" * 1000 + b"</s>", limits=limits).report.findings[0]
    assert (finding.code, finding.standing, finding.found) == ("Size", "inferred", "1001 tags and attributes")


def test_the_largest_message_of_the_hub_has_fewer_nodes_than_the_limit() -> None:
    shortest = b'<Observation Sequence="1"><Metered>0</Metered></Observation>'
    longest = (
        b'<Observation Sequence="1"><Estimated Quality="56" ValidationCode="V002" EstimationCode="E001">0</Estimated>'
        b"</Observation>"
    )
    for text, nodes in ((shortest, 3), (longest, 6)):
        assert Limits().size / len(text) * nodes < Limits().nodes


def test_no_memory_is_no_fault_of_the_document(monkeypatch: pytest.MonkeyPatch) -> None:
    from lxml import etree

    def short(*_: object) -> None:
        raise MemoryError

    def shorter(*_: object) -> None:
        raise etree.XMLSyntaxError("", etree.ErrorTypes.ERR_NO_MEMORY, 1, 1)

    for fails in (short, shorter):
        monkeypatch.setattr("ediel.xml.parser.etree.fromstring", fails)
        assert refusal(b"<a/>")[0] == "READ/memory"
        assert ediel.inspect(b"<a/>").report.findings[0].code == "System"


def test_too_many_attributes() -> None:
    root = parse(b"<s><a/><a " + b" ".join(b'a%d=""' % number for number in range(65)) + b"/></s>")
    assert too_many_attributes(root) is not None
    assert too_many_attributes(root[0]) is not None, "asked of the document"
    assert too_many_attributes(root, Limits(attributes=65)) is None


@given(st.lists(st.tuples(st.binary(max_size=300), st.integers(0, 20_000), st.integers(0, 3)), min_size=1, max_size=4))
def test_members_of_any_size_are_unpacked_whole(parts: list[tuple[bytes, int, int]]) -> None:
    """What they hold comes in pieces of a megabyte: nothing between two of them is lost, and a cut end is seen."""
    whole = [data * times for data, times, _ in parts]
    packed = [
        gzip.compress(text, 1, mtime=0) + b"\0" * padding for text, (_, _, padding) in zip(whole, parts, strict=True)
    ]
    assert unpack(b"".join(packed)) == b"".join(whole)
    last = gzip.compress(whole[-1], 1, mtime=0)
    with pytest.raises(Unreadable, match="cannot be unpacked"):
        unpack(b"".join(packed[:-1]) + last[:-3])
