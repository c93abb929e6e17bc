"""Versions on a whole installation: chains moved and moved back, calendars renewed, what would have been."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ltc.cli.desk_versions import VersionDesk
from ltc.client import NotFoundError, RefusedError, many
from ltc.client import versions as named
from ltc.client.what_if import WhatIf
from tests.integration.rig import Rig, task_of, until
from tests.support.chains import ROOT

SHIPPED = (ROOT / "process_defs" / "lead_to_cash.yaml").read_text()
LONGER = ("      target: 2bd\n", "      target: 4bd\n")
RENAMED = (
    "call: erp.create_order            # a draft",
    "call: erp.create_order\n        name: make_it            # a draft",
)
CHECKED = (
    "  confirm:\n    title",
    "  look:\n    steps:\n      - approve: order\n        binds: [order.net]\n"
    "        levels: [{name: second, from: \"role:finance\", rule: any}]\n        none_found: hold\n"
    "        on_reject: hold\n  confirm:\n    title",
)  # fmt: skip
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture
def desk(rig: Rig) -> VersionDesk:
    """The part of the desk that asks for versions, at the running installation."""
    made = VersionDesk()
    made.client, made.parts = rig.client, rig.parts
    return made


def changed(folder: Path, *swaps: tuple[str, str]) -> str:
    """Write the shipped definition with some of its text replaced; return the file."""
    text = SHIPPED
    for before, after in swaps:
        assert before in text, before
        text = text.replace(before, after)
    path = folder / "lead_to_cash.yaml"
    path.write_text(text)
    return str(path)


async def waiting(rig: Rig) -> str:
    """A chain that waits for its manager."""
    chain, _ = await rig.begin(net=200_000)
    await task_of(rig, chain)
    return chain


async def all_done(desk: VersionDesk, action: Any, chains: list[str], to: str = "", **renames: str) -> str:
    bulk = await desk.move(action, chains, "olga", "the rules changed", to, renames)
    done = await desk.go_through(bulk, "olga", 0)
    assert [row["state"] for row in done] == ["done"] * len(chains), done
    return bulk


async def test_a_set_of_chains_moves_and_goes_back(rig: Rig, desk: VersionDesk, tmp_path: Path) -> None:
    chains = [await waiting(rig), await waiting(rig)]
    to, renames = changed(tmp_path, LONGER, RENAMED), {"order.create_order": "order.make_it"}
    looked = await desk.look(chains, "migrate", to, {})
    assert [row["status"] for row in looked] == ["blocked", "blocked"]
    assert "--map order.create_order=order.make_it" in " ".join(looked[0]["reasons"])
    looked = await desk.look(chains, "migrate", to, renames)
    assert [row["status"] for row in looked] == ["mapped", "mapped"]
    assert "leg:approval" in [due["sla"] for due in looked[0]["dues"]]
    bulk = await all_done(desk, "migrate", chains, to, **renames)
    plan = (await desk.definition(to)).plan
    view = await rig.client.store.chain(chains[0])
    assert view is not None
    assert view["plan"] == plan.digest[:12]
    kinds = [row["kind"] for row in await rig.client.store.timeline(chains[0])]
    assert "migrated" in kinds
    assert "sla_moved" in kinds
    assert [row["status"] for row in await desk.look(chains, "migrate", to, renames)] == ["there", "there"]
    again = await desk.bulk(bulk)
    assert (again["count"], again["done"], again["failed"]) == (2, 2, 0)
    (kept,) = [row for row in await desk.versions("lead_to_cash") if row["digest"] == plan.digest]
    assert kept["running"] == 2
    assert (await desk.definition(f"lead_to_cash@{plan.digest[:12]}")).plan == plan
    await all_done(desk, "revert", chains[:1])
    view = await rig.client.store.chain(chains[0])
    assert view is not None
    assert view["plan"] != plan.digest[:12]
    assert [row["status"] for row in await desk.look(chains, "revert", "", {})] == ["blocked", "safe"]
    await rig.client.decide(await task_of(rig, chains[1]), "approve", "andrew")
    await rig.order_of(chains[1])
    blocked = (await desk.look(chains[1:], "revert", "", {}))[0]
    assert "since it was moved, the chain has entered" in blocked["reasons"][0]


async def test_many_chains_are_held_and_released_by_one_action_each(rig: Rig, desk: VersionDesk) -> None:
    chains = [await waiting(rig), await waiting(rig)]
    bulk = await all_done(desk, "hold", chains)
    assert await desk.go_through(bulk, "olga", 0) == [], "all of it is done already"
    assert set(chains) <= set(await desk.running("lead_to_cash", "", "", "by_hand"))
    await all_done(desk, "release", chains)
    again = await desk.move("release", chains[:1], "olga", "once more", "", {})
    (row,) = await desk.go_through(again, "olga", 0)
    assert row["state"] == "refused", row
    await rig.client.intervene(chains[0], "hold", "olga", "something else")
    (row,) = await desk.go_through(again, "olga", 0)
    assert row["state"] == "done", "what was refused is asked anew, not answered as before"
    assert not set(chains) & set(await desk.running("lead_to_cash", "", "", "by_hand"))


async def test_many_chains_get_more_time_at_once_and_only_once(rig: Rig, desk: VersionDesk) -> None:
    chains = [await waiting(rig), await waiting(rig)]
    wish = {"sla": "leg:approval", "by": "2bd"}
    (first, _) = await desk.foresee("extend", chains, wish)
    assert (first["status"], len(first["would"])) == ("safe", 2)
    bulk = await desk.act_on("extend", chains, "olga", "closed", wish)
    assert [row["state"] for row in await desk.go_through(bulk, "olga", 0)] == ["done", "done"]
    assert (await desk.bulk(bulk))["detail"] == {"wish": wish}
    answer = await rig.client.intervene(
        chains[0], "extend", "olga", "closed", intervention_id=f"bulk-{bulk}", sla="leg:approval", by="2bd"
    )
    assert answer.message == "this intervention was taken before"
    (row,) = await desk.go_through(await desk.act_on("skip", chains[:1], "olga", "r", {"held": "sla"}), "olga", 0)
    assert (row["state"], row["message"]) == ("refused", f"not found: {many.NOTHING}")


async def test_a_moved_chain_is_repaired_under_its_present_plan_and_undone_as_it_was_done(
    rig: Rig, desk: VersionDesk, tmp_path: Path
) -> None:
    chain = await waiting(rig)
    await all_done(desk, "migrate", [chain], changed(tmp_path, RENAMED), **{"order.create_order": "order.make_it"})
    await rig.client.temporal.get_workflow_handle(chain).terminate("by accident")
    await rig.client.repair(chain, "terminated by accident")

    async def ended() -> Any:
        found = await rig.client.store.chain(chain)
        return found if found and found["outcome"] else None

    view = await until(ended)
    assert view["outcome"] == "cancelled"
    undone = [(row["step"], row["status"]) for row in view["effects"] if row["op"] == "erp.create_order"]
    assert ("make_it", "undone") in undone or ("create_order", "undone") in undone
    assert not [row for row in view["effects"] if row["status"] not in ("undone", "stands", "absent")]


async def test_what_is_refused_is_on_record_and_tried_again(rig: Rig, desk: VersionDesk, tmp_path: Path) -> None:
    chain = await waiting(rig)
    to = changed(tmp_path, RENAMED)
    bulk = await desk.move("migrate", [chain, "lead_to_cash:nobody"], "olga", "because", to, {})
    done = await desk.go_through(bulk, "olga", 0)
    assert [row["state"] for row in done] == ["refused", "failed"]
    assert "has been entered" in done[0]["message"]
    assert "does not know" in done[1]["message"]
    again = await desk.go_through(bulk, "olga", 0)
    assert [row["state"] for row in again] == ["refused", "failed"]
    assert (await desk.bulk(bulk))["items"][0]["tries"] == 2
    with pytest.raises(RefusedError, match="may not intervene"):
        await desk.move("migrate", [chain], "nancy", "because", to, {})
    with pytest.raises(NotFoundError, match="no bulk action"):
        await desk.go_through("nothing", "olga", 0)
    with pytest.raises(NotFoundError, match="no version"):
        await named.find("lead_to_cash@AAAAAAAA", await rig.client.definitions(), rig.client.store)


async def test_open_deadlines_follow_a_newer_calendar(
    rig: Rig, desk: VersionDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chain = await waiting(rig)
    assert (await desk.look([chain], "recalendar", "", {}))[0]["status"] == "there"
    folder = tmp_path / "calendars"
    folder.mkdir()
    for path in (ROOT / "process_defs" / "calendars").glob("*.yaml"):
        (folder / path.name).write_text(path.read_text())
    free = [(rig.client.now() + timedelta(days=day)).date() for day in range(1, 8)]
    days = ", ".join(f"{day}: off" for day in free)
    (folder / "cn.yaml").write_text((folder / "cn.yaml").read_text() + f"\noverrides: {{{days}}}\n")
    monkeypatch.setattr(rig.client, "place", rig.client.place.__class__(
        rig.client.place.name, rig.client.place.public_key, rig.client.place.clock, rig.client.place.calendar, folder
    ))  # fmt: skip
    looked = (await desk.look([chain], "recalendar", "", {}))[0]
    assert looked["status"] == "safe"
    due = next(one for one in looked["dues"] if one["sla"] == "leg:approval")
    assert due["now"] > due["was"]
    await all_done(desk, "recalendar", [chain])
    view = await rig.client.store.chain(chain)
    assert view is not None
    row = next(row for row in view["slas"] if row["sla"] == "leg:approval")
    # The trail keeps milliseconds.
    assert abs(row["deadline"] - datetime.fromisoformat(due["now"])) <= timedelta(milliseconds=1)
    assert any(one["chain"] == chain and one["calendar"] == "cn" for one in await desk.open_deadlines())


async def finished(rig: Rig, net: int) -> str:
    """A chain whose goods were shipped and paid."""
    chain, _ = await rig.begin(net)
    if net >= 100_000:
        await rig.client.decide(await task_of(rig, chain), "approve", "andrew")
    order = await rig.order_of(chain)
    await rig.erp.post("/warehouse/ship", json={"order": order["id"]})

    async def billed() -> str | None:
        found = [one for one in await rig.parts.store.intents_of(chain) if one.operation == "erp.post_invoice"]
        return str(found[0].result["id"]) if found and found[0].state == "confirmed" and found[0].result else None

    invoice = await until(billed)
    owed = (await rig.erp.get(f"/invoices/{invoice}")).json()["gross"]["minor"]
    paid = {"allocations": [{"invoice": invoice, "minor": owed}]}
    (await rig.erp.post("/bank/payments", json=paid)).raise_for_status()

    async def ended() -> bool:
        view = await rig.client.store.chain(chain)
        return bool(view and view["outcome"])

    await until(ended)
    return chain


async def test_the_same_definition_would_have_made_no_difference(rig: Rig, desk: VersionDesk, tmp_path: Path) -> None:
    """The control: real chains, finished, open and held, gone through again under the plan that they ran."""
    one, other = await finished(rig, 50_000), await finished(rig, 200_000)
    open_one = await waiting(rig)
    held = await waiting(rig)
    await rig.client.intervene(held, "hold", "olga", "to look")
    await rig.client.intervene(held, "release", "olga", "looked")
    asking = WhatIf(rig.client, rig.parts.registry)
    same = await asking.ask((await rig.client.definitions()).get("lead_to_cash"), LONG_AGO)
    counts, told = same["counts"], {row["chain"]: row["why"] for row in same["not_replayed"]}
    assert not {one, other, open_one, held} & set(told), told
    assert counts["replayed"] >= 4
    assert counts["replayed"] + counts["not_replayed"] == counts["chains"]
    assert counts["changed"] == 0, same["differences"]
    assert (same["differences"], same["outcomes"], same["legs"], same["assumptions"]) == ([], [], [], [])
    new = await named.find(changed(tmp_path, CHECKED), await rig.client.definitions(), rig.client.store)
    found = await desk.what_if(changed(tmp_path, CHECKED), LONG_AGO, "lead_to_cash", 1000)
    assert found["plan"] == new.plan.digest
    assert found["counts"]["approvals_gained"] >= 2
    assert any("level second" in row["assumed"] for row in found["assumptions"])
    assert {row["chain"] for row in found["differences"] if row["what"] == "approvals"} >= {one, other}
    assert found["counts"]["outcomes_changed"] == 0
    assert "look" in [row["leg"] for row in found["legs"]]
    sooner = await named.find(
        changed(tmp_path, ("      target: 2bd\n", "      target: 1s\n")),
        await rig.client.definitions(),
        rig.client.store,
    )
    assert (await asking.ask(sooner, LONG_AGO))["counts"]["breaches_gained"] >= 0
