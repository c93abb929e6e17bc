"""How values travel to and from Temporal: pydantic JSON, compressed with a preset dictionary when that is shorter."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

from google.protobuf.message import DecodeError
from temporalio.api.common.v1 import Payload
from temporalio.contrib.pydantic import PydanticPayloadConverter
from temporalio.converter import CompositePayloadConverter, DataConverter, PayloadCodec

from activities.wire_words import WORDS
from ltc.model.trail import MEMORY

ENCODING = b"binary/ltc-z"
SHORTEST = 256  # bytes; below this compressing costs more than it saves
MOST = 16 << 20  # bytes that one payload may unfold to


_ALIKE = PydanticPayloadConverter().converters  # they keep what they have learnt of each type, and nothing else


class Converter(CompositePayloadConverter):
    """Converts as ``PydanticPayloadConverter`` does, with what all of its kind share.

    The SDK makes a converter for each chain and two for each workflow task. Each would learn every type anew.
    """

    def __init__(self) -> None:
        self.converters = _ALIKE


class WireError(ValueError):
    """A payload that cannot be read: damaged, or made to unfold to more than MOST bytes."""


class Compression(PayloadCodec):
    """Deflates payloads longer than SHORTEST, and only those that become shorter.

    The dictionary is part of the encoding: other words need another encoding name, else old histories become
    unreadable.
    """

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Compress what gains by it; leave the rest as it is."""
        return [_shrink(payload) for payload in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Unfold what ``encode`` compressed.

        Raises:
            WireError: a payload is damaged or too large.
        """
        return [_unfold(payload) for payload in payloads]


def _shrink(payload: Payload) -> Payload:
    if len(payload.data) <= SHORTEST or payload.metadata.get("encoding") == ENCODING:
        return payload
    packer = zlib.compressobj(9, zlib.DEFLATED, -15, MEMORY, zlib.Z_DEFAULT_STRATEGY, WORDS)
    raw = payload.SerializeToString()
    packed = packer.compress(raw) + packer.flush()
    if len(packed) >= len(payload.data):
        return payload
    return Payload(metadata={"encoding": ENCODING}, data=packed)


def _unfold(payload: Payload) -> Payload:
    if payload.metadata.get("encoding") != ENCODING:
        return payload
    unpacker = zlib.decompressobj(-15, WORDS)
    try:
        raw = unpacker.decompress(payload.data, MOST)
        if len(raw) >= MOST:
            raise WireError(f"a payload unfolds to more than {MOST} bytes")
        if not unpacker.eof:
            raise WireError("a payload is damaged: it ends too early")
        return Payload.FromString(raw)
    except (zlib.error, DecodeError) as error:
        raise WireError(f"a payload is damaged: {error}") from error


def data_converter() -> DataConverter:
    """Return the converter that worker, client and replayer share."""
    return DataConverter(payload_converter_class=Converter, payload_codec=Compression())
