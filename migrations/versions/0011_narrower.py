"""Indexes of views that answer without the row: the views are made anew."""

from alembic import op

from ltc.store import views

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    views.drop(op.get_bind())


def downgrade() -> None:
    views.drop(op.get_bind())
