# Copyright (C) 2026 the ltc authors. SPDX-License-Identifier: GPL-3.0-or-later
"""The key: a field that is unique where it is set, on the documents that ltc creates."""

from trytond.model import Unique, fields
from trytond.pool import PoolMeta
from trytond.transaction import Transaction


class _Keyed(metaclass=PoolMeta):
    """What all documents with a key have in common."""

    ltc_key = fields.Char("ltc key", strip=False, help="Set by ltc: no two documents have the same one.")

    @classmethod
    def __setup__(cls):
        super().__setup__()
        table = cls.__table__()
        cls._sql_constraints += [("ltc_key_unique", Unique(table, table.ltc_key), "ltc_key.msg_key_unique")]

    @classmethod
    def copy(cls, records, default=None):
        """Copy without the key."""
        default = {} if default is None else default.copy()
        default.setdefault("ltc_key", None)
        return super().copy(records, default=default)


class Sale(_Keyed):
    """A sale order with a key."""

    __name__ = "sale.sale"


class Opportunity(_Keyed):
    """An opportunity with a key."""

    __name__ = "sale.opportunity"


class Note(_Keyed):
    """A note with a key."""

    __name__ = "ir.note"


class Move(_Keyed):
    """An account move with a key: that of a payment is taken from the request's context."""

    __name__ = "account.move"

    @classmethod
    def preprocess_values(cls, mode, values):
        """Give the move of a payment the key that the request named."""
        values = super().preprocess_values(mode, values)
        key = Transaction().context.get("ltc_key")
        if mode == "create" and key and str(values.get("origin") or "").startswith("account.invoice,"):
            values = {**values, "ltc_key": key}
        return values
