"""The preset dictionary of the wire: words that payloads are full of. Frozen: see ``activities.wire.Compression``."""

from __future__ import annotations

WORDS = (
    b'\n\x16\n\x08encoding\x12\njson/plain\x12{"mode":"do","key":"","cls":"A","args":{"order":"opportunity":'
    b'"minor":"currency":"USD"},"tax":{"net":{"gross":{"lines":[{"id":"product":"quantity":"unit_price":{"discount":'
)
