"""The metering points of portfolios."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Which points a party has to do with; none of them is known before its portfolio is taken over."""
    op.create_table(
        "points",
        sa.Column("party", sa.String(length=13), nullable=False),
        sa.Column("metering_point", sa.String(length=18), nullable=False),
        sa.Column("grid_area", sa.String(length=16), nullable=True),
        sa.Column("settlement", sa.String(length=8), nullable=True),
        sa.Column("changed_at", sa.String(length=27), nullable=False),
        sa.PrimaryKeyConstraint("party", "metering_point", name=op.f("pk_points")),
    )
