"""Findings, reports, and the forms in which they are written: text, JSON, JUnit and SARIF, a module each."""

from typing import Final

from ediel._lazy import lazily

_NAMES: Final = {
    "_forms": ("FORMS",),
    "_model": (
        "FAIL_ON", "FailOn", "Finding", "MessageReport", "Report", "RuleCount", "Severity", "Summary", "Undecided",
        "Verdict",
    ),
}  # fmt: skip

__getattr__, __dir__, __all__ = lazily(__name__, globals(), _NAMES)
