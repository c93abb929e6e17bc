"""Chains that start chains, on a real server: one child per key, its end is heard, and a cancel goes down to it."""

from pathlib import Path

import pytest

from ltc.client.children import ChildChains
from ltc.client.errors import RefusedError
from ltc.devserver import DevServer
from ltc.ports.chains import ChildId, StartChain
from ltc.ports.context import CURRENT_CHAIN
from ltc.ports.errors import BusinessRefusal
from tests.integration.rig import installation, until

CHILD = """
ltc: 1
process: small
calendar: cn
currency: USD
start: {event: crm.opportunity_won, key: event.opportunity.number, input: {opportunity: event.opportunity}}
legs:
  work:
    steps:
      - call: crm.qualify_lead
        with: {opportunity: opportunity.id}
        undo: {call: crm.reopen_lead, with: {opportunity: opportunity.id}}
STEPS
"""
PARENT = """
ltc: 1
process: frame
calendar: cn
currency: USD
start: {event: crm.opportunity_won, key: event.opportunity.number, input: {opportunity: event.opportunity}}
legs:
  calls:
    steps:
      - start:
          process: small
          key: opportunity.number
          input: {opportunity_id: opportunity.id, opportunity: opportunity}
          on_cancel: POLICY
        as: child
      - {end: lost, reason: child.outcome}
"""
WAITS = """      - {wait: crm.order_cancelled, match: event.opportunity == opportunity.number}
"""


def definitions(folder: Path, steps: str = "", policy: str = "cancel") -> Path:
    """A folder with both definitions."""
    path = folder / "defs"
    path.mkdir()
    (path / "small.yaml").write_text(CHILD.replace("STEPS", steps))
    (path / "frame.yaml").write_text(PARENT.replace("POLICY", policy))
    return path


async def test_a_parent_hears_how_its_child_ended_and_both_know_each_other(
    tmp_path: Path, dev_server: DevServer
) -> None:
    async with installation(tmp_path, dev_server.address, process_defs=definitions(tmp_path)) as rig:
        deal = rig.deal(50_000)
        await rig.enter(deal)
        parent = (await rig.client.start("frame", deal, source="test")).chain
        view = await rig.ended_view(parent)
        assert (view["outcome"], view["reason"]) == ("lost", "completed")
        (child,) = view["children"]
        assert (child["child"], child["outcome"], child["leg"]) == (
            f"small:{deal['opportunity']['number']}",
            "completed",
            "calls",
        )
        assert (await rig.parts.store.chain(child["child"]))["parent"] == parent
        inbox = await until(lambda: rig.parts.store.inbox("routed"))  # told first, then noted
        assert [(event.name, event.chain) for event in inbox] == [("chain.ended", parent)]


async def test_a_parent_that_is_cancelled_cancels_its_child(tmp_path: Path, dev_server: DevServer) -> None:
    async with installation(tmp_path, dev_server.address, process_defs=definitions(tmp_path, WAITS)) as rig:
        deal = rig.deal(50_000)
        await rig.enter(deal)
        parent = (await rig.client.start("frame", deal, source="test")).chain
        child = f"small:{deal['opportunity']['number']}"

        async def at(chain: str, place: str) -> bool:
            try:
                return f"waiting {place}" in (await rig.client.where(chain)).tokens.values()
            except RefusedError:  # on record, and not begun yet
                return False

        await until(lambda: at(child, "work.order_cancelled"))
        await until(lambda: at(parent, "calls.start_small-end"))
        await rig.client.intervene(parent, "cancel", "olga", "no longer wanted")
        assert (await rig.ended_view(parent))["outcome"] == "cancelled"
        assert (await rig.ended_view(child))["outcome"] == "cancelled"


async def test_the_port_refuses_what_cannot_be(tmp_path: Path, dev_server: DevServer) -> None:
    async with installation(tmp_path, dev_server.address, process_defs=definitions(tmp_path, WAITS)) as rig:
        deal = rig.deal(50_000)
        await rig.enter(deal)
        parent = (await rig.client.start("small", deal, source="test")).chain
        other = rig.deal(50_000)
        port = ChildChains(rig.client)
        CURRENT_CHAIN.set(parent)
        wanted = StartChain(process="frame", input=other)
        first = await port.start(wanted, "K1")
        assert (await port.start(wanted, "K1")).id == first.id
        assert (await port.probe("chain.start", "K1", wanted)) is not None
        absent = StartChain(process="frame", key="nobody", input=other)
        assert await port.probe("chain.start", "K2", absent) is None
        wrong = (
            (StartChain(process="nothing", input={}), "unknown_process"),
            (StartChain(process="frame", input={"opportunity_id": "1"}), "bad_input"),
            (StartChain(process="frame", key="a/b", input=other), "bad_input"),
            (StartChain(process="small", input=other), "cycle"),
            (StartChain(process="frame", key=other["opportunity"]["number"], input=deal), "other_input"),
        )
        for request, reason in wrong:
            with pytest.raises(BusinessRefusal) as refused:
                await port.start(request, "K3")
            assert refused.value.reason == reason
        with pytest.raises(BusinessRefusal, match="still runs"):
            await port.require_ended(ChildId(child=first.id), "K4")
        with pytest.raises(BusinessRefusal) as gone:
            await port.watch(ChildId(child="small:none"))
        assert gone.value.reason == "not_found"
        CURRENT_CHAIN.set("lead_to_cash:1")
        with pytest.raises(BusinessRefusal) as shared:
            await port.start(wanted, "K5")
        assert shared.value.reason == "other_parent"
