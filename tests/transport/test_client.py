"""One call: what is sent, what each kind of answer becomes, and whether the message may have arrived."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import httpx2
import pytest

import ediel
from ediel.codes import FaultGroup
from ediel.errors import UnknownName
from ediel.messages import model
from ediel.testing import sample
from ediel.transport import (
    Algorithm,
    AnswerRefused,
    Client,
    ClientSettings,
    Environment,
    HubFault,
    Trust,
    Unavailable,
    environment,
    verify,
)
from ediel.transport._road import road_to
from ediel.transport.envelope import SOAP
from ediel.xml import Limits
from tests.support import wire
from tests.support.pki import NOW, make, root, supplier, trust
from tests.support.wire import fault

HUB = environment("mt1")
SET = b"0318fe1d-8461-569e-8236-45502500e519"
Reply = Callable[[httpx2.Request], httpx2.Response]


def hub_identity() -> Any:
    return make("A hub", 7, root(), organisation="987654325").identity


def enveloped(inside: bytes = b"", *, signer: Any = None, at: datetime = NOW) -> bytes:
    """An answer of the hub, signed."""
    return wire.signed(inside, signer or hub_identity(), at)


def xml(data: bytes, status: int = 200, **headers: str) -> httpx2.Response:
    kind = {"content-type": "text/xml; charset=utf-8", **{name.replace("_", "-"): v for name, v in headers.items()}}
    return httpx2.Response(status, content=iter([data[:100], data[100:]]), headers=kind)


def client(reply: Reply, **more: Any) -> Client:
    http = httpx2.Client(transport=httpx2.MockTransport(reply))
    settings = ClientSettings(**{name: more.pop(name) for name in ("compress", "limits") if name in more})
    given: dict[str, Any] = {"trust": trust(), "clock": lambda: NOW, "http": http, "settings": settings, **more}
    return Client(HUB, supplier().identity, **given)


def message(name: str = "RequestEndOfSupply") -> Any:
    return sample(model(name), 7)


def poll_result(*names: str) -> bytes:
    parts = [ediel.write(message(name)).partition(b"?>")[2] for name in names]
    space = b"urn:no:elhub:emif:wsdl:polling:marketprocesses:v2"
    inside = b"<p:Identification>%b</p:Identification><p:ResultDataSet>%b</p:ResultDataSet>" % (SET, b"".join(parts))
    return b'<p:PollForDataResponse xmlns:p="%b">%b</p:PollForDataResponse>' % (space, inside)


@pytest.mark.parametrize("compress", [False, True])
def test_what_is_sent(compress: bool) -> None:
    seen: list[httpx2.Request] = []

    def reply(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        return xml(enveloped())

    original = message()
    answer = client(reply, compress=compress).call(original)
    assert (answer.messages, answer.content) == ((), b"")
    (request,) = seen
    assert str(request.url) == "https://service-mt1.elhub.no/WebService/services/MarketProcesses"
    assert request.method == "POST"
    assert request.headers["soapaction"] == '"RequestEndOfSupply"'
    assert request.headers["content-type"] == "text/xml; charset=utf-8"
    assert request.headers.get("content-encoding") == ("gzip" if compress else None)
    found = verify(request.content, trust(), NOW)
    assert found.algorithm == Algorithm.RSA_SHA1.value
    assert ediel.read(found.data) == original


def test_a_poll() -> None:
    names = ("ConfirmStartOfSupply", "NotifyStartOfSupply")
    data = enveloped(poll_result(*names))
    for answer in (
        client(lambda _: xml(data)).call(message("PollForData"), "PollMarketProcesses"),
        client(lambda _: xml(gzip.compress(data), content_encoding="gzip")).call(
            message("PollForData"), "PollMarketProcesses"
        ),
    ):
        assert answer.messages == tuple(message(name) for name in names)
        assert b"Signature" not in answer.content
        assert answer.result_set == SET.decode()


def test_poll_and_acknowledge() -> None:
    """By the samples: QUERY and POLL, the role of the poller, the identification of the result set."""
    seen: list[Any] = []
    nothing = (
        b'<p:PollForDataResponse xmlns:p="urn:no:elhub:emif:wsdl:polling:marketprocesses:v2" '
        b'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true"/>'
    )

    def reply(request: httpx2.Request) -> httpx2.Response:
        seen.append((request.headers["soapaction"], ediel.read(verify(request.content, trust(), NOW).data)))
        waits = [poll_result("NotifyStartOfSupply"), b"", nothing]
        return xml(enveloped(waits[len(seen) - 1]))

    party = ediel.Party("7080001100018", "DDQ", physical_sender="7080001200015")
    calls = client(reply)
    answer = calls.poll(party, "PollMarketProcesses")
    assert answer.result_set == SET.decode()
    calls.acknowledge(party, "PollMarketProcesses", answer.result_set)
    empty = calls.poll(party, "PollMarketProcesses")
    assert (empty.messages, empty.result_set) == ((), None)
    (poll_action, poll), (word_action, word), _ = seen
    assert (poll_action, word_action) == ('"PollForData"', '"AcknowledgePoll"')
    assert (poll.header.document_type.value, poll.process.business_process.value) == ("21", "POLL")
    assert poll.process.role.value == "DDQ"
    assert (poll.header.juridical_sender, poll.header.physical_sender) == ("7080001100018", "7080001200015")
    assert (word.header.document_type.value, word.payload.status.value) == ("21", "39")
    assert word.payload.original_reference == SET.decode()
    assert not [verdict for verdict in ediel.rules.judge(poll, NOW) if verdict.outcome == "failed"]
    assert not [verdict for verdict in ediel.rules.judge(word, NOW) if verdict.outcome == "failed"]


@pytest.mark.parametrize("group", [item.value for item in FaultGroup])
@pytest.mark.parametrize("signed", [True, False])
def test_faults(group: str, signed: bool) -> None:
    plain = wire.bare(fault(group))
    data = enveloped(fault(group)) if signed else plain
    with pytest.raises(HubFault) as caught:
        client(lambda _: xml(data, 500)).call(message())
    error = caught.value
    assert error.group is FaultGroup(group)
    assert (error.signed, error.proven, error.arrived) == (signed, signed, False if signed else None)
    assert error.transient == (group in {"System", "Other", "Compression"} or not signed)
    assert error.stops == (group == "Security" and signed)
    assert error.doubtful == (group == "UUID" and signed)
    assert error.final == (signed and group in {"XSD", "Size", "Date"})
    assert f"{group}: Refused" in str(error)


def test_a_fault_without_a_detail() -> None:
    text = b'<s:Fault xmlns:s="%b"><faultcode>s:Server</faultcode><faultstring>no</faultstring></s:Fault>'
    with pytest.raises(HubFault, match="without a detail") as caught:
        client(lambda _: xml(enveloped(text % SOAP.encode()), 500)).call(message())
    assert (caught.value.group, caught.value.transient, caught.value.stops) == (None, True, False)
    assert "s:Server: no" in str(caught.value)
    assert caught.value.arrived is None


def raising(error: Exception) -> Reply:
    def reply(request: httpx2.Request) -> httpx2.Response:
        raise error

    return reply


@pytest.mark.parametrize(
    ("reply", "arrived"),
    [
        (raising(httpx2.ConnectError("no")), False),
        (raising(httpx2.ConnectTimeout("no")), False),
        (raising(httpx2.ReadTimeout("no")), None),
        (raising(httpx2.WriteError("no")), None),
        (raising(httpx2.RemoteProtocolError("no")), None),
        (lambda _: httpx2.Response(503, content=iter([b"busy"])), None),
        (lambda _: httpx2.Response(500, content=iter([b"<html>"]), headers={"content-type": "text/html"}), None),
        (lambda _: xml(b"<a/>", 500), None),
        (lambda _: httpx2.Response(404, content=iter([b"no such service"])), None),
        (
            lambda _: httpx2.Response(301, content=iter([b""]), headers={"location": "https://elsewhere.example/"}),
            None,
        ),
        (lambda _: xml(b""), None),
        (lambda _: xml(b" \n"), None),
        (lambda _: httpx2.Response(202, content=iter([b""])), None),
    ],
)
def test_no_answer_of_a_hub(reply: Reply, arrived: bool | None) -> None:
    with pytest.raises(Unavailable) as caught:
        client(reply).call(message())
    assert caught.value.arrived is arrived
    assert "mt1" in str(caught.value)


@pytest.mark.parametrize(
    "address", ["http://a..b/services", f"http://{'a' * 64}/", "http://[::1/x", "http://h\0/", "x:/"]
)
def test_an_address_that_is_none(address: str) -> None:
    """Nothing is sent, and it says what to correct: no mistake of the package."""
    road = road_to("http://127.0.0.1/", proxy="direct")
    with road.open() as http:
        one = Client(Environment("local", address, Algorithm.RSA_SHA1, ""), supplier().identity, trust(), http=http)
        with pytest.raises(Unavailable) as caught:
            one.call(message())
        assert caught.value.arrived is False
        assert one.time_of_hub() is None
    assert any(words in str(caught.value) for words in ("correct [hub]", "check address"))


def answers() -> Iterator[tuple[str, Reply, dict[str, Any]]]:
    stranger = make("A hub", 7, make("Another root", 9, ca=True), organisation="987654325").identity
    yield "no signature", lambda _: xml(wire.bare()), {}
    yield "a stranger's", lambda _: xml(enveloped(signer=stranger)), {}
    yield "expired", lambda _: xml(enveloped(at=NOW - timedelta(hours=1))), {}
    yield "changed", lambda _: xml(enveloped(poll_result("NotifyStartOfSupply")).replace(b"Notify", b"Confirm")), {}
    yield "no XML", lambda _: xml(b"<html>"), {}
    yield "not valid", lambda _: xml(enveloped(b"<what/>")), {}
    yield "too large", lambda _: xml(b"<" * 5000), {"limits": Limits(size=4000, packed=4000)}
    bomb = gzip.compress(b"<" * 10_000_000)
    yield "a bomb", lambda _: xml(bomb, content_encoding="gzip"), {"limits": Limits(size=100_000, packed=100_000)}
    yield "half a gzip file", lambda _: xml(gzip.compress(enveloped())[:-20], content_encoding="gzip"), {}


@pytest.mark.parametrize(
    ("name", "reply", "more"), list(answers()), ids=lambda item: item if isinstance(item, str) else ""
)
def test_answers_that_are_not_to_be_trusted(name: str, reply: Reply, more: dict[str, Any]) -> None:
    with pytest.raises(AnswerRefused) as caught:
        client(reply, **more).call(message())
    assert caught.value.arrived is None


def test_the_same_answer_twice_is_refused() -> None:
    data = enveloped()
    calls = client(lambda _: xml(data))
    calls.call(message())
    with pytest.raises(AnswerRefused, match="has come before"):
        calls.call(message())


def test_without_trust_answers_are_read_as_they_are() -> None:
    data = enveloped(poll_result("NotifyStartOfSupply"))
    answer = client(lambda _: xml(data), trust=None).call(message("PollForData"), "PollMarketProcesses")
    assert len(answer.messages) == 1
    with pytest.raises(AnswerRefused, match="none that RequestEndOfSupply gives"):
        client(lambda _: xml(enveloped(b"<what/>")), trust=None).call(message())
    assert Trust(()).anchors == ()


def test_environments() -> None:
    assert environment("production").address("Query") == "https://service.elhub.no:8200/WebService/services/Query"
    with pytest.raises(UnknownName, match="mt1"):
        environment("mt2")
    with Client(environment("local"), supplier().identity, trust()) as own:
        own._http = httpx2.Client(transport=httpx2.MockTransport(raising(httpx2.ConnectError("no"))))
        with pytest.raises(Unavailable) as caught:
            own.call(message())
    assert caught.value.arrived is False
