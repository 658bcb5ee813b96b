"""A claim that is opened by a stencil of an earlier one is opened as any other: the same parts, the same refusals."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feiqian.issuer import opening
from feiqian.issuer.opening import ClaimOpener, Opened, open_claim
from feiqian.protocol import cheque as cheque_message
from feiqian.protocol import request as request_message
from feiqian.protocol.claim import Claim, encode_claim
from feiqian.protocol.limits import (
    AMOUNT_MAX_MINOR,
    CHALLENGE_BYTES,
    COUNTER_MAX,
    ID_BYTES,
    PREVIOUS_BYTES,
    REF_BYTES,
    TIME_MAX_S,
)
from feiqian.protocol.receipt import RECEIPT_LAYOUT

NOW = 1_795_000_000
EDGES = (0, 1, 22, 23, 24, 25, 255, 256, 65_535, 65_536, 2**32 - 1, 2**32, AMOUNT_MAX_MINOR)


def numbers(low: int, high: int) -> st.SearchStrategy[int]:
    """Any number within these bounds, and those at which its spelling grows wider more often."""
    return st.sampled_from([edge for edge in EDGES if low <= edge <= high]) | st.integers(low, high)


def claim(  # noqa: PLR0913  # the values of a claim that differ, each by its name
    *,
    counter: int = 3,
    amount: int = 5_000,
    cumulative: int = 15_000,
    exact: bool = True,
    asked: bool = True,
    ttl: int | None = None,
    reference: str | None = "A12-34",
    currency: str = "CNY",
    receipt_counter: int = 70,
    final: int = 5_000,
    time: int = NOW,
    filler: int = 7,
) -> bytes:
    amounts = {"exact_minor": amount if exact else None, "maximum_minor": None if exact else amount}
    spelt = cheque_message.LAYOUT.encode(
        {
            "allowance_ref": bytes([filler]) * REF_BYTES,
            "counter": counter,
            "previous": bytes([filler]) * PREVIOUS_BYTES,
            **amounts,
            "cumulative_minor": cumulative,
            "time": time,
            "holder_check": 1,
            "request": bytes([filler]) * ID_BYTES if asked else None,
            "ttl_s": ttl,
        }
    )
    signed = b"\x84\x43\xa1\x01\x26\xa0\x58" + bytes([len(spelt)]) + spelt + b"\x58\x40" + bytes([filler]) * 64
    receipt = RECEIPT_LAYOUT.encode(
        {
            "terminal_ref": bytes([filler]) * REF_BYTES,
            "cheque_id": bytes([filler]) * ID_BYTES,
            "final_minor": final,
            "time": time,
            "counter": receipt_counter,
            "previous": bytes([filler]) * PREVIOUS_BYTES,
            "index_version": 1,
        }
    )
    request = request_message.LAYOUT.encode(
        {
            "payee_id": bytes([filler]) * REF_BYTES,
            "challenge": bytes([filler]) * CHALLENGE_BYTES,
            **amounts,
            "currency": currency,
            "time": time,
            "ttl_s": 120,
            "reference": reference,
        }
    )
    return encode_claim(Claim(cheque=signed, receipt=receipt, request=request if asked else None))


CLAIMS = st.builds(
    claim,
    counter=numbers(1, COUNTER_MAX),
    amount=numbers(1, AMOUNT_MAX_MINOR),
    cumulative=numbers(0, AMOUNT_MAX_MINOR),
    exact=st.booleans(),
    asked=st.booleans(),
    reference=st.none() | st.text("A~ é", min_size=1, max_size=12).filter(lambda text: text.strip() == text),
    receipt_counter=numbers(1, COUNTER_MAX),
    final=numbers(0, AMOUNT_MAX_MINOR),
    time=numbers(0, TIME_MAX_S),
    filler=st.integers(0, 255),
)


def same(opener: ClaimOpener, raw: bytes) -> None:
    """Opened twice, the second time perhaps by what was learnt from the first. Types count as well as values."""
    strict = repr(open_claim(raw))
    assert repr(opener.open(raw)) == strict
    assert repr(opener.open(raw)) == strict


@settings(max_examples=150, deadline=None)
@given(st.lists(CLAIMS, min_size=2, max_size=6))
def test_claims_of_any_values_are_opened_alike(raws: list[bytes]) -> None:
    opener = ClaimOpener()
    for raw in [*raws, *raws]:
        same(opener, raw)


@pytest.mark.parametrize("raw", [claim(), claim(asked=False, ttl=60), claim(exact=False, reference=None)])
def test_no_changed_byte_is_overlooked(raw: bytes) -> None:
    opener = ClaimOpener()
    assert isinstance(opener.open(raw), Opened)
    for at in range(len(raw)):
        for byte in {0, 0x17, 0x18, 0x19, 0x1B, 0x40, 0x7F, 0xFF, *(raw[at] ^ 1 << bit for bit in range(8))}:
            changed = raw[:at] + bytes([byte]) + raw[at + 1 :]
            assert repr(opener.open(changed)) == repr(open_claim(changed)), (at, byte)


def test_a_claim_that_is_spelt_like_an_earlier_one_is_not_taken_apart_again(monkeypatch: pytest.MonkeyPatch) -> None:
    opener = ClaimOpener()
    opener.open(claim())
    other = claim(counter=9, amount=7_777, cumulative=20_000, reference="B56-78", receipt_counter=99, filler=200)
    strict = open_claim(other)

    def again(_: bytes) -> Opened:
        raise AssertionError("it was taken apart")

    monkeypatch.setattr(opening, "open_claim", again)
    assert repr(opener.open(other)) == repr(strict)


def test_what_is_learnt_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "_STENCILS_MAX", 4)
    opener = ClaimOpener()
    for size in range(1, 20):
        same(opener, claim(reference="A" * size))
    for _ in range(3):  # a text that only the long way reads teaches nothing new
        same(opener, claim(reference="é"))
    assert opener.stencils <= 4
