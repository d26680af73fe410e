# Written by tools/write_stubs.py from the table in __init__.py; do not edit.
from ediel.report._forms import FORMS as FORMS
from ediel.report._model import Finding as Finding
from ediel.report._model import MessageReport as MessageReport
from ediel.report._model import Report as Report
from ediel.report._model import RuleCount as RuleCount
from ediel.report._model import Severity as Severity
from ediel.report._model import Summary as Summary

__all__ = [
    "FORMS",
    "Finding",
    "MessageReport",
    "Report",
    "RuleCount",
    "Severity",
    "Summary",
]
