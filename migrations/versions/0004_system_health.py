"""How the outside systems are doing, as the workers see them."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "system_health",
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("worker", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("since", moment, nullable=False),
        sa.Column("next_try", moment, nullable=True),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("waiting", sa.Integer(), nullable=False),
        sa.Column("seen", moment, nullable=False),
        sa.PrimaryKeyConstraint("system", "worker"),
    )


def downgrade() -> None:
    op.drop_table("system_health")
