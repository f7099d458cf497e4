"""Alembic reads this file before it takes a step: on the connection that ``upgrade`` was given."""

from alembic import context

# SQLite cannot alter a column: Alembic then copies the table.
context.configure(connection=context.config.attributes["connection"], render_as_batch=True)
context.run_migrations()
