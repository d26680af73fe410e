# Written by tools/write_stubs.py from the table in __init__.py; do not edit.
from ediel.conformance._case import Case as Case
from ediel.conformance._case import Step as Step
from ediel.conformance._case import case as case
from ediel.conformance._case import cases as cases
from ediel.conformance._case import matrix as matrix
from ediel.conformance._case import read_case as read_case
from ediel.conformance._case import template as template
from ediel.conformance._evidence import FORMS as FORMS
from ediel.conformance._evidence import as_json as as_json
from ediel.conformance._evidence import as_junit as as_junit
from ediel.conformance._evidence import as_zip as as_zip
from ediel.conformance._host import Hosted as Hosted
from ediel.conformance._host import host_case as host_case
from ediel.conformance._host import hosted as hosted
from ediel.conformance._market import market as market
from ediel.conformance._page import as_html as as_html
from ediel.conformance._remote import Run as Run
from ediel.conformance._result import CaseResult as CaseResult
from ediel.conformance._result import Passage as Passage
from ediel.conformance._result import StepResult as StepResult
from ediel.conformance._run import BEGIN as BEGIN
from ediel.conformance._run import run_case as run_case
from ediel.conformance._target import BackOffice as BackOffice
from ediel.conformance._target import Target as Target
from ediel.conformance.errors import CaseFailed as CaseFailed
from ediel.conformance.errors import ConformanceError as ConformanceError
from ediel.conformance.errors import InvalidCase as InvalidCase
from ediel.conformance.errors import InvalidRun as InvalidRun
from ediel.conformance.errors import StepFailed as StepFailed

__all__ = [
    "BEGIN",
    "BackOffice",
    "Case",
    "CaseFailed",
    "CaseResult",
    "ConformanceError",
    "FORMS",
    "Hosted",
    "InvalidCase",
    "InvalidRun",
    "Passage",
    "Run",
    "Step",
    "StepFailed",
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
