"""Other people's SOAP stacks against the hub over HTTP: a generic one with the official WSDL and with ours, and a client package."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest
from lxml import etree

import ediel
from ediel.codes import BusinessProcess, Role
from ediel.engine import Party
from ediel.hub import SERVICES
from ediel.messages import PollForDataFilter, ResponseUpfrontMeteringPointCharacteristics
from ediel.messages.services import SERVICES as TABLE
from ediel.testing import HubUnderTest, conforming, hub
from ediel.transport import acknowledgement_of, poll_of
from ediel.xml import write
from tests.support.hub_market import GRID, MARKET, NEW, OLD, POINT, THIRD_PARTY, at, every_message_is_valid
from tests.support.serving import on_a_port

zeep = pytest.importorskip("zeep")
"""A generic SOAP client; it comes with the client package."""


@pytest.fixture(params=["required", "optional"])
def served(request: pytest.FixtureRequest) -> Iterator[tuple[HubUnderTest, str]]:
    """A hub on a port of this machine, with and without the demand for signatures."""
    with hub(MARKET, security=request.param) as market, on_a_port(market) as address:
        yield market, address
        every_message_is_valid(market)


def signature(market: HubUnderTest, gln: str) -> Any:
    """The stack's own signing, with a timestamp, as the policy has it."""
    from zeep.wsse import utils
    from zeep.wsse.signature import BinarySignature

    class Signed(BinarySignature):
        def apply(self, envelope: Any, headers: Any) -> Any:
            now = datetime.now(UTC).replace(microsecond=0)
            moments = [now, now.replace(tzinfo=UTC) + (datetime.resolution * 60_000_000)]
            stamp = utils.WSU("Timestamp")
            for name, moment in zip(("Created", "Expires"), moments, strict=True):
                stamp.append(utils.WSU(name, moment.strftime("%Y-%m-%dT%H:%M:%SZ")))
            utils.get_security_header(envelope).append(stamp)
            return super().apply(envelope, headers)

        def verify(self, envelope: Any) -> Any:
            return envelope  # it cannot verify an answer by another certificate than its own

    organisation = str(market.hub.register_store.parties()[gln].organisation)
    path = str(market.keyring.path(organisation))
    return Signed(path, path)


def client(wsdl: str, market: HubUnderTest | None, gln: str) -> Any:
    settings = zeep.Settings(strict=True, xml_huge_tree=False)
    return zeep.Client(wsdl, wsse=None if market is None else signature(market, gln), settings=settings)


def sample(market: HubUnderTest, message: str, gln: str, process: str) -> Any:
    """A message of an operation, from a party of the market."""
    made: Any = conforming(BusinessProcess(process), message, random=Random(message), on=at("2026-11-27 09:00").date())
    header = made.header.model_copy(
        update={"physical_sender": gln, "juridical_sender": gln, "juridical_recipient": market.hub.gln}
    )
    return made.model_copy(update={"header": header})


CALLS = {
    "RequestStartOfSupply": (NEW, "BRS-NO-101"),
    "RequestEndOfSupply": (OLD, "BRS-NO-201"),
    "RequestUpdateMasterDataMeteringPoint": (GRID, "BRS-NO-317"),
    "RequestUpdateCustomerInformation": (OLD, "BRS-NO-301"),
    "UpdateThirdPartyAccess": (THIRD_PARTY, "BRS-NO-622"),
    "RejectStartOfSupply": (GRID, "BRS-NO-102"),
    "RequestUpdateSharedProduction": (GRID, "BRS-NO-701"),
    "CollectedData": (GRID, "BRS-NO-313"),
    "RequestUpfrontMeteringPointCharacteristics": (THIRD_PARTY, "BRS-NO-611"),
    "RequestDataFromElhub": (OLD, "BRS-NO-303"),
    "RequestToGridAccessProvider": (OLD, "BRS-NO-601"),
    "ResponseFromGridAccessProvider": (GRID, "BRS-NO-601"),
    "RequestToElhub": (OLD, "BRS-NO-602"),
}


def body(market: HubUnderTest, operation: Any, service: Any) -> tuple[str, etree._Element]:
    """Who calls, and the request element."""
    if operation.polls:
        gln = NEW
        plain = poll_of(Party(NEW, "DDQ", hub=market.hub.gln), market.clock())
        asked = PollForDataFilter(party=NEW, role=Role.DDQ)  # the stack takes an empty Payload for a missing one
        message = plain.model_copy(update={"payload": asked})
    elif operation.message == "Acknowledgement":
        gln = NEW
        reference = "3f2b8c1e-0f6a-4c55-8d0e-7a0f0c8f7d11"
        message = acknowledgement_of(Party(NEW, "DDQ", hub=market.hub.gln), reference, market.clock())  # type: ignore[assignment]
    else:
        gln, process = CALLS[operation.message]
        message = sample(market, operation.message, gln, process)
    element = etree.fromstring(write(message))
    if operation.local:
        element.tag = f"{{{service.namespace}}}{operation.message}"
    request = etree.Element(f"{{{service.namespace}}}{operation.request}")
    request.append(element)
    return gln, request


def call_every_operation(market: HubUnderTest, address: str, wsdl_of: Any, *, signed: bool) -> int:
    called = 0
    for service in TABLE:
        wsdl = wsdl_of(service.name)
        for operation in service.operations:
            gln, request = body(market, operation, service)
            made = client(wsdl, market if signed else None, gln)
            (binding,) = [name for name in made.wsdl.bindings if name.startswith(f"{{{service.namespace}}}")]
            proxy = made.create_service(binding, f"{address}{SERVICES}/{service.name}")
            element = made.get_element(f"{{{service.namespace}}}{operation.request}")
            value = element.parse(request, made.wsdl.types)
            answer = proxy[operation.name](**{name: value[name] for name in value})
            if operation.answers:
                assert answer is not None
            called += 1
    assert market.hub.endpoint.refused == type(market.hub.endpoint.refused)()
    return called


def test_the_official_wsdl(served: tuple[HubUnderTest, str], official: Path) -> None:
    """Every operation of every service, with and without WS-Security; the stack checks each answer by its own schema."""
    market, address = served
    for signed in (True, False):
        if not signed and market.hub.endpoint.security == "required":
            continue
        kind = " - WS-Security" if signed else ""
        count = call_every_operation(
            market, address, lambda name, kind=kind: str(official / "wsdl" / f"{name}{kind}.wsdl"), signed=signed
        )
        assert count == sum(len(service.operations) for service in TABLE) == 18


def test_our_own_wsdl(served: tuple[HubUnderTest, str]) -> None:
    market, address = served
    signed = market.hub.endpoint.security == "required"
    assert call_every_operation(market, address, lambda name: f"{address}{SERVICES}/{name}?wsdl", signed=signed) == 18


def test_a_fault_is_understood(served: tuple[HubUnderTest, str]) -> None:
    market, address = served
    service = next(item for item in TABLE if item.name == "Query")
    operation = service.operations[0]
    _, request = body(market, operation, service)
    made = client(f"{address}{SERVICES}/Query?wsdl", market, NEW)  # not who the message is of
    element = made.get_element(f"{{{service.namespace}}}{operation.request}")
    value = element.parse(request, made.wsdl.types)
    with pytest.raises(zeep.exceptions.Fault) as caught:
        made.service[operation.name](**{name: value[name] for name in value})
    assert caught.value.message == "Security error"
    assert "ElhubSOAPFault" in etree.tostring(caught.value.detail).decode()


# --- the client package


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_client_package() -> None:
    """elhub-python-sdk, unmodified, with its own WSDL files (2.3) and its own signing: 611, 622, 315, poll, acknowledge."""
    pytest.importorskip("elhub_sdk")
    from tests.hub.sdk_calls import SdkCalls

    with hub(MARKET) as market, on_a_port(market) as address:
        calls = SdkCalls(market, address)
        found = ediel.inspect(calls.lookup(POINT)).messages[0].message
        assert isinstance(found, ResponseUpfrontMeteringPointCharacteristics)
        assert [str(row.metering_point) for row in found.payloads] == [POINT]
        calls.access(POINT)
        answers = {message.process.business_process.value: message for message in calls.values(POINT)}
        assert set(answers) == {"BRS-NO-313", "BRS-NO-315"}, (
            "what is sent to everybody with access, and what was asked for"
        )
        (series,) = answers["BRS-NO-315"].payloads
        assert {str(row.value) for row in series.observations} == {"2.5"}
        assert len(series.observations) == 24
        calls.leave(POINT)
        assert list(market.hub.endpoint.refused) == [], "every signature of the package was verified"
        every_message_is_valid(market)
