"""What can go wrong with a stand-in hub; part of the one exception tree."""

from __future__ import annotations

from ediel.errors import InvalidRegister

__all__ = ["Rebound"]


class Rebound(InvalidRegister):
    """A party that is known would be bound to another organisation's certificate."""
