"""Commands and answers as bytes (spec 11.2, 11.3): what is written is read again, any bytes are a value or a word."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feiqian.links.apdu import (
    CHAINED,
    MESSAGE_MAX_BYTES,
    Answer,
    ApduError,
    Command,
    Inbox,
    Outbox,
    Status,
    commands_for,
    decode_answer,
    decode_command,
    encode_command,
)

octet = st.integers(0, 255)
commands = st.builds(
    Command,
    cla=octet,
    ins=octet,
    p1=octet,
    p2=octet,
    data=st.binary(max_size=300) | st.binary(min_size=65_535, max_size=65_535),
    expected=st.integers(0, 256) | st.sampled_from([257, 65_535, 65_536]),
)


@given(commands)
def test_a_command_is_read_as_it_was_written(command: Command) -> None:
    assert decode_command(encode_command(command)) == command


@given(st.binary(max_size=600))
def test_any_bytes_are_a_command_or_a_status_word(raw: bytes) -> None:
    try:
        command = decode_command(raw)
    except ApduError:
        return
    assert decode_command(encode_command(command)) == command


@pytest.mark.parametrize(
    ("raw", "data", "expected"),
    [
        ("80100000", "", 0),
        ("8010000000", "", 256),
        ("8010000001", "", 1),
        ("8010000002AABB", "AABB", 0),
        ("8010000002AABB00", "AABB", 256),
        ("80100000000000", "", 65_536),
        ("80100000000100", "", 256),
        ("80100000000002AABB", "AABB", 0),
        ("80100000000002AABB0000", "AABB", 65_536),
    ],
)
def test_the_forms_of_the_standard(raw: str, data: str, expected: int) -> None:
    command = decode_command(bytes.fromhex(raw))
    assert (command.data.hex().upper(), command.expected) == (data, expected)


@pytest.mark.parametrize("raw", ["", "801000", "8010000002AA", "8010000001AABBCC", "801000000000", "80100000000000AA"])
def test_what_is_cut_short_or_too_long_is_a_wrong_length(raw: str) -> None:
    with pytest.raises(ApduError) as caught:
        decode_command(bytes.fromhex(raw))
    assert caught.value.status is Status.WRONG_LENGTH


@pytest.mark.parametrize("size", [0, 1, 255, 256, 510, 511, MESSAGE_MAX_BYTES])
@pytest.mark.parametrize("extended", [False, True])
def test_a_message_goes_in_pieces_and_comes_together(size: int, *, extended: bool) -> None:
    body = bytes(number % 251 for number in range(size))
    raw = list(commands_for(0x80, 0x10, 0, 0, body, extended=extended))
    assert len(raw) == (1 if extended else max(1, -(-size // 255)))
    inbox = Inbox()
    *before, last = [inbox.take(decode_command(one)) for one in raw]
    assert before == [None] * len(before)
    assert last is not None
    assert (last.cla, last.data) == (0x80, body)


def test_a_chain_that_another_command_breaks_becomes_no_part_of_it() -> None:
    inbox = Inbox()
    assert inbox.take(Command(cla=0x80 | CHAINED, ins=0x10, data=b"first")) is None
    with pytest.raises(ApduError) as caught:
        inbox.take(Command(cla=0x80, ins=0x14, data=b"second"))
    assert caught.value.status is Status.LAST_EXPECTED
    whole = inbox.take(Command(cla=0x80, ins=0x10, data=b"third"))
    assert whole is not None
    assert whole.data == b"third"


def test_a_chain_ends_at_the_largest_message() -> None:
    inbox, piece = Inbox(), Command(cla=0x80 | CHAINED, ins=0x10, data=bytes(255))
    for _ in range(MESSAGE_MAX_BYTES // 255):
        assert inbox.take(piece) is None
    with pytest.raises(ApduError) as caught:
        inbox.take(piece)
    assert caught.value.status is Status.TOO_LARGE


@given(st.binary(max_size=1_000), st.integers(1, 300))
def test_an_answer_is_fetched_whole(body: bytes, expected: int) -> None:
    outbox = Outbox()
    answer = outbox.begin(body, expected)
    found = answer.data
    while answer.more:
        answer = outbox.more(min(expected, answer.more))
        found += answer.data
    assert found == body
    assert answer.status == Status.DONE
    assert outbox.more(256).status == Status.NOT_NOW


@pytest.mark.parametrize(("raw", "found"), [(b"", None), (b"\x90", None), (b"\x90\0", Answer())])
def test_an_answer_has_a_status_word(raw: bytes, found: Answer | None) -> None:
    assert decode_answer(raw) == found


def test_more_of_an_answer_is_announced() -> None:
    assert [Answer(status=status).more for status in (0x9000, 0x6101, 0x61FF, 0x6100)] == [0, 1, 255, 256]
