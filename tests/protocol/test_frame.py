"""Frames: every message comes back from its frames, in any order, and from no others."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feiqian.protocol import frame
from feiqian.protocol.limits import FRAME_MAX_BYTES, FRAMES_MAX
from feiqian.protocol.refusals import RefusalCode, Refused

BODIES = st.integers(frame.PART_MAX_BYTES + 1, 4_000).map(lambda size: bytes(at % 251 for at in range(size)))


@given(BODIES, st.randoms(use_true_random=False))
def test_a_message_comes_back_from_its_frames_in_any_order(body: bytes, random: Random) -> None:
    frames = frame.split(body)
    assert all(len(piece) <= FRAME_MAX_BYTES and frame.is_frame(piece) for piece in frames)
    random.shuffle(frames)
    assert frame.join(frames + frames[:1]) == body


@given(BODIES)
def test_without_any_one_frame_it_is_incomplete(body: bytes) -> None:
    frames = frame.split(body)
    for missing in range(len(frames)):
        with pytest.raises(Refused) as refused:
            frame.join(frames[:missing] + frames[missing + 1 :])
        assert refused.value.code is RefusalCode.FRAME_INCOMPLETE


def test_the_largest_message_and_one_byte_more() -> None:
    largest = bytes(FRAMES_MAX * frame.PART_MAX_BYTES)
    assert frame.join(frame.split(largest)) == largest
    with pytest.raises(Refused, match="too_large"):
        frame.split(largest + b"\x00")


@pytest.mark.parametrize("size", [0, 1, frame.PART_MAX_BYTES])
def test_a_message_that_fits_into_one_travels_whole(size: int) -> None:
    with pytest.raises(ValueError, match="whole"):
        frame.split(bytes(size))


def test_which_frames_are_missing() -> None:
    assert frame.missing_numbers([3, 1, 3], 4) == [2, 4]
    assert frame.missing_numbers([], 2) == [1, 2]
    assert frame.missing_numbers([1, 2], 2) == []
