"""What every stack is asked to do at the hub, and how its program says what became of it.

A program reads a file with a line for each call (name, service, address, action, namespace and a file with the request
element, parted by tabs) and writes a line for each: name, outcome, and whether it could verify the answer. The result
set that a poll has given stands in later requests where ``RESULT-SET`` is written.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lxml import etree

import ediel
from ediel.codes import Role
from ediel.engine import Engine, Party
from ediel.engine.commands import Command
from ediel.hub import SERVICES
from ediel.messages import PollForDataFilter
from ediel.messages.services import SERVICES as TABLE
from ediel.testing import HubUnderTest
from ediel.transport import acknowledgement_of, poll_of, wrap
from ediel.xml import Document, write
from tests.support.hub_market import NEW, OLD, switch

PARTY: Final = Party(NEW, "DDQ")
CHANNEL: Final = "PollMarketProcesses"
_NO_SET: Final = "00000000-0000-4000-8000-000000000000"
EXPECTED: Final = {
    "nothing waits": "nil",
    "start of supply": "empty",
    "query": "answer",
    "poll": "answer",
    "acknowledge": "empty",
    "nothing waits any more": "nil",
    "for somebody else": "fault Security",
}
"""The calls, in order, and what each must give."""


@dataclass(frozen=True, slots=True)
class Done:
    """What became of a call.

    Attributes:
        outcome: ``empty``, ``nil``, ``answer``, ``fault GROUP`` or ``error WORDS``.
        verified: ``verified``, ``not verified: WHY``, or ``-`` where the stack cannot.
    """

    outcome: str
    verified: str


def requests(market: HubUnderTest, point: str, folder: Path) -> dict[str, tuple[str, bytes]]:
    """The request element of each call, with its service; messages as an engine makes them."""
    engine = Engine.open(f"sqlite:///{folder / 'made.db'}", party=PARTY, clock=market.clock)
    try:
        supply = _made(engine, switch(point))
        query = _made(engine, ediel.PointSearch(metering_point=point))
    finally:
        engine.close()
    told = acknowledgement_of(Party(NEW, "DDQ", hub=market.hub.gln), _NO_SET, market.clock())

    def asked(gln: str) -> bytes:
        # some stacks write an empty Payload for one that is missing, so it is there
        new = poll_of(Party(gln, "DDQ", physical_sender=NEW, hub=market.hub.gln), market.clock())
        return write(new.model_copy(update={"payload": PollForDataFilter(party=gln, role=Role.DDQ)}))

    written = {
        "nothing waits": (CHANNEL, asked(NEW)),
        "start of supply": ("MarketProcesses", supply),
        "query": ("Query", query),
        "poll": (CHANNEL, asked(NEW)),
        "acknowledge": (CHANNEL, write(told).replace(_NO_SET.encode(), b"RESULT-SET")),
        "nothing waits any more": (CHANNEL, asked(NEW)),
        "for somebody else": (CHANNEL, asked(OLD)),
    }
    assert list(written) == list(EXPECTED)
    return {name: (service, _element(service, data)) for name, (service, data) in written.items()}


def _made(engine: Engine, order: Command) -> bytes:
    engine.start(order)
    return bytes(engine.browse.outbox(status=None)[-1]["data"])


def _element(service: str, message: bytes) -> bytes:
    """The request element around a message."""
    if b"RESULT-SET" in message:  # it is no identification yet, so it is put in where one stood
        whole = _element(service, message.replace(b"RESULT-SET", _NO_SET.encode()))
        return whole.replace(_NO_SET.encode(), b"RESULT-SET")
    body = wrap(Document.read(message), service).element[-1][0]
    etree.cleanup_namespaces(body)
    return etree.tostring(body)


def write_jobs(folder: Path, address: str, made: Mapping[str, tuple[str, bytes]]) -> Path:
    """The file that a program reads."""
    rows = []
    for number, (name, (service_name, data)) in enumerate(made.items()):
        service = next(item for item in TABLE if item.name == service_name)
        request = etree.QName(etree.fromstring(data)).localname
        operation = next(item for item in service.operations if item.request == request)
        file = folder / f"{number}.xml"
        file.write_bytes(data)
        where = f"{address}{SERVICES}/{service_name}"
        rows.append("\t".join((name, service_name, where, operation.name, service.namespace, str(file))))
    path = folder / "jobs.tsv"
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def run(command: Iterable[str | Path], *, seconds: float = 120, **environment: str) -> dict[str, Done]:
    """What a program says became of each call."""
    done = subprocess.run(
        [str(word) for word in command], capture_output=True, text=True, timeout=seconds, check=False,
        env={**os.environ, **environment},
    )  # fmt: skip
    rows = [line.split("\t") for line in done.stdout.splitlines() if line.count("\t") >= 2]
    assert rows, f"{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
    return {row[0]: Done(row[1], row[2]) for row in rows}
