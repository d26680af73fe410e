"""The broken fixtures: each is a valid one with one thing wrong, given as text to replace."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from pathlib import Path

S = "RequestStartOfSupply-101"
C = "CollectedData-313-hourly"
N = "NotifyStartOfSupply-101-DDQ"
U = "RequestUpdateSharedProduction-701-add"

# name, valid fixture, what to replace (the first occurrence), by what
EDITS: tuple[tuple[str, str, str, str], ...] = (
    # elements
    ("missing-postcode", S, "<abie:Postcode>0001</abie:Postcode>", ""),
    ("missing-creation", S, "<abie:Creation>2026-11-20T09:30:47+01:00</abie:Creation>", ""),
    ("missing-header", S, "rsm:Header>", "rsm:Heading>"),
    ("missing-customer-id", S, "<abie:GivenName>Kari</abie:GivenName>", "<abie:Name></abie:Name>"),
    ("missing-extended-storage", S, "<abie:ExtendedStorageMeteringValues>false</abie:ExtendedStorageMeteringValues>", ""),
    ("missing-reason", "RejectStartOfSupply-101", "ResponseReasonType", "ResponseReason"),
    ("missing-observations", C, '<abie:Observation Sequence="1">', '<abie:Observasjon Sequence="1">'),
    ("misspelt-family-name", S, "abie:FamilyName>", "abie:FamillyName>"),
    ("misspelt-end-of-occurrence", "NotifyEndOfSupply-101", "abie:EndOfOccurrence>", "abie:EndOfOccurence>"),
    ("misspelt-lower-case", S, "abie:StartOfOccurrence>", "abie:startOfOccurrence>"),
    ("misspelt-move-in", "RequestStartOfSupply-103", "abie:moveInToSLR>", "abie:MoveInToSLR>"),
    ("unknown-element", S, "<abie:MeteringPointUsed", "<abie:Comment>ring før kl. 12</abie:Comment><abie:MeteringPointUsed"),
    ("old-version-namespace", S, "AggregatedBusinessInformationEntities:v2", "AggregatedBusinessInformationEntities:v1"),
    ("message-namespace-below", S, "abie:StartOfOccurrence>", "rsm:StartOfOccurrence>"),
    ("payload-name-of-another-message", S, "rsm:PayloadMPEvent>", "rsm:PayloadMasterDataMPEvent>"),
    ("payload-small-d", "NotifyMeteringPointCharacteristics-303", "rsm:PayloadMasterdataMPEvent>", "rsm:PayloadMasterDataMPEvent>"),
    ("characteristics-without-s", N, "abie:MPDetailMeteringPointCharacteristics>", "abie:MpDetailMeteringPointCharacteristic>"),
    ("order-supplier-before-point", S, "", ""),
    ("two-kinds-of-value", C, "</abie:Observation>", "<abie:Metered>1</abie:Metered></abie:Observation>"),
    ("value-and-volume", "CollectedData-312", "</abie:ProfiledObservation>", "</abie:ProfiledObservation><abie:AnnualPeriodEstimatedMetrics><abie:Total>1</abie:Total></abie:AnnualPeriodEstimatedMetrics>"),
    ("three-addresses", "RequestStartOfSupply-102", "", ""),
    ("two-payloads", S, "", ""),
    ("calculated-value-sent-in", C, "abie:Metered>", "abie:Calculated>"),
    ("exclude-from-settlement-sent-in", "RequestUpdateMasterDataMeteringPoint-122", "<abie:Resolution>PT1H</abie:Resolution>", "<abie:Resolution>PT1H</abie:Resolution><abie:ExcludeFromSettlement>true</abie:ExcludeFromSettlement>"),
    ("participants-without-recipients", U, "abie:Recipients>", "abie:Receivers>"),
    ("text-between-elements", S, "<abie:CityName>", "Bergen <abie:CityName>"),
    ("element-in-a-value", S, "<abie:CityName>OSLO</abie:CityName>", "<abie:CityName><b>OSLO</b></abie:CityName>"),
    ("empty-name", S, "<abie:GivenName>Kari</abie:GivenName>", "<abie:GivenName></abie:GivenName>"),
    # values
    ("unknown-document-type", S, ">392<", ">393<"),
    ("unknown-process", S, "BRS-NO-101", "BRS-NO-105"),
    ("process-without-prefix", S, "BRS-NO-101", "101"),
    ("unknown-role", S, ">DDQ<", ">DQQ<"),
    ("role-lower-case", S, ">DDQ<", ">ddq<"),
    ("industry-27", S, ">23<", ">27<"),
    ("reason-unknown", "RejectStartOfSupply-101", ">E22<", ">E23<"),
    ("reason-beyond-list", "RejectStartOfSupply-101", ">E22<", ">EH141<"),
    ("uuid-upper-case", S, "", ""),
    ("uuid-without-hyphens", S, "", ""),
    ("uuid-short-consent", "RequestStartOfSupply-101-consent", "", ""),
    ("metering-point-17-digits", S, "70705754200000011", "7070575420000001"),
    ("metering-point-with-space", S, "707057542000000", " 707057542000000"),
    ("party-14-digits", S, ">7080003824349<", ">70800038243490<"),
    ("customer-id-12-characters", S, "", ""),
    ("date-without-zone", S, "2026-12-01T00:00:00+01:00", "2026-12-01T00:00:00"),
    ("date-only", S, "2026-12-01T00:00:00+01:00", "2026-12-01"),
    ("date-norwegian", S, "2026-12-01T00:00:00+01:00", "01.12.2026"),
    ("date-30-february", S, "2026-12-01T00:00:00+01:00", "2026-02-30T00:00:00+01:00"),
    ("date-four-decimals", S, "2026-12-01T00:00:00+01:00", "2026-12-01T00:00:00.1234+01:00"),
    ("date-year-999", S, "2026-12-01T00:00:00+01:00", "0999-12-01T00:00:00+01:00"),
    ("boolean-1", S, ">false<", ">1<"),
    ("boolean-norwegian", S, ">false<", ">nei<"),
    ("storage-switched-off", "UpdateThirdPartyAccess-622-storage", ">true</abie:ExtendedStorageMeteringValues>", ">false</abie:ExtendedStorageMeteringValues>"),
    ("withdrawn-false", "CollectedData-332-replacement", "<abie:Withdrawn>true</abie:Withdrawn>", "<abie:Withdrawn>false</abie:Withdrawn>"),
    ("share-comma", U, ">0.5<", ">0,5<"),
    ("share-per-cent", U, ">0.5<", ">50<"),
    ("share-seven-decimals", U, ">0.5<", ">0.5000001<"),
    ("value-comma", C, ">1.740<", ">1,740<"),
    ("value-four-decimals", C, ">1.740<", ">1.7401<"),
    ("value-negative", C, ">1.740<", ">-1.740<"),
    ("value-exponent", C, ">1.740<", ">1e3<"),
    ("value-too-big", C, ">1.740<", ">1000000000000<"),
    ("value-empty", C, ">1.740<", "><"),
    ("sequence-10000", C, 'Sequence="1"', 'Sequence="10000"'),
    ("sequence-text", C, 'Sequence="1"', 'Sequence="first"'),
    ("capacity-decimal", N, ">63<", ">63.5<"),
    ("latitude-degrees-minutes", N, ">59.91273<", ">59°54'<"),
    ("name-81-characters", S, ">Kari<", ">" + "K" * 81 + "<"),
    ("subject-41-characters", "RequestToElhub-602", ">Faktura<", ">" + "F" * 41 + "<"),
    ("annual-volume-decimal", "RequestUpdateMasterDataMeteringPoint-317", ">16000<", ">16000.0<"),
    ("country-name", S, ">NO<", ">Norge<"),
    ("unknown-resolution", C, ">PT1H<", ">PT2H<"),
    ("unknown-product", C, "8716867000030", "8716867000031"),
    ("unit-mwh", C, ">kWh<", ">MWh<"),
    # attributes
    ("agency-missing", S, ' listAgencyIdentifier="6">392', ">392"),
    ("agency-89-on-document-type", S, 'listAgencyIdentifier="6">392', 'listAgencyIdentifier="89">392'),
    ("agency-as-scheme", S, 'listAgencyIdentifier="6">392', 'schemeAgencyIdentifier="6">392'),
    ("scheme-unknown-on-person", S, 'schemeAgencyIdentifier="Z01"', 'schemeAgencyIdentifier="Z02"'),
    ("attribute-unknown", S, "<rsm:Header>", '<rsm:Header version="2">'),
    ("attribute-misspelt", C, 'ValidationCode="V002"', 'Validationcode="V002"'),
    ("estimated-without-quality", C, ' Quality="56"', ""),
    ("estimated-wrong-code", C, 'EstimationCode="E001"', 'EstimationCode="E009"'),
    ("sequence-missing", C, ' Sequence="1"', ""),
    ("nil", S, "<abie:CityName>OSLO", '<abie:CityName xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true">OSLO'),
    # unique
    ("sequence-twice", C, 'Sequence="2"', 'Sequence="1"'),
    ("payload-id-twice", C, "", ""),
    ("master-data-id-twice", "RequestUpdateMasterDataMeteringPoint-317", "", ""),
    # check digits: warnings only
    ("warning-check-digits", S, "70705754200000011", "70705754200000012"),
    # surroundings
    ("root-unknown", S, "rsm:RequestStartOfSupply", "rsm:RequestStartOfSupplies"),
    ("root-version-1", S, "RequestStartOfSupply:v2", "RequestStartOfSupply:v1"),
    ("root-wrong-family", S, "emif:market:", "emif:masterdata:"),
    ("envelope-soap-12", "soap-RequestStartOfSupply-101", "http://schemas.xmlsoap.org/soap/envelope/", "http://www.w3.org/2003/05/soap-envelope"),
    ("envelope-unknown-operation", "soap-RequestStartOfSupply-101", "mp:RequestStartOfSupplyRequest", "mp:StartOfSupplyRequest"),
    ("envelope-collected-data-own-namespace", "soap-CollectedData-313", "", ""),
    ("poll-one-of-three-wrong", "soap-PollMarketProcesses", ">39<", ">40<"),
    ("poll-message-of-other-channel", "soap-PollMeteringValues", "", ""),
    ("poll-without-identification", "soap-PollMarketProcesses", "p:Identification>", "p:Id>"),
    ("not-closed", S, "</rsm:RequestStartOfSupply>", ""),
    ("ampersand", "RequestStartOfSupply-102", "&amp;", "&"),
    ("entity", S, ">Kari<", ">&kari;<"),
    ("doctype", S, "<rsm:RequestStartOfSupply", '<!DOCTYPE x [<!ENTITY kari "Kari">]>\n<rsm:RequestStartOfSupply'),
    ("declared-latin-1", S, "UTF-8", "ISO-8859-1"),
)  # fmt: skip


def _swap(text: str, first: str, second: str) -> str:
    """Exchange two neighbouring elements of the payload."""
    a = text.index(f"<abie:{first}>")
    b = text.index(f"<abie:{second}>")
    end = text.index(f"</abie:{second}>") + len(f"</abie:{second}>")
    return text[:a] + text[b:end] + "\n    " + text[a:b].rstrip() + text[end:]


def _repeat(text: str, name: str, times: int = 1) -> str:
    end = text.index(f"</{name}>") + len(f"</{name}>")
    start = text.index(f"<{name}>")
    return text[:end] + ("\n    " + text[start:end]) * times + text[end:]


def _between(text: str, before: str, after: str, change: Callable[[str], str], place: int = 0) -> str:
    start = -1
    for _ in range(place + 1):
        start = text.index(before, start + 1)
    start += len(before)
    end = text.index(after, start)
    return text[:start] + change(text[start:end]) + text[end:]


def _special(name: str, text: str) -> str:
    ident = "<abie:Identification>"
    match name:
        case "order-supplier-before-point":
            return _swap(text, "MeteringPointUsedDomainLocation", "BalanceSupplierInvolvedEnergyParty")
        case "three-addresses":
            return _repeat(text, "abie:ConsumerInvolvedCustomerAddress")
        case "two-payloads":
            return _repeat(text, "rsm:PayloadMPEvent")
        case "uuid-upper-case":
            return _between(text, ident, "<", str.upper)
        case "uuid-without-hyphens":
            return _between(text, ident, "<", lambda value: value.replace("-", ""))
        case "uuid-short-consent":
            return _between(text, "<abie:ConsentID>", "<", lambda value: value[:8])
        case "customer-id-12-characters":
            return _between(text, 'schemeAgencyIdentifier="Z01">', "<", lambda value: value + "0")
        case "payload-id-twice" | "master-data-id-twice":
            first = text.index(ident, text.index("<rsm:Payload")) + len(ident)
            value = text[first : first + 36]
            second = text.index("<rsm:Payload", first)
            return text[:second] + _between(text[second:], ident, "<", lambda _: value)
        case "envelope-collected-data-own-namespace":
            return text.replace("mv:CollectedData>", "rsm:CollectedData>").replace(
                "<mv:CollectedData ", "<rsm:CollectedData "
            )
        case "poll-message-of-other-channel":
            return text.replace("polling:meteringvalues", "polling:marketprocesses")
    raise KeyError(name)


def broken(valid: Path) -> Iterator[tuple[str, bytes]]:
    """Name and bytes of each broken fixture."""
    for name, base, old, new in EDITS:
        text = (valid / f"{base}.xml").read_text(encoding="utf-8")
        if not old:
            changed = _special(name, text)
        elif (
            name in {"misspelt-family-name", "missing-header"}
            or old.endswith(":Recipients>")
            or (">" in old[-1:] and "<" not in old)
        ) or name in {
            "root-unknown",
            "envelope-unknown-operation",
            "missing-reason",
            "old-version-namespace",
            "root-version-1",
            "root-wrong-family",
        }:
            changed = text.replace(old, new)
        elif name == "missing-observations":
            changed = text.replace(old, new, 1).replace("</abie:Observation>", "</abie:Observasjon>", 1)
        elif name == "calculated-value-sent-in":
            changed = text.replace(old, new, 2)
        else:
            changed = text.replace(old, new, 1)
        if changed == text:
            raise SystemExit(f"{name}: nothing was changed in {base}")
        yield name, changed.encode()
    text = (valid / f"{S}.xml").read_text(encoding="utf-8")
    yield "really-latin-1", (valid / "RequestStartOfSupply-102.xml").read_text(encoding="utf-8").encode("iso-8859-1")
    yield "utf-16", text.replace("UTF-8", "UTF-16").encode("utf-16")
    yield "empty", b""
    yield "white-space-only", b" \n\n "
    yield "json-instead", b'{"message": "RequestStartOfSupply"}\n'
    packed = gzip.compress(text.encode(), compresslevel=0, mtime=0)
    # Stored, not squeezed, and without the two bytes that name level and system: the same bytes everywhere.
    yield "gzip-broken", packed[:8] + b"\x00\xff" + packed[10:-20]
    yield (
        "entity-bomb",
        (
            b'<?xml version="1.0"?>\n<!-- a comment first -->\n<!DOCTYPE a [<!ENTITY b "bbbbbbbb"><!ENTITY c "&b;&b;&b;&b;">]>\n<a>&c;</a>\n'
        ),
    )
    yield "deep", b"<a>" * 300 + b"</a>" * 300 + b"\n"
