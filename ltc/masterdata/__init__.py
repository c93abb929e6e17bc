"""Customers: from the CRM's to the ERP's."""
