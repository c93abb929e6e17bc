"""Types read off models, and scopes that are cheap to build."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from time import thread_time
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field

from ltc.definition.expressions import check
from ltc.definition.scope import TypeEnv
from ltc.definition.types import DYN, ExprType
from ltc.model.documents import CustomerCard, CustomerRef, Delivery, Document, Order, Release
from ltc.model.money import Currency, Money


class Colour(StrEnum):
    RED = "red"


class Odd(BaseModel):
    labels: dict[str, int] = {}
    many: list[dict[str, Money]] = []
    maybe: Money | None = None
    either: int | str = 0
    inner: "Odd | None" = None


@pytest.mark.parametrize(
    ("annotation", "shown"),
    [
        (str, "text"), (int, "whole number"), (bool, "condition"), (datetime, "instant"), (Decimal, "text"),
        (Literal["a", "b"], "text"), (Colour, "text"), (Currency, "text"),
        (Annotated[int, Field(ge=0)], "whole number"),
        (int | None, "whole number"), (int | str, "anything"), (Any, "anything"), (Money, "Money"),
        (list[Order], "list of Order"), (dict[str, int], "map of whole number"),
        (list[list[int]], "list of list of whole number"),
    ],
)  # fmt: skip
def test_annotations_have_types(annotation, shown):
    assert str(ExprType.of(annotation)) == shown


def test_what_has_no_counterpart_is_refused():
    with pytest.raises(TypeError, match="no counterpart"):
        ExprType.of(bytes)
    with pytest.raises(TypeError, match="no counterpart"):
        TypeEnv.of({"x": set[str]})


def test_what_fits_where():
    order, text = ExprType.of(Order), ExprType.of(str)
    assert ExprType.of(list[Order]).accepts(ExprType.of(list[Order]))
    assert not ExprType.of(list[Order]).accepts(ExprType.of(list[Delivery]))
    assert not ExprType.of(list[Order]).accepts(order)
    assert not order.accepts(text)
    assert not text.accepts(ExprType.of(int))
    assert DYN.accepts(order)
    assert text.accepts(DYN)


def test_a_value_with_less_fits_where_all_the_rest_may_be_left_out():
    reference, card = ExprType.of(CustomerRef), ExprType.of(CustomerCard)
    assert reference.accepts(card)
    assert card.accepts(reference)  # what a card adds is known or not
    assert not ExprType.of(Order).accepts(ExprType.of(Document))  # an order without lines is none


def test_odd_models_are_checked_too():
    env = TypeEnv.of({"odd": Odd}, currency="USD")
    assert str(check("odd.labels.size + odd.either", env)) == "whole number"
    assert str(check("odd.labels['x']", env)) == "whole number"
    assert str(check("odd.inner.inner.maybe", env)) == "Money"
    assert str(check("odd.many[0].any", env)) == "Money"
    assert str(check("base(odd.maybe)", env)) == "whole number"


def test_two_models_of_one_name_are_two_types():
    class Release(BaseModel):  # not the document of that name
        colour: str

    env = TypeEnv.of({"a": Release, "b": globals()["Release"]})
    assert str(check("a.colour == b.status", env)) == "condition"


def test_scopes_are_extended_and_shared():
    env = TypeEnv.of({"order": Order}, currency="USD")
    assert env is TypeEnv.of({"order": Order}, currency="USD")
    wider = env.extend({"release": Release})
    assert list(wider.variables) == ["order", "release"]
    assert wider.currency == "USD"
    assert list(env.variables) == ["order"]


def test_a_hundred_expressions_in_as_many_scopes_take_less_than_a_second():
    base = TypeEnv.of({"order": Order, "deliveries": list[Delivery]}, currency="USD")
    check("order.id", base)
    began = thread_time()
    for number in range(100):
        scope = base.extend({f"release_{number}": Release})
        check(f"release_{number}.id != '' && order.lines.all(l, l.quantity > {number})", scope, "bool")
    assert thread_time() - began < 1.0
