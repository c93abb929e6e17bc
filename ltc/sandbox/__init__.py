"""A CRM and an ERP that really run, with fault injection."""
