"""The forms of reports and of evidence are rows of one table each, and the command line offers those."""

from __future__ import annotations

import click

import ediel
from ediel import report
from ediel.cli import conformance, validate
from ediel.conformance import FORMS


def choices(command: click.Command, name: str) -> list[str]:
    (option,) = (item for item in command.params if item.name == name)
    assert isinstance(option.type, click.Choice)
    return list(option.type.choices)


def test_validate_offers_every_form() -> None:
    assert choices(validate.command, "form") == list(report.FORMS)
    reports = [ediel.inspect(b"<a/>", path="a.xml").report]
    texts = {name: render(reports, report.How()) for name, render in report.FORMS.items()}
    assert all("a.xml" in text for text in texts.values())
    assert len(set(texts.values())) == len(texts)


def test_conformance_offers_every_form() -> None:
    for name in ("run", "host", "resume"):
        assert choices(conformance.command.commands[name], "form") == ["text", *FORMS]
