"""Approval cases as data, and the means to run them: against a hub in this process, with a verdict on each step.

The cases are named as Elhub names them where the name is known. What Elhub published of them is mostly a name and a
line; every case says of itself whether its steps are published, inferred or assumed, and why.
"""

from typing import TYPE_CHECKING, Final

from ediel._lazy import lazily

if TYPE_CHECKING:
    from ediel.conformance._case import Case, InvalidCase, Step, case, cases, matrix, read_case, template
    from ediel.conformance._evidence import as_json, as_junit, as_zip
    from ediel.conformance._host import Hosted, host_case, hosted
    from ediel.conformance._market import market
    from ediel.conformance._page import as_html
    from ediel.conformance._remote import InvalidRun, Run
    from ediel.conformance._result import CaseResult, Failed, Passage, StepResult
    from ediel.conformance._run import BEGIN, run_case
    from ediel.conformance._target import BackOffice, Target

_HOME: Final[dict[str, str]] = {
    **dict.fromkeys(("Case", "InvalidCase", "Step", "case", "cases", "matrix", "read_case", "template"), "_case"),
    **dict.fromkeys(("as_json", "as_junit", "as_zip"), "_evidence"),
    **dict.fromkeys(("Hosted", "host_case", "hosted"), "_host"),
    "market": "_market",
    "as_html": "_page",
    **dict.fromkeys(("InvalidRun", "Run"), "_remote"),
    **dict.fromkeys(("CaseResult", "Failed", "Passage", "StepResult"), "_result"),
    **dict.fromkeys(("BEGIN", "run_case"), "_run"),
    **dict.fromkeys(("BackOffice", "Target"), "_target"),
}

__getattr__ = lazily(__name__, _HOME, globals())

__all__ = [
    "BEGIN",
    "BackOffice",
    "Case",
    "CaseResult",
    "Failed",
    "Hosted",
    "InvalidCase",
    "InvalidRun",
    "Passage",
    "Run",
    "Step",
    "StepResult",
    "Target",
    "as_html",
    "as_json",
    "as_junit",
    "as_zip",
    "case",
    "cases",
    "host_case",
    "hosted",
    "market",
    "matrix",
    "read_case",
    "run_case",
    "template",
]
