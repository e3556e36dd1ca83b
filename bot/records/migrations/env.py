"""Alembic runs this; the connection is given by bot.records.episode_database, inside its transaction."""

from alembic import context

from bot.records.episode_tables import METADATA, VERSIONS

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA, version_table=VERSIONS)
context.run_migrations()
