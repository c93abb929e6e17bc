"""Thin activities: one port call each, errors mapped."""
