"""Casts the chains of a scenario from its stories, seeded, before any run (`python -m starter.rehearsal.casting`)."""

from __future__ import annotations

import random
import sys
from decimal import Decimal
from pathlib import Path

from ltc.model.documents import Opportunity
from starter.order_lines import RawLine, RawOrder, SalesTerms, build_opportunity
from starter.orderbook import OrderBook, load
from starter.rehearsal.shape import FOLDER, ChainPlan, MetFault, Rule, Script, path_of, written
from starter.rehearsal.spans import read_span
from starter.rehearsal.stories import Deal, Stories, Story, StoryRule, read_stories


def cast(told: Stories, book: OrderBook) -> Script:
    """Give each chain its story and throw the dice: the same seed, the same scenario.

    The first chain of each story comes first in the ranking, then the second of each, and so on.

    Raises:
        BadOrderError: a deal cannot be made as a story says.
    """
    roles = [(story, fault, turn) for story in told.stories for turn, fault in enumerate(_fates(story))]
    ranked = sorted(range(len(roles)), key=lambda index: (roles[index][2], index))
    chains = [
        _plan(told, book, f"{told.prefix}-{rank + 1:03d}", rank, roles[index][0], roles[index][1])
        for rank, index in enumerate(ranked)
    ]
    usual = [rule.rule for rule in told.usual if not rule.most]  # a range is thrown for each chain
    return Script(
        process=told.process, seed=told.seed, lasts=told.lasts, master=told.master, usual=usual, chains=chains
    )


def _fates(story: Story) -> list[MetFault | None]:
    if not story.spread:
        return [None] * story.count
    return [fault for _ in range(story.count) for fault in story.spread]


def _dice(seed: int, of: str) -> random.Random:
    return random.Random(f"{seed}:{of}")  # noqa: S311 - a reproducible cast, no secret


def _plan(told: Stories, book: OrderBook, number: str, rank: int, story: Story, fault: MetFault | None) -> ChainPlan:
    dice = _dice(told.seed, number)
    deal = Deal.model_validate({**told.deal.model_dump(exclude_unset=True), **story.deal})
    return ChainPlan(
        number=number, rank=rank, story=story.name, ends=story.ends, why=story.why, early=story.early,
        slow=story.slow, faults=[*story.faults, *([fault] if fault else [])], effects=story.effects,
        script=[_thrown(rule, dice) for rule in story.script],
        usual=[_thrown(rule, dice) for rule in told.usual if rule.most],
        deal=_deal(deal, told, book, number, dice), fields=story.fields,
    )  # fmt: skip


def _thrown(rule: StoryRule, dice: random.Random) -> Rule:
    if not rule.most:
        return rule.rule
    (least, unit), (most, _) = read_span(rule.rule.after), read_span(rule.most)
    return rule.rule.model_copy(update={"after": f"{round(dice.uniform(least, most), 1):g}{unit}"})


def _deal(deal: Deal, told: Stories, book: OrderBook, number: str, dice: random.Random) -> Opportunity:
    terms = _terms(told, book)
    rows = deal.exact or _lines(deal, sorted(book.products, key=int), dice)
    lines = [
        RawLine(row=place, file="", product=str(row["product"]), quantity=str(row["quantity"]),
                unit_price=str(row["price"]), discount=str(row.get("discount", "")), currency="")
        for place, row in enumerate(rows, start=1)
    ]  # fmt: skip
    customer = dice.choice(deal.customers or sorted(book.customers))
    owner = deal.owner or dice.choice(sorted(book.terms.people))
    made = build_opportunity(RawOrder(0, number, customer, owner, deal.currency, lines), terms)
    whose = {"customer": {"id": f"NEW-{number}", "name": f"Newcomer {number}"}} if deal.newcomer else {}
    return Opportunity.model_validate({**made.model_dump(), **whose, **deal.extra})


def _terms(told: Stories, book: OrderBook) -> SalesTerms:
    own = {str(row["crm_id"]): str(row["name"]) for row in told.master.get("customers", ())}
    products = {str(row["id"]) for row in told.master.get("products", ())}
    people = {**book.terms.people, **{person: person for person in book.terms.people.values()}}
    return SalesTerms({**book.customers, **own}, book.terms.products | products, people)


def _lines(deal: Deal, products: list[str], dice: random.Random) -> list[dict[str, object]]:
    """Share an amount out over some lines; the price follows from it, so the sum is a little off."""
    wanted = Decimal(dice.randint(int(deal.net[0]), int(deal.net[1]) - 1))
    count = dice.randint(*deal.lines)
    chosen = dice.sample(deal.products or products, min(count, len(deal.products or products)))
    rows: list[dict[str, object]] = []
    for product in chosen:
        quantity = dice.randint(*deal.quantity)
        price = (wanted / len(chosen) / quantity).quantize(Decimal("0.01"))
        rows.append({"product": product, "quantity": quantity, "price": max(price, Decimal("0.01"))})
    return rows


def told_processes(folder: Path = FOLDER) -> list[str]:
    """Return the processes whose stories are written."""
    return sorted(path.name.removesuffix(".stories.yaml") for path in folder.glob("*.stories.yaml"))


def main(wanted: list[str]) -> None:
    """Write the scenario files anew."""
    book = load()
    for process in wanted or told_processes():
        script = cast(read_stories(process), book)
        path_of(process).write_text(written(script), encoding="utf-8")
        print(f"{process}: {len(script.chains)} chains, seed {script.seed}")


if __name__ == "__main__":
    main(sys.argv[1:])
