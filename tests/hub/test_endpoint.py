"""What the hub refuses in the call, with which fault, and what it says about it; and what it lets in."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from lxml import etree

import ediel
from ediel.codes import FaultGroup
from ediel.engine import Party
from ediel.hub import SERVICES
from ediel.hub.certificates import make
from ediel.messages import Message
from ediel.testing import HubUnderTest, hub
from ediel.transport import HubFault, Identity, acknowledgement_of, poll_of, sign, wrap
from tests.support.hub_market import (
    GRID,
    MARKET,
    NEW,
    OLD,
    POINT,
    THIRD_PARTY,
    at,
    every_message_is_valid,
    point,
    switch,
)

NOW = datetime(2026, 11, 27, 8, tzinfo=UTC)


def request(market: HubUnderTest, **more: Any) -> Message:
    """A start of supply that the hub would take."""
    new = market.party(NEW)
    begun = new.engine.start(switch(**more))
    (row,) = [row for row in new.engine.outbox.pending() if row["instance_id"] == begun.id]
    new.engine.outbox.sent(row["message_id"])
    return ediel.read(row["data"])


def identity(market: HubUnderTest, gln: str) -> Identity:
    organisation = market.hub.register_store.parties()[gln].organisation
    assert organisation is not None
    return market.keyring.identity(organisation)


def post(market: HubUnderTest, body: bytes, service: str = "MarketProcesses", **headers: str) -> Any:
    plain = {
        "content-type": "text/xml; charset=utf-8",
        **{name.replace("_", "-"): text for name, text in headers.items()},
    }
    return market.http.post(f"{SERVICES}/{service}", content=body, headers=plain)


def fault(response: Any) -> Any:
    assert response.status_code == 500, response.text
    found = ediel.inspect(response.content).fault
    assert found is not None
    return found


def signed(market: HubUnderTest, message: Message, gln: str = NEW, **more: Any) -> bytes:
    when = more.pop("when", datetime.now(UTC))
    return sign(wrap(message, more.pop("service", None)), more.pop("by", None) or identity(market, gln), when, **more)


def test_a_message_that_is_taken_gets_an_empty_answer(market: HubUnderTest) -> None:
    response = post(market, signed(market, request(market)), soapaction='"RequestStartOfSupply"')
    assert response.status_code == 200
    body = etree.fromstring(response.content).find("{*}Body")
    assert body is not None
    assert body[:] == []
    assert b"SignatureValue" in response.content


def test_the_same_message_again_is_taken_quietly(market: HubUnderTest) -> None:
    """What Elhub does is not published; the same words are a success here, other words a fault about the identification."""
    message: Any = request(market)
    for _ in range(2):
        assert post(market, signed(market, message)).status_code == 200
    assert len(market.hub.engine.browse.processes()) == 1
    other = message.model_copy(
        update={"payload": message.payload.model_copy(update={"start_of_occurrence": at("2026-12-02 00:00")})}
    )
    assert fault(post(market, signed(market, other))).code_group is FaultGroup.UUID
    assert [row["reason"] for row in market.hub.engine.browse.dead_letters()] == ["other words"]


def _changed(data: bytes) -> bytes:
    return data.replace(b"2026-12-01T00:00:00", b"2026-12-02T00:00:00")


SECURITY: dict[str, Callable[[HubUnderTest], bytes]] = {
    "not signed": lambda market: wrap(request(market)).to_bytes(),
    "changed": lambda market: _changed(signed(market, request(market))),
    "expired": lambda market: signed(market, request(market), when=datetime.now(UTC) - timedelta(hours=1)),
    "of somebody else": lambda market: signed(market, request(market), by=identity(market, OLD)),
    "of a stranger": lambda market: signed(
        market, request(market), by=make("Stranger", datetime.now(UTC), organisation="912345688").identity
    ),
}
REASONS = {
    "not signed": "layout:", "changed": "signature:", "expired": "time:", "of somebody else": "organisation:",
    "of a stranger": "trust:",
}  # fmt: skip


@pytest.mark.parametrize("name", SECURITY)
def test_a_message_that_cannot_be_trusted(market: HubUnderTest, name: str) -> None:
    """Security fault, nothing taken, and the log says why."""
    found = fault(post(market, SECURITY[name](market)))
    assert found.code_group is FaultGroup.SECURITY
    assert found.description == "Authorization failed"
    assert market.hub.engine.browse.processes() == []
    (refused,) = market.http.get("/admin/refused").json()
    assert refused["group"] == "Security"
    assert refused["text"].startswith(REASONS[name])


def test_a_message_that_is_sent_twice_as_it_stands(market: HubUnderTest) -> None:
    data = signed(market, request(market))
    assert post(market, data).status_code == 200
    assert fault(post(market, data)).fault_text.startswith("replay:")


def test_an_unknown_sender_and_one_that_polls_for_another(market: HubUnderTest) -> None:
    message: Any = poll_of(Party(THIRD_PARTY, "AG"), NOW)
    header = message.header.model_copy(update={"physical_sender": "7080001400019"})
    unknown = message.model_copy(update={"header": header})
    channel = "PollMarketProcesses"
    assert (
        "is not known here"
        in fault(post(market, signed(market, unknown, THIRD_PARTY, service=channel), channel)).fault_text
    )
    as_other = message.model_copy(update={"header": message.header.model_copy(update={"physical_sender": NEW})})
    assert "may not act for" in fault(post(market, signed(market, as_other, NEW, service=channel), channel)).fault_text
    wrong_role = poll_of(Party(THIRD_PARTY, "DDQ"), NOW)
    assert (
        "is not known as DDQ"
        in fault(post(market, signed(market, wrong_role, THIRD_PARTY, service=channel), channel)).fault_text
    )


def test_a_service_provider_polls_for_whom_it_acts(market: HubUnderTest) -> None:
    provider = {"gln": NEW, "roles": ["DDQ"], "active": True, "acts_for": [THIRD_PARTY], "organisation": None}
    known = market.hub.register_store.parties()[NEW]
    market.http.post("/admin/seed", json={"parties": [{**provider, "organisation": known.organisation}]})
    message = poll_of(Party(THIRD_PARTY, "AG", physical_sender=NEW), NOW)
    channel = "PollMarketProcesses"
    assert post(market, signed(market, message, NEW, service=channel), channel).status_code == 200


@pytest.mark.parametrize(
    ("headers", "change", "group", "text"),
    [
        ({"content-type": "text/xml; charset=iso-8859-1"}, bytes, "Other", "charset=utf-8"),
        ({"content-type": "text/xml"}, bytes, "Other", "charset=utf-8"),
        ({"content-encoding": "gzip"}, bytes, "Compression", "the content is not"),
        ({"content-encoding": "br"}, bytes, "Compression", "expected gzip"),
        ({"content-encoding": "gzip"}, lambda data: gzip.compress(data)[:-30], "Compression", "cannot be unpacked"),
        ({}, lambda _: b"not xml", "XSD", ""),
        ({}, lambda data: data[:-100], "XSD", "not well-formed"),
        ({}, lambda _: b"<a/>", "Security", "layout"),
        ({"soapaction": '"RequestEndOfSupply"'}, bytes, "Other", "expected RequestStartOfSupply"),
    ],
)
def test_what_is_wrong_before_anything_is_read(
    market: HubUnderTest, headers: dict[str, str], change: Callable[[bytes], bytes], group: str, text: str
) -> None:
    body = change(signed(market, request(market)))
    found = fault(
        market.http.post(
            f"{SERVICES}/MarketProcesses",
            content=body,
            headers={"content-type": 'text/xml; charset="UTF-8"', **headers},
        )
    )
    assert (found.code_group.value, text in found.fault_text) == (group, True), found.fault_text


def test_a_packed_message_is_taken(market: HubUnderTest) -> None:
    body = gzip.compress(signed(market, request(market)))
    assert post(market, body, content_encoding="gzip").status_code == 200


def test_a_message_that_the_schema_refuses(market: HubUnderTest) -> None:
    """Fault XSD, with the errors in words, cut at 1000 characters; nothing about people."""
    envelope = wrap(request(market))
    for element in list(envelope.element.iter("{*}Postcode", "{*}FamilyName", "{*}ExtendedStorageMeteringValues")):
        parent = element.getparent()
        assert parent is not None
        parent.remove(element)
    for element in envelope.element.iter("{*}GivenName"):
        element.text = "x" * 2000
    found = fault(post(market, sign(envelope, identity(market, NEW), datetime.now(UTC))))
    assert (found.code_group, found.description) == (FaultGroup.XSD, "XSD validation error")
    assert "Postcode is missing" in found.fault_text or "is missing" in found.fault_text
    assert len(found.fault_text) <= 1000
    assert "xxx" not in found.fault_text


def test_the_wrong_service_and_none(market: HubUnderTest) -> None:
    data = signed(market, request(market))
    assert fault(post(market, data, "Query")).code_group is FaultGroup.XSD
    assert fault(post(market, signed(market, request(market, metering_point=MARKET.metering_points[1].identification,
        customer=market_customer(1))), "Nothing")).description == "No such service"  # fmt: skip
    assert market.http.get(f"{SERVICES}/Nothing?wsdl").status_code == 404
    assert market.http.get(f"{SERVICES}/Query").status_code == 405


def market_customer(number: int) -> dict[str, Any]:
    resident = MARKET.metering_points[number].end_users[0]
    return {
        "identification": resident.identification, "identification_scheme": resident.scheme,
        "given_name": resident.given_name, "family_name": resident.family_name, "extended_storage": False,
    }  # fmt: skip


def test_a_message_that_is_too_large(market: HubUnderTest) -> None:
    found = fault(post(market, gzip.compress(b" " * 100_000_001, 1), content_encoding="gzip"))
    assert (found.code_group, found.description) == (FaultGroup.SIZE, "Message too big")


def test_a_message_of_a_process_without_a_table_is_kept(market: HubUnderTest) -> None:
    """It is taken at the endpoint, as Elhub would, and stands in the back office with the reason."""
    from random import Random

    from ediel.codes import BusinessProcess
    from ediel.testing import conforming

    made: Any = conforming(
        BusinessProcess.BRS_NO_311, "CollectedData", random=Random(1), on=at("2026-11-27 09:00").date()
    )
    header = made.header.model_copy(
        update={"physical_sender": NEW, "juridical_sender": NEW, "juridical_recipient": market.hub.gln}
    )
    assert post(market, signed(market, made.model_copy(update={"header": header})), "MeteringValues").status_code == 200
    (letter,) = market.http.get("/admin/dead-letters").json()
    assert letter["reason"] == "unroutable"


def test_without_signatures() -> None:
    """For a generic SOAP stack: where signatures are optional, who does not sign is answered without one."""
    with hub(MARKET, security="optional") as market:
        response = post(market, wrap(request(market)).to_bytes())
        assert response.status_code == 200
        assert b"Signature" not in response.content
        assert post(market, _changed(signed(market, request(market, metering_point=MARKET.metering_points[1].identification,
            customer=market_customer(1))))).status_code == 500  # fmt: skip
        every_message_is_valid(market)


def test_a_refusal_stops_the_party_and_says_so(market: HubUnderTest) -> None:
    new = market.party(NEW)
    market.misbehave("fault", group="Security", party=NEW, operation="PollForData", times=1)
    cycle = new.cycle()
    assert any("is stopped" in problem for problem in cycle.problems)
    assert list(new.courier.stopped) == [NEW]


def test_the_client_sees_the_hubs_words(market: HubUnderTest) -> None:
    message: Any = request(market)
    stranger = message.model_copy(
        update={"header": message.header.model_copy(update={"physical_sender": GRID, "juridical_sender": NEW})}
    )
    with pytest.raises(HubFault) as caught:
        market.client(NEW).call(stranger)
    assert caught.value.group is FaultGroup.SECURITY
    assert caught.value.signed
    assert point(POINT).end_users[0].identification not in str(caught.value)


def test_every_known_form_of_signature_wrapping(market: HubUnderTest, caplog: pytest.LogCaptureFixture) -> None:
    """The Security fault, a line in the log that says why, and nothing taken."""
    from tests.transport.test_signing import WRAPPING, change

    genuine = signed(market, request(market))
    for name, how in WRAPPING.items():
        caplog.clear()
        found = fault(post(market, change(how, genuine)))
        assert found.code_group is FaultGroup.SECURITY, name
        (line,) = [record for record in caplog.records if record.message == "refused at the door"]
        reason = line.__dict__["reason"].partition(":")[0]
        assert reason in {"layout", "scope", "signature"}, name
    assert len(WRAPPING) >= 8
    assert market.hub.engine.browse.inbox() == []
    assert post(market, genuine).status_code == 200, "the genuine one is taken"


def test_a_large_answer_is_packed_for_those_who_take_that(market: HubUnderTest) -> None:
    from ediel.transport import CHANNELS
    from tests.support.hub_market import hours

    grid = market.party(GRID)
    grid.engine.start(
        ediel.ValuesReport(
            series=tuple(hours(item.identification, date(2026, 11, 26)) for item in MARKET.metering_points[:9])
        )
    )
    (row,) = grid.engine.outbox.pending()
    market.client(GRID).call(ediel.read(row["data"]))
    message = poll_of(Party(OLD, "DDQ"), NOW)
    sizes = {}
    for accepted in ("gzip", "identity"):
        body = signed(market, message, OLD, service=CHANNELS[1])
        with market.http.stream(
            "POST", f"{SERVICES}/{CHANNELS[1]}", content=body,
            headers={"content-type": "text/xml; charset=utf-8", "accept-encoding": accepted},
        ) as response:  # fmt: skip
            sizes[accepted] = sum(len(part) for part in response.iter_raw())
            assert response.headers.get("content-encoding") == ("gzip" if accepted == "gzip" else None)
    assert sizes["gzip"] < sizes["identity"] / 4
    answer = market.client(OLD).poll(Party(OLD, "DDQ"), CHANNELS[1])
    assert [message.name() for message in answer.messages] == ["NotifyValidatedDataForBillingEnergy"]


# --- rights


@pytest.mark.parametrize("strictness", ["published", "inferred", "assumed"])
def test_whoever_acts_for_another_needs_a_contract(strictness: Any) -> None:
    """A result set of somebody else was acknowledged away once; and at the mildest strictness anybody asked for anybody."""
    with hub(MARKET, strictness=strictness) as market:
        message: Any = request(market)
        as_other = message.model_copy(
            update={"header": message.header.model_copy(update={"physical_sender": OLD, "juridical_sender": NEW})}
        )
        found = fault(post(market, signed(market, as_other, OLD)))
        assert found.code_group is FaultGroup.SECURITY
        assert "may not act for" in found.fault_text
        assert market.hub.engine.browse.processes() == []


def test_a_result_set_is_acknowledged_by_whom_it_belongs_to(market: HubUnderTest) -> None:
    """Somebody else knows its identification, signs as itself, and says that it speaks for the recipient."""
    client, own = market.client(NEW), Party(NEW, "DDQ")
    client.call(request(market))
    channel = "PollMarketProcesses"
    waiting = client.poll(own, channel)
    assert waiting.result_set is not None
    for physical in (OLD, GRID):
        message = acknowledgement_of(Party(NEW, "DDQ", physical_sender=physical), waiting.result_set, NOW)
        found = fault(post(market, signed(market, message, physical, service=channel), channel))
        assert found.code_group is FaultGroup.SECURITY
        assert client.poll(own, channel).result_set == waiting.result_set
    client.acknowledge(own, channel, waiting.result_set)
    assert client.poll(own, channel).result_set is None
