"""Answers to a poll above the limit: read in pieces from disk, kept whole, acknowledged; or told, and left at the hub.

What is read in pieces is verified over its bytes as they go by: it is accepted where xmlsec accepts it, and nowhere else.
"""

from __future__ import annotations

import errno
import gzip
import io
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import httpx2
import pytest

from ediel.engine import Person
from ediel.transport import ClientSettings, Courier, SecurityRefused, Trust, Unavailable
from ediel.transport import _large as large_module
from ediel.transport._large import is_in_file, read_large, verify_file
from ediel.transport._opened import Tree
from ediel.transport._spool import Spool
from ediel.transport._streaming import head_of, write_canonical
from ediel.xml import LIMITS, Limits
from ediel.xml.parser import Unreadable, parse
from tests.support import wire
from tests.support.attacks import changed
from tests.support.by_xmlsec import verify_by_xmlsec
from tests.support.pki import NOW, make, trust
from tests.support.tally import Tally
from tests.support.world import NEW, POINT_2, World, start
from tests.transport.differences import judged, signed_envelope
from tests.transport.test_poisoned_polls import HUB, SECOND, Queue, answers, courier

SMALL = Limits(size=6_000, packed=6_000)
"""Of the answers here, those with messages are larger, and each message alone is smaller."""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.close()


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "large-answers")


def with_spool(world: World, queue: Any, spool: Spool, limits: Limits = SMALL) -> Courier:
    return courier(world, queue, settings=ClientSettings(limits=limits, spool=spool))


def files(spool: Spool) -> list[Path]:
    return sorted(spool.folder.iterdir()) if spool.folder.exists() else []


def two_sets(world: World) -> Queue:
    good = answers(world)
    return Queue(
        world,
        (wire.RESULT_SET, wire.poll_response(*good[:2])),
        (SECOND, wire.poll_response(*good[2:], identification=SECOND)),
    )


@pytest.mark.parametrize("nodes", [1, 10_000])
def test_it_is_handled_in_pieces_kept_whole_and_acknowledged(
    world: World, spool: Spool, monkeypatch: pytest.MonkeyPatch, nodes: int
) -> None:
    monkeypatch.setattr(large_module, "_NODES", nodes)  # with 1, each message is a piece of its own
    queue = two_sets(world)
    whole = wire.signed(queue.sets[0][1], HUB, world.now)
    assert len(whole) > SMALL.size
    cycle = with_spool(world, queue, spool).cycle()
    assert cycle.problems == []
    assert queue.sets == [], "both are acknowledged"
    assert [item.outcome for item in cycle.received] == ["handled"] * 3
    kept = files(spool)
    assert [path.name[:36] for path in kept] == sorted([wire.RESULT_SET, SECOND])[: len(kept)]
    (first,) = [path for path in kept if path.name.startswith(wire.RESULT_SET)]
    assert len(gzip.decompress(first.read_bytes())) == len(whole)
    assert first.stat().st_mode & 0o777 == 0o600
    assert spool.folder.stat().st_mode & 0o777 == 0o700
    evidence = world.parties.evidence(wire.RESULT_SET)
    assert {is_in_file(row["data"]) for row in evidence} == {first.name}
    holds, words = verify_file(first, world.now, trust(), spool.largest)
    assert (holds, "987654325" in words) == (True, True)
    assert len({row["sha256"] for row in world.parties.browse.received_in(wire.RESULT_SET)}) == (2 if nodes == 1 else 1)


def test_an_erasure_says_that_large_answers_lie_beside_the_database(world: World, spool: Spool) -> None:
    """They are signed as they are, and whether a person is in them is not known to the database."""
    with_spool(world, two_sets(world), spool).cycle()
    for dry_run in (True, False):
        done = world.parties.erase(Person("12818525018"), force="a test", dry_run=dry_run, compacted=False)
        (words,) = [item for item in done.remains if "large answers" in item]
        assert all(path.name in words for path in files(spool))


def test_a_packed_answer_that_is_small_on_the_wire(world: World, spool: Spool) -> None:
    queue = two_sets(world)

    def packed(request: httpx2.Request) -> httpx2.Response:
        answer = queue(request)
        data = gzip.compress(b"".join(answer.iter_raw()))
        return httpx2.Response(200, content=iter([data]), headers={"content-type": "text/xml"})

    cycle = with_spool(world, packed, spool).cycle()
    assert (cycle.problems, queue.sets) == ([], [])
    assert [item.outcome for item in cycle.received] == ["handled"] * 3
    assert files(spool), "unpacked, it was above the limit"


def test_more_elements_than_are_read_at_once(world: World, spool: Spool) -> None:
    queue = two_sets(world)
    cycle = with_spool(world, queue, spool, Limits(size=LIMITS.size, nodes=150)).cycle()
    assert (cycle.problems, queue.sets) == ([], [])
    assert [item.outcome for item in cycle.received] == ["handled"] * 3


def test_a_message_that_is_too_large_alone_is_a_dead_letter_and_the_rest_is_handled(
    world: World, spool: Spool, capsys: pytest.CaptureFixture[str]
) -> None:
    good = answers(world)
    big = good[0].replace(b"</", b" " * 200 + b"</", 40)
    queue = Queue(world, (wire.RESULT_SET, wire.poll_response(good[1], big, good[2])))
    cycle = with_spool(world, queue, spool).cycle()
    assert (cycle.problems, queue.sets) == ([], [])
    assert [item.outcome for item in cycle.received] == ["handled", "dead", "handled"], cycle.received
    (letter,) = world.parties.browse.dead_letters()
    (kept,) = files(spool)
    assert letter["reason"] == "unreadable"
    for part in ("message 2 of 3", wire.RESULT_SET, kept.name, "largest_answer"):
        assert part in letter["text"]
    again = world.parties.replay(letter["id"])
    assert (again.outcome, again.text) == ("dead", letter["text"]), "what it says stays"
    assert len(world.parties.browse.dead_letters()) == 1


def test_what_is_signed_and_of_another_form_is_kept_and_acknowledged(world: World, spool: Spool) -> None:
    (first, *_) = answers(world)
    inside = wire.poll_response(first, first.replace(b"</", b" " * 99 + b"</")).replace(b"p:ResultDataSet", b"p:Set")
    queue = Queue(world, (wire.RESULT_SET, inside))
    cycle = with_spool(world, queue, spool).cycle()
    assert (cycle.problems, queue.sets) == ([], [])
    (letter,) = world.parties.browse.dead_letters()
    (kept,) = files(spool)
    assert kept.name in letter["text"]
    assert verify_file(kept, world.now, trust(), spool.largest)[0]


def test_above_the_second_bound_it_is_told_and_only_its_queue_waits(world: World, tmp_path: Path) -> None:
    queue, spool = two_sets(world), Spool(tmp_path / "large-answers", largest=6_100)
    now = [0.0]
    carrier = with_spool(world, queue, spool)
    carrier._paused._monotonic = lambda: now[0]
    polled = []
    for _ in range(3):
        world.parties.start(start(metering_point=POINT_2, day=world.now.date() + timedelta(days=40 + _)), party=NEW)
        cycle = carrier.cycle()
        assert cycle.sent == 1, "everything else of this party goes on"
        (problem,) = cycle.problems
        assert "PollMarketProcesses" in problem
        assert "more than 6100 bytes" in problem
        assert "largest_spooled" in problem
        polled.append(queue.polled.count((NEW, "PollMarketProcesses")))
        now[0] += 31
    assert polled == [1, 1, 2], "not fetched again with every cycle, and told with each"
    assert len(queue.sets) == 2, "nothing is acknowledged that was not kept"
    assert files(spool) == []
    now[0] += 3600
    carrier._client(world.parties.parties[0])._spool = Spool(spool.folder)
    assert [item.outcome for item in carrier.cycle().received] == ["handled"] * 3


@pytest.mark.parametrize("kind", ["changed", "stranger", "unsigned", "cut", "page"])
def test_what_is_not_the_hubs_is_neither_handled_nor_acknowledged(world: World, spool: Spool, kind: str) -> None:
    queue = two_sets(world)

    def forged(request: httpx2.Request) -> httpx2.Response:
        data = b"".join(queue(request).iter_raw())
        if b"ResultDataSet" in data:
            assert b"707057542000000117" in data
            inside = queue.sets[0][1]
            data = {
                "changed": data.replace(b"707057542000000117", b"707057542000000353", 1),
                "stranger": wire.signed(inside, make("Stranger", 9).identity, world.now),
                "unsigned": wire.bare(inside),
                "cut": data[:-30],
                "page": b"<html>" + b"x" * 9000 + b"</html>",
            }[kind]
        return httpx2.Response(200, content=iter([data]), headers={"content-type": "text/xml"})

    cycle = with_spool(world, forged, spool).cycle()
    assert cycle.received == []
    assert len(queue.sets) == 2
    assert any("not to be trusted" in problem for problem in cycle.problems)
    assert files(spool) == [], "nothing of it stays"


def test_an_answer_that_came_before_is_not_the_hubs_word_again(spool: Spool, world: World) -> None:
    from ediel.transport import Replays

    data = wire.signed(wire.poll_response(*answers(world)), HUB, NOW)
    replays = Replays()
    for number in range(2):
        spooled = spool.begin([data], NOW)
        spooled.finish()
        if number:
            with pytest.raises(SecurityRefused) as caught:
                read_large(spooled, trust(), NOW, replays=replays, limits=SMALL)
            assert caught.value.reason == "replay"
        else:
            read_large(spooled, trust(), NOW, replays=replays, limits=SMALL).close()


def test_no_room_on_the_disk_loses_nothing(world: World, spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    queue = two_sets(world)

    def full(*_: object, **__: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr("ediel.transport._spool.os.open", full)
        cycle = with_spool(world, queue, spool).cycle()
    (problem,) = cycle.problems
    assert "No space left on device" in problem
    assert "make room" in problem
    assert (len(queue.sets), cycle.received, files(spool)) == (2, [], [])
    with monkeypatch.context() as patched:
        patched.setattr("ediel.transport._large.tempfile.TemporaryFile", full)
        assert "No space left" in with_spool(world, queue, spool).cycle().problems[0]
    with monkeypatch.context() as patched:
        patched.setattr("ediel.transport._spool.Spooled.keep", full)
        assert "No space left" in with_spool(world, queue, spool).cycle().problems[0]
    assert (len(queue.sets), files(spool)) == (2, [])
    assert [item.outcome for item in with_spool(world, queue, spool).cycle().received] == ["handled"] * 3


def test_stopped_between_two_pieces_it_comes_again_and_nothing_is_doubled(
    world: World, spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(large_module, "_NODES", 1)
    queue = two_sets(world)
    carrier = with_spool(world, queue, spool)
    receive, count = world.parties.receive, []

    def counted(*arguments: Any, **named: Any) -> Any:
        count.append(1)
        return receive(*arguments, **named)

    monkeypatch.setattr(world.parties, "receive", counted)
    carrier._stop_asked = lambda: bool(count)
    cycle = carrier.cycle()
    assert [item.outcome for item in cycle.received] == ["handled"]
    assert len(queue.sets) == 2, "it is not acknowledged: not everything was kept"
    carrier._stop_asked = lambda: False
    cycle = carrier.cycle()
    assert [item.outcome for item in cycle.received] == ["duplicate", "handled", "handled"]
    assert (cycle.problems, queue.sets) == ([], [])


def test_a_stop_is_heard_while_it_is_read(world: World, spool: Spool) -> None:
    queue = two_sets(world)
    carrier = with_spool(world, queue, spool)
    client = carrier._client(world.parties.parties[0])
    client._stop = lambda: bool(queue.polled)
    cycle = carrier.cycle()
    assert any("it was stopped" in problem or "when it was stopped" in problem for problem in cycle.problems)
    assert (cycle.received, len(queue.sets), files(spool)) == ([], 2, [])
    spooled = spool.begin([wire.signed(queue.sets[0][1], HUB, NOW)], NOW)
    spooled.finish()
    with pytest.raises(Unavailable, match="it comes again"):
        read_large(spooled, trust(), NOW, replays=None, limits=SMALL, stop=lambda: True)


def test_what_a_crash_has_left_is_removed_after_a_day(spool: Spool) -> None:
    spool.folder.mkdir()
    old, new, kept = (spool.folder / name for name in (".1.part", ".2.part", "x.xml.gz"))
    for path in (old, new, kept):
        path.write_bytes(b"x")
    os.utime(old, (0, 0))
    os.utime(kept, (0, 0))
    spool.begin([b"<a/>"], NOW).discard()
    assert files(spool) == [new, kept]


def test_a_file_that_is_gone_or_damaged_is_told(tmp_path: Path) -> None:
    assert not verify_file(tmp_path / "none.xml.gz", NOW, None, 10)[0]
    (tmp_path / "a.xml.gz").write_bytes(b"no gzip")
    holds, words = verify_file(tmp_path / "a.xml.gz", NOW, None, 10_000)
    assert (holds, "unpacked" in words) == (False, True)


# --- the canonical form as it goes by, against libxml2 and xmlsec


def form(data: bytes, prefixes: tuple[str, ...] = ()) -> bytes:
    out = io.BytesIO()
    random = Random(len(data))
    cuts = sorted(random.randrange(len(data)) for _ in range(5))
    pieces = [data[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(data)], strict=True)]
    found = write_canonical(pieces, out, prefixes, LIMITS, 1_000_000)
    assert found.size == len(out.getvalue())
    return out.getvalue()


ENVELOPE = '<s:Envelope xmlns:s="urn:s"{}><s:Header/><s:Body{}>{}</s:Body></s:Envelope>'


@pytest.mark.parametrize(
    ("around", "body", "inside"),
    [
        ("", "", "<a/>"),
        ("", "", " text &amp; &lt; &gt; ] > &#13; <![CDATA[<&>]]> <!-- no --> \r\n"),
        ("", ' b="1" a="&quot;&#9;&#10;&#13;&lt;&gt;&amp;\' \n"', "<a b='\"'/>"),
        ('xmlns:p="urn:p" xmlns:q="urn:q"', "", '<p:a q:b="1" c="2" p:a="3"><q:b/><p:c xmlns:p="urn:other"/></p:a>'),
        ('xmlns="urn:d"', "", '<a xmlns=""><b xmlns="urn:d"><c xmlns=""/></b></a><d/>'),
        ("", "", '<a xmlns="urn:d"><b/><c xmlns="urn:d"/><s:d xmlns=""><e/></s:d></a>'),
        ('xmlns:p="urn:same" xmlns:q="urn:same"', "", '<p:a q:z="1" p:b="2"/>'),
        ("", ' xml:lang="nb" xmlns:z="urn:z"', '<a xml:space="preserve" z:b="1"/>'),
        ('xmlns:u="urn:unused"', "", '<a xmlns:v="urn:v"><v:b/><v:c/></a>'),
        ("", "", "<æ ø='å'>\U0001f600</æ>"),
    ],
)
@pytest.mark.parametrize("prefixes", [(), ("s",), ("p", "u"), ("none",)])
def test_the_form_is_that_of_libxml2(around: str, body: str, inside: str, prefixes: tuple[str, ...]) -> None:
    data = ENVELOPE.format(around and f" {around}", body, inside).encode()
    tree = Tree(parse(data))
    (wanted,) = tree.canonical(tree.root[1], prefixes) or (b"",)
    assert form(data, prefixes) == wanted


@pytest.mark.parametrize(
    "inside",
    [
        "<?pi x?>", '<a xmlns="relative"/>', '<a xmlns:p=""/>', "<p:a/>", "<a p:b='1'/>", "<a:/>", "<:a/>",
        '<a xmlns:p="urn:x" xmlns:q="urn:x" p:b="1" q:b="2"/>', "<a>", "&unknown;", "<a b='1' b='2'/>",
        "<a>" * 70 + "</a>" * 70, "<a " + " ".join(f"a{number}=''" for number in range(99)) + "/>",
        '<a xmlns:xml="urn:x"/>', '<a xmlns:p="http://www.w3.org/XML/1998/namespace"/>',
        "<a Id='1'/>" * 1001,
    ],
)  # fmt: skip
def test_what_is_not_read_in_pieces_is_refused(inside: str) -> None:
    with pytest.raises(Unreadable):
        form(ENVELOPE.format("", "", inside).encode())


def test_no_document_type_and_no_body() -> None:
    for data in (
        b'<!DOCTYPE a [<!ENTITY b "c">]><a/>', b"<a/>", b"<a><Header/></a>", b"<a><Header/><Body/></a>", b"<a", b"",
        b"\xff\xfea",
    ):  # fmt: skip
        with pytest.raises(Unreadable):
            head_of(data)
    with pytest.raises(Unreadable):
        form(b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>')


def test_an_endless_tag_is_not_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ediel.transport._streaming._TOKEN", 10_000)
    with pytest.raises(Unreadable, match="10000 bytes"):
        write_canonical([b"<a><b/><c><d "] + [b"e" * 1000] * 30, io.BytesIO(), (), LIMITS, 1_000_000)
    with pytest.raises(Unreadable, match="canonical form"):
        write_canonical([b"<a><b/><c>"] + [b"e" * 1000] * 30, io.BytesIO(), (), LIMITS, 10_000)


def streamed(data: bytes, folder: Path, trust: Trust) -> tuple[str, bytes]:
    """What becomes of an envelope that is read in pieces, and what is read in it."""
    spooled = Spool(folder).begin([data[:1], data[1:5], data[5:]], NOW)
    spooled.finish()
    try:
        large = read_large(spooled, trust, NOW, replays=None, limits=LIMITS)
    except SecurityRefused as refusal:
        spooled.discard()
        return "refused", refusal.reason.encode()
    begin, end = large._form.child
    large._file.seek(begin)
    found = large._file.read(end - begin)
    large.close()
    return "accepted", found


def test_it_is_accepted_where_xmlsec_accepts_it_and_nowhere_else(tmp_path: Path) -> None:
    """Over mutated envelopes of several forms; what is seldom seen may be refused, and is not guessed at."""
    random, tally, accepted = Random(20), Tally(), 0
    for _ in range(60):
        signed = signed_envelope(random, tally)
        for number in range(12):
            data = changed(signed.data, random) if number else signed.data
            if data[:2] == b"\x1f\x8b":
                continue
            fate, inside = streamed(data, tmp_path, signed.trust)
            wanted = judged(verify_by_xmlsec, data, signed.trust)
            if fate == "accepted":
                assert wanted[0] == "accepted", data
                assert isinstance(wanted[1], tuple)
                assert inside == wanted[1][0], data
                accepted += 1
    assert accepted > 150
