"""Events have one running order, subscriptions and deliveries are rows; processes have the callers' keys and tags."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_COUNTER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Number the events in their order; what was not handled is held for the handlers of ``engine.on``."""
    op.add_column("outbox", sa.Column("version", sa.Integer(), nullable=True))
    op.drop_index("ix_events_undelivered", table_name="events")
    op.rename_table("events", "events_before")
    if op.get_bind().dialect.name == "postgresql":  # there, names of keys are names of relations
        op.execute("ALTER TABLE events_before RENAME CONSTRAINT pk_events TO pk_events_before")
    op.create_table(
        "events",
        sa.Column("number", _COUNTER, primary_key=True, autoincrement=True),
        sa.Column("instance_id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("party", sa.String(length=13), nullable=False),
        sa.Column("at", sa.String(length=27), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["instance_id"], ["instances.id"], name=op.f("fk_events_instance_id")),
        sqlite_autoincrement=True,
    )
    op.execute(
        "INSERT INTO events (instance_id, version, position, name, party, at, data) "
        "SELECT instance_id, version, position, name, party, at, data FROM events_before "
        "ORDER BY at, instance_id, version, position"
    )
    op.create_index("uq_events_key", "events", ["instance_id", "version", "position"], unique=True)
    op.create_table(
        "process_keys",
        sa.Column("party", sa.String(length=13), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("instance_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["instance_id"], ["instances.id"], name=op.f("fk_process_keys_instance_id")),
        sa.PrimaryKeyConstraint("party", "key", name=op.f("pk_process_keys")),
    )
    op.create_table(
        "process_tags",
        sa.Column("instance_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["instance_id"], ["instances.id"], name=op.f("fk_process_tags_instance_id")),
        sa.PrimaryKeyConstraint("instance_id", "name", name=op.f("pk_process_tags")),
    )
    op.create_index("ix_process_tags_value", "process_tags", ["name", "value", "instance_id"])
    op.create_table(
        "subscriptions",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("registered_at", sa.String(length=27), nullable=False),
        sa.Column("after", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", "event", name=op.f("pk_subscriptions")),
    )
    op.create_table(
        "deliveries",
        sa.Column("number", _COUNTER, primary_key=True, autoincrement=True),
        sa.Column("subscription", sa.Text(), nullable=False),
        sa.Column("instance_id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=9), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.String(length=27), nullable=False),
        sa.Column("leased_by", sa.String(length=36), nullable=True),
        sa.Column("leased_until", sa.String(length=27), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sqlite_autoincrement=True,
    )
    waiting = sa.text("status = 'waiting'")
    for name, columns in (
        ("ix_deliveries_waiting", ["subscription", "next_at", "number"]),
        ("ix_deliveries_process", ["subscription", "instance_id", "number"]),
    ):
        op.create_index(name, "deliveries", columns, unique=False, sqlite_where=waiting, postgresql_where=waiting)
    op.execute(
        "INSERT INTO deliveries (subscription, instance_id, version, position, event, status, attempts, next_at) "
        "SELECT 'handlers', e.instance_id, e.version, e.position, e.name, 'held', 0, '' "
        "FROM events e JOIN events_before b ON b.instance_id = e.instance_id AND b.version = e.version "
        "AND b.position = e.position WHERE b.delivered_at IS NULL ORDER BY e.number"
    )
    op.drop_table("events_before")
    op.execute(
        "INSERT INTO subscriptions (name, event, registered_at, after) "
        "SELECT 'handlers', '', max(at), max(number) FROM events HAVING count(*) > 0"
    )
