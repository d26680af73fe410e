"""``ediel rules``."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

import click

from ediel.cli import _complete

if TYPE_CHECKING:
    from ediel.rules import Rule


@click.command("rules", short_help="List the business rules, with code, standing and source.")
@click.argument("process", metavar="[BRS]", required=False, shell_complete=_complete.processes)
@click.option("--format", "form", type=click.Choice(["text", "json", "markdown"]), default="text", show_default=True)
def command(process: str | None, form: str) -> None:
    """List the business rules, with code, standing and source.

    Without a BRS: how many there are for each. A rule without a published code has none.
    """
    from ediel.rules import all_rules, rules_of
    from ediel.serve.naming import process_named

    if process is None:
        click.echo(_overview(all_rules(), form))
        return
    known = {rule.process for rule in all_rules()}
    rows = rules_of(process_named(process, known, "process with rules"))
    click.echo({"text": _text, "json": _json, "markdown": _markdown}[form](rows))


def _overview(rules: tuple[Rule, ...], form: str) -> str:
    if form == "json":
        return _json(rules)
    counts: dict[str, Counter[str]] = {}
    for rule in rules:
        counts.setdefault(rule.process.value, Counter())[rule.standing] += 1
        counts[rule.process.value]["register"] += rule.needs == "register"
    counts["all"] = sum(counts.values(), Counter())
    columns = ("published", "inferred", "assumed", "register")
    if form == "markdown":
        rows = [f"| process | {' | '.join(columns)} |", "|---|---|---|---|---|"]
        rows += [f"| {name} | {' | '.join(str(count[key]) for key in columns)} |" for name, count in counts.items()]
        return "\n".join(rows)
    rows = [f"{'process':<12}{''.join(f'{key:>11}' for key in columns)}"]
    rows += [f"{name:<12}{''.join(f'{count[key]:>11}' for key in columns)}" for name, count in counts.items()]
    rows.append("register: how many of them need to know the market; unknown without --register")
    return "\n".join(rows)


def _text(rules: tuple[Rule, ...]) -> str:
    rows = []
    for rule in rules:
        analogy = " (by analogy)" if _by_analogy(rule) else ""
        rows.append(f"{rule.key}  {rule.part}  {rule.code or 'no code'}{analogy}  {rule.standing}")
        rows.append(f"    {rule.text}")
        rows.append(f"    {rule.text_nb}")
        needs = "" if rule.needs == "message" else f"; needs {'a date' if rule.needs == 'date' else 'the register'}"
        about = f"{', '.join(rule.messages)}; " if rule.messages else ""
        rows.append(f"    {about}source: {rule.source}{needs}")
    return "\n".join(rows)


def _by_analogy(rule: Rule) -> bool:
    """Whether the rule is printed and its code is not."""
    return rule.code is not None and rule.standing == "published" and rule.code_standing != "published"


def _markdown(rules: tuple[Rule, ...]) -> str:
    rows = ["| rule | part | code | what must hold | standing | source |", "|---|---|---|---|---|---|"]
    rows += [
        f"| {rule.key} | {rule.part} | {rule.code or ''} | {rule.text} | {rule.standing} | {rule.source} |"
        for rule in rules
    ]
    return "\n".join(rows)


def _json(rules: tuple[Rule, ...]) -> str:
    def row(rule: Rule) -> dict[str, object]:
        return {
            "key": rule.key,
            "process": rule.process.value,
            "messages": list(rule.messages),
            "part": rule.part,
            "code": rule.code,
            "text": rule.text,
            "text_nb": rule.text_nb,
            "standing": rule.standing,
            "code_standing": rule.code_standing if rule.code else None,
            "source": rule.source,
            "needs": rule.needs,
        }

    return json.dumps([row(rule) for rule in rules], indent=2, ensure_ascii=False)
