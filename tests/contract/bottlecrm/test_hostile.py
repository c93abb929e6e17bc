"""BottleCRM's answers with a value missing or of the wrong kind: held as nonsense, never a crash."""

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel

from ltc.adapters.bottlecrm import api
from ltc.adapters.bottlecrm.api import Api
from ltc.adapters.bottlecrm.crm import BottleCrm
from ltc.ports import operations as op
from ltc.ports.errors import ContractBroken, PortError
from tests.contract.bottlecrm.test_wire import deal, lead, line, win

_GONE = object()
ODD = (None, False, "x", -1, 10**30, [], [[]], {}, "2026-13-45T99:99:99", "")
Place = tuple[str | int, ...]


def _places(value: Any, here: Place = ()) -> Iterator[Place]:
    """Yield where the values of an answer are: of a list only in its first element."""
    if here:
        yield here
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _places(inner, (*here, name))
    elif isinstance(value, list) and value:
        yield from _places(value[0], (*here, 0))


def _put(answer: Any, place: Place, value: Any) -> None:
    for part in place[:-1]:
        answer = answer[part]
    if value is _GONE:
        del answer[place[-1]]
    else:
        answer[place[-1]] = value


async def _asked(monkeypatch: pytest.MonkeyPatch, read: Any, place: Place = (), value: Any = None) -> set[Place]:
    """Read with one value spoilt in every answer that has it; return the places of all answers."""
    found: set[Place] = set()
    whole = Api._send

    async def send(self: Api, *args: Any) -> Any:
        said = await whole(self, *args)
        here = set(_places(said))
        found.update(here)
        if place in here:
            _put(said, place, value)
        return said

    with monkeypatch.context() as patched:
        patched.setattr(Api, "_send", send)
        result = await read()
        assert result is None or isinstance(result, BaseModel)
    return found


async def test_a_value_that_is_not_what_it_should_be(crm: BottleCrm, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each value of each answer, left out and with two odd ones; in turn all of them come up."""
    made = await deal(crm, lines=[line(3, "0.05"), line(2, product="P2")])
    other = await crm.create_lead(lead("N-2"), "k2")
    note = op.LogProgress(opportunity=made.id, leg="order", outcome="done", text="all is well")
    await crm.log_progress(note, "k3")
    await win(crm, made.id)
    reads = {
        "get_opportunity": lambda: crm.get_opportunity(op.OpportunityId(opportunity=made.id)),
        "events": lambda: crm.events(""),
        "probe of a lead": lambda: crm.probe("crm.create_lead", "k2", lead("N-2")),
        "probe of a conversion": lambda: crm.probe("crm.convert_lead", "k2", op.LeadId(lead=other.id)),
        "probe of a note": lambda: crm.probe("crm.log_progress", "k3", note),
    }
    crashed = []
    for name, read in reads.items():
        for turn, place in enumerate(sorted(await _asked(monkeypatch, read), key=str)):
            for value in (_GONE, ODD[turn % len(ODD)], ODD[(turn * 7 + 3) % len(ODD)]):
                try:
                    await _asked(monkeypatch, read, place, value)
                except PortError:
                    pass
                except Exception as error:  # noqa: BLE001 - whatever else it is, is what is looked for
                    what = "left out" if value is _GONE else repr(value)
                    at = ".".join(map(str, place))
                    crashed.append(f"{name}: {at} {what}: {type(error).__name__} {error!s:.60}")
    assert not crashed, "\n".join(crashed)


@pytest.mark.parametrize("count", [0, 1, 3, 4, 5, 9])
async def test_everything_is_read_whatever_the_pages(
    crm: BottleCrm, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    """None, one, one short of a page, a whole page, one more, many."""
    monkeypatch.setattr(api, "PAGE", 4)
    there = [{"id": str(number)} for number in range(count)]

    async def send(self: Api, method: str, path: str, body: Any, params: Any, headers: Any) -> Any:
        first = int(params["offset"])
        return {"rows": there[first : first + int(params["limit"])]}

    monkeypatch.setattr(Api, "_send", send)
    assert await crm._api.listed("/api/x/", "rows", {}) == there


async def test_pages_that_do_not_go_on_end(crm: BottleCrm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "PAGE", 2)

    async def send(self: Api, *args: Any) -> Any:
        return {"rows": [{"id": "1"}, {"id": "2"}]}

    monkeypatch.setattr(Api, "_send", send)
    with pytest.raises(ContractBroken, match="the same page at offset 1"):
        await crm._api.listed("/api/x/", "rows", {})
