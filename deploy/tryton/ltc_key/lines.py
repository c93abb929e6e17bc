# Copyright (C) 2026 the ltc authors. SPDX-License-Identifier: GPL-3.0-or-later
"""New lines in amendments: the module sale_amendment changes the lines of a sale in process, and adds none."""

from contextvars import ContextVar

from trytond.model import ModelView, Workflow, fields
from trytond.pool import Pool, PoolMeta
from trytond.pyson import Eval

NEW_LINE = "ltc_new_line"
# Not in Tryton's own context: records are saved in the one they were read in, and a client could name it.
_AMENDING = ContextVar("ltc_amending", default=False)
_FIELDS = ("product", "quantity", "unit", "unit_price", "description")


class Line(metaclass=PoolMeta):
    """A line of a sale."""

    __name__ = "sale.line"

    @classmethod
    def check_modification(cls, mode, lines, values=None, external=False):
        """Let an amendment, and nothing else, add lines to a sale in process."""
        if mode == "create" and _AMENDING.get():
            lines = [line for line in lines if line.sale.state not in {"processing", "done"}]
        super().check_modification(mode, lines, values=values, external=external)


class Amendment(metaclass=PoolMeta):
    """An amendment that may add lines."""

    __name__ = "sale.amendment"

    @classmethod
    @ModelView.button
    @Workflow.transition("validated")
    def validate_amendment(cls, amendments):
        """Apply the amendment's lines, the new ones among them."""
        token = _AMENDING.set(True)
        try:
            super().validate_amendment(amendments)
        finally:
            _AMENDING.reset(token)


class AmendmentLine(metaclass=PoolMeta):
    """One change of an amendment: here a line that the sale does not have yet."""

    __name__ = "sale.amendment.line"

    @classmethod
    def __setup__(cls):
        super().__setup__()
        new = (NEW_LINE, "New Line")
        if new not in cls.action.selection:
            cls.action.selection = [*cls.action.selection, new]
        with_line = Eval("action").in_(["line", NEW_LINE])
        for name in _FIELDS:
            getattr(cls, name).states["invisible"] = ~with_line
        for name in ("quantity", "unit_price"):
            getattr(cls, name).states["required"] = with_line
        cls.product.states["required"] = Eval("action") == NEW_LINE
        cls.product.states.pop("editable", None)

    @fields.depends("action", "product")
    def on_change_with_product_uom_category(self, name=None):
        """A new line has the units of its product."""
        if self.action == NEW_LINE:
            return self.product.default_uom_category if self.product else None
        return super().on_change_with_product_uom_category(name)

    def _apply_ltc_new_line(self, sale, sale_line):
        line = Pool().get("sale.line")(
            sale=sale, type="line", product=self.product, quantity=self.quantity, unit=self.unit,
            unit_price=self.unit_price, description=self.description,
        )  # fmt: skip
        line.taxes = line.compute_taxes(sale.party)
        sale.lines = (*sale.lines, line)
