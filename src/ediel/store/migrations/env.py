"""How Alembic finds the connection: the store hands it over."""

from alembic import context

from ediel.store._revisions import VERSIONS
from ediel.store._schema import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    version_table=VERSIONS,  # `alembic_version` is the host application's
    render_as_batch=True,  # SQLite changes a table by making it anew
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
