"""Each process says with which revision of its table it was stored; families have one name everywhere."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_NAMES = {
    "annual volume": "annual_volume",
    "end of supply": "end_of_supply",
    "master data": "master_data",
    "shared production": "shared_production",
    "values": "metering_values",
}


def upgrade() -> None:
    """Add the column; what is there is of revision 1. Rename the tables of processes."""
    op.add_column("instances", sa.Column("revision", sa.Integer(), nullable=False, server_default="1"))
    instances = sa.table("instances", sa.column("machine", sa.Text()))
    for before, after in _NAMES.items():
        renamed = sa.func.replace(instances.c.machine, f"{before}/", f"{after}/")
        op.execute(instances.update().where(instances.c.machine.like(f"{before}/%")).values(machine=renamed))
