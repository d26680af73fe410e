"""How reports are written: what a form may be asked for."""

from __future__ import annotations

from dataclasses import dataclass

from ediel.report._model import FailOn, Finding, MessageReport
from ediel.report._words import Lang


@dataclass(frozen=True, slots=True)
class How:
    """What a form is asked for.

    Attributes:
        lang: language of what has words in both.
        fail_on: from which doubt on a check fails; forms that know failures (JUnit) follow it.
        width: columns of the terminal.
    """

    lang: Lang = "en"
    fail_on: FailOn = "published"
    width: int = 100

    def fails(self, finding: Finding) -> bool:
        """Whether a finding makes a check fail."""
        if finding.severity == "error":
            return True
        return finding.objects and finding.standing in {
            "published": (), "inferred": ("inferred",), "assumed": ("inferred", "assumed"),
            "unknown": ("inferred", "assumed"),
        }[self.fail_on]  # fmt: skip

    def fails_for_unknown(self, message: MessageReport) -> bool:
        """Whether a message fails by what is unknown of it."""
        return self.fail_on == "unknown" and message.rules.unknown > 0
