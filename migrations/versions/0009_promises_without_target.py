"""Promises whose target could not be had say why: the views are made anew."""

from alembic import op

from ltc.store import views

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    views.drop(op.get_bind())


def downgrade() -> None:
    views.drop(op.get_bind(), anew=False)
