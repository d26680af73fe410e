"""What a run has shown: as JSON, as JUnit XML, and as one page that a person can read without a network.

Messages stand in it by name, identification and digest; nothing of what is in them, so no person.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from hashlib import sha256
from html import escape
from io import BytesIO
from typing import Any, Final, Literal
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from ediel.conformance._result import CaseResult, Passage
from ediel.report.junit import attribute

Language = Literal["en", "nb"]
RELEASE: Final = "EMIF 2.4.3"
_WORDS: Final[dict[str, tuple[str, str]]] = {
    "title": ("Approval cases", "Godkjenningstester"),
    "passed": ("passed", "bestått"),
    "failed": ("failed", "ikke bestått"),
    "inconclusive": ("inconclusive", "uavklart"),
    "blocked": ("blocked", "venter"),
    "published": ("published", "publisert"),
    "inferred": ("inferred", "utledet"),
    "assumed": ("assumed", "antatt"),
    "case": ("Case", "Test"),
    "role": ("Role", "Rolle"),
    "verdict": ("Verdict", "Resultat"),
    "standing": ("Standing", "Grunnlag"),
    "source": ("Source", "Kilde"),
    "step": ("Step", "Steg"),
    "time": ("Time", "Tid"),
    "came": ("What came", "Hva som kom"),
    "messages": ("Messages", "Meldinger"),
    "fault": ("It looks like the fault is", "Feilen ser ut til å være"),
    "the hub's": ("the hub's", "hubens"),
    "the actor's": ("the actor's", "aktørens"),
    "the case's": ("the case's", "testens"),
    "notes": ("Noticed", "Lagt merke til"),
    "all": ("cases passed", "tester bestått"),
}
_STYLE: Final = """
body{font:16px/1.5 system-ui,sans-serif;margin:0 auto;max-width:64rem;padding:1rem;color:#1a1a1a;background:#fff}
h1{font-size:1.6rem;margin:.5rem 0}h2{font-size:1.15rem;margin:0}
table{border-collapse:collapse;width:100%;font-size:.9rem}td,th{text-align:left;padding:.3rem .5rem;
border-bottom:1px solid #ddd;vertical-align:top;overflow-wrap:anywhere}
details{border:1px solid #ccc;border-radius:.4rem;margin:.6rem 0;padding:.6rem .8rem}summary{cursor:pointer}
summary h2{display:inline}.passed{color:#0a6b2d}.failed{color:#b00020;font-weight:600}
.inconclusive,.blocked{color:#8a5a00}
.scroll{overflow-x:auto}.small{color:#555;font-size:.85rem}svg text{font:12px system-ui,sans-serif}
"""


def as_json(results: Sequence[CaseResult], about: dict[str, str]) -> str:
    """A run as JSON: what it was run with, and each case with its steps and messages."""
    found = [
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
    return json.dumps({"release": RELEASE, **about, "cases": found}, indent=2, ensure_ascii=False) + "\n"


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


def as_html(results: Sequence[CaseResult], about: dict[str, str], language: Language = "en") -> str:
    """A run as one page, with nothing to be fetched from elsewhere."""

    def word(name: str) -> str:
        return escape(_WORDS[name][language == "nb"])

    def title(result: CaseResult) -> str:
        return escape(result.case.title_nb if language == "nb" else result.case.title)

    def verdict(result: CaseResult) -> str:
        return f'<span class="{result.verdict}">{word(result.verdict)}</span>'

    good = sum(result.verdict == "passed" for result in results)
    facts = " · ".join(escape(f"{name}: {value}") for name, value in {"release": RELEASE, **about}.items())
    rows = "".join(
        f'<tr><td><a href="#{result.case.id}">{result.case.id}</a></td><td>{title(result)}</td>'
        f"<td>{result.case.role}</td><td>{', '.join(result.case.brs)}</td>"
        f"<td>{word(result.case.standing)}</td><td>{verdict(result)}</td></tr>"
        for result in results
    )
    parts = "".join(_section(result, title(result), verdict(result), word) for result in results)
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{word('title')}</title><style>{_STYLE}</style></head><body><h1>{word('title')}</h1>"
        f'<p>{good} / {len(results)} {word("all")}.</p><p class="small">{facts}</p><div class="scroll"><table>'
        f"<thead><tr><th>{word('case')}</th><th></th><th>{word('role')}</th><th>BRS</th><th>{word('standing')}</th>"
        f"<th>{word('verdict')}</th></tr></thead><tbody>{rows}</tbody></table></div>{parts}</body></html>\n"
    )


def as_zip(results: Sequence[CaseResult], about: dict[str, str]) -> bytes:
    """A run as one file to hand over: the page in both languages, JSON, JUnit, the cases, and digests of all of it.

    ``SHA256SUMS`` is in the form that ``sha256sum --check`` reads: whoever signs the run signs that one file.
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


def _section(result: CaseResult, title: str, verdict: str, word: Any) -> str:
    case = result.case
    steps = "".join(
        f"<tr><td>{step.place + 1}</td><td>{escape(step.at[:16].replace('T', ' '))}</td><td>{escape(step.title)}</td>"
        f'<td><span class="{step.verdict}">{word(step.verdict)}</span></td><td>{escape(step.text)}</td></tr>'
        for step in result.steps
    )
    passages = "".join(
        f"<tr><td>{escape(one.at[:16].replace('T', ' '))}</td><td>{escape(one.source)} → {escape(one.target)}</td>"
        f"<td>{one.name}</td><td>{escape(one.identification)}</td><td><code>{one.digest[:16]}…</code></td></tr>"
        for one in result.passages
    )
    fault = f'<p class="failed">{word("fault")} {word(result.fault)}.</p>' if result.fault else ""
    why = f"; {escape(case.why)}" if case.why else ""
    if result.notes:
        fault += f"<p>{word('notes')}:</p><ul>" + "".join(f"<li>{escape(note)}</li>" for note in result.notes) + "</ul>"
    is_open = "" if result.verdict == "passed" else " open"
    return (
        f'<details id="{case.id}"{is_open}><summary><h2>{case.id} {title}</h2> {verdict}</summary>'
        f'<p class="small">{word("source")}: {escape(case.source)}. {word(case.standing)}{why}.</p>{fault}'
        f'<div class="scroll">{_diagram(result.passages)}</div><div class="scroll"><table><thead><tr><th></th>'
        f"<th>{word('time')}</th><th>{word('step')}</th><th>{word('verdict')}</th><th>{word('came')}</th></tr></thead>"
        f"<tbody>{steps}</tbody></table></div><details><summary>{word('messages')} ({len(result.passages)})</summary>"
        f'<div class="scroll"><table>{passages}</table></div></details></details>'
    )


def _diagram(passages: Sequence[Passage]) -> str:
    """Who sent what to whom, from top to bottom."""
    lanes = list(dict.fromkeys(name for one in passages for name in (one.source, one.target)))
    if not lanes:
        return ""
    if "hub" in lanes:  # in the middle of the others, so that few lines cross
        lanes.remove("hub")
        lanes.insert(1, "hub")
    gap, top, row = 230, 34, 26
    middle = {name: 110 + gap * number for number, name in enumerate(lanes)}
    width, height = 220 + gap * (len(lanes) - 1), top + row * (len(passages) + 1)
    drawn = [
        f'<text x="{x}" y="16" text-anchor="middle" font-weight="600">{escape(name)}</text>'
        f'<line x1="{x}" y1="24" x2="{x}" y2="{height}" stroke="#bbb"/>'
        for name, x in middle.items()
    ]
    for number, one in enumerate(passages):
        y = top + row * (number + 1)
        start, end = middle[one.source], middle[one.target]
        side = 6 if end > start else -6
        drawn.append(
            f'<line x1="{start}" y1="{y}" x2="{end}" y2="{y}" stroke="#335"/>'
            f'<path d="M{end} {y}l{-side} -4v8z" fill="#335"/>'
            f'<text x="{(start + end) // 2}" y="{y - 5}" text-anchor="middle">{one.name}</text>'
        )
    return f'<svg role="img" width="{width}" height="{height}" viewBox="0 0 {width} {height}">{"".join(drawn)}</svg>'
