"""The doors in: how a chain gets started."""
