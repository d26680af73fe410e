"""What reports say in words: verdicts and fixed words in English and Norwegian, advice, and repeats taken together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Literal

from ediel.report._model import Finding, MessageReport, Report, Undecided, Verdict

Lang = Literal["en", "nb"]

VERDICTS: Final[dict[Lang, dict[Verdict, str]]] = {
    "en": {"refused": "refused", "doubtful": "doubtful", "not refused": "not refused", "unknown": "unknown"},
    "nb": {"refused": "avvist", "doubtful": "tvilsom", "not refused": "ikke avvist", "unknown": "ukjent"},
}

_WORDS: Final[dict[str, tuple[str, str]]] = {
    "error": ("error", "feil"),
    "warning": ("warning", "advarsel"),
    "info": ("info", "merk"),
    "published": ("published", "publisert"),
    "inferred": ("inferred", "utledet"),
    "assumed": ("assumed", "antatt"),
    "at": ("at", "sted"),
    "found": ("found", "funnet"),
    "expected": ("expected", "ventet"),
    "rule": ("rule", "regel"),
    "advice": ("change", "endre"),
    "line": ("line", "linje"),
    "by analogy": ("code by analogy", "kode ut fra lignende regler"),
    "not checked": ("not checked", "ikke sjekket"),
    "nothing to check": ("nothing to check", "ingenting å sjekke"),
    "cannot be read": ("cannot be read", "kan ikke leses"),
    "give": ("Give", "Oppgi"),
    "write": ("It should be", "Det skal være"),
    "remove": ("Take it out.", "Ta det bort."),
    "more": ("and {count} more like it: {lines}", "og {count} til av samme slag: {lines}"),
    "lines": ("lines {lines}", "linje {lines}"),
    "undecided": ("rules that need", "regler som krever"),
    "one undecided": ("rule that needs", "regel som krever"),
}  # fmt: skip


def word(name: str, lang: Lang) -> str:
    """A fixed word in a language."""
    return _WORDS[name][lang == "nb"]


def text_of(finding: Finding, lang: Lang) -> str:
    """What is wrong; in Norwegian where the rule has it."""
    return finding.text_nb if lang == "nb" and finding.text_nb else finding.text


def advice(finding: Finding, lang: Lang = "en") -> str | None:
    """What to change, where what was expected says so; ``None`` where the text alone has to do."""
    expected = finding.expected
    if expected is None:
        return None
    if expected == "nothing":
        return word("remove", lang)
    first, _, rest = expected.partition("; ")
    if first == "nothing":
        return f"{word('remove', lang)} ({rest})"
    return f"{word('give' if finding.found is None else 'write', lang)}: {expected}."


def where(finding: Finding, lang: Lang) -> str:
    """The rule behind a finding, and how sure it and its code are."""
    analogy = finding.code is not None and finding.standing == "published" and finding.code_standing != "published"
    more = f"; {word('by analogy', lang)}" if analogy else ""
    return f"{finding.rule} ({word(finding.standing, lang)}{more})"


def grouped(findings: Iterable[Finding], most: int = 3) -> Iterator[tuple[Finding, ...]]:
    """Findings with those that say the same taken together, in the order of the first of each.

    A group of more than ``most`` is one; a smaller one comes apart, so that each is shown in full.
    """
    groups: dict[tuple[str, str, str | None], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.rule, finding.text, finding.expected), []).append(finding)
    apart = [
        tuple(group)
        for items in groups.values()
        for group in ([items] if len(items) > most else [[item] for item in items])
    ]
    order = {id(finding): place for place, finding in enumerate(item for group in groups.values() for item in group)}
    yield from sorted(apart, key=lambda group: (group[0].line or 0, order[id(group[0])]))


def more_lines(rest: Sequence[Finding], lang: Lang, most: int = 8) -> str:
    """Where the others of a group are, as many as a person wants to read."""
    lines = [str(item.line) for item in rest if item.line]
    shown = ", ".join(lines[:most]) + (", ..." if len(lines) > most else "")
    return word("more", lang).format(count=len(rest), lines=word("lines", lang).format(lines=shown))


def unknown_of(reports: Iterable[Report]) -> dict[Undecided, int]:
    """Every rule that could not be judged, once, and in how many messages."""
    counts: dict[Undecided, int] = {}
    for report in reports:
        for message in report.messages:
            for item in message.undecided:
                counts[item] = counts.get(item, 0) + 1
    return counts


def by_decider(items: Iterable[Undecided], lang: Lang = "en") -> dict[str, list[str]]:
    """Keys of rules that could not be judged, by what would decide them."""
    result: dict[str, list[str]] = {}
    for item in items:
        result.setdefault(item.decided_by_nb if lang == "nb" and item.decided_by_nb else item.decided_by, []).append(
            item.rule
        )
    return result


def title(message: MessageReport) -> str:
    """Which message it is, in one line."""
    parts = [message.name]
    if message.process:
        parts.append(message.process)
    if message.role:
        parts.append(f"as {message.role}")
    if message.identification:
        parts.append(message.identification)
    return " ".join(parts)
