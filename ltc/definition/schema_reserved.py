"""The words that the language keeps for later, each with what to write today; ADR 16 has the reasons."""

from __future__ import annotations

EXTENDS = "write the definition whole; steps that several share go into a fragment: `- use: NAME`"
POLICIES = "leave it out: the settings say how long a system may stay away, a step what follows (within, on_refusal)"
WEBHOOK = "leave it out: start.event names the event, and an installation by which doors it comes (LTC_WEBHOOKS)"
TASKS = "a task is a step: `- task: NAME` in a leg's steps"
SUBSTITUTES = "leave it out: the people directory says who stands in for whom; a level may say substitutes: false"
KEEP_OPEN = "write it for the whole chain, beside legs: keep_open: {for: 30d, handlers: […]}"
RETRY = "say after what: {approve: …, then: {retry: …}} or {task: …, then: {retry: …}}; people retry what is held"

DOCUMENT = {
    "extends": EXTENDS, "webhooks": WEBHOOK, "policies": POLICIES, "tasks": TASKS, "substitutes": SUBSTITUTES,
}  # fmt: skip
START = {"webhook": WEBHOOK}
PLACE = {"keep_open": KEEP_OPEN, "policies": POLICIES}  # of a leg and of every step
REACTION = {"retry": RETRY}
