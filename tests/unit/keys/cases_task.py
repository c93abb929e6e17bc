"""Cases: tasks, as steps and as what a refusal leads to; their forms."""

from collections.abc import Callable
from typing import Any

from ltc.model.trail import Kind
from tests.support.keys_case import GONE, Case
from tests.support.keys_look import Look, all_of, drawn, ends, sent, shown, trail, way

STEP, REACTION = "legs.order.steps.2", "legs.confirm.steps.0.on_refusal.default"
PLAIN = "task: check, assign: 'role:finance'"
ADDED = {"legs.order.steps+": f"{{{PLAIN}}}"}
CONFIRM = "order confirm"
ASKED = trail(Kind.TASK_OPENED, "source", only="check")
SAID = trail(Kind.TASK_ACTED, "values", only="check")
ACTED = trail(Kind.TASK_ACTED, "action", only="check")
SILENT: dict[str, Any] = {"answers": [("check", "silent")], "days": 3}
NOBODY: dict[str, Any] = {"people": {"check": []}}
DECLINED: dict[str, Any] = {"answers": [("check", "reject")], "days": 3}
UNSTAGE = "{call: crm.set_stage, with: {opportunity: opportunity.id, stage: \"'lost'\"}}"
BY = "{end: lost, reason: \"has(checked.by) ? checked.by : 'nobody'\"}"


def twice(
    item: str, look: Callable[[str], Look] | Look, sees: Any, change: dict[str, Any], ignored: dict[str, Any],
    world: dict[str, Any] | None = None, refused: str = "",
) -> list[Case]:  # fmt: skip
    """A case of ``step.task`` and one of ``reaction.task``: edits are of the task; ``{leg}`` stands for its leg."""
    made = []
    for record, place, base, legs, leg in (
        ("step", STEP, ADDED, "order", "order"),
        ("reaction", REACTION, {REACTION.removesuffix(".default"): f"{{default: {{{PLAIN}}}}}"}, CONFIRM, "confirm"),
    ):
        more = {"refuse": {"erp.confirm_order": ["credit_limit"]}} if record == "reaction" else {}
        made.append(
            Case(
                f"{record}.task.{item}",
                look,
                _placed(sees, leg),
                {**base, **_edits(change, place, leg)},
                _edits(ignored, place, leg),
                legs,
                {**more, **(world or {})},
                refused,
            )
        )
    return made


def _edits(edits: dict[str, Any], place: str, leg: str) -> dict[str, Any]:
    """Edits of the task; those that begin with ``legs.`` are of the whole definition."""
    return {
        key.replace("{leg}", leg) if key.startswith("legs.") else f"{place}.{key}": value
        for key, value in edits.items()
    }  # fmt: skip


def _placed(sees: Any, leg: str) -> Any:
    if isinstance(sees, str):
        return sees.replace("{leg}", leg)
    if isinstance(sees, dict):
        return {key: _placed(value, leg) for key, value in sees.items()}
    if isinstance(sees, list | tuple):
        return type(sees)(_placed(one, leg) for one in sees)
    return sees


TASK = [
    *twice("task", trail(Kind.TASK_OPENED, "subject"), ["survey"], {"task": "survey"}, {"task": "check"}),
    *twice("assign", ASKED, [{"role": "credit"}], {"assign": "'role:credit'"}, {"assign": "'role:finance'"}),
    *twice("help", shown("help Look twice"), ["help Look twice (en)"], {"help": "Look twice"}, {"help": GONE}),
    *twice("show", trail(Kind.TASK_OPENED, "figures", only="check"), [{"deal": "OP-1"}],
           {"show": "{deal: opportunity.id}"}, {"show": GONE}),
    *twice("form", SAID, [{"ok": True}], {"form": "{ok: {type: yes_no}}"}, {"form": GONE}),
    *twice("checklist", lambda seen: [list(one) for one in trail(Kind.TASK_ACTED, "ticks", only="check")(seen)],
           [["cables"]], {"checklist": "{cables: Cables}", "undo": "{none: nothing}", "form": "{ok: {type: yes_no}}"},
           {"checklist": "{plugs: Plugs}"}),
    *twice("claim", ACTED, ["claim", "complete"], {"claim": "true"}, {"claim": GONE}),
    *twice("within", way("timed out"), ["{leg}.check timed out"], {"within": "2d"}, {"within": GONE}, SILENT),
    *twice("on_timeout", ends, "lost: human_overdue", {"within": "2d", "on_timeout": "{end: lost}"},
           {"on_timeout": GONE}, SILENT),
    *twice("none_found", ends, "lost: nobody_assigned", {"none_found": "{end: lost}"}, {"none_found": GONE}, NOBODY),
    *twice("on_reject", ends, "lost: it cannot be done", {"on_reject": "{end: lost}"}, {"on_reject": GONE}, DECLINED),
    *twice("undo", way("check undone"), ["{leg}.check undone"], {"undo": UNSTAGE, "legs.{leg}.steps++": "{end: rejected}"},
           {"undo": GONE}),
    *twice("as", ends, "lost: check-1", {"as": "checked", "legs.{leg}.steps++": BY}, {"as": GONE}, refused="LTC-D061"),
    *twice("name", way("opens"), ["{leg}.look opens"], {"name": "look"}, {"name": GONE}),
    *twice("title", drawn("Check it?"), True, {"title": "Check it?"}, {"title": GONE}),
    *twice("sla", trail(Kind.SLA_STARTED, "sla", only="check"), ["step:{leg}.check"], {"sla": "{target: 1d}"},
           {"sla": GONE}),
]  # fmt: skip

# A second visit: the order is sent back once, or the call is refused twice.
BACK = {**ADDED, "legs.confirm.steps.0.on_refusal": "{default: {send_back: order}}"}
ONCE: dict[str, Any] = {"refuse": {"erp.confirm_order": ["credit_limit"]}}
TWICE: dict[str, Any] = {"refuse": {"erp.confirm_order": ["credit_limit", "credit_limit"]}}
RETRIES = {REACTION.removesuffix(".default"): f"{{default: {{{PLAIN}, then: {{retry: {{override: credit_limit}}}}}}}}"}
VISITS = all_of(way("check revisited"), ACTED)


def visited(word: str, sees: Any, instead: Any, refused: str = "") -> list[Case]:
    """Cases of what a second visit does."""
    item = f"on_revisit={word}" if refused == "" else "on_revisit"
    return [
        Case(f"step.task.{item}", VISITS, [[f"order.check {one}" for one in sees[0]], sees[1]],
             {**BACK, f"{STEP}.on_revisit": word}, {f"{STEP}.on_revisit": instead}, CONFIRM, ONCE, refused),
        Case(f"reaction.task.{item}", VISITS, [[f"confirm.check {one}" for one in sees[0]], sees[1]],
             {**RETRIES, f"{REACTION}.on_revisit": word},
             {f"{REACTION}.on_revisit": GONE if word == "skip" else "skip"}, CONFIRM, TWICE),
    ]  # fmt: skip


REVISIT = [
    *visited("skip", [["revisited skip"], ["complete"]], GONE, "LTC-D087"),
    *visited("skip", [["revisited skip"], ["complete"]], "again"),
    *visited("again", [[], ["complete", "complete"]], "skip"),
    Case("reaction.task.then", sent("erp.confirm_order", "args", "override"), [None, "credit_limit"], RETRIES,
         {f"{REACTION}.then": GONE}, CONFIRM, ONCE),
    Case("reaction.task.then.retry", sent("erp.confirm_order", "args", "override"), [None, "credit_limit"], RETRIES,
         {f"{REACTION}.then.retry": "{}"}, CONFIRM, ONCE),
]  # fmt: skip

# Where a reaction may be a task.
PLACES = [
    Case("on_refusal=task", way("confirm.check"), ["confirm.check opens", "confirm.check completed"],
         {REACTION.removesuffix(".default"): f"{{default: {{{PLAIN}}}}}"}, {REACTION: "skip"}, CONFIRM, ONCE),
    Case("on_reject=task", way("approval"),
         ["approval entered", "approval.approve_order asks manager", "approval.approve_order manager reject",
          "approval.check opens", "approval.check completed", "approval.approve_order asks manager",
          "approval.approve_order manager approve"],
         {"legs.approval.steps.0.on_reject": f"{{{PLAIN}, then: {{retry: {{}}}}}}"},
         {"legs.approval.steps.0.on_reject.then": GONE}, "order approval",
         {"decisions": [("manager", "reject")]}, "LTC-D096"),
    Case("none_found=task", way("approval.check"), ["approval.check opens", "approval.check completed"],
         {"legs.approval.steps.0.none_found": f"{{{PLAIN}}}"}, {"legs.approval.steps.0.none_found": "skip"},
         "order approval", {"people": {"manager": []}}),
    Case("on_timeout=task", way("order.remind"), ["order.remind opens", "order.remind completed"],
         {**ADDED, f"{STEP}.within": "2d", f"{STEP}.on_timeout": "{task: remind, assign: 'role:credit'}"},
         {f"{STEP}.on_timeout": "skip"}, "order", SILENT),
    Case("waiting_for=person", trail(Kind.SLA_PAUSED, "sla"), ["leg:order"],
         {**ADDED, "legs.order.sla": "{target: 1d, pause_while: waiting_for == 'person'}"},
         {"legs.order.sla.pause_while": "waiting_for == 'approver'"}, "order", SILENT),
]  # fmt: skip


def field(item: str, spec: str, said: str, sees: Any, ignored: Any = GONE, refused: str = "", **more: Any) -> Case:
    """A case of a field: what comes of an answer; ``ignored`` changes the key that the item names."""
    key = item.split("=")[0].rpartition(".")[2]
    world = {"answers": [("check", {"x": said} if said else {})], "days": 3, **more.pop("world", {})}
    edit = {f"{STEP}.form.x.{key}": ignored} if not isinstance(ignored, dict) else ignored
    return Case(item, more.pop("look", SAID), sees, {**ADDED, f"{STEP}.form": f"{{x: {{{spec}}}}}"}, edit, "order", world,
                refused)  # fmt: skip


def one(value: Any) -> list[dict[str, Any]]:
    """What is answered."""
    return [{"x": value}]


def files(*kinds: str) -> list[dict[str, Any]]:
    """Files as the stand-in sends them."""
    named = [{"sha256": "ab" * 32, "name": f"a.{kind}", "size": 1000, "kind": kind} for kind in kinds]
    return one(named)


NONE: list[Any] = []  # the answer was refused
MONEY = {"minor": 1200, "currency": "USD"}
EURO = {"minor": 1200, "currency": "EUR"}
FIELDS = [
    field("field.type", "type: whole", "12", one(12), "text"),
    field("field.type=text", "type: text", "12", one("12"), "whole"),
    field("field.type=whole", "type: whole", "12", one(12), "text"),
    field("field.type=decimal", "type: decimal", "12", one({"text": "12.00", "scaled": 1200}), "whole"),
    field("field.type=money", "type: money", "12 USD", one(MONEY), "text"),
    field("field.type=date", "type: date", "2026-02-30", NONE, "text"),
    field("field.type=choice", "type: choice, options: {a: A}", "b", NONE, {f"{STEP}.form.x": "{type: text}"}),
    field("field.type=yes_no", "type: yes_no", "yes", one(True), "text"),
    field("field.type=document", "type: document", "a b", NONE, "text"),
    field("field.type=file", "type: file", "a.pdf", files("pdf"), "text"),
    field("field.label", "type: text, label: Say it", "", ["shown as Say it (en)"], look=shown("Say it")),
    field("field.help", "type: text, help: Say it", "", ["help Say it (en)"], look=shown("Say it")),
    field("field.required", "type: text, required: false", "", [], look=lambda seen: SAID(seen)[0] or []),
    field("field.required=false", "type: text, required: false", "", [], "true", look=lambda seen: SAID(seen)[0] or []),
    field("field.required=true", "type: text, required: true", "", one("x"), "false"),
    field("field.default", "type: whole, default: 7", "", one(7)),
    field("field.min", "type: whole, min: 5", "4", NONE),
    field("field.min", "type: text, min: 5", "four", NONE),
    field("field.min", "type: file, min: 2, max: 3", "a.pdf", NONE),
    field("field.max", "type: money, max: 10.00 USD", "12 USD", NONE),
    field("field.max", "type: date, max: '2026-03-31'", "2026-04-01", NONE),
    field("field.pattern", "type: text, pattern: '[0-9]+'", "a1", NONE),
    field("field.options", "type: choice, options: {a: A, b: B}", "b", one("b"), "{a: A}"),
    field("field.places", "type: decimal, places: 1", "1.25", NONE),
    field("field.currency", "type: money, currency: EUR", "12 EUR", one(EURO)),
    Case("field.from", trail(Kind.TASK_ACTED, "values", only="check"), NONE,
         {"legs.shipment.steps+": f"{{{PLAIN}, form: {{x: {{type: document, from: deliveries}}}}}}"},
         {"legs.shipment.steps.2.form.x.from": GONE}, "order confirm shipment",
         {"answers": [("check", {"x": "D-9"})], "days": 30}),
    field("field.kinds", "type: file, kinds: [pdf]", "a.exe", NONE),
    field("field.size", "type: file, size: 5KB", "a.pdf", ["field x: file, at most 5120 bytes each"],
          look=shown("5120")),
    field("size=KB", "type: file, size: 5KB", "a.pdf", ["field x: file, at most 5120 bytes each"],
          {f"{STEP}.form.x.size": "5MB"}, look=shown("bytes")),
    field("size=MB", "type: file, size: 1MB", "a.pdf", ["field x: file, at most 1048576 bytes each"],
          {f"{STEP}.form.x.size": "1KB"}, look=shown("bytes")),
    field("field.kinds", "type: file, kinds: [pdf]", "a.pdf", files("pdf"), "[png]"),
]  # fmt: skip

CASES = [*TASK, *REVISIT, *PLACES, *FIELDS]
