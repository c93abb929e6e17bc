"""Frozen values: money, documents, identities, trail entries."""
