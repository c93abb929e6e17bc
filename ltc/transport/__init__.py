"""What adapters share: HTTP with its failures told apart, answers checked against their models."""
