"""The adapter of the sandbox CRM and ERP."""
