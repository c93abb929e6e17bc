"""A fake of Odoo 19: the JSON-2 wire, a small ORM with one transaction per call, and the state machines of a sale."""
