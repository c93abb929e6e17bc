"""The rule of an approval's level, who follows whom, and what happens by itself: the views are made anew."""

from alembic import op

from ltc.store import views

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    views.drop(op.get_bind())


def downgrade() -> None:
    views.drop(op.get_bind(), anew=False)
