"""Messages to send are claimed before they are sent, and what the hub has signed about them is kept."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the lease, and the table of evidence. Nothing is claimed before the first courier has run."""
    op.add_column("outbox", sa.Column("lease_by", sa.Text(), nullable=True))
    op.add_column("outbox", sa.Column("lease_until", sa.String(length=27), nullable=True))
    op.add_column("outbox", sa.Column("doubts", sa.Integer(), nullable=True))
    op.create_table(
        "evidence",
        sa.Column("message_id", sa.String(length=36), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("at", sa.String(length=27), nullable=False),
        sa.Column("decided", sa.Text(), nullable=False),
        sa.Column("signer", sa.Text(), nullable=True),
        sa.Column("certificate", sa.String(length=64), nullable=True),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("message_id", "sha256", name=op.f("pk_evidence")),
    )
