"""How far the CRM knows of each chain's outcomes."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "writebacks",
        sa.Column("chain", sa.Text(), nullable=False),
        sa.Column("opportunity", sa.Text(), nullable=False),
        sa.Column("run", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("sending", sa.Text(), nullable=False),
        sa.Column("sent_at", moment),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("until", moment),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_try", moment),
        sa.Column("trouble", sa.Text(), nullable=False),
        sa.Column("finished", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("chain"),
    )
    op.create_index("ix_writebacks_finished", "writebacks", ["finished"])


def downgrade() -> None:
    op.drop_table("writebacks")
