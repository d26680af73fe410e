"""Findings, reports, and their renderings: ``text``, ``json``, ``junit``, ``sarif`` (a module each)."""

from ediel.report._model import Finding, MessageReport, Report, RuleCount, Severity, Summary

__all__ = ["Finding", "MessageReport", "Report", "RuleCount", "Severity", "Summary"]
