"""Records that are never dropped, views that are folds of them, and the questions asked of both."""

from ltc.store.store import Store

__all__ = ["Store"]
