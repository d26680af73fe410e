# Written by tools/write_stubs.py from the table in __init__.py; do not edit.
from ediel.report._choosing import Choice as Choice
from ediel.report._choosing import baseline as baseline
from ediel.report._choosing import read_baseline as read_baseline
from ediel.report._forms import FORMS as FORMS
from ediel.report._forms import PLACED as PLACED
from ediel.report._how import How as How
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
    "Choice",
    "FAIL_ON",
    "FORMS",
    "FailOn",
    "Finding",
    "How",
    "MessageReport",
    "PLACED",
    "Report",
    "RuleCount",
    "Severity",
    "Summary",
    "Undecided",
    "Verdict",
    "baseline",
    "read_baseline",
]
