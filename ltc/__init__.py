"""ltc: lead to cash, one durable process per deal."""
