"""The manifest of the values store."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Where the files are, and which of them there are; values that came before are taken in from the archive."""
    op.create_table(
        "values_place",
        sa.Column("name", sa.String(length=6), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_values_place")),
    )
    op.create_table(
        "values_files",
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("party", sa.String(length=13), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("first_cursor", sa.BigInteger(), nullable=False),
        sa.Column("last_cursor", sa.BigInteger(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("message_id", sa.String(length=36), nullable=True),
        sa.Column("sender", sa.String(length=13), nullable=True),
        sa.Column("added_at", sa.String(length=27), nullable=False),
        sa.PrimaryKeyConstraint("path", name=op.f("pk_values_files")),
    )
    op.create_index("ix_values_files_last_cursor", "values_files", ["last_cursor"])
    op.create_index("ix_values_files_party_month", "values_files", ["party", "month"])
