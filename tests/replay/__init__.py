"""Recorded histories of chains, replayed on the present code: whole, cut at every rest and continued."""
