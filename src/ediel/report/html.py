"""Reports as a page for people, in English or Norwegian: one file, no script, nothing fetched.

Of each message: the verdict, the layers it was held against with what each of them says, where in the file, what Elhub
would answer, what to change, and what is unknown with what would decide it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from typing import Final

from ediel.report._how import How
from ediel.report._model import Finding, MessageReport, Report, Summary
from ediel.report._style import STYLE
from ediel.report._titles import title_of
from ediel.report._words import VERDICTS, Lang, advice, by_decider, grouped, more_lines, text_of, title, where, word
from ediel.report.text import summary_line

_PLAIN: Final = How()
_WORDS: Final[dict[str, tuple[str, str]]] = {
    "title": ("What ediel says of these messages", "Hva ediel sier om disse meldingene"),
    "file": ("File", "Fil"),
    "envelope": ("Envelope", "Konvolutt"),
    "schema": ("Schema", "Skjema"),
    "process": ("Process", "Prosess"),
    "register": ("Register", "Register"),
    "ok": ("nothing to object to", "ingenting å innvende"),
    "unknown": ("unknown", "ukjent"),
    "not asked": ("not judged: the message cannot be read", "ikke vurdert: meldingen kan ikke leses"),
    "no rule": ("not judged", "ikke vurdert"),
    "layer": ("Layer", "Lag"),
    "result": ("Result", "Resultat"),
    "answer": ("What Elhub would answer", "Hva Elhub ville svart"),
    "undecided": ("Unknown", "Ukjent"),
    "needs": ("Decided by", "Avgjøres av"),
    "signature": (
        "Signatures are not verified here: ediel explain FILE.xml reads them.",
        "Signaturer kontrolleres ikke her: ediel explain FIL.xml leser dem.",
    ),
    "refused": ("Refused: a published fact speaks against it.", "Avvist: et publisert faktum taler mot den."),
    "doubtful": ("Doubtful: something inferred or assumed does.", "Tvilsom: noe utledet eller antatt gjør det."),
    "not refused": ("Not refused: nothing here does.", "Ikke avvist: ingenting her gjør det."),
    "legend": (
        "What is unknown is named; only Elhub itself can say more.",
        "Det som er ukjent, er oppgitt; bare Elhub selv kan si mer.",
    ),
}  # fmt: skip
_LAYERS: Final = ("schema", "process", "register")
_CLASSES: Final = {"refused": "bad", "doubtful": "odd", "not refused": "ok", "unknown": "dim"}
_FAULT: Final = (
    "A SOAP fault at once, with CodeGroup XSD; the message is not taken.",
    "En SOAP-feil med en gang, med CodeGroup XSD; meldingen tas ikke imot.",
)
_REJECTS: Final = {"RequestStartOfSupply": "RejectStartOfSupply", "RequestEndOfSupply": "RejectEndOfSupply"}


def render(reports: Sequence[Report], how: How = _PLAIN) -> str:
    """The page."""
    lang = how.lang
    summary = Summary.of(reports)
    heading = _word("title", lang)
    legend = " ".join(_word(name, lang) for name in ("refused", "doubtful", "not refused", "legend"))
    return "\n".join(
        [
            "<!doctype html>",
            f'<html lang="{lang}"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(heading)}</title><style>{STYLE}</style></head><body><main>",
            f"<h1>{escape(heading)}</h1><p>{escape(summary_line(summary, lang))}</p>",
            f'<p class="small">{escape(legend)}</p>',
            _counts(summary, lang),
            *(line for report in reports for line in _file(report, lang)),
            "</main></body></html>",
            "",
        ]
    )


def _word(name: str, lang: Lang) -> str:
    return _WORDS[name][lang == "nb"]


def _counts(summary: Summary, lang: Lang) -> str:
    counts = {
        "refused": summary.refused, "doubtful": summary.doubtful, "not refused": summary.not_refused,
        "unknown": summary.unknown,
    }  # fmt: skip
    cells = "".join(
        f'<li class="{_CLASSES[verdict]}"><b>{counts[verdict]}</b> {escape(words)}</li>'
        for verdict, words in VERDICTS[lang].items()
    )
    return f'<ul class="counts">{cells}</ul>'


def _file(report: Report, lang: Lang) -> Iterator[str]:
    yield f"<section><h2>{escape(report.path or 'input')}</h2>"
    around = list(report.findings)
    if not report.messages:
        reason = word("nothing to check" if report.readable else "cannot be read", lang)
        yield f'<p class="bad">{escape(word("not checked", lang))}: {escape(reason)}</p>'
    if around or report.kind not in {"", "message"}:
        layer = "file" if not report.readable else "envelope"
        counts = _counted(around, lang) if around else _word("ok", lang)
        yield f"<p><b>{_word(layer, lang)}</b>: {escape(counts)}. {escape(_word('signature', lang))}</p>"
        yield from _findings(around, lang)
    for message in report.messages:
        yield from _message(message, lang)
    yield "</section>"


def _message(message: MessageReport, lang: Lang) -> Iterator[str]:
    verdict = message.verdict
    words = VERDICTS[lang][verdict]
    yield f'<article><h3><span class="{_CLASSES[verdict]} badge">{escape(words)}</span> {escape(title(message))}</h3>'
    yield f"<table><tr><th>{_word('layer', lang)}</th><th>{_word('result', lang)}</th></tr>"
    for layer in _LAYERS:
        yield f"<tr><td>{_word(layer, lang)}</td><td>{escape(_layer(message, layer, lang))}</td></tr>"
    yield "</table>"
    if (answer := _answer(message, lang)) is not None:
        yield f"<p><b>{_word('answer', lang)}</b>: {escape(answer)}</p>"
    yield from _findings(message.findings, lang)
    if message.undecided:
        yield f"<details><summary>{_word('undecided', lang)}: {len(message.undecided)}</summary><dl>"
        texts = {item.rule: item.text_nb if lang == "nb" and item.text_nb else item.text for item in message.undecided}
        for decider, keys in by_decider(message.undecided, lang).items():
            yield f"<dt>{_word('needs', lang)}: {escape(decider)}</dt>"
            for key in sorted(keys):
                yield f"<dd><code>{escape(key)}</code> {escape(texts[key])}</dd>"
        yield "</dl></details>"
    yield "</article>"


def _layer_of(finding: Finding) -> str:
    return finding.layer or "schema"


def _layer(message: MessageReport, layer: str, lang: Lang) -> str:
    own = [finding for finding in message.findings if _layer_of(finding) == layer]
    if own:
        return _counted(own, lang)
    read = message.rules.applied or message.rules.unknown or message.rules.not_applicable
    if layer == "schema":
        return _word("ok", lang)
    if not read:
        return _word("not asked" if any(item.refuses for item in message.findings) else "no rule", lang)
    if layer == "register" and message.undecided and message.rules.unknown:
        return f"{_word('ok', lang)}; {message.rules.unknown} {_word('unknown', lang)}"
    return _word("ok", lang)


def _counted(findings: Iterable[Finding], lang: Lang) -> str:
    counts: dict[str, int] = {}
    for finding in findings:
        counts[finding.severity] = counts.get(finding.severity, 0) + 1
    return ", ".join(f"{count} {word(severity, lang)}" for severity, count in counts.items())


def _answer(message: MessageReport, lang: Lang) -> str | None:
    """What Elhub answers, by its three steps of validation; ``None`` where nothing speaks against the message."""
    objections = [finding for finding in message.findings if finding.objects]
    if not objections:
        return None
    if any(_layer_of(finding) == "schema" and finding.refuses for finding in objections):
        return _FAULT[lang == "nb"]
    codes = ", ".join(dict.fromkeys(finding.code for finding in objections if finding.code and finding.layer))
    reject = _REJECTS.get(message.name)
    sure = message.verdict == "refused"
    if lang == "nb":
        name = reject or "Acknowledgement med StatusType 41"
        return f"{'' if sure else 'Kanskje '}{name}{f' med {codes}' if codes else '; koden er ikke publisert'}."
    name = reject or "Acknowledgement with StatusType 41"
    return f"{'' if sure else 'Maybe '}{name}{f' with {codes}' if codes else '; the code is not published'}."


def _findings(findings: Sequence[Finding], lang: Lang) -> Iterator[str]:
    for first, *rest in grouped(findings):
        yield f'<div class="finding {first.severity}"><h4>{_head(first, lang)}</h4>'
        yield f"<p>{escape(text_of(first, lang))}</p><dl>"
        cells = {
            "at": first.path, "found": first.found, "expected": first.expected, "advice": advice(first, lang),
            "rule": where(first, lang) + (f"; {first.source}" if first.source else ""),
        }  # fmt: skip
        for key, value in cells.items():
            if value:
                yield f"<dt>{escape(word(key, lang))}</dt><dd>{escape(value)}</dd>"
        yield "</dl>"
        if first.excerpt:
            lines = "".join(_line(number, text, first.line) for number, text in first.excerpt)
            yield f'<pre tabindex="0">{lines}</pre>'
        if rest:
            yield f"<p>{escape(more_lines(rest, lang))}</p>"
        yield "</div>"


def _head(finding: Finding, lang: Lang) -> str:
    code = f" <code>{escape(finding.code)}</code>" if finding.code else ""
    place = f", {word('line', lang)} {finding.line}" if finding.line else ""
    return f"{escape(word(finding.severity, lang))}{code}{place}: {escape(title_of(finding, lang))}"


def _line(number: int, text: str, marked: int | None) -> str:
    line = f"{number:>6}  {escape(text)}\n"
    return f"<mark>{line}</mark>" if number == marked else line
