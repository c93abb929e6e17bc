"""The Temporal shell around the pure core."""
