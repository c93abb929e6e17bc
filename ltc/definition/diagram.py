"""Draws a plan as a Mermaid flowchart: legs as boxes, steps in them, reactions dotted."""

from __future__ import annotations

from dataclasses import dataclass, field

from ltc.definition.flow import reactions
from ltc.definition.plan import (
    AnyNode,
    ApproveNode,
    CallNode,
    ChooseNode,
    EndNode,
    Leg,
    Loop,
    ParallelNode,
    Plan,
    TaskNode,
    WaitNode,
)
from ltc.definition.show_words import every_words, reaction_words


def mermaid(plan: Plan, language: str = "en") -> str:
    """Return the flowchart; titles in the language wanted, where there are any."""
    return _Drawing(plan, language).draw()


@dataclass
class _Drawing:
    plan: Plan
    language: str
    out: list[str] = field(default_factory=list)
    edges: list[str] = field(default_factory=list)

    def draw(self) -> str:
        self.out.append("flowchart TD")
        heading = self.titled(self.plan.title, self.plan.process)
        self.out.append(f'  start(["{_safe(f"{heading}: {self.plan.start.event}")}"])')
        tails = [("start", "")]
        for leg in self.plan.legs:
            tails = self.leg(leg, tails)
        self.out.append('  done(["completed"])')
        self.link(tails, "done")
        return "\n".join([*self.out, *self.edges]) + "\n"

    def leg(self, leg: Leg, tails: list[tuple[str, str]]) -> list[tuple[str, str]]:
        title = self.titled(leg.title, leg.id)
        if leg.loop:
            title += f" ({_each(leg.loop)})"
        if leg.when:
            gate = f"when_{leg.id}"
            self.out.append(f'  {gate}{{"{_safe(leg.when)}"}}')
            self.link(tails, gate)
            tails = [(gate, "yes")]
        self.out.append(f'  subgraph leg_{leg.id}["{_safe(title)}"]')
        after = self.block(leg.first, tails)
        self.out.append("  end")
        return [*after, (f"when_{leg.id}", "no")] if leg.when else after

    def block(self, first: str, tails: list[tuple[str, str]]) -> list[tuple[str, str]]:
        at = first
        while at:
            node = self.plan.nodes[at]
            self.out.append(f"    {_id(node.id)}{self.shape(node)}")
            self.link(tails, _id(node.id))
            tails = self.after(node)
            at = node.next
        return tails

    def after(self, node: AnyNode) -> list[tuple[str, str]]:
        here = _id(node.id)
        if isinstance(node, EndNode):
            return []
        if isinstance(node, ChooseNode):
            arms = [(arm.first, [(here, arm.when or "otherwise")]) for arm in node.arms]
            open_end = [] if any(not arm.when for arm in node.arms) else [(here, "otherwise")]
            return [tail for first, tails in arms for tail in self.block(first, tails)] + open_end
        if isinstance(node, ParallelNode):
            return [tail for first in node.branches for tail in self.block(first, [(here, "")])]
        return [(here, ""), *self.react(node)]

    def react(self, node: AnyNode) -> list[tuple[str, str]]:
        """Draw the reactions that lead somewhere; return where their blocks end, if they go on."""
        tails: list[tuple[str, str]] = []
        for key, reaction in reactions(node):
            label = key.replace("on_refusal.", "refused: ")
            if reaction.first:
                ends = self.block(reaction.first, [(_id(node.id), label)])
                if reaction.retry:
                    self.link(ends, _id(node.id))
                else:
                    tails += ends
            elif reaction.kind == "send_back":
                target = next((leg.first for leg in self.plan.legs if leg.id == reaction.leg), "")
                self.edges.append(f'  {_id(node.id)} -. "{_safe(label)}" .-> {_id(target)}')
            elif reaction.kind != "hold":
                self.stop(node, label, reaction_words(reaction))
        return tails

    def stop(self, node: AnyNode, label: str, words: str) -> None:
        name = f"{_id(node.id)}__{len(self.edges)}"
        self.edges.append(f'  {_id(node.id)} -. "{_safe(label)}" .-> {name}(["{_safe(words)}"])')

    def shape(self, node: AnyNode) -> str:
        """The box of a step: its title, or in a few words what it does."""
        before, after, words = _box(node)
        return f'{before}"{_safe(self.titled(node.title, words))}"{after}'

    def titled(self, title: dict[str, str], otherwise: str) -> str:
        """The title in the language wanted, else in English, else in any, else what stands for it."""
        return title.get(self.language) or title.get("en") or next(iter(title.values()), otherwise)

    def link(self, tails: list[tuple[str, str]], to: str) -> None:
        for tail, label in tails:
            said = f' -- "{_safe(label)}" -->' if label else " -->"
            self.edges.append(f"  {tail}{said} {to}")


def _box(node: AnyNode) -> tuple[str, str, str]:
    """How a step is drawn, and the words that stand for it where it has no title."""
    if isinstance(node, CallNode):
        return "[", "]", node.call.op
    if isinstance(node, WaitNode):
        return "([", "])", " or ".join(awaited.event for awaited in node.events)
    if isinstance(node, ApproveNode):
        return "[/", "/]", f"approve {node.subject}: {' then '.join(level.name for level in node.levels)}"
    if isinstance(node, TaskNode):
        return "[/", "/]", f"task {node.step}"
    if isinstance(node, EndNode):
        return "([", "])", node.outcome
    return ("{", "}", "choose") if isinstance(node, ChooseNode) else ("{{", "}}", "in parallel")


def _each(loop: Loop) -> str:
    return every_words(loop.every) if loop.every else f"each {loop.name} of {loop.source}"


def _id(name: str) -> str:
    return "n_" + name.replace(".", "__").replace("-", "_")


def _safe(text: str) -> str:
    """Mermaid reads some characters as its own, even inside quotes."""
    for char, code in (("#", "#35;"), ('"', "#quot;"), ("<", "#lt;"), (">", "#gt;"), ("\n", " ")):
        text = text.replace(char, code)
    return text
