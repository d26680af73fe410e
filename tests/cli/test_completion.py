"""What a shell offers, asked as a shell asks."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from click.shell_completion import BashComplete

from ediel.cli import cli


def _offered(words: list[str], begun: str) -> set[str]:
    shell = BashComplete(cli, {}, "ediel", "_EDIEL_COMPLETE")
    return {item.value for item in shell.get_completions(words, begun)}


@pytest.mark.parametrize(
    ("words", "begun", "some"),
    [
        ([], "val", {"validate", "values"}),
        (["codes"], "docu", {"DocumentType"}),
        (["explain"], "eh09", {"EH095"}),
        (["explain"], "RequestStart", {"RequestStartOfSupply"}),
        (["rules"], "BRS-NO-31", {"BRS-NO-313", "BRS-NO-315", "BRS-NO-317"}),
        (["deadline"], "20", {"201", "202"}),
        (["messages"], "requeststart", {"RequestStartOfSupply"}),
        (["process", "start"], "Move", {"MoveIn"}),
        (["process", "diagram"], "supply", {"supply"}),
        (["party", "add", "7080001100018"], "DD", {"DDQ", "DDM"}),
        (["validate", "--form"], "", set()),
        (["validate"], "--wa", {"--watch"}),
    ],
)  # fmt: skip
def test_names_are_offered(words: list[str], begun: str, some: set[str]) -> None:
    offered = _offered(words, begun)
    assert some <= offered
    assert all(name.lower().startswith(begun.lower()) for name in offered)


def test_cases_are_offered() -> None:
    from ediel.conformance import cases

    known = {item.id for item in cases()}
    for words in (["conformance", "run"], ["conformance", "show"]):
        assert _offered(words, "") == known


def test_a_shell_gets_its_script_and_its_answers() -> None:
    def ask(**more: str) -> str:
        run = subprocess.run(
            [sys.executable, "-m", "ediel"], env={**os.environ, **more}, capture_output=True, text=True, check=False
        )
        assert "Traceback" not in run.stderr
        return run.stdout

    assert "_EDIEL_COMPLETE=bash_complete" in ask(_EDIEL_COMPLETE="bash_source")
    assert "plain,BRS-NO-313" in ask(
        _EDIEL_COMPLETE="bash_complete", COMP_WORDS="ediel rules BRS-NO-313", COMP_CWORD="2"
    )
