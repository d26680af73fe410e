"""Other stacks as clients of the stand-in hub: they sign, call, and verify what it answers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import httpx2
import pytest

from ediel.engine import Party
from ediel.hub import SERVICES
from ediel.testing import hub
from ediel.transport import Algorithm, Identity, poll_of, sign, wrap
from ediel.transport._signer import Refer
from tests.interop import tools, xmlsec_stack
from tests.interop.conftest import Record, Served, all_is_well
from tests.interop.jobs import CHANNEL, EXPECTED, Done, run
from tests.support.hub_market import MARKET, NEW, POINT
from tests.support.serving import on_a_port

NAMES = {
    "wss4j": "WSS4J 1.6.19",
    "jaxws": "JAX-WS RI 2.3 with WSS4J",
    "node": "node soap 1.13.0",
    "php": "PHP SoapClient",
    "gsoap": "gSOAP 2.8",
    "zeep": "zeep 4.3",
    "sdk": "elhub-python-sdk 0.1.5",
    "xmlsec1": "xmlsec1 1.2",
}
"""As the matrix has them."""
WAYS = ("token", "ski", "issuer-serial", "thumbprint")


def verified(done: dict[str, Done]) -> str:
    """In how many of its answers a stack has verified the signature of the hub."""
    good = sum(row.verified == "verified" for row in done.values())
    return f"{good} of {len(done)}"


@pytest.mark.parametrize("algorithm", ["rsa-sha1", "rsa-sha256"])
@pytest.mark.parametrize("stack", ["wss4j", "jaxws"])
def test_java(served: Served, record: Record, stack: str, algorithm: str) -> None:
    keys = (served.packed, served.certificate, served.issuer)
    done = run([*tools.java(), stack, *keys, served.jobs(), "token", algorithm])
    all_is_well(done, served, algorithm)
    assert verified(done) == "7 of 7"
    record(NAMES[stack], f"calls, {algorithm}", "7 of 7")


@pytest.mark.parametrize("setting", ["default", "ids", "transforms", "sha1"])
def test_node_soap(served: Served, record: Record, setting: str) -> None:
    program = tools.HERE / "node" / "client.mjs"
    done = run([*tools.node(), program, served.jobs(), served.own, served.certificate, setting])
    algorithm = "rsa-sha1" if setting == "sha1" else "rsa-sha256"
    all_is_well(done, served, algorithm)
    assert verified(done) == "7 of 7"
    record(NAMES["node"], f"calls, {algorithm}", "7 of 7" if setting == "sha1" else "7 of 7, in three settings")


@pytest.mark.parametrize("algorithm", ["rsa-sha1", "rsa-sha256"])
def test_php(served: Served, record: Record, algorithm: str) -> None:
    program = tools.HERE / "php" / "client.php"
    done = run([*tools.php(), program, served.jobs(), served.own, served.certificate, algorithm.removeprefix("rsa-")])
    all_is_well(done, served, algorithm)
    assert verified(done) == "7 of 7"
    record(NAMES["php"], f"calls, {algorithm}", "7 of 7")


def test_gsoap(served: Served, record: Record) -> None:
    """Its types are made from the WSDL of the hub; requests are read into them, and written by it."""
    program = tools.gsoap(f"{served.address}{SERVICES}/{CHANNEL}?WSDL")
    for algorithm in ("sha1", "sha256"):
        jobs = served.jobs("poll", "acknowledge", "nothing waits any more", "for somebody else")
        done = run([program, jobs, served.own, served.issuer, algorithm])
        assert {name: row.outcome for name, row in done.items()} == {name: EXPECTED[name] for name in done}, (
            served.refused()
        )
        assert len(done) == 4
        assert verified(done) == "4 of 4", done
        record(NAMES["gsoap"], f"calls, rsa-{algorithm}", "4 of 4: the channel of polls")


@pytest.mark.parametrize("algorithm", ["rsa-sha1", "rsa-sha256"])
def test_zeep(served: Served, record: Record, algorithm: str) -> None:
    pytest.importorskip("zeep")
    from tests.interop import zeep_stack

    done = zeep_stack.calls(served.jobs(), served.own, served.certificate, sha256=algorithm == "rsa-sha256")
    all_is_well(done, served, algorithm)
    assert verified(done) == "7 of 7", done
    record(NAMES["zeep"], f"calls, {algorithm}", "7 of 7")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_client_package(record: Record) -> None:
    """elhub-python-sdk with its own WSDL files and its own signing; it does not verify answers."""
    pytest.importorskip("elhub_sdk")
    from tests.hub.sdk_calls import SdkCalls

    with hub(MARKET) as market, on_a_port(market) as address:
        calls = SdkCalls(market, address)
        assert POINT in str(calls.lookup(POINT))
        calls.access(POINT)
        assert calls.values(POINT)
        calls.leave(POINT)
        assert list(market.hub.endpoint.refused) == []
    record(NAMES["sdk"], "calls, rsa-sha1", "611, 622, 315; polls and acknowledges metering values")


@pytest.mark.parametrize("algorithm", list(Algorithm))
@pytest.mark.parametrize("way", WAYS)
def test_xmlsec1(served: Served, record: Record, tmp_path: Path, way: str, algorithm: Algorithm) -> None:
    """The command verifies what we sign and what the hub answers, and the hub takes what it signs."""
    identity = Identity.from_pem(served.own.read_bytes())
    envelope = wrap(poll_of(Party(NEW, "DDQ", hub=served.market.hub.gln), served.market.clock()), CHANNEL)
    ours = sign(envelope, identity, datetime.now(UTC), algorithm=algorithm, refer=cast("Refer", way))
    assert xmlsec_stack.verdict(ours, served.public, tmp_path) == "verified"
    changed = ours.replace(b":PollForData>", b":PollForData> ", 1)
    assert xmlsec_stack.verdict(changed, served.public, tmp_path) != "verified"
    theirs = xmlsec_stack.signed(
        sign(envelope, identity, datetime.now(UTC), algorithm=algorithm), served.own, tmp_path
    )  # fmt: skip
    headers = {"content-type": "text/xml; charset=utf-8", "soapaction": "PollForData"}
    with served.answers_by(way):
        answer = httpx2.post(f"{served.address}{SERVICES}/{CHANNEL}", content=theirs, headers=headers, trust_env=False)
    assert answer.status_code == 200, answer.text
    assert xmlsec_stack.verdict(answer.content, served.certificate, tmp_path) == "verified"
    record(NAMES["xmlsec1"], f"calls, {algorithm.value}", "a poll, signed by the command")
    record(NAMES["xmlsec1"], f"answers by {way}", "verified")


def _zeep(served: Served, jobs: Path) -> dict[str, Done]:
    pytest.importorskip("zeep")
    from tests.interop import zeep_stack

    return zeep_stack.calls(jobs, served.own, served.certificate)


def _java(kind: str) -> Callable[[Served, Path], dict[str, Done]]:
    return lambda served, jobs: run(
        [*tools.java(), kind, served.packed, served.certificate, served.issuer, jobs, "token"]
    )  # fmt: skip


CALLERS: dict[str, Callable[[Served, Path], dict[str, Done]]] = {
    "zeep": _zeep,
    "wss4j": _java("wss4j"),
    "jaxws": _java("jaxws"),
    "node": lambda served, jobs: run(
        [*tools.node(), tools.HERE / "node" / "client.mjs", jobs, served.own, served.certificate, "default"]
    ),
    "php": lambda served, jobs: run([*tools.php(), tools.HERE / "php" / "client.php", jobs, served.own, served.certificate]),
    "gsoap": lambda served, jobs: run(
        [tools.gsoap(f"{served.address}{SERVICES}/{CHANNEL}?WSDL"), jobs, served.own, served.issuer, "sha1", served.certificate]
    ),
}  # fmt: skip


@pytest.mark.parametrize("stack", CALLERS)
def test_a_changed_answer_is_noticed(served: Served, stack: str) -> None:
    """What stands above as verified is: none of them verifies an answer that was changed on the way."""
    jobs = served.jobs("nothing waits")
    served.market.misbehave("broken signature", times=1)
    try:
        (row,) = CALLERS[stack](served, jobs).values()
    finally:
        served.market.http.delete("/admin/misbehaviours")
    assert row.verified.startswith("not verified") or row.outcome.startswith("error"), row


@pytest.mark.parametrize("way", WAYS[1:])
@pytest.mark.parametrize("stack", CALLERS)
def test_answers_that_name_the_certificate(served: Served, record: Record, stack: str, way: str) -> None:
    """As the policy of the WSDL has it: the answer does not hold the certificate."""
    with served.answers_by(way):
        (row,) = CALLERS[stack](served, served.jobs("nothing waits")).values()
    assert row == Done("nil", "verified")
    record(NAMES[stack], f"answers by {way}", "verified")
