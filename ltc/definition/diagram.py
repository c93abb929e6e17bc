"""Draws a plan as a Mermaid flowchart: legs as boxes, steps in them, reactions, handlers and tables dotted."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from ltc.definition.compile_start import START
from ltc.definition.flow import reactions
from ltc.definition.plan import (
    AnyNode,
    ApproveNode,
    CallNode,
    ChooseNode,
    DelayNode,
    EndNode,
    Handler,
    Leg,
    Loop,
    ParallelNode,
    Plan,
    TaskNode,
    WaitNode,
)
from ltc.definition.show_words import delay_words, every_words, reaction_words, when_words
from ltc.model.phrase import listed, phrase, together


def mermaid(plan: Plan, language: str = "en", say: Callable[[str], str] = str) -> str:
    """Return the flowchart; titles in the language wanted, where there are any, and ``say`` says all else in it."""
    return _Drawing(plan, language, say).draw()


@dataclass
class _Drawing:
    plan: Plan
    language: str
    say: Callable[[str], str]
    out: list[str] = field(default_factory=list)
    edges: list[str] = field(default_factory=list)
    ids: dict[str, str] = field(default_factory=dict)

    def id(self, name: str) -> str:
        """Return what Mermaid calls a step: its name as far as that can be, and no other step's."""
        if name not in self.ids:
            plain = f"n_{re.sub('[^a-z0-9_]', '_', name.replace('.', '__'))}"
            self.ids[name] = f"{plain}_{len(self.ids)}" if plain in self.ids.values() else plain
        return self.ids[name]

    def draw(self) -> str:
        self.out.append("flowchart TD")
        heading = self.titled(self.plan.title, self.plan.process)
        self.out.append(f'  start(["{_safe(f"{heading}: {self.plan.start.event}")}"])')
        tails = [("start", "")]
        for leg in self.plan.legs:
            tails = self.leg(leg, tails)
        self.out.append(f'  done(["{self.said(phrase("completed"))}"])')
        self.link(tails, "done")
        for handler in self.plan.handlers:
            self.handler(handler)
        if self.plan.keep_open:
            self.kept_open(str(self.plan.keep_open.span), self.plan.keep_open.handlers)
        for name in self.plan.tables:
            self.table(name)
        return "\n".join([*self.out, *self.edges]) + "\n"

    def leg(self, leg: Leg, tails: list[tuple[str, str]]) -> list[tuple[str, str]]:
        title = self.titled(leg.title, leg.id)
        if leg.loop:
            title = together(title, " (", _each(leg.loop), ")")
        if leg.when:
            gate = f"when_{leg.id}"
            self.out.append(f'  {gate}{{"{_safe(leg.when)}"}}')
            self.link(tails, gate)
            tails = [(gate, phrase("yes"))]
        self.out.append(f'  subgraph leg_{leg.id}["{self.said(title)}"]')
        after = self.block(leg.first, tails)
        self.out.append("  end")
        return [*after, (f"when_{leg.id}", phrase("no"))] if leg.when else after

    def handler(self, handler: Handler) -> None:
        """Draw an event that may come at any time, and the line that it starts beside the legs."""
        name = f"handler_{handler.name}"
        during = ", ".join(handler.legs) or phrase("any leg")
        said = phrase("{name}: {event}, at any time in {legs}", name=handler.name, event=handler.event, legs=during)
        self.out.append(f'  {name}>"{self.said(said)}"]')
        side = next((leg for leg in self.plan.sides if leg.id == handler.name), None)
        if side:
            self.out.append(f'  subgraph side_{side.id}["{_safe(handler.name)}"]')
            self.block(side.first, [(name, "")])
            self.out.append("  end")
        elif handler.then.kind == "send_back":
            target = next((leg.first for leg in self.plan.legs if leg.id == handler.then.leg), "")
            self.edges.append(f"  {name} -.-> {self.id(target)}")
        else:
            self.out.append(f'  {name}_then(["{self.said(reaction_words(handler.then))}"])')
            self.edges.append(f"  {name} -.-> {name}_then")

    def kept_open(self, span: str, handlers: list[str]) -> None:
        """Draw what a completed chain stays open for."""
        self.out.append(f'  kept_open(["{self.said(phrase("kept open for {span}", span=span))}"])')
        self.edges.append("  done --> kept_open")
        self.edges += [f"  kept_open -.-> handler_{name}" for name in handlers]

    def table(self, name: str) -> None:
        """Draw a decision table, and which steps and legs read it."""
        self.out.append(f'  table_{name}[("{self.said(phrase("table {name}", name=name))}")]')
        speaks = re.compile(rf"\b{name}\.")
        slas = {sla: one.table for sla, one in self.plan.slas.items()}
        for node in self.plan.nodes.values():
            said = [node.model_dump_json(exclude={"id", "next", "up", "leg"}), *(slas[one] for one in node.slas)]
            if any(speaks.search(text) for text in said):
                self.edges.append(f"  table_{name} -.-> {self.id(node.id)}")
        for leg in self.plan.legs:
            if speaks.search(leg.when) or any(speaks.search(slas[one]) for one in leg.slas):
                self.edges.append(f"  table_{name} -.-> leg_{leg.id}")

    def block(self, first: str, tails: list[tuple[str, str]]) -> list[tuple[str, str]]:
        at = first
        while at:
            node = self.plan.nodes[at]
            self.out.append(f"    {self.id(node.id)}{self.shape(node)}")
            self.link(tails, self.id(node.id))
            tails = self.after(node)
            at = node.next
        return tails

    def after(self, node: AnyNode) -> list[tuple[str, str]]:
        here = self.id(node.id)
        if isinstance(node, EndNode):
            return []
        if isinstance(node, ChooseNode):
            otherwise = phrase("otherwise")
            arms = [(arm.first, [(here, arm.when or otherwise)]) for arm in node.arms]
            open_end = [] if any(not arm.when for arm in node.arms) else [(here, otherwise)]
            return [tail for first, tails in arms for tail in self.block(first, tails)] + open_end
        if isinstance(node, ParallelNode):
            return [tail for first in node.branches for tail in self.block(first, [(here, "")])]
        if isinstance(node, WaitNode) and node.ladder:
            for level in node.ladder.levels:
                told = phrase(", tell {whom}", whom=level.notify) if level.notify else ""
                label = together(phrase("level {name}: {span}", name=level.name, span=level.after), told)
                self.link(self.block(level.first, [(here, label)]) if level.first else [(here, label)], here)
        return [(here, ""), *self.react(node)]

    def react(self, node: AnyNode) -> list[tuple[str, str]]:
        """Draw the reactions that lead somewhere; return where their blocks end, if they go on."""
        tails: list[tuple[str, str]] = []
        for key, reaction in reactions(node):
            label = when_words(key, "refused: {reason}")
            if reaction.first:
                ends = self.block(reaction.first, [(self.id(node.id), label)])
                if reaction.retry:
                    self.link(ends, self.id(node.id))
                else:
                    tails += ends
            elif reaction.kind == "send_back":
                target = next((leg.first for leg in self.plan.legs if leg.id == reaction.leg), "")
                self.edges.append(f'  {self.id(node.id)} -. "{self.said(label)}" .-> {self.id(target)}')
            elif reaction.kind != "hold":
                self.stop(node, label, reaction_words(reaction))
        return tails

    def stop(self, node: AnyNode, label: str, words: str) -> None:
        name = f"{self.id(node.id)}__{len(self.edges)}"
        self.edges.append(f'  {self.id(node.id)} -. "{self.said(label)}" .-> {name}(["{self.said(words)}"])')

    def shape(self, node: AnyNode) -> str:
        """The box of a step: its title, or in a few words what it does."""
        before, after, words = _box(node)
        return f'{before}"{self.said(self.titled(node.title, words))}"{after}'

    def titled(self, title: dict[str, str], otherwise: str) -> str:
        """The title in the language wanted, else in English, else in any, else what stands for it."""
        said = (title.get(self.language, ""), title.get("en", ""), *title.values())
        return next((words for words in said if words.strip()), otherwise)

    def said(self, text: str) -> str:
        """Return a label in the language wanted, and so that Mermaid reads nothing into it."""
        return _safe(self.say(text))

    def link(self, tails: list[tuple[str, str]], to: str) -> None:
        for tail, label in tails:
            said = f' -- "{self.said(label)}" -->' if label else " -->"
            self.edges.append(f"  {tail}{said} {to}")


def _box(node: AnyNode) -> tuple[str, str, str]:
    """How a step is drawn, and the words that stand for it where it has no title."""
    if isinstance(node, CallNode) and "process" in node.call.args and node.call.op == START:
        return "[[", "]]", phrase("start {process}", process=node.call.args["process"].strip("'"))
    if isinstance(node, CallNode):
        return "[", "]", node.call.op
    if isinstance(node, WaitNode) and node.ladder:
        return "([", "])", phrase("dun {document}", document=node.ladder.document)
    if isinstance(node, DelayNode):
        return "([", "])", delay_words(node)
    if isinstance(node, WaitNode):
        return "([", "])", listed((awaited.event for awaited in node.events), phrase(" or "))
    if isinstance(node, ApproveNode):
        levels = listed((level.name for level in node.levels), phrase(" then "))
        return "[/", "/]", phrase("approve {document}: {levels}", document=node.subject, levels=levels)
    if isinstance(node, TaskNode):
        return "[/", "/]", phrase("task {step}", step=node.step)
    if isinstance(node, EndNode):
        return "([", "])", phrase(node.outcome)
    return ("{", "}", phrase("choose")) if isinstance(node, ChooseNode) else ("{{", "}}", phrase("in parallel"))


def _each(loop: Loop) -> str:
    if loop.every:
        return every_words(loop.every)
    return phrase("each {name} of {source}", name=loop.name, source=loop.source)


def _safe(text: str) -> str:
    """Mermaid reads some characters as its own, even inside quotes; and what begins as a list does, as a list."""
    text = "".join(_CODES.get(char, char) for char in " ".join(text.split()))
    return re.sub(r"^(\d+)\.(?=\s)", r"\1#46;", re.sub(r"^([-+])(?=\s)", lambda found: f"#{ord(found[1])};", text))


_CODES = {char: f"#{ord(char)};" for char in "#<>`*$\\"} | {'"': "#quot;"}
