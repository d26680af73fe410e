"""Each process says with which revision of its table it was stored; families, states and events have plain names."""

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

_STATES = {
    "annual_volume/hub": ("taken", "accepted"),
    "master_data/hub": ("taken", "accepted"),
    "query/hub": ("looking", "accepted"),
    "question/asker": ("taken", "accepted"),
    "question/hub": ("looking", "accepted"),
}
_EVENTS = {"AnswerTaken": "AnswerAccepted", "QueryTaken": "QueryAccepted", "QuestionTaken": "QuestionAccepted"}


def upgrade() -> None:
    """Add the column; what is there is of revision 1. Rename the tables of processes, their states and events."""
    op.add_column("instances", sa.Column("revision", sa.Integer(), nullable=False, server_default="1"))
    instances = sa.table("instances", sa.column("machine", sa.Text()))
    for before, after in _NAMES.items():
        renamed = sa.func.replace(instances.c.machine, f"{before}/", f"{after}/")
        op.execute(instances.update().where(instances.c.machine.like(f"{before}/%")).values(machine=renamed))
    _rename_states()
    events = sa.table("events", sa.column("name", sa.Text()))
    for before, after in _EVENTS.items():
        op.execute(events.update().where(events.c.name == before).values(name=after))


def _rename_states() -> None:
    """Of the processes, and in the log of their steps."""
    instances = sa.table("instances", sa.column("id"), sa.column("machine", sa.Text()), sa.column("state", sa.Text()))
    steps = sa.table(
        "transitions", sa.column("instance_id"), sa.column("from_state", sa.Text()), sa.column("to_state", sa.Text())
    )
    for machine, (before, after) in _STATES.items():
        of_table = steps.c.instance_id.in_(sa.select(instances.c.id).where(instances.c.machine == machine))
        op.execute(steps.update().where(of_table, steps.c.from_state == before).values(from_state=after))
        op.execute(steps.update().where(of_table, steps.c.to_state == before).values(to_state=after))
        renamed = instances.update().where(instances.c.machine == machine, instances.c.state == before)
        op.execute(renamed.values(state=after))
