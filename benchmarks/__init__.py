"""Paired timings against the hand-written yardstick."""
