"""A stand-in for systems and people: answers a simulated chain by a script, with documents of the declared types."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from ltc.core.commands import CallDone, CallFailed, Decide, EventArrived, Input, Intervene, Schedule
from ltc.core.stand_in_books import Books
from ltc.core.stand_in_script import SOON, Script
from ltc.core.stand_in_tasks import does
from ltc.core.stand_in_terms import SUPPLY_TIME
from ltc.definition.plan import Plan
from ltc.model.ids import digest
from ltc.model.messages import CUSTOMER, Answer, Decision, Event, Intervention
from ltc.ports.operations import EVENTS

__all__ = ["SOON", "Script", "StandIn"]
FEE = "erp.post_dunning_fee"
BILLS = ("erp.post_invoice", "erp.post_order_invoice", "erp.post_down_payment", "erp.post_instalment",
         "erp.post_final_invoice", "erp.post_milestone_invoice", FEE)  # fmt: skip


@dataclass
class StandIn:
    """One chain's systems and people. ``effects`` is the record of what took effect: (operation, key)."""

    script: Script
    opportunity: dict[str, Any]
    effects: list[tuple[str, str]] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    made: dict[str, Any] = field(default_factory=dict)
    unsaid: list[str] = field(default_factory=list)  # words of the script that nobody was there to say
    plan: Plan | None = None  # what the simulation runs: needed to do tasks
    _events: int = 0
    _decided: int = 0

    def __post_init__(self) -> None:
        script = self.script
        self.books = Books(self.opportunity, elsewhere=script.elsewhere, lacks=script.lacks, parts=script.parts)
        self.books.tier = script.tier

    # The protocol of simulation.World

    def respond(self, command: Schedule, now: datetime) -> list[tuple[timedelta, Input]]:
        """Answer a scheduled activity."""
        name, payload = command.name, command.payload
        if name == "people.open_task":
            return self._people(command)
        if name.startswith("people.check_"):
            return [(SOON, CallDone(command.id, ""))]
        if name in ("people.notify", "trail.flush"):
            return [(SOON, CallDone(command.id, {}))]
        if payload.get("mode") == "probe":
            made = self.made.get(payload["key"])
            return [(SOON, CallDone(command.id, {"found": made is not None, "result": made}))]
        return self._call(command, name, payload, now)

    def answered(self, event: Input, answer: Answer, now: datetime) -> None:
        """Keep what the chain answered."""
        self.answers.append(answer)

    # Systems

    def _call(
        self, command: Schedule, op: str, payload: dict[str, Any], now: datetime
    ) -> list[tuple[timedelta, Input]]:
        said = self.script.refuse[op].pop(0) if self.script.refuse.get(op) else ""
        reason = said or self._says_no(op, payload, now)
        if reason:
            return [(SOON, CallFailed(command.id, "BusinessRefusal", f"refused: {reason}", {"reason": reason}))]
        if self.script.fail.get(op):
            error = self.script.fail[op].pop(0)
            if error:
                return [(SOON, CallFailed(command.id, error, f"{op} failed"))]
        if op in self.script.lost:
            applied = self.script.lost.pop(op)
            later = self._apply(op, payload, now)[1] if applied else []
            return [(SOON, CallFailed(command.id, "OutcomeUnknown", "the reply was lost")), *later]
        result, later = self._apply(op, payload, now)
        return [(SOON, CallDone(command.id, result)), *later]

    def _says_no(self, op: str, payload: dict[str, Any], now: datetime) -> str:
        """What the books refuse, unless it took place before."""
        return "" if payload.get("key") in self.made else self.books.says_no(op, payload["args"], now)

    def _apply(self, op: str, payload: dict[str, Any], now: datetime) -> tuple[Any, list[tuple[timedelta, Input]]]:
        key, args = payload.get("key", ""), payload["args"]
        later: list[tuple[timedelta, Input]] = []
        if key and key in self.made:
            return self.made[key], later
        result = self.books.take(op, args, now)
        if key:
            self.effects.append((op, key))
            self.made[key] = result
        if op == "erp.release_delivery" and not self._ships_itself():
            later += self._shipments(now)
        if op == "erp.release_picks":
            later += self._shipments(now, args["warehouse"], sum(line["quantity"] for line in args["lines"]))
        if op == "erp.accept_return":
            later += self._comes_back(result, now)
        later += self._happenings(op, now)
        later += self._entered(op, result)
        later += self._supplies(op, result)
        if op in BILLS:
            later += self._payments(result, now)
        later += self._traded(op, result, now)
        if op == self.script.cancel_after:
            fields = {"opportunity": self.opportunity["id"], "reason": "the customer does not want it any more"}
            later.append(self._event(SOON * 2, "crm.order_cancelled", fields))
        return result, later

    def _ships_itself(self) -> bool:
        """Whether the process ships what it released: else the warehouse does, by itself."""
        return self.plan is not None and "erp.ship_delivery" in self.plan.operations

    def _entered(self, op: str, result: Any) -> list[tuple[timedelta, Input]]:
        """What the chain ships or books itself is reported as what others ship and pay is."""
        if op == "erp.ship_delivery":
            return [self._event(SOON * 2, "erp.goods_shipped", {"order": result["order"], "delivery": result["id"]})]
        if op in ("erp.register_payment", "erp.reverse_payment"):
            fields = {"invoice": result["invoice"], "payment": result["id"]}
            return [self._event(SOON * 2, "erp.payment_allocated", fields)]
        return []

    def _traded(self, op: str, result: Any, now: datetime) -> list[tuple[timedelta, Input]]:
        """What follows goods on consignment, a framework contract, and the start of another chain."""
        if op == "erp.consign_order":
            return self._shipments(now, event="erp.withdrawal_reported")
        if op == "erp.create_contract":
            return self._call_offs(now)
        if op == "chain.cancel" and result["outcome"] == "cancelled":
            return [self._event(SOON * 2, "chain.ended", {"child": result["id"], "outcome": "cancelled"})]
        return self._child_ends(result, now) if op == "chain.start" else []

    def _event(self, delay: timedelta, name: str, fields: dict[str, Any]) -> tuple[timedelta, Input]:
        self._events += 1
        at = datetime.fromisoformat("2026-01-01T00:00:00+00:00")
        kind = EVENTS.get(name)
        hints, news = (kind.hints, kind.news) if kind else ("", False)
        told = Event(id=f"EV-{self._events}", name=name, fields=fields, at=at, hints=hints, news=news)
        return delay, EventArrived(told)

    # Later events

    def _happenings(self, op: str, now: datetime) -> list[tuple[timedelta, Input]]:
        """What the script says happens after an operation, once each."""
        found = [one for one in self.script.events if one["after"] == op]
        self.script.events = [one for one in self.script.events if one not in found]
        heard = []
        for one in found:
            fields = one["fields"](self.books) if callable(one["fields"]) else one["fields"]
            later = one.get("later", SOON * 2)
            if one["event"] == "erp.receivable_changed":
                self.books.noted(fields.get("reason", ""), fields["invoice"], now + later)
            heard += [self._event(later, one["event"], fields)] * (2 if one.get("twice") else 1)
        return heard

    def _supplies(self, op: str, result: dict[str, Any]) -> list[tuple[timedelta, Input]]:
        """What is made is finished, and what is bought comes in."""
        if op == "erp.release_production":
            fields = {"production": result["id"], "finished": result["quantity"]}
            return [self._event(SUPPLY_TIME, "erp.production_finished", fields)]
        if op == "erp.confirm_purchase":
            fields = {"purchase": result["id"], "receipt": f"GRN-{result['id']}"}
            return [self._event(SUPPLY_TIME, "erp.goods_received", fields)]
        return []

    def _comes_back(self, back: dict[str, Any], now: datetime) -> list[tuple[timedelta, Input]]:
        """What is announced comes back."""
        self.books.arrivals[back["id"]] = now + self.script.back_after
        fields = {"order": back["order"], "goods_return": back["id"]}
        return [self._event(self.script.back_after, "erp.goods_returned", fields)]

    def _shipments(
        self, now: datetime, house: str = "", part: int = 0, event: str = "erp.goods_shipped"
    ) -> list[tuple[timedelta, Input]]:
        later: list[tuple[timedelta, Input]] = []
        order = self.books.order
        left = total = part or order["ordered"] - order["cancelled"]
        for number, share in enumerate(self.script.parts, 1):
            whole = number == len(self.script.parts) and sum(self.script.parts) == 100
            quantity = left if whole else total * share // 100
            left -= quantity
            at = now + self.script.ship_after * number
            money = {**order["gross"], "minor": order["gross"]["minor"] * quantity // order["ordered"]}
            name = f"D-{house}{'-' if house else ''}{number}"
            delivery = {"id": name, "version": 1, "order": order["id"], "shipped_at": at.isoformat()}
            lines = [{"line": "1", "product": "all", "quantity": quantity}]
            self.books.deliveries.append({**delivery, "net": money, "gross": money, "lines": lines})
            later.append(self._event(at - now, event, {"order": self.books.order["id"], "delivery": name}))
        return later

    def _call_offs(self, now: datetime) -> list[tuple[timedelta, Input]]:
        later = []
        for number, share in enumerate(self.script.calls, 1):
            after = self.script.call_every * number
            last = number == len(self.script.calls) and sum(self.script.calls) == 100
            made = self.books.call_off(share, now + after, last)
            fields = {"contract": made["contract"], "call_off": made["id"]}
            later.append(self._event(after, "erp.call_off_requested", fields))
        return later

    def _child_ends(self, child: dict[str, Any], now: datetime) -> list[tuple[timedelta, Input]]:
        if child["id"] in self.books.children:  # one business key, one chain
            return []
        outcome = self.script.children.pop(0) if self.script.children else "completed"
        if not self.books.begun(child["id"], outcome, now + self.script.child_after):
            return []
        return [self._event(self.script.child_after, "chain.ended", {"child": child["id"], "outcome": outcome})]

    def _payments(self, shown: dict[str, Any], now: datetime) -> list[tuple[timedelta, Input]]:
        invoice, later = self.books.invoices[shown["id"]], []
        after = (shown.get("kind") == "dunning_fee" and self.script.fee_after) or self.script.pay_after
        left = invoice["gross"]["minor"]
        for number, share in enumerate(self.script.pays, 1):
            last = number == len(self.script.pays) and sum(self.script.pays) == 100
            amount = left if last else invoice["gross"]["minor"] * share // 100
            left -= amount
            at = now + after * number
            payment = f"P-{invoice['id']}-{number}"
            received = {"id": payment, "version": 1, "invoice": invoice["id"], "received_at": at.isoformat()}
            invoice["payments"].append({**received, "amount": {**invoice["gross"], "minor": amount}})
            later.append(self._event(at - now, "erp.payment_allocated", {"invoice": invoice["id"], "payment": payment}))
        return later

    # People

    def _people(self, command: Schedule) -> list[tuple[timedelta, Input]]:
        level = command.payload["levels"][0]
        name = level["name"]
        people, standing = self._who(level)
        found = {"candidates": {name: people}, "standing": {name: standing} if standing else {}}
        heard: list[tuple[timedelta, Input]] = [(SOON, CallDone(command.id, found))]
        if command.payload.get("what"):
            return [*heard, *self._tasks(command, name, people)]
        said = next((one for one in self.script.decisions if one[0] == name), None)
        if said is not None:
            self.script.decisions.remove(said)
        words = [one.strip() for one in said[1].split(",")] if said else ["approve"]
        if len(words) == 1:
            words *= (level["votes"] or len(people)) if words[0] == "approve" else 1
        elif len(words) > len(people):
            self.unsaid += [f"{name}: {word}" for word in words[len(people) :]]
        for number, (person, word) in enumerate(zip(people, words, strict=False)):
            if word != "silent":
                self._decided += 1
                actor = "customer:Ann" if person == CUSTOMER else person
                heard.append((timedelta(hours=1) + SOON * number, Decide(self._decision(command, actor, word))))
        return heard

    def _tasks(self, command: Schedule, name: str, people: list[str]) -> list[tuple[timedelta, Input]]:
        said = next((one for one in self.script.answers if one[0] == name), None)
        if said is not None:
            self.script.answers.remove(said)
        if not people or self.plan is None:
            return []
        self._decided += 1
        actor = "customer:Ann" if people[0] == CUSTOMER else people[0]
        acts = does(command, self.plan, said[1] if said else {}, actor, self._decided)
        return [(timedelta(hours=1) + SOON * number, act) for number, act in enumerate(acts)]

    def _who(self, level: dict[str, Any]) -> tuple[list[str], dict[str, list[str]]]:
        """Who is found: by what is asked (``role:x``, ``managers``), by the level's name, or three people of it."""
        name, source = level["name"], level["source"]
        asked = next((f"{kind}:{source[kind]}" for kind in ("role", "person") if kind in source), "")
        asked = "managers" if "managers" in source else asked
        usual = [CUSTOMER] if "external" in source else [f"{name}-{number}" for number in range(1, 4)]
        given = self.script.people.get(asked, self.script.people.get(name, usual))
        people = [one.partition(" for ")[0] for one in given]
        return people, {one.partition(" for ")[0]: [one.partition(" for ")[2]] for one in given if " for " in one}

    def _decision(self, command: Schedule, person: str, decision: str) -> Decision:
        return Decision.model_validate(
            {
                "id": f"DEC-{self._decided}", "task": command.payload["task"], "decision": decision, "actor": person,
                "digest": command.payload["digest"], "expires": "2099-01-01T00:00:00Z",
            }
        )  # fmt: skip

    def intervention(self, **asked: Any) -> Intervene:
        """An operator's action, as the client would send it."""
        self._decided += 1
        written = {
            "id": f"INT-{self._decided}-{digest(asked)[:6]}",
            "actor": "olga",
            "reason": "because",
            "expires": "2099-01-01T00:00:00Z",
        }
        return Intervene(Intervention.model_validate({**written, **asked}))
