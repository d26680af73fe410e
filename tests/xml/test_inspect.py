"""The three calls of the library: inspect, read, write."""

from __future__ import annotations

import re
import threading
from pathlib import Path

import pytest

import ediel
from ediel.messages import CollectedData, Header, PollForData, PollForDataFilter, ProcessContext, RequestStartOfSupply
from ediel.testing import sample
from ediel.xml import packaged, releases
from ediel.xml._writer import to_text
from tests.support.helpers import EMPTY_POLL, FAULT, POLL, SOAP, envelope
from tests.support.places import FIXTURES


def fixture(name: str) -> bytes:
    return (FIXTURES / "valid" / f"{name}.xml").read_bytes()


def test_read_one() -> None:
    message = ediel.read(fixture("RequestStartOfSupply-101"))
    assert isinstance(message, RequestStartOfSupply)
    assert message.payload.start_of_occurrence.isoformat() == "2026-12-01T00:00:00+01:00"
    assert ediel.read(fixture("RequestStartOfSupply-101").decode()) == message


def test_what_data_may_be() -> None:
    data = fixture("RequestStartOfSupply-101")
    assert ediel.read(bytearray(data)) == ediel.read(memoryview(data)) == ediel.read(data)
    with pytest.raises(TypeError, match=r"give path.read_bytes\(\)"):
        ediel.read(FIXTURES / "valid" / "PollForData.xml")


def test_read_refuses_with_the_report() -> None:
    data = fixture("RequestStartOfSupply-101").replace(b">DDQ<", b">DQQ<").replace(b">false<", b">no<")
    with pytest.raises(
        ediel.InvalidMessage, match=r"EnergyBusinessProcessRole is not allowed.*line 20.*and 1 more"
    ) as caught:
        ediel.read(data)
    assert [finding.found for finding in caught.value.report.all_findings()] == ["DQQ", "*** (2 characters, masked)"]
    with pytest.raises(ediel.InvalidMessage, match="not well-formed"):
        ediel.read(b"<a>")
    with pytest.raises(ediel.InvalidMessage, match="no EMIF message"):
        ediel.read(b"<a/>")
    with pytest.raises(ediel.InvalidMessage):
        ediel.read("\ud800")


def test_read_wants_one() -> None:
    poll = fixture("soap-PollMarketProcesses")
    with pytest.raises(
        ediel.NotOneMessage, match="found 3: ConfirmStartOfSupply, NotifyStartOfSupply, Acknowledgement"
    ) as caught:
        ediel.read(poll)
    assert len(caught.value.names) == 3
    assert [type(message).__name__ for message in ediel.read_all(poll)] == list(caught.value.names)
    with pytest.raises(ediel.NotOneMessage, match="found 0"):
        ediel.read(EMPTY_POLL)


def test_poll_response() -> None:
    inspection = ediel.inspect(fixture("soap-PollMarketProcesses"))
    assert inspection.report.kind == "PollForDataResponse"
    assert inspection.result_set is not None
    assert [item.name for item in inspection.messages] == [
        "ConfirmStartOfSupply",
        "NotifyStartOfSupply",
        "Acknowledgement",
    ]
    assert inspection.valid


def test_one_wrong_message_leaves_the_others() -> None:
    data = (FIXTURES / "invalid" / "poll-one-of-three-wrong.xml").read_bytes()
    inspection = ediel.inspect(data)
    assert [item.valid for item in inspection.messages] == [True, True, False]
    assert [item.message is None for item in inspection.messages] == [False, False, True]
    assert not inspection.valid


def test_empty_poll_and_empty_answer_and_fault() -> None:
    inspection = ediel.inspect(EMPTY_POLL)
    assert inspection.report.kind == "empty poll"
    assert inspection.report.readable
    assert not inspection.valid, "nothing was checked"
    assert ediel.inspect(envelope("")).report.kind == "empty answer"
    fault = ediel.inspect(FAULT)
    assert fault.fault is not None
    assert fault.fault.code_group == "XSD"
    assert [finding.severity for finding in fault.report.findings] == ["info"]
    broken = ediel.inspect(FAULT.replace(b">XSD<", b">Xsd<"))
    assert broken.fault is None
    assert broken.report.findings[0].rule == "XSD/value"


def test_sent_collected_data_is_in_the_namespace_of_the_service() -> None:
    inspection = ediel.inspect(fixture("soap-CollectedData-313"))
    assert inspection.valid
    assert inspection.report.kind == "CollectedDataRequest"
    bare = ediel.read(fixture("CollectedData-313-hourly"))
    assert inspection.messages[0].message == bare
    wrong = ediel.inspect((FIXTURES / "invalid" / "envelope-collected-data-own-namespace.xml").read_bytes())
    assert not wrong.valid


def test_payload_identifications_of_sent_collected_data_may_repeat() -> None:
    """The unique constraint is on the global element, so it does not bite on the sent form."""
    data = fixture("soap-CollectedData-313")
    message = ediel.read(data)
    assert isinstance(message, CollectedData)
    first, second = (item.identification for item in message.payloads)
    assert ediel.inspect(data.replace(second.encode(), first.encode())).valid
    polled = fixture("CollectedData-313-hourly")
    assert not ediel.inspect(polled.replace(second.encode(), first.encode())).valid
    broken = ediel.inspect(data.replace(b'Sequence="2"', b'Sequence="1"'))
    assert [finding.rule for finding in broken.report.all_findings()] == ["XSD/unique", "XSD/unique"]


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (envelope("<a/><b/>"), "holds 2 elements"),
        (f'<s:Envelope xmlns:s="{SOAP}"/>'.encode(), "0 Body"),
        (envelope("<a/>"), "no EMIF message"),
        (envelope(f'<p:PollForData xmlns:p="{POLL}"/>'), "no element of the service"),
    ],
)
def test_broken_envelopes(data: bytes, text: str) -> None:
    inspection = ediel.inspect(data)
    assert not inspection.report.readable
    assert text in inspection.report.findings[0].text
    with pytest.raises(ediel.InvalidMessage):
        ediel.read_all(data)


def test_message_without_wrapper_in_an_envelope() -> None:
    inside = to_text(sample(PollForData)).split("?>\n", 1)[1]
    inspection = ediel.inspect(envelope(inside))
    assert inspection.messages[0].message is not None
    assert inspection.report.findings[0].rule == "READ/wrapper"
    assert "PollForDataRequest of PollMarketProcesses" in (inspection.report.findings[0].expected or "")
    with pytest.raises(ediel.InvalidMessage, match="without the request element"):
        ediel.read(envelope(inside))


def test_message_in_a_refused_local_wrapper() -> None:
    data = fixture("soap-CollectedData-313").replace(b"</mv:CollectedDataRequest>", b"<x/></mv:CollectedDataRequest>")
    inspection = ediel.inspect(data)
    assert not inspection.valid
    assert len(inspection.messages) == 1


def test_bare_wrapper_and_bare_fault() -> None:
    poll = f'<p:PollForDataRequest xmlns:p="{POLL}">{to_text(sample(PollForData)).split("?>", 1)[1]}</p:PollForDataRequest>'
    assert ediel.inspect(poll).valid
    fault = FAULT.decode().split("<detail>")[1].split("</detail>")[0]
    assert ediel.inspect(fault).fault is not None


def test_write_refuses_what_the_schema_would() -> None:
    """A model made around pydantic, or from another release, is still checked before it leaves."""
    good = ediel.read(fixture("RequestStartOfSupply-101"))
    assert isinstance(good, RequestStartOfSupply)
    bad = good.model_copy(update={"payload": good.payload.model_copy(update={"metering_point": "1"})})
    with pytest.raises(ediel.InvalidMessage, match="Identification is not allowed") as caught:
        ediel.write(bad)
    assert caught.value.report.path == "(not written)"
    assert b">1<" in ediel.write(bad, validate=False)
    unreadable = good.model_copy(update={"payload": good.payload.model_copy(update={"consent_id": "\x00"})})
    with pytest.raises(ediel.InvalidMessage):
        ediel.write(unreadable)


def test_write_in_the_readers_words() -> None:
    poll = PollForData(
        header=Header(
            identification="123e4567-e89b-12d3-a456-426655440000",
            document_type="21",
            creation="2026-12-01T00:00:00Z",
            physical_sender="7080003824349",
            juridical_sender="7080003824349",
            juridical_recipient="7080003824349",
        ),
        process=ProcessContext(business_process="POLL", role="DDQ"),
        payload=PollForDataFilter(),
    )
    text = ediel.write(poll).decode()
    assert text.startswith(
        '<?xml version="1.0" encoding="UTF-8"?>\n<rsm:PollForData xmlns:rsm="urn:no:elhub:emif:PollForData:v2"'
    )
    assert '<abie:DocumentType listAgencyIdentifier="6">21</abie:DocumentType>' in text
    assert "<rsm:Payload></rsm:Payload>" in text


def test_release_and_schemas(tmp_path: Path) -> None:
    assert releases() == ("2.4.3",)
    with pytest.raises(ediel.UnknownName):
        ediel.inspect(b"<a/>", release="9.9")
    with pytest.raises(ediel.UnknownName):
        ediel.inspect(b"<a/>", release="../2.4.3")
    with pytest.raises(ediel.SchemaSetError, match="is no folder"):
        ediel.SchemaSet.in_folder(tmp_path / "nothing")
    (tmp_path / "a.xsd").write_text('<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:x"/>')
    with pytest.raises(ediel.SchemaSetError, match="no XSD document"):
        ediel.SchemaSet.in_folder(tmp_path)
    broken = tmp_path / "b.xsd"
    broken.write_text(
        '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:no:elhub:emif:PollForData:v2"><xs:nope/></xs:schema>'
    )
    schemas = ediel.SchemaSet.in_folder(tmp_path)
    assert set(schemas.namespaces()) == {"urn:x", "urn:no:elhub:emif:PollForData:v2"}
    with pytest.raises(ediel.SchemaSetError, match="cannot be used as a schema"):
        ediel.inspect(ediel.write(sample(PollForData)), schemas=schemas)
    with pytest.raises(ediel.SchemaSetError, match="has no document for"):
        ediel.inspect(fixture("RequestStartOfSupply-101"), schemas=schemas)
    with pytest.raises(ediel.SchemaSetError):
        ediel.write(sample(PollForData), schemas=schemas)


def test_own_schemas_in_a_folder() -> None:
    schemas = ediel.SchemaSet.in_folder(packaged().root)
    assert ediel.inspect(fixture("RequestStartOfSupply-101"), schemas=schemas).valid


def test_threads() -> None:
    data = fixture("CollectedData-313-quarter-hourly")
    broken = (FIXTURES / "invalid" / "value-comma.xml").read_bytes()
    expected = ediel.read(data)
    failures: list[BaseException] = []

    def work() -> None:
        try:
            for _ in range(20):
                assert ediel.read(data) == expected
                assert len(list(ediel.inspect(broken).report.all_findings())) == 1
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_show_person_data() -> None:
    data = fixture("RequestStartOfSupply-101").replace(b">Kari<", b">" + b"Kari" * 30 + b"<")
    hidden = next(ediel.inspect(data).report.all_findings())
    shown = next(ediel.inspect(data, show_personal=True).report.all_findings())
    assert "Kari" not in str(hidden)
    assert (shown.found or "").startswith("KariKari")


def test_nothing_personal_in_any_report() -> None:
    """Whatever is broken, names and numbers of people stay out of the report."""
    from random import Random

    from lxml import etree

    from ediel.report import json
    from ediel.testing import mutate, mutate_bytes

    secrets = (b"Testesen", b"kari.testesen@example.com", b"40000000", "Prøveveien".encode())
    random = Random(5)
    for seed in range(400):
        root = etree.fromstring(fixture("NotifyStartOfSupply-101-DDQ"))
        for _ in range(3):
            root = mutate(root, random).root
        data = etree.tostring(root)
        if seed % 3 == 0:
            data = mutate_bytes(data, random)
        text = json.render([ediel.inspect(data).report]).encode()
        for secret in secrets:
            assert secret not in text


@pytest.mark.parametrize("text", [b" true ", b"<![CDATA[]]>", b"false", b"1"])
def test_fixed_values_are_taken_to_the_letter(text: bytes) -> None:
    data = fixture("UpdateThirdPartyAccess-622-storage").replace(b">true</abie:Ext", b">" + text + b"</abie:Ext")
    (finding,) = ediel.inspect(data).report.all_findings()
    assert finding.rule == "XSD/value"
    assert "is fixed: write true" in finding.text


def test_public_names() -> None:
    assert set(ediel.__all__) <= set(dir(ediel))
    for name in ediel.__all__:
        assert getattr(ediel, name) is not None
    with pytest.raises(AttributeError):
        ediel.nonsense  # type: ignore[attr-defined]  # noqa: B018


@pytest.mark.parametrize("written", ["12818525018", "128185 25018", "128185-25018"])
@pytest.mark.parametrize("place", ["7080001100018", "707057542000000117", "BRS-NO-101"])
def test_a_national_identity_number_in_the_wrong_field_is_not_shown(place: str, written: str) -> None:
    """It is masked where a GLN, a metering point or a code should stand; by whoever asks for people it is seen."""
    data = (FIXTURES / "valid" / "RequestStartOfSupply-101.xml").read_text(encoding="utf-8")
    wrong = data.replace(place, written, 1).encode()
    hidden = [f"{finding}" for finding in ediel.inspect(wrong).report.all_findings()]
    assert hidden
    assert not [text for text in hidden if written in text]
    shown = [f"{finding}" for finding in ediel.inspect(wrong, show_personal=True).report.all_findings()]
    assert [text for text in shown if written in text]


PERSON = "Kari_Testesen"
WHERE = {
    "an element": lambda data: data.replace(b"<abie:Creation>", b"<abie:%b>1</abie:%b><abie:Creation>", 1),
    "an element of a stranger": lambda data: data.replace(
        b"<abie:Creation>", b"<k:%b xmlns:k='urn:%b'/><abie:Creation>", 1
    ),
    "an attribute": lambda data: data.replace(b"<abie:Creation>", b"<abie:Creation %b='%b'>", 1),
    "what a value stands in": lambda data: data.replace(b"</abie:Creation>", b"<abie:%b/><x/><%b/></abie:Creation>", 1),
    "the root": lambda data: data.replace(b":RequestStartOfSupply ", b":%b ").replace(b":RequestStartOfSupply>", b":%b>"),
    "a namespace": lambda data: data.replace(b"emif:market:RequestStartOfSupply", b"emif:%b:%b", 1),
}  # fmt: skip


@pytest.mark.parametrize("where", WHERE)
def test_a_person_as_a_name_is_not_shown(where: str) -> None:
    """Any text may be the name of an element: what is no name of EMIF is shown by its length alone."""
    data = (FIXTURES / "valid" / "RequestStartOfSupply-101.xml").read_bytes()
    wrong = WHERE[where](data.replace(b"%", b"%%")).replace(b"%b", PERSON.encode())
    assert PERSON.encode() in wrong
    found = ediel.inspect(wrong).report
    hidden = [*(f"{finding}" for finding in found.all_findings()), *(f"{item.name}" for item in found.messages)]
    assert hidden
    assert not [text for text in hidden if PERSON in text]
    assert [text for text in hidden if "13 characters, masked" in text]
    with pytest.raises(ediel.InvalidMessage) as caught:
        ediel.read(wrong)
    assert PERSON not in str(caught.value)


def test_names_of_the_standard_and_what_looks_like_them_are_shown() -> None:
    data = (FIXTURES / "valid" / "RequestStartOfSupply-101.xml").read_bytes()
    for name in (b"MeteringPointStatus", b"Creaton", b"SomethingNew", b"StartOfOccurrence"):
        wrong = data.replace(b"<abie:Creation>", b"<abie:%b/><abie:Creation>" % name, 1)
        assert name.decode() in f"{[*ediel.inspect(wrong).report.all_findings()]}"


def test_a_number_of_a_person_as_an_identification_is_not_shown() -> None:
    data = (FIXTURES / "valid" / "RequestStartOfSupply-101.xml").read_text(encoding="utf-8")
    for tag in ("Identification", "EnergyBusinessProcess", "EnergyBusinessProcessRole"):
        wrong = re.sub(rf"(<abie:{tag}\b[^>]*>)[^<]+", r"\g<1>12818525018", data, count=1)
        report = ediel.inspect(wrong.encode()).report
        assert "12818525018" not in f"{report.messages}"
