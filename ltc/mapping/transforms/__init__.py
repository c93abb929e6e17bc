"""The transforms, by name: each reads a system's value and writes ltc's."""

from __future__ import annotations

from ltc.mapping.transforms import money, numbers, phone, texts, times, words
from ltc.mapping.transforms.base import Spec

SPECS: dict[str, Spec] = {
    spec.name: spec for module in (texts, numbers, money, times, phone, words) for spec in module.SPECS
}
