"""Parses expressions by cel-python's grammar, within hard limits, into the small tree of ``syntax``."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from celpy.celparser import CELParseError, CELParser
from lark import Token, Tree

from ltc.definition.errors import nearest
from ltc.definition.syntax import FUNCTIONS, MACROS, METHODS, ExpressionError, Node

MOST_CHARACTERS = 512
MOST_DEPTH = 16
MOST_TERMS = 32
_LATER = ("bytes", "double", "duration", "dyn", "int", "matches", "timestamp", "type", "uint")
_RESERVED = [
    "as", "break", "const", "continue", "else", "false", "for", "function", "if", "import", "in", "let", "loop",
    "namespace", "null", "package", "return", "true", "var", "void", "while",
]  # fmt: skip
_OPENING = "([{"
_SPOKEN = {"and": "&&", "or": "||", "not": "!", "is": "=="}
_BRACKETS = re.compile(r"'[^'\n]*'|\"[^\"\n]*\"|[()\[\]{}]")


def parse(source: str) -> Node:
    """Parse an expression within the limits: 512 characters, depth 16, one level of comprehension.

    Raises:
        ExpressionError: it is not an expression, passes a limit, or uses what this version leaves out.
    """
    result = _parse(source)
    if isinstance(result, ExpressionError):
        raise ExpressionError(result.column, result.message, result.nearest, result.line)
    return result


@lru_cache(maxsize=4096)
def _parse(source: str) -> Node | ExpressionError:
    try:
        _limit_text(source)
        node = _Builder(source).build(_tree(source))
        _limit_comprehensions(node, within=False)
    except ExpressionError as error:
        return error
    return node


def _limit_text(source: str) -> None:
    if len(source) > MOST_CHARACTERS:
        raise ExpressionError(MOST_CHARACTERS + 1, f"an expression has at most {MOST_CHARACTERS} characters")
    if not source.strip():
        raise ExpressionError(1, "the expression is empty")
    depth = 0
    for match in _BRACKETS.finditer(source):
        if len(match[0]) > 1:
            continue
        depth += 1 if match[0] in _OPENING else -1
        if depth > MOST_DEPTH:
            raise ExpressionError(*_too_deep(match.start() + 1))


def _too_deep(column: int) -> tuple[int, str]:
    return column, f"nested deeper than {MOST_DEPTH} levels; split it over several steps"


def _limit_comprehensions(node: Node, within: bool) -> None:
    if node.kind == "macro" and within:
        raise ExpressionError(node.column, f"{node.text}() within another comprehension: one level is the limit")
    for arg in node.args:
        _limit_comprehensions(arg, within or node.kind == "macro")


def _tree(source: str) -> Tree[Token]:
    try:
        tree: Tree[Token] = CELParser().parse(source)
    except CELParseError as error:
        lines = source.splitlines()
        if (
            getattr(getattr(error.__context__, "token", None), "type", "") == "$END"
            or not error.line
            or not error.column
        ):
            raise ExpressionError(len(lines[-1].rstrip()) + 1, "it ends too early", line=len(lines)) from None
        line, at = lines[error.line - 1], error.column - 1
        raise ExpressionError(error.column, _unexpected(line[:at], line[at:]), line=error.line) from None
    return tree


def _unexpected(before: str, rest: str) -> str:
    if rest.startswith("=") and not rest.startswith("=="):
        return "'=' is not an operator; compare with '=='"
    word, left = re.match(r"\w*", rest)[0], re.search(r"(\w*)\s*$", before)[1]  # type: ignore[index]
    for spoken in (word, left):
        if spoken in _SPOKEN:
            return f"'{spoken}' is not an operator; write '{_SPOKEN[spoken]}'"
    problem = f"cannot be read from {rest[:20]!r} on"
    if word and left:  # no expression has two words side by side
        problem += "; a constant text stands in quotes of its own: \"'text'\""
    return problem


class _Builder:
    """Turns the grammar's tree, nine levels per operand, into ours, checking depth and what is left out."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.depth = 0

    def build(self, tree: Tree[Token]) -> Node:
        while len(tree.children) == 1 and isinstance(tree.children[0], Tree) and tree.data in _WRAPPERS:
            tree = tree.children[0]
        self.depth += 1
        if self.depth > MOST_DEPTH:
            raise ExpressionError(*_too_deep(tree.meta.column), line=tree.meta.line)
        node = _BUILDERS.get(str(tree.data), _refuse)(self, tree)
        self.depth -= 1
        return node

    def node(self, kind: str, text: str, args: tuple[Node, ...], tree: Tree[Token], column: int = 0) -> Node:
        meta = tree.meta
        return Node(kind, text, args, column or meta.column, meta.line, meta.start_pos, meta.end_pos)

    def many(self, tree: Tree[Token] | None) -> tuple[Node, ...]:
        return tuple(self.build(child) for child in _trees(tree)) if tree is not None else ()


_WRAPPERS = ("expr", "conditionalor", "conditionaland", "relation", "addition", "multiplication", "unary", "member",
             "primary", "paren_expr")  # fmt: skip
_OPERATORS = {
    "relation_lt": "<", "relation_le": "<=", "relation_ge": ">=", "relation_gt": ">", "relation_eq": "==",
    "relation_ne": "!=", "relation_in": "in", "addition_add": "+", "addition_sub": "-", "multiplication_mul": "*",
    "multiplication_div": "/", "multiplication_mod": "%",
}  # fmt: skip
_LOGIC = {"conditionalor": "||", "conditionaland": "&&"}


def _trees(tree: Tree[Token]) -> list[Tree[Token]]:
    return [child for child in tree.children if isinstance(child, Tree)]


def _refuse(builder: _Builder, tree: Tree[Token]) -> Node:
    raise ExpressionError(tree.meta.column, "this form is not in this version of the language", line=tree.meta.line)


def _choice(builder: _Builder, tree: Tree[Token]) -> Node:
    return builder.node("choice", "?:", builder.many(tree), tree)


def _binary(builder: _Builder, tree: Tree[Token]) -> Node:
    """Unroll a chain of one kind of operator: its left spine is as long as the chain, and does not count as depth."""
    level, terms = tree.data, []
    while tree.data == level and len(tree.children) == 2:
        left, right = _trees(tree)
        operator = _LOGIC.get(str(level)) or _OPERATORS[str(left.data)]
        terms.append((operator, right, tree))
        tree = left if str(level) in _LOGIC else _trees(left)[0]
        if len(terms) >= MOST_TERMS:
            raise ExpressionError(right.meta.column, f"more than {MOST_TERMS} terms in a row", line=right.meta.line)
    node = builder.build(tree)
    for operator, right, whole in reversed(terms):
        column = builder.source.rfind(operator, 0, right.meta.start_pos)
        at = column - builder.source.rfind("\n", 0, column)
        node = builder.node("binary", operator, (node, builder.build(right)), whole, at)
    return node


def _unary(builder: _Builder, tree: Tree[Token]) -> Node:
    sign, operand = _trees(tree)
    return builder.node("unary", "!" if sign.data == "unary_not" else "-", (builder.build(operand),), tree)


def _select(builder: _Builder, tree: Tree[Token]) -> Node:
    field = tree.children[1]
    assert isinstance(field, Token)  # the grammar says so; for the type checker
    column = (field.column or 1) - 1
    return builder.node("select", str(field), (builder.build(_trees(tree)[0]),), tree, column)


def _index(builder: _Builder, tree: Tree[Token]) -> Node:
    return builder.node("index", "[]", builder.many(tree), tree)


def _method(builder: _Builder, tree: Tree[Token]) -> Node:
    name = str(tree.children[1])
    target = builder.build(_trees(tree)[0])
    args = builder.many(_trees(tree)[1]) if len(tree.children) == 3 else ()
    column = getattr(tree.children[1], "column", tree.meta.column)
    if name in MACROS:
        if len(args) != 2 or args[0].kind != "name":
            raise ExpressionError(column, f"{name}() takes a name and a condition: lines.{name}(l, l.quantity > 0)")
        return builder.node("macro", name, (target, *args), tree, column)
    _known(name, METHODS, column, FUNCTIONS + MACROS)
    return builder.node("method", name, (target, *args), tree, column)


def _call(builder: _Builder, tree: Tree[Token]) -> Node:
    name = str(tree.children[0])
    _known(name, FUNCTIONS, tree.meta.column, METHODS + MACROS)
    args = builder.many(_trees(tree)[0]) if len(tree.children) == 2 else ()
    if name == "has" and (len(args) != 1 or args[0].kind != "select"):
        raise ExpressionError(tree.meta.column, "has() asks for a field: has(order.net)")
    return builder.node("has" if name == "has" else "call", name, args, tree)


def _known(name: str, names: tuple[str, ...], column: int, others: tuple[str, ...]) -> None:
    if name in names:
        return
    if name in ("filter", "map"):  # the runner copies the result for each element: a second for a thousand lines
        raise ExpressionError(
            column, f"{name}() is not in this version; all(), exists(), exists_one() go through a list"
        )
    if name in _LATER:
        raise ExpressionError(column, f"{name}() is not in this version")
    if name in others:
        way = f"x.{name}(...)" if name in METHODS + MACROS else f"{name}(x)"
        raise ExpressionError(column, f"{name}() is written {way}")
    raise ExpressionError(column, f"there is no function {name}()", nearest(name, (*names, *others)))


def _name(builder: _Builder, tree: Tree[Token]) -> Node:
    if str(tree.children[0]) in _RESERVED:
        raise ExpressionError(tree.meta.column, f"{tree.children[0]!s} is a word of the language, not a name")
    return builder.node("name", str(tree.children[0]), (), tree)


def _literal(builder: _Builder, tree: Tree[Token]) -> Node:
    token = tree.children[0]
    assert isinstance(token, Token)  # the grammar says so; for the type checker
    if token.type == "STRING_LIT" and "\\" not in token and token[0] in "'\"":
        return builder.node("string", token[1:-1], (), tree)
    if token.type in ("INT_LIT", "BOOL_LIT"):
        return builder.node("int" if token.type == "INT_LIT" else "bool", str(token), (), tree)
    raise ExpressionError(tree.meta.column, _LITERALS.get(token.type, _LITERALS["STRING_LIT"]), line=tree.meta.line)


_LITERALS = {
    "FLOAT_LIT": "decimal fractions are not numbers here; write money as money('0.50 CNY') and counts as whole numbers",
    "NULL_LIT": "there is no null here; ask whether a field is there with has()",
    "UINT_LIT": "unsigned numbers are not in this version",
    "BYTES_LIT": "bytes are not in this version",
    "STRING_LIT": "a text stands between plain quotes, on one line, without backslashes",
}


def _list(builder: _Builder, tree: Tree[Token]) -> Node:
    args = builder.many(_trees(tree)[0]) if tree.children else ()
    return builder.node("list", "[]", args, tree)


def _map(builder: _Builder, tree: Tree[Token]) -> Node:
    args = builder.many(_trees(tree)[0]) if tree.children else ()
    return builder.node("map", "{}", args, tree)


_BUILDERS: dict[str, Callable[[_Builder, Any], Node]] = {
    "expr": _choice, "conditionalor": _binary, "conditionaland": _binary, "relation": _binary, "addition": _binary,
    "multiplication": _binary, "unary": _unary, "member_dot": _select, "member_dot_arg": _method,
    "member_index": _index, "ident_arg": _call, "ident": _name, "literal": _literal, "list_lit": _list,
    "map_lit": _map,
}  # fmt: skip
