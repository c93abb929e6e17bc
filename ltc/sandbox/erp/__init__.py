"""The sandbox ERP: customers, stock, orders, deliveries, invoices, payments."""
