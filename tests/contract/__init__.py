"""One set of behaviours that every adapter of a port must show."""
