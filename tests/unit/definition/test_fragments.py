"""Fragments: their steps stand where they are used, their names take nothing, their mistakes point into their file."""

import pytest

from ltc.definition.errors import DefinitionError

LOOK = """ltc: 1
fragment: look
parameters:
  document: {about: the order}
  most: {default: 5}
  long: {default: 2d}
steps:
  - call: erp.get_order
    with: {order: $document.id}
    as: seen
    sla: {target: $long}
  - choose:
      - when: seen.version > $most && $document.version > 0
        steps: [{call: erp.get_order, with: {order: seen.id}, as: again}]
      - otherwise: []
"""
USES = "  confirm:\n    steps:\n"


@pytest.fixture
def using(tmp_path, base, load):
    """Compile the small definition with steps that use fragments; a fragment is its text by name."""

    def use(steps: str, **fragments: str):
        (tmp_path / "fragments").mkdir(exist_ok=True)
        for name, text in {"look": LOOK, **fragments}.items():
            (tmp_path / "fragments" / f"{name}.yaml").write_text(text, encoding="utf-8")
        path = tmp_path / "small.yaml"
        path.write_text(base.replace(USES, f"{USES}      {steps}\n"), encoding="utf-8")
        return load(path).plan

    return use


def problems(using, steps, **fragments):
    with pytest.raises(DefinitionError) as caught:
        using(steps, **fragments)
    return [(one.code, one.file.rsplit("/", 1)[-1], one.line, one.column) for one in caught.value.problems], str(
        caught.value
    )


def test_steps_stand_where_the_fragment_is_used(using):
    plan = using("- use: look\n        with: {document: order, most: 1 + 2, long: 3h}")
    assert plan.nodes["confirm.get_order"].result == "look_seen"
    assert plan.nodes["confirm.choose"].arms[0].when == "look_seen.version > (1 + 2) && order.version > 0"
    assert plan.slas["step:confirm.get_order"].target.amount == 3


def test_two_uses_on_one_line_are_two(using):
    """Where a step stands tells it from others: line and column."""
    both = "[{use: look, with: {document: order}}], [{use: look, name: other, with: {document: order}}]"
    branches = both.replace("[{", "{steps: [{").replace("}]", "}]}")
    plan = using(f"- {{parallel: [{branches}]}}")
    fork = plan.nodes["confirm.parallel"]
    assert len(dict.fromkeys(fork.branches)) == 2
    assert [plan.nodes[first].result for first in fork.branches] == ["look_seen", "other_seen"]


def test_two_uses_take_nothing_of_each_other(using):
    twice = "- {use: look, with: {document: order}}\n      - {use: look, name: other, with: {document: order}}"
    results = [node.result for node in using(twice).nodes.values() if getattr(node, "result", "")]
    assert {"look_seen", "look_again", "other_seen", "other_again"} <= set(results)


def test_what_a_fragment_leaves_may_be_named(using):
    plan = using(
        "- {use: look, with: {document: order}, as: {seen: fresh}}\n"
        "      - {call: erp.get_order, with: {order: fresh.id}, name: more}"
    )
    assert plan.nodes["confirm.more"].call.args == {"order": "fresh.id"}


def test_a_name_handed_over_is_not_taken_for_one_of_the_fragments_own(using):
    plan = using(
        "- {call: erp.get_order, with: {order: order.id}, as: seen}\n      - {use: look, with: {document: seen}}"
    )
    assert plan.nodes["confirm.get_order-2"].call.args == {"order": "seen.id"}
    assert plan.nodes["confirm.choose"].arms[0].when == "look_seen.version > 5 && seen.version > 0"


def test_a_fragment_may_use_another(using):
    outer = (
        "ltc: 1\nfragment: outer\nparameters: {paper: {}}\nsteps:\n  - {use: look, with: {document: $paper}, as: {seen: mine}}\n"
        "  - {call: erp.get_order, with: {order: mine.id}}\n"
    )
    plan = using("- {use: outer, with: {paper: order}}", outer=outer)
    assert plan.nodes["confirm.get_order"].call.args == {"order": "order.id"}
    assert plan.nodes["confirm.get_order"].result == plan.nodes["confirm.get_order-3"].call.args["order"].split(".")[0]


WRONG = [
    ("- use: §none", {}, "LTC-D145"),
    ("- use: §../look", {}, "LTC-D023"),
    ("- {use: look, with: {document: order, §much: 1}}", {}, "LTC-D147"),
    ("- {use: look, with: {document: order}, as: {§saw: fresh}}", {}, "LTC-D147"),
    ("- §{use: look}", {}, "LTC-D148"),
    ("- {use: look, with: {document: order}, §undo: x}", {}, "LTC-D020"),
]


@pytest.mark.parametrize(
    ("steps", "fragments", "code"), WRONG, ids=[code + str(at) for at, (*_, code) in enumerate(WRONG)]
)
def test_a_wrong_use_is_refused_at_its_place(steps, fragments, code, using):
    found, _ = problems(using, steps.replace("§", ""), **fragments)
    assert [(one[0], one[1], one[3]) for one in found] == [(code, "small.yaml", 7 + steps.index("§"))]


@pytest.mark.parametrize(
    ("old", "new", "code", "line"),
    [
        ("erp.get_order\n    with", "erp.get_ordr\n    with", "LTC-D040", 8),
        ("seen.version", "seen.versoin", "LTC-D060", 13),
        ("seen.version", "order.version", "LTC-D149", 13),
        ("$most", "$least", "LTC-D147", 13),
        ("as: seen", "ass: seen", "LTC-D149", 13),
        ("target: $long", "target: soon", "LTC-D025", 11),
        ("fragment: look", "fragment: other", "LTC-D024", 2),
        ("ltc: 1", "ltc: 2", "LTC-D029", 1),
        ("document: {about", "document: {abuot", "LTC-D020", 4),
        ("steps:\n  - call", "steps: []\nmore:\n  - call", "LTC-D020", 8),
    ],
)
def test_a_mistake_in_a_fragment_points_into_its_file(old, new, code, line, using):
    found, text = problems(using, "- {use: look, with: {document: order}}", look=LOOK.replace(old, new))
    assert (code, "look.yaml", line) in [one[:3] for one in found]
    assert "small.yaml:" in text or line < 8 or code == "LTC-D020"


def test_a_circle_of_fragments_is_refused(using):
    text = "ltc: 1\nfragment: {a}\nsteps:\n  - use: {b}\n"
    found, said = problems(using, "- use: one", one=text.format(a="one", b="two"), two=text.format(a="two", b="one"))
    assert [one[0] for one in found] == ["LTC-D146"]
    assert "one → two → one" in said


def test_a_chain_of_fragments_that_is_too_deep_is_refused(using):
    steps = {f"f{at}": f"ltc: 1\nfragment: f{at}\nsteps:\n  - use: f{at + 1}\n" for at in range(6)}
    assert [one[0] for one in problems(using, "- use: f0", **steps)[0]] == ["LTC-D146"]


def test_a_definition_given_as_text_has_no_fragments(base, load):
    with pytest.raises(DefinitionError, match="LTC-D145"):
        load(base.replace(USES, f"{USES}      - use: look\n"))


def test_a_fragment_by_itself_is_told_for_what_it_is(tmp_path, load):
    path = tmp_path / "look.yaml"
    path.write_text(LOOK)
    with pytest.raises(DefinitionError) as refused:
        load(path)
    assert [(one.code, one.line) for one in refused.value.problems] == [("LTC-D159", 2)]
    assert "use: look" in str(refused.value)


def test_a_parameter_that_nothing_reads_is_complained_about_in_its_file(using):
    text = LOOK.replace("  most: {default: 5}\n", "  most: {default: 5}\n  spare: {default: 1}\n")
    found, _ = problems(using, "- use: look\n        with: {document: order}", look=text)
    assert found == [("LTC-D120", "look.yaml", 6, 3)]


def test_a_name_of_a_fragment_may_look_like_no_parameter(using):
    """Names and texts that look like what stands for parameters inside are names and texts."""
    text = LOOK.replace("as: seen", "as: p__seen").replace("seen.", "p__seen.") + (
        "  - choose: [{when: $document.id == 'P__most', steps: [{end: lost, reason: \"'P__x'\"}]}]\n"
    )
    plan = using("- use: look\n        with: {document: order}", look=text)
    assert plan.nodes["confirm.get_order"].result == "look_p__seen"
    assert plan.nodes["confirm.choose-2"].arms[0].when == "order.id == 'P__most'"


def test_a_condition_may_be_settled_by_what_a_fragment_is_handed(using):
    text = LOOK.replace("seen.version > $most", "$most > 3 || seen.version > 1").replace("&& $document.version > 0", "")
    plan = using("- use: look\n        with: {document: order}", look=text.replace("$document.id", "$document.id"))
    assert plan.nodes["confirm.choose"].arms[0].when.startswith("5 > 3")
