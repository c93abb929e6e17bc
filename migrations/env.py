"""Alembic's entry: runs on the connection that ltc.store.migrate hands over."""

from alembic import context

from ltc.store.records import METADATA
from ltc.store.view_tables import VIEW_TABLES

connection = context.config.attributes.get("connection")
if connection is None or not VIEW_TABLES:
    raise RuntimeError("migrations run through 'ltc db upgrade' (ltc.store.migrate.upgrade), not through alembic alone")
context.configure(connection=connection, target_metadata=METADATA, transactional_ddl=True)
context.run_migrations()
