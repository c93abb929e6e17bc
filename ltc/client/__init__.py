"""The typed client of chains: start, decide, intervene, query."""
