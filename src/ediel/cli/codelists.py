"""``ediel codes``."""

from __future__ import annotations

import json

import click

from ediel import codes
from ediel.cli import _complete
from ediel.errors import UnknownName


@click.command("codes", short_help="List the code lists, or the codes of one.")
@click.argument("name", required=False, metavar="[LIST]", shell_complete=_complete.code_lists)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(name: str | None, form: str) -> None:
    """List the code lists, or the codes of one.

    A code whose meaning no published text gives is listed as such: ediel does not guess.
    """
    if name is None:
        if form == "json":
            click.echo(json.dumps({item.__name__: len(item) for item in codes.ALL}, indent=2))
            return
        width = max(len(item.__name__) for item in codes.ALL)
        for item in codes.ALL:
            about = (item.__doc__ or "").strip().splitlines()[0]
            click.echo(f"{item.__name__:<{width}}  {len(item):>3}  {about}")
        return
    known = {key.lower(): value for key, value in codes.BY_NAME.items()}
    codelist = known.get(name.lower())
    if codelist is None:
        raise UnknownName("code list", name, tuple(codes.BY_NAME))
    if form == "json":
        click.echo(json.dumps([_row(code) for code in codelist], indent=2, ensure_ascii=False))
        return
    for code in codelist:
        agency = f" [{code.agency}]" if code.agency else ""
        label = code.label or "meaning not published"
        nb = f" / {code.label_nb}" if code.label_nb else ""
        standing = "" if code.standing == "published" else f", {code.standing}"
        click.echo(f"{code.value:<22}{agency:<7} {label}{nb} ({code.source}{standing})")


def _row(code: codes.Code) -> dict[str, str | None]:
    return {
        "code": code.value,
        "name": code.name,
        "agency": code.agency,
        "label": code.label,
        "label_nb": code.label_nb,
        "source": code.source,
        "standing": code.standing,
    }
