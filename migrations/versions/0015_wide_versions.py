"""Versions of documents outgrow 32 bits where a system counts them in milliseconds: the views are made anew."""

from alembic import op

from ltc.store import views

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":  # whole numbers of SQLite have 64 bits anyway
        views.drop(op.get_bind())


def downgrade() -> None:
    pass  # a wider column holds what the narrower one held
