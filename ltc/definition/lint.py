"""Proves what can be proved of a definition before anything runs: each check is small and has codes of its own."""

from __future__ import annotations

from ltc.definition.build import Build
from ltc.definition.lint_undo import check_undo
from ltc.definition.plan import Plan


def lint(plan: Plan, build: Build) -> None:
    """Run every check; complaints go to ``build.problems``."""
    check_undo(plan, build)
