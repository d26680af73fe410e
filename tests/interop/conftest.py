"""A hub on a port with the keys of everybody in files, and a record of what each stack could do."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import cast

import pytest
from lxml import etree

from ediel.hub._calls import Call
from ediel.hub._replies import Reply
from ediel.testing import HubUnderTest, hub
from ediel.transport._signer import Refer
from ediel.xml import Document
from tests.interop.jobs import EXPECTED, Done, requests, write_jobs
from tests.interop.tools import BUILT
from tests.support.hub_market import MARKET, NEW, POINTS
from tests.support.serving import on_a_port

Record = Callable[[str, str, str], None]
_ROWS: dict[str, dict[str, str]] = {}


@dataclass
class Served:
    """A hub on a port of this machine.

    Attributes:
        market: the hub.
        address: where it is.
        own: PEM with key and certificate of the party that calls.
        public: PEM with its certificate alone.
        packed: the same as PKCS#12.
        certificate: PEM with the certificate of the hub.
        issuer: PEM with the issuer of all.
        algorithms: by which the calls were signed since the jobs were made.
    """

    market: HubUnderTest
    address: str
    folder: Path
    own: Path
    public: Path
    packed: Path
    certificate: Path
    issuer: Path
    algorithms: set[str]
    _numbers: Iterator[int]

    def jobs(self, *names: str) -> Path:
        """A file with calls about a metering point of its own: all of them, or those that are named.

        Where a poll is among them and the start of supply that it answers is not, our own client sends that.
        """
        number = next(self._numbers)
        folder = self.folder / str(number)
        folder.mkdir()
        made = requests(self.market, POINTS[number % 9], folder)
        self.market.party(NEW).cycle()  # nothing is left of whoever came before
        if "poll" in names and "start of supply" not in names:
            message = etree.fromstring(made["start of supply"][1])[0]
            self.market.client(NEW).call(Document.read(etree.tostring(message)))
        self.market.hub.endpoint.refused.clear()
        self.algorithms.clear()
        chosen = {name: row for name, row in made.items() if not names or name in names}
        return write_jobs(folder, self.address, chosen)

    @contextmanager
    def answers_by(self, way: str) -> Iterator[None]:
        """For a while, the hub names its certificate in another way."""
        keys = self.market.hub.endpoint.keys
        before, keys.refer = keys.refer, cast("Refer", way)
        try:
            yield
        finally:
            keys.refer = before

    def refused(self) -> list[str]:
        """Why the hub has refused calls since the jobs were made."""
        return [item.text for item in self.market.hub.endpoint.refused]


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("interop")
    with hub(MARKET, keys=folder / "keys") as market, on_a_port(market) as address:
        number = str(market.hub.register_store.parties()[NEW].organisation)
        ring = market.keyring
        algorithms: set[str] = set()
        take = market.hub.call

        def noted(call: Call) -> Reply:
            algorithms.update(name.decode() for name in re.findall(rb"#(rsa-sha\d+)", call.body))
            return take(call)

        market.hub.call = noted  # type: ignore[method-assign]
        public = folder / "keys" / "party.pem"
        mark = b"-----BEGIN CERTIFICATE"
        public.write_bytes(mark + ring.path(number).read_bytes().partition(mark)[2])
        yield Served(
            market, address, folder, ring.path(number), public, ring.packed(number), folder / "keys" / "hub-certificate.pem",
            folder / "keys" / "issuer.pem", algorithms, count(),
        )  # fmt: skip


@pytest.fixture
def record() -> Record:
    """Notes for the matrix in the docs: of a stack, what, and how it was."""

    def note(stack: str, what: str, outcome: str) -> None:
        _ROWS.setdefault(stack, {})[what] = outcome

    return note


def pytest_sessionfinish() -> None:
    if _ROWS:
        BUILT.mkdir(parents=True, exist_ok=True)
        (BUILT / "results.json").write_text(json.dumps(_ROWS, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def all_is_well(done: dict[str, Done], served: Served, algorithm: str) -> None:
    """Every call has given what it must, by the algorithm, and the hub has refused only what it must."""
    assert served.algorithms == {algorithm}
    assert {name: row.outcome for name, row in done.items()} == EXPECTED, served.refused()
    assert len(served.refused()) == 1, served.refused()
