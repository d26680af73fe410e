"""What was purged, exported or erased is recorded; the database may be encrypted, and keeps its data keys wrapped."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_COUNTER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the tables; nothing that is there changes."""
    op.create_table(
        "protection_log",
        sa.Column("number", _COUNTER, autoincrement=True, nullable=False),
        sa.Column("at", sa.String(length=27), nullable=False),
        sa.Column("action", sa.String(length=12), nullable=False),
        sa.Column("actor", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_protection_log")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "log_cuts",
        sa.Column("instance_id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("instance_id", "version", name=op.f("pk_log_cuts")),
    )
    op.create_index("ix_log_cuts_number", "log_cuts", ["number"])
    op.create_table(
        "log_erasures",
        sa.Column("instance_id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("instance_id", "version", "number", name=op.f("pk_log_erasures")),
    )
    op.create_index("ix_log_erasures_number", "log_erasures", ["number"])
    op.create_table(
        "data_keys",
        sa.Column("number", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("purpose", sa.String(length=8), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("wrapped_by", sa.String(length=16), nullable=False),
        sa.Column("created_at", sa.String(length=27), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_data_keys")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("contracts") as contracts:  # what is encrypted is longer
        contracts.alter_column(
            "customer", type_=sa.Text(), existing_type=sa.String(length=16), existing_nullable=False,
            existing_server_default=sa.text("''"),
        )  # fmt: skip
