"""WSS4J as a judge beside ours: over each variant the two agree, or the table says why not."""

from __future__ import annotations

import base64
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from lxml import etree

from ediel.hub import Keyring
from ediel.transport import Identity, SecurityRefused, Trust, verify
from ediel.transport.forms import broken_forms
from tests.interop import tools
from tests.interop.conftest import Record, Served
from tests.interop.variants import VARIANTS, Signers, signers


@pytest.fixture(scope="session")
def who(served: Served) -> Signers:
    return signers(Identity.from_pem(served.own.read_bytes()), Keyring(served.folder / "keys").issuer)


@pytest.fixture(scope="session")
def wss4j(served: Served) -> Iterator[subprocess.Popen[str]]:
    command = [*tools.java(), "oracle", served.packed, served.public, served.issuer]
    pipe = subprocess.PIPE
    with subprocess.Popen([str(word) for word in command], stdin=pipe, stdout=pipe, text=True) as judge:
        yield judge
        judge.kill()


def ours(data: bytes, served: Served) -> str:
    """What the endpoint of the stand-in hub says of an envelope."""
    trust = Trust.from_pem(served.issuer.read_bytes(), certificates=served.public.read_bytes())
    try:
        verify(data, trust, datetime.now(UTC))
    except SecurityRefused as refusal:
        return f"refused\t{refusal.reason}: {refusal}"
    form = next(broken_forms(etree.fromstring(data), ("published", "inferred")), None)
    return "accepted" if form is None else f"refused\t{form.text}"


def theirs(data: bytes, judge: subprocess.Popen[str]) -> str:
    assert judge.stdin is not None
    assert judge.stdout is not None
    judge.stdin.write(base64.b64encode(data).decode() + "\n")
    judge.stdin.flush()
    return judge.stdout.readline().strip()


@pytest.mark.parametrize("name", VARIANTS)
def test_variant(name: str, served: Served, who: Signers, wss4j: subprocess.Popen[str], record: Record) -> None:
    row = VARIANTS[name]
    data = row.make(who)
    found = ours(data, served), theirs(data, wss4j)
    assert [text.partition("\t")[0] == "accepted" for text in found] == [row.ours, row.wss4j], found
    words = ["accepted" if said else "refused" for said in (row.ours, row.wss4j)]
    record("oracle", name, "; ".join((*words, *([row.reason] if row.reason else []))))
    assert (row.ours == row.wss4j) == (not row.reason), "a reason where they differ, and only there"


def test_there_are_enough() -> None:
    assert len(VARIANTS) >= 60
    assert sum(row.ours for row in VARIANTS.values()) >= 20
