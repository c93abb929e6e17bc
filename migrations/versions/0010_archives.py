"""Archives: what was archived, in which files, and where each chain is."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "archives",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("id", "folder", "format", "state")),
        sa.Column("before", moment, nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("process", "actor")),
        sa.Column("at", moment, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "archive_parts",
        sa.Column("archive", sa.Text(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("file", "sha256", "state", "chains", "rows")),
        *(sa.Column(name, moment, nullable=False) for name in ("first_ended", "last_ended")),
        sa.PrimaryKeyConstraint("archive", "part"),
    )
    op.create_table(
        "archived",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("chain", "archive")),
        sa.Column("part", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("process", "number", "customer", "outcome")),
        sa.Column("started", moment, nullable=True),
        sa.Column("ended", moment, nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("chain"),
    )
    op.create_index("ix_archived_archive_part", "archived", ["archive", "part"])
    op.create_index("ix_archived_number", "archived", ["number"])


def downgrade() -> None:
    for name in ("archived", "archive_parts", "archives"):
        op.drop_table(name)
