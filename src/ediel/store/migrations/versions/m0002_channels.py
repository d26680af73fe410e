"""The outbox knows in which role its recipient fetches a message, and on which channel: for a hub."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns. What a market party sends is not fetched, so they stay empty there."""
    op.add_column("outbox", sa.Column("role", sa.String(length=3), nullable=True))
    op.add_column("outbox", sa.Column("channel", sa.Text(), nullable=True))
    waiting = sa.text("status = 'pending' AND channel IS NOT NULL")
    op.create_index(
        "ix_outbox_waiting",
        "outbox",
        ["recipient", "role", "channel", "number"],
        unique=False,
        sqlite_where=waiting,
        postgresql_where=waiting,
    )
