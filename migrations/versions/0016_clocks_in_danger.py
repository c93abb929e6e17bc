"""Clocks that warned or are breached have an index of their own: they are asked for by how urgent they are."""

from alembic import op

from ltc.store.view_tables import VIEW_TABLES

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    (index,) = (one for one in VIEW_TABLES["slas"].indexes if one.name == "ix_slas_danger")
    index.create(op.get_bind(), checkfirst=True)


def downgrade() -> None:
    op.drop_index("ix_slas_danger", "slas", if_exists=True)
