"""Lanes of work that several processes share, and indexes by which a claim finds what waits before a message."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_UNSENT = sa.text("status IN ('pending', 'held')")


def upgrade() -> None:
    """Add a table and two indexes: what ran before goes on beside it."""
    op.create_table(
        "lanes",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("next_at", sa.String(length=27), nullable=True),
        sa.Column("ended_at", sa.String(length=27), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("leased_by", sa.Text(), nullable=True),
        sa.Column("leased_until", sa.String(length=27), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_lanes")),
    )
    for column in ("instance_id", "metering_point"):
        op.create_index(
            f"ix_outbox_unsent_{column}", "outbox", [column, "number"],
            sqlite_where=_UNSENT, postgresql_where=_UNSENT,
        )  # fmt: skip
