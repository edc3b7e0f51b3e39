"""How Alembic runs the versions: on the connection, and in the transaction, it is handed."""

from __future__ import annotations

from alembic import context

from hub.store.tables import metadata


def run() -> None:
    """Apply what `hub.store.upkeep` asks for."""
    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=metadata,
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()


run()
