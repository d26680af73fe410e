"""A contract is of one customer: a mark of whose it is joins its key; it is not known of those that are there."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_OLD = ("party", "metering_point", "supplier", "start", "end", "process", "status", "changed_at")


def upgrade() -> None:
    """Make the table anew: SQLite cannot change a key."""
    names = ", ".join(f'"{name}"' for name in _OLD)  # nothing from outside
    op.execute(f"CREATE TABLE contracts_before AS SELECT {names} FROM contracts")  # noqa: S608
    op.drop_table("contracts")
    op.create_table(
        "contracts",
        sa.Column("party", sa.String(length=13), nullable=False),
        sa.Column("metering_point", sa.String(length=18), nullable=False),
        sa.Column("supplier", sa.String(length=13), nullable=False),
        sa.Column("start", sa.String(length=10), nullable=False),
        sa.Column("customer", sa.String(length=16), nullable=False, server_default=""),
        sa.Column("end", sa.String(length=10), nullable=True),
        sa.Column("process", sa.String(length=10), nullable=False),
        sa.Column("status", sa.String(length=9), nullable=False),
        sa.Column("changed_at", sa.String(length=27), nullable=False),
        sa.PrimaryKeyConstraint("party", "metering_point", "supplier", "start", "customer", name=op.f("pk_contracts")),
    )
    op.execute(f"INSERT INTO contracts ({names}) SELECT {names} FROM contracts_before")  # noqa: S608
    op.drop_table("contracts_before")
