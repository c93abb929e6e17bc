"""The adapter of K3Cloud against the fake of its wire protocol."""
