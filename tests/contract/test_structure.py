"""The schemas of this project are the same contract as the official ones: structure."""

from __future__ import annotations

from pathlib import Path

import pytest
from lxml import etree

from ediel.messages import MESSAGES
from ediel.messages.services import SERVICES
from tests.contract.structure import Facts, describe, load
from tools import write_schemas

OWN = Path(write_schemas.ROOT)


def facts(root: Path, *, skip: tuple[str, ...]) -> dict[str, Facts]:
    found: dict[str, Facts] = {}
    for path in sorted(root.rglob("*.xsd")):
        if not path.relative_to(root).as_posix().startswith(skip):
            found.update(describe(load(path)))
    return found


@pytest.fixture(scope="module")
def own() -> dict[str, Facts]:
    return facts(OWN, skip=("common/",))


def test_every_message_and_wrapper_is_there(own: dict[str, Facts]) -> None:
    names = {path.rpartition("}")[2] for path in own if path.count("/{") == 1}
    wrappers = {operation.request for service in SERVICES for operation in service.operations}
    assert names == {
        *MESSAGES,
        *wrappers,
        "PollForDataResponse",
        "RequestUpfrontMeteringPointCharacteristicsResponse",
        "ElhubSOAPFault",
    }


def test_same_structure_as_the_official_schemas(own: dict[str, Facts], official: Path) -> None:
    other = facts(official, skip=("bim/common/",))
    assert own.keys() == other.keys()
    different = {
        path: {key: (own[path].get(key), row[key]) for key in row if own[path].get(key) != row[key]}
        for path, row in other.items()
        if own[path] != row
    }
    assert different == {}
    print(f"\n{len(other)} element paths compared")


def test_the_comparison_sees_a_difference(own: dict[str, Facts]) -> None:
    """The comparison is worth something: each kind of fact is in it."""
    poll = next(row for path, row in own.items() if path.endswith("}PollForDataResponse"))
    assert poll["nillable"]
    series = next(
        row
        for path, row in own.items()
        if path.endswith("CollectedData/{urn:no:elhub:emif:metering:CollectedData:v2}PayloadEnergyTimeSeries")
    )
    assert series["occurs"] == (1, 9999)
    assert series["unique"]
    withdrawn = next(row for path, row in own.items() if path.endswith("}Withdrawn"))
    assert withdrawn["fixed"] == "true"
    share = next(row for path, row in own.items() if path.endswith("}Share"))
    assert share["value"]["facets"] == {"fractionDigits": "6", "maxInclusive": "1", "minInclusive": "0"}
    reason = next(row for path, row in own.items() if path.endswith("}ResponseReasonType"))
    assert reason["value"]["white_space"] == "collapse"
    assert len(reason["value"]["facets"]["enumeration"]) == 180


def test_schema_documents_are_fresh() -> None:
    """``make schemas`` has been run after the last change of the declarations."""
    for name, text in write_schemas.documents():
        assert (OWN / name).read_text(encoding="utf-8") == text, f"{name} is stale: run make schemas"


def test_every_element_and_code_is_documented() -> None:
    xs = "{http://www.w3.org/2001/XMLSchema}"
    counted = 0
    for path in OWN.rglob("*.xsd"):
        for item in etree.parse(path).iter(f"{xs}element", f"{xs}attribute", f"{xs}enumeration"):
            if item.get("ref") is None:
                text = item.findtext(f"{xs}annotation/{xs}documentation")
                assert text, (path.name, item.attrib)
                note = item.find(f"{xs}annotation/{xs}documentation")
                assert note is not None
                assert note.get("source"), (path.name, item.attrib)
                counted += 1
    assert counted > 1000
