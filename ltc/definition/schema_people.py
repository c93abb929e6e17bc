"""The steps that people take part in: approvals, their levels, and whom they ask."""

from __future__ import annotations

from ltc.definition.schema_common import NAMING, STEP_RESERVED, TIMED
from ltc.definition.shapes import LATER, Flag, Many, OneOf, Record, Ref, Shape, Text, Whole

LEVEL = Record(
    "level",
    {
        "name": Text("name", "the level's name"),
        "when": Text("expression", "the level decides only if this holds"),
        "from": OneOf(
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
                )
            },
            reserved={"owner_of": LATER, "table": LATER, "external": LATER, "substitute": LATER},
        ),
        "rule": OneOf(
            "rule",
            "how many of them must agree",
            words=("any", "all"),
            records={
                "votes": Record("votes", {"votes": Whole(1, 99, "how many must agree")}, "so many votes", ("votes",))
            },
            reserved={"percent": LATER, "sequence": LATER},
        ),
        "sla": Ref("sla", "a promised time for this level"),
    },
    "one level of an approval",
    required=("name", "from"),
    reserved={"same_person_again": LATER, "on_first_reject": LATER, "substitutes": LATER},
)

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
    "binds": Many(Text("expression", "a field"), "a change to one of these re-opens the decision"),
    "four_eyes": Flag("nobody decides who asked, and nobody decides twice; default true"),
    "levels": Many(Ref("level"), "who decides, level by level"),
    "none_found": Ref("reaction", "when nobody can decide; default hold"),
    "on_reject": Ref("reaction", "when somebody rejects; default hold"),
    "on_send_back": SEND_BACK,
}

APPROVE = Record("approve", {**APPROVAL, **NAMING, **TIMED}, "have people decide", ("approve", "levels"), STEP_RESERVED)
