"""Field mapping as data: how a system's records become ltc's documents, and ltc's values the system's fields."""

from ltc.mapping.complaints import BadMapping
from ltc.mapping.errors import MappingError
from ltc.mapping.load import load_mapping, parse_mapping
from ltc.mapping.run import Mapping

__all__ = ["BadMapping", "Mapping", "MappingError", "load_mapping", "parse_mapping"]
