"""Finds every English sentence that can reach a reader: in the code by its syntax tree, in help pages by walking them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]
# Words beside words, or words beside a particular: prose. Identifiers, formats and SQL are not.
_PROSE = re.compile(r"[a-z]{2,}[,;:)]? [a-zA-Z({'`]|[}\])'`] [a-z]{2}|[a-z]: \{")
_NOT_PROSE = re.compile(
    r"IS (NOT )?NULL$|^(SELECT|CREATE|INSERT|UPDATE|DELETE|PRAGMA|ALTER) |^%|<[a-z]+[ >]|^\s*$|^[a-z-]+/[a-z]"
)
_DOCUMENTED = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def sentences(path: Path) -> Iterator[str]:
    """Yield the templates of a module, their particulars named in braces, in the order of the file."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    left_out = {id(node) for found in ast.walk(tree) for node in _inner(found)}
    texts = [node for node in ast.walk(tree) if isinstance(node, ast.Constant | ast.JoinedStr)]
    for node in sorted(texts, key=lambda one: (one.lineno, one.col_offset)):
        if id(node) not in left_out and (text := template(node)) and prose(text):
            yield text


def prose(text: str) -> bool:
    """Return whether a text is a sentence or part of one."""
    return bool(_PROSE.search(text)) and not _NOT_PROSE.search(text)


def _inner(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what is no text of its own: docstrings, pieces of f-strings, annotations, patterns, names of modules."""
    if isinstance(node, _DOCUMENTED) and node.body and isinstance(node.body[0], ast.Expr):
        yield node.body[0].value
    if isinstance(node, ast.JoinedStr):
        yield from (value for value in node.values if isinstance(value, ast.Constant))
    if isinstance(node, ast.FormattedValue) and node.format_spec:
        yield node.format_spec
        yield from ast.walk(node.format_spec)
    if isinstance(node, ast.Call) and ast.unparse(node.func) in ("re.compile", "text", "cast"):
        yield from ast.walk(node)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "split":
        yield node.func.value
    if isinstance(node, ast.AnnAssign | ast.arg) and node.annotation and "typer" not in ast.unparse(node.annotation):
        yield from ast.walk(node.annotation)


def template(node: ast.AST) -> str:
    """Return a text with its particulars as ``{name}``; the names are taken from the expressions."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    if not isinstance(node, ast.JoinedStr):
        return ""
    taken: dict[str, int] = {}
    parts = []
    for value in node.values:
        if isinstance(value, ast.Constant):
            parts.append(str(value.value))
        elif isinstance(value, ast.FormattedValue):
            name = _name(value.value)
            taken[name] = taken.get(name, 0) + 1
            parts.append("{" + name + (str(taken[name]) if taken[name] > 1 else "") + "}")
    return "".join(parts)


def _name(node: ast.AST) -> str:
    if isinstance(node, ast.Name):
        return node.id.strip("_").lower() or "x"
    if isinstance(node, ast.Attribute):
        return node.attr.strip("_").lower()
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):
        return node.slice.value
    if isinstance(node, ast.Call):
        inner = [arg for arg in node.args if not isinstance(arg, ast.GeneratorExp | ast.Lambda)]
        if isinstance(node.func, ast.Attribute) and node.func.attr == "get" and inner:
            return _name(inner[0])
        return _name(inner[0]) if inner else _name(node.func)
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.isidentifier():
        return node.value
    if isinstance(node, ast.BoolOp):
        return _name(node.values[0])
    return "x"


def pages() -> Iterator[tuple[str, Any]]:
    """Yield every command of the command line with its path, mounted ones imported."""
    from typer.main import get_command

    from ltc.cli.lazy import load
    from ltc.cli.main import _MOUNTS, app

    yield "ltc", get_command(app)
    for name, mount in _MOUNTS.items():
        yield from _below(f"ltc {name}", load(mount.module, name))


def _below(path: str, command: Any) -> Iterator[tuple[str, Any]]:
    yield path, command
    for name, inner in getattr(command, "commands", {}).items():
        yield from _below(f"{path} {name}", inner)


def helps(command: Any) -> Iterator[str]:
    """Yield every text of a command's help page."""
    for text in (command.help, command.epilog, *(getattr(param, "help", "") for param in command.params)):
        if text:
            yield " ".join(text.split())


def headings(path: Path) -> Iterator[str]:
    """Yield the headings of a module's tables and sections and the names of its fields, as they stand in the code."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("col", "Column", "heading") and node.args:
            yield _constant(node.args[0])
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "pairs":
            yield from (_constant(one.elts[0]) for one in ast.walk(node) if isinstance(one, ast.Tuple) and one.elts)
        if isinstance(node, ast.FunctionDef) and "list[tuple[str, Any]]" in ast.unparse(
            node.returns or ast.Constant("")
        ):
            yield from (_constant(one.elts[0]) for one in ast.walk(node) if isinstance(one, ast.Tuple) and one.elts)
        if isinstance(node, ast.Tuple) and len(node.elts) == 4 and isinstance(node.elts[3], ast.Lambda):
            yield _constant(node.elts[0])


def _constant(node: ast.AST) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
