"""What is under way between the parties adds up: consignment, call-offs, covers, what is made and bought, notices."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal

from ltc.model.money import round_minor
from starter.books import Books, Row

Found = Iterator[tuple[str, str]]


def goods_at_dealers_are_accounted_for(books: Books) -> Found:
    """Per consignment: brought = taken + what is still there, or came back; and one stands for an order."""
    orders = {row["id"]: row for row in books.table("orders")}
    taken: Counter[str] = Counter()
    for delivery in books.table("deliveries"):
        taken[delivery["order_id"]] += sum(line["quantity"] for line in delivery["lines"])
    standing = Counter(row["order_id"] for row in books.table("consignments") if row["status"] != "recalled")
    for row in books.table("consignments"):
        number, order, out = row["id"], orders[row["order_id"]], taken[row["order_id"]]
        if row["status"] != "recalled" and row["withdrawn"] != out:
            yield number, f"{row['withdrawn']} said to be taken, {out} delivered of {order['id']}"
        if row["status"] == "closed" and row["withdrawn"] + order["cancelled"] != row["quantity"]:
            lost = row["quantity"] - row["withdrawn"] - order["cancelled"]
            yield number, f"{lost} pieces are neither taken nor sent back"
        if row["status"] == "out" and at_dealer(row, order) < 0:
            yield number, f"{-at_dealer(row, order)} pieces more were taken than brought"
    for order_id, times in standing.items():
        if times > 1:
            yield order_id, f"its goods stand {times} times at the dealer's"


def at_dealer(row: Row, order: Row) -> int:
    """Return how many pieces of a consignment that is out are still at the dealer's."""
    return int(row["quantity"] - row["withdrawn"] - order["cancelled"])


def call_offs_are_ordered_once(books: Books) -> Found:
    """Per contract: called = its call-offs ≤ agreed; each is one order, for its pieces, at the price of the day."""
    calls, orders = books.by("call_offs", "contract"), books.by("orders", "chain")
    keyed = {chain.partition(":")[2]: rows for chain, rows in orders.items()}
    for contract in books.table("contracts"):
        mine = calls.get(contract["id"], [])
        called = sum(row["quantity"] for row in mine)
        if contract["called"] != called or called > contract["quantity"]:
            text = f"agreed {contract['quantity']}, called {contract['called']}, its call-offs say {called}"
            yield contract["id"], text
        for row in mine:
            yield from _priced(books, contract, row)
            key = f"{contract['chain'].partition(':')[2]}-{row['number']}"
            standing = [order for order in keyed.get(key, []) if order["state"] != "cancelled"]
            if len(standing) != 1:
                yield row["id"], f"it is ordered {len(standing)} times"
            elif (standing[0]["ordered"], standing[0]["net"]) != (row["quantity"], _net(row)):
                text = (
                    f"{row['quantity']} for {_net(row)} called off, {standing[0]['ordered']} for {standing[0]['net']}"
                )
                yield row["id"], f"{text} ordered as {standing[0]['id']}"


def _net(call: Row) -> int:
    return sum(int(line["net"]["minor"]) for line in json.loads(call["lines"]))


def _priced(books: Books, contract: Row, call: Row) -> Found:
    """A call-off costs its share of what was agreed, at the percentage that was agreed last before it."""
    at = next((one.seq for one in books.effects if one.document_id == call["id"]), 0)
    repricing = ("contract.reprice", "erp.reprice_contract")
    said = [one for one in books.effects if one.operation in repricing and one.document_id == contract["id"]]
    percent = next((one.quantity for one in sorted(said, key=lambda one: -one.seq) if one.seq < at), 100)
    agreed = {line["id"]: line for line in json.loads(contract["lines"])}
    due = 0
    for line in json.loads(call["lines"]):
        share = Decimal(line["quantity"] * percent) / (agreed[line["id"]]["quantity"] * 100)
        due += round_minor(agreed[line["id"]]["net"]["minor"] * share)
    if due != _net(call):
        yield call["id"], f"costs {_net(call)}, at {percent} % of what was agreed {due} (minor units, net)"


def covers_follow_orders(books: Books) -> Found:
    """Per order one cover at most is open, and it covers what the order came to; of a cancelled order none."""
    orders = {row["id"]: row for row in books.table("orders")}
    standing = [row for row in books.table("covers") if row["status"] == "open"]
    for order_id, times in Counter(row["order_id"] for row in standing).items():
        if times > 1:
            yield order_id, f"it is covered {times} times"
    for row in standing:
        order = orders[row["order_id"]]
        if order["state"] == "cancelled":
            yield row["id"], f"covers {order['id']}, which is cancelled"
        if row["amount"] != order["gross"]:
            yield row["id"], f"covers {row['amount']}, order {order['id']} comes to {order['gross']} (minor units)"


def what_is_made_and_bought_adds_up(books: Books) -> Found:
    """Per order no more is made and bought than it lacked; received = receipts; parts used = what the list says."""
    came: Counter[str] = Counter()
    for receipt in books.table("receipts"):
        came[receipt["purchase"]] += receipt["quantity"]
    for row in books.table("purchases"):
        if row["received"] != came[row["id"]]:
            yield row["id"], f"{row['received']} said to have come, its receipts say {came[row['id']]}"
    made: Counter[str] = Counter()
    for effect in books.effects:
        if effect.operation == "workshop.finish":
            made[effect.parent] += effect.quantity
    for row in books.table("productions"):
        if row["finished"] != made[row["id"]]:
            yield row["id"], f"{row['finished']} said to be made, the workshop reported {made[row['id']]}"
        yield from _parts(books, row)
    for plan in books.table("supply_plans"):
        for table, what in (("productions", "make"), ("purchases", "buy")):
            yield from _lacked(books, plan, table, json.loads(plan[what]))


def _parts(books: Books, row: Row) -> Found:
    used: Counter[str] = Counter()
    for effect in books.effects:
        if effect.parent == row["id"] and effect.operation in ("stock.issue", "stock.return"):
            used[effect.document_id] += effect.quantity if effect.operation == "stock.issue" else -effect.quantity
    pieces = row["quantity"] if row["status"] == "released" else row["finished"]
    for part in books.table("parts_lists"):
        wanted = part["quantity"] * pieces
        if part["product"] == row["product"] and used[part["part"]] != wanted:
            yield row["id"], f"{used[part['part']]} of part {part['part']} used, {pieces} pieces take {wanted}"


def _lacked(books: Books, plan: Row, table: str, lacking: dict[str, int]) -> Found:
    ordered: Counter[str] = Counter()
    for row in books.table(table):
        if row["order_id"] == plan["order_id"] and row["status"] != "cancelled":
            ordered[row["product"]] += row["quantity"]
    for product, quantity in ordered.items():
        if plan["status"] == "open" and quantity > lacking.get(product, 0):
            yield plan["order_id"], f"lacks {lacking.get(product, 0)} of {product}, the {table} are for {quantity}"


def notices_are_sent_once(books: Books) -> Found:
    """Per invoice one notice of each level stands, each later than the one before it, and no fee is claimed twice."""
    for invoice, notices in books.by("dunnings", "invoice").items():
        standing = [row for row in notices if row["status"] != "cancelled"]
        for level, times in Counter(row["level"] for row in standing).items():
            if times > 1:
                fee = sum(row["fee"] for row in standing if row["level"] == level)
                yield invoice, f"{times} notices of level {level} stand, for {fee} in fees (minor units)"
        levels = [row["level"] for row in sorted(standing, key=lambda row: str(row["sent_at"]))]
        if levels != sorted(levels):
            yield invoice, f"its notices went out in the order {levels}"
