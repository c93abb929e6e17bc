"""Our own walk over an expression: names, fields, money and lists, with the nearest valid word.

It knows what the checker's library does not say: that two amounts compare only through base(), that the text of
money() is a constant in the base currency, and which word was meant.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ltc.definition.errors import nearest
from ltc.definition.scope import TypeEnv
from ltc.definition.syntax import ExpressionError, Node
from ltc.definition.types import BOOL, DYN, INT, STRING, ExprType
from ltc.model.money import Money

Scope = Mapping[str, ExprType]


def infer(node: Node, env: TypeEnv) -> ExprType:
    """Return the type of an expression; what is wrong beyond our rules is left to the checker.

    Raises:
        ExpressionError: an unknown name or field, two amounts compared bare, a wrong money constant.
    """
    return _Walk(env).type(node, env.variables)


def _error(node: Node, message: str, near: str | None = None) -> ExpressionError:
    return ExpressionError(node.column, message, near, node.line)


class _Walk:
    def __init__(self, env: TypeEnv) -> None:
        self.env = env
        self.rules: dict[str, Callable[[Node, Scope], ExprType]] = {
            "name": self._name, "select": self._select, "index": self._index, "call": self._call,
            "method": self._method, "macro": self._macro, "binary": self._binary, "list": self._list, "map": self._map,
            "choice": self._choice, "has": self._has, "unary": self._unary,
        }  # fmt: skip

    def type(self, node: Node, scope: Scope) -> ExprType:
        rule = self.rules.get(node.kind)
        return rule(node, scope) if rule else _LITERALS[node.kind]

    def _name(self, node: Node, scope: Scope) -> ExprType:
        if node.text in scope:
            return scope[node.text]
        raise _error(node, f"there is no {node.text!r} here; names here: {_listed(scope)}", nearest(node.text, scope))

    def _select(self, node: Node, scope: Scope) -> ExprType:
        owner = self.type(node.args[0], scope)
        if owner.kind == "map":
            return owner.item or DYN
        if owner.kind == "dyn":
            return DYN
        fields = owner.fields()
        if not fields:
            raise _error(node, f"{_article(owner)} has no fields, so no {node.text!r}")
        if node.text not in fields:
            raise _error(node, f"{owner} has no field {node.text!r}", nearest(node.text, fields))
        return fields[node.text]

    def _index(self, node: Node, scope: Scope) -> ExprType:
        owner, _ = (self.type(arg, scope) for arg in node.args)
        return owner.item or DYN

    def _call(self, node: Node, scope: Scope) -> ExprType:
        kinds = [self.type(arg, scope) for arg in node.args]
        if node.text == "money":
            self._constant(node)
        if node.text == "base" and len(kinds) == 1 and not kinds[0].is_money:
            raise _error(node, f"base() converts an amount of money; this is {_article(kinds[0])}")
        if node.text == "size":
            self._countable(node, kinds)
        if node.text == "string" and kinds and kinds[0].kind not in ("int", "string"):
            raise _error(node, f"string() writes a whole number as text; this is {_article(kinds[0])}")
        return STRING if node.text == "string" else INT

    def _constant(self, node: Node) -> None:
        if len(node.args) != 1 or node.args[0].kind != "string":
            raise _error(node, "money() takes one constant text: money('10000.00 CNY')")
        try:
            amount = Money.parse(node.args[0].text)
        except ValueError as error:
            raise _error(node.args[0], str(error)) from None
        if amount.currency != self.env.currency:
            raise _error(
                node.args[0], f"the constant is in {amount.currency}, the base currency is {self.env.currency}"
            )

    def _countable(self, node: Node, kinds: list[ExprType]) -> None:
        # Over text one library counts characters and another bytes.
        if kinds and kinds[0].kind == "string":
            raise _error(node, "size() counts a list or a map; for an empty text ask == ''")

    def _method(self, node: Node, scope: Scope) -> ExprType:
        kinds = [self.type(arg, scope) for arg in node.args]
        if node.text == "size":
            self._countable(node, kinds)
        return INT if node.text == "size" else BOOL

    def _macro(self, node: Node, scope: Scope) -> ExprType:
        source = self.type(node.args[0], scope)
        if source.kind not in ("list", "dyn"):
            raise _error(node, f"{node.text}() goes through a list; this is {_article(source)}")
        name = node.args[1]
        if name.text in scope:
            raise _error(name, f"the name {name.text!r} already means something here; choose another")
        inner = {**scope, name.text: source.item or DYN}
        self.type(node.args[2], inner)
        return BOOL

    def _binary(self, node: Node, scope: Scope) -> ExprType:
        left, right = (self.type(arg, scope) for arg in node.args)
        if left.is_money or right.is_money:
            raise _error(node, f"{node.text!r} on an amount of money: compare and reckon through base()")
        if node.text in ("==", "!=", "in"):
            self._comparable(node, left, right)
        if node.text in ("+", "-", "*", "/", "%"):
            return _arithmetic(node.text, left, right)
        return BOOL

    def _comparable(self, node: Node, left: ExprType, right: ExprType) -> None:
        for kind in (left, right.item if node.text == "in" and right.item else right):
            if kind.kind in ("message", "list", "map"):
                way = "compare through base()" if _holds_money(kind) else "compare their ids or fields"
                raise _error(node, f"{node.text!r} on {_article(kind)}: {way}")

    def _list(self, node: Node, scope: Scope) -> ExprType:
        kinds = [self.type(arg, scope) for arg in node.args]
        for arg, kind in zip(node.args, kinds, strict=True):
            if not kinds[0].accepts(kind):
                raise _error(arg, f"the elements of a list are of one type: {kinds[0]}, not {kind}")
        return ExprType("list", item=kinds[0] if kinds else DYN)

    def _map(self, node: Node, scope: Scope) -> ExprType:
        if not node.args:
            return ExprType("map", item=DYN)
        if any(key.kind != "string" for key in node.args[::2]):
            raise _error(node, "the keys of a map are constant texts: {'stage': 'won'}")
        kinds = [self.type(arg, scope) for arg in node.args[1::2]]
        return ExprType("map", item=kinds[0] if all(kind == kinds[0] for kind in kinds) else DYN)

    def _choice(self, node: Node, scope: Scope) -> ExprType:
        _, kind, other = (self.type(arg, scope) for arg in node.args)
        return other if kind.kind == "dyn" else kind

    def _has(self, node: Node, scope: Scope) -> ExprType:
        self.type(node.args[0], scope)
        return BOOL

    def _unary(self, node: Node, scope: Scope) -> ExprType:
        return self.type(node.args[0], scope)


_LITERALS = {"int": INT, "string": STRING, "bool": BOOL}


def _arithmetic(operator: str, left: ExprType, right: ExprType) -> ExprType:
    if operator == "-" and left.kind == right.kind == "timestamp":
        return ExprType("duration")
    return right if left.kind in ("dyn", "duration") else left


def _holds_money(kind: ExprType) -> bool:
    return kind.is_money or (kind.item is not None and _holds_money(kind.item))


def _article(kind: ExprType) -> str:
    return f"{'an' if str(kind)[0] in 'aeiouAEIOU' else 'a'} {kind}"


def _listed(scope: Scope) -> str:
    shown = sorted(scope)[:8]
    return ", ".join(shown) + (", ..." if len(scope) > len(shown) else "") if shown else "none"
