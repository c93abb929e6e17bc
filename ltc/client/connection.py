"""The connection to Temporal that worker, client and doors share."""

from __future__ import annotations

from temporalio.client import Client, HeaderCodecBehavior
from temporalio.service import RPCError

from activities.wire import data_converter
from ltc.client.errors import EngineAwayError
from ltc.settings import Settings


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
        )
    except (RuntimeError, RPCError) as error:
        raise EngineAwayError(
            f"Temporal at {settings.temporal_address} does not answer; start it with `ltc up`, or set TEMPORAL_ADDRESS"
        ) from error
