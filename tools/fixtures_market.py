"""The market that the valid fixtures are sent in: a register of four metering points and all parties."""

from __future__ import annotations

import json

from tools.fixtures_parts import (
    AREA,
    COLLECTOR,
    COMPANY,
    ELHUB,
    GRID,
    NEW_SUPPLIER,
    OLD_SUPPLIER,
    PERSON,
    POINT,
    POINT_2,
    POINT_3,
    RESPONSIBLE,
    THIRD_PARTY,
    gln,
    gsrn,
)

LAST_RESORT = gln("708000120003")
PRODUCTION = gsrn(4200000042)
_SINCE = "2021-05-01"


def point(identification: str, **more: object) -> dict[str, object]:
    """An active, interval settled consumption point with an end user and a supplier."""
    return {
        "identification": identification,
        "type": "E17",
        "accounting_point": True,
        "status": "E22",
        "settlement": "E02",
        "reading_resolution": "PT15M",
        "blocked_for_switching": False,
        "grid_access_provider": GRID,
        "grid_area": AREA,
        "end_users": [{"start": _SINCE, "identification": PERSON, "scheme": "Z01"}],
        "contracts": [{"start": _SINCE, "supplier": OLD_SUPPLIER}],
        "accesses": [],
        "pending": [],
        **more,
    }


def market() -> str:
    """The register as JSON."""
    business = [{"start": _SINCE, "identification": COMPANY, "scheme": "82"}]
    document = {
        "complete": True,
        "hub": ELHUB,
        "parties": [
            {"gln": NEW_SUPPLIER, "roles": ["DDQ"], "active": True},
            {"gln": OLD_SUPPLIER, "roles": ["DDQ"], "active": True},
            {"gln": LAST_RESORT, "roles": ["SLR"], "active": True},
            {"gln": GRID, "roles": ["DDM", "MDR"], "active": True},
            {"gln": COLLECTOR, "roles": ["DDE"], "active": True},
            {"gln": RESPONSIBLE, "roles": ["DDK"], "active": True},
            {"gln": THIRD_PARTY, "roles": ["AG"], "active": True},
        ],
        "metering_points": [
            point(POINT),
            point(POINT_2, settlement="E01", reading_resolution=None, end_users=business),
            point(POINT_3, status="E23", end_users=[], contracts=[]),
            point(PRODUCTION, type="E18", blocked_for_switching=True, end_users=business),
        ],
        "grants": [],
    }
    return json.dumps(document, indent=2) + "\n"
