"""The tables. Keys are natural, so that a step that is done again writes the same rows.

Moments are UTC text of fixed length (they sort as they stand), days are ISO text, facts are JSON text: the same in
SQLite and in PostgreSQL.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    and_,
    or_,
    text,
)

from ediel.store._sealed import Found, SealedBytes, SealedText

METADATA: Final = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    },
)
_MOMENT: Final = String(27)
_UUID: Final = String(36)
_TRACE: Final = String(55)
"""The span in which a row was written, as a W3C ``traceparent``; ``None`` where nothing is traced."""
_COUNTER: Final = BigInteger().with_variant(Integer, "sqlite")

PARTIES: Final = Table(
    "parties", METADATA,
    Column("gln", String(13), primary_key=True),
    Column("role", String(3), primary_key=True),
    Column("physical_sender", String(13), nullable=False),
    Column("hub", String(13), nullable=False),
    Column("added_at", _MOMENT, nullable=False),
)  # fmt: skip
"""The market parties that live in this database."""

ARCHIVE: Final = Table(
    "archive", METADATA,
    Column("sha256", String(64), primary_key=True),
    Column("received_at", _MOMENT, nullable=False),
    Column("source", Text, nullable=False),
    Column("data", SealedBytes("archive.data"), nullable=False),
    Column("packing", String(8), nullable=False, server_default=""),
)  # fmt: skip
"""Every byte that arrived, once. ``packing``: how ``data`` is packed; empty for as it arrived. Read by ``_packing``."""

INBOX: Final = Table(
    "inbox", METADATA,
    Column("message_id", _UUID, primary_key=True),
    Column("sender", String(13), primary_key=True),
    Column("party", String(13), nullable=False),
    Column("sha256", String(64), ForeignKey("archive.sha256"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("process", String(10), nullable=False),
    Column("role", String(3), nullable=False),
    Column("metering_point", String(18)),
    Column("received_at", _MOMENT, nullable=False),
    Column("outcome", String(12), nullable=False),
    Column("instance_id", _UUID, ForeignKey("instances.id")),
    Column("text", Text, nullable=False),
    Column("number", BigInteger),
    Column("trace", _TRACE),
    sqlite_with_rowid=False,
)  # fmt: skip
"""Every message, once for its sender and identification. ``outcome``: handled, ignored. ``number``: its place in the
running order in which messages were taken."""
INBOX_NUMBER: Final = "inbox_number"
"""The sequence that numbers them in PostgreSQL; SQLite has one writer, who counts on."""
Index("uq_inbox_number", INBOX.c.number, unique=True)

INSTANCES: Final = Table(
    "instances", METADATA,
    Column("id", _UUID, primary_key=True),
    Column("machine", Text, nullable=False),
    Column("party", String(13), nullable=False),
    Column("process", String(10)),
    Column("metering_point", String(18)),
    Column("subject", Text),
    Column("state", Text, nullable=False),
    Column("open", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
    Column("facts", SealedText("instances.facts"), nullable=False),
    Column("begun_at", _MOMENT, nullable=False),
    Column("changed_at", _MOMENT, nullable=False),
    Column("revision", Integer, nullable=False, server_default="1"),
    Column("status", String(9), nullable=False, server_default="open"),
    Column("log_digest", String(64)),
)  # fmt: skip
"""Processes; ``version`` guards against two writers. ``subject`` is what they are about: a metering point, mostly.
``revision`` is that of the table, and so of ``facts``, with which the process was stored. ``status``: open (something
is awaited or to be done), resting (done, though something may still come), closed, abandoned (by a person; what comes
later is heeded all the same). ``log_digest``: that of the last step."""
Index("ix_instances_subject", INSTANCES.c.subject, INSTANCES.c.machine, INSTANCES.c.party)
Index("ix_instances_point", INSTANCES.c.metering_point, INSTANCES.c.begun_at, INSTANCES.c.id)
Index("ix_instances_status", INSTANCES.c.party, INSTANCES.c.status, INSTANCES.c.begun_at, INSTANCES.c.id)
Index(
    "ix_instances_process", INSTANCES.c.party, INSTANCES.c.process, INSTANCES.c.status, INSTANCES.c.begun_at,
    INSTANCES.c.id,
)  # fmt: skip

KEYS: Final = Table(
    "process_keys", METADATA,
    Column("party", String(13), primary_key=True),
    Column("key", Found("process_keys.key"), primary_key=True),
    Column("instance_id", _UUID, ForeignKey("instances.id"), nullable=False),
)  # fmt: skip
"""The callers' own keys: one key begins one process, however often it is given."""
Index("ix_process_keys_instance", KEYS.c.instance_id)

TAGS: Final = Table(
    "process_tags", METADATA,
    Column("instance_id", _UUID, ForeignKey("instances.id"), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("value", Found("process_tags.value"), nullable=False),
    Column("begun_at", _MOMENT, nullable=False, server_default=""),
)  # fmt: skip
"""The callers' own words about processes, by which they find them again. ``begun_at`` is that of the process."""
Index("ix_process_tags_value", TAGS.c.name, TAGS.c.value, TAGS.c.begun_at, TAGS.c.instance_id)

TRANSITIONS: Final = Table(
    "transitions", METADATA,
    Column("instance_id", _UUID, ForeignKey("instances.id"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("at", _MOMENT, nullable=False),
    Column("trigger", Text, nullable=False),
    Column("from_state", Text, nullable=False),
    Column("to_state", Text, nullable=False),
    Column("message_id", _UUID),
    Column("effects", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("standing", String(9), nullable=False),
    Column("actor", Text),
    Column("reason", Text),
    Column("digest", String(64)),
    sqlite_with_rowid=False,
)  # fmt: skip
"""The log: what moved an instance, what followed, who says so, who did it and why. ``digest`` seals the step and the
one before it; ``None`` for steps from before there were digests."""

STEP_POINTS: Final = Table(
    "step_points", METADATA,
    Column("metering_point", String(18), primary_key=True),
    Column("at", _MOMENT, primary_key=True),
    Column("instance_id", _UUID, primary_key=True),
    Column("version", Integer, primary_key=True),
    sqlite_with_rowid=False,
)  # fmt: skip
"""Metering points that a step is about beside that of its process: those of a message with several.

Without foreign keys, which would be asked thousands of times for one message with values."""
Index("ix_step_points_step", STEP_POINTS.c.instance_id, STEP_POINTS.c.version)

OUTBOX: Final = Table(
    "outbox", METADATA,
    Column("number", _COUNTER, primary_key=True, autoincrement=True),
    Column("message_id", _UUID, nullable=False, unique=True),
    Column("instance_id", _UUID, ForeignKey("instances.id"), nullable=False),
    Column("party", String(13), nullable=False),
    Column("name", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("recipient", String(13), nullable=False),
    Column("metering_point", String(18)),
    Column("created_at", _MOMENT, nullable=False),
    Column("status", String(9), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", _MOMENT),
    Column("sent_at", _MOMENT),
    Column("error", SealedText("outbox.error")),
    Column("data", SealedBytes("outbox.data"), nullable=False),
    Column("role", String(3)),
    Column("channel", Text),
    Column("lease_by", Text),
    Column("lease_until", _MOMENT),
    Column("doubts", Integer),
    Column("version", Integer),
    Column("trace", _TRACE),
)  # fmt: skip
"""Messages to send.

``status``: pending, sent, failed (refused for good, or given up), held (until somebody decides). ``lease_by``,
``lease_until``: who is sending it, and how long no one else may. ``doubts``: tries that a hub which was well has not
answered as it should. ``version``: the step that made it. ``channel``: where a hub's waits to be fetched.
"""
_PENDING: Final = OUTBOX.c.status == "pending"
_WAITING: Final = and_(_PENDING, OUTBOX.c.channel.is_not(None))
Index(
    "ix_outbox_waiting", OUTBOX.c.recipient, OUTBOX.c.role, OUTBOX.c.channel, OUTBOX.c.number,
    sqlite_where=_WAITING, postgresql_where=_WAITING,
)  # fmt: skip
Index(
    "ix_outbox_pending", OUTBOX.c.number, OUTBOX.c.party, OUTBOX.c.status, OUTBOX.c.created_at,
    sqlite_where=_PENDING, postgresql_where=_PENDING,
)  # fmt: skip
_SET_ASIDE: Final = or_(OUTBOX.c.status == "held", OUTBOX.c.status == "failed")
Index("ix_outbox_set_aside", OUTBOX.c.status, OUTBOX.c.party, sqlite_where=_SET_ASIDE, postgresql_where=_SET_ASIDE)
Index(None, OUTBOX.c.instance_id)
UNSENT: Final = text("status IN ('pending', 'held')")
"""In the very words of the indexes, so that a database uses them whatever it knows of the values."""
for _name in ("instance_id", "metering_point"):
    Index(
        f"ix_outbox_unsent_{_name}", OUTBOX.c[_name], OUTBOX.c.number, sqlite_where=UNSENT, postgresql_where=UNSENT,
    )  # fmt: skip

EVIDENCE: Final = Table(
    "evidence", METADATA,
    Column("message_id", _UUID, primary_key=True),
    Column("sha256", String(64), primary_key=True),
    Column("at", _MOMENT, nullable=False),
    Column("decided", Text, nullable=False),
    Column("signer", Text),
    Column("certificate", String(64)),
    Column("data", SealedBytes("evidence.data"), nullable=False),
)  # fmt: skip
"""What the hub has signed about messages that were sent: the envelopes as they came, by the digest of each.
``decided``: the status that the message has by it. ``signer``: organisation number; ``certificate``: digest of its
certificate."""

TIMERS: Final = Table(
    "timers", METADATA,
    Column("instance_id", _UUID, ForeignKey("instances.id"), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("due_at", _MOMENT),
    Column("status", String(9), nullable=False),
    Column("set_at", _MOMENT, nullable=False),
    sqlite_with_rowid=False,
)  # fmt: skip
"""Deadlines. ``status``: set, fired, cancelled, unknown (no source gives the deadline)."""
_SET: Final = TIMERS.c.status == "set"
Index(
    "ix_timers_due", TIMERS.c.due_at, TIMERS.c.instance_id, TIMERS.c.name, sqlite_where=_SET, postgresql_where=_SET,
)  # fmt: skip

DEAD_LETTERS: Final = Table(
    "dead_letters", METADATA,
    Column("id", _UUID, primary_key=True),
    Column("sha256", String(64), ForeignKey("archive.sha256"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("sender", String(13)),
    Column("message_id", _UUID),
    Column("name", Text),
    Column("reason", Text, nullable=False),
    Column("text", SealedText("dead_letters.text"), nullable=False),
    Column("at", _MOMENT, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("resolved_at", _MOMENT),
)  # fmt: skip
"""What could not be handled, and why; it can be replayed."""
Index(None, DEAD_LETTERS.c.resolved_at, DEAD_LETTERS.c.at)

EVENTS: Final = Table(
    "events", METADATA,
    Column("number", _COUNTER, primary_key=True, autoincrement=True),
    Column("instance_id", _UUID, ForeignKey("instances.id"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("position", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("party", String(13), nullable=False),
    Column("at", _MOMENT, nullable=False),
    Column("data", Text, nullable=False),
    Column("trace", _TRACE),
    sqlite_autoincrement=True,
)  # fmt: skip
"""Domain events in one running order. Process, version and position give each a stable identification."""
Index("uq_events_key", EVENTS.c.instance_id, EVENTS.c.version, EVENTS.c.position, unique=True)

SUBSCRIPTIONS: Final = Table(
    "subscriptions", METADATA,
    Column("name", Text, primary_key=True),
    Column("event", Text, primary_key=True),
    Column("registered_at", _MOMENT, nullable=False),
    Column("after", BigInteger, nullable=False),
)  # fmt: skip
"""Who wants to hear which kinds of events, and after which number. Without a kind: what an upgrade has settled."""

DELIVERIES: Final = Table(
    "deliveries", METADATA,
    Column("number", _COUNTER, primary_key=True, autoincrement=True),
    Column("subscription", Text, nullable=False),
    Column("instance_id", _UUID, nullable=False),
    Column("version", Integer, nullable=False),
    Column("position", Integer, nullable=False),
    Column("event", Text, nullable=False),
    Column("status", String(9), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", _MOMENT, nullable=False),
    Column("leased_by", _UUID),
    Column("leased_until", _MOMENT),
    Column("error", Text),
    sqlite_autoincrement=True,
)  # fmt: skip
"""Deliveries: one row for each event that a subscription has not handled yet; removed once it has.

``status``: waiting; dead; held (from an earlier release: no subscription has named that kind yet).

``next_at`` is empty for what was never tried: so those come in the order of their numbers, before those that failed.
"""
_UNHEARD: Final = DELIVERIES.c.status == "waiting"
Index(
    "ix_deliveries_waiting", DELIVERIES.c.subscription, DELIVERIES.c.next_at, DELIVERIES.c.number,
    sqlite_where=_UNHEARD, postgresql_where=_UNHEARD,
)  # fmt: skip
Index(
    "ix_deliveries_process", DELIVERIES.c.subscription, DELIVERIES.c.instance_id, DELIVERIES.c.number,
    sqlite_where=_UNHEARD, postgresql_where=_UNHEARD,
)  # fmt: skip
_DEAD: Final = DELIVERIES.c.status == "dead"
Index("ix_deliveries_dead", DELIVERIES.c.subscription, sqlite_where=_DEAD, postgresql_where=_DEAD)

CONTRACTS: Final = Table(
    "contracts", METADATA,
    Column("party", String(13), primary_key=True),
    Column("metering_point", String(18), primary_key=True),
    Column("supplier", String(13), primary_key=True),
    Column("start", String(10), primary_key=True),
    Column("customer", Found("contracts.customer"), primary_key=True, server_default=""),
    Column("end", String(10)),
    Column("process", String(10), nullable=False),
    Column("status", String(9), nullable=False),
    Column("changed_at", _MOMENT, nullable=False),
    Column("told_at", _MOMENT),
)  # fmt: skip
"""Supply contracts as notified to a party. ``status``: in force, undone; ``customer``: a mark of whose, if known;
``told_at``: when the message that says so was created."""

ACCESSES: Final = Table(
    "accesses", METADATA,
    Column("party", String(13), primary_key=True),
    Column("metering_point", String(18), primary_key=True),
    Column("third_party", String(13), primary_key=True),
    Column("start", String(10), primary_key=True),
    Column("end", String(10)),
    Column("level", String(7), nullable=False),
    Column("extended_storage", Boolean, nullable=False),
    Column("changed_at", _MOMENT, nullable=False),
)  # fmt: skip
"""Third-party accesses as notified to a party."""

POINTS: Final = Table(
    "points", METADATA,
    Column("party", String(13), primary_key=True),
    Column("metering_point", String(18), primary_key=True),
    Column("grid_area", String(16)),
    Column("settlement", String(8)),
    Column("changed_at", _MOMENT, nullable=False),
)  # fmt: skip
"""Metering points that a party has to do with, as its portfolio said. ``settlement``: profiled, interval."""

VALUES_PLACE: Final = Table(
    "values_place", METADATA,
    Column("name", String(6), primary_key=True),
    Column("place", Text, nullable=False),
)  # fmt: skip
"""Where the files of the values store are: one row, named ``values``, or none."""

VALUES_FILES: Final = Table(
    "values_files", METADATA,
    Column("path", Text, primary_key=True),
    Column("party", String(13), nullable=False),
    Column("month", String(7), nullable=False),
    Column("first_cursor", BigInteger, nullable=False),
    Column("last_cursor", BigInteger, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("message_id", _UUID),
    Column("sender", String(13)),
    Column("added_at", _MOMENT, nullable=False),
)  # fmt: skip
"""The files of the values store; another file does not exist. ``path``: in its folder. ``month``: Norwegian month in
which the intervals begin. ``first_cursor``, ``last_cursor``: which arrivals are in it, one or (compacted) many."""
Index(None, VALUES_FILES.c.last_cursor)
Index(None, VALUES_FILES.c.party, VALUES_FILES.c.month)

LANES: Final = Table(
    "lanes", METADATA,
    Column("name", Text, primary_key=True),
    Column("next_at", _MOMENT),
    Column("ended_at", _MOMENT),
    Column("failures", Integer, nullable=False),
    Column("error", Text),
    Column("leased_by", Text),
    Column("leased_until", _MOMENT),
)  # fmt: skip
"""Lanes of work that workers share, such as ``poll/GLN/ROLE/CHANNEL``, and parties, as ``party/GLN``.

``next_at``: not before. ``ended_at``: when it was last done. ``failures``: in a row, with the last ``error``.
``leased_by``, ``leased_until``: who is at it, where no job engine keeps that (SQLite).
"""

PROTECTION: Final = Table(
    "protection_log", METADATA,
    Column("number", _COUNTER, primary_key=True, autoincrement=True),
    Column("at", _MOMENT, nullable=False),
    Column("action", String(12), nullable=False),
    Column("actor", Text),
    Column("reason", Text),
    Column("detail", Text, nullable=False),
    Column("digest", String(64), nullable=False),
    sqlite_autoincrement=True,
)  # fmt: skip
"""What was purged, exported or erased, when and by whom, in kinds and counts; nothing about whom. Each row seals the
one before it, and the rows of the two tables below that were written with it."""

LOG_CUTS: Final = Table(
    "log_cuts", METADATA,
    Column("instance_id", _UUID, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("digest", String(64)),
    Column("number", BigInteger, nullable=False),
)  # fmt: skip
"""Steps of a process up to ``version`` were purged; ``digest`` is that of the last of them. ``number``: by which entry
of the protection log. The process itself may be gone, too."""
Index(None, LOG_CUTS.c.number)

LOG_ERASURES: Final = Table(
    "log_erasures", METADATA,
    Column("instance_id", _UUID, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("number", BigInteger, primary_key=True),
)  # fmt: skip
"""Steps in which words about a person were masked: ``digest`` seals the step as it now is; the step itself bears the
one that it was written with."""
Index(None, LOG_ERASURES.c.number)

DATA_KEYS: Final = Table(
    "data_keys", METADATA,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("purpose", String(8), nullable=False),
    Column("wrapped", LargeBinary, nullable=False),
    Column("wrapped_by", String(16), nullable=False),
    Column("created_at", _MOMENT, nullable=False),
    sqlite_autoincrement=True,
)  # fmt: skip
"""Keys that columns are encrypted with, wrapped by a key that is not in the database, known as ``wrapped_by``.
``purpose``: content, lookup. None in a database that is not encrypted."""
