"""The wire: what is compressed comes back, what does not gain stays, what is hostile is refused."""

from __future__ import annotations

import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from temporalio.api.common.v1 import Payload

from activities.wire import ENCODING, MOST, SHORTEST, Compression, WireError, data_converter
from activities.wire_words import WORDS
from ltc.model.messages import CallRequest

JSON = {"encoding": b"json/plain"}


async def once(payload: Payload) -> Payload:
    return (await Compression().encode([payload]))[0]


@given(st.binary(max_size=3000))
@settings(max_examples=60, deadline=None)
async def test_every_payload_comes_back(data: bytes) -> None:
    payload = Payload(metadata=JSON, data=data)
    assert (await Compression().decode([await once(payload)]))[0] == payload


async def test_short_payloads_stay_as_they_are() -> None:
    payload = Payload(metadata=JSON, data=b"a" * SHORTEST)
    assert await once(payload) == payload
    longer = Payload(metadata=JSON, data=b"a" * (SHORTEST + 1))
    assert (await once(longer)).metadata["encoding"] == ENCODING


async def test_what_would_grow_stays_as_it_is() -> None:
    noise = zlib.compress(bytes(range(256)) * 40, 9) + bytes((i * 7919 + i * i) % 251 for i in range(400))
    payload = Payload(metadata={"encoding": b"binary/plain"}, data=noise)
    packed = await once(payload)
    assert len(packed.data) <= len(noise)


async def test_encoding_twice_changes_nothing() -> None:
    packed = await once(Payload(metadata=JSON, data=b'{"mode":"do"}' * 60))
    assert await once(packed) == packed


async def test_a_bomb_is_refused() -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15, 9, zlib.Z_DEFAULT_STRATEGY, WORDS)
    bomb = packer.compress(bytes(MOST + 1)) + packer.flush()
    with pytest.raises(WireError, match="more than"):
        await Compression().decode([Payload(metadata={"encoding": ENCODING}, data=bomb)])


async def test_a_damaged_payload_is_refused() -> None:
    with pytest.raises(WireError, match="damaged"):
        await Compression().decode([Payload(metadata={"encoding": ENCODING}, data=b"\xff\xff\xff")])


async def test_models_travel_as_json_and_come_back_as_models() -> None:
    request = CallRequest(mode="do", key="K" * 20, cls="C", args={"lines": [{"id": str(i)} for i in range(60)]})
    converter = data_converter()
    payloads = await converter.encode([request])
    assert payloads[0].metadata["encoding"] == ENCODING
    assert await converter.decode(payloads, [CallRequest]) == [request]
