"""Ladders at rest are found by an index of their own: the views are made anew."""

from alembic import op

from ltc.store import views

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    views.drop(op.get_bind())


def downgrade() -> None:
    views.drop(op.get_bind(), anew=False)
