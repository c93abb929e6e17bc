"""Proves what can be proved of a definition before anything runs: each check is small and has codes of its own."""

from __future__ import annotations

from ltc.definition.build import Build
from ltc.definition.flow import follow
from ltc.definition.lint_arms import check_arms
from ltc.definition.lint_billing import check_billing
from ltc.definition.lint_expressions import Expressions, check_documents
from ltc.definition.lint_handlers import check_handlers
from ltc.definition.lint_keys import check_keys
from ltc.definition.lint_matches import check_matches
from ltc.definition.lint_people import check_people
from ltc.definition.lint_sla import check_slas
from ltc.definition.lint_slips import check_slips
from ltc.definition.lint_tables import check_tables
from ltc.definition.lint_tasks import check_tasks
from ltc.definition.lint_undo import check_undo
from ltc.definition.lint_vain import check_vain
from ltc.definition.lint_waits import check_waits
from ltc.definition.lint_ways import check_loops, check_pivot, check_send_back
from ltc.definition.names import collect
from ltc.definition.plan import Plan


def lint(plan: Plan, build: Build) -> None:
    """Run every check; complaints go to ``build.problems``.

    Raises:
        DefinitionError: names are not clear, so that nothing further can be said.
    """
    names = collect(plan, build)
    build.problems.stop()  # a name of two meanings would only make more complaints
    flow = follow(plan, build)
    Expressions(plan, build, names, flow).check_all()
    check_documents(plan, build, names, flow)
    check_matches(plan, build, names)
    check_undo(plan, build)
    check_send_back(plan, build)
    check_handlers(plan, build, names)
    check_pivot(plan, build, flow)
    check_loops(plan, build)
    check_arms(plan, build)
    check_keys(plan, build, names)
    check_vain(plan, build)
    check_billing(plan, build)
    check_people(plan, build)
    check_tasks(plan, build)
    check_waits(plan, build)
    check_slas(plan, build)
    check_tables(plan, build)
    check_slips(plan, build, names)
