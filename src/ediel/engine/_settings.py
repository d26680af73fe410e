"""How an engine judges, counts and logs: what stays the same for as long as it is open."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from ediel.engine.observe import Meter
from ediel.engine.tracing import Tracing
from ediel.market import Profile, Register

__all__ = ["EngineSettings"]


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """Settings of an engine.

    Attributes:
        profile: time limits; the packaged ones (and ``EDIEL_PROFILE``) when not given.
        register: what is known of the market, for the last check of what is sent; see ``ediel.market.Snapshot``.
        strict: what only inferred or assumed rules object to is not sent either.
        meter: where counts and durations go.
        silence: how long after the day of a start or an end of supply has begun the hub's notice may still come before
            the process says that there is none. No source says how long the hub takes: assumed.
        log_metering_points: whether logs show whole metering points; their last four digits when not.
        consent_control: whether Elhub's consent control (EI-1363) applies: a change of supplier or a move-in of a
            person without a consent is warned of. From which day Elhub refuses those is not published.
        values: folder, or URL of object storage, in which metering values are kept as Parquet (extra ``values``). The
            database remembers it; values that come from then on are in ``engine.values``.
        tracing: where spans go, such as an ``OpenTelemetryTracing``; none when not given.
        key: 32 bytes (plain, or base64) by which the database is encrypted; that of ``EDIEL_KEY_FILE`` or ``EDIEL_KEY``
            when not given.
    """

    profile: Profile | None = None
    register: Register | None = None
    strict: bool = False
    meter: Meter | None = None
    log_metering_points: bool = False
    silence: timedelta = timedelta(hours=12)
    consent_control: bool = False
    values: str | Path | None = None
    tracing: Tracing | None = None
    key: bytes | str | None = field(default=None, repr=False)
