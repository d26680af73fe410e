"""How a stand-in hub judges and answers: what stays the same for as long as it is open."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from ediel.codes import Standing
from ediel.hub._calls import Security
from ediel.market import Profile

__all__ = ["HubSettings"]


@dataclass(frozen=True, slots=True)
class HubSettings:
    """Settings of a stand-in hub.

    Attributes:
        security: whether calls must be signed.
        strictness: the least sure rules that a message is refused by: ``published``, ``inferred`` or ``assumed``.
        profile: time limits; the packaged ones (and ``EDIEL_PROFILE``) when not given.
        most: messages in one result set, at the most.
        machine: the clock that signatures are judged by; the machine's when not given.
        consent_control: whether a change of supplier or a move-in needs a consent (EI-1363). Which code Elhub refuses
            with, and since when, is not published: the refusal here has none.
    """

    security: Security = "required"
    strictness: Standing = "inferred"
    profile: Profile | None = None
    most: int = 1000
    machine: Callable[[], datetime] | None = None
    consent_control: bool = False
