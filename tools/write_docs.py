"""Writes the pages that are made from rows: one per process, one per table, one that counts, the register's schema.

Run ``make pages`` after a change; ``make lint`` says which are stale.
"""

from __future__ import annotations

import ast
import json
import re
import sys
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from ediel import brs
from ediel.brs import Process
from ediel.codes import BusinessProcess
from ediel.conformance import cases
from ediel.hub import Seed
from ediel.market import Limit, Snapshot, load
from ediel.processes import MACHINES, CancelTimer, Inform, Machine, Send, SetTimer, Write, mermaid
from ediel.rules import Rule, rules_of, uses_of

ROOT = Path(__file__).resolve().parent.parent / "docs"
_STANDINGS = ("published", "inferred", "assumed")
_WHAT = {
    "earliest": "first day on which the request may come",
    "latest": "last day on which the request may come",
    "cancellation": "last day on which it may be cancelled",
    "back": "how far back the date may lie",
    "answer": "how long the end user has",
}


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A Markdown table."""
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    lines += [f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in rows]
    return "\n".join(lines) + "\n"


def known() -> list[BusinessProcess]:
    """The processes that something is known of."""
    return sorted((item for item in BusinessProcess if uses_of(item)), key=lambda item: item.value)


def limits_of(process: BusinessProcess) -> list[Limit]:
    return [limit for limit in load().limits if limit.process is process]


def page(process: BusinessProcess) -> str:
    """The page of a process."""
    rules = rules_of(process)
    title = f"# {process.value}: {process.label or 'the name is not published'}\n"
    nb = f"\nNorwegian: {process.label_nb}.\n" if process.label_nb else ""
    parts = [
        f"{title}{nb}\nMade from the rows that `ediel validate` judges by; the keys of sources are in [sources](../sources.md).\n"
    ]
    parts.append(f"## What it is\n\n{table(('', ''), traits(brs.of(process)))}")
    parts.append(
        "## Messages and roles\n\n"
        + table(
            ("message", "way", "document type", "role", "source", "standing"),
            [
                (
                    usage.message,
                    usage.way,
                    ", ".join(code.value for code in usage.documents) if usage.documents else "unknown",
                    ", ".join(code.value for code in usage.roles) if usage.roles else "unknown",
                    usage.source,
                    usage.standing,
                )
                for usage in uses_of(process)
            ],
        )
    )
    limits = limits_of(process)
    if limits:
        rows = [
            (_WHAT[item.what], item.settlement, item.in_words, item.standing, item.source)
            for item in limits
        ]  # fmt: skip
        text = table(("limit", "settlement", "days", "standing", "source"), rows)
        parts.append(f"## Deadlines\n\n{text}\nA limit that is not here is unknown, not absent.\n")
    else:
        parts.append("## Deadlines\n\nNo source that could be read gives any: they are unknown, not absent.\n")
    for name, chosen in (
        ("What a message alone tells", [rule for rule in rules if rule.needs != "register"]),
        ("What needs the register of the market", [rule for rule in rules if rule.needs == "register"]),
    ):
        if chosen:
            parts.append(f"## {name}\n\n{rule_table(chosen)}")
    return "\n".join(parts)


def traits(row: Process) -> Iterator[tuple[str, str]]:
    """What the row of a process says beside its messages; what is unknown is left out."""
    yield "family", "unknown" if row.family is None else row.family.replace("_", " ")
    if row.supply is not None:
        yield "supply", f"a supply {row.supply}s"
    if row.dates is not None:
        yield "date of a request", row.dates
    if row.waits is not None:
        yield "takes effect", "after the cancellation deadline" if row.waits else "at once"
    if row.end_user is not None:
        yield "end user", f"moves {row.end_user}"
    if row.last_resort is not None:
        yield "supply of last resort", row.last_resort
    if row.end_reason is not None:
        yield "reason that the one who leaves is told", f"{row.end_reason.value}: {row.end_reason.label}"
    if row.with_consent:
        yield "consent of the end user", "may be given with the request"
    if row.rollback is not None:
        yield "is rolled back by", link(row.rollback)
    undone = brs.rolled_back_by(row.code)
    if undone:
        yield "rolls back", ", ".join(link(item.code) for item in undone)
    yield "acknowledgements come by", row.channel
    yield "process tables", tables_of(row) or "none: its messages are read and judged, and no process follows them"
    yield "source", f"{row.source} ({row.standing})"


def link(process: BusinessProcess) -> str:
    return f"[{process.value}]({process.value.lower()}.md)" if uses_of(process) else process.value


def tables_of(row: Process) -> str:
    found = [item for item in MACHINES if row.number in item.processes]
    return ", ".join(f"[{item.key}](../tables/{machine_name(item)}.md)" for item in found)


def _analogy(rule: Rule) -> str:
    """A mark where the rule is printed and its code is not."""
    return " (by analogy)" if rule.code and rule.standing == "published" != rule.code_standing else ""


def rule_table(rules: list[Rule]) -> str:
    return table(
        ("rule", "about", "code", "what must hold", "på norsk", "standing", "source"),
        [
            (
                rule.key.partition("/")[2],
                f"{rule.part}: {', '.join(rule.messages)}" if rule.messages else rule.part,
                (rule.code or "none") + _analogy(rule),
                rule.text,
                rule.text_nb,
                rule.standing,
                rule.source,
            )
            for rule in rules
        ],
    )


def overview() -> str:
    """How many rules and limits there are, and how sure."""
    rows = []
    total: Counter[str] = Counter()
    for process in known():
        count: Counter[str] = Counter(rule.standing for rule in rules_of(process))
        count["register"] = sum(rule.needs == "register" for rule in rules_of(process))
        count["no code"] = sum(rule.code is None for rule in rules_of(process))
        count.update(f"limit {limit.standing}" for limit in limits_of(process))
        total.update(count)
        rows.append((f"[{process.value}](processes/{process.value.lower()}.md)", *cells(count)))
    rows.append(("all", *cells(total)))
    head = (
        "process", *_STANDINGS, "of these without a published code", "of these need the register",
        *(f"deadlines {item}" for item in _STANDINGS),
    )  # fmt: skip
    return (
        "# How far to trust it\n\n"
        "What is counted here is what `ediel validate` judges by. A *published* rule stands in a printed table, on a page of the\n"
        "information model or in the text of the process, and a broken one is an error; its code may be known by analogy alone.\n"
        "An *inferred* rule follows from the text of the process, the information model, examples or the\n"
        "table of a sister process; an *assumed* one has no source, and something must be done all the same: broken ones are\n"
        "warnings. A rule that needs the register is unknown without one. A process that is not here has one rule: which\n"
        "messages do not belong to it.\n\n"
        f"{table(head, rows)}"
    )


def cells(count: Counter[str]) -> tuple[str, ...]:
    names = (*_STANDINGS, "no code", "register", *(f"limit {item}" for item in _STANDINGS))
    return tuple(str(count[name]) for name in names)


def index() -> str:
    """The list of processes."""
    names = "\n".join(process.value.lower() for process in known())
    return f"# Processes\n\nA page per process: messages, roles, deadlines and rules, each with source and standing.\n\n```{{toctree}}\n:maxdepth: 1\n\n{names}\n```\n"


def machine_page(machine: Machine) -> str:
    """The page of a process table: states, diagram, rows."""
    numbers = ", ".join(machine.processes)
    resting = dict.fromkeys(machine.resting, "done") | dict.fromkeys(machine.closed, "over")
    rows = [
        (
            str(number),
            ", ".join(row.at),
            str(row.on),
            str(row.when or ""),
            row.to or "(stays)",
            f"let pass: {row.ignored}" if row.ignored else "; ".join(_effect(effect) for effect in row.do),
            row.standing,
            row.source,
        )
        for number, row in enumerate(machine.rows, 1)
    ]
    return (
        f"# {machine.name}: {machine.role}\n\n{machine.title[0].upper()}{machine.title[1:]}. Plays as {', '.join(machine.codes)}; "
        f"BRS-NO {numbers}.\n\n"
        "## States\n\n"
        + table(
            ("state", "what it means", ""),
            [(name, text, resting.get(name, "")) for name, text in machine.states.items()],
        )
        + "\n## Diagram\n\nThe numbers are those of the rows below; rows that let something pass are not drawn.\n\n"
        + f"```mermaid\n{mermaid(machine, numbered=True)}```\n\n## Rows\n\n"
        + table(("", "in", "on", "when", "to", "does", "standing", "source"), rows)
    )


def _effect(effect: Send | SetTimer | CancelTimer | Inform | Write) -> str:
    match effect:
        case Send():
            condition = f", if {effect.only_if}" if effect.only_if else ""
            return (
                f"send {effect.label} to {effect.to}{', one for each of ' + effect.each if effect.each else condition}"
            )
        case SetTimer():
            return f"set timer {effect.name}"
        case CancelTimer():
            return f"cancel timer {effect.name}"
        case Inform():
            return f"inform {effect.event}"
        case Write():
            return f"write: {effect.text}"


def machine_name(machine: Machine) -> str:
    return f"{machine.name}-{machine.role}".replace(" ", "-").replace("_", "-")


def machine_index() -> str:
    names = "\n".join(machine_name(item) for item in MACHINES)
    return (
        "# Process tables\n\nOne table per role in a process: which states there are, what moves them, what follows, and who says so.\n"
        "The same rows drive the engine, are drawn here, and are explored together by the tests.\n\n"
        f"```{{toctree}}\n:maxdepth: 1\n\n{names}\n```\n"
    )


def case_page() -> str:
    """Every approval case, step by step."""
    about = "Names and a line each are Elhub's where the source says so; what the steps rest on stands with each."
    run = "How to run them is told in [approval cases](conformance.md)."
    parts = [f"# The approval cases\n\nMade from the cases themselves. {about} {run}\n"]
    for item in cases():
        rows = []
        for place, step in enumerate(item.steps, 1):
            inside = "; ".join(f"`{key}`: {value}" for key, value in {**step.with_, **step.where}.items())
            rows.append((str(place), step.title(), inside, step.why))
        parts.append(
            f"## {item.id}: {item.title}\n\n{item.title_nb}. Role {item.role}; BRS {', '.join(item.brs)}; metering point: "
            f"{item.point}. **{item.standing}**: {item.source}{f'; {item.why}' if item.why else ''}.\n\n"
            + table(("", "step", "with", "why"), rows)
        )
    return "\n".join(parts)


def floors() -> list[list[str]]:
    """The rooms, from the highest floor to the lowest, as the import contract has them."""
    settings = tomllib.loads((ROOT.parent / "pyproject.toml").read_text(encoding="utf-8"))
    contract = next(item for item in settings["tool"]["importlinter"]["contracts"] if item["id"] == "floors")
    return [[room.strip() for room in re.split(r"[|:]", layer)] for layer in contract["layers"]]


def purpose(room: str) -> str:
    """What a room says of itself in its first sentence."""
    path = ROOT.parent / "src" / Path(*room.split("."))
    source = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    text = ast.get_docstring(ast.parse(source.read_text(encoding="utf-8"))) or ""
    return re.split(r"\.\s|\.$|\n\n", " ".join(text.split("\n\n")[0].split()))[0].rstrip(":")


def architecture() -> str:
    """The page on the house, with its floors as the import contract has them."""
    layers = floors()
    lines = ["flowchart TB", "    accTitle: the floors, each imports only from those below it"]
    rows = []
    for place, rooms in enumerate(layers):
        height = len(layers) - 1 - place
        words = " · ".join(room.removeprefix("ediel.") for room in rooms)
        lines.append(f'    f{height}["{words}"]')
        rows += [(str(height), f"`{room.removeprefix('ediel.')}`", purpose(room)) for room in rooms]
    lines += [f"    f{height} --> f{height - 1}" for height in range(len(layers) - 1, 0, -1)]
    made = "```mermaid\n{}\n```\n\n{}".format("\n".join(lines), table(("floor", "room", "what is in it"), rows))
    text = (ROOT / "architecture.md").read_text(encoding="utf-8")
    return re.sub(r"(?<=-->\n).*?(?=<!-- end of floors -->)", lambda _: made, text, count=1, flags=re.DOTALL)


def pages() -> Iterator[tuple[str, str]]:
    """Name below ``docs`` and text of each page."""
    yield "architecture.md", architecture()
    yield "trust.md", overview()
    yield "processes/index.md", index()
    for process in known():
        yield f"processes/{process.value.lower()}.md", page(process)
    yield "tables/index.md", machine_index()
    for item in MACHINES:
        yield f"tables/{machine_name(item)}.md", machine_page(item)
    yield "cases.md", case_page()
    yield "seed.schema.json", json.dumps(Seed.model_json_schema(), indent=2, ensure_ascii=False) + "\n"
    yield "register.schema.json", json.dumps(Snapshot.model_json_schema(), indent=2, ensure_ascii=False) + "\n"


def main() -> int:
    """Write the pages, or with ``--check`` say which are stale."""
    check = "--check" in sys.argv[1:]
    stale, written = [], set()
    for name, text in pages():
        path = ROOT / name
        written.add(path)
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(name)
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    made = [*(ROOT / "processes").glob("*.md"), *(ROOT / "tables").glob("*.md")]
    extra = [path for path in made if path not in written]
    if check and (stale or extra):
        print("stale pages, run make pages:", ", ".join([*stale, *(path.name for path in extra)]))
        return 1
    print(f"{len(written)} pages made from rows, {len(stale)} written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
