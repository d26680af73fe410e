"""Other stacks as a hub that our client calls: each way to name the certificate, each kind of answer."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption
from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates

import ediel
from ediel.engine import Party
from ediel.hub import Keyring
from ediel.hub.keyring import PASSWORD
from ediel.testing import sample
from ediel.transport import AnswerRefused, Client, Environment, HubFault, Identity, Trust
from tests.interop import tools
from tests.interop.conftest import Record, Served
from tests.support import wire
from tests.support.hub_market import NEW

WAYS: Final = ("token", "ski", "issuer-serial", "thumbprint", "certificate", "unsigned")
KINDS: Final = ("nil", "data", "fault", "bare-fault")
PARTY: Final = Party(NEW, "DDQ")
BARE: Final = (
    b'<s:Fault xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><faultcode>s:Server</faultcode>'
    b"<faultstring>System error</faultstring></s:Fault>"
)


@dataclass
class Stack:
    """A server of another stack.

    Attributes:
        name: as the matrix has it.
        ways: in which it can name its certificate.
        judges: whether it verifies what it receives.
    """

    name: str
    ways: tuple[str, ...]
    judges: bool = True


STACKS: Final = {
    "java": Stack("WSS4J 1.6.19", WAYS),
    "zeep": Stack("zeep 4.3", ("token", "issuer-serial", "unsigned")),
    "php": Stack("PHP 8.2, DOM and openssl", tuple(way for way in WAYS if way != "certificate")),
    "node": Stack("node xml-crypto 6.3.2", tuple(way for way in WAYS if way != "certificate")),
}


@pytest.fixture(scope="session")
def keys(served: Served) -> Path:
    """The folder of the keys, with those of the hub as PKCS#12, and the answers."""
    folder = served.folder / "keys"
    ring = Keyring(folder)
    holder = ring._holder("hub.pem", "Stand-in hub")
    packed = serialize_key_and_certificates(
        b"ediel", holder.key, holder.certificate, [ring.issuer.certificate], BestAvailableEncryption(PASSWORD)
    )
    (folder / "hub.p12").write_bytes(packed)
    answers = folder / "answers"
    answers.mkdir()
    message = ediel.write(sample(ediel.messages.model("NotifyStartOfSupply"), 5))
    inside = {
        "nil": wire.poll_response(), "data": wire.poll_response(message), "fault": wire.fault("XSD"), "bare-fault": BARE,
    }  # fmt: skip
    for kind, data in inside.items():
        (answers / f"{kind}.xml").write_bytes(wire.bare(data))
    return folder


@contextmanager
def serving(stack: str, keys: Path) -> Iterator[tuple[str, Path]]:
    """A server on a port; its address, and the file in which it says whether it could verify the last request."""
    log, answers, party = keys / f"{stack}.log", keys / "answers", keys / "party.pem"
    commands = {
        "java": lambda: [*tools.java(), "server", keys / "hub.p12", party, keys / "issuer.pem", answers, log],
        "php": lambda: [*tools.php(), tools.HERE / "php" / "server.php", keys / "hub.pem", party, answers, log],
        "node": lambda: [*tools.node(), tools.HERE / "node" / "server.mjs", keys / "hub.pem", party, answers, log],
    }
    if stack == "zeep":
        pytest.importorskip("zeep")
        from tests.interop import zeep_stack

        with zeep_stack.serving(keys / "hub.pem", party, answers, log) as address:
            yield address, log
        return
    command = [str(word) for word in commands[stack]()]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            yield f"http://127.0.0.1:{int(server.stdout.readline())}", log
        finally:
            server.kill()


def outcome(address: str, way: str, kind: str, served: Served, keys: Path) -> str:
    """What our client makes of an answer."""
    trust = Trust.from_pem(
        (keys / "issuer.pem").read_bytes(), certificates=(keys / "hub-certificate.pem").read_bytes()
    )  # fmt: skip
    identity = Identity.from_pem(served.own.read_bytes())
    with Client(Environment("local", f"{address}/{way}/{kind}"), identity, trust) as client:
        try:
            answer = client.poll(PARTY, "PollMarketProcesses")
        except AnswerRefused:
            return "refused"
        except HubFault as fault:
            return f"fault {fault.group.value if fault.proven and fault.group else 'that proves nothing'}"
        if answer.result_set is None:
            return "nothing waits"
        assert answer.evidence is not None
        return f"{len(answer.messages)} message"


EXPECTED: Final = {
    "nil": "nothing waits", "data": "1 message", "fault": "fault XSD", "bare-fault": "fault that proves nothing",
}  # fmt: skip
UNSIGNED: Final = {
    "nil": "refused", "data": "refused", "fault": "fault that proves nothing", "bare-fault": "fault that proves nothing",
}  # fmt: skip


@pytest.mark.parametrize("stack", STACKS)
def test_answers_of(stack: str, served: Served, keys: Path, record: Record) -> None:
    known = STACKS[stack]
    with serving(stack, keys) as (address, log):
        for way in known.ways:
            found = {kind: outcome(address, way, kind, served, keys) for kind in KINDS}
            assert found == (UNSIGNED if way == "unsigned" else EXPECTED), way
            record(known.name, f"as server, {way}", "refused" if way == "unsigned" else "read")
        if known.judges:
            assert log.read_text() == "verified", "what our client signs"
            record(known.name, "as server, our signature", "verified")
