"""What a run has shown: as JSON, as JUnit XML, and all of it in one file to hand over.

Messages stand in it with what is in them; what is about a person is masked.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from hashlib import sha256
from io import BytesIO
from typing import Final
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from ediel.conformance._page import RELEASE, Language, as_html
from ediel.conformance._result import CaseResult
from ediel.report.junit import attribute


def as_json(results: Sequence[CaseResult], about: dict[str, str]) -> str:
    """A run as JSON: what it was run with, and each case with its steps and messages."""
    cases = [
        {
            "case": result.case.id,
            "title": result.case.title,
            "role": result.case.role,
            "brs": result.case.brs,
            "standing": result.case.standing,
            "source": result.case.source,
            "verdict": result.verdict,
            "fault": result.fault or None,
            "steps": [asdict(step) for step in result.steps],
            "notes": result.notes,
            "messages": [asdict(passage) for passage in result.passages],
        }
        for result in results
    ]
    return json.dumps({"release": RELEASE, **about, "cases": cases}, indent=2, ensure_ascii=False) + "\n"


def as_junit(results: Sequence[CaseResult]) -> str:
    """A run as JUnit XML: a test case for each approval case, a suite for each role."""
    suites = []
    for role in sorted({result.case.role for result in results}):
        own = [result for result in results if result.case.role == role]
        bad = sum(result.verdict == "failed" for result in own)
        skipped = sum(result.verdict in {"inconclusive", "blocked"} for result in own)
        counts = f'tests="{len(own)}" failures="{bad}" errors="0" skipped="{skipped}"'
        lines = "\n".join(_junit_case(result) for result in own)
        suites.append(f'  <testsuite name={attribute(role)} {counts} time="0">\n{lines}\n  </testsuite>')
    total = f'tests="{len(results)}" failures="{sum(result.verdict == "failed" for result in results)}" errors="0"'
    body = "\n".join(suites)
    opening = f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="ediel conformance" {total}>'
    return f"{opening}\n{body}\n</testsuites>\n"


def _junit_case(result: CaseResult) -> str:
    case = result.case
    opening = f'    <testcase name={attribute(f"{case.id} {case.title}")} classname={attribute(case.role)} time="0"'
    step = result.failed
    if step is None:
        return f"{opening}/>"
    text = f"step {step.place + 1}, {step.title}: {step.text}"
    tag = "failure" if result.verdict == "failed" else "skipped"
    return f"{opening}><{tag} message={attribute(text)}/></testcase>"


def as_zip(results: Sequence[CaseResult], about: dict[str, str]) -> bytes:
    """A run as one file to hand over: the page in both languages, JSON, JUnit, the cases, and digests of all of it.

    ``SHA256SUMS`` is in the form that ``sha256sum --check`` reads: to sign the run, sign that one file.
    """
    files = {
        "evidence-en.html": as_html(results, about, "en"),
        "evidence-nb.html": as_html(results, about, "nb"),
        "evidence.json": as_json(results, about),
        "junit.xml": as_junit(results),
        **{f"cases/{result.case.id}.json": result.case.model_dump_json(indent=2, by_alias=True) for result in results},
    }
    sums = "".join(f"{sha256(text.encode()).hexdigest()}  {name}\n" for name, text in sorted(files.items()))
    out = BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as packed:
        for name, text in {**files, "SHA256SUMS": sums}.items():
            packed.writestr(ZipInfo(name, (2026, 1, 1, 0, 0, 0)), text, ZIP_DEFLATED)  # the same run, the same bytes
    return out.getvalue()


Evidence = Callable[[Sequence[CaseResult], dict[str, str], Language], str | bytes]
FORMS: Final[Mapping[str, Evidence]] = {
    "json": lambda results, about, _: as_json(results, about),
    "junit": lambda results, _about, _language: as_junit(results),
    "html": as_html,
    "zip": lambda results, about, _: as_zip(results, about),
}
"""What writes the evidence of a run in a form, by the name of the form."""
