"""Cases: dunning ladders. The invoice of the deal is posted on 3 March and due on 2 April, ten in Shanghai."""

from ltc.model.trail import Kind
from tests.support.keys_case import GONE, Case
from tests.support.keys_look import drawn, ends, retried, sent, trail, way

STEP = "legs.collection.steps.0"
LADDER = {
    "legs.collection.steps": """
- dunning: invoice
  levels:
    - {name: friendly, after: 3d, notify: customer}
    - name: final
      after: 10d
      steps: [{call: erp.create_dunning, with: {invoice: invoice.id, level: 2}, undo: {none: it stays said}}]
  hand_over: {after: 40d, then: hold}
  undo: {irreversible: money stays}
"""
}
UNPAID = {"pays": [], "days": 120}
TAKEN = trail(Kind.DUNNED, "level", "at")
LINES = way("dunned", "dunning", "timed out", "ended", "held event_late", "written")
BOTH = [("friendly", "04-05 02:00"), ("final", "04-12 02:00")]


def case(item: str, look, sees, change, ignored, world=None, refused="") -> Case:
    return Case(item, look, sees, {**LADDER, **change}, ignored, "", world or UNPAID, refused)


def _hand_over(kind: str, said: str, sees: list[str]) -> Case:
    other = "{end: lost}" if kind == "hold" else "hold"
    look = way("ended", "held", "write_off")
    return case(f"hand_over={kind}", look, sees, {f"{STEP}.hand_over.then": said}, {f"{STEP}.hand_over.then": other})


GIVEN_UP = "{steps: [{call: erp.write_off, with: {invoice: invoice.id}, undo: {none: given up}}, {end: written_off}]}"
AT = "collection[INV-D-1]"
CASES = [
    case("step.dunning.dunning", TAKEN, BOTH, {}, {"legs.collection.steps": "[{wait: erp.payment_allocated, match: "
         "event.invoice == invoice.id, until: invoice.settled, undo: {irreversible: x}}]"}),
    case("step.dunning.levels", TAKEN, BOTH, {}, {f"{STEP}.levels": "[{name: only, after: 20d, notify: customer}]"}),
    case("step.dunning.levels.name", trail(Kind.DUNNED, "level"), ["friendly", "final"], {},
         {f"{STEP}.levels.0.name": "other"}),
    case("step.dunning.levels.after", TAKEN, BOTH, {}, {f"{STEP}.levels.0.after": "4d"}),
    case("step.dunning.levels.notify", sent("people.notify", "to"), ["customer"], {},
         {f"{STEP}.levels.0.notify": "requester"}),
    case("step.dunning.levels.steps", sent("erp.create_dunning", "args", "level"), [2], {},
         {f"{STEP}.levels.1.steps": GONE, f"{STEP}.levels.1.notify": "customer"}),
    case("step.dunning.hand_over", ends, "held: event_late", {}, {f"{STEP}.hand_over": "{after: 40d, then: {end: lost}}"}),
    case("step.dunning.hand_over.after", trail(Kind.TIMED_OUT, "at"), ["05-12 02:00"], {},
         {f"{STEP}.hand_over.after": "41d"}),
    case("step.dunning.hand_over.then", ends, "lost: event_late", {f"{STEP}.hand_over.then": "{end: lost}"},
         {f"{STEP}.hand_over.then": "hold"}),
    _hand_over("hold", "hold", [f"{AT}.dunning_invoice held event_late"]),
    _hand_over("skip", "skip", ["ended completed"]),
    _hand_over("end", "{end: lost}", ["ended lost"]),
    _hand_over("steps", GIVEN_UP, [f"{AT}.write_off do erp.write_off", "ended written_off"]),
    case("step.dunning.pause_while", LINES, [f"{AT}.dunning_invoice dunning rests: pause_while"],
         {f"{STEP}.pause_while": "opportunity.owner == 'nancy'"}, {f"{STEP}.pause_while": GONE}),
    case("step.dunning.promises", trail(Kind.DUNNING_PAUSED, "why"), ["promise"], {f"{STEP}.promises": "1"},
         {f"{STEP}.promises": GONE},
         {**UNPAID, "acts": [(24 * 32, {"action": "promise", "by": "1d"}), (24 * 36, {"action": "promise", "by": "9d"})]}),
    case("step.dunning.into", trail(Kind.DOCUMENT, "type", only="received"), ["received", "received"],
         {f"{STEP}.into": "received"}, {f"{STEP}.into": GONE}, {"pays": [50, 50]}),
    case("step.dunning.poll", lambda seen: len(sent("erp.watch_payments")(seen)) > 60, False, {f"{STEP}.poll": "20d"},
         {f"{STEP}.poll": GONE}),
    case("step.dunning.undo", way("invoice stands"), [f"{AT}.dunning_invoice stands"],
         {f"{STEP}.hand_over.then": "hold"}, {f"{STEP}.undo": GONE},
         {"pays": [40], "days": 90, "acts": [(24 * 40, {"action": "cancel", "consent": True})]}, "LTC-D081"),
    case("step.dunning.retry", retried("erp.watch_payments", "first"), [7.0], {f"{STEP}.retry": "{first: 7s}"},
         {f"{STEP}.retry": GONE}),
    case("step.dunning.name", trail(Kind.DUNNED, "step"), ["remind", "remind"],
         {f"{STEP}.name": "remind"}, {f"{STEP}.name": GONE}),
    case("step.dunning.title", drawn("Money in"), True, {f"{STEP}.title": "Money in"}, {f"{STEP}.title": GONE}),
    case("step.dunning.sla", way("breached"), ["breached step:collection.dunning_invoice[INV-D-1]"],
         {f"{STEP}.sla": "{target: 20d}"}, {f"{STEP}.sla": GONE}),
]  # fmt: skip
