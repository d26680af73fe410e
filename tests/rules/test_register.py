"""The register: reading it, and every rule that asks it fails where it must, passes where it must."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

import ediel
from ediel import rules
from ediel.calendar import OSLO, market_day, midnight
from ediel.codes import Agency, BusinessProcess, DocumentType, Resolution, Role, UpdateIndicator
from ediel.market import UNKNOWN, Pending, Register, Snapshot
from ediel.messages import Message
from ediel.rules.collisions import CROSSINGS, crossing
from tests.support.places import FIXTURES
from tests.support.rule_cases import BASES, CASES, changed, fixture

ON = date(2026, 11, 27)
MARKET = Snapshot.read(FIXTURES / "market.json")
POINT, POINT_2, POINT_3, PRODUCTION = (point.identification for point in MARKET.metering_points)
NEW, OLD, LAST_RESORT, GRID, COLLECTOR, RESPONSIBLE, THIRD_PARTY = (party.gln for party in MARKET.parties)
COMPANY = {"start": "2021-05-01", "identification": "912345688", "scheme": "82"}
REQUEST_101: Any = fixture("RequestStartOfSupply-101")
REFERENCE = REQUEST_101.header.identification
GRANT = "d0b3b7a4-9a4e-4bd5-9e5f-5a5b5c5d5e5f"

Market = dict[str, Any]


def plain() -> Market:
    return json.loads(MARKET.model_dump_json())  # type: ignore[no-any-return]


def where(market: Market, point: str = POINT, **facts: Any) -> Market:
    """The market with other facts about a point."""
    for item in market["metering_points"]:
        if item["identification"] == point:
            item.update(facts)
    return market


def without(market: Market, *fields: str) -> Market:
    """The market with facts unknown about every point."""
    for item in market["metering_points"]:
        for field in fields:
            item[field] = None
    return market


def supplied_by(gln: str, **more: Any) -> list[dict[str, Any]]:
    return [{"start": "2021-05-01", "supplier": gln, **more}]


def pending(process: str, party: str, day: str = "2026-12-01", cancellation: str | None = "2026-11-30") -> list[Any]:
    return [
        {
            "process": f"BRS-NO-{process}", "reference": REFERENCE, "party": party, "day": day,
            "cancellation": cancellation,
        }
    ]  # fmt: skip


def cancellation(name: str) -> Any:
    message: Any = changed(fixture(name), "header.document_type", DocumentType.CANCELLATION)
    message = changed(message, "header.document_type_agency", Agency("260"))
    return changed(message, "payload.original_reference", REFERENCE)


def sent_by(message: Any, gln: str) -> Any:
    return changed(changed(message, "header.juridical_sender", gln), "header.physical_sender", gln)


def consented() -> Any:
    message: Any = fixture("RequestStartOfSupply-101-consent")
    return changed(message, "payload.consent_id", GRANT)


def granted(market: Market) -> Market:
    market["grants"] = [
        {
            "identification": GRANT, "status": "Active", "metering_point": POINT, "supplier": NEW,
            "valid_from": "2026-11-01", "valid_to": "2027-11-01",
        }
    ]  # fmt: skip
    return market


def all_interval(market: Market) -> Market:
    return where(
        where(where(market, POINT_2, settlement="E02"), POINT_3, status="E22"), PRODUCTION, blocked_for_switching=False
    )


def _rollback(name: str, process: str, role: Role = Role.DDQ) -> Any:
    message: Any = changed(fixture(name), "process.business_process", BusinessProcess(f"BRS-NO-{process}"))
    message = changed(changed(message, "process.role", role), "payload.original_reference", REFERENCE)
    return sent_by(message, GRID) if role is Role.DDM else message


Maker = Callable[[], Any]
Change = Callable[[Market], Market]
SAME: Change = lambda market: market  # noqa: E731

# process: a message, and the market in which no register rule objects to it
SETTINGS: dict[str, tuple[Maker, Change]] = {
    "101": (lambda: fixture("RequestStartOfSupply-101"), SAME),
    "101-consent": (consented, granted),
    "101-cancel": (
        lambda: cancellation("RequestStartOfSupply-101"), lambda market: where(market, pending=pending("101", NEW)),
    ),
    "102": (lambda: fixture("RequestStartOfSupply-102"), SAME),
    "102-consent": (lambda: changed(fixture("RequestStartOfSupply-102"), "payload.consent_id", GRANT), granted),
    "102-cancel": (
        lambda: cancellation("RequestStartOfSupply-102"), lambda market: where(market, pending=pending("102", NEW)),
    ),
    "103": (lambda: fixture("RequestStartOfSupply-103"), lambda market: where(market, end_users=[COMPANY])),
    "103-consent": (
        lambda: changed(fixture("RequestStartOfSupply-103"), "payload.consent_id", GRANT),
        lambda market: granted(where(market, end_users=[COMPANY])),
    ),
    "104": (
        lambda: fixture("RequestStartOfSupply-104"),
        lambda market: where(
            market, contracts=[{"start": "2026-11-02", "supplier": LAST_RESORT, "kind": "last resort"}]
        ),
    ),
    "111": (
        lambda: _rollback("RequestStartOfSupply-111", "111"),
        lambda market: where(market, pending=pending("101", NEW, cancellation="2026-11-20")),
    ),
    "121": (
        lambda: sent_by(changed(BASES["121"](), "payloads.0.metering_point", "707057500000000017"), GRID), SAME,
    ),
    "122": (lambda: fixture("RequestUpdateMasterDataMeteringPoint-122"), SAME),
    "123": (lambda: fixture("RequestStartOfSupply-123"), SAME),
    "133": (
        lambda: _rollback("RequestStartOfSupply-111", "133", Role.DDM),
        lambda market: where(market, pending=pending("123", GRID, cancellation="2026-11-20")),
    ),
    "201": (lambda: fixture("RequestEndOfSupply-201"), SAME),
    "201-cancel": (
        lambda: cancellation("RequestEndOfSupply-201"), lambda market: where(market, pending=pending("201", OLD)),
    ),
    "202": (lambda: fixture("RequestEndOfSupply-202"), SAME),
    "202-cancel": (
        lambda: cancellation("RequestEndOfSupply-202"), lambda market: where(market, pending=pending("202", OLD)),
    ),
    "211": (lambda: sent_by(BASES["211"](), GRID), SAME),
    "221": (
        lambda: _rollback("RequestEndOfSupply-221", "221"),
        lambda market: where(market, pending=pending("201", OLD, cancellation="2026-11-20")),
    ),
    "222": (
        lambda: changed(_rollback("RequestEndOfSupply-221", "222", Role.DDM), "payload.balance_supplier", None),
        lambda market: where(market, pending=pending("211", GRID, cancellation="2026-11-20")),
    ),
    "301": (
        lambda: fixture("RequestUpdateCustomerInformation-301"),
        lambda market: where(market, contracts=supplied_by(NEW)),
    ),
    **{
        process: (
            lambda process=process: changed(  # type: ignore[misc]
                fixture("RequestUpdateMasterDataMeteringPoint-122"), "process.business_process", BusinessProcess(f"BRS-NO-{process}")
            ),
            SAME,
        )
        for process in ("302", "402")
    },
    "303": (
        lambda: fixture("RequestDataFromElhub-303-MDMP"), lambda market: where(market, contracts=supplied_by(NEW)),
    ),
    "311": (lambda: fixture("CollectedData-311"), SAME),
    "312": (lambda: fixture("CollectedData-312"), SAME),
    "313": (lambda: fixture("CollectedData-313-hourly"), SAME),
    "313-quarters": (lambda: fixture("CollectedData-313-quarter-hourly"), SAME),
    "315": (lambda: fixture("RequestDataFromElhub-315"), lambda market: where(market, contracts=supplied_by(NEW))),
    "317": (lambda: fixture("RequestUpdateMasterDataMeteringPoint-317"), SAME),
    "324": (lambda: fixture("RequestDataFromElhub-324"), SAME),
    "332": (lambda: fixture("CollectedData-332-replacement"), SAME),
    "601": (lambda: fixture("RequestToGridAccessProvider-601"), SAME),
    "602": (lambda: fixture("RequestToElhub-602"), SAME),
    "611": (lambda: fixture("RequestUpfrontMeteringPointCharacteristics-611"), SAME),
    "622": (lambda: fixture("UpdateThirdPartyAccess-622-add"), SAME),
    "622-delete": (
        lambda: fixture("UpdateThirdPartyAccess-622-delete"),
        lambda market: where(market, accesses=[{"start": "2026-01-01", "third_party": THIRD_PARTY}]),
    ),
    "701": (lambda: fixture("RequestUpdateSharedProduction-701-add"), all_interval),
}  # fmt: skip

UNREGISTERED = "707057500000000017"


def _other_point(message: Any) -> Any:
    if hasattr(message, "payload"):
        return changed(message, "payload.metering_point", UNREGISTERED)
    return changed(message, "payloads.0.metering_point", UNREGISTERED)


def _party(gln: str, **facts: Any) -> Change:
    def change(market: Market) -> Market:
        for item in market["parties"]:
            if item["gln"] == gln:
                item.update(facts)
        return market

    return change


def _sender_gone(market: Market) -> Market:
    for item in market["parties"]:
        item["active"] = False
    return market


def _no_roles(market: Market) -> Market:
    for item in market["parties"]:
        item["roles"] = ["PQ"]
    return market


_KEEP = lambda message: message  # noqa: E731
Fail = tuple[Callable[[Any], Any], Change]


def _market(**facts: Any) -> Fail:
    return _KEEP, lambda market: where(market, **facts)


def _on_every_point(**facts: Any) -> Fail:
    def change(market: Market) -> Market:
        for item in market["metering_points"]:
            item.update(facts)
        return market

    return _KEEP, change


# name of a rule: what makes it fail, in the setting of each of its processes (or in another setting of it)
BREAKS: dict[str, Fail] = {
    "sender-known": (_KEEP, _sender_gone),
    "sender-role": (_KEEP, _no_roles),
    "physical-sender": (lambda message: changed(message, "header.physical_sender", RESPONSIBLE), SAME),
    "recipient": (lambda message: changed(message, "header.juridical_recipient", GRID), SAME),
    "point-known": (_other_point, SAME),
    "622/1": (_other_point, SAME),
    "point-new": (lambda message: changed(message, "payloads.0.metering_point", POINT), SAME),
    "accounting-point": _market(accounting_point=False),
    "622/2": _market(accounting_point=False),
    "not-closed": _on_every_point(status="E31"),
    "active": _market(status="E23"),
    "not-blocked": _market(blocked_for_switching=True),
    "has-end-user": _market(end_users=[]),
    "622/3": _market(end_users=[]),
    "end-user": _market(end_users=[COMPANY]),
    "new-end-user": (
        lambda message: changed(message, "payload.customer", REQUEST_101.payload.customer),
        lambda market: where(
            market, end_users=[{"start": "2021-01-01", "identification": "12818525018", "scheme": "Z01"}]
        ),
    ),
    "other-supplier": _market(contracts=supplied_by(NEW)),
    "supplier-authorised": (_KEEP, _party(NEW, active=False)),
    "last-resort": _market(contracts=[{"start": "2026-10-02", "supplier": LAST_RESORT, "kind": "last resort"}]),
    "supplies": _market(contracts=supplied_by(LAST_RESORT)),
    "own-point": _on_every_point(grid_access_provider=LAST_RESORT),
    "window-earliest": (
        lambda message: changed(message, _date(message), midnight(ON + timedelta(days=30))), SAME,
    ),
    "window-latest": (lambda message: changed(message, _date(message), midnight(ON)), SAME),
    "cancellation-latest": (lambda message: changed(message, _date(message), midnight(ON)), SAME),
    "cancels-own": _market(pending=[]),
    "rollback-time": (
        _KEEP, lambda market: where(market, pending=[{**market["metering_points"][0]["pending"][0], "cancellation": "2026-12-20"}]),
    ),
    "crossing": _market(pending=[pending("101", OLD, day="2026-12-05")[0] | {"reference": GRANT}]),
    "consent": (_KEEP, lambda market: market | {"grants": [{**market["grants"][0], "status": "Exhausted"}]}),
    "interval-settled": _on_every_point(settlement="E01"),
    "profiled": _on_every_point(settlement="E02"),
    "quarter-hours": _market(reading_resolution="PT1H"),
    "may-ask": _market(contracts=supplied_by(OLD)),
    "622/5": _market(accesses=[{"start": "2026-01-01", "third_party": THIRD_PARTY}]),
    "622/6": _market(accesses=[]),
    "contributors": (_KEEP, lambda market: where(market, PRODUCTION, type="E17")),
    "recipients": _market(type="E18"),
    "own-points": _on_every_point(grid_access_provider=LAST_RESORT),
}  # fmt: skip

ELSEWHERE = {
    "consent": "{}-consent",
    "cancellation-latest": "{}-cancel",
    "cancels-own": "{}-cancel",
    "quarter-hours": "{}-quarters",
    "622/6": "{}-delete",
}
"""Rules whose setting is not the plain one of the process."""


def _date(message: Any) -> str:
    return (
        "payload.start_of_occurrence"
        if hasattr(message.payload, "start_of_occurrence")
        else "payload.end_of_occurrence"
    )


WINDOWS = {"window-earliest", "window-latest", "cancellation-latest"}
REGISTER_RULES = {
    rule.key: rule for rule in rules.all_rules() if rule.needs == "register" or rule.key.partition("/")[2] in WINDOWS
}
UNDECIDABLE = {
    "BRS-NO-622/4",  # the end user answers later
    *(f"BRS-NO-{number}/crossing" for number in ("102", "103", "104", "201", "202")),  # no row refuses these
    "BRS-NO-201/window-earliest",  # no source gives the earliest day
}


def name_of(key: str) -> str:
    name = key.removeprefix("BRS-NO-").partition("/")[2]
    return key.removeprefix("BRS-NO-") if name.isdigit() else name


def setting(key: str) -> tuple[Any, Market]:
    process = key.removeprefix("BRS-NO-")[:3]
    make, change = SETTINGS[ELSEWHERE.get(name_of(key), "{}").format(process)]
    return make(), change(plain())


def outcomes(message: Message, market: Market, on: date | None = ON) -> dict[str, str]:
    register: Register = Snapshot.parse(json.dumps(market))
    found = rules.judge(ediel.read(ediel.write(message)), on, register=register)
    return {verdict.rule.key: verdict.outcome for verdict in found if verdict.rule.key in REGISTER_RULES}


@pytest.mark.parametrize("name", sorted(SETTINGS))
def test_settings_break_no_rule(name: str) -> None:
    make, change = SETTINGS[name]
    found = outcomes(make(), change(plain()))
    assert found
    assert {key for key, outcome in found.items() if outcome == "failed"} == set()


@pytest.mark.parametrize("key", sorted(set(REGISTER_RULES) - UNDECIDABLE))
def test_each_register_rule_passes_and_fails(key: str) -> None:
    message, market = setting(key)
    assert outcomes(message, market)[key] == "passed"
    change_message, change_market = BREAKS[name_of(key)]
    assert outcomes(change_message(message), change_market(market))[key] == "failed"


@pytest.mark.parametrize("key", sorted(UNDECIDABLE))
def test_what_nobody_knows_is_unknown(key: str) -> None:
    message, market = setting(key)
    if key.endswith("crossing"):
        assert outcomes(message, market)[key] == "passed"  # nothing is under way
        market = where(market, pending=pending("202", OLD))
    assert outcomes(message, market)[key] == "unknown"


@pytest.mark.parametrize("key", sorted(REGISTER_RULES))
def test_an_empty_register_knows_nothing(key: str) -> None:
    """What is not known is unknown: it neither passes nor fails, but for windows that hold however a point is settled."""
    message, _ = setting(key)
    assert outcomes(message, {"complete": False})[key] in {"unknown", "not applicable", "passed"}
    found = outcomes(message, {"complete": False})[key]
    assert found != "passed" or name_of(key) in {
        "window-earliest",
        "window-latest",
        "cancellation-latest",
        "physical-sender",
    }
    verdicts = {verdict.rule.key: verdict.outcome for verdict in rules.judge(message, ON)}
    assert verdicts[key] in {"unknown", "not applicable", "passed"}


FIELDS = (
    "type", "accounting_point", "status", "settlement", "reading_resolution", "blocked_for_switching",
    "grid_access_provider", "end_users", "contracts", "accesses", "pending",
)  # fmt: skip


@pytest.mark.parametrize("name", sorted(SETTINGS))
def test_points_of_which_nothing_is_known(name: str) -> None:
    make, change = SETTINGS[name]
    found = outcomes(make(), without(change(plain()), *FIELDS))
    assert "failed" not in found.values()


def test_no_day_is_unknown_not_today() -> None:
    for name in ("622", "622-delete", "303", "101-consent", "111", "101"):
        make, change = SETTINGS[name]
        assert "failed" not in outcomes(make(), change(plain()), None).values()


def test_more_answers() -> None:
    """Branches that the table leaves out."""
    rolled: Any = _rollback("RequestStartOfSupply-111", "111")
    assert outcomes(rolled, plain())["BRS-NO-111/rollback-time"] == "unknown"
    nobody = outcomes(SETTINGS["101"][0](), plain() | {"parties": []})
    assert nobody["BRS-NO-101/sender-known"] == "failed"
    assert nobody["BRS-NO-101/sender-role"] == "not applicable"
    assert nobody["BRS-NO-101/supplier-authorised"] == "failed"
    own: Any = changed(SETTINGS["101"][0](), "header.juridical_sender", "7080003824349")
    assert outcomes(own, plain())["BRS-NO-101/sender-known"] == "not applicable"
    provider = _party(RESPONSIBLE, acts_for=[NEW])(plain())
    through: Any = changed(SETTINGS["101"][0](), "header.physical_sender", RESPONSIBLE)
    assert outcomes(through, provider)["BRS-NO-101/physical-sender"] == "passed"
    asked: Any = SETTINGS["303"][0]()
    for role, gln, market, expected in (
        (Role.DDM, GRID, plain(), "passed"),
        (Role.DDM, LAST_RESORT, plain(), "failed"),
        (
            Role.AG,
            THIRD_PARTY,
            where(plain(), accesses=[{"start": "2026-01-01", "third_party": THIRD_PARTY}]),
            "passed",
        ),
        (Role.AG, THIRD_PARTY, plain(), "failed"),
        (Role.DDK, RESPONSIBLE, plain(), "unknown"),
    ):
        message = sent_by(changed(asked, "process.role", role), gln)
        assert outcomes(message, market)["BRS-NO-303/may-ask"] == expected
    for whose, expected in (("12818525018", "passed"), ("13818525018", "failed"), (None, "passed")):
        market = granted(plain())
        market["grants"][0]["end_user"] = whose
        assert outcomes(consented(), market)["BRS-NO-101/consent"] == expected, "a consent is of one person"
    today: Any = changed(asked, "payload.snapshot", None)
    assert outcomes(today, SETTINGS["303"][1](plain()))["BRS-NO-303/may-ask"] == "passed"
    assert outcomes(today, plain(), None)["BRS-NO-303/may-ask"] == "unknown"
    update: Any = changed(SETTINGS["701"][0](), "payload.update_indicator", UpdateIndicator.UPDATE)
    combined = where(all_interval(plain()), type="E19")
    assert outcomes(update, combined)["BRS-NO-701/recipients"] == "passed"
    hourly: Any = changed(SETTINGS["313-quarters"][0](), "payloads.0.period.resolution", Resolution.PT1H)
    assert outcomes(hourly, plain())["BRS-NO-313/quarter-hours"] == "not applicable"
    unsupplied = where(plain(), contracts=[])
    assert outcomes(SETTINGS["104"][0](), unsupplied)["BRS-NO-104/last-resort"] == "failed"
    assert outcomes(SETTINGS["101"][0](), unsupplied)["BRS-NO-101/other-supplier"] == "passed"
    assert outcomes(SETTINGS["102"][0](), where(plain(), end_users=[]))["BRS-NO-102/new-end-user"] == "passed"
    assert outcomes(SETTINGS["201"][0](), where(plain(), end_users=[]))["BRS-NO-201/end-user"] == "not applicable"


def test_windows_by_how_the_point_is_settled() -> None:
    """The same request on the same day is late for a profiled point and early or in time for an interval settled one."""
    message = fixture("RequestStartOfSupply-101")
    for day, settlement, early, late in (
        (date(2026, 11, 23), "E01", "passed", "passed"),
        (date(2026, 11, 22), "E01", "failed", "passed"),
        (date(2026, 11, 26), "E01", "passed", "passed"),
        (date(2026, 11, 27), "E01", "passed", "failed"),
        (date(2026, 11, 26), "E02", "failed", "passed"),
        (date(2026, 11, 27), "E02", "passed", "passed"),
        (date(2026, 11, 30), "E02", "passed", "passed"),
        (date(2026, 12, 1), "E02", "passed", "failed"),
        (date(2026, 11, 25), None, "unknown", "passed"),
        (date(2026, 11, 28), None, "passed", "unknown"),
    ):
        found = outcomes(message, where(plain(), settlement=settlement), day)
        assert (found["BRS-NO-101/window-earliest"], found["BRS-NO-101/window-latest"]) == (early, late), day
    verdicts = rules.judge(message, date(2026, 12, 1), register=MARKET)
    (late_one,) = [item for item in verdicts if item.rule.key == "BRS-NO-101/window-latest"]
    assert late_one.rule.standing == "assumed"
    finding = next(iter(rules.findings(message, [late_one])))
    assert (finding.severity, finding.code, finding.standing) == ("warning", "E17", "assumed")


def test_rules_that_pass_without_a_register() -> None:
    """The windows are known without one where both ways to settle a point agree."""
    verdicts = {item.rule.key: item.outcome for item in rules.judge(REQUEST_101, date(2026, 11, 25))}
    assert verdicts["BRS-NO-101/window-latest"] == "passed"
    assert verdicts["BRS-NO-101/window-earliest"] == "unknown"
    assert set(CASES) & set(REGISTER_RULES) == set()


def test_collisions() -> None:
    """Every row of the table, and what is in none."""
    ongoing = Pending.model_validate(pending("101", OLD)[0])
    process = BusinessProcess

    def action(incoming: BusinessProcess, day: date, by: str = NEW, on: date | None = date(2026, 11, 28)) -> Any:
        row = crossing(ongoing, incoming, by, day, on)
        return row and row.action

    day = ongoing.day
    before, after = day - timedelta(days=1), day + timedelta(days=1)
    assert [action(process.BRS_NO_101, item) for item in (before, day, after)] == ["reject", "reject", "accept"]
    cancel = "accept and cancel the ongoing"
    assert [action(process.BRS_NO_102, item) for item in (before, day, after)] == [cancel, None, "accept"]
    assert action(process.BRS_NO_103, before) == cancel
    assert action(process.BRS_NO_103, before, on=date(2026, 11, 30)) is None
    assert action(process.BRS_NO_103, before, on=None) is None
    assert action(process.BRS_NO_101, after, by=OLD) is None
    assert action(process.BRS_NO_104, day) is None
    ongoing = ongoing.model_copy(update={"process": process.BRS_NO_102})
    assert [action(process.BRS_NO_101, item) for item in (before, day, after)] == ["accept", None, "reject"]
    assert action(process.BRS_NO_202, day) is None
    assert len({(row.ongoing, row.incoming, row.when) for row in CROSSINGS}) == len(CROSSINGS)
    assert all((row.moment is not None) == (row.action == cancel) for row in CROSSINGS)


def test_own_request_is_no_collision() -> None:
    market = where(plain(), pending=pending("101", NEW))
    assert outcomes(REQUEST_101, market)["BRS-NO-101/crossing"] == "passed"


def test_snapshot() -> None:
    assert MARKET.metering_point(POINT).end_user_on(ON).identification == "12818525018"  # type: ignore[union-attr]
    assert "12818525018" not in repr(MARKET)
    assert MARKET.metering_point(UNREGISTERED) is None
    assert MARKET.party("7080003824349") is None
    partial = MARKET.model_copy(update={"complete": False})
    assert partial.metering_point(UNREGISTERED) is UNKNOWN
    assert partial.grant(GRANT) is UNKNOWN
    assert MARKET.metering_point(POINT).contract_on(date(2020, 1, 1)) is None  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{", "Invalid JSON"),
        ("\ufeff\udcff", "Invalid JSON"),
        ('{"colour": 1}', "colour: Extra inputs are not permitted"),
        ('{"metering_points": [{"identification": "12"}]}', "metering_points.0.identification: String should match"),
        ('{"parties": [{"gln": "7080001100018"}, {"gln": "7080001100018"}]}', "7080001100018 is listed more than once"),
        (
            json.dumps({"metering_points": [{"identification": POINT, "end_users": [{"start": "no", "identification": "12818525018", "scheme": "Z01"}]}]}),
            "metering_points.0.end_users.0.start",
        ),
    ],
)  # fmt: skip
def test_broken_registers(text: str, expected: str, tmp_path: Path) -> None:
    path = tmp_path / "market.json"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(ediel.InvalidRegister, match=expected) as caught:
        Snapshot.read(path)
    assert "12818525018" not in str(caught.value)


@pytest.mark.parametrize(
    ("field", "rows", "expected"),
    [
        (
            "contracts",
            [{"start": "2021-05-01", "supplier": OLD}, {"start": "2026-11-01", "supplier": NEW}],
            "one supplier a day: two hold on 2026-11-01",
        ),
        (
            "contracts",
            [
                {"start": "2021-05-01", "supplier": OLD}, {"start": "2022-05-01", "end": "2022-05-01", "supplier": NEW},
                {"start": "2026-11-01", "supplier": NEW},
            ],
            "one supplier a day: two hold on 2026-11-01",
        ),
        (
            "end_users",
            [
                {"start": "2021-05-01", "end": "2026-11-02", "identification": "12818525018", "scheme": "Z01"},
                {"start": "2026-11-01", "identification": "13818525018", "scheme": "Z01"},
            ],
            "one resident a day: two hold on 2026-11-01",
        ),
        (
            "accesses",
            [{"start": "2021-05-01", "third_party": THIRD_PARTY}, {"start": "2022-05-01", "third_party": THIRD_PARTY}],
            f"one access a day for a third party: of {THIRD_PARTY}, two hold on 2022-05-01",
        ),
    ],
)  # fmt: skip
def test_a_register_with_two_on_one_day_is_refused(field: str, rows: list[Any], expected: str) -> None:
    with pytest.raises(ediel.InvalidRegister, match=f"metering point {POINT}: {expected}; expected one") as caught:
        Snapshot.parse(json.dumps(where(plain(), POINT, **{field: rows})))
    assert "818525018" not in str(caught.value)


def test_who_asks_has_a_right_to_every_day() -> None:
    """Contracts that follow one another make one period; a day between two is nobody's."""
    asked: Any = fixture("RequestDataFromElhub-315")
    period = asked.payload.period
    first, last = market_day(period.start), market_day(period.end - timedelta(seconds=1))
    middle = first + (last - first) / 2
    sender = str(asked.header.juridical_sender)
    begins = {"start": (first - timedelta(days=9)).isoformat(), "supplier": sender}

    def judged(*contracts: dict[str, Any]) -> str:
        point = str(asked.payload.metering_point)
        return outcomes(asked, where(plain(), point, contracts=list(contracts)))["BRS-NO-315/may-ask"]

    assert judged(begins) == "passed"
    assert judged({**begins, "end": middle.isoformat()}, {**begins, "start": middle.isoformat()}) == "passed"
    late = (middle + timedelta(days=1)).isoformat()
    assert judged({**begins, "end": middle.isoformat()}, {**begins, "start": late}) == "failed"
    assert judged({**begins, "end": last.isoformat()}) == "failed"


def test_no_register() -> None:
    with pytest.raises(ediel.InvalidRegister, match="cannot be read: No such file"):
        Snapshot.read("nowhere.json")


def test_days_are_norwegian() -> None:
    assert midnight(ON).tzinfo is OSLO
