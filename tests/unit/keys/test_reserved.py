"""Words kept for later: each is refused as not in this version wherever it could stand, and never ignored."""

import copy
from collections.abc import Iterator

import pytest
import yaml

from ltc.definition.compile import load_checked
from ltc.definition.errors import DefinitionError
from ltc.definition.schema import DOCUMENT, SHAPES
from ltc.definition.shapes import Choice, Many, OneOf, Record, Shape, Table
from tests.support.keys_case import DEAL, WORLD, edited

ASK = "legs.approval.steps.0"
# Where each record that keeps words for later stands in the deal, and what makes it stand there.
PLACES: dict[str, tuple[str, dict[str, str]]] = {
    "definition": ("", {}),
    "start": ("start", {}),
    "leg": ("legs.order", {}),
    "reaction": (f"{ASK}.none_found", {f"{ASK}.none_found": "hold"}),
    "step.call": ("legs.order.steps.0", {}),
    "step.wait": ("legs.shipment.steps.1", {}),
    "step.delay": ("legs.shipment.steps.1", {"legs.shipment.steps.1": "{delay: 1d}"}),
    "step.approve": (ASK, {}),
    "step.choose": ("legs.order.steps.2", {"legs.order.steps+": "{choose: [{otherwise: []}]}"}),
    "step.parallel": (
        "legs.order.steps.2",
        {
            "legs.order.steps+": "{parallel: [{steps: [{call: erp.get_order, with: {order: order.id}}]}, "
            "{steps: [{call: erp.get_order, with: {order: order.id}}]}]}"
        },
    ),
    "step.end": ("legs.collection.steps.1", {"legs.collection.steps+": "{end: lost}"}),
}


def reserved(at: str, shape: Shape) -> Iterator[tuple[str, str, str]]:
    """Every reserved word: where, the word, and how it could be written there (key, mapping, word or list)."""
    if isinstance(shape, Record):
        yield from ((at, word, "key") for word in shape.reserved)
        for key, inner in shape.keys.items():
            yield from reserved(key if at == "definition" else f"{at}.{key}", inner)
    elif isinstance(shape, Choice):
        yield from ((at, word, "word") for word in shape.reserved)
    elif isinstance(shape, Many | Table):
        yield from reserved(at, shape.of)
    elif isinstance(shape, OneOf):
        for word in shape.reserved:
            yield at, word, "list" if word == "[]" else "mapping"
            if word != "[]" and (shape.words or shape.text):
                yield at, word, "word"
        for key, record in shape.records.items():
            yield from reserved(f"{at}.{key}" if len(shape.records) > 1 else at, record)


WORDS = [*reserved("definition", DOCUMENT), *(one for name, shape in SHAPES.items() for one in reserved(name, shape))]


def test_every_word_kept_for_later_has_a_place():
    assert WORDS
    assert [at for at, _, _ in WORDS if at not in PLACES] == []
    assert [place for place in PLACES if place not in {at for at, _, _ in WORDS}] == []


@pytest.mark.parametrize(("at", "word", "how"), WORDS, ids=[f"{at}:{word} as a {how}" for at, word, how in WORDS])
def test_a_reserved_word_is_refused_as_not_in_this_version(at, word, how):
    place, around = PLACES[at]
    text = {"key": "x", "word": word, "mapping": f"{{{word}: x}}", "list": "[x]"}[how]
    path = f"{place}.{word}".lstrip(".") if how == "key" else place
    tree = edited(edited(copy.deepcopy(DEAL), around), {path: text})
    with pytest.raises(DefinitionError) as refused:
        load_checked(yaml.safe_dump(tree, sort_keys=False), WORLD)
    assert [problem.code for problem in refused.value.problems] == ["LTC-D021"]
    assert "not in this version" in str(refused.value)
    assert ("a list" if how == "list" else word) in str(refused.value)
