"""What can go wrong with tables of values; part of the one exception tree."""

from ediel.errors import InvalidTable

__all__ = ["InvalidTable"]
