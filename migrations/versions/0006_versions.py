"""Bulk actions with a result per chain, and what systems answered: so that a chain can be gone through again."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "bulks",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "bulk_items",
        sa.Column("bulk", sa.Text(), nullable=False),
        sa.Column("chain", sa.Text(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("at", moment, nullable=True),
        sa.PrimaryKeyConstraint("bulk", "chain"),
    )
    op.create_index(op.f("ix_bulk_items_bulk_ordinal"), "bulk_items", ["bulk", "ordinal"], unique=False)
    op.create_table(
        "answers",
        sa.Column("chain", sa.Text(), nullable=False),
        sa.Column("activity", sa.Text(), nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("asked", moment, nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("args", sa.Text(), nullable=False),
        sa.Column("result", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("chain", "activity"),
    )


def downgrade() -> None:
    for name in ("answers", "bulk_items", "bulks"):
        op.drop_table(name)
