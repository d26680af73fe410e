"""Rows say in which span they were written; what waits, is held or is dead is counted along indices."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Rows from before were not traced."""
    for table in ("inbox", "outbox", "events"):
        op.add_column(table, sa.Column("trace", sa.String(length=55), nullable=True))
    op.drop_index("ix_outbox_pending", table_name="outbox")
    for name, table, columns, condition in (
        ("ix_outbox_pending", "outbox", ["number", "party", "status", "created_at"], "status = 'pending'"),
        ("ix_outbox_set_aside", "outbox", ["status", "party"], "status = 'held' OR status = 'failed'"),
        ("ix_deliveries_dead", "deliveries", ["subscription"], "status = 'dead'"),
    ):
        where = sa.text(condition)
        op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)
