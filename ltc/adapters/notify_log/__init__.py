"""Notices written to a file: one JSON line per message."""

from ltc.adapters.notify_log.notifier import LogNotifier

__all__ = ["LogNotifier"]
