"""Whatever a file or a record holds, the answer is a complaint or an error of ours, soon."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ltc.mapping import BadMapping, MappingError, parse_mapping
from ltc.ports.errors import ContractBroken
from tests.unit.mapping.test_files import EXAMPLE, RECORD

ACME = parse_mapping(EXAMPLE, "acme.yaml", "acme")
WORDS = st.sampled_from(
    ["mapping", "system", "entities", "read", "write", "target", "source", "transform", "fields", "order", "note",
     "by_code", "money", "text", "enum", "table", "tables", "units", "lines[*]", "net", "currency", "1", "acme", "true",
     "extends", "shipped", "zone", "UTC", "default", "required", "template", "{a}", "constant", "value", "date"]
)  # fmt: skip
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
TREES: st.SearchStrategy[Any] = st.recursive(
    WORDS, lambda inner: st.lists(inner, max_size=5) | st.dictionaries(WORDS, inner, max_size=6), max_leaves=40
)


def flow(tree: Any) -> str:
    """Write a tree as YAML in one line."""
    if isinstance(tree, dict):
        return "{" + ", ".join(f"'{key}': {flow(value)}" for key, value in tree.items()) + "}"
    if isinstance(tree, list):
        return "[" + ", ".join(map(flow, tree)) + "]"
    return str(tree) if tree in ("1", "true") else f"'{tree}'"


@given(st.dictionaries(WORDS, TREES, max_size=6), st.dictionaries(WORDS, TREES, max_size=3))
def test_any_tree_is_a_mapping_or_complained_about(rest: dict[str, Any], entity: dict[str, Any]) -> None:
    tree = {**rest, "mapping": "1", "system": "acme", "entities": {"note": entity, "order": rest}}
    try:
        parse_mapping(flow(tree), "acme.yaml")
    except BadMapping as error:
        assert all(problem.code.startswith("LTC-M") and problem.line >= 1 for problem in error.problems)  # noqa: PT017


@given(st.text(max_size=300))
def test_any_text_is_complained_about(text: str) -> None:
    with pytest.raises(BadMapping):
        parse_mapping(text, "acme.yaml")


@given(st.sampled_from(sorted(RECORD)), JSON)
def test_any_value_in_a_record_is_mapped_or_refused(field: str, value: Any) -> None:
    try:
        ACME.document("opportunity", {**RECORD, field: value}, version=1)
    except ContractBroken as error:
        assert len(error.evidence) <= 500  # noqa: PT017


@given(JSON)
def test_any_record_is_refused(record: Any) -> None:
    with pytest.raises(MappingError):
        ACME.read("opportunity", record)


@given(st.sampled_from(["product", "quantity", "unit_price", "net"]), JSON)
def test_any_value_to_be_written_is_written_or_refused(field: str, value: Any) -> None:
    line = {"product": "P", "quantity": 1, "unit_price": {"minor": 1, "currency": "USD"},
            "net": {"minor": 1, "currency": "USD"}, field: value}  # fmt: skip
    try:
        ACME.write("create_order", {"customer": "7", "lines": [line]})
    except MappingError as error:
        assert len(str(error)) < 1000  # noqa: PT017
