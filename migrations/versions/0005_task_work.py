"""Views again: tasks that are done, not decided, keep what was saved, ticked and answered."""

from alembic import op

from ltc.store import views

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    views.drop(op.get_bind())


def downgrade() -> None:
    views.drop(op.get_bind())
