"""Records and views: the first schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "alarms",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("chain", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_alarms_chain"), "alarms", ["chain"], unique=False)
    op.create_table(
        "audit",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("chain", sa.Text(), nullable=False),
        sa.Column("door", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_audit_chain"), "audit", ["chain"], unique=False)
    op.create_table(
        "chains",
        sa.Column("chain", sa.Text(), nullable=False),
        sa.Column("process", sa.Text(), nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("customer", sa.Text(), nullable=False),
        sa.Column("requester", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("leg", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("run", sa.Text(), nullable=False),
        sa.Column("last_kind", sa.Text(), nullable=False),
        sa.Column("net", sa.BigInteger(), nullable=False),
        sa.Column("last_seq", sa.Integer(), nullable=False),
        sa.Column("rounds", sa.Integer(), nullable=False),
        sa.Column("faults", sa.Integer(), nullable=False),
        sa.Column("imbalances", sa.Integer(), nullable=False),
        sa.Column("pivot", sa.Boolean(), nullable=False),
        sa.Column("gap", sa.Boolean(), nullable=False),
        sa.Column("started", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_wall", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_wall", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rests_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("compensating_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_deadline", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_wall", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("chain"),
    )
    op.create_index(op.f("ix_chains_customer"), "chains", ["customer"], unique=False)
    op.create_index(op.f("ix_chains_gap"), "chains", ["gap"], unique=False)
    op.create_index(op.f("ix_chains_leg"), "chains", ["leg"], unique=False)
    op.create_index(op.f("ix_chains_next_deadline"), "chains", ["next_deadline"], unique=False)
    op.create_index(op.f("ix_chains_number"), "chains", ["number"], unique=False)
    op.create_index(op.f("ix_chains_state_started"), "chains", ["state", "started"], unique=False)
    op.create_table(
        "correlation",
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("chain", sa.Text(), nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("leg", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("system", "type", "document", "chain", "item"),
    )
    op.create_index(op.f("ix_correlation_chain"), "correlation", ["chain"], unique=False)
    op.create_table(
        "decisions",
        sa.Column("chain", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("task", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("decision_id", sa.Text(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("door", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("chain", "seq"),
    )
    op.create_table(
        "documents",
        sa.Column("chain", sa.Text(), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("leg", sa.Text(), nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("seen", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("chain", "system", "type", "document"),
    )
    op.create_index(op.f("ix_documents_document"), "documents", ["document"], unique=False)
    op.create_table(
        "effects",
        sa.Column("chain", sa.Text(), nullable=False),
        sa.Column("effect", sa.Text(), nullable=False),
        sa.Column("leg", sa.Text(), nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("op", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("chain", "effect"),
    )
    op.create_index(op.f("ix_effects_status"), "effects", ["status"], unique=False)
    op.create_table(
        "events_kept",
        sa.Column("chain", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("leg", sa.Text(), nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("kept", sa.DateTime(timezone=True), nullable=True),
        sa.Column("taken", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("chain", "event", "event_id"),
    )
    op.create_table(
        "holds",
        sa.Column("chain", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("leg", sa.Text(), nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("released_by", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("since_wall", sa.DateTime(timezone=True), nullable=True),
        sa.Column("released", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("chain", "seq"),
    )
    op.create_index(op.f("ix_holds_released"), "holds", ["released"], unique=False)
    op.create_table(
        "id_map",
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("external", sa.Text(), nullable=False),
        sa.Column("customer", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("system", "external"),
    )
    op.create_index(op.f("ix_id_map_customer"), "id_map", ["customer"], unique=False)
    op.create_table(
        "inbox",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("received", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("chain", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("source", "event"),
    )
    op.create_index(op.f("ix_inbox_state_received"), "inbox", ["state", "received"], unique=False)
    op.create_index(op.f("ix_inbox_system_type_document"), "inbox", ["system", "type", "document"], unique=False)
    op.create_table(
        "intents",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("chain", sa.Text(), nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("body_digest", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_index(op.f("ix_intents_chain"), "intents", ["chain"], unique=False)
    op.create_index(op.f("ix_intents_state"), "intents", ["state"], unique=False)
    op.create_table(
        "late_events",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("chain", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("source", "event"),
    )
    op.create_index(op.f("ix_late_events_chain"), "late_events", ["chain"], unique=False)
    op.create_table(
        "legs",
        sa.Column("chain", sa.Text(), nullable=False),
        sa.Column("leg", sa.Text(), nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("visits", sa.Integer(), nullable=False),
        sa.Column("entered", sa.DateTime(timezone=True), nullable=True),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("chain", "leg", "item"),
    )
    op.create_table(
        "plans",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("process", sa.Text(), nullable=False),
        sa.Column("definition", sa.LargeBinary(), nullable=False),
        sa.Column("plan", sa.LargeBinary(), nullable=False),
        sa.Column("first_used", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_table(
        "runs",
        sa.Column("chain", sa.Text(), nullable=False),
        sa.Column("run", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("started", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seen", sa.DateTime(timezone=True), nullable=False),
        sa.Column("first_seq", sa.Integer(), nullable=False),
        sa.Column("last_seq", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("chain", "run"),
    )
    op.create_table(
        "slas",
        sa.Column("chain", sa.Text(), nullable=False),
        sa.Column("sla", sa.Text(), nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("on_what", sa.Text(), nullable=False),
        sa.Column("leg", sa.Text(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("budget", sa.Text(), nullable=True),
        sa.Column("planned", sa.Text(), nullable=True),
        sa.Column("rung", sa.Integer(), nullable=False),
        sa.Column("extensions", sa.Integer(), nullable=False),
        sa.Column("used", sa.Float(), nullable=False),
        sa.Column("late", sa.Float(), nullable=False),
        sa.Column("lag", sa.Float(), nullable=False),
        sa.Column("started", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deadline", sa.DateTime(timezone=True), nullable=True),
        sa.Column("warn", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paused", sa.DateTime(timezone=True), nullable=True),
        sa.Column("warned", sa.DateTime(timezone=True), nullable=True),
        sa.Column("breached", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("chain", "sla", "item", "round"),
    )
    op.create_index(op.f("ix_slas_sla"), "slas", ["sla"], unique=False)
    op.create_index(op.f("ix_slas_state_deadline"), "slas", ["state", "deadline"], unique=False)
    op.create_table(
        "starts",
        sa.Column("chain", sa.Text(), nullable=False),
        sa.Column("installation", sa.Text(), nullable=False),
        sa.Column("process", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("plan_digest", sa.Text(), nullable=False),
        sa.Column("input_digest", sa.Text(), nullable=False),
        sa.Column("input", sa.LargeBinary(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("chain"),
        sa.UniqueConstraint("installation", "process", "key", name=op.f("uq_starts_installation_process_key")),
    )
    op.create_index(op.f("ix_starts_confirmed"), "starts", ["confirmed"], unique=False)
    op.create_table(
        "steps",
        sa.Column("chain", sa.Text(), nullable=False),
        sa.Column("leg", sa.Text(), nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("op", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("effect", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("visit", sa.Integer(), nullable=False),
        sa.Column("unknowns", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("since_wall", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("chain", "leg", "item", "step", "op"),
    )
    op.create_index(op.f("ix_steps_state"), "steps", ["state"], unique=False)
    op.create_table(
        "tasks",
        sa.Column("chain", sa.Text(), nullable=False),
        sa.Column("task", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("leg", sa.Text(), nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("levels", sa.Text(), nullable=True),
        sa.Column("candidates", sa.Text(), nullable=True),
        sa.Column("rule", sa.Text(), nullable=True),
        sa.Column("figures", sa.Text(), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("opened", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opened_wall", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("chain", "task", "level"),
    )
    op.create_index(op.f("ix_tasks_state_opened"), "tasks", ["state", "opened"], unique=False)
    op.create_table(
        "trail",
        sa.Column("chain", sa.Text(), nullable=False),
        sa.Column("run", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("wall", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("leg", sa.Text(), nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("visit", sa.Integer(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("superseded", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("chain", "run", "seq"),
    )
    op.create_index(op.f("ix_trail_chain_seq"), "trail", ["chain", "seq"], unique=False)
    op.create_table(
        "waits",
        sa.Column("chain", sa.Text(), nullable=False),
        sa.Column("leg", sa.Text(), nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("events", sa.Text(), nullable=True),
        sa.Column("until", sa.Text(), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.Column("deadline", sa.DateTime(timezone=True), nullable=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("since_wall", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("chain", "leg", "item", "step"),
    )


def downgrade() -> None:
    op.drop_table("waits")
    op.drop_index(op.f("ix_trail_chain_seq"), table_name="trail")
    op.drop_table("trail")
    op.drop_index(op.f("ix_tasks_state_opened"), table_name="tasks")
    op.drop_table("tasks")
    op.drop_index(op.f("ix_steps_state"), table_name="steps")
    op.drop_table("steps")
    op.drop_index(op.f("ix_starts_confirmed"), table_name="starts")
    op.drop_table("starts")
    op.drop_index(op.f("ix_slas_state_deadline"), table_name="slas")
    op.drop_index(op.f("ix_slas_sla"), table_name="slas")
    op.drop_table("slas")
    op.drop_table("runs")
    op.drop_table("plans")
    op.drop_table("legs")
    op.drop_index(op.f("ix_late_events_chain"), table_name="late_events")
    op.drop_table("late_events")
    op.drop_index(op.f("ix_intents_state"), table_name="intents")
    op.drop_index(op.f("ix_intents_chain"), table_name="intents")
    op.drop_table("intents")
    op.drop_index(op.f("ix_inbox_system_type_document"), table_name="inbox")
    op.drop_index(op.f("ix_inbox_state_received"), table_name="inbox")
    op.drop_table("inbox")
    op.drop_index(op.f("ix_id_map_customer"), table_name="id_map")
    op.drop_table("id_map")
    op.drop_index(op.f("ix_holds_released"), table_name="holds")
    op.drop_table("holds")
    op.drop_table("events_kept")
    op.drop_index(op.f("ix_effects_status"), table_name="effects")
    op.drop_table("effects")
    op.drop_index(op.f("ix_documents_document"), table_name="documents")
    op.drop_table("documents")
    op.drop_table("decisions")
    op.drop_index(op.f("ix_correlation_chain"), table_name="correlation")
    op.drop_table("correlation")
    op.drop_index(op.f("ix_chains_state_started"), table_name="chains")
    op.drop_index(op.f("ix_chains_number"), table_name="chains")
    op.drop_index(op.f("ix_chains_next_deadline"), table_name="chains")
    op.drop_index(op.f("ix_chains_leg"), table_name="chains")
    op.drop_index(op.f("ix_chains_gap"), table_name="chains")
    op.drop_index(op.f("ix_chains_customer"), table_name="chains")
    op.drop_table("chains")
    op.drop_index(op.f("ix_audit_chain"), table_name="audit")
    op.drop_table("audit")
    op.drop_index(op.f("ix_alarms_chain"), table_name="alarms")
    op.drop_table("alarms")
