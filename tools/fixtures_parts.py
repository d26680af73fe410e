"""What the valid fixtures are made of: parties, points, a person who does not exist, and the usual parts.

Every identifier passes its check digit; the persons are synthetic (month + 80), the organisation does not exist.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid5

from ediel import messages as m
from ediel.calendar import midnight
from ediel.identifiers import Eic, Gln, Gsrn, NationalIdentityNumber, OrganisationNumber

ELHUB = "7080003824349"
SPACE = UUID("6ba7b812-9dad-11d1-80b4-00c04fd430c8")


def gln(body: str) -> str:
    return body + Gln(body + "0").check_digit


def gsrn(number: int) -> str:
    body = f"7070575{number:010d}"
    return body + Gsrn(body + "0").check_digit


NEW_SUPPLIER = gln("708000110001")
OLD_SUPPLIER = gln("708000110002")
GRID = gln("708000120001")
THIRD_PARTY = gln("708000130001")
COLLECTOR = gln("708000120002")
RESPONSIBLE = gln("708000140001")
AREA = "50YPROVEOMRADE1"
AREA += Eic(AREA + "0").check_character
POINT = gsrn(4200000011)
POINT_2 = gsrn(4200000028)
POINT_3 = gsrn(4200000035)
PERSON = "128185250"
while NationalIdentityNumber(PERSON + "00").check_digits is None:
    PERSON = f"{int(PERSON) + 1:09d}"
PERSON += NationalIdentityNumber(PERSON + "00").check_digits or ""
COMPANY = "91234567"
while OrganisationNumber(COMPANY + "0").check_digit is None:
    COMPANY = str(int(COMPANY) + 1)
COMPANY += OrganisationNumber(COMPANY + "0").check_digit or ""


def ident(name: str) -> str:
    return str(uuid5(SPACE, name))


def header(name: str, kind: str, sender: str, recipient: str = ELHUB, *, ask: bool | None = None) -> m.Header:
    return m.Header(
        identification=ident(name),
        document_type=kind,
        creation="2026-11-20T09:30:47+01:00",
        request_positive_acknowledgement=ask,
        physical_sender=sender,
        juridical_sender=sender,
        juridical_recipient=recipient,
    )


def process(brs: str, role: str) -> m.ProcessContext:
    return m.ProcessContext(business_process=brs if brs == "POLL" else f"BRS-NO-{brs}", role=role)


CUSTOMER = m.StartOfSupplyCustomer(
    identification=PERSON,
    identification_scheme="Z01",
    given_name="Kari",
    family_name="Testesen",
    extended_storage=False,
    communication=(
        m.Communication(channel="Mobile", complete_number="40000000"),
        m.Communication(channel="Email", complete_number="kari.testesen@example.com", description="faktura"),
    ),
)
BUSINESS = m.StartOfSupplyCustomer(
    identification=COMPANY,
    identification_scheme="82",
    name="Prøvebedriften & Sønner AS",
    extended_storage=True,
    nace_code="47.110",
)
LEAVING = m.EndOfSupplyCustomer(
    identification=PERSON, identification_scheme="Z01", given_name="Kari", family_name="Testesen"
)
POSTAL = m.CustomerAddress(
    address_type="postaladr",
    street_name="Prøveveien",
    building_number="12B",
    postcode="0001",
    city_name="OSLO",
    country="NO",
)
INVOICE = m.CustomerAddress(
    address_type="invoiceadr",
    postcode="5003",
    city_name="BERGEN",
    country="NO",
    post_office_box="Postboks 1",
    care_of="Regnskap <faktura>",
)
POINT_ADDRESS = m.MeteringPointAddress(
    street_name="Prøveveien",
    street_code="01234",
    building_number="12B",
    floor="2",
    room="H0201",
    postcode="0001",
    city_name="OSLO",
    municipality_code="0301",
    country="NO",
)
CADASTRAL = m.CadastralReference(gnr="207", bnr="12", snr="3")
POSITION = m.GeographicalCoordinate(latitude="59.91273", longitude="10.74609")
CHARACTERISTICS = m.MeteringPointCharacteristics(
    metering_point_type="E17",
    consumption_sub_type="A04",
    meter_reading_characteristics="E13",
    settlement_method="E02",
    physical_status="E22",
    contracted_connection_capacity=63,
    meter_reading_start_date=midnight(date(2019, 2, 18)),
    meter_reading_frequency=12,
    priority="D",
    blocked_for_switching=False,
    meter_reading_occurrence="PT1H",
)
METER = m.MeterFacility(meter="6970631401234567", number_of_digits=6, constant="1", location="Skap i gang")
TAXATION = m.TaxationProfile(
    vat_code="S",
    enova_fee_type="ConsumptionDependent",
    enova_fee="100",
    electricity_fee="100",
    electricity_certificate_share="0",
    consumption_code="35",
    nace_code="XX",
)
ACTIVE = m.ProductCharacteristics(product="8716867000030", unit="kWh")
CHANNEL = m.MeasurementDefinition(product=ACTIVE, direction="Out", resolution="PT1H", exclude_from_settlement=False)
ANNUAL = m.AnnualVolumeDetail(total=16000, calculation_method="Automatic")
START = midnight(date(2026, 12, 1))


def start_request(name: str, brs: str, *, kind: str = "392", start: datetime = START, **fields: object) -> m.Message:
    fields.setdefault("customer", CUSTOMER)
    fields.setdefault("addresses", (POSTAL,))
    fields.setdefault("balance_supplier", NEW_SUPPLIER)
    return m.RequestStartOfSupply(
        header=header(name, kind, NEW_SUPPLIER, ask=True),
        process=process(brs, "DDQ"),
        payload=m.RequestStartOfSupplyEvent(start_of_occurrence=start, metering_point=POINT, **fields),
    )


def hourly(day: date, *, minutes: int = 60, kind: str = "mixed") -> m.Observations:
    """Values of one Norwegian day; the number follows from the length of the day."""
    length = midnight(day + timedelta(days=1)).timestamp() - midnight(day).timestamp()
    count = int(length / 60 // minutes)
    rows = []
    for place in range(1, count + 1):
        value = f"{1 + (place * 37 % 100) / 50:.3f}"
        if kind == "mixed" and place == 3:
            rows.append(
                m.Observation(
                    place,
                    Decimal(value),
                    m.ObservationKind.ESTIMATED,
                    quality=_code("Quality", "56"),
                    validation_code=_code("ValidationCode", "V002"),
                    estimation_code=_code("EstimationCode", "E001"),
                )
            )
        elif kind == "mixed" and place == 4:
            rows.append(
                m.Observation(
                    place, Decimal(value), m.ObservationKind.TEMPORARY, validation_code=_code("ValidationCode", "V014")
                )
            )
        else:
            rows.append(m.Observation(place, Decimal(value)))
    return m.Observations.of(rows)


def _code(name: str, value: str) -> object:
    from ediel import codes

    return codes.BY_NAME[name](value)


def series_period(day: date, resolution: str = "PT1H") -> m.TimeSeriesPeriod:
    return m.TimeSeriesPeriod(resolution=resolution, start=midnight(day), end=midnight(day + timedelta(days=1)))


def collected(
    name: str, day: date, *, minutes: int = 60, point: str = POINT, direction: str = "Out"
) -> m.CollectedSeries:
    return m.CollectedSeries(
        identification=ident(name),
        registration_time=midnight(day + timedelta(days=1)) + timedelta(hours=4, minutes=34),
        period=series_period(day, "PT1H" if minutes == 60 else "PT15M"),
        product=ACTIVE,
        direction=direction,
        metering_point=point,
        observations=hourly(day, minutes=minutes),
    )


def collected_message(
    name: str, *series: m.CollectedSeries, brs: str = "313", kind: str = "E13", role: str = "DDE"
) -> m.Message:
    sender = NEW_SUPPLIER if role == "DDQ" else COLLECTOR
    return m.CollectedData(header=header(name, kind, sender), process=process(brs, role), payloads=series)


def validated(name: str, day: date, **fields: object) -> m.ValidatedSeries:
    fields.setdefault("observations", hourly(day, kind="metered"))
    return m.ValidatedSeries(
        identification=ident(name),
        registration_time=midnight(day + timedelta(days=1)) + timedelta(hours=4, minutes=34),
        insert_time="2026-11-25T06:12:31.123456789+01:00",
        period=series_period(day),
        product=ACTIVE,
        characteristics=m.MeasurementCharacteristics(direction="Out", business_type="MP01"),
        metering_point=POINT,
        **fields,
    )


def profiled(name: str, observation: m.ProfiledCollected, **period: object) -> m.CollectedSeries:
    period.setdefault("start", midnight(date(2026, 10, 1)))
    period.setdefault("end", midnight(date(2026, 11, 1)))
    return m.CollectedSeries(
        identification=ident(name),
        registration_time="2026-11-02T08:00:00+01:00",
        period=m.TimeSeriesPeriod(**period),
        product=ACTIVE,
        direction="Out",
        metering_point=POINT_2,
        profiled_observation=observation,
    )


def query(name: str, brs: str, kind: str, **fields: object) -> m.Message:
    return m.RequestDataFromElhub(
        header=header(name, "21", NEW_SUPPLIER),
        process=process(brs, "DDQ"),
        payload=m.RequestDataFromElhubEvent(query_type=kind, **fields),
    )


def acknowledgement(
    name: str, about: str, brs: str, role: str, *reasons: str, recipient: str = NEW_SUPPLIER
) -> m.Message:
    return m.Acknowledgement(
        header=header(name, "294", ELHUB, recipient),
        process=process(brs, role),
        payload=m.AcknowledgementEvent(
            status="41" if reasons else "39",
            reasons=tuple(m.Reason(code=reason) for reason in reasons),
            original_reference=ident(about),
        ),
    )


def access(name: str, indicator: str, **fields: object) -> m.Message:
    return m.UpdateThirdPartyAccess(
        header=header(name, "E10", THIRD_PARTY, ask=True),
        process=process("622", "AG"),
        payload=m.UpdateThirdPartyAccessEvent(update_indicator=indicator, metering_point=POINT, **fields),
    )


def calculation(formula: str = "Manual") -> m.VirtualCalculation:
    shares = ("0.5", "0.3", "0.2") if formula == "Manual" else (None, None, None)
    return m.VirtualCalculation(
        name="Prøvegården borettslag",
        description="Solceller på taket",
        id=ident("calculation"),
        formula=formula,
        participants=m.Participants(
            contributors=(m.Participant(metering_point=gsrn(4200000042)),),
            recipients=tuple(
                m.Participant(share=share, metering_point=point)
                for share, point in zip(shares, (POINT, POINT_2, POINT_3), strict=True)
            ),
        ),
    )


def point_event(**fields: object) -> m.NotifyMeteringPointCharacteristicsEvent:
    return m.NotifyMeteringPointCharacteristicsEvent(
        start_of_occurrence=midnight(date(2026, 1, 1)), metering_point=POINT, **fields
    )
