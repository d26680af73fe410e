"""What names a finding from one run to the next."""

from __future__ import annotations

from ediel.report._model import Finding, Report


def fingerprint(finding: Finding, report: Report) -> str:
    """What stays the same of a finding when lines move: file, rule and place."""
    import hashlib  # noqa: PLC0415 - most reports name nothing

    text = "\0".join((report.path.replace("\\", "/"), finding.rule, finding.path or ""))
    return hashlib.sha256(text.encode()).hexdigest()[:32]
