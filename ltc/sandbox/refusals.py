"""How a sandbox system says no."""

from __future__ import annotations


class Refusal(Exception):
    """A business refusal: nothing took effect. ``reason`` is a stable word, ``status`` the HTTP status."""

    def __init__(self, reason: str, message: str, document: str = "", status: int = 422) -> None:
        super().__init__(message)
        self.reason = reason
        self.document = document
        self.status = status


def not_found(what: str, number: str) -> Refusal:
    """Return the refusal for a document or record that does not exist."""
    return Refusal("not_found", f"there is no {what} {number}", number, status=404)
