"""What authors may write: it means what it looks like."""

from datetime import timedelta

import pytest
from temporalio.common import RetryPolicy

from ltc.definition.plan import CallNode


@pytest.mark.parametrize("written", ["{first: 5m}", "{give_up: 10s}", "{attempt: 1h}", "{most: 1s}", "{factor: 1}", "{most: 2h, give_up: 9h}"])  # fmt: skip
def test_a_retry_that_is_accepted_can_be_scheduled(written, base, load):
    """What is not said gives way to what is: no accepted pauses wedge a chain."""
    plan = load(base.replace("        as: customer", f"        as: customer\n        retry: {written}")).plan
    node = next(node for node in plan.nodes.values() if isinstance(node, CallNode) and node.result == "customer")
    found = node.retry
    assert 0 < found.attempt <= found.give_up
    RetryPolicy(
        initial_interval=timedelta(seconds=found.first), backoff_coefficient=found.factor,
        maximum_interval=timedelta(seconds=found.most),
    )._validate()  # fmt: skip
