"""The archive is packed: each row says how. Rows that are there stay as they are."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What arrived before is kept as it came."""
    op.add_column("archive", sa.Column("packing", sa.String(length=8), nullable=False, server_default=""))
