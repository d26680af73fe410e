"""A message is read once on its way: one parse, one check of the schema, one run of the rules."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date
from pathlib import Path
from typing import Any

import httpx2
import pytest
from lxml import etree

import ediel
from ediel.transport import Client, Courier, environment, sign, verify, wrap
from ediel.transport._accelerator import CANONICAL
from ediel.xml import Document
from tests.support import wire
from tests.support.pki import make, root, supplier, trust
from tests.support.readings import readings
from tests.support.world import NEW, World, start

HUB = make("A hub", 7, root(), organisation="987654325").identity
SPACE = b"urn:no:elhub:emif:wsdl:polling:marketprocesses:v2"


@pytest.fixture
def world(tmp_path: Path) -> Any:
    made = World(tmp_path)
    yield made
    made.close()


def courier(world: World, *polls: bytes) -> Courier:
    """A courier whose hub takes everything, and hands out prepared result sets."""
    waiting = list(polls)

    def answer(request: httpx2.Request) -> httpx2.Response:
        inside = b""
        if request.headers["soapaction"] == '"PollForData"':
            inside = waiting.pop(0) if waiting else wire.poll_response()
        data = wire.signed(inside, HUB, world.now)
        return httpx2.Response(200, content=iter([data]), headers={"content-type": "text/xml; charset=utf-8"})

    client = Client(
        environment("local"), supplier().identity, trust(), clock=lambda: world.now.astimezone(UTC),
        http=httpx2.Client(transport=httpx2.MockTransport(answer)),
    )  # fmt: skip
    return Courier(world.parties, client)


def test_a_message_that_is_sent_is_read_once(world: World) -> None:
    """The rules were applied when it was written; what waits in the outbox is parsed and checked once."""
    world.parties.start(start(), party=NEW)
    (row,) = world.parties.outbox.pending()
    carrier = courier(world)
    with readings(row["message_id"]) as found:
        assert carrier.cycle().sent == 1
    assert found == Counter(parse=1, schema=1)


def test_a_message_that_is_fetched_is_read_once(world: World) -> None:
    world.parties.start(start(), party=NEW)
    world.deliver(to_parties=False)
    (row,) = [row for row in world.hub.outbox.pending() if row["recipient"] == NEW]
    carrier = courier(world, wire.poll_response(row["data"]))
    with readings(row["message_id"]) as found:
        cycle = carrier.cycle()
    assert [item.outcome for item in cycle.received] == ["handled"]
    assert found == Counter(parse=1, schema=1, rules=1)


def test_what_was_verified_is_cut_off_from_its_envelope(world: World) -> None:
    """Nobody can climb from the content to what was not signed; and lines count from where the content begins."""
    world.parties.start(start(), party=NEW)
    (row,) = world.parties.outbox.pending()
    document = verify(
        sign(wrap(Document.read(row["data"])), supplier().identity, world.now), trust(), world.now
    ).document
    assert document is not None
    assert document.root is not None
    assert document.root.getparent() is None
    assert document.signer is not None
    assert document.signer.organisation_number is not None
    assert document.sha256 == Document.read(document.data).sha256
    assert ediel.read(document) == ediel.read(document.data) == ediel.read(row["data"])


@pytest.mark.parametrize("quick", [True, False])
def test_lines_are_those_of_the_content(quick: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not quick:
        monkeypatch.setattr("ediel.transport._opened.CANONICAL", None)
    inside = b"\n\n<p:PollForDataResponse xmlns:p='%b'>\n<p:Nonsense/>\n</p:PollForDataResponse>" % SPACE
    when = ediel.calendar.midnight(date(2026, 11, 27))
    document = verify(wire.signed(inside, HUB, when), trust(), when).document
    assert document is not None
    assert (document.first_line > 3) is not (quick and CANONICAL is not None), "of a tree, that of the envelope"
    for level in ("schema", "rules"):
        whole, part = (ediel.inspect(source, level=level).report for source in (document.data, document))
        assert [item.line for item in whole.all_findings()] == [item.line for item in part.all_findings()]
        assert list(whole.all_findings()) == list(part.all_findings())


def test_a_type_named_by_a_prefix_from_outside_is_not_taken(world: World) -> None:
    """The prefix in xsi:type is no part of what exclusive canonicalisation covers: it means what the content alone says."""
    world.parties.start(start(), party=NEW)
    (row,) = world.parties.outbox.pending()
    envelope = wrap(Document.read(row["data"]))
    request = envelope.element[-1][0]
    envelope.element.set("{http://www.w3.org/2001/XMLSchema-instance}used", "1")
    request.set("{http://www.w3.org/2001/XMLSchema-instance}type", "outer:Anything")
    data = sign(envelope, supplier().identity, world.now)
    moved = data.replace(b"<soapenv:Envelope ", b'<soapenv:Envelope xmlns:outer="urn:elsewhere" ', 1)
    assert moved != data
    document = verify(moved, trust(), world.now).document
    assert document is not None
    assert document.root is not None
    assert "outer" not in document.root.nsmap
    assert etree.tostring(document.root, method="c14n", exclusive=True) == document.data
