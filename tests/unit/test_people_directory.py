"""The people directory: roles in places, owners, managers, substitutes; checked on load, with the place of each fault."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from ltc.adapters.people_file import PeopleFile
from ltc.ports.approvers import approvers
from ltc.ports.errors import Misconfigured

WORDS = """
zone: Asia/Shanghai
people:
  - {id: maria, name: Maria, roles: [director]}
  - {id: sam, name: Sam, manager: maria}
  - {id: nancy, name: Nancy, manager: sam, mail: nancy@example.com}
  - {id: wen, name: Wen}
  - {id: lars, name: Lars}
  - {id: gone, name: Gone, active: false}
roles:
  finance: [sam, wen, gone]
owners:
  - {kind: customer, key: VINET, owner: nancy}
  - {kind: product, key: VINET, owner: wen}
  - {kind: region, key: EMEA, owner: sam}
substitutes:
  - {for: sam, who: wen, from: 2026-03-02, until: 2026-03-13}
  - {for: wen, who: lars, from: 2026-03-10, until: 2026-03-20, role: finance}
"""
BEFORE, FIRST, LATER = (datetime(2026, 3, day, 4, tzinfo=UTC) for day in (1, 2, 11))


def written(folder: Path, text: str) -> PeopleFile:
    (folder / "people.yaml").write_text(text)
    return PeopleFile(folder / "people.yaml")


@pytest.mark.parametrize(
    ("source", "at", "people", "standing"),
    [
        ({"role": "finance"}, BEFORE, ["sam", "wen"], {}),
        ({"role": "finance"}, FIRST, ["wen"], {}),
        # Wen is away as well, for what finance is asked: Lars stands in for both.
        ({"role": "finance"}, LATER, ["lars"], {"lars": ["sam", "wen"]}),
        ({"manager_of": "nancy"}, FIRST, ["wen"], {"wen": ["sam"]}),
        ({"manager_of": "nancy", "up": 2}, FIRST, ["maria"], {}),
        ({"managers": ["nancy", "sam"]}, FIRST, ["wen", "maria"], {"wen": ["sam"]}),
        ({"owner_of": "VINET", "kind": "customer"}, FIRST, ["nancy"], {}),
        ({"owner_of": "EMEA"}, BEFORE, ["sam"], {}),
        ({"owner_of": "NOBODY"}, BEFORE, [], {}),
        ({"person": "gone"}, BEFORE, [], {}),
        ({"external": "customer"}, BEFORE, ["customer"], {}),
    ],
)
async def test_whom_a_level_asks(tmp_path, source, at, people, standing):
    asked = await approvers(written(tmp_path, WORDS), source, at)
    assert (asked.people, asked.standing) == (people, standing)


async def test_a_level_may_forbid_substitutes_and_still_asks_nobody_who_left(tmp_path):
    asked = await approvers(written(tmp_path, WORDS), {"role": "finance"}, FIRST, substitutes=False)
    assert (asked.people, asked.standing) == (["sam", "wen"], {})


async def test_days_begin_and_end_in_the_zone_of_the_directory(tmp_path):
    directory = written(tmp_path, WORDS)
    moments = ("2026-03-01T15:59:59", "2026-03-01T16:00:00", "2026-03-13T15:59:59", "2026-03-13T16:00:00")
    found = [await directory.stand_in("sam", datetime.fromisoformat(one).replace(tzinfo=UTC)) for one in moments]
    assert found == ["sam", "wen", "wen", "sam"]


async def test_one_key_of_two_kinds_with_different_owners_wants_the_kind(tmp_path):
    with pytest.raises(Misconfigured, match="owned as customer, product by different people"):
        await written(tmp_path, WORDS).owner_of("VINET")


async def test_a_folder_of_tables_says_the_same(tmp_path):
    (tmp_path / "people.csv").write_text(
        "id,name,email,manager,active,roles\nmaria,Maria,,,,director;ceo\nsam,Sam,,maria,,\n"
    )
    (tmp_path / "roles.csv").write_text("role,member,scope\nsales,sam,EMEA\nsales,maria,\n")
    (tmp_path / "owners.csv").write_text("kind,key,owner\ncustomer,VINET,sam\n")
    (tmp_path / "substitutes.csv").write_text("for,who,from,until,role\nsam,maria,2026-03-02,,\n")
    directory = PeopleFile(tmp_path)
    assert await directory.roles() == ["ceo", "director", "sales"]
    assert await directory.members("sales", "EMEA") == ["maria", "sam"]
    assert await directory.members("sales", "APAC") == ["maria"]
    assert await directory.owner_of("VINET", "customer") == "sam"
    assert await directory.stand_in("sam", LATER) == "maria"
    person = await directory.person("maria")
    assert person is not None
    assert person.roles == ["director", "ceo", "sales"]
    (tmp_path / "owners.csv").write_text("kind,key,owner\ncustomer,VINET,maria\n# \n")
    with pytest.raises(Misconfigured, match=r"owners.csv, line 3: 3 values are needed"):
        await directory.owner_of("VINET")


PAIR = "people: [{id: a, name: A}, {id: b, name: B}, {id: c, name: C}]\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (PAIR + "substitutes: [{for: a, who: b}, {for: b, who: a}]", "line 2, substitute 1: substitutes go in a circle: a → b → a"),
        (PAIR + "substitutes: [{for: a, who: b}, {for: b, who: c},\n  {for: c, who: a}]", "circle: a → b → c → a"),
        (PAIR + "substitutes: [{for: a, who: a}]", "cannot stand in for themselves"),
        (PAIR + "substitutes: [{for: a, who: b}, {for: a, who: c}]", "'a' has another substitute at that time, 'b'"),
        (PAIR + "substitutes: [{for: a, who: zoe}]", "line 2, substitute 1: unknown substitute 'zoe'"),
        (PAIR + "substitutes: [{for: a, who: b, from: tomorrow}]", "write a day such as 2026-03-31"),
        (PAIR + "substitutes: [{for: a, who: b, from: 2026-03-09, until: 2026-03-02}]", "last day lies before the first"),
        (PAIR + "substitutes: [{for: a, who: b, role: king}]", "nobody holds the role 'king'"),
        (PAIR + "owners: [{kind: customer, key: X, owner: zoe}]", "line 2, owner 1: unknown owner 'zoe'"),
        (PAIR + "owners: [{kind: customer, key: X, owner: a}, {kind: customer, key: X, owner: b}]", "has an owner already"),
        (PAIR + "roles: {king: [zoe]}", "role king: unknown member 'zoe'"),
        (PAIR + "zone: Mars/Olympus", "there is no time zone 'Mars/Olympus'"),
        (PAIR + "sundries: []", "line 2: unknown key 'sundries'"),
        (PAIR + PAIR, "'people' stands here twice"),
        ("people: [{id: a, name: A, manager: b}, {id: b, name: B, manager: a}]", "'a' is their own manager by way of b"),
        ("people: [{id: customer, name: A}]", "'customer' cannot be a person's id"),
        ("people: [{id: a, name: A, manager: a}]", "'a' is their own manager; name somebody else, or nobody"),
        ("people: [{id: a, name: A, phone: 5}]", "unknown key 'phone'; use one of: id, name, roles, manager, email, active"),
        ("people: [{id: a}]", "line 1, person 1: 'name' is missing; add it"),
        (PAIR + "substitutes: [{for: a, whom: b}]", "'who' is missing; add it"),
        (PAIR + "substitutes: [{for: a, who: b, since: 2026-03-02}]", "unknown key 'since'; use one of: who, for, from, until, role"),
    ],
)  # fmt: skip
async def test_what_cannot_be_is_refused_with_its_place(tmp_path, text, told):
    with pytest.raises(Misconfigured) as refused:
        await written(tmp_path, text).roles()
    assert told in str(refused.value)


async def test_a_person_that_cannot_be_read_is_complained_about_alone(tmp_path):
    text = "people: [{id: a, name: A, phone: 5}, {id: b, name: B, manager: a}, {id: c, name: C, manager: a}]"
    with pytest.raises(Misconfigured) as refused:
        await written(tmp_path, text).roles()
    assert "unknown manager" not in str(refused.value)


async def test_every_fault_is_told_at_once(tmp_path):
    text = PAIR + "roles: {king: [zoe], queen: [yan]}\nowners: [{kind: customer, key: X, owner: tom}]"
    with pytest.raises(Misconfigured) as refused:
        await written(tmp_path, text).roles()
    assert len(str(refused.value).splitlines()) == 3


async def test_substitutes_at_different_times_make_no_circle(tmp_path):
    turns = "substitutes: [{for: a, who: b, until: 2026-03-05}, {for: b, who: a, from: 2026-03-06}]"
    assert await written(tmp_path, PAIR + turns).stand_in("b", LATER) == "a"
