"""What would decide a rule that could not be judged: named for each, so that "unknown" is never only a number."""

from __future__ import annotations

from functools import cache
from typing import Final

from ediel.codes import BusinessProcess
from ediel.report import Undecided
from ediel.rules._rule import Decider, Known, Rule

WORDS: Final[dict[Decider, tuple[str, str]]] = {
    "day": ("the day of judgement (--on)", "dagen det vurderes på (--on)"),
    "register": ("the register of the market (--register)", "registeret over markedet (--register)"),
    "more": ("a register that says more of it", "et register som sier mer om det"),
    "settlement": (
        "how the metering point is settled (--register), or a limit of your own (--profile)",
        "hvordan målepunktet avregnes (--register), eller en egen frist (--profile)",
    ),
    "source": (
        "nobody here: no source that could be read says so",
        "ingen her: ingen kilde som kunne leses, sier det",
    ),
}  # fmt: skip
"""In English and Norwegian."""


def decider(rule: Rule, facts: Known) -> Decider:
    """What would decide a rule that is unknown with these facts."""
    if rule.needs == "register":
        return "register" if facts.register is None else "more"
    if rule.needs == "date" and facts.day is None:
        return "day"
    return rule.undecided or "source"


@cache
def undecided(rule: Rule, by: Decider) -> Undecided:
    """A rule that is unknown, with what would decide it."""
    words, words_nb = WORDS[by]
    return Undecided(rule.key, rule.text, words, rule.text_nb, words_nb)


@cache
def no_rules(process: BusinessProcess) -> Undecided:
    """What is unknown of a message of a process without a rule."""
    words, words_nb = WORDS["source"]
    text, text_nb = f"No rule of {process.value} is known.", f"Ingen regel for {process.value} er kjent."
    return Undecided(f"{process.value}/rules", text, words, text_nb, words_nb)
