"""Cases: legs that run again and again by the calendar. The chain begins on Monday, 2 March, nine in Shanghai."""

from ltc.model.trail import Kind
from tests.support.keys_case import GONE, Case
from tests.support.keys_look import all_of, sent, trail, way

EVERY = "legs.rounds.every"
LEG = {
    "legs.rounds": "{every: {each: month, count: 3, as: period}, steps: [{call: crm.set_stage, "
    "with: {opportunity: opportunity.id, stage: period.key}, undo: {none: a note}}]}"
}
BILL = {
    "legs.bill": "{steps: [{call: erp.post_order_invoice, with: {order: order.id}, as: invoice, "
    "undo: {call: erp.credit_note, with: {invoice: invoice.id}}}]}"
}
STOP = "{event: crm.order_cancelled, match: event.opportunity == opportunity.id}"
SLOW = {
    "legs.rounds.steps": "[{approve: order, levels: [{name: manager, from: {manager_of: requester}, "
    "sla: {target: 45d}}]}]"
}
BEGAN = trail(Kind.ITEM_OPENED, "at", only="rounds")
KEYS = trail(Kind.ITEM_OPENED, "item", only="rounds")
SILENT = {"decisions": [("manager", "silent")] * 9, "days": 110}
HELD = {"acts": [(1, {"action": "hold"}), (24 * 100, {"action": "release"})], "days": 130}


def rounds(**said: str) -> dict[str, str]:
    """The leg, with these keys said of its periods."""
    return {**LEG, **{f"{EVERY}.{key}": value for key, value in said.items()}}


def case(item: str, sees: object, said: dict[str, str], ignored: dict[str, object], look=BEGAN, world=None) -> Case:
    return Case(item, look, sees, rounds(**said), ignored, "order", world or {})


WEEKDAYS = (
    ("monday", "03-09"), ("tuesday", "03-03"), ("wednesday", "03-04"), ("thursday", "03-05"), ("friday", "03-06"),
    ("saturday", "03-07"), ("sunday", "03-08"),
)  # fmt: skip
CASES = [
    Case("leg.every", KEYS, ["2026-04", "2026-05", "2026-06"], LEG, {EVERY: GONE, "legs.rounds.steps": "[{end: lost}]"},
         "order"),
    case("leg.every.each", ["04-01 16:00", "05-01 16:00", "06-01 16:00"], {},
         {f"{EVERY}.each": "2 weeks"}),
    *(
        case(f"period={unit}", list(keys), {"each": said, "count": "2"}, {f"{EVERY}.each": other}, KEYS)
        for unit, said, other, keys in (
            ("day", "day", "week", ("2026-03-03", "2026-03-04")),
            ("week", "week", "day", ("2026-03-03", "2026-03-10")),
            ("month", "month", "quarter", ("2026-04", "2026-05")),
            ("quarter", "quarter", "month", ("2026-04", "2026-07")),
            ("year", "year", "month", ("2026-04", "2027-04")),
            ("several", "2 weeks", "week", ("2026-03-03", "2026-03-17")),
        )
    ),
    case("leg.every.on", ["03-30 16:00"], {"on": "31", "count": "1"}, {f"{EVERY}.on": GONE}),
    case("leg.every.on=(number)", ["03-30 16:00", "04-29 16:00"], {"on": "31", "count": "2"}, {f"{EVERY}.on": "30"}),
    case("leg.every.on=first_working_day", ["03-31 16:00"], {"on": "first_working_day", "count": "1"},
         {f"{EVERY}.on": "3"}),
    case("leg.every.on=last_working_day", ["03-30 16:00", "04-29 16:00", "05-28 16:00"],
         {"on": "last_working_day"}, {f"{EVERY}.on": "last_day"}),
    case("leg.every.on=last_day", ["03-30 16:00", "04-29 16:00", "05-30 16:00"], {"on": "last_day"},
         {f"{EVERY}.on": "last_working_day"}),
    *(
        case(f"leg.every.on={day}", [f"2026-{date}"], {"each": "week", "on": day, "count": "1"},
             {f"{EVERY}.on": "tuesday" if day != "tuesday" else "friday"}, KEYS)
        for day, date in WEEKDAYS
    ),
    case("leg.every.at", ["03-02 01:30"], {"at": "'09:30'", "count": "1"}, {f"{EVERY}.at": GONE}),
    case("time", ["03-02 01:30"], {"at": "'09:30'", "count": "1"}, {f"{EVERY}.at": "'09:31'"}),
    Case("leg.every.from", KEYS, ["2026-04"], {**BILL, **rounds(on="20", count="1"), f"{EVERY}.from": "invoice.due_date"},
         {f"{EVERY}.from": GONE}, "order"),
    Case("leg.every.until", all_of(KEYS, trail(Kind.PERIODS_ENDED, "why")), [["2026-03-07", "2026-03-28"], ["until"]],
         {**BILL, **rounds(each="3 weeks", on="saturday", until="invoice.due_date")}, {f"{EVERY}.until": GONE}, "order"),
    case("leg.every.count", ["2026-04", "2026-05"], {"count": "2"}, {f"{EVERY}.count": "3"}, KEYS),
    Case("leg.every.while", all_of(KEYS, trail(Kind.PERIODS_ENDED, "why")), [["2026-04"], ["while"]],
         {**rounds(**{"while": "size(notes) < 1"}), "legs.rounds.steps.0.into": "notes"},
         {f"{EVERY}.while": GONE}, "order"),
    Case("leg.every.stop", all_of(KEYS, trail(Kind.PERIODS_ENDED, "why")), [[], ["crm.order_cancelled"]],
         {"handlers": GONE, **rounds(stop=STOP)},
         {f"{EVERY}.stop": GONE}, "order", {"cancel_after": "erp.create_order"}),
    Case("leg.every.stop.event", trail(Kind.PERIODS_ENDED, "why"), ["crm.order_cancelled"],
         {"handlers": GONE, **rounds(stop=STOP)},
         {f"{EVERY}.stop": "{event: erp.goods_shipped, match: event.order == order.id}"}, "order",
         {"cancel_after": "erp.create_order"}),
    Case("leg.every.stop.match", trail(Kind.PERIODS_ENDED, "why"), ["crm.order_cancelled"],
         {"handlers": GONE, **rounds(stop=STOP)},
         {f"{EVERY}.stop.match": "event.opportunity == order.customer"}, "order", {"cancel_after": "erp.create_order"}),
    Case("leg.every.as", sent("crm.set_stage", "args", "stage"), ["2026-04", "2026-05", "2026-06"],
         {**LEG, f"{EVERY}.as": "month", "legs.rounds.steps.0.with.stage": "month.key"},
         {f"{EVERY}.as": "period"}, "order", refused="LTC-D061"),
    Case("leg.every.overlap", KEYS, ["2026-04"], {**LEG, **SLOW, f"{EVERY}.overlap": "queue"}, {f"{EVERY}.overlap": GONE},
         "order", SILENT),
    Case("leg.every.overlap=beside", KEYS, ["2026-04", "2026-05", "2026-06"], {**LEG, **SLOW, f"{EVERY}.overlap": "beside"},
         {f"{EVERY}.overlap": "queue"}, "order", SILENT),
    Case("leg.every.overlap=queue", all_of(KEYS, trail(Kind.ITEM_SKIPPED, "item", "why")), [["2026-04"], []],
         {**LEG, **SLOW, f"{EVERY}.overlap": "queue"}, {f"{EVERY}.overlap": "skip"}, "order", SILENT),
    Case("leg.every.overlap=skip", trail(Kind.ITEM_SKIPPED, "item", "why"),
         [("2026-05", "overlap"), ("2026-06", "overlap")],
         {**LEG, **SLOW, f"{EVERY}.overlap": "skip"}, {f"{EVERY}.overlap": "queue"}, "order", SILENT),
    case("leg.every.missed", ["2026-06"], {"missed": "skip"}, {f"{EVERY}.missed": GONE}, KEYS, HELD),
    case("leg.every.missed=skip", [("2026-04", "missed"), ("2026-05", "missed")], {"missed": "skip"},
         {f"{EVERY}.missed": "catch_up"}, trail(Kind.ITEM_SKIPPED, "item", "why"), HELD),
    case("leg.every.missed=catch_up", ["2026-04", "2026-05", "2026-06"], {"missed": "catch_up"},
         {f"{EVERY}.missed": "skip"}, KEYS, HELD),
    Case("leg.every.sla", way("breached"), ["breached item:rounds[2026-04]"],
         {**LEG, **SLOW, f"{EVERY}.sla": "{target: 2d}", f"{EVERY}.count": "1"}, {f"{EVERY}.sla": GONE}, "order",
         {**SILENT, "days": 40}),
]  # fmt: skip
