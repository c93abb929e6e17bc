"""Answers at scale: starts say whether their chain was heard of, the trail lies in its key's order, other indexes."""

import sqlalchemy as sa
from alembic import op

from ltc.store import views

revision = "0008"
down_revision = "0007"

_TRAIL = (
    "chain", "run", "seq", "at", "wall", "kind", "leg", "item", "step", "visit", "data", "digest", "superseded",
)  # fmt: skip


def upgrade() -> None:
    _starts()
    op.create_index("ix_inbox_chain", "inbox", ["chain"])
    op.drop_index("ix_trail_chain_seq", "trail")
    if op.get_bind().dialect.name == "sqlite":
        _trail(rowid=False)
    op.create_table(
        "refold_parts",
        sa.Column("first", sa.Text(), nullable=False),
        sa.Column("last", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("chains", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("first"),
    )
    views.drop(op.get_bind())


def downgrade() -> None:
    op.drop_table("refold_parts")
    if op.get_bind().dialect.name == "sqlite":
        _trail(rowid=True)
    op.create_index("ix_trail_chain_seq", "trail", ["chain", "seq"])
    op.drop_index("ix_inbox_chain", "inbox")
    for name in ("ix_starts_unheard", "ix_starts_unconfirmed"):
        op.drop_index(name, "starts")
    op.create_index("ix_starts_confirmed", "starts", ["confirmed"])
    op.drop_column("starts", "heard")
    views.drop(op.get_bind())


def _starts() -> None:
    op.add_column("starts", sa.Column("heard", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute("update starts set heard = true where exists (select 1 from runs where runs.chain = starts.chain)")
    op.drop_index("ix_starts_confirmed", "starts")
    for name, column, flag in (("unconfirmed", "at", "confirmed"), ("unheard", "chain", "heard")):
        where = {"sqlite_where": sa.text(f"{flag} IS 0"), "postgresql_where": sa.text(f"{flag} IS false")}
        op.create_index(f"ix_starts_{name}", "starts", [column], **where)


def _trail(rowid: bool) -> None:
    """Copy the trail into a table whose rows lie in the order of the key."""
    moment = sa.DateTime(timezone=True)
    kinds = {"seq": sa.Integer(), "at": moment, "wall": moment, "visit": sa.Integer(), "superseded": sa.Boolean()}
    columns = [sa.Column(name, kinds.get(name, sa.Text()), nullable=False) for name in _TRAIL]
    op.rename_table("trail", "trail_before")
    op.create_table("trail", *columns, sa.PrimaryKeyConstraint("chain", "run", "seq"), sqlite_with_rowid=rowid)
    before, after = (sa.table(table, *(sa.column(name) for name in _TRAIL)) for table in ("trail_before", "trail"))
    rows = sa.select(*before.columns).order_by(before.c.chain, before.c.run, before.c.seq)
    op.execute(sa.insert(after).from_select(list(_TRAIL), rows))
    op.drop_table("trail_before")
