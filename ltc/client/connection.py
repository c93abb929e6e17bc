"""The connection to Temporal that worker, client and doors share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from temporalio.client import Client, HeaderCodecBehavior
from temporalio.service import GrpcCompression, RPCError

from activities.wire import data_converter
from ltc.client.errors import EngineAwayError
from ltc.settings import Settings


@contextmanager
def reaching() -> Iterator[None]:
    """Say clearly that Temporal cannot be reached; a lazy connection finds out at its first call.

    Raises:
        EngineAwayError: it cannot be reached.
    """
    try:
        yield
    except RuntimeError as error:
        if "client connect" not in str(error):
            raise
        raise EngineAwayError(
            "Temporal does not answer; start it with `ltc up`, or set TEMPORAL_ADDRESS (`ltc doctor` tells more)"
        ) from None


async def connect(settings: Settings, *, lazy: bool = False) -> Client:
    """Connect to Temporal with the project's converter, codec on headers too. ``lazy``: at the first call.

    Raises:
        EngineAwayError: Temporal does not answer.
    """
    try:
        return await Client.connect(
            settings.temporal_address,
            namespace=settings.temporal_namespace,
            api_key=settings.temporal_api_key.get_secret_value() or None,
            tls=settings.temporal_tls,
            data_converter=data_converter(),
            header_codec_behavior=HeaderCodecBehavior.CODEC,
            lazy=lazy,
            # Payloads are deflated by our codec. To do it again pays on the way to a server far away, not beside it.
            grpc_compression=GrpcCompression.GZIP if settings.temporal_tls else GrpcCompression.NONE,
        )
    except (RuntimeError, RPCError) as error:
        raise EngineAwayError(
            f"Temporal at {settings.temporal_address} does not answer; start it with `ltc up`, or set TEMPORAL_ADDRESS"
        ) from error
