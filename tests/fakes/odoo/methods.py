"""The registry of public methods, and those that every model has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.fakes.odoo.errors import ServerError, UserError, ValidationError
from tests.fakes.odoo.orm import CREATE, WRITE, Env, Row

Method = Callable[..., Any]


@dataclass(frozen=True)
class Public:
    """A method that may be called. ``on_model``: it takes no records (``@api.model``)."""

    call: Method
    on_model: bool = False


METHODS: dict[tuple[str, str], Public] = {}


def public(model: str, name: str) -> Callable[[Method], Method]:
    """Register a method that works on records: ``(env, records, **named)``."""

    def keep(call: Method) -> Method:
        METHODS[model, name] = Public(call)
        return call

    return keep


def generic(model: str, name: str) -> Public | None:
    """The methods of any model; None when there is no such public one."""
    found = {
        "create": Public(_create(model), on_model=True), "search_read": Public(_search_read(model), on_model=True),
        "search_count": Public(_search_count(model), on_model=True), "load": Public(_load(model), on_model=True),
        "read": Public(_read(model)), "write": Public(_write(model)), "unlink": Public(_unlink(model)),
    }  # fmt: skip
    return METHODS.get((model, name)) or found.get(name)


def make(env: Env, model: str, values: Row) -> Row:
    """Create a row as Odoo would, with what its model adds."""
    hook = CREATE.get(model)
    return hook(env, values) if hook else env.create(model, values)


def change(env: Env, model: str, row: Row, values: Row) -> None:
    """Write a row as Odoo would, with what its model forbids."""
    hook = WRITE.get(model)
    if hook:
        hook(env, row, values)
    else:
        env.write(model, row, **values)


def one(records: list[Row]) -> Row:
    """Return the one record, or raise what ``ensure_one`` raises."""
    if len(records) != 1:
        raise ServerError(f"Expected singleton: {[row['id'] for row in records]}")
    return records[0]


def _create(model: str) -> Method:
    def create(env: Env, vals_list: Any) -> list[int]:
        rows = vals_list if isinstance(vals_list, list) else [vals_list]
        return [make(env, model, values)["id"] for values in rows]

    return create


def _search_read(model: str) -> Method:
    def search_read(
        env: Env, domain: Any = None, fields: Any = None, offset: int = 0, limit: Any = None, order: Any = None
    ) -> list[Row]:
        rows = env.search(model, domain or [])
        for part in reversed([one.split() for one in (order or "id").split(",")]):
            rows.sort(key=lambda row, name=part[0]: row[name], reverse=part[-1].lower() == "desc")
        rows = rows[offset : offset + limit if limit else None]
        return [env.shown(model, row, fields or list(env.fields(model))) for row in rows]

    return search_read


def _search_count(model: str) -> Method:
    def search_count(env: Env, domain: Any, limit: Any = None) -> int:
        return len(env.search(model, domain)[: limit or None])

    return search_count


def _read(model: str) -> Method:
    def read(env: Env, records: list[Row], fields: Any = None, load: str = "_classic_read") -> list[Row]:
        return [env.shown(model, row, fields or list(env.fields(model))) for row in records]

    return read


def _write(model: str) -> Method:
    def write(env: Env, records: list[Row], vals: Any) -> bool:
        for row in records:
            change(env, model, row, vals)
        return True

    return write


def _unlink(model: str) -> Method:
    def unlink(env: Env, records: list[Row]) -> bool:
        for row in records:
            if model == "account.move" and row["state"] == "posted":
                raise UserError(
                    "You can't delete a posted journal item. Don’t play games with your accounting records."
                )
            for name, spec in env.fields(model).items():
                if spec.kind == "o2m" and name == "line_ids":
                    for number in env.value(model, row, name):
                        env.unlink(spec.to, env.get(spec.to, number))
            env.unlink(model, row)
        return True

    return unlink


def _load(model: str) -> Method:
    """Import rows by external id: what is there is updated, what is not is created; errors are messages, not errors."""

    def load(env: Env, fields: list[str], data: list[list[str]]) -> Row:
        ids = []
        for cells in data:
            try:
                ids.append(_imported(env, model, dict(zip(fields, cells, strict=True))))
            except (ServerError, ValidationError) as error:
                return {"ids": False, "messages": [{"type": "error", "message": str(error), "record": 0}], "nextrow": 0}
        return {"ids": ids, "messages": [], "nextrow": 0}

    return load


def _imported(env: Env, model: str, cells: Row) -> int:
    module, _, name = cells.pop("id", "").rpartition(".")
    external = (module or "__import__", name)
    links = {field.removesuffix("/.id"): int(cell) for field, cell in cells.items() if field.endswith("/.id")}
    values = {**{field: cell for field, cell in cells.items() if not field.endswith("/.id")}, **links}
    known = [row for row in env.all("ir.model.data") if (row["module"], row["name"]) == external]
    if known:
        row = env.get(model, known[0]["res_id"])
        change(env, model, row, values)
    else:
        row = make(env, model, values)
        named = {"module": external[0], "name": name, "model": model, "res_id": row["id"]}
        env.create("ir.model.data", named)
    return int(row["id"])
