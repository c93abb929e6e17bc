"""Records that are never dropped and views that can be refolded."""
