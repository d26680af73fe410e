"""The hub's own tables, in the database of its engine: what it was seeded with, values, and result sets."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Index, Integer, MetaData, String, Table, Text

METADATA: Final = MetaData()
_MOMENT: Final = String(27)
_UUID: Final = String(36)

SETTINGS: Final = Table(
    "hub_settings", METADATA,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)  # fmt: skip

PARTIES: Final = Table(
    "hub_parties", METADATA,
    Column("gln", String(13), primary_key=True),
    Column("data", Text, nullable=False),
)  # fmt: skip

POINTS: Final = Table(
    "hub_points", METADATA,
    Column("metering_point", String(18), primary_key=True),
    Column("meter", Text),
    Column("postcode", Text),
    Column("data", Text, nullable=False),
)  # fmt: skip
"""A metering point as it was seeded; ``data`` is a ``HubPoint``. What has happened since, the engine's tables say."""
Index("ix_hub_points_meter", POINTS.c.meter)
Index("ix_hub_points_postcode", POINTS.c.postcode)

CUSTOMERS: Final = Table(
    "hub_customers", METADATA,
    Column("identification", String(11), primary_key=True),
    Column("scheme", String(3), primary_key=True),
    Column("metering_point", String(18), primary_key=True),
)  # fmt: skip
"""Where an end user may be found; the metering point itself says whether it is so."""

METERS: Final = Table(
    "hub_meters", METADATA,
    Column("meter", Text, primary_key=True),
    Column("metering_point", String(18), primary_key=True),
)  # fmt: skip
"""Where a meter that a change of master data has brought may be found; the metering point says whether it is so."""

GRANTS: Final = Table(
    "hub_grants", METADATA,
    Column("identification", _UUID, primary_key=True),
    Column("data", Text, nullable=False),
)  # fmt: skip

CONSENTS: Final = Table(
    "hub_consents", METADATA,
    Column("identification", _UUID, primary_key=True),
    Column("number", Integer, nullable=False, unique=True),
    Column("way", String(8), nullable=False),
    Column("supplier", String(13), nullable=False),
    Column("grant_id", _UUID, unique=True),
    Column("data", Text, nullable=False),
)  # fmt: skip
"""Requests and documents of the Access API, in their order; ``data`` is an ``Asked`` of ``ediel.hub.rest``."""
Index("ix_hub_consents_supplier", CONSENTS.c.supplier, CONSENTS.c.way, CONSENTS.c.number)

HISTORY: Final = Table(
    "hub_history", METADATA,
    Column("metering_point", String(18), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("key", _UUID, primary_key=True),
    Column("recorded_at", _MOMENT, nullable=False),
    Column("data", Text, nullable=False),
)  # fmt: skip
"""What has become known of a metering point, in order, by the key of the process or message that brought it.

``data`` is an event of ``ediel.market.lines``, or says that all of the key is undone. No row is changed or deleted."""

VALUES: Final = Table(
    "hub_values", METADATA,
    Column("series", _UUID, primary_key=True),
    Column("message_id", _UUID, primary_key=True),
    Column("metering_point", String(18), nullable=False),
    Column("start", _MOMENT, nullable=False),
    Column("end", _MOMENT, nullable=False),
    Column("inserted_at", _MOMENT, nullable=False),
    Column("data", Text, nullable=False),
)  # fmt: skip
"""Every series that was taken; ``data`` is a ``CollectedSeries``."""
Index("ix_hub_values_point", VALUES.c.metering_point, VALUES.c.start)

SETTLEMENT: Final = Table(
    "hub_settlement", METADATA,
    Column("identification", _UUID, primary_key=True),
    Column("grid_area", String(16), nullable=False),
    Column("start", _MOMENT, nullable=False),
    Column("end", _MOMENT, nullable=False),
    Column("data", Text, nullable=False),
)  # fmt: skip
"""Settlement data as they were seeded; ``data`` is a ``ValidatedSeries``."""
Index("ix_hub_settlement_area", SETTLEMENT.c.grid_area, SETTLEMENT.c.start)

VOLUMES: Final = Table(
    "hub_volumes", METADATA,
    Column("metering_point", String(18), primary_key=True),
    Column("start", String(10), primary_key=True),
    Column("total", Integer, nullable=False),
    Column("method", Text, nullable=False),
    Column("changed_at", _MOMENT, nullable=False),
)  # fmt: skip
"""Expected annual volumes that came after the seed, kWh."""

CHANGES: Final = Table(
    "hub_changes", METADATA,
    Column("message_id", _UUID, primary_key=True),
    Column("metering_point", String(18), nullable=False),
    Column("start", String(10), nullable=False),
    Column("changed_at", _MOMENT, nullable=False),
    Column("data", Text, nullable=False),
)  # fmt: skip
"""Changes of master data that came after the seed; ``data`` is the message."""
Index("ix_hub_changes_point", CHANGES.c.metering_point, CHANGES.c.start)

RESULTS: Final = Table(
    "hub_results", METADATA,
    Column("identification", _UUID, primary_key=True),
    Column("recipient", String(13), nullable=False),
    Column("role", String(3), nullable=False),
    Column("channel", Text, nullable=False),
    Column("made_at", _MOMENT, nullable=False),
    Column("acknowledged_at", _MOMENT),
    Column("messages", Text, nullable=False),
)  # fmt: skip
"""Result sets; ``messages`` lists identifications. One per recipient, role and channel is not acknowledged."""
_OPEN: Final = RESULTS.c.acknowledged_at.is_(None)
Index(
    "ix_hub_results_open", RESULTS.c.recipient, RESULTS.c.role, RESULTS.c.channel,
    unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN,
)  # fmt: skip
