"""A CRM and an ERP that really run: HTTP servers on SQLite, with fault injection."""
