"""Messages of the inbox have one running order; a contract says when what is known of it was told."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What came before is numbered by the moment at which it came, and by its place in what it came with."""
    op.add_column("contracts", sa.Column("told_at", sa.String(length=27), nullable=True))
    op.add_column("inbox", sa.Column("number", sa.BigInteger(), nullable=True))
    op.execute(
        "UPDATE inbox SET number = numbered.place FROM (SELECT message_id, sender, row_number() OVER "
        "(ORDER BY received_at, sha256, position) AS place FROM inbox) AS numbered "
        "WHERE inbox.message_id = numbered.message_id AND inbox.sender = numbered.sender"
    )
    op.drop_index("ix_inbox_received_at", table_name="inbox")
    op.create_index("uq_inbox_number", "inbox", ["number"], unique=True)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE SEQUENCE inbox_number")
        op.execute("SELECT setval('inbox_number', coalesce(max(number), 0) + 1, false) FROM inbox")
