"""What a run has shown, as one page that a person can read without a network, on a desk or on a phone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from typing import Final, Literal

from ediel.conformance._result import CaseResult, Passage, StepResult

__all__ = ["RELEASE", "Language", "as_html"]

Language = Literal["en", "nb"]
RELEASE: Final = "EMIF 2.4.3"
_Word = Callable[[str], str]
_WORDS: Final[dict[str, tuple[str, str]]] = {
    "title": ("Approval cases", "Godkjenningstester"),
    "passed": ("passed", "bestått"),
    "failed": ("failed", "ikke bestått"),
    "inconclusive": ("inconclusive", "uavklart"),
    "blocked": ("blocked", "venter"),
    "published": ("published", "publisert"),
    "inferred": ("inferred", "utledet"),
    "assumed": ("assumed", "antatt"),
    "summary": ("Passed, by process and role", "Bestått, etter prosess og rolle"),
    "cases": ("Cases", "Tester"),
    "case": ("Case", "Test"),
    "about": ("What it is about", "Hva den handler om"),
    "role": ("Role", "Rolle"),
    "verdict": ("Verdict", "Resultat"),
    "standing": ("Standing", "Grunnlag"),
    "source": ("Source", "Kilde"),
    "step": ("Step", "Steg"),
    "time": ("Time", "Tid"),
    "came": ("What came", "Hva som kom"),
    "messages": ("Messages, people masked", "Meldinger, personer maskert"),
    "fault": ("The fault is probably", "Feilen ser ut til å være"),
    "the hub's": ("the hub's", "hubens"),
    "the actor's": ("the actor's", "aktørens"),
    "the case's": ("the case's", "testens"),
    "notes": ("Noticed", "Lagt merke til"),
    "all": ("cases passed", "tester bestått"),
}
_STYLE: Final = """
body{font:16px/1.5 system-ui,sans-serif;margin:0 auto;max-width:64rem;padding:1rem;color:#1a1a1a;background:#fff}
h1{font-size:1.6rem;margin:.5rem 0}h2{font-size:1.2rem;margin:1.2rem 0 .4rem}
table{border-collapse:collapse;font-size:.9rem}td,th{text-align:left;padding:.3rem .6rem;
border-bottom:1px solid #ddd;vertical-align:top}.wide{width:100%}.wide td{overflow-wrap:anywhere}
.fix{white-space:nowrap}details{border:1px solid #ccc;border-radius:.4rem;margin:.6rem 0;padding:.5rem .8rem}
summary{cursor:pointer}h3{display:inline;font-size:1.05rem;margin:0}.passed{color:#0a6b2d}.failed{color:#b00020;font-weight:600}
.inconclusive,.blocked{color:#8a5a00}.scroll{overflow-x:auto}.small{color:#555;font-size:.85rem}
.message{border:0;border-top:1px solid #eee;margin:0;padding:.3rem 0}pre{font-size:.8rem;line-height:1.35;
white-space:pre-wrap;overflow-wrap:anywhere;background:#f6f6f6;padding:.6rem;margin:.4rem 0}
code,p,li,summary{overflow-wrap:anywhere}svg text{font:12px system-ui,sans-serif}
@media(max-width:40rem){body{padding:.7rem}.wide thead{display:none}.wide,.wide tbody{display:block}
.wide tr{display:flex;flex-wrap:wrap;gap:0 .7rem;padding:.45rem 0;border-bottom:1px solid #ddd}
.wide td{border:0;padding:0}.wide .line{flex-basis:100%}.wide td:empty{display:none}}
"""


def as_html(results: Sequence[CaseResult], about: dict[str, str], language: Language = "en") -> str:
    """A run as one page, with nothing to be fetched from elsewhere."""

    def word(name: str) -> str:
        return escape(_WORDS[name][language == "nb"])

    good = sum(result.verdict == "passed" for result in results)
    facts = " · ".join(escape(f"{name}: {value}") for name, value in {"release": RELEASE, **about}.items())
    rows = "".join(_row(result, word, language) for result in results)
    parts = "".join(_section(result, word, language) for result in results)
    heads = "".join(f"<th>{word(name)}</th>" for name in ("case", "about", "role"))
    heads += f"<th>BRS</th><th>{word('standing')}</th><th>{word('verdict')}</th>"
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{word('title')}</title><style>{_STYLE}</style></head><body><h1>{word('title')}</h1>"
        f'<p>{good} / {len(results)} {word("all")}.</p><p class="small">{facts}</p>'
        f'<h2>{word("summary")}</h2><div class="scroll">{_summary(results)}</div>'
        f'<h2>{word("cases")}</h2><table class="wide"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>'
        f"{parts}</body></html>\n"
    )


def _title(result: CaseResult, language: Language) -> str:
    return escape(result.case.title_nb if language == "nb" else result.case.title)


def _verdict(item: CaseResult | StepResult, word: _Word) -> str:
    return f'<span class="{item.verdict}">{word(item.verdict)}</span>'


def _summary(results: Sequence[CaseResult]) -> str:
    """How many cases have passed: a row for each process, a column for each role."""
    counts: dict[tuple[str, str], list[bool]] = {}
    for result in results:
        for number in result.case.brs:
            counts.setdefault((number, result.case.role), []).append(result.verdict == "passed")
    roles = sorted({role for _, role in counts})

    def cell(results: list[bool] | None) -> str:
        if results is None:
            return "<td></td>"
        return f'<td class="fix {"passed" if all(results) else "failed"}">{sum(results)} / {len(results)}</td>'

    rows = "".join(
        f"<tr><th>{number}</th>{''.join(cell(counts.get((number, role))) for role in roles)}</tr>"
        for number in sorted({number for number, _ in counts})
    )
    heads = "".join(f"<th>{role}</th>" for role in roles)
    return f"<table><thead><tr><th>BRS</th>{heads}</tr></thead><tbody>{rows}</tbody></table>"


def _row(result: CaseResult, word: _Word, language: Language) -> str:
    """A case in the list."""
    case = result.case
    return (
        f'<tr><td class="fix"><a href="#{case.id}">{case.id}</a></td><td class="line">{_title(result, language)}</td>'
        f"<td>{case.role}</td><td>{', '.join(case.brs)}</td><td>{word(case.standing)}</td>"
        f"<td>{_verdict(result, word)}</td></tr>"
    )


def _section(result: CaseResult, word: _Word, language: Language) -> str:
    """A case with all of its steps and messages; open where it did not pass."""
    case = result.case
    why = f"; {escape(case.why)}" if case.why else ""
    about = f'<p class="small">{word("source")}: {escape(case.source)}. {word(case.standing)}{why}.</p>'
    if result.fault:
        about += f'<p class="failed">{word("fault")} {word(result.fault)}.</p>'
    if result.notes:
        about += f"<p>{word('notes')}:</p><ul>" + "".join(f"<li>{escape(note)}</li>" for note in result.notes) + "</ul>"
    steps = "".join(
        f'<tr><td class="fix">{step.place + 1}</td><td class="fix">{_at(step.at)}</td><td>{escape(step.title)}</td>'
        f'<td>{_verdict(step, word)}</td><td class="line">{escape(step.text)}</td></tr>'
        for step in result.steps
    )
    heads = "".join(f"<th>{word(name)}</th>" for name in ("time", "step", "verdict", "came"))
    return (
        f'<details id="{case.id}"{"" if result.verdict == "passed" else " open"}>'
        f"<summary><h3>{case.id} {_title(result, language)}</h3> {_verdict(result, word)}</summary>{about}"
        f'<div class="scroll">{_diagram(result.passages)}</div>'
        f'<table class="wide"><thead><tr><th></th>{heads}</tr></thead><tbody>{steps}</tbody></table>'
        f"<details><summary>{word('messages')} ({len(result.passages)})</summary>"
        f"{''.join(map(_message, result.passages))}</details></details>"
    )


def _message(one: Passage) -> str:
    """A message, folded in."""
    return (
        f'<details class="message"><summary>{_at(one.at)} {escape(one.source)} → {escape(one.target)}: '
        f'{one.name}</summary><p class="small">{escape(one.identification)}<br>SHA-256 <code>{one.digest}</code></p>'
        f"<pre>{escape(one.content)}</pre></details>"
    )


def _at(moment: str) -> str:
    return escape(moment[:16].replace("T", " "))


def _diagram(passages: Sequence[Passage]) -> str:
    """Who sent what to whom, from top to bottom."""
    lanes = list(dict.fromkeys(name for one in passages for name in (one.source, one.target)))
    if not lanes:
        return ""
    if "hub" in lanes:  # in the middle of the others, so that few lines cross
        lanes.remove("hub")
        lanes.insert(1, "hub")
    longest = max(len(one.name) for one in passages)
    side, gap, top, row = 50, max(150, 7 * longest + 20), 34, 26
    middle = {name: side + gap * number for number, name in enumerate(lanes)}
    width, height = 2 * side + gap * (len(lanes) - 1), top + row * (len(passages) + 1)
    drawn = [
        f'<text x="{x}" y="16" text-anchor="middle" font-weight="600">{escape(name)}</text>'
        f'<line x1="{x}" y1="24" x2="{x}" y2="{height}" stroke="#bbb"/>'
        for name, x in middle.items()
    ]
    for number, one in enumerate(passages):
        y = top + row * (number + 1)
        start, end = middle[one.source], middle[one.target]
        point = 6 if end > start else -6
        drawn.append(
            f'<line x1="{start}" y1="{y}" x2="{end}" y2="{y}" stroke="#335"/>'
            f'<path d="M{end} {y}l{-point} -4v8z" fill="#335"/>'
            f'<text x="{(start + end) // 2}" y="{y - 5}" text-anchor="middle">{one.name}</text>'
        )
    return f'<svg role="img" width="{width}" height="{height}" viewBox="0 0 {width} {height}">{"".join(drawn)}</svg>'
