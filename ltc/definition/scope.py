"""What an expression may name, with its types, and the checker's environment made of it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

from ltc.definition.types import ExprType

if TYPE_CHECKING:
    from cel_expr_python import cel as checker


class TypeEnv:
    """What an expression may name, with types, and the base currency. Values are never changed; building is cached."""

    def __init__(self, variables: Mapping[str, ExprType], currency: str) -> None:
        self.variables = dict(variables)
        self.currency = currency

    @classmethod
    def of(cls, variables: Mapping[str, Any], currency: str = "CNY") -> TypeEnv:
        """Make a scope of names and annotations (or ExprTypes).

        Raises:
            TypeError: an annotation has no counterpart in expressions.
        """
        return _shared(tuple((name, ExprType.of(kind)) for name, kind in variables.items()), currency)

    def extend(self, more: Mapping[str, Any]) -> TypeEnv:
        """Return a scope with more names; a name given again has the new type."""
        return TypeEnv.of({**self.variables, **more}, self.currency)

    @cached_property
    def native(self) -> checker.Env:
        """The checker's own environment: built at first use, about a millisecond."""
        # protobuf and the checker are for those who check; a chain that only evaluates never loads them
        from ltc.definition.descriptors import build

        return build(self.variables)


@lru_cache(maxsize=256)
def _shared(variables: tuple[tuple[str, ExprType], ...], currency: str) -> TypeEnv:
    return TypeEnv(dict(variables), currency)
