"""The first tables: archive, inbox, processes and their log, outbox, timers, dead letters, events, contracts."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "accesses",
        sa.Column("party", sa.String(length=13), nullable=False),
        sa.Column("metering_point", sa.String(length=18), nullable=False),
        sa.Column("third_party", sa.String(length=13), nullable=False),
        sa.Column("start", sa.String(length=10), nullable=False),
        sa.Column("end", sa.String(length=10), nullable=True),
        sa.Column("level", sa.String(length=7), nullable=False),
        sa.Column("extended_storage", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.String(length=27), nullable=False),
        sa.PrimaryKeyConstraint("party", "metering_point", "third_party", "start", name=op.f("pk_accesses")),
    )
    op.create_table(
        "archive",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("received_at", sa.String(length=27), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_archive")),
    )
    op.create_table(
        "contracts",
        sa.Column("party", sa.String(length=13), nullable=False),
        sa.Column("metering_point", sa.String(length=18), nullable=False),
        sa.Column("supplier", sa.String(length=13), nullable=False),
        sa.Column("start", sa.String(length=10), nullable=False),
        sa.Column("end", sa.String(length=10), nullable=True),
        sa.Column("process", sa.String(length=10), nullable=False),
        sa.Column("status", sa.String(length=9), nullable=False),
        sa.Column("changed_at", sa.String(length=27), nullable=False),
        sa.PrimaryKeyConstraint("party", "metering_point", "supplier", "start", name=op.f("pk_contracts")),
    )
    op.create_table(
        "instances",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("machine", sa.Text(), nullable=False),
        sa.Column("party", sa.String(length=13), nullable=False),
        sa.Column("process", sa.String(length=10), nullable=True),
        sa.Column("metering_point", sa.String(length=18), nullable=True),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("begun_at", sa.String(length=27), nullable=False),
        sa.Column("changed_at", sa.String(length=27), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_instances")),
    )
    op.create_index("ix_instances_subject", "instances", ["subject", "machine", "party"], unique=False)
    op.create_table(
        "parties",
        sa.Column("gln", sa.String(length=13), nullable=False),
        sa.Column("role", sa.String(length=3), nullable=False),
        sa.Column("physical_sender", sa.String(length=13), nullable=False),
        sa.Column("hub", sa.String(length=13), nullable=False),
        sa.Column("added_at", sa.String(length=27), nullable=False),
        sa.PrimaryKeyConstraint("gln", "role", name=op.f("pk_parties")),
    )
    op.create_table(
        "dead_letters",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("sender", sa.String(length=13), nullable=True),
        sa.Column("message_id", sa.String(length=36), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", sa.String(length=27), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("resolved_at", sa.String(length=27), nullable=True),
        sa.ForeignKeyConstraint(["sha256"], ["archive.sha256"], name=op.f("fk_dead_letters_sha256")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dead_letters")),
    )
    op.create_index(op.f("ix_dead_letters_resolved_at_at"), "dead_letters", ["resolved_at", "at"], unique=False)
    op.create_table(
        "events",
        sa.Column("instance_id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("party", sa.String(length=13), nullable=False),
        sa.Column("at", sa.String(length=27), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("delivered_at", sa.String(length=27), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["instance_id"], ["instances.id"], name=op.f("fk_events_instance_id")),
        sa.PrimaryKeyConstraint("instance_id", "version", "position", name=op.f("pk_events")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_events_undelivered",
        "events",
        ["at"],
        unique=False,
        sqlite_where=sa.text("delivered_at IS NULL"),
        postgresql_where=sa.text("delivered_at IS NULL"),
    )
    op.create_table(
        "inbox",
        sa.Column("message_id", sa.String(length=36), nullable=False),
        sa.Column("sender", sa.String(length=13), nullable=False),
        sa.Column("party", sa.String(length=13), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("process", sa.String(length=10), nullable=False),
        sa.Column("role", sa.String(length=3), nullable=False),
        sa.Column("metering_point", sa.String(length=18), nullable=True),
        sa.Column("received_at", sa.String(length=27), nullable=False),
        sa.Column("outcome", sa.String(length=12), nullable=False),
        sa.Column("instance_id", sa.String(length=36), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["instance_id"], ["instances.id"], name=op.f("fk_inbox_instance_id")),
        sa.ForeignKeyConstraint(["sha256"], ["archive.sha256"], name=op.f("fk_inbox_sha256")),
        sa.PrimaryKeyConstraint("message_id", "sender", name=op.f("pk_inbox")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_inbox_received_at"), "inbox", ["received_at"], unique=False)
    op.create_table(
        "outbox",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("message_id", sa.String(length=36), nullable=False),
        sa.Column("instance_id", sa.String(length=36), nullable=False),
        sa.Column("party", sa.String(length=13), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("recipient", sa.String(length=13), nullable=False),
        sa.Column("metering_point", sa.String(length=18), nullable=True),
        sa.Column("created_at", sa.String(length=27), nullable=False),
        sa.Column("status", sa.String(length=9), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.String(length=27), nullable=True),
        sa.Column("sent_at", sa.String(length=27), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["instance_id"], ["instances.id"], name=op.f("fk_outbox_instance_id")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_outbox")),
        sa.UniqueConstraint("message_id", name=op.f("uq_outbox_message_id")),
    )
    op.create_index(op.f("ix_outbox_instance_id"), "outbox", ["instance_id"], unique=False)
    op.create_index(
        "ix_outbox_pending",
        "outbox",
        ["number"],
        unique=False,
        sqlite_where=sa.text("status = 'pending'"),
        postgresql_where=sa.text("status = 'pending'"),
    )
    op.create_table(
        "timers",
        sa.Column("instance_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("due_at", sa.String(length=27), nullable=True),
        sa.Column("status", sa.String(length=9), nullable=False),
        sa.Column("set_at", sa.String(length=27), nullable=False),
        sa.ForeignKeyConstraint(["instance_id"], ["instances.id"], name=op.f("fk_timers_instance_id")),
        sa.PrimaryKeyConstraint("instance_id", "name", name=op.f("pk_timers")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_timers_due",
        "timers",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("status = 'set'"),
        postgresql_where=sa.text("status = 'set'"),
    )
    op.create_table(
        "transitions",
        sa.Column("instance_id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", sa.String(length=27), nullable=False),
        sa.Column("trigger", sa.Text(), nullable=False),
        sa.Column("from_state", sa.Text(), nullable=False),
        sa.Column("to_state", sa.Text(), nullable=False),
        sa.Column("message_id", sa.String(length=36), nullable=True),
        sa.Column("effects", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("standing", sa.String(length=9), nullable=False),
        sa.ForeignKeyConstraint(["instance_id"], ["instances.id"], name=op.f("fk_transitions_instance_id")),
        sa.PrimaryKeyConstraint("instance_id", "version", name=op.f("pk_transitions")),
        sqlite_with_rowid=False,
    )
