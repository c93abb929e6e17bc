"""What a system did and what it keeps are the same documents: none got lost, none came twice."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

from starter.books import Books, Effect, Row
from starter.checks import INVERSE

Found = Iterator[tuple[str, str]]
BILLS = tuple(name for name, inverse in INVERSE.items() if inverse == "erp.credit_note")
CREDITS = ("erp.credit_note", "erp.credit_and_refund", "erp.credit_return", "erp.credit_part", "erp.credit_cancelled")
MONEY_IN = ("bank.pay", "bank.transfer", "erp.register_payment")
MONEY_OUT = ("erp.refund", "bank.refund")
DELIVERS = ("warehouse.ship", "erp.ship_delivery", "consignment.withdraw")
# Which operations make the documents of a table.
MADE_BY: dict[str, tuple[str, ...]] = {
    "orders": ("erp.create_order",), "releases": ("erp.release_delivery", "erp.release_picks"),
    "deliveries": DELIVERS, "invoices": BILLS, "payments": (*MONEY_IN, *MONEY_OUT), "credit_notes": CREDITS,
    "returns": ("erp.receive_return", "erp.accept_return"), "milestones": ("erp.accept_milestone",),
    "supply_plans": ("erp.plan_supply",), "productions": ("erp.create_production",),
    "purchases": ("erp.create_purchase",), "receipts": ("supplier.deliver",), "dunnings": ("erp.create_dunning",),
    "consignments": ("erp.consign_order",), "covers": ("erp.insure_credit",), "contracts": ("erp.create_contract",),
    "call_offs": ("contract.call_off",),
}  # fmt: skip
AMOUNTS = {"invoices": "gross", "payments": "amount", "deliveries": "gross", "milestones": "gross"}


def documents_are_on_record(books: Books) -> Found:
    """Every document was made by one effect and every effect made its document, for the amount that it says."""
    made = _made(books)
    for table, operations in MADE_BY.items():
        rows = {row["id"]: row for row in books.table(table)}
        effects = {number: one for operation in operations for number, one in made[operation].items()}
        for number, several in effects.items():
            if number not in rows:
                yield number, f"{several[0].operation} made it, it is not among the {table}"
            elif len(several) > 1:
                yield number, f"{several[0].operation} made it {len(several)} times"
            elif table in AMOUNTS:
                yield from _amount(books, table, rows[number], several[0])
        for number in rows.keys() - effects.keys():
            yield number, f"it is among the {table}, and nothing made it"


def _made(books: Books) -> dict[str, dict[str, list[Effect]]]:
    found: dict[str, dict[str, list[Effect]]] = defaultdict(lambda: defaultdict(list))
    for effect in books.effects:
        found[effect.operation][effect.document_id].append(effect)
    return found


def _amount(books: Books, table: str, row: Row, effect: Effect) -> Found:
    said = row[AMOUNTS[table]]
    if table == "payments":
        said = abs(said + sum(one["amount"] for one in books.table("reversals") if one["payment"] == row["id"]))
    if said != abs(effect.amount_minor):
        yield row["id"], f"{said} among the {table}, {effect.operation} was for {effect.amount_minor} (minor units)"


def bank_and_bills_agree(books: Books) -> Found:
    """Per invoice: what is said to be paid is the money that came for it, less what bounced and what went back."""
    moved: Counter[str] = Counter()
    for effect in books.effects:
        if effect.operation in MONEY_IN or effect.operation == "erp.reverse_payment":
            moved[effect.parent] += effect.amount_minor if effect.operation in MONEY_IN else -effect.amount_minor
        elif effect.operation in MONEY_OUT:
            moved[effect.parent] -= abs(effect.amount_minor)
    for invoice in books.table("invoices"):
        if invoice["paid"] != moved[invoice["id"]]:
            yield invoice["id"], f"paid {invoice['paid']}, the bank moved {moved[invoice['id']]} (minor units)"
        if moved[invoice["id"]] < 0:
            yield invoice["id"], f"{-moved[invoice['id']]} more went back than ever came (minor units)"
