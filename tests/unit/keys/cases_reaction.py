"""Cases: what happens when something went another way."""

from ltc.model.trail import Kind
from tests.support.keys_case import GONE, Case
from tests.support.keys_look import all_of, ends, trail, way

LEGS = "order confirm"
REFUSAL = "legs.confirm.steps.0.on_refusal"
NO = {"refuse": {"erp.confirm_order": ["out_of_stock"]}}
TWICE = {"refuse": {"erp.confirm_order": ["out_of_stock", "out_of_stock"]}}
ROUNDS = trail(Kind.SENT_BACK, "to", "round")
END = "{end: written_off, reason: order.id}"


def says(reaction: str) -> dict[str, str]:
    """The confirmation answers any refusal with this."""
    return {REFUSAL: f"{{default: {reaction}}}"}


CASES = [
    Case("reaction=hold", way("held", "ended"), ["confirm.confirm_order held out_of_stock"], legs=LEGS, world=NO,
         change=says("hold"), ignored={f"{REFUSAL}.default": "skip"}),
    Case("reaction=compensate", way("undone", "ended", "held"), ["order.create_order undone", "ended cancelled"],
         legs=LEGS, world=NO, change=says("compensate"), ignored={f"{REFUSAL}.default": "hold"}),
    Case("reaction=skip", way("held", "ended"), ["ended lost"], legs=LEGS, world=NO,
         change={**says("skip"), "legs.confirm.steps+": "{end: lost}"}, ignored={f"{REFUSAL}.default": "hold"}),
    Case("reaction.end.end", ends, "written_off: SO-1", legs=LEGS, world=NO, change=says(END),
         ignored={f"{REFUSAL}.default.end": "lost"}),
    *(
        Case(f"reaction.end.end={word}", way("undone", "ended"), [*undone, f"ended {word}"], legs=LEGS, world=NO,
             change=says(f"{{end: {word}}}"),
             ignored={f"{REFUSAL}.default.end": "lost" if word != "lost" else "completed"})
        for word, undone in (
            ("completed", []), ("lost", []), ("cancelled", ["order.create_order undone"]),
            ("rejected", ["order.create_order undone"]), ("written_off", []),
        )
    ),
    Case("reaction.end.reason", ends, "written_off: SO-1", legs=LEGS, world=NO, change=says(END),
         ignored={f"{REFUSAL}.default.reason": GONE}),
    Case("reaction.send_back.send_back", ROUNDS, [("order", 1)], legs=LEGS, world=NO,
         change=says("{send_back: order}"), ignored={f"{REFUSAL}.default.send_back": "confirm"}),
    Case("reaction.send_back.max_rounds", all_of(ROUNDS, ends), [[("order", 1)], "rejected: sent back 1 times"],
         legs=LEGS, world=TWICE, change=says("{send_back: order, max_rounds: 1}"),
         ignored={f"{REFUSAL}.default.max_rounds": GONE}),
    Case("reaction.steps.steps", way("look", "confirm_order held"), ["confirm.look read erp.get_order"], legs=LEGS, world=NO,
         change=says("{steps: [{call: erp.get_order, name: look, with: {order: order.id}}]}"),
         ignored={f"{REFUSAL}.default": "hold"}),
]  # fmt: skip
