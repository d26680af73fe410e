"""Identifiers and their check digits, against known numbers and against python-stdnum."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError
from stdnum import ean
from stdnum.eu import eic
from stdnum.no import fodselsnummer, orgnr

import ediel
from ediel.identifiers import (
    Eic,
    Gln,
    Gsrn,
    Identifier,
    MeteringPointId,
    NationalIdentityNumber,
    OrganisationNumber,
    PartyId,
    Uuid,
    UuidText,
    identify,
)
from ediel.testing import strategies as es


def test_known_numbers() -> None:
    assert Gln("7080003824349").is_valid  # Elhub
    assert Gln("7080004168879").is_valid
    assert Gln("1234567890123").problem == "the check digit is 3, it should be 8"  # of the official samples
    assert Gsrn("707057500012345678").problem == "the check digit is 8, it should be 1"
    assert OrganisationNumber("907876213").problem == "the check digit is 3, it should be 7"
    assert Eic("10X1001A1001A38Y").is_valid
    assert Uuid("123e4567-e89b-12d3-a456-426655440000").is_valid
    assert Uuid("123E4567-E89B-12D3-A456-426655440000").problem is not None


@given(es.glns())
def test_gln_agrees_with_stdnum(value: Gln) -> None:
    assert value.is_valid
    assert ean.is_valid(value)
    wrong = Gln(value[:-1] + str((int(value[-1]) + 1) % 10))
    assert not wrong.is_valid
    assert not ean.is_valid(wrong)


@given(es.gsrns())
def test_gsrn_check_digit(value: Gsrn) -> None:
    assert value.is_valid
    digits = [int(digit) for digit in value]
    assert sum(digit * (3 if place % 2 == 0 else 1) for place, digit in enumerate(digits[:-1])) % 10 == -digits[-1] % 10


@given(es.eics())
def test_eic_agrees_with_stdnum(value: Eic) -> None:
    assert value.is_valid
    assert eic.is_valid(value)


@given(st.text("0123456789ABCDEFXYZ-", min_size=13, max_size=13))
def test_any_eic_agrees_with_stdnum(text: str) -> None:
    body = f"50Y{text[:12]}"
    value = Eic(body + Eic(body + "0").check_character)
    assert value.is_valid == eic.is_valid(value)


@given(st.from_regex(r"[0-9]{9}", fullmatch=True))
def test_organisation_number_agrees_with_stdnum(text: str) -> None:
    assert OrganisationNumber(text).is_valid == orgnr.is_valid(text)


@given(es.national_identity_numbers(synthetic=False))
def test_real_national_identity_number_agrees_with_stdnum(value: NationalIdentityNumber) -> None:
    assert value.is_valid
    assert fodselsnummer.is_valid(value)
    assert not value.is_synthetic
    assert value.problem_by_rule_of_2032 is None, "every number by the present rule is right by the new one"


@given(st.from_regex(r"[0-9]{11}", fullmatch=True))
def test_any_eleven_digits_agree_with_stdnum(text: str) -> None:
    value = NationalIdentityNumber(text)
    if int(text[2:4]) <= 12 and not value.is_synthetic:  # stdnum knows no synthetic persons
        try:
            expected = bool(fodselsnummer.validate(text))
        except Exception as error:
            # stdnum also refuses a birth day in the future; such numbers are not issued, but the digits are right.
            expected = "future" in str(error)
        assert value.is_valid == expected


@given(es.national_identity_numbers())
def test_synthetic_persons(value: NationalIdentityNumber) -> None:
    assert value.is_valid
    assert value.is_synthetic
    assert value.is_d_number == (value[0] in "4567")
    wrong = NationalIdentityNumber(value[:-1] + str((int(value[-1]) + 1) % 10))
    assert not wrong.is_valid


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("00000000000", "the first six digits are no date, or do not go with the three after them"),
        ("31028000000", "the first six digits are no date, or do not go with the three after them"),
        ("01138000000", "the first six digits are no date, or do not go with the three after them"),
        ("0101800000", "expected 11 digits, found 10 digits"),
        ("0101800000x", "expected 11 digits, found 11 characters, not all of them digits"),
        ("", "expected 11 digits, found no digits"),
    ],
)
def test_no_person(text: str, problem: str) -> None:
    assert NationalIdentityNumber(text).problem == problem


def test_rule_of_2032_takes_four_remainders() -> None:
    """Of the ten first check digits for a body, four or fewer are right by the new rule, and one or none by the old."""
    for body in ("010180500", "150233123", "411290777"):
        by_new, by_old = set(), set()
        for first in range(10):
            for second in range(10):
                value = NationalIdentityNumber(f"{body}{first}{second}")
                if value.problem_by_rule_of_2032 is None:
                    by_new.add(first)
                if value._check() is None:
                    by_old.add(first)
        assert by_old <= by_new
        assert len(by_old) <= 1 < len(by_new) <= 4


def test_rule_of_2032_says_what_is_wrong() -> None:
    assert NationalIdentityNumber("99999999999").problem_by_rule_of_2032 == "the first six digits are no date"
    assert NationalIdentityNumber("1").problem_by_rule_of_2032 == "expected 11 digits, found 1 digits"
    problems = {NationalIdentityNumber(f"010180500{n:02d}").problem_by_rule_of_2032 for n in range(100)}
    assert "the second check digit is wrong" in problems
    assert any(problem and problem.startswith("the first check digit leaves") for problem in problems)


def test_numbers_without_check_digits_exist() -> None:
    bodies = [f"010180{n:03d}" for n in range(499)]
    assert any(NationalIdentityNumber(f"{body}00").check_digits is None for body in bodies)
    assert any("such a number is not issued" in (NationalIdentityNumber(f"{b}00").problem or "") for b in bodies)
    assert any(OrganisationNumber(f"{n:08d}0").check_digit is None for n in range(90000000, 90000100))
    assert any("not issued" in (OrganisationNumber(f"{n:08d}0").problem or "") for n in range(90000000, 90000100))
    dash = next(b for n in range(1000) if Eic((b := f"50Y{n:012d}") + "0").check_character == "-")
    assert Eic(dash + "-").problem == "a code whose check character would be - is not issued"


@pytest.mark.parametrize(
    ("value", "kind", "problem", "note"),
    [
        ("7080003824349", "market party (GLN)", None, None),
        (" 7080003824349 ", "market party (GLN)", None, None),
        ("707057500012345671", "metering point (GSRN)", None, None),
        ("10X1001A1001A38Y", "metering grid area (EIC)", None, "EIC of type X; a metering grid area has type Y"),
        ("907876217", "organisation number", None, None),
        ("123e4567-e89b-12d3-a456-426655440000", "message or payload identification (UUID)", None, None),
    ],
)
def test_identify(value: str, kind: str, problem: str | None, note: str | None) -> None:
    found = identify(value)
    assert found is not None
    assert (found.kind, found.problem, found.note) == (kind, problem, note)


def test_identify_person_and_nothing() -> None:
    found = identify("12818525001")
    assert found is not None
    assert found.personal
    assert "synthetic" in (found.note or "")
    assert identify("12345") is None
    d_number = next(v for n in range(1000) if NationalIdentityNumber(v := f"41018{n:06d}").is_valid)
    described = identify(d_number)
    assert described is not None
    assert described.note == "a D-number"
    new_only = next(
        v
        for n in range(100)
        if NationalIdentityNumber(v := f"010180500{n:02d}").problem_by_rule_of_2032 is None
        and NationalIdentityNumber(v).problem
    )
    described = identify(new_only)
    assert described is not None
    assert "2032" in (described.note or "")


def test_problems_never_hold_a_whole_personal_number() -> None:
    for number in ("12345678901", "123456789", "1234567890"):
        assert number not in (NationalIdentityNumber(number).problem or "")


def test_identifiers_are_strings() -> None:
    value = Gln("7080003824349")
    assert isinstance(value, str)
    assert isinstance(value, Identifier)
    assert value == "7080003824349"


def test_a_shape_is_written_once() -> None:
    """The shapes of a metering point, a party and a UUID stand in ``identifiers.py`` and are taken from there."""
    shapes = {Gsrn.shape, Gln.shape, Uuid.shape, r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"}
    source = Path(ediel.__file__).parent
    assert all(shape in (source / "identifiers.py").read_text("utf-8") for shape in (Gsrn.shape, Gln.shape, Uuid.shape))
    again = {
        str(path.relative_to(source)): shape
        for path in source.rglob("*.py")
        if path.name != "identifiers.py"
        for shape in shapes
        if shape in path.read_text("utf-8")
    }
    assert not again


def test_the_fields_of_models_take_the_shapes() -> None:
    class Model(BaseModel):
        point: MeteringPointId
        party: PartyId
        reference: UuidText

    right = {"point": "7" * 18, "party": "7" * 13, "reference": "123e4567-e89b-12d3-a456-426655440000"}
    assert Model.model_validate(right).model_dump() == right
    for name, wrong in {"point": "7" * 17, "party": "7" * 14, "reference": right["reference"].upper()}.items():
        with pytest.raises(ValidationError, match="should match pattern"):
            Model.model_validate(right | {name: wrong})
    assert Model.model_json_schema()["properties"]["point"]["pattern"] == f"^{Gsrn.shape}$"
