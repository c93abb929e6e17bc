"""The three CEL libraries agree, on every expression of a grammar, about type and value."""

import sys
from datetime import UTC, datetime, timedelta

import celpy
from cel_expr_python import cel as checker
from google.protobuf import json_format, message_factory
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from ltc.definition.descriptors import build, gather
from ltc.definition.expressions import EvaluationError, ExpressionError, TypeEnv, check, evaluate
from ltc.definition.types import ExprType


class Piece(BaseModel):
    q: int
    n: str


class Inner(BaseModel):
    y: int


class Doc(BaseModel):
    a: int
    b: int
    s: str
    t: str
    f: bool
    at: datetime
    by: datetime
    pieces: list[Piece]
    maybe: Inner | None = None


ENV = TypeEnv.of({"doc": Doc})
MESSAGES = gather([ExprType.of(Doc)])
POOL = MESSAGES.pool()
MESSAGE = message_factory.GetMessageClass(POOL.FindMessageTypeByName("ltc.Doc"))
NATIVE = checker.NewEnv(descriptor_pool=POOL, variables={"doc": MESSAGES.native(ExprType.of(Doc))})
FAILED = "failed"


def _python_environment():
    """cel-python raises the recursion limit of the whole process; here it stays as it was."""
    limit = sys.getrecursionlimit()
    try:
        return celpy.Environment()
    finally:
        sys.setrecursionlimit(limit)


PYTHON = _python_environment()

numbers = st.sampled_from(["doc.a", "doc.b", "0", "1", "7", "-3", "size(doc.pieces)", "doc.pieces.size()"])
texts = st.sampled_from(["doc.s", "doc.t", "'x'", "'SO-1'", "''", "string(doc.a)", "'单据'"])
truths = st.sampled_from(
    [
        "doc.f", "true", "false", "has(doc.maybe)", "has(doc.maybe) && doc.maybe.y > 1", "has(doc.maybe.y)",
        "doc.at < doc.by", "doc.at == doc.by", "doc.pieces.all(p, p.q > doc.a)", "doc.pieces.exists(p, p.n == doc.s)",
        "doc.pieces.exists_one(p, p.q == 1)", "doc.pieces.exists(p, p.n + 'x' == doc.t)", "doc.s.startsWith('S')",
        "doc.s.contains(doc.t)", "doc.t.endsWith('x')", "doc.a in [1, doc.b, 3]", "doc.s in ['x', doc.t]",
    ]
)  # fmt: skip


def _grow_number(inner):
    return st.one_of(
        st.tuples(inner, st.sampled_from("+-*/%"), inner).map(lambda p: f"({p[0]} {p[1]} {p[2]})"),
        inner.map(lambda one: f"-({one})"),
        st.tuples(inner, inner).map(lambda p: f"(doc.f ? {p[0]} : {p[1]})"),
    )


whole = st.recursive(numbers, _grow_number, max_leaves=4)
compared = st.one_of(
    st.tuples(whole, st.sampled_from(["==", "!=", "<", "<=", ">", ">="]), whole).map(" ".join),
    st.tuples(texts, st.sampled_from(["==", "!=", "<", ">="]), texts).map(" ".join),
    st.tuples(texts, texts, texts).map(lambda t: f"{t[0]} + {t[1]} == {t[2]}"),
    truths,
)


def _grow_truth(inner):
    return st.one_of(
        st.tuples(inner, st.sampled_from(["&&", "||"]), inner).map(lambda p: f"({p[0]} {p[1]} {p[2]})"),
        inner.map(lambda one: f"!({one})"),
        st.tuples(inner, inner, inner).map(lambda p: f"(({p[0]}) ? ({p[1]}) : ({p[2]}))"),
    )


conditions = st.recursive(compared, _grow_truth, max_leaves=5)
moments = st.integers(0, 3).map(lambda n: (datetime(2026, 3, 1, tzinfo=UTC) + timedelta(hours=n)).isoformat())
documents = st.fixed_dictionaries(
    {
        "a": st.integers(-3, 9), "b": st.one_of(st.integers(-3, 9), st.sampled_from([2**63 - 1, -(2**63)])),
        "s": st.sampled_from(["", "x", "SO-1", "单据"]), "t": st.sampled_from(["", "x", "S"]), "f": st.booleans(),
        "at": moments, "by": moments,
        "pieces": st.lists(
            st.fixed_dictionaries({"q": st.integers(0, 3), "n": st.sampled_from(["", "x"])}), max_size=4
        ),
    },
    optional={"maybe": st.fixed_dictionaries({"y": st.integers(0, 3)})},
)  # fmt: skip


def ours(source, doc):
    try:
        return evaluate(source, {"doc": doc}, currency="CNY", rates={})
    except EvaluationError:
        return FAILED


def googles(source, doc):
    message = json_format.ParseDict(doc, MESSAGE())
    value = NATIVE.compile(source).eval(data={"doc": message})
    return FAILED if value.type() == checker.Type.ERROR else value.plain_value()


def pythons(source, doc):
    times = {name: celpy.celtypes.TimestampType(doc[name]) for name in ("at", "by")}
    plain = celpy.json_to_cel({name: value for name, value in doc.items() if name not in times})
    plain.update({celpy.celtypes.StringType(name): value for name, value in times.items()})
    try:
        value = PYTHON.program(PYTHON.compile(source)).evaluate({"doc": plain})
    except celpy.CELEvalError:
        return FAILED
    return bool(value) if isinstance(value, celpy.celtypes.BoolType) else int(value)


@settings(max_examples=150, deadline=None)
@given(conditions, documents)
def test_conditions(source, doc):
    assert str(check(source, ENV, "bool")) == "condition"
    assert NATIVE.compile(source).return_type() == checker.Type.BOOL
    found = ours(source, doc)
    assert found == googles(source, doc)
    assert type(found) in (bool, str)


@settings(max_examples=150, deadline=None)
@given(whole, documents)
def test_numbers(source, doc):
    assert str(check(source, ENV, "int")) == "whole number"
    assert ours(source, doc) == googles(source, doc)


@settings(max_examples=120, deadline=None)
@given(st.one_of(conditions, whole), documents)
def test_the_library_that_gives_the_tree_means_the_same(source, doc):
    """cel-python differs where a sum leaves 64 bits inside, and has(a.b.c) fails there when a.b is absent."""
    found = ours(source, doc)
    if abs(doc["b"]) < 100 and "maybe.y)" not in source and found != FAILED:
        assert found == pythons(source, doc)


@settings(deadline=None)
@given(st.text(max_size=40) | st.text("order.id()[]{}'\"+-*/%!&|=<>?:, 0123456789abhxs", max_size=60))
def test_no_text_breaks_the_checker(text):
    found = None
    try:
        check(text, TypeEnv.of({"order": Doc}))
    except ExpressionError as error:
        found = error
    assert found is None or (found.column >= 1 and found.message)


def test_the_builder_and_the_checker_share_descriptors():
    assert build({"doc": ExprType.of(Doc)}).compile("doc.pieces[0].q").return_type() == checker.Type.INT
