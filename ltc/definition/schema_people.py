"""The steps that people take part in: approvals, their levels, and whom they ask."""

from __future__ import annotations

from ltc.definition.schema_common import NAMING, STEP_RESERVED, TIMED
from ltc.definition.shapes import Choice, Flag, Many, OneOf, Record, Ref, Shape, Text, Whole

FROM = OneOf(
    "from",
    "who may decide",
    text=Text("who", "everybody of a role, or one person"),
    records={
        "manager_of": Record(
            "manager",
            {
                "manager_of": Text("expression", "whose manager"),
                "up": Whole(1, 9, "how many levels up; default 1"),
            },
            "somebody's manager",
            ("manager_of",),
        ),
        "owner_of": Record(
            "owner",
            {
                "owner_of": Text("expression", "a document, or an id: whose owner the people directory names"),
                "kind": Text("name", "what it is: customer, product, region, …; needed where ids are not unique"),
            },
            "who owns a customer, a product, a region, …",
            ("owner_of",),
        ),
        "role": Record(
            "role with a scope",
            {
                "role": Text("party", "the role"),
                "scope": Text("expression", "where: the region, the company, …; who holds it everywhere is asked too"),
            },
            "who holds a role in one place",
            ("role", "scope"),
        ),
        "table": Record(
            "by table",
            {"table": Text("expression", "TABLE.OUTPUT, or what else gives a text: role:NAME or person:NAME")},
            "whom a decision table names",
            ("table",),
        ),
        "external": Record(
            "outside party",
            {"external": Choice(("customer",), "who decides outside the company; whoever speaks for them is named")},
            "the customer decides",
            ("external",),
        ),
    },
)
LEVEL = Record(
    "level",
    {
        "name": Text("name", "the level's name"),
        "when": Text("expression", "the level decides only if this holds"),
        "from": Ref("from", "who may decide"),
        "rule": OneOf(
            "rule",
            "how many of them must agree; sequence: all, one after another",
            words=("any", "all", "sequence"),
            records={
                "votes": Record("votes", {"votes": Whole(1, 99, "how many must agree")}, "so many votes", ("votes",)),
                "percent": Record(
                    "percent", {"percent": Whole(1, 100, "how many in a hundred must agree")}, "a share of them",
                    ("percent",),
                ),
            },
        ),
        "same_person_again": Choice(
            ("ask", "skip"), "who agreed at an earlier level: asked again (default), or their agreement counts here too"
        ),
        "on_first_reject": Choice(
            ("stop", "wait_all"), "a rejection ends it (default), or the others still decide and the rule says"
        ),
        "substitutes": Flag("absent people are replaced by their substitutes; default true"),
        "silence": Record(
            "silence",
            {
                "after": Text("span", "how long nobody decides, in the definition's calendar"),
                "then": Choice(("approve", "reject"), "what that is taken for; default approve"),
            },
            "what it means when the level does not come to a decision",
            ("after",),
        ),
        "sla": Ref("sla", "a promised time for this level"),
    },
    "one level of an approval",
    required=("name", "from"),
)  # fmt: skip

SEND_BACK = Record(
    "sending back",
    {
        "send_back": Text("name", "the leg to go back to"),
        "max_rounds": Whole(1, 99, "how often; then the chain is rejected; default 3"),
    },
    "go back to an earlier leg; effects are kept",
    ("send_back",),
)

APPROVAL: dict[str, Shape] = {
    "approve": Text("name", "the document to decide on"),
    "binds": Many(Text("expression", "a field"), "a change to one of these re-opens the decision", distinct=True),
    "four_eyes": Flag("nobody decides who asked, and nobody decides twice; default true"),
    "levels": Many(Ref("level"), "who decides, level by level"),
    "none_found": Ref("reaction", "when nobody can decide; default hold"),
    "on_reject": Ref("reaction", "when somebody rejects; default hold"),
    "on_send_back": SEND_BACK,
}

APPROVE = Record("approve", {**APPROVAL, **NAMING, **TIMED}, "have people decide", ("approve", "levels"), STEP_RESERVED)
