"""The log of steps says who acted and why, and each step seals the one before it."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add actor, reason and digest. Steps from before have no digest: a chain begins with the next step."""
    op.add_column("transitions", sa.Column("actor", sa.Text(), nullable=True))
    op.add_column("transitions", sa.Column("reason", sa.Text(), nullable=True))
    op.add_column("transitions", sa.Column("digest", sa.String(length=64), nullable=True))
    op.add_column("instances", sa.Column("log_digest", sa.String(length=64), nullable=True))
    op.create_index("ix_process_keys_instance", "process_keys", ["instance_id"])
