# Written by tools/write_stubs.py from the table in __init__.py; do not edit.
from ediel.report._forms import FORMS as FORMS
from ediel.report._model import FAIL_ON as FAIL_ON
from ediel.report._model import FailOn as FailOn
from ediel.report._model import Finding as Finding
from ediel.report._model import MessageReport as MessageReport
from ediel.report._model import Report as Report
from ediel.report._model import RuleCount as RuleCount
from ediel.report._model import Severity as Severity
from ediel.report._model import Summary as Summary
from ediel.report._model import Undecided as Undecided
from ediel.report._model import Verdict as Verdict

__all__ = [
    "FAIL_ON",
    "FORMS",
    "FailOn",
    "Finding",
    "MessageReport",
    "Report",
    "RuleCount",
    "Severity",
    "Summary",
    "Undecided",
    "Verdict",
]
