"""Views: folds of the records, made as the code says they are; a later change of theirs drops and makes them anew."""

from alembic import op

from ltc.store import views

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    views.drop(op.get_bind())


def downgrade() -> None:
    views.drop(op.get_bind(), anew=False)
