"""Code lists: complete by the schema, labelled where a source says so, silent where none does."""

from __future__ import annotations

import re

import pytest

from ediel import codes
from ediel.codes import Agency, BusinessProcess, Code, DocumentType, ResponseReason, Role
from ediel.messages._wire_types import AGENCY_OF_CODE


def test_a_code_is_its_text() -> None:
    assert Role.DDQ == "DDQ"
    assert str(DocumentType.QUERY) == "21"
    assert Role("DDQ") is Role.DDQ
    assert list(Role.codes()) == list(Role)
    assert f"{BusinessProcess.BRS_NO_101}" == "BRS-NO-101"


@pytest.mark.parametrize("code_list", codes.ALL, ids=lambda item: item.__name__)
def test_every_list(code_list: type[Code]) -> None:
    assert (code_list.__doc__ or "").strip()
    assert codes.BY_NAME[code_list.__name__] is code_list
    for code in code_list:
        assert code.source
        assert code.label is None or code.label.strip()
        assert code.standing in {"published", "inferred", "assumed"}
        if code.label is None:
            assert code.label_nb is None
        allowed = AGENCY_OF_CODE.get(code_list.__name__)
        if allowed is None:
            assert code.agency is None
        elif code is not DocumentType.ERR:
            assert code.agency in allowed[1], code


def test_agency_follows_the_form_of_the_code() -> None:
    """BIM: numbers are UN/CEFACT's, E-codes are ebIX's, EH-codes are Elhub's."""
    for code in DocumentType:
        if code is not DocumentType.ERR:
            assert code.agency == (Agency.UN_CEFACT if code.value.isdigit() else Agency.EBIX)
    for reason in ResponseReason:
        assert reason.agency == (Agency.ELHUB if reason.value.startswith("EH") else Agency.EBIX)
    assert {role.value for role in Role if role.agency == "89"} == {"SLR", "BSL"}


def test_nothing_is_invented() -> None:
    """Codes whose meaning no published text gives have no label."""
    unknown = {code.value for code in ResponseReason if code.label is None}
    assert unknown >= {"E36", "E37", "E49", "E52", "E54", "E62", "E72", "E0J", "E0K", "E0L", "E0M", "EH001", "EH140"}
    published = {code.value for code in ResponseReason if re.fullmatch(r"EH1\d\d", code.value) and code.label}
    assert published == {"EH106", "EH111"}
    assert all(code.label is None for code in codes.ValidationCode)
    assert codes.SettlementMethod.Z01.label is None


def test_counts_by_the_schema() -> None:
    assert len(ResponseReason) == 180
    assert len(codes.Country) == 249
    assert len(BusinessProcess) == 51
    assert len(codes.BusinessType) == 47
