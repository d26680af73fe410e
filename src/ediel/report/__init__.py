"""Findings, reports, and the forms in which they are written: text, JSON, JUnit and SARIF, a module each."""

from typing import Final

from ediel._lazy import lazily

_NAMES: Final = {
    "_choosing": ("Choice", "baseline", "read_baseline"),
    "_forms": ("FORMS", "PLACED"),
    "_how": ("How",),
    "_model": (
        "FAIL_ON", "FailOn", "Finding", "MessageReport", "Report", "RuleCount", "Severity", "Summary", "Undecided",
        "Verdict",
    ),
}  # fmt: skip

__getattr__, __dir__, __all__ = lazily(__name__, globals(), _NAMES)
