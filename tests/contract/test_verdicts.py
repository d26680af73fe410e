"""The schemas of this project are the same contract as the official ones: verdicts."""

from __future__ import annotations

from pathlib import Path

from lxml import etree

from ediel.xml import SchemaSet, check_schema, packaged
from tests.contract.differential import compare, instances

COUNT = 6000
SEED = 20260325


def test_same_verdicts_as_the_official_schemas(official: Path) -> None:
    tally = compare(packaged(), SchemaSet.in_folder(official), COUNT, SEED)
    assert tally.differences == []
    assert tally.total >= 5000
    assert 0.2 < tally.valid / tally.total < 0.8, "both verdicts are exercised"
    assert set(tally.kinds) >= {"limit", "valid", "random", "without", "twice", "renamed", "other_space"}


def test_every_refusal_is_explained() -> None:
    """libxml2 and the explanation are two implementations: where one refuses, the other must find something."""
    explained = 0
    for _, kind, root in instances(1500, SEED):
        data = etree.tostring(root)
        inspection = check_schema(data)
        errors = [finding for finding in inspection.report.all_findings() if finding.severity == "error"]
        if not errors:
            continue
        explained += 1
        unexplained = [finding for finding in errors if finding.rule == "XSD/other"]
        assert not unexplained, f"{kind}: {data.decode()[:3000]}"
    assert explained > 500


def test_nothing_is_found_in_a_valid_message() -> None:
    """The explanation agrees with libxml2 the other way round: it finds nothing in what libxml2 takes."""
    from ediel.xml.explain import Explainer

    checked = 0
    for space, kind, root in instances(1500, SEED + 1):
        tree = etree.fromstring(etree.tostring(root))
        if packaged().schema(space).validate(tree):
            checked += 1
            found = Explainer.for_document(packaged().path(space)).explain(tree)
            assert found == [], f"{kind}: {[finding for _, finding in found]}: {etree.tostring(tree).decode()[:2000]}"
    assert checked > 300
