"""When an envelope was signed, and until when that holds, as its timestamp says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from lxml import etree

from ediel.transport._wsse import WSU
from ediel.transport.errors import SecurityRefused

__all__ = ["LONGEST", "SKEW", "moments"]

SKEW: Final = timedelta(minutes=5)
"""How far the clocks of sender and recipient may be apart."""
LONGEST: Final = timedelta(minutes=10)
"""How long a timestamp may hold."""


def moments(timestamp: etree._Element, now: datetime, skew: timedelta, longest: timedelta) -> tuple[datetime, datetime]:
    """Created and Expires, in UTC.

    Expires may be absent, or lie far ahead; WS-Security allows both. It counts as ``longest`` after Created then, so
    that signatures need not be remembered for longer.

    Args:
        timestamp: the ``wsu:Timestamp``.
        now: the moment, in UTC.
        skew: how far the clocks may be apart.
        longest: how long it may hold.

    Raises:
        SecurityRefused: it is over, not yet begun, or no moment.
    """
    created = _moment(timestamp, "Created")
    if created is None:
        raise SecurityRefused("time", "the Timestamp has no Created, expected a moment such as 2026-11-27T08:00:00Z")
    stated = _moment(timestamp, "Expires")
    if stated is not None and stated <= created:
        raise SecurityRefused("time", f"the timestamp holds for {stated - created}, expected some seconds")
    expires = created + longest if stated is None else min(stated, created + longest)
    if created > now + skew:
        raise SecurityRefused("time", f"it is signed at {created.isoformat()}, which is later than {now.isoformat()}")
    if expires < now - skew:
        raise SecurityRefused("time", f"the signature has expired at {expires.isoformat()}; it is {now.isoformat()}")
    return created, expires


def _moment(timestamp: etree._Element, name: str) -> datetime | None:
    texts = [child.text for child in timestamp if child.tag == f"{{{WSU}}}{name}"]
    if not texts:
        return None
    text = (texts[0] or "").strip()
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = datetime.min  # noqa: DTZ901 - no time zone: refused below
    if len(texts) > 1 or moment.tzinfo is None:
        raise SecurityRefused(
            "time", f"{name} is {text[:40]!r}, expected one moment in UTC such as 2026-11-27T08:00:00Z"
        )
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise SecurityRefused("time", f"{name} is {text[:40]!r}, which no calendar holds in UTC") from None
