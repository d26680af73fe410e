"""Preflight: checks a message by schema and rules before it is sent, as the hub would."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ediel.calendar import market_day
from ediel.engine.errors import PreflightRefused
from ediel.errors import InvalidMessage
from ediel.market import Profile, Register
from ediel.processes import Outgoing, Step
from ediel.report import Finding, MessageReport, Report
from ediel.rules import count, findings, judge
from ediel.xml import write


@dataclass(frozen=True, slots=True)
class Checked:
    """A message that may leave.

    Attributes:
        item: the message, and for whom it is.
        data: its bytes.
        warnings: what inferred or assumed rules object to: the hub may refuse it.
    """

    item: Outgoing
    data: bytes
    warnings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Preflight:
    """What messages are held against: the schema, and the rules of their process.

    Attributes:
        profile: time limits; the packaged ones when ``None``.
        register: what is known of the market; rules that need it are unknown when ``None``.
        strict: warnings stop a message too.
    """

    profile: Profile | None = None
    register: Register | None = None
    strict: bool = False

    def step(self, step: Step, now: datetime) -> tuple[Checked, ...]:
        """Everything that a step sends.

        Raises:
            PreflightRefused: the hub would refuse one of the messages.
        """
        return tuple(self.message(item, now) for item in step.sends) if step.ignored is None else ()

    def message(self, item: Outgoing, now: datetime) -> Checked:
        """One message.

        Raises:
            PreflightRefused: the hub would refuse it.
        """
        message = item.message
        try:
            data = write(message)
        except InvalidMessage as error:
            raise PreflightRefused(f"{message.name()} would be refused: {error}", error.report) from None
        verdicts = judge(message, market_day(now), profile=self.profile, register=self.register)
        checked = tuple(findings(message, verdicts, strict=self.strict))
        broken = [finding for finding in checked if finding.severity == "error"]
        if not broken:
            return Checked(item, data, checked)
        report = MessageReport(
            message.name(), message.header.identification, message.process.business_process.value,
            message.process.role.value, findings=checked, rules=count(verdicts),
        )  # fmt: skip
        first = broken[0]
        code = f" [{first.code}]" if first.code else ""
        raise PreflightRefused(
            f"{message.name()} would be refused{code}: {first.text} ({first.path})", Report(messages=(report,))
        )
