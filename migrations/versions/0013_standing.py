"""What stands open is also found in the order of chains: two small indexes of views."""

from alembic import op

from ltc.store.view_tables import VIEW_TABLES

revision = "0013"
down_revision = "0012"

_ADDED = (("chains", "ix_chains_standing"), ("slas", "ix_slas_standing"))


def upgrade() -> None:
    for table, name in _ADDED:
        (index,) = (one for one in VIEW_TABLES[table].indexes if one.name == name)
        index.create(op.get_bind(), checkfirst=True)


def downgrade() -> None:
    for table, name in _ADDED:
        op.drop_index(name, table, if_exists=True)
