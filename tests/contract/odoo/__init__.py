"""The adapter of Odoo over a fake that speaks its wire."""
