"""Ended chains are found by two filters together; clocks are no longer looked up by their start, so that index goes."""

from alembic import op

from ltc.store.view_tables import VIEW_TABLES

revision = "0014"
down_revision = "0013"

_ADDED = ("ix_chains_closed_process_outcome", "ix_chains_closed_process_leg", "ix_chains_closed_outcome_leg")


def upgrade() -> None:
    for name in _ADDED:
        (index,) = (one for one in VIEW_TABLES["chains"].indexes if one.name == name)
        index.create(op.get_bind(), checkfirst=True)
    op.drop_index("ix_slas_started", "slas", if_exists=True)


def downgrade() -> None:
    op.create_index("ix_slas_started", "slas", ["started"], if_not_exists=True)
    for name in _ADDED:
        op.drop_index(name, "chains", if_exists=True)
