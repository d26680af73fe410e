"""Approval cases as data, and the means to run them: against a hub in this process, with a verdict on each step.

The cases are named as Elhub names them where the name is known. What Elhub published of them is mostly a name and a
line; every case says of itself whether its steps are published, inferred or assumed, and why.
"""

from typing import Final

from ediel._lazy import lazily

_NAMES: Final = {
    "_case": ("Case", "Step", "case", "cases", "matrix", "read_case", "template"),
    "_evidence": ("FORMS", "as_json", "as_junit", "as_zip"),
    "_host": ("Hosted", "host_case", "hosted"),
    "_market": ("market",),
    "_page": ("as_html",),
    "_remote": ("Run",),
    "_result": ("CaseResult", "Passage", "StepResult"),
    "_run": ("BEGIN", "run_case"),
    "_target": ("BackOffice", "Target"),
    "errors": ("CaseFailed", "ConformanceError", "InvalidCase", "InvalidRun", "StepFailed"),
}  # fmt: skip

__getattr__, __dir__, __all__ = lazily(__name__, globals(), _NAMES)
