"""The valid fixtures: one or more per message and per process, as typed messages, and some envelopes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from lxml import etree

from ediel import messages as m
from ediel.calendar import midnight
from ediel.messages.services import SERVICES
from ediel.xml import write
from tools.fixtures_parts import (
    ACTIVE,
    ANNUAL,
    AREA,
    BUSINESS,
    CADASTRAL,
    CHANNEL,
    CHARACTERISTICS,
    COLLECTOR,
    CUSTOMER,
    ELHUB,
    GRID,
    INVOICE,
    LEAVING,
    METER,
    NEW_SUPPLIER,
    OLD_SUPPLIER,
    PERSON,
    POINT,
    POINT_2,
    POINT_3,
    POINT_ADDRESS,
    POSITION,
    POSTAL,
    RESPONSIBLE,
    START,
    TAXATION,
    THIRD_PARTY,
    access,
    acknowledgement,
    calculation,
    collected,
    collected_message,
    header,
    ident,
    point_event,
    process,
    profiled,
    query,
    start_request,
    validated,
)


def typed() -> Iterator[tuple[str, m.Message]]:
    """File name and message."""
    day = date(2026, 11, 19)
    yield "RequestStartOfSupply-101", start_request("s101", "101")
    yield "RequestStartOfSupply-101-consent", start_request("s101c", "101", consent_id=ident("consent"))
    yield (
        "RequestStartOfSupply-101-cancel",
        start_request("s101x", "101", kind="E02", original_reference=ident("s101")),
    )
    yield "RequestStartOfSupply-102", start_request("s102", "102", customer=BUSINESS, addresses=(POSTAL, INVOICE))
    yield (
        "RequestStartOfSupply-103",
        start_request("s103", "103", start=midnight(date(2026, 11, 10)), move_in_to_slr=False),
    )
    yield "RequestStartOfSupply-104", start_request("s104", "104", start=midnight(date(2026, 11, 2)))
    yield (
        "RequestStartOfSupply-111",
        start_request("s111", "111", kind="E02", original_reference=ident("s101")),
    )
    yield (
        "RequestStartOfSupply-123",
        m.RequestStartOfSupply(
            header=header("s123", "392", GRID),
            process=process("123", "DDM"),
            payload=m.RequestStartOfSupplyEvent(
                start_of_occurrence=START, metering_point=POINT, customer=CUSTOMER, addresses=(POSTAL,)
            ),
        ),
    )
    answer = header("c101", "414", ELHUB, NEW_SUPPLIER)
    yield (
        "ConfirmStartOfSupply-101",
        m.ConfirmStartOfSupply(
            header=answer,
            process=process("101", "DDQ"),
            payload=m.ConfirmStartOfSupplyEvent(
                start_of_occurrence=START, original_reference=ident("s101"), metering_point=POINT
            ),
        ),
    )
    for name, brs, role, kind, reasons, sender, recipient in (
        ("RejectStartOfSupply-101", "101", "DDQ", "414", ("E17", "E22"), ELHUB, NEW_SUPPLIER),
        ("RejectStartOfSupply-102-cannot-activate", "102", "DDM", "414", ("EH095",), GRID, ELHUB),
    ):
        yield (
            name,
            m.RejectStartOfSupply(
                header=header(name, kind, sender, recipient),
                process=process(brs, role),
                payload=m.RejectEvent(
                    original_reference=ident(f"s{brs}"),
                    reasons=tuple(m.Reason(code=reason) for reason in reasons),
                    metering_point=POINT,
                ),
            ),
        )
    for role, recipient in (("DDQ", NEW_SUPPLIER), ("DDM", GRID), ("SLR", OLD_SUPPLIER)):
        yield (
            f"NotifyStartOfSupply-101-{role}",
            m.NotifyStartOfSupply(
                header=header(f"n101{role}", "414", ELHUB, recipient),
                process=process("101", role),
                payload=m.NotifyStartOfSupplyEvent(
                    start_of_occurrence=START,
                    metering_point=POINT,
                    grid_area=AREA,
                    address=POINT_ADDRESS,
                    position=POSITION,
                    cadastral=CADASTRAL,
                    balance_supplier=NEW_SUPPLIER,
                    customer=CUSTOMER,
                    addresses=(POSTAL,),
                    characteristics=CHARACTERISTICS,
                    annual_volume=ANNUAL,
                    meter=METER,
                    taxation=TAXATION,
                    measurements=(CHANNEL,),
                ),
            ),
        )
    for brs, reason, kind in (("201", "Z42", "432"), ("202", None, "432"), ("221", None, "E02")):
        yield (
            f"RequestEndOfSupply-{brs}",
            m.RequestEndOfSupply(
                header=header(f"e{brs}", kind, OLD_SUPPLIER, ask=True),
                process=process(brs, "DDQ"),
                payload=m.RequestEndOfSupplyEvent(
                    end_of_occurrence=START,
                    original_reference=ident("e202") if kind == "E02" else None,
                    reason=reason,
                    metering_point=POINT,
                    balance_supplier=OLD_SUPPLIER,
                    customer=LEAVING,
                    addresses=(INVOICE,),
                ),
            ),
        )
    yield (
        "ConfirmEndOfSupply-201",
        m.ConfirmEndOfSupply(
            header=header("c201", "406", ELHUB, OLD_SUPPLIER),
            process=process("201", "DDQ"),
            payload=m.ConfirmEndOfSupplyEvent(
                end_of_occurrence=START, original_reference=ident("e201"), metering_point=POINT
            ),
        ),
    )
    yield (
        "RejectEndOfSupply-201",
        m.RejectEndOfSupply(
            header=header("r201", "406", ELHUB, OLD_SUPPLIER),
            process=process("201", "DDQ"),
            payload=m.RejectEvent(
                original_reference=ident("e201"), reasons=(m.Reason(code="E17"),), metering_point=POINT
            ),
        ),
    )
    yield (
        "NotifyEndOfSupply-101",
        m.NotifyEndOfSupply(
            header=header("ne101", "406", ELHUB, OLD_SUPPLIER),
            process=process("101", "DDQ"),
            payload=m.NotifyEndOfSupplyEvent(
                end_of_occurrence=START,
                reason="Z45",
                metering_point=POINT,
                balance_supplier=OLD_SUPPLIER,
                customer=LEAVING,
                addresses=(POSTAL,),
            ),
        ),
    )
    yield "RequestDataFromElhub-303-MDMP", query("q303", "303", "MDMP", metering_point=POINT)
    yield (
        "RequestDataFromElhub-303-MDCU",
        query("q303c", "303", "MDCU", snapshot="2026-11-20T09:00:00.000000001Z", metering_point=POINT),
    )
    yield (
        "RequestDataFromElhub-315",
        query(
            "q315", "315", "MVTS",
            period=m.Period(start=midnight(date(2026, 10, 1)), end=midnight(date(2026, 11, 1))), metering_point=POINT,
        ),
    )  # fmt: skip
    yield (
        "RequestDataFromElhub-324",
        query(
            "q324", "324", "STLM", business_type="RE01",
            period=m.Period(start=midnight(date(2026, 9, 1)), end=midnight(date(2026, 10, 1))), grid_area=AREA,
        ),
    )  # fmt: skip
    yield (
        "NotifyMeteringPointCharacteristics-303",
        m.NotifyMeteringPointCharacteristics(
            header=header("n303", "21", ELHUB, NEW_SUPPLIER),
            process=process("303", "DDQ"),
            payloads=(
                point_event(
                    original_reference=ident("q303"),
                    address=POINT_ADDRESS,
                    position=POSITION,
                    cadastral=CADASTRAL,
                    balance_supplier=NEW_SUPPLIER,
                    customer=m.NotifiedCustomer(
                        identification=PERSON,
                        identification_scheme="Z01",
                        given_name="Kari",
                        family_name="Testesen",
                        extended_storage=False,
                    ),
                    grid_area=AREA,
                    characteristics=CHARACTERISTICS,
                    annual_volume=ANNUAL,
                    meter=METER,
                    taxation=TAXATION,
                    measurements=(CHANNEL,),
                ),
            ),
        ),
    )
    yield (
        "NotifyMeteringPointCharacteristics-317",
        m.NotifyMeteringPointCharacteristics(
            header=header("n317", "E58", ELHUB, NEW_SUPPLIER),
            process=process("317", "DDQ"),
            payloads=tuple(
                m.NotifyMeteringPointCharacteristicsEvent(
                    identification=ident(f"n317{point}"),
                    start_of_occurrence=START,
                    metering_point=point,
                    annual_volume=ANNUAL,
                )
                for point in (POINT, POINT_2)
            ),
        ),
    )
    yield (
        "NotifyCustomerInformation-303",
        m.NotifyCustomerInformation(
            header=header("nc303", "21", ELHUB, NEW_SUPPLIER),
            process=process("303", "DDQ"),
            payload=m.NotifyCustomerInformationEvent(
                original_reference=ident("q303c"),
                snapshot="2026-11-20T09:00:00Z",
                metering_point=POINT,
                customer=m.NotifiedCustomer(name="Prøvebedriften AS", extended_storage=True),
                addresses=(POSTAL, INVOICE),
            ),
        ),
    )
    yield (
        "RequestUpdateMasterDataMeteringPoint-317",
        m.RequestUpdateMasterDataMeteringPoint(
            header=header("u317", "E58", GRID),
            process=process("317", "DDM"),
            payloads=tuple(
                m.RequestUpdateMasterDataMeteringPointEvent(
                    start_of_occurrence=START,
                    identification=ident(f"u317{point}"),
                    metering_point=point,
                    annual_volume=m.AnnualVolumeDetail(total=total, calculation_method="Manual"),
                )
                for point, total in ((POINT, 16000), (POINT_2, 4200), (POINT_3, 0))
            ),
        ),
    )
    yield (
        "RequestUpdateMasterDataMeteringPoint-122",
        m.RequestUpdateMasterDataMeteringPoint(
            header=header("u122", "E58", GRID, ask=True),
            process=process("122", "DDM"),
            payloads=(
                m.RequestUpdateMasterDataMeteringPointEvent(
                    start_of_occurrence=START,
                    metering_point=POINT,
                    characteristics=m.MeteringPointCharacteristics(metering_point_type="E17", settlement_method="E02"),
                    meter=METER,
                    measurements=(m.MeasurementDefinitionUpdate(product=ACTIVE, direction="Out", resolution="PT1H"),),
                ),
            ),
        ),
    )
    yield (
        "RequestUpdateCustomerInformation-301",
        m.RequestUpdateCustomerInformation(
            header=header("u301", "E10", NEW_SUPPLIER, ask=True),
            process=process("301", "DDQ"),
            payload=m.RequestUpdateCustomerInformationEvent(
                start_of_occurrence=START,
                metering_point=POINT,
                customer=m.Customer(
                    identification=PERSON,
                    identification_scheme="Z01",
                    given_name="Kari",
                    family_name="Testesen",
                    extended_storage=True,
                ),
                addresses=(POSTAL,),
            ),
        ),
    )
    yield (
        "CollectedData-313-hourly",
        collected_message("m313", collected("m313a", day), collected("m313b", day, direction="In")),
    )
    yield "CollectedData-313-quarter-hourly", collected_message("m313q", collected("m313qa", day, minutes=15))
    spring, autumn = date(2026, 3, 29), date(2026, 10, 25)
    yield "CollectedData-313-23-hours", collected_message("m313s", collected("m313sa", spring))
    yield "CollectedData-313-25-hours", collected_message("m313w", collected("m313wa", autumn))
    yield (
        "CollectedData-312",
        collected_message(
            "m312",
            profiled(
                "m312a", m.ProfiledCollected(metered=m.ProfiledQuantity(value="412.500", reason="1")),
                meter_reading_start="12000", meter_reading_end="12412.5",
            ),
            brs="312", kind="E30",
        ),
    )  # fmt: skip
    yield (
        "CollectedData-332-replacement",
        collected_message(
            "m332",
            profiled("m332a", m.ProfiledCollected(withdrawn=True)),
            profiled(
                "m332b", m.ProfiledCollected(metered=m.ProfiledQuantity(value="-3", reason="4")),
                meter_reading_start="12000", meter_reading_end="11997",
            ),
            profiled("m332c", m.ProfiledCollected(stipulated=m.ProfiledQuantity(value="400", reason="1"))),
            brs="332", kind="E30",
        ),
    )  # fmt: skip
    reading = m.CollectedSeries(
        identification=ident("m311a"),
        registration_time="2026-11-20T08:00:00+01:00",
        period=m.TimeSeriesPeriod(start=START),
        metering_point=POINT_2,
        profiled_observation=m.ProfiledCollected(meter_index=m.ProfiledReading(value="12412", reason="1")),
    )
    annual = m.CollectedSeries(
        identification=ident("m311b"),
        registration_time="2026-11-20T08:00:00+01:00",
        period=m.TimeSeriesPeriod(start=START),
        metering_point=POINT_2,
        annual_volume=m.AnnualVolume(total=16000),
    )
    yield "CollectedData-311", collected_message("m311", reading, annual, brs="311", kind="E65", role="DDQ")
    yield (
        "NotifyValidatedDataForBillingEnergy-313",
        m.NotifyValidatedDataForBillingEnergy(
            header=header("v313", "E66", ELHUB, NEW_SUPPLIER),
            process=process("313", "DDQ"),
            payloads=(
                validated("v313a", day),
                validated("v313b", autumn, balance_supplier=NEW_SUPPLIER, balance_responsible=RESPONSIBLE),
            ),
        ),
    )
    yield (
        "NotifyValidatedDataForBillingEnergy-315",
        m.NotifyValidatedDataForBillingEnergy(
            header=header("v315", "21", ELHUB, NEW_SUPPLIER),
            process=process("315", "DDQ"),
            payloads=(validated("v315a", day, request_reference=ident("q315")),),
        ),
    )
    yield (
        "NotifyValidatedDataForBillingEnergy-312",
        m.NotifyValidatedDataForBillingEnergy(
            header=header("v312", "E65", ELHUB, THIRD_PARTY),
            process=process("312", "AG"),
            payloads=(
                m.ValidatedSeries(
                    identification=ident("v312a"),
                    registration_time="2026-11-02T08:00:00+01:00",
                    period=m.TimeSeriesPeriod(start=midnight(date(2026, 10, 1)), end=midnight(date(2026, 11, 1))),
                    product=ACTIVE,
                    characteristics=m.MeasurementCharacteristics(direction="Out", business_type="MP02"),
                    metering_point=POINT_2,
                    profiled_observation=m.ProfiledNotified(estimated=m.ProfiledEstimate(value="398.125")),
                ),
            ),
        ),
    )
    yield (
        "RequestCollectedData-314",
        m.RequestCollectedData(
            header=header("r314", "E39", ELHUB, COLLECTOR),
            process=process("314", "MDR"),
            payload=m.RequestCollectedDataEvent(
                reminder_type="IV",
                reminders=tuple(
                    m.Reminder(
                        period=m.Period(start=midnight(day), end=midnight(day + timedelta(days=1))),
                        metering_point=point,
                    )
                    for point in (POINT, POINT_3)
                ),
            ),
        ),
    )
    yield (
        "PriceVolumeCombinationForReconciliation-503",
        m.PriceVolumeCombinationForReconciliation(
            header=header("p503", "E66", ELHUB, NEW_SUPPLIER),
            process=process("503", "DDQ"),
            payloads=(
                m.ReconciliationSeries(
                    identification=ident("p503a"),
                    currency="NOK",
                    reconciliation_date="2026-11-15T06:00:00+01:00",
                    period=m.ReconciliationPeriod(
                        resolution="P1D", start=midnight(date(2026, 8, 1)), end=midnight(date(2026, 8, 4))
                    ),
                    product=ACTIVE,
                    characteristics=m.ReconciliationCharacteristics(
                        direction="Out", business_type="RE02", settlement_method="E01"
                    ),
                    grid_area=AREA,
                    balance_supplier=NEW_SUPPLIER,
                    observations=tuple(
                        m.ReconciliationObservation(sequence=n, volume=volume, amount=amount)
                        for n, volume, amount in ((1, "120.125", "96.10"), (2, "-4", "-3.2"), (3, "0", "0"))
                    ),
                ),
            ),
        ),
    )
    yield (
        "RequestUpfrontMeteringPointCharacteristics-611",
        m.RequestUpfrontMeteringPointCharacteristics(
            header=header("q611", "E10", NEW_SUPPLIER),
            process=process("611", "DDQ"),
            payload=m.RequestUpfrontMeteringPointCharacteristicsEvent(metering_point=POINT, purpose="StartOfSupply"),
        ),
    )
    yield (
        "RequestUpfrontMeteringPointCharacteristics-611-search",
        m.RequestUpfrontMeteringPointCharacteristics(
            header=header("q611s", "E10", THIRD_PARTY),
            process=process("611", "AG"),
            payload=m.RequestUpfrontMeteringPointCharacteristicsEvent(
                customer=m.EndUserReference(identification=PERSON, identification_scheme="Z01"),
                purpose="AccessRequest",
                address=m.AddressSearch(street_name="Prøve*", postcode="0001"),
            ),
        ),
    )
    yield (
        "ResponseUpfrontMeteringPointCharacteristics-611",
        m.ResponseUpfrontMeteringPointCharacteristics(
            header=header("a611", "E07", ELHUB, NEW_SUPPLIER),
            process=process("611", "DDQ"),
            payloads=(
                m.ResponseUpfrontMeteringPointCharacteristicsEvent(
                    original_reference=ident("q611"),
                    snapshot="2026-11-20T09:30:48.5Z",
                    delivery_obligation_date=midnight(date(2026, 11, 2)),
                    metering_point=POINT,
                    grid_access_provider=GRID,
                    address=POINT_ADDRESS,
                    cadastral=CADASTRAL,
                    grid_area=AREA,
                    characteristics=CHARACTERISTICS,
                    meter=METER,
                    annual_volume=m.AnnualVolume(total=16000),
                    taxation=m.IndustryAndConsumption(consumption_code="35", nace_code="XX"),
                ),
            ),
        ),
    )
    yield (
        "RequestToGridAccessProvider-601",
        m.RequestToGridAccessProvider(
            header=header("q601", "21", NEW_SUPPLIER),
            process=process("601", "DDQ"),
            payload=m.RequestToGridAccessProviderEvent(
                category="ELHUB_MASTERDATA",
                subject="Målernummer",
                request_public="Er måleren byttet?",
                metering_point=POINT,
            ),
        ),
    )
    yield (
        "ResponseFromGridAccessProvider-601",
        m.ResponseFromGridAccessProvider(
            header=header("a601", "21", GRID),
            process=process("601", "DDM"),
            payload=m.ResponseFromGridAccessProviderEvent(
                original_reference=ident("q601"), feedback_public="Ja, i går.\nSe grunndata.", metering_point=POINT
            ),
        ),
    )
    yield (
        "RequestToElhub-602",
        m.RequestToElhub(
            header=header("q602", "21", NEW_SUPPLIER),
            process=process("602", "DDQ"),
            payload=m.RequestToElhubEvent(
                category="INV", subject="Faktura", request="Hvem mottar?", metering_point=POINT
            ),
        ),
    )
    yield (
        "ResponseFromElhub-602",
        m.ResponseFromElhub(
            header=header("a602", "21", ELHUB, NEW_SUPPLIER),
            process=process("602", "DDQ"),
            payload=m.ResponseFromElhubEvent(
                original_reference=ident("q602"),
                category="INV",
                subject="Faktura",
                request="Hvem mottar?",
                feedback="Nettselskapet.",
                metering_point=POINT,
            ),
        ),
    )
    yield "UpdateThirdPartyAccess-622-add", access("a622", "Add", end_of_occurrence=midnight(date(2027, 12, 1)))
    yield (
        "UpdateThirdPartyAccess-622-storage",
        access("u622", "Update", customer=m.ExtendedStorage(extended_storage=True)),
    )
    yield "UpdateThirdPartyAccess-622-delete", access("d622", "Delete")
    yield "Acknowledgement-622-accepted", acknowledgement("k622", "a622", "622", "AG", recipient=THIRD_PARTY)
    yield "Acknowledgement-622-refused", acknowledgement("k622r", "a622", "622", "AG", "EH088", recipient=THIRD_PARTY)
    yield "Acknowledgement-315-refused", acknowledgement("k315", "q315", "315", "DDQ", "E50", "EH032")
    yield (
        "RequestUpdateSharedProduction-701-add",
        m.RequestUpdateSharedProduction(
            header=header("u701", "E58", GRID),
            process=process("701", "DDM"),
            payload=m.RequestUpdateSharedProductionEvent(
                start_of_occurrence=START, update_indicator="Add", calculation=calculation()
            ),
        ),
    )
    yield (
        "RequestUpdateSharedProduction-701-delete",
        m.RequestUpdateSharedProduction(
            header=header("d701", "E58", GRID),
            process=process("701", "DDM"),
            payload=m.RequestUpdateSharedProductionEvent(
                update_indicator="Delete", calculation=m.VirtualCalculation(id=ident("calculation"))
            ),
        ),
    )
    yield (
        "NotifySharedProduction-701",
        m.NotifySharedProduction(
            header=header("n701", "E58", ELHUB, GRID),
            process=process("701", "DDM"),
            payload=m.NotifySharedProductionEvent(
                start_of_occurrence=START,
                version=1,
                version_status="Active",
                calculation=calculation("EquallyDistributed"),
            ),
        ),
    )
    yield (
        "PollForData",
        m.PollForData(
            header=header("poll", "21", NEW_SUPPLIER),
            process=process("POLL", "DDQ"),
            payload=m.PollForDataFilter(party=NEW_SUPPLIER, role="DDQ"),
        ),
    )


def pretty(message: m.Message) -> bytes:
    root = etree.fromstring(write(message))
    etree.indent(root)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8") + b"\n"


SOAP = "http://schemas.xmlsoap.org/soap/envelope/"


def enveloped(inside: etree._Element) -> bytes:
    envelope = etree.Element(f"{{{SOAP}}}Envelope", nsmap={"soapenv": SOAP})
    etree.SubElement(envelope, f"{{{SOAP}}}Header")
    etree.SubElement(envelope, f"{{{SOAP}}}Body").append(inside)
    etree.indent(envelope)
    return etree.tostring(envelope, xml_declaration=True, encoding="UTF-8") + b"\n"


def wrapped() -> Iterator[tuple[str, bytes]]:
    """Envelopes: sent, polled, empty, refused."""
    by_name = dict(typed())
    space = {service.name: service.namespace for service in SERVICES}

    def root(name: str) -> etree._Element:
        return etree.fromstring(write(by_name[name]))

    request = etree.Element(
        f"{{{space['MarketProcesses']}}}RequestStartOfSupplyRequest", nsmap={"mp": space["MarketProcesses"]}
    )
    request.append(root("RequestStartOfSupply-101"))
    yield "soap-RequestStartOfSupply-101", enveloped(request)

    values = space["MeteringValues"]
    request = etree.Element(f"{{{values}}}CollectedDataRequest", nsmap={"mv": values})
    sent = root("CollectedData-313-hourly")
    sent.tag = f"{{{values}}}CollectedData"  # a sent CollectedData is in the service's namespace
    request.append(sent)
    yield "soap-CollectedData-313", enveloped(request)

    query_space = space["Query"]
    answer = etree.Element(
        f"{{{query_space}}}RequestUpfrontMeteringPointCharacteristicsResponse", nsmap={"q": query_space}
    )
    answer.append(root("ResponseUpfrontMeteringPointCharacteristics-611"))
    yield "soap-ResponseUpfront-611", enveloped(answer)

    for channel, names in (
        (
            "PollMarketProcesses",
            ("ConfirmStartOfSupply-101", "NotifyStartOfSupply-101-DDQ", "Acknowledgement-622-accepted"),
        ),
        ("PollMeteringValues", ("NotifyValidatedDataForBillingEnergy-313", "CollectedData-313-25-hours")),
    ):
        poll = etree.Element(f"{{{space[channel]}}}PollForDataResponse", nsmap={"p": space[channel]})
        etree.SubElement(poll, f"{{{space[channel]}}}Identification").text = ident(channel)
        data = etree.SubElement(poll, f"{{{space[channel]}}}ResultDataSet")
        for name in names:
            data.append(root(name))
        yield f"soap-{channel}", enveloped(poll)
