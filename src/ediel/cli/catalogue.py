"""``ediel messages``."""

from __future__ import annotations

import json
from collections.abc import Iterator

import click

from ediel.cli import _complete
from ediel.messages import MESSAGES, Composite, fields_of, model


@click.command("messages", short_help="List the 28 messages, or the fields of one.")
@click.argument("name", required=False, shell_complete=_complete.messages)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(name: str | None, form: str) -> None:
    """List the 28 messages, or the fields of one.

    With --format json, NAME shows the JSON schema of the input of `ediel generate`.
    """
    if name is None:
        rows = [(item, (model(item).__doc__ or "").strip().splitlines()[0]) for item in MESSAGES]
        if form == "json":
            click.echo(json.dumps([{"name": item, "text": text} for item, text in rows], indent=2, ensure_ascii=False))
            return
        width = max(map(len, MESSAGES))
        for item, text in rows:
            click.echo(f"{item:<{width}}  {text}")
        return
    kind = model(next((item for item in MESSAGES if item.lower() == name.lower()), name))
    if form == "json":
        click.echo(json.dumps(kind.model_json_schema(), indent=2, ensure_ascii=False))
        return
    click.echo(f"{kind.name()}: {(kind.__doc__ or '').strip().splitlines()[0]}")
    click.echo(f"namespace {kind.namespace()}")
    for line in _tree(kind, "  "):
        click.echo(line)


def _tree(part: type[Composite], indent: str) -> Iterator[str]:
    for spec in fields_of(part):
        if spec.kind == "agency":
            continue
        most = spec.most if spec.many or spec.row else 1
        count = f"{spec.least if spec.name not in part.choice else 0}..{most}"
        name = f"@{spec.path[0]}" if spec.kind == "attribute" else "/".join(spec.path) or "(text)"
        kind = f" {spec.wire.name}" if spec.wire else ""
        one_of = " (one of)" if spec.name in part.choice else ""
        click_line = f"{indent}{spec.name:<28} {count:<8} {name}{kind}{one_of}"
        yield f"{click_line}\n{indent}    {spec.text}"
        child = spec.model or spec.row
        if child is not None:
            yield from _tree(child, indent + "  ")
