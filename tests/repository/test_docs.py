"""Every snippet in the README and the docs runs, and says what it says it says."""

from __future__ import annotations

import doctest
import importlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.places import ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def blocks(path: Path, language: str) -> list[str]:
    return [text for kind, text in _BLOCK.findall(path.read_text(encoding="utf-8")) if kind == language]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_python(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    source = "\n".join(blocks(path, "pycon"))
    test = doctest.DocTestParser().get_doctest(source, {}, path.name, str(path), 0)
    report: list[str] = []
    result = doctest.DocTestRunner(optionflags=FLAGS, verbose=False).run(test, out=report.append)
    assert result.failed == 0, "".join(report)
    for block in blocks(path, "python"):
        exec(compile(block, str(path), "exec"), {})


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_console(path: Path) -> None:
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    checker = doctest.OutputChecker()
    for block in blocks(path, "console"):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, expected = part.partition("\n")
            if "doctest: +SKIP" in command:
                continue
            result = subprocess.run(
                ["bash", "-c", command], capture_output=True, text=True, cwd=ROOT, env=environment, check=False
            )
            assert checker.check_output(expected, result.stdout, FLAGS), f"$ {command}\n{result.stdout}{result.stderr}"


@pytest.mark.parametrize(
    "name",
    [
        "calendar",
        "identifiers",
        "messages._observations",
        "testing._sample",
        "xml._paths",
        "xml._privacy",
        "xml.explain",
    ],
)
def test_docstrings(name: str) -> None:
    module = importlib.import_module(f"ediel.{name}")
    assert doctest.testmod(module, optionflags=FLAGS).failed == 0


def test_findings_page_lists_every_rule() -> None:
    page = (ROOT / "docs" / "findings.md").read_text(encoding="utf-8")
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "src").rglob("*.py"))
    rules = set(re.findall(r'"((?:READ|XSD|ID|TEXT|TIME)/[a-z-]+)"', sources))
    explain = (ROOT / "src" / "ediel" / "xml" / "explain.py").read_text(encoding="utf-8")
    rules |= {f"XSD/{name}" for name in re.findall(r'walk\.add\(\s*"([a-z-]+)"', explain)}
    assert len(rules) > 20
    for rule in rules:
        assert f"`{rule}`" in page, rule


def test_found_rules_are_listed() -> None:
    page = (ROOT / "docs" / "findings.md").read_text(encoding="utf-8")
    for path in (ROOT / "fixtures" / "invalid").glob("*.json"):
        for finding in json.loads(path.read_text(encoding="utf-8")):
            assert f"`{finding['rule']}`" in page


def test_sources_page_explains_every_source() -> None:
    """A source in a code or a field begins with a key that the page explains."""
    from ediel import codes
    from ediel.messages import MESSAGES, fields_of, model
    from ediel.messages._base import Composite

    page = (ROOT / "docs" / "sources.md").read_text(encoding="utf-8")
    found: set[str] = {code.source for code_list in codes.ALL for code in code_list}

    def walk(part: type[Composite]) -> None:
        for spec in fields_of(part):
            found.add(spec.source)
            for child in (spec.model, spec.row):
                if child is not None:
                    walk(child)

    for name in MESSAGES:
        walk(model(name))
    keys = {part.strip() for source in found for part in re.split(r"[;,]", source)}
    for key in keys:
        word = re.sub(r"-\d+$|-NO-\d+$", "", key.split(" ")[0])
        assert word in page or key in page, key


def test_sources_page_explains_the_sources_of_process_tables() -> None:
    """What stands before a colon in the source of a row is a key of the page, or says itself what it rests on."""
    from ediel.processes import MACHINES

    page = (ROOT / "docs" / "sources.md").read_text(encoding="utf-8")
    itself = {
        "a reminder is not answered",
        "no deadline for the answer is published",
        "nothing is known of the request",
        "nothing tells how the grid access provider learns of it",
        "the request that it answers is over",
        "what silence means is not published",
    }
    keys = {part.split(":")[0].strip() for table in MACHINES for row in table.rows for part in row.source.split(";")}
    for key in sorted(keys - itself):
        word = re.sub(r"-NO-\d+$|-\d+$", "", key.split(" ")[0].rstrip(","))
        assert word in page, key
