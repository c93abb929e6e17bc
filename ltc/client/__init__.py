"""The typed client of chains."""

from ltc.client.chain_client import ChainClient
from ltc.client.errors import (
    BadInputError,
    ClientError,
    EngineAwayError,
    NotFoundError,
    RefusedError,
    UnrecordedError,
)
from ltc.client.starting import Started

__all__ = [
    "BadInputError",
    "ChainClient",
    "ClientError",
    "EngineAwayError",
    "NotFoundError",
    "RefusedError",
    "Started",
    "UnrecordedError",
]
