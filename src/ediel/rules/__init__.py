"""Business rules: what Elhub would object to in a message that the schema accepts, with its own codes.

A rule is a row: what must hold, the hub's code, who says so and how sure that is, and a small pure function. Published
failures are errors; what is inferred or assumed gives warnings. What cannot be judged is unknown, and counted as such.
"""

from ediel.rules._inspect import inspect
from ediel.rules._judge import Verdict, all_rules, count, findings, judge, rules_for, rules_of, wire_path
from ediel.rules._rule import Flaw, Known, Result, Rule
from ediel.rules._usage import Usage, uses_of

__all__ = [
    "Flaw",
    "Known",
    "Result",
    "Rule",
    "Usage",
    "Verdict",
    "all_rules",
    "count",
    "findings",
    "inspect",
    "judge",
    "rules_for",
    "rules_of",
    "uses_of",
    "wire_path",
]
