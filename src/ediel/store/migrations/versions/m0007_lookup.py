"""Processes are found by point, status, process and tag through indices; steps about several points name each."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_RESTING = {
    "supply/requester": ("supplying",),
    "supply/leaver": ("ended", "reopened"),
    "supply/last resort": ("supplying", "ended", "withdrawn"),
    "supply/grid access provider": ("informed", "refused", "withdrawn"),
    "supply/hub": ("effective",),
    "end_of_supply/requester": ("ended",),
    "end_of_supply/hub": ("effective",),
    "access/third party": ("granted",),
    "access/hub": ("granted",),
    "annual_volume/grid access provider": ("accepted", "partly rejected"),
    "metering_values/collector": ("sent", "accepted", "partly rejected"),
    "shared_production/grid access provider": ("active",),
    "shared_production/hub": ("active",),
    "master_data/sender": ("sent",),
    "question/asker": ("given up",),
    "question/grid access provider": ("answering",),
}
"""States of the tables at this revision in which a process is done, though something may still come."""


def upgrade() -> None:
    """Add the status, the day of beginning of tags, the points of steps, and the indices that a lookup reads."""
    op.add_column("instances", sa.Column("status", sa.String(length=9), nullable=False, server_default="open"))
    instances = sa.table(
        "instances",
        sa.column("id", sa.Text()),
        sa.column("machine", sa.Text()),
        sa.column("state", sa.Text()),
        sa.column("open", sa.Boolean()),
        sa.column("status", sa.Text()),
        sa.column("begun_at", sa.Text()),
    )
    op.execute(instances.update().where(instances.c.open.is_(False)).values(status="closed"))
    for machine, states in _RESTING.items():
        resting = sa.and_(instances.c.machine == machine, instances.c.state.in_(states))
        op.execute(instances.update().where(resting).values(status="resting"))
    for name, columns in (
        ("ix_instances_point", ["metering_point", "begun_at", "id"]),
        ("ix_instances_status", ["party", "status", "begun_at", "id"]),
        ("ix_instances_process", ["party", "process", "status", "begun_at", "id"]),
    ):
        op.create_index(name, "instances", columns)
    op.add_column("process_tags", sa.Column("begun_at", sa.String(length=27), nullable=False, server_default=""))
    tags = sa.table("process_tags", sa.column("instance_id", sa.Text()), sa.column("begun_at", sa.Text()))
    begun = sa.select(instances.c.begun_at).where(instances.c.id == tags.c.instance_id).scalar_subquery()
    op.execute(tags.update().values(begun_at=begun))
    op.drop_index("ix_process_tags_value", table_name="process_tags")
    op.create_index("ix_process_tags_value", "process_tags", ["name", "value", "begun_at", "instance_id"])
    op.create_table(
        "step_points",
        sa.Column("metering_point", sa.String(length=18), nullable=False),
        sa.Column("at", sa.String(length=27), nullable=False),
        sa.Column("instance_id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("metering_point", "at", "instance_id", "version", name=op.f("pk_step_points")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_step_points_step", "step_points", ["instance_id", "version"])
    set_timers = sa.text("status = 'set'")
    op.drop_index("ix_timers_due", table_name="timers")
    order = ["due_at", "instance_id", "name"]
    op.create_index("ix_timers_due", "timers", order, sqlite_where=set_timers, postgresql_where=set_timers)
